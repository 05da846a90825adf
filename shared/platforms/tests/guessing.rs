//! The doctor of platforms that do not sign, or do not say how: a secret in another place, and the
//! schemes that it guesses.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail loudly")]

mod look;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vigie_platforms::Preset;
use vigie_platforms::doctor::NearMiss;
use vigie_platforms::signature::sign;

use look::{BODY, Look, OTHER, SECRET, now, scheme};

#[test]
fn a_password_in_another_place_or_form_is_found() {
    let basic = scheme("medallia");
    let secret = format!("vigie:{SECRET}");
    let look = || Look::default().body(BODY).secrets(&["other:password", &secret]);
    let encoded = STANDARD.encode(&secret);
    assert!(look().header("Authorization", format!("Basic {encoded}")).judge(basic).verifies);
    for (name, value, header, encoding) in [
        ("X-Authorization", format!("Basic {encoded}"), Some("x-authorization"), "base64"),
        ("Authorization", encoded.clone(), None, "base64"),
        ("Authorization", secret.clone(), None, "text"),
        ("Authorization", format!("Bearer {secret}"), None, "text"),
    ] {
        let near = look().header(name, value).near(basic);
        assert_eq!((near.secret, near.encoding), (2, encoding), "{name}");
        assert_eq!(near.header.as_deref(), header, "{name}");
    }
    let other = STANDARD.encode(format!("vigie:{OTHER}"));
    let diagnosis = look().header("Authorization", format!("Basic {other}")).judge(basic);
    assert_eq!((diagnosis.reason, diagnosis.would_verify), (Some("signature-mismatch"), None));
    // A token of the address, escaped, and in a header.
    let path = scheme("trustpilot");
    let secret = "correct horse/battery+staple 4711";
    let look = || Look::default().body(BODY).secrets(&[secret]);
    let escaped =
        Look { token: Some("correct%20horse%2Fbattery%2Bstaple%204711".into()), ..look() };
    assert_eq!(escaped.near(path).encoding, "URL-encoding");
    let near = look().header("X-Token", secret).near(path);
    assert_eq!((near.header.as_deref(), near.encoding), (Some("x-token"), "text"));
    let none = Look { token: Some(OTHER.to_owned()), ..look() }.judge(path);
    assert_eq!(none.would_verify, None);
}

/// What a platform that does not say how it signs sent, with a token in its address or without.
fn guessed(header: &str, value: &str, body: &str) -> NearMiss {
    Look::default()
        .body(body)
        .secrets(&[OTHER, SECRET])
        .header(header, value)
        .near(scheme("trustpilot"))
}

#[test]
fn a_platform_that_signs_unsaid_is_guessed_and_written_as_a_preset() {
    let by = |id: &str, body: &str| {
        let signed = sign(scheme(id), &SECRET.into(), body.as_bytes(), "", now()).unwrap();
        signed.headers[0].1.clone()
    };
    let (hex, base64) = (by("judgeme", BODY), by("shopify-product-review", BODY));
    for (value, encoding, prefix) in [
        (hex.clone(), "hex", ""),
        (base64.clone(), "base64", ""),
        (format!("sha256={hex}"), "hex", ", prefix = \"sha256=\""),
    ] {
        let near = guessed("X-Tp-Signature", &value, BODY);
        assert_eq!((near.secret, near.encoding), (2, encoding));
        let preset = near.preset.clone().unwrap_or_else(|| unreachable!("{near:?}"));
        let stated = format!(
            "[signature] scheme = \"hmac\", evidence = \"unknown\", hash = \"sha256\", encoding = \
             \"{encoding}\", headers = [\"x-tp-signature\"]{prefix}"
        );
        assert_eq!(preset, stated);
        let look = Look::default().body(BODY).secrets(&[SECRET]).header("X-Tp-Signature", &value);
        let told = look.judge(scheme("trustpilot")).human("lumen", &[], None);
        assert!(told.contains("So the platform signs, though nobody says how"), "{told}");
        assert_is_a_preset(&preset, &value);
    }
    let sha1 = sha1_of(BODY);
    assert!(guessed("X-Sig", &sha1, BODY).preset.unwrap().contains("hash = \"sha1\""));
    // What no preset can state is found, and not written as one.
    let altered = guessed("X-Sig", &hex, &format!("{BODY}\n"));
    assert_eq!((altered.preset, altered.body.as_str()), (None, "without trailing newline"));
    for joined in [
        format!("sha256:{hex}"),
        format!("v1,{base64}"),
        format!("n=1,v1={hex}"),
        format!("v1={hex},n=1"),
        format!("{hex} 1"),
    ] {
        let near = guessed("X-Sig", &joined, BODY);
        assert_eq!((near.secret, near.preset), (2, None), "{joined}");
    }
    let quoted = guessed("X-Sig", &format!("\"{hex}\""), BODY);
    assert_eq!((quoted.preset, quoted.encoding), (None, "hex in quotes"));
    let spaced =
        Look::default().body(BODY).secrets(&[&format!("{SECRET}\n")]).header("X-Sig", &hex);
    let spaced = spaced.near(scheme("trustpilot"));
    assert!(spaced.preset.is_none() && spaced.key.is_some(), "{spaced:?}");
    let look = Look::default().body(BODY).secrets(&[OTHER]).header("X-Sig", &hex);
    let none = look.judge(scheme("trustpilot"));
    assert_eq!(none.would_verify, None);
    // What travels is looked for first, and then what signs: both count, as where it is known how.
    let known = look.judge(scheme("judgeme"));
    assert_eq!(none.near_misses_tried, known.near_misses_tried);
}

/// What is written of a scheme can be put in a file as it is, and verifies what it was guessed
/// from.
fn assert_is_a_preset(stated: &str, value: &str) {
    let keys = stated.strip_prefix("[signature] ").unwrap().replace(", evidence", "\nevidence");
    let lines = ["hash", "encoding", "headers", "prefix"]
        .iter()
        .fold(keys, |text, key| text.replace(&format!(", {key} ="), &format!("\n{key} =")));
    let file =
        format!("id = \"mine\"\nname = \"Mine\"\nlike = \"trustpilot\"\n[signature]\n{lines}\n");
    let preset = Preset::parse(&file, "mine.toml").unwrap();
    let look = Look::default().body(BODY).secrets(&[SECRET]).header("X-Tp-Signature", value);
    assert!(look.judge(preset.scheme()).verifies, "{file}");
}

fn sha1_of(body: &str) -> String {
    let text = "id = \"sha1\"\nname = \"S\"\nlike = \"judgeme\"\n[signature]\nscheme = \"hmac\"\n\
                evidence = \"unknown\"\nhash = \"sha1\"\nencoding = \"hex\"\nheaders = [\"X-Sig\"]\n";
    let preset = Preset::parse(text, "sha1.toml").unwrap();
    let signed = sign(preset.scheme(), &SECRET.into(), body.as_bytes(), "", now()).unwrap();
    signed.headers[0].1.clone()
}
