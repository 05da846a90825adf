//! What is asked over HTTP: the server where it listens, the public address, and its clock.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Response, redirect};
use serde::Deserialize;
use vigie_config::Config;
use vigie_domain::text::clean_line;

use super::tried::Tried;
use crate::commands::send::why;
use vigie_machine::now;

const NO_ROOTS: &str = "this machine needs root certificates: install ca-certificates";
/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read: ours has less than a hundred.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How far the clock may be off. Signatures are refused from 300 s on, and a clock that is off by
/// this much is not kept by anybody.
const CLOCK_OFF_MAX: SignedDuration = SignedDuration::from_secs(30);

/// An answer of `/healthz`.
struct Answer {
    status: u16,
    health: Option<Health>,
    /// How far our clock is ahead of theirs, where they tell the time.
    ahead: Option<SignedDuration>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Health {
    status: String,
    version: String,
}

fn client() -> reqwest::Result<Client> {
    Client::builder()
        .redirect(redirect::Policy::none())
        .timeout(ANSWER_WITHIN)
        .no_proxy()
        .user_agent(concat!("vigie/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Asks where the server listens, and at the public address.
pub(super) async fn run(config: &Config) -> Vec<Tried> {
    let client = match client() {
        Ok(client) => client,
        Err(error) => {
            return vec![Tried::no("address", why(error), NO_ROOTS)];
        }
    };
    let public_url = &config.server.public_url;
    let (server, answer) =
        tokio::join!(server(&client, config.server.listen), ask(&client, public_url));
    let clock = clock(answer.as_ref().ok().and_then(|answer| answer.ahead), public_url);
    vec![server, address(answer, public_url), clock]
}

/// Asks at a public address alone.
#[cfg(feature = "aws")]
pub(crate) async fn at(public_url: &str) -> Tried {
    match client() {
        Ok(client) => address(ask(&client, public_url).await, public_url),
        Err(error) => Tried::no("address", why(error), NO_ROOTS),
    }
}

/// Where a server that listens everywhere can be asked.
fn near(listen: SocketAddr) -> SocketAddr {
    let host = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(host, listen.port())
}

async fn server(client: &Client, listen: SocketAddr) -> Tried {
    if listen.port() == 0 {
        return Tried::untried("server", "listen has port 0: where it serves is not known");
    }
    let near = near(listen);
    match ask(client, &format!("http://{near}")).await {
        Ok(Answer { status: 200, health: Some(health), .. }) => {
            let version = clean_line(&health.version);
            Tried::works("server", format!("vigie {version} serves at {near}"))
        }
        Ok(Answer { status: 503, .. }) => {
            let hint = "its log says why; often the disk is full";
            Tried::no("server", format!("at {near}, its store does not answer"), hint)
        }
        Ok(Answer { status, .. }) => {
            let told = format!("something else serves at {near}: it answered {status}");
            Tried::no("server", told, "stop it, or give [server] listen another port")
        }
        Err(why) => {
            let told = format!("nothing serves at {near}: {why}");
            Tried::no("server", told, "start it: vigie serve, or systemctl start vigie")
        }
    }
}

fn address(answer: Result<Answer, String>, public_url: &str) -> Tried {
    let no = |told: String, hint: &str| Tried::no("address", told, hint);
    match answer {
        Ok(Answer { status: 200, health: Some(health), .. }) => {
            let version = clean_line(&health.version);
            Tried::works("address", format!("{public_url} reaches vigie {version}"))
        }
        Ok(Answer { status: status @ 200..=299, .. }) => no(
            format!("{public_url}/healthz answered {status}, but it is not Vigie that answers"),
            "let the proxy pass everything under public_url to [server] listen",
        ),
        Ok(Answer { status: status @ 300..=399, .. }) => no(
            format!("{public_url}/healthz answered {status}: it points elsewhere"),
            "set public_url to where it points; platforms follow no redirects",
        ),
        Ok(Answer { status: status @ (502 | 504), .. }) => no(
            format!("{public_url}/healthz answered {status}: the proxy does not reach Vigie"),
            "start the server; the proxy must point to [server] listen",
        ),
        Ok(Answer { status, .. }) => no(
            format!("{public_url}/healthz answered {status}"),
            "503 is Vigie without its store; anything else comes from the proxy: docs/proxy.md",
        ),
        Err(why) => no(
            format!("{public_url} does not answer: {why}"),
            "look at the proxy, the name in DNS, the certificate and the firewall",
        ),
    }
}

/// Compares clocks. Where the public address is this machine's own, both are one.
pub(crate) fn clock(ahead: Option<SignedDuration>, public_url: &str) -> Tried {
    let Some(ahead) = ahead else {
        let told = "not compared: the answer of public_url told no time";
        return Tried::untried("clock", told);
    };
    let seconds = ahead.as_secs().abs();
    let which = if ahead.is_negative() { "behind" } else { "ahead of" };
    let told = format!("{seconds} s {which} the clock of {public_url}");
    if ahead.abs() > CLOCK_OFF_MAX {
        let hint = "keep the time by NTP: signatures more than 300 s off are refused";
        return Tried::no("clock", told, hint);
    }
    Tried::works("clock", told)
}

async fn ask(client: &Client, base: &str) -> Result<Answer, String> {
    let before = now();
    let response = client.get(format!("{base}/healthz")).send().await.map_err(why)?;
    let after = now();
    let half_way = after.checked_sub(after.duration_since(before) / 2).unwrap_or(after);
    let ahead = date_of(&response).map(|date| half_way.duration_since(date));
    let status = response.status().as_u16();
    let health = body_of(response).await.and_then(|body| serde_json::from_slice(&body).ok());
    let health = health.filter(|health: &Health| health.status == "ok");
    Ok(Answer { status, health, ahead })
}

async fn body_of(mut response: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES_MAX {
            return None;
        }
    }
    Some(body)
}

fn date_of(response: &Response) -> Option<Timestamp> {
    let date = response.headers().get("date")?.to_str().ok()?;
    rfc2822::parse(date).ok().map(|date| date.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, health: Option<Health>) -> Answer {
        Answer { status, health, ahead: None }
    }

    #[test]
    fn only_a_healthy_vigie_is_one() {
        let health = || Some(Health { status: "ok".to_owned(), version: "0.1.0".to_owned() });
        assert!(!address(Ok(answer(200, health())), "http://vigie.example").fails());
        for status in [200, 204, 301, 404, 502, 503] {
            assert!(address(Ok(answer(status, None)), "http://vigie.example").fails(), "{status}");
        }
        assert!(address(Ok(answer(503, health())), "http://vigie.example").fails());
        assert!(address(Err("no".to_owned()), "http://vigie.example").fails());
    }

    #[test]
    fn a_clock_is_off_from_half_a_minute_on_both_ways() {
        let fails = |s| clock(Some(SignedDuration::from_secs(s)), "u").fails();
        assert_eq!(
            [-3600, -31, -30, 0, 30, 31].map(fails),
            [true, true, false, false, false, true]
        );
        assert!(!clock(None, "u").fails());
    }

    #[test]
    fn a_server_that_listens_everywhere_is_asked_at_home() {
        let near = |listen: &str| near(listen.parse().unwrap()).to_string();
        assert_eq!(near("0.0.0.0:1"), "127.0.0.1:1");
        assert_eq!(near("[::]:1"), "[::1]:1");
        assert_eq!(near("192.0.2.1:1"), "192.0.2.1:1");
    }
}
