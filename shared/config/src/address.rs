//! Addresses: of people, of servers, of pages.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;
use vigie_domain::text;

use crate::key::Kind;
use crate::node::quoted;
use crate::values::Bad;

/// Longest e-mail address (RFC 5321 §4.5.3.1.3, less the brackets), in bytes.
const EMAIL_BYTES_MAX: usize = 254;
/// Longest local part (RFC 5321 §4.5.3.1.1), in bytes.
const LOCAL_BYTES_MAX: usize = 64;
/// Longest label of a domain (RFC 1035 §2.3.4), in bytes.
const LABEL_BYTES_MAX: usize = 63;
/// Longest domain (RFC 1035 §2.3.4, as written), in bytes.
const DOMAIN_BYTES_MAX: usize = 253;

/// Who a message is from, or goes back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name shown, one clean line; absent for a bare address.
    pub name: Option<String>,
    /// The address, checked.
    pub email: String,
}

/// What [`mailbox`] reads.
pub(crate) const MAILBOX: Kind = Kind::Text(r"[^@\s<]@[^@\s>]");

/// Reads `sara@vigie.example` and `Sara <sara@vigie.example>`.
pub(crate) fn mailbox(given: &str) -> Result<Mailbox, Bad> {
    let Some((name, address)) = given.trim().strip_suffix('>').and_then(|s| s.rsplit_once('<'))
    else {
        return Ok(Mailbox { name: None, email: email(given.trim())? });
    };
    let name = text::clean_line(unquoted(name.trim()).as_str());
    if name.contains(['<', '>']) || name.chars().count() > text::LINE_CHARS_MAX {
        let message = format!("{} is not one name and one address", quoted(given));
        return Err(Bad::new(message, "write Name <name@domain.example>"));
    }
    let name = Some(name).filter(|name| !name.is_empty());
    Ok(Mailbox { name, email: email(address.trim())? })
}

/// A quoted string's content (RFC 5322 §3.2.4); anything else as it is.
fn unquoted(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return name.to_owned();
    };
    let mut kept = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        kept.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    kept
}

/// What [`network`] reads.
pub(crate) const NETWORK: Kind = Kind::Text("^[0-9A-Fa-f:.]+(/[0-9]+)?$");

/// Reads an IP address, or a network such as `10.0.0.0/8`, whose host bits must be zero: anything
/// else is more often a typing error than meant.
pub(crate) fn network(given: &str) -> Result<IpNet, Bad> {
    let bad = |what: &str| {
        let hint = "write an address such as 127.0.0.1, or a network such as 10.0.0.0/8; no port";
        Bad::new(format!("{} {what}", quoted(given)), hint)
    };
    if let Ok(address) = given.parse::<IpAddr>() {
        return Ok(IpNet::from(address.to_canonical()));
    }
    let network: IpNet = given.parse().map_err(|_| bad("is not an IP address or a network"))?;
    if network.trunc() == network {
        Ok(network)
    } else {
        Err(bad(&format!("has bits beyond its length; the network is {}", network.trunc())))
    }
}

/// What [`email`] reads.
pub(crate) const EMAIL: Kind = Kind::Text(r"^[^@\s]+@[^@\s]+$");

/// Reads an e-mail address. Conservative: quoted local parts, addresses in brackets and letters
/// beyond ASCII are refused, as many servers do.
pub(crate) fn email(given: &str) -> Result<String, Bad> {
    let parts = given.split_once('@');
    let good = parts.is_some_and(|(local, domain)| is_local(local) && is_domain(domain));
    if good && given.len() <= EMAIL_BYTES_MAX {
        return Ok(given.to_owned());
    }
    let hint = "write name@domain.example; a domain with accents in its xn-- form";
    Err(Bad::new(format!("{} is not an e-mail address", quoted(given)), hint))
}

/// A dot-atom (RFC 5322 §3.2.3).
fn is_local(local: &str) -> bool {
    let atext = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    let atom = |part: &str| !part.is_empty() && part.bytes().all(atext);
    local.len() <= LOCAL_BYTES_MAX && local.split('.').all(atom)
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        let inner = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let edges = label.starts_with('-') || label.ends_with('-');
        !label.is_empty() && label.len() <= LABEL_BYTES_MAX && inner && !edges
    };
    domain.len() <= DOMAIN_BYTES_MAX && domain.split('.').all(label)
}

/// A host, without the brackets of an IPv6 address, and a port other than 0 if one is given.
/// Names may have underscores: containers' do.
pub(crate) fn host_and_port(given: &str) -> Option<(String, Option<u16>)> {
    let bracketed = given.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (host, port) = if let Some((host, rest)) = bracketed {
        host.parse::<Ipv6Addr>().ok()?;
        (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
    } else {
        let (host, port) = given.split_once(':').map_or((given, None), |(h, p)| (h, Some(p)));
        (is_domain(&host.replace('_', "x")).then_some(host)?, port)
    };
    let digits = |port: &&str| port.bytes().all(|b| b.is_ascii_digit());
    match port {
        None => Some((host.to_owned(), None)),
        Some(port) => {
            let port = Some(port).filter(digits)?.parse().ok().filter(|port| *port != 0)?;
            Some((host.to_owned(), Some(port)))
        }
    }
}

/// Whether a host is this machine, by its name alone: nothing is looked up.
pub(crate) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// What [`public_url`] reads.
pub(crate) const URL: Kind = Kind::Text("^[Hh][Tt][Tt][Pp][Ss]?://[^/]");

/// Reads what links begin with: http or https, a host, perhaps a port and a path; comes without a
/// slash at its end.
pub(crate) fn public_url(given: &str) -> Result<String, Bad> {
    checked_url(given).ok_or_else(|| {
        let message = "this is not an address that links can begin with";
        Bad::new(message, "write https://HOST, or http://HOST:PORT/PATH; no user, ? or #")
    })
}

fn checked_url(given: &str) -> Option<String> {
    let (scheme, rest) = given.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    host_and_port(authority)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/%+".contains(&b);
    let good = matches!(scheme.as_str(), "http" | "https") && path.bytes().all(plain);
    good.then(|| format!("{scheme}://{authority}{}", path.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_emails() {
        for good in ["a@b", "service@lumen.example", "o'neil+x@a-b.c1.example", "root@localhost"] {
            assert_eq!(email(good).as_deref(), Ok(good));
        }
        let longest =
            format!("{}@{}.{}.{}", "a".repeat(64), "b".repeat(63), "c".repeat(63), "d".repeat(61));
        assert_eq!(longest.len(), 254);
        assert!(email(&longest).is_ok());
        assert!(email(&format!("{longest}d")).is_err());
    }

    #[test]
    fn err_emails() {
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b c",
            "a@@b",
            "a@b@c",
            "<a@b>",
            "a@b\r\nBcc: c@d",
            "é@b",
            "a@é",
            "a@-b",
            "a@b-",
            "a@b..c",
            "a@.b",
            ".a@b",
            "a.@b",
            "a..b@c",
            "a@b.",
            "a@[::1]",
            "\"a\"@b",
            "a@b_c",
            "a,b@c",
            "a:b@c",
            "a\0@b",
        ] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
        assert!(email(&format!("{}@b", "a".repeat(65))).is_err());
    }

    #[test]
    fn ok_networks_and_single_addresses() {
        for (given, kept) in [
            ("127.0.0.1", "127.0.0.1/32"),
            ("::1", "::1/128"),
            ("::ffff:10.1.2.3", "10.1.2.3/32"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ] {
            assert_eq!(network(given).map(|n| n.to_string()).as_deref(), Ok(kept), "{given}");
        }
    }

    #[test]
    fn err_networks() {
        for bad in
            ["", "proxy.example", "127.0.0.1:80", "10.0.0.0/33", "10.0.0.0/", "/8", "[::1]", "10/8"]
        {
            assert!(network(bad).is_err(), "{bad}");
        }
        let told = network("10.1.2.3/8").unwrap_err().message;
        assert!(told.contains("the network is 10.0.0.0/8"), "{told}");
    }

    #[test]
    fn mailboxes_have_a_clean_name_or_none() {
        let read = |text| mailbox(text).map(|m| (m.name.unwrap_or_default(), m.email));
        let both = |name: &str| Ok((name.to_owned(), "s@v.example".to_owned()));
        assert_eq!(read("Sara <s@v.example>"), both("Sara"));
        assert_eq!(read(r#""Agence \"S\", Lyon" <s@v.example>"#), both(r#"Agence "S", Lyon"#));
        assert_eq!(read("S\r\nBcc: x <s@v.example>"), both("S Bcc: x"));
        assert_eq!(read("<s@v.example>"), both(""));
        assert_eq!(read(" s@v.example "), both(""));
        for bad in
            ["Sara", "Sara s@v.example", "Sara <s@v.example", "<a> <s@v.example>", "", "A <>"]
        {
            assert!(mailbox(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn public_urls_lose_their_last_slash_and_nothing_else() {
        for (given, kept) in [
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
            ("HTTPS://vigie.example/", "https://vigie.example"),
            ("https://vigie.example/a/b//", "https://vigie.example/a/b"),
            ("http://[::1]:80/", "http://[::1]:80"),
        ] {
            assert_eq!(public_url(given).as_deref(), Ok(kept));
        }
        for bad in [
            "",
            "vigie.example",
            "ftp://a",
            "http://",
            "http:///a",
            "http://a:b@c",
            "http://a?b",
            "http://a#b",
            "http://a b",
            "http://a:0",
            "http://a:99999",
            "http://a/\"",
            "http://a:",
            "http://[::1",
            "http://a/\n",
            "http://::1",
            "http://a:+80",
        ] {
            assert!(public_url(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn loopback_is_known_by_name() {
        assert!(["localhost", "127.0.0.1", "127.9.9.9", "::1"].into_iter().all(is_loopback));
        assert!(
            !["127.example", "0.0.0.0", "mail", "localhost.example"].into_iter().any(is_loopback)
        );
    }
}
