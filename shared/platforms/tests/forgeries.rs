//! One bit flipped, of whatever proves a request: none is taken. The bench `proof` flips a million
//! and more with the same code; here it is a share of them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

mod forging;
mod kit;

use std::collections::BTreeSet;

use forging::{Case, Sent, Tally, of_presets, of_vectors};
use jiff::Timestamp;
use vigie_platforms::signature::sign;
use vigie_platforms::{Preset, Scheme, Verifier, presets};

fn check(cases: &[Case], every: usize, at_least: usize) {
    let mut tally = Tally::default();
    for case in cases {
        case.forge(every, &mut tally);
    }
    assert_eq!(tally.taken, Vec::<String>::new(), "of {}", tally.tried);
    assert!(tally.tried >= at_least, "{} tried", tally.tried);
    assert!(tally.unsendable * 10 < tally.tried, "{} cannot be sent", tally.unsendable);
    assert!(tally.same * 20 < tally.tried, "{} say the same", tally.same);
    let kinds: BTreeSet<&str> = cases.iter().map(Case::kind).collect();
    let all = presets().iter().map(|preset| preset.scheme()).filter(|s| **s != Scheme::None);
    assert_eq!(kinds, all.map(Scheme::proof).collect(), "every kind of proof is forged");
}

#[test]
fn no_vector_is_taken_with_one_bit_flipped() {
    check(&of_vectors(), 5, 10_000);
}

#[test]
fn no_sample_of_a_preset_is_taken_with_one_bit_flipped() {
    check(&of_presets(0), 5, 15_000);
}

/// What the rule lets pass as the same is the other case of a hex digit, and nothing else.
#[test]
fn only_the_case_of_hex_digits_says_the_same() {
    let scheme = Preset::by_id("judgeme").unwrap().scheme();
    let verifier = Verifier::new(scheme, &["secret".into()]).unwrap();
    let at = Timestamp::UNIX_EPOCH;
    let signed = sign(scheme, &"secret".into(), b"{}", "", at).unwrap();
    let (name, digits) = signed.headers.first().unwrap();
    let headers = vec![(name.parse().unwrap(), digits.clone().into_bytes())];
    let sent = Sent { headers, path_token: None, query: None, body: b"{}".to_vec() };
    let case = Case::new("judgeme".to_owned(), verifier, at, sent).unwrap();
    let mut tally = Tally::default();
    case.forge(1, &mut tally);
    let letters = digits.bytes().filter(u8::is_ascii_alphabetic).count();
    assert_eq!((tally.same, tally.taken.len()), (letters, 0));
    assert!(letters > 10 && digits.len() == 64, "{digits}");
}
