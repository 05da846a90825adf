//! `send` and `doctor`: what goes over the wire, and why it verifies or not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use vigie_platforms::signature::sign;
use vigie_platforms::{Preset, Request, Verifier, headers};

use crate::support::{Place, SECRET, TOKEN, ago, keys};

/// Longest wait for a request that was sent.
const WITHIN: Duration = Duration::from_secs(20);

/// What arrived: request line with headers, and body.
type Arrived = (String, Vec<u8>);

/// Serves one request, and answers it.
fn serve_once(status: &'static str, answer: &'static str) -> (String, Receiver<Arrived>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).unwrap();
        }
        let headers = headers::parse(&head).unwrap();
        let length = headers["content-length"].to_str().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let length = answer.len();
        let head_out = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n");
        let more = "Location: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n";
        reader.get_mut().write_all(format!("{head_out}{more}{answer}").as_bytes()).unwrap();
        sender.send((head, body)).unwrap();
    });
    (url, receiver)
}

fn verifies(preset: &str, secret: &str, token: Option<&str>, arrived: &Arrived) -> bool {
    let scheme = Preset::by_id(preset).unwrap().scheme();
    let headers = headers::parse(&arrived.0).unwrap();
    let request = Request { headers: &headers, path_token: token, query: None, body: &arrived.1 };
    Verifier::new(scheme, &[secret.into()]).unwrap().verify(&request, ago(0)).is_ok()
}

#[test]
fn a_source_is_played_with_its_first_sample() {
    let (url, arrived) = serve_once("200 OK", r#"{"accepted":1}"#);
    let ran = Place::new().run(&["send", "--source", "lumen-site", "--url", &url, "--json"]);
    assert_eq!((ran.code, ran.json()), (0, json!({"status": 200, "body": {"accepted": 1}})));
    let arrived = arrived.recv_timeout(WITHIN).unwrap();
    assert!(arrived.0.starts_with("POST /hooks/lumen-site HTTP/1.1\r\n"), "{}", arrived.0);
    assert!(arrived.0.contains("webhook-id: msg_"), "{}", arrived.0);
    assert!(arrived.0.contains("content-type: application/json"), "{}", arrived.0);
    assert!(verifies("standard-webhooks", SECRET, None, &arrived));
    let body: Value = serde_json::from_slice(&arrived.1).unwrap();
    assert_eq!(body["type"], "review.posted");
}

#[test]
fn a_file_is_posted_byte_for_byte_and_a_refusal_is_exit_1() {
    let place = Place::new();
    place.write("body", "{ \"a\" : 1 }\n");
    let (url, arrived) = serve_once("401 Unauthorized", "no");
    let target = format!("{url}/some/where");
    let ran = place.run(&[
        "send",
        "--preset",
        "generic-hmac",
        "--secret",
        "env:LUMEN_SITE_SECRET",
        "--url",
        &target,
        "--body",
        "body",
        "--json",
    ]);
    assert_eq!((ran.code, ran.json()), (1, json!({"status": 401, "body": null})));
    let arrived = arrived.recv_timeout(WITHIN).unwrap();
    assert!(arrived.0.starts_with("POST /some/where HTTP/1.1\r\n"), "{}", arrived.0);
    assert_eq!(arrived.1, b"{ \"a\" : 1 }\n");
    assert!(verifies("generic-hmac", SECRET, None, &arrived));
}

#[test]
fn the_token_goes_into_the_address_and_nowhere_else() {
    let (url, arrived) = serve_once("200 OK", "{}");
    let ran = Place::new().run(&["send", "--source", "lumen-trustpilot", "--url", &url]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let (head, body) = arrived.recv_timeout(WITHIN).unwrap();
    assert!(head.starts_with(&format!("POST /hooks/lumen-trustpilot/{TOKEN} HTTP/1.1")), "{head}");
    assert!(verifies("trustpilot", TOKEN, Some(TOKEN), &(head, body)));
    assert!(ran.out.contains("/hooks/lumen-trustpilot/…"), "{ran:?}");
    assert!(!ran.out.contains(TOKEN) && !ran.err.contains(TOKEN), "{ran:?}");
}

#[test]
fn a_named_sample_brings_its_own_headers() {
    let (url, arrived) = serve_once("200 OK", "{}");
    let url = format!("{url}/hooks/x");
    let ran = Place::new().run(&[
        "send",
        "--preset",
        "shopify-product-review",
        "--secret",
        "env:LUMEN_SITE_SECRET",
        "--url",
        &url,
        "--sample",
        "edited-down",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let (head, _) = arrived.recv_timeout(WITHIN).unwrap();
    assert!(head.contains("x-shopify-topic: metaobjects/update"), "{head}");
}

#[test]
fn a_redirect_is_not_followed() {
    let (url, _arrived) = serve_once("302 Found", "");
    let ran = Place::new().run(&["send", "--source", "lumen-site", "--url", &url, "--json"]);
    assert_eq!((ran.code, &ran.json()["status"]), (1, &json!(302)));
}

#[test]
fn no_answer_is_exit_1_and_shows_no_token() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let ran = Place::new().run(&["send", "--source", "lumen-trustpilot", "--url", &url, "--json"]);
    assert_eq!((ran.code, &ran.json()["status"]), (1, &Value::Null), "{ran:?}");
    assert!(ran.err.contains("no answer"), "{ran:?}");
    assert!(!ran.out.contains(TOKEN) && !ran.err.contains(TOKEN), "{ran:?}");
}

#[test]
fn what_cannot_be_sent_is_exit_2_with_a_hint() {
    let place = Place::new();
    let url = "http://127.0.0.1:1";
    let preset = ["send", "--preset", "judgeme", "--secret"];
    for (arguments, said) in [
        (vec!["send", "--source", "lumen-sit", "--url", url], "the file has lumen-site"),
        (vec!["send", "--source", "lumen-site", "--url", url, "--sample", "x"], "posted-low"),
        (vec!["send", "--source", "lumen-site", "--url", url, "--body", "no"], "cannot read no"),
        (vec!["send", "--source", "lumen-site", "--url", "127.0.0.1:1"], "--url"),
        ([&preset[..], &["env:LUMEN_SITE_SECRET", "--url", url]].concat(), "/hooks/SOURCE"),
        ([&preset[..], &["env:NOT_SET_HERE", "--url", url]].concat(), "not set"),
        ([&preset[..], &["s3cret", "--url", url]].concat(), "env:NAME or file:PATH"),
    ] {
        let ran = place.run(&arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.err.contains(said) && !ran.err.contains("s3cret"), "{arguments:?}: {ran:?}");
    }
}

/// Leaves a request of `lumen-site`, signed so many hours ago, in two files.
fn keep(place: &Place, hours: i64, body: &str) {
    let scheme = Preset::by_id("standard-webhooks").unwrap().scheme();
    let signed = sign(scheme, &SECRET.into(), b"{\"a\":1}", "msg_1", ago(hours)).unwrap();
    let lines = signed.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
    place.write("headers", lines.collect::<String>());
    place.write("body", body);
}

const DOCTOR: [&str; 7] =
    ["doctor", "--source", "lumen-site", "--headers", "headers", "--body", "body"];

#[test]
fn a_signed_request_verifies() {
    let place = Place::new();
    keep(&place, 0, "{\"a\":1}");
    let ran = place.run(&DOCTOR);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("It verifies, with secret 1."), "{}", ran.out);
    assert!(ran.out.contains("(env:LUMEN_SITE_SECRET)"), "{}", ran.out);
    let ran = place.run(&[&DOCTOR[..], &["--json"]].concat());
    let document = ran.json();
    assert_eq!((ran.code, &document["verifies"]), (0, &json!(true)));
    assert_eq!((&document["reason"], &document["would_verify"]), (&Value::Null, &Value::Null));
}

#[test]
fn an_altered_request_does_not_and_the_doctor_says_what_was_altered() {
    let place = Place::new();
    keep(&place, 0, "{\"a\":1}\n");
    let ran = place.run(&[&DOCTOR[..], &["--json"]].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    let document = ran.json();
    assert_eq!(
        (&document["verifies"], &document["reason"]),
        (&json!(false), &json!("signature-mismatch"))
    );
    let near = json!({"secret": 1, "encoding": "base64", "body": "without trailing newline"});
    assert_eq!(document["would_verify"], near);
    let ran = place.run(&DOCTOR);
    assert_eq!(ran.code, 1);
    for secret in [SECRET, SECRET.trim_start_matches("whsec_")] {
        assert!(!ran.out.contains(secret), "{}", ran.out);
    }
}

#[test]
fn the_time_of_receipt_may_be_given() {
    let place = Place::new();
    keep(&place, 2, "{\"a\":1}");
    let ran = place.run(&[&DOCTOR[..], &["--json"]].concat());
    assert_eq!((ran.code, &ran.json()["reason"]), (1, &json!("timestamp-outside-tolerance")));
    let at = ago(2).to_string();
    assert_eq!(place.run(&[&DOCTOR[..], &["--at", &at]].concat()).code, 0);
}

#[test]
fn a_token_is_read_from_the_request_line() {
    let place = Place::new();
    place.write("body", "{}");
    let judge = |head: String| {
        place.write("headers", head);
        let source = ["doctor", "--source", "lumen-trustpilot", "--json"];
        let ran = place.run(&[&source[..], &["--headers", "headers", "--body", "body"]].concat());
        assert!(!ran.out.contains(TOKEN), "{}", ran.out);
        (ran.code, ran.json()["reason"].clone())
    };
    let line = |path: &str| format!("POST {path} HTTP/1.1\nHost: vigie.example\n");
    assert_eq!(judge(line(&format!("/hooks/lumen-trustpilot/{TOKEN}"))), (0, Value::Null));
    let wrong = judge(line("/hooks/lumen-trustpilot/other"));
    assert_eq!(wrong, (1, json!("signature-mismatch")));
    assert_eq!(judge(line("/hooks/lumen-trustpilot")), (1, json!("signature-missing")));
    assert_eq!(judge("Host: vigie.example\n".to_owned()), (1, json!("signature-missing")));
}

#[test]
fn a_file_that_holds_no_headers_is_exit_2() {
    let place = Place::new();
    place.write("headers", "A: b\nnonsense\n");
    place.write("body", "{}");
    let ran = place.run(&DOCTOR);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("headers: line 2 is not a header"), "{ran:?}");
    assert_eq!(place.run(&DOCTOR[..5]).code, 2, "a body is needed");
    keep(&place, 0, "{}");
    let ran = place.run(&[&DOCTOR[..], &["--json"]].concat());
    assert!(keys(&ran.json()).contains(&"checks"), "{ran:?}");
}
