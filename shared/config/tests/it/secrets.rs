//! A secret written into the file is refused, and never shown.

use crate::support::{harmed, read};
use vigie_config::render_faults;

const SECRET: &str = "sk_live_4242";

/// Everything that may be printed about a text.
fn printed(text: &str) -> String {
    let outcome = read(text);
    assert!(!outcome.faults.is_empty(), "{text}");
    let json = serde_json::to_string(&outcome.faults).unwrap_or_default();
    format!("{json}\n{}\n{:?}", render_faults(&outcome.faults, true), outcome.faults)
}

#[test]
fn an_inline_secret_is_never_echoed() {
    let line = "secrets = [\"env:SITE_SECRET\"]";
    let mail = "transport = \"smtp://127.0.0.1:1025\"";
    for (from, to) in [
        (line, "secrets = [\"sk_live_4242\"]"),
        (line, "secrets = [\"env:GONE\", \"sk_live_4242\"]"),
        (line, "secrets = [\n  \"env:GONE\",   \"sk_live_4242\",\n]"),
        (line, "secrets = \"sk_live_4242\""),
        (line, "secrets = [\"ENV:sk_live_4242\"]"),
        (line, "secrets = [\"env: sk_live_4242\"]"),
        (line, "secrets = [{ value = \"sk_live_4242\" }]"),
        (line, "secret = [\"sk_live_4242\"]"),
        (line, "secrets.old = \"sk_live_4242\""),
        (line, "token = '''sk_live_4242'''"),
        (line, "secrets = [\"sk_live_4242]"),
        (line, "secrets = [sk_live_4242]"),
        (line, "secrets = [\n  sk_live_4242,\n]"),
        (line, "secrets = [\n  \"env:A\",\n  sk_live_4242,\n]"),
        (line, "secrets = [\n  \"sk_live_4242,\n]"),
        (line, "secrets = '''\nsk_live_4242"),
        (mail, "transport = \"smtps://sara:sk_live_4242@mail.example\""),
        (mail, "transport = \"smpt://sara:sk_live_4242@mail.example\""),
        (mail, "transport = \"sara:sk_live_4242@mail.example\""),
        (mail, "transport = \"smtps://sara:sk_live_4242@mail.example"),
        (mail, "transprt = \"smtps://sara:sk_live_4242@mail.example\""),
        (mail, "transport = \"smtps://s@mail.example\"\npassword = \"sk_live_4242\""),
        (mail, "transport = \"smtps://s@mail.example\"\npasswrd = \"sk_live_4242\""),
        (mail, "transport = \"ses\"\nreply_to = \"sara:sk_live_4242@mail.example\""),
        (mail, "transport = \"ses\"\nsmtp = { x = 1, password = \"sk_live_4242\" }"),
    ] {
        let printed = printed(&harmed(from, to));
        assert!(!printed.contains(SECRET), "{to}\n{printed}");
    }
}

#[test]
fn a_fault_beside_a_secret_shows_its_line_without_it() {
    let text =
        harmed("secrets = [\"env:SITE_SECRET\"]", "secrets = [\"sk_live_4242\", \"env:GONE\"]");
    let shown: Vec<String> = read(&text).faults.into_iter().map(|fault| fault.shown).collect();
    assert_eq!(shown, ["secrets = [\"************\", \"env:GONE\"]"; 2]);
}
