//! Input that is made to be taken for something that it is not, and files that cannot be meant.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use jiff::Timestamp;
use sha2::Sha256;
use vigie_platforms::signature::{StampPlace, sign};
use vigie_platforms::{Preset, Refusal, Request, Scheme, Verifier, headers, presets};

const SECRET: &str = "correct-horse-battery-staple-4711";
const BODY: &str = "{}";

fn now() -> Timestamp {
    "2026-11-20T09:12:00Z".parse().unwrap()
}

fn check(scheme: &Scheme, headers: &HeaderMap) -> Result<Option<usize>, Refusal> {
    let request = Request { headers, path_token: None, query: None, body: BODY.as_bytes() };
    let verifier = Verifier::new(scheme, &[SECRET.into()]).unwrap();
    verifier.verify(&request, now()).map(|verified| verified.secret)
}

fn signed(scheme: &Scheme) -> Vec<(String, String)> {
    sign(scheme, &SECRET.into(), BODY.as_bytes(), "msg_1", now()).unwrap().headers
}

fn lines(pairs: &[(&str, &str)]) -> HeaderMap {
    let text: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    headers::parse(&text.join("\n")).unwrap()
}

/// The present moment as nobody should write it, with what the unit is that it is in.
fn moments() -> Vec<(&'static str, String)> {
    let (s, ms) = (now().as_second(), now().as_millisecond());
    vec![
        ("s", s.to_string()),
        ("ms", ms.to_string()),
        ("rfc3339", now().to_string()),
        ("microseconds", format!("{s}000000")),
        ("nanoseconds", format!("{s}000000000")),
        ("minutes", (s / 60).to_string()),
        ("days", (s / 86_400).to_string()),
        ("a fraction", format!("{s}.0")),
        ("an exponent", "1.79516592e9".to_owned()),
        ("hexadecimal", format!("0x{s:x}")),
        ("a sign", format!("+{s}")),
        ("below nothing", format!("-{s}")),
        ("a group mark", "1,795,165,920".to_owned()),
        ("RFC 9110", "Fri, 20 Nov 2026 09:12:00 GMT".to_owned()),
        ("too many digits", format!("{}{s}", "0".repeat(400))),
        ("other digits", "١٧٩٥١٦٥٩٢٠".to_owned()),
        ("no number", "NaN".to_owned()),
    ]
}

/// A request of this scheme, rightly signed with a time that is written in any way.
fn stamped(scheme: &Scheme, time: &str) -> Option<HeaderMap> {
    let Scheme::Hmac(hmac) = scheme else { return None };
    let stamp = hmac.stamp.as_ref()?;
    let content = stamp.signed.as_str().replace("{timestamp}", time).replace("{body}", BODY);
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(content);
    let bytes = mac.finalize().into_bytes();
    let hex = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let name = hmac.headers.first()?;
    Some(match &stamp.place {
        StampPlace::Header(own) => lines(&[(name, &format!("{}{hex}", hmac.prefix)), (own, time)]),
        StampPlace::InSignature { stamp, signature } => {
            lines(&[(name, &format!("{stamp}={time},{signature}={hex}"))])
        }
    })
}

/// Zeros before a number do not change it.
fn is_still_a_number(time: &str, way: &str) -> bool {
    way == "too many digits" && time.trim_start_matches('0') == now().as_second().to_string()
}

#[test]
fn a_time_in_every_wrong_unit_is_refused_though_rightly_signed() {
    let mut tried = 0;
    for unit in ["s", "ms", "rfc3339"] {
        for place in ["header = \"x-time\"", "keys = { timestamp = \"t\", signature = \"v1\" }"] {
            let text = format!(
                "id = \"t\"\nname = \"T\"\nlike = \"generic-hmac\"\n[signature]\nscheme = \"hmac\"\n\
                 evidence = \"unknown\"\nhash = \"sha256\"\nencoding = \"hex\"\n\
                 headers = [\"x-sig\"]\n\
                 timestamp = {{ unit = \"{unit}\", signed = \"{{timestamp}}.{{body}}\", {place} }}\n"
            );
            let preset = Preset::parse(&text, "t.toml").unwrap();
            for (way, time) in moments() {
                let headers = stamped(preset.scheme(), &time).unwrap();
                let got = check(preset.scheme(), &headers);
                if way == unit || (unit == "s" && is_still_a_number(&time, way)) {
                    assert_eq!(got, Ok(Some(0)), "{unit}, {place}: {way}");
                    continue;
                }
                // What a list takes apart was not signed so.
                let apart = time.contains(',') && place.starts_with("keys");
                let refusal = if apart {
                    Refusal::SignatureMismatch
                } else {
                    Refusal::TimestampOutsideTolerance
                };
                assert_eq!(got, Err(refusal), "{unit}, {place}: {way}");
                tried += 1;
            }
        }
    }
    assert!(tried >= 90, "{tried}");
}

#[test]
fn a_header_twice_in_other_letter_case_is_a_header_twice() {
    for id in ["judgeme", "generic-hmac", "shopify-product-review", "podium", "generic-stripe"] {
        let scheme = Preset::by_id(id).unwrap().scheme();
        let headers = signed(scheme);
        for (at, (name, value)) in headers.iter().enumerate() {
            let (upper, lower) = (name.to_uppercase(), name.to_lowercase());
            let with = |other: &str| {
                let mut pairs = vec![(upper.as_str(), value.as_str()), (lower.as_str(), other)];
                let rest = headers.iter().enumerate().filter(|(index, _)| *index != at);
                pairs.extend(rest.map(|(_, (name, value))| (name.as_str(), value.as_str())));
                check(scheme, &lines(&pairs))
            };
            assert_eq!(with(value), Ok(Some(0)), "{id}: {name}, equal");
            assert_eq!(with("00"), Err(Refusal::SignatureMismatch), "{id}: {name}, different");
        }
    }
}

#[test]
fn of_two_headers_that_may_carry_the_signature_one_has_to_be_right() {
    let scheme = Preset::by_id("judgeme").unwrap().scheme();
    let names = scheme.proof_headers();
    let [first, second] = names[..] else { unreachable!("{names:?}") };
    let (_, right) = signed(scheme).swap_remove(0);
    let wrong = "0".repeat(64);
    assert_eq!(check(scheme, &lines(&[(first, &wrong), (second, &right)])), Ok(Some(0)));
    assert_eq!(check(scheme, &lines(&[(first, &right), (second, &wrong)])), Ok(Some(0)));
    let both = check(scheme, &lines(&[(first, &wrong), (second, &wrong)]));
    assert_eq!(both, Err(Refusal::SignatureMismatch));
    let twice = lines(&[(first, &right), (second, &right), (second, &wrong)]);
    assert_eq!(check(scheme, &twice), Err(Refusal::SignatureMismatch), "one of them twice");
}

/// A list may be as long as headers may be; how many of it are tried has an end.
#[test]
fn ten_thousand_signatures_cost_no_more_than_a_few() {
    let stripe = Preset::by_id("generic-stripe").unwrap().scheme();
    let (name, value) = signed(stripe).swap_remove(0);
    let (time, good) = value.split_once(',').unwrap();
    let wrong = format!("v1={}", "0".repeat(64));
    let flood = vec![wrong.as_str(); 10_000].join(",");
    let with = |list: String| check(stripe, &lines(&[(&name, &list)]));
    assert_eq!(with(format!("{time},{good},{flood}")), Ok(Some(0)), "the right one first");
    assert_eq!(with(format!("{time},{flood},{good}")), Err(Refusal::SignatureMismatch));
    assert_eq!(with(format!("{flood},{time},{good}")), Err(Refusal::SignatureMismatch));
    let times = vec![time; 10_000].join(",");
    assert_eq!(with(format!("{times},{good}")), Err(Refusal::SignatureMismatch), "many times");
}

#[track_caller]
fn refused(text: &str, line: usize, key: &str, message: &str) {
    let error = Preset::read_own(text, "mine.toml").unwrap_err();
    assert_eq!((error.line, error.key.as_str()), (line, key), "{error}");
    assert!(error.to_string().contains(message), "{error}");
    assert!(error.to_string().starts_with(&format!("mine.toml:{line}:")), "{error}");
}

#[test]
fn a_file_that_cannot_be_meant_is_refused_with_its_line() {
    let head = "id = \"mine\"\nname = \"Mine\"\nlike = \"generic-hmac\"\n";
    let with = |rest: &str| format!("{head}{rest}");
    let scheme = with("[signature]\nscheme = \"hmca\"\nevidence = \"unknown\"\n");
    refused(&scheme, 5, "signature.scheme", "unknown variant `hmca`");
    refused("id = \"mine\"\nname = \"Mine\"\nlike = \"mine\"\n", 3, "like", "is like itself");
    for pointer in ["review/id", "/a/[newest]", "/a~", "header:a b"] {
        let text = with(&format!("[fields]\n# where\nid = [\"{pointer}\"]\n"));
        refused(&text, 6, "fields.id", "is not a pointer");
    }
    let doubled = with("[fields]\nid = [\"/id\"]\nid = [\"/other\"]\n");
    refused(&doubled, 6, "fields.id", "duplicate key");
    refused(&with("name = \"Again\"\n"), 4, "name", "duplicate key");
    refused(
        &with("[rating]\nat = [\"/r\"]\nscale = \"five\"\n"),
        6,
        "rating.scale",
        "is not a number",
    );
}

/// Ours stand on one another; a file that takes the name of one of them closes a ring.
#[test]
fn files_that_are_like_each_other_are_refused() {
    let like = |preset: &&&Preset| {
        let text = Preset::text_of(preset.id()).unwrap();
        text.lines().any(|line| line.starts_with("like = "))
    };
    let mut rings = 0;
    for preset in presets().iter().filter(like) {
        let text = Preset::text_of(preset.id()).unwrap();
        let stated = text.lines().find_map(|line| line.strip_prefix("like = "));
        let base = stated.unwrap().trim_matches('"');
        let text = format!("id = \"{base}\"\nname = \"Ring\"\nlike = \"{}\"\n", preset.id());
        refused(&text, 3, "like", "is like itself");
        rings += 1;
    }
    assert!(rings >= 3, "{rings}");
}
