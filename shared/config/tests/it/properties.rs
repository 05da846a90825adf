//! Whatever the text, there is an outcome, and every place is in the text.

use crate::support::{GOOD, harmed, read};
use proptest::prelude::*;
use vigie_config::render_faults;

fn check(text: &str) -> Result<(), TestCaseError> {
    let outcome = read(text);
    prop_assert_eq!(outcome.config.is_some(), outcome.faults.is_empty());
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = body.split('\n').collect();
    for fault in &outcome.faults {
        let line = lines.get(fault.line.wrapping_sub(1));
        prop_assert!(line.is_some(), "line {} of {text:?}", fault.line);
        let chars = line.map_or(0, |line| line.strip_suffix('\r').unwrap_or(line).chars().count());
        // A fault may stand just after the last character: something is missing there.
        prop_assert!((1..=chars + 1).contains(&fault.column), "{fault:?}");
        let end = fault.column - 1 + fault.length;
        prop_assert!(end <= chars.max(fault.column), "{fault:?}");
        prop_assert_eq!(fault.shown.chars().count(), chars);
        prop_assert!(!fault.message.contains('\n') && !fault.message.is_empty());
    }
    prop_assert_eq!(render_faults(&outcome.faults, false).is_empty(), outcome.faults.is_empty());
    Ok(())
}

/// The characters that mean something in TOML.
const WORDS: &str = "[\\[\\]{}='\"#a-z0-9.,\n\r\té\u{FEFF}]{0,120}";

/// Values of every type, for every key.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("1".to_owned()),
        Just("-1.5e3".to_owned()),
        Just("0x".to_owned()),
        Just("nan".to_owned()),
        Just("true".to_owned()),
        Just("1979-05-27T07:32:00Z".to_owned()),
        Just("[]".to_owned()),
        Just("[[], {}]".to_owned()),
        Just("{}".to_owned()),
        Just("{ id = 'é', to = [1] }".to_owned()),
        Just("\"\"".to_owned()),
        "[a-z:/@.é\u{202E} ]{0,20}".prop_map(|text| format!("\"{text}\"")),
    ]
}

proptest! {
    #[test]
    fn any_text_has_an_outcome(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn any_text_in_the_words_of_toml_has_an_outcome(text in WORDS) {
        check(&text)?;
    }

    #[test]
    fn any_good_file_cut_or_spliced_has_an_outcome(
        at in 0..GOOD.len(),
        until in 0..GOOD.len(),
        with in ".{0,8}"
    ) {
        let (start, end) = (at.min(until), at.max(until));
        let text = format!("{}{with}{}", &GOOD[..start], &GOOD[end..]);
        check(&text)?;
    }

    #[test]
    fn what_the_reader_takes_the_schema_takes(
        duration in r" {0,1}([0-9]{1,2}[dhms] {0,1}){0,3}",
        time in r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?",
        hours in r" ?[0-2][0-9]:[0-9]{2} ?- ?[0-2][0-9]:[0-9]{2}",
        stars in r"[0-5](\.[0-9]{1,2})?",
        from in r"([A-Z]{1,3} )?<?[a-z.+']{1,3}@[a-z.]{1,4}>?",
        url in r"(http|HTTPS)://[a-z0-9.\[\]:]{1,6}(/[a-z%]{0,3}){0,2}",
        transport in r"(smtps?|smtp\+starttls|file):(//)?([a-z]@)?[a-z0-9.:]{1,6}/?",
        proxy in r"[0-9a-f.:]{1,9}(/[0-9]{1,3})?",
        zone in r"(UTC|Etc/GMT[+-][0-9]|europe/paris|America/Port-au-Prince)",
    ) {
        for (from, to) in [
            ("locale", format!("answer_within = \"{duration}\"\nlocale")),
            ("locale", format!("report_at = \"{time}\"\nlocale")),
            ("locale", format!("send_between = \"{hours}\"\nlocale")),
            ("locale", format!("alert_below = {stars}\nlocale")),
            ("Sara <sara@vigie.example>", from),
            ("[mail]", format!("public_url = \"{url}\"\n[mail]")),
            ("smtp://127.0.0.1:1025", transport),
            ("[mail]", format!("trusted_proxies = [\"{proxy}\"]\n[mail]")),
            ("Europe/Paris", zone),
        ] {
            check(&harmed(from, &to))?;
        }
    }

    #[test]
    fn any_value_under_any_key_has_an_outcome(line in 0..25_usize, value in value()) {
        let replace = |(at, text): (usize, &str)| match text.split_once('=') {
            Some((key, _)) if at == line => format!("{key}= {value}"),
            _ => text.to_owned(),
        };
        let text: Vec<String> = GOOD.lines().enumerate().map(replace).collect();
        check(&text.join("\n"))?;
    }
}
