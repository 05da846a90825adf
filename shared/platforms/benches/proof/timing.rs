//! Whether the time of a refusal tells how much of a signature was right.
//!
//! As dudect does it (Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?", DATE
//! 2017): two classes of inputs, drawn in an order that nobody knows, timed one by one; the slowest
//! measurements are cropped at several percentiles, for they are interrupts; Welch's t over each
//! crop. |t| of 4.5 and more says that the classes differ. Less says that none was found with so
//! many measurements, and no more than that.
//!
//! Two controls are timed in the same way. A comparison that stops at the first difference has to
//! be seen; two classes that are one and the same must not. Where either fails, this run says
//! nothing.

use std::hint::black_box;
use std::time::Instant;

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

/// Texts of each class. One alone would be told by what it is, not by what is right of it.
const POOL: usize = 64;

/// Right texts, and where each class has one character changed. Both are made of the same bytes in
/// the same place, or they would be told by where they lie.
struct Classes {
    right: Vec<String>,
    /// Of the class that is wrong from its first character, and of the other.
    at: [usize; 2],
    /// What stands there instead, for each text.
    instead: Vec<[u8; 2]>,
}

impl Classes {
    fn of(right: Vec<String>, at: [usize; 2]) -> Self {
        let change = |text: &String| at.map(|at| another(text.as_bytes()[at]));
        Self { instead: right.iter().map(change).collect(), right, at }
    }
}

pub(crate) fn run() -> bool {
    say(&format!("\ntiming: refusals of {MEASUREMENTS} signatures, right in a long prefix or not"));
    say(
        "  t by share of the fastest kept    50%     75%     90%     99%   99.9%    100%   verdict",
    );
    // Base64 of 32 bytes ends in a letter of which some bits carry nothing, and in =.
    let rows = [
        ("hex, hmac", of_hmac("judgeme", 63)),
        ("base64, hmac", of_hmac("shopify-product-review", 41)),
        ("path token", of_token(31)),
        ("control: one class twice", of_token(0)),
        ("control: stops at a difference", of_control()),
    ];
    let [hex, base64, token, alike, differing] = rows.map(|(name, times)| report(name, &times));
    if differing || !alike {
        say("  a control failed: this run says nothing");
    }
    hex && base64 && token && alike && !differing
}

const SECRET: &str = "9f86d081884c7d659a2feaa0c55ad015";

/// Another character of the same kind, so that both are read alike.
fn another(c: u8) -> u8 {
    match c {
        b'a' => b'b',
        b'A' => b'B',
        b'0' => b'1',
        b'/' => b'+',
        b'+' => b'/',
        b'b'..=b'z' => b'a',
        b'B'..=b'Z' => b'A',
        _ => b'0',
    }
}

fn of_hmac(id: &str, last: usize) -> Times {
    let scheme = Preset::by_id(id).unwrap().scheme();
    let verifier = Verifier::new(scheme, &[SECRET.into()]).unwrap();
    let bodies: Vec<String> = (0..POOL).map(|number| format!("{{\"n\":{number:03}}}")).collect();
    let signed = |body: &String| {
        let at = Timestamp::UNIX_EPOCH;
        sign(scheme, &SECRET.into(), body.as_bytes(), "", at).unwrap().headers.swap_remove(0).1
    };
    let classes = Classes::of(bodies.iter().map(signed).collect(), [0, last]);
    let name: HeaderName = scheme.proof_headers()[0].parse().unwrap();
    let make = |text: &str, number: usize| {
        let value = HeaderValue::from_str(text).unwrap();
        (HeaderMap::from_iter([(name.clone(), value)]), bodies[number].as_bytes())
    };
    measure(&classes, make, |(headers, body)| {
        let request = Request { headers, path_token: None, query: None, body };
        verifier.verify(&request, Timestamp::UNIX_EPOCH).is_err()
    })
}

/// The token is the secret itself: there is one that is right.
fn of_token(last: usize) -> Times {
    let scheme = Preset::by_id("trustpilot").unwrap().scheme();
    let verifier = Verifier::new(scheme, &[SECRET.into()]).unwrap();
    let classes = Classes::of(vec![SECRET.to_owned(); POOL], [0, last]);
    let headers = HeaderMap::new();
    let make = |text: &str, _| text.to_owned();
    measure(&classes, make, |token| {
        let path_token = Some(token.as_str());
        let request = Request { headers: &headers, path_token, query: None, body: b"{}" };
        verifier.verify(&request, Timestamp::UNIX_EPOCH).is_err()
    })
}

fn of_control() -> Times {
    let right = SECRET.repeat(2);
    let classes = Classes::of(vec![right.clone(); POOL], [0, right.len() - 1]);
    let make = |text: &str, _| text.to_owned();
    measure(&classes, make, |given| stops_early(given.as_bytes(), right.as_bytes()))
}

/// What nobody should do.
fn stops_early(given: &[u8], right: &[u8]) -> bool {
    given.iter().zip(right).all(|(a, b)| black_box(a) == black_box(b))
}

/// Times of each class, in ns.
struct Times {
    long: Vec<f64>,
    none: Vec<f64>,
}

/// Times refusals of both classes. Each input is made, and copied, right before it is timed.
fn measure<T>(
    classes: &Classes,
    make: impl Fn(&str, usize) -> T,
    refuse: impl Fn(&T) -> bool,
) -> Times {
    let mut times = Times { long: Vec::new(), none: Vec::new() };
    let mut text = Vec::with_capacity(128);
    let mut drawn = 0x5EED_0000_0000_0001_u64;
    for number in 0..MEASUREMENTS + WARM_UP {
        drawn ^= drawn << 13;
        drawn ^= drawn >> 7;
        drawn ^= drawn << 17;
        let class = (drawn >> 40) as usize & 1;
        let which = (drawn >> 8) as usize % POOL;
        // Without a branch that could be guessed differently for each class.
        text.clear();
        text.extend_from_slice(classes.right[which].as_bytes());
        text[classes.at[class]] = classes.instead[which][class];
        let input = black_box(make(std::str::from_utf8(&text).unwrap(), which));
        let began = Instant::now();
        black_box(refuse(&input));
        let took = began.elapsed().as_nanos() as f64;
        if number >= WARM_UP {
            [&mut times.none, &mut times.long][class].push(took);
        }
    }
    times
}

/// Prints the t of each crop; whether all are below the threshold.
fn report(name: &str, times: &Times) -> bool {
    let mut all: Vec<f64> = times.long.iter().chain(&times.none).copied().collect();
    all.sort_unstable_by(f64::total_cmp);
    let t = CROPS.map(|share| {
        let at = ((all.len() as f64 * share) as usize).clamp(1, all.len()) - 1;
        let longest = all[at];
        welch(&kept(&times.long, longest), &kept(&times.none, longest))
    });
    let small = t.iter().all(|t| t.abs() < T_MAX);
    let verdict = if small { "|t| < 4.5: none found" } else { "|t| >= 4.5: they differ" };
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
