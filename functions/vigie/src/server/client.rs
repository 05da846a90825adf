//! Who asks, as far as the log may know: the network of an address, never the address.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

/// Bits of an IPv4 and of an IPv6 address that are logged: a provider's network, not a person.
const PREFIX_V4: u8 = 24;
const PREFIX_V6: u8 = 48;
/// Entries of a header that are looked at: more proxies than this stand before nobody.
const HOPS_MAX: usize = 32;

/// The network that a request came from; empty where it is not to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network(pub(crate) Option<IpAddr>);

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(address) = self.0 else { return Ok(()) };
        let bits = if address.is_ipv4() { PREFIX_V4 } else { PREFIX_V6 };
        IpNet::new(address, bits).map_or(Ok(()), |network| network.trunc().fmt(f))
    }
}

/// The client's address: the peer's, unless the peer is a proxy of ours. Then the rightmost one in
/// `X-Forwarded-For` (without it, in `Forwarded`, RFC 7239) that is no proxy of ours: what stands
/// left of it was written by whoever asked, who may write anything.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_ours = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer;
    let (name, read): (_, fn(&str) -> Option<IpAddr>) = if headers.contains_key("x-forwarded-for") {
        ("x-forwarded-for", address)
    } else {
        ("forwarded", forwarded)
    };
    let lines = headers.get_all(name).iter().rev();
    let hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    for hop in hops.take(HOPS_MAX) {
        if !is_ours(&client) {
            break;
        }
        // Behind what cannot be read nothing is known: the proxy that said so is as far as we see.
        let Some(before) = read(hop) else { break };
        client = before;
    }
    client
}

/// `192.0.2.1`, `192.0.2.1:1234`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:1234`.
fn address(given: &str) -> Option<IpAddr> {
    let given = given.trim().trim_matches('"');
    let bare = given.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(given);
    let address: Option<IpAddr> = bare.parse().ok();
    let address = address.or_else(|| given.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

/// The `for` of one element: `proto=https;for="[2001:db8::1]:1234"`.
fn forwarded(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    named.next().and_then(|(_, value)| address(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, headers: &[(&'static str, &str)], trusted: &[&str]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        client(peer.parse().unwrap(), &map, &trusted).to_string()
    }

    const OURS: [&str; 2] = ["127.0.0.1/32", "10.0.0.0/8"];
    const XFF: &str = "x-forwarded-for";

    #[test]
    fn what_an_untrusted_peer_writes_is_not_believed() {
        for header in [(XFF, "192.0.2.9"), ("forwarded", "for=192.0.2.9"), (XFF, "127.0.0.1")] {
            assert_eq!(seen("198.51.100.7", &[header], &OURS), "198.51.100.7");
            assert_eq!(seen("127.0.0.1", &[header], &[]), "127.0.0.1", "nobody is trusted");
        }
    }

    #[test]
    fn behind_our_proxy_the_rightmost_address_that_is_not_ours_counts() {
        for (forwarded, expected) in [
            ("192.0.2.9", "192.0.2.9"),
            ("203.0.113.66, 192.0.2.9", "192.0.2.9"),
            ("203.0.113.66, 192.0.2.9, 10.1.2.3", "192.0.2.9"),
            ("10.9.9.9,10.1.2.3", "10.9.9.9"),
            ("192.0.2.9:4711", "192.0.2.9"),
            ("2001:db8::9", "2001:db8::9"),
            ("[2001:db8::9]:443", "2001:db8::9"),
            ("::ffff:192.0.2.9", "192.0.2.9"),
            ("203.0.113.66, unknown", "127.0.0.1"),
            ("203.0.113.66, unknown, 10.1.2.3", "10.1.2.3"),
            ("", "127.0.0.1"),
            ("192.0.2.9, ", "127.0.0.1"),
        ] {
            assert_eq!(seen("127.0.0.1", &[(XFF, forwarded)], &OURS), expected, "{forwarded:?}");
        }
        let lines = [(XFF, "203.0.113.66"), (XFF, "192.0.2.9"), (XFF, "10.1.2.3")];
        assert_eq!(seen("127.0.0.1", &lines, &OURS), "192.0.2.9", "several lines are one list");
        assert_eq!(seen("127.0.0.1", &[], &OURS), "127.0.0.1");
    }

    #[test]
    fn the_standard_header_is_read_where_the_usual_one_is_not_there() {
        for (given, expected) in [
            ("for=192.0.2.9", "192.0.2.9"),
            ("proto=https;For=\"[2001:db8::9]:443\";by=10.0.0.1", "2001:db8::9"),
            ("for=203.0.113.66, for=192.0.2.9;proto=https, for=10.1.2.3", "192.0.2.9"),
            ("for=_hidden", "127.0.0.1"),
            ("proto=https", "127.0.0.1"),
        ] {
            assert_eq!(seen("127.0.0.1", &[("forwarded", given)], &OURS), expected, "{given}");
        }
        let both = [("forwarded", "for=203.0.113.66"), (XFF, "192.0.2.9")];
        assert_eq!(seen("127.0.0.1", &both, &OURS), "192.0.2.9");
    }

    #[test]
    fn a_list_without_end_is_not_followed() {
        let endless = vec!["10.0.0.1"; 5_000].join(",");
        assert_eq!(seen("127.0.0.1", &[(XFF, &endless)], &OURS), "10.0.0.1");
    }

    #[test]
    fn only_the_network_is_shown() {
        let shown = |address: &str| Network(Some(address.parse().unwrap())).to_string();
        assert_eq!(shown("192.0.2.9"), "192.0.2.0/24");
        assert_eq!(shown("2001:db8:1:2:3::9"), "2001:db8:1::/48");
        assert_eq!(Network(None).to_string(), "");
    }
}
