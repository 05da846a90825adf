//! Whether the time of a refusal tells how much of a signature was right.
//!
//! As dudect does it (Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?", DATE
//! 2017): two classes of inputs, drawn in an order that nobody knows, timed one by one; the slowest
//! measurements are cropped at several percentiles, for they are interrupts; Welch's t over each
//! crop. |t| of 4.5 and more says that the classes differ. Less says that none was found with so
//! many measurements, and no more than that.
//!
//! A comparison that stops at the first difference is timed in the same way: where its t is small
//! too, this machine is too loud to say anything.

use std::hint::black_box;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use vigie_platforms::signature::sign;
use vigie_platforms::{Preset, Request, Verifier};

use crate::say;

/// Measurements of both classes together.
const MEASUREMENTS: usize = 1_000_000;

/// The first are thrown away: caches and branches learn.
const WARM_UP: usize = 20_000;

/// What is known of the threshold: dudect's.
const T_MAX: f64 = 4.5;

/// Shares of the fastest measurements that are kept.
const CROPS: [f64; 6] = [0.5, 0.75, 0.9, 0.99, 0.999, 1.0];

/// Two inputs, both refused: one right almost to its end, one wrong from its first byte.
struct Classes<T> {
    long: T,
    none: T,
}

pub(crate) fn run() -> bool {
    say(&format!("\ntiming: refusals of {MEASUREMENTS} signatures, right in a long prefix or not"));
    say(
        "  t by share of the fastest kept    50%     75%     90%     99%   99.9%    100%   verdict",
    );
    let mut held = true;
    for (id, name) in [("judgeme", "hex, hmac"), ("shopify-product-review", "base64, hmac")] {
        let (verifier, classes) = of_hmac(id);
        held &= report(
            name,
            true,
            &measure(&classes, |headers| {
                let request = Request { headers, path_token: None, query: None, body: b"{}" };
                verifier.verify(&request, Timestamp::UNIX_EPOCH).is_err()
            }),
        );
    }
    let (verifier, classes) = of_token();
    held &= report(
        "path token",
        true,
        &measure(&classes, |token| {
            let headers = HeaderMap::new();
            let path_token = Some(token.as_str());
            let request = Request { headers: &headers, path_token, query: None, body: b"{}" };
            verifier.verify(&request, Timestamp::UNIX_EPOCH).is_err()
        }),
    );
    let right = TOKEN.repeat(8);
    let long = altered(&right, right.len() - 1);
    let classes = Classes { long, none: altered(&right, 0) };
    let control = measure(&classes, |given| stops_early(given.as_bytes(), right.as_bytes()));
    if report("control: stops at a difference", false, &control) {
        say("  the control was not seen either: this run says nothing");
    }
    held
}

const TOKEN: &str = "9f86d081884c7d659a2feaa0c55ad015";

/// What nobody should do.
fn stops_early(given: &[u8], right: &[u8]) -> bool {
    given.iter().zip(right).all(|(a, b)| black_box(a) == black_box(b))
}

/// The same text with one character changed, for one that is as good in hex and in base64.
fn altered(text: &str, at: usize) -> String {
    let change = |(index, c): (usize, char)| match c {
        c if index != at => c,
        'a' => 'b',
        _ => 'a',
    };
    text.chars().enumerate().map(change).collect()
}

fn of_hmac(id: &str) -> (Verifier, Classes<HeaderMap>) {
    let scheme = Preset::by_id(id).unwrap().scheme();
    let signed = sign(scheme, &TOKEN.into(), b"{}", "", Timestamp::UNIX_EPOCH).unwrap();
    let (name, right) = signed.headers.first().unwrap();
    let with = |value: String| {
        let name: HeaderName = name.parse().unwrap();
        HeaderMap::from_iter([(name, HeaderValue::from_str(&value).unwrap())])
    };
    // The last character that carries whole bits: base64 of 32 bytes ends in a part of one, and =.
    let last = STANDARD.decode(right).map_or(right.len() - 1, |_| right.len() - 3);
    let (long, none) = (with(altered(right, last)), with(altered(right, 0)));
    (Verifier::new(scheme, &[TOKEN.into()]).unwrap(), Classes { long, none })
}

fn of_token() -> (Verifier, Classes<String>) {
    let scheme = Preset::by_id("trustpilot").unwrap().scheme();
    let classes = Classes { long: altered(TOKEN, TOKEN.len() - 1), none: altered(TOKEN, 0) };
    (Verifier::new(scheme, &[TOKEN.into()]).unwrap(), classes)
}

/// Times of each class, in ns.
struct Times {
    long: Vec<f64>,
    none: Vec<f64>,
}

fn measure<T>(classes: &Classes<T>, refuse: impl Fn(&T) -> bool) -> Times {
    let mut times = Times { long: Vec::new(), none: Vec::new() };
    let inputs = [&classes.none, &classes.long];
    let mut drawn = 0x5EED_0000_0000_0001_u64;
    for number in 0..MEASUREMENTS + WARM_UP {
        drawn ^= drawn << 13;
        drawn ^= drawn >> 7;
        drawn ^= drawn << 17;
        let is_long = drawn & 1 == 0;
        // Chosen without a branch that could be guessed differently for each.
        let input = inputs[usize::from(is_long)];
        let began = Instant::now();
        black_box(refuse(black_box(input)));
        let took = began.elapsed().as_nanos() as f64;
        if number >= WARM_UP {
            if is_long { &mut times.long } else { &mut times.none }.push(took);
        }
    }
    times
}

/// Prints the t of each crop; whether all are below the threshold.
fn report(name: &str, must_hold: bool, times: &Times) -> bool {
    let mut all: Vec<f64> = times.long.iter().chain(&times.none).copied().collect();
    all.sort_unstable_by(f64::total_cmp);
    let t = CROPS.map(|share| {
        let at = ((all.len() as f64 * share) as usize).clamp(1, all.len()) - 1;
        let longest = all[at];
        welch(&kept(&times.long, longest), &kept(&times.none, longest))
    });
    let small = t.iter().all(|t| t.abs() < T_MAX);
    let verdict = match (small, must_hold) {
        (true, _) => "|t| < 4.5: none found",
        (false, true) => "|t| >= 4.5: THEY DIFFER",
        (false, false) => "|t| >= 4.5: seen, as it should be",
    };
    let cells = t.iter().fold(String::new(), |line, t| format!("{line}{t:>8.2}"));
    say(&format!("  {name:<30}{cells}   {verdict}"));
    small
}

fn kept(times: &[f64], longest: f64) -> Vec<f64> {
    times.iter().copied().filter(|time| *time <= longest).collect()
}

/// Welch's t of two samples.
fn welch(a: &[f64], b: &[f64]) -> f64 {
    let of = |all: &[f64]| {
        let count = all.len() as f64;
        let mean = all.iter().sum::<f64>() / count;
        let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let ((mean_a, a), (mean_b, b)) = (of(a), of(b));
    (mean_a - mean_b) / (a + b).sqrt()
}
