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

/// Requests of each class. One alone would be told by what it is, not by what is right of it: where
/// it lies in memory, which of its letters take another branch when they are read.
const POOL: usize = 64;

/// Two inputs for each of many right signatures, all refused: one right almost to its end, one wrong
/// from its first byte.
struct Classes<T> {
    long: Vec<T>,
    none: Vec<T>,
}

impl<T> Classes<T> {
    /// Of right texts, each with what makes an input of a text. `tail` characters are left alone at
    /// the end.
    fn of(texts: &[String], tail: usize, make: impl Fn(&str) -> T) -> Self {
        let mut all = Self { long: Vec::new(), none: Vec::new() };
        for text in texts {
            all.long.push(make(&altered(text, text.len() - 1 - tail)));
            all.none.push(make(&altered(text, 0)));
        }
        all
    }
}

pub(crate) fn run() -> bool {
    say(&format!("\ntiming: refusals of {MEASUREMENTS} signatures, right in a long prefix or not"));
    say(
        "  t by share of the fastest kept    50%     75%     90%     99%   99.9%    100%   verdict",
    );
    let mut held = true;
    // Base64 of 32 bytes ends in a letter of which some bits carry nothing, and in =.
    for (id, name, tail) in
        [("judgeme", "hex, hmac", 0), ("shopify-product-review", "base64, hmac", 2)]
    {
        held &= report(name, true, &of_hmac(id, tail));
    }
    held &= report("path token", true, &of_token());
    let control = report("control: stops at a difference", false, &of_control());
    if control {
        say("  the control was not seen either: this run says nothing");
    }
    held && !control
}

const SECRET: &str = "9f86d081884c7d659a2feaa0c55ad015";

/// The same text with one character changed for another of its kind, so that both are read alike.
fn altered(text: &str, at: usize) -> String {
    let change = |(index, c): (usize, char)| match c {
        c if index != at => c,
        'a' => 'b',
        'A' => 'B',
        '0' => '1',
        '/' => '+',
        '+' => '/',
        'b'..='z' => 'a',
        'B'..='Z' => 'A',
        _ => '0',
    };
    text.chars().enumerate().map(change).collect()
}

fn of_hmac(id: &str, tail: usize) -> Times {
    let scheme = Preset::by_id(id).unwrap().scheme();
    let verifier = Verifier::new(scheme, &[SECRET.into()]).unwrap();
    let signed = |number: usize| {
        let body = format!("{{\"n\":{number:03}}}");
        let right = sign(scheme, &SECRET.into(), body.as_bytes(), "", Timestamp::UNIX_EPOCH);
        let (name, value) = right.unwrap().headers.swap_remove(0);
        (name.parse::<HeaderName>().unwrap(), value, body)
    };
    let mut all = Classes { long: Vec::new(), none: Vec::new() };
    for (name, value, body) in (0..POOL).map(signed) {
        let one = Classes::of(&[value], tail, |text| {
            let value = HeaderValue::from_str(text).unwrap();
            (HeaderMap::from_iter([(name.clone(), value)]), body.clone())
        });
        all.long.extend(one.long);
        all.none.extend(one.none);
    }
    measure(&all, |(headers, body)| {
        let request = Request { headers, path_token: None, query: None, body: body.as_bytes() };
        verifier.verify(&request, Timestamp::UNIX_EPOCH).is_err()
    })
}

/// The token is the secret itself: there is one that is right.
fn of_token() -> Times {
    let scheme = Preset::by_id("trustpilot").unwrap().scheme();
    let verifier = Verifier::new(scheme, &[SECRET.into()]).unwrap();
    let classes = Classes::of(&vec![SECRET.to_owned(); POOL], 0, str::to_owned);
    let headers = HeaderMap::new();
    measure(&classes, |token| {
        let path_token = Some(token.as_str());
        let request = Request { headers: &headers, path_token, query: None, body: b"{}" };
        verifier.verify(&request, Timestamp::UNIX_EPOCH).is_err()
    })
}

fn of_control() -> Times {
    let right = SECRET.repeat(2);
    let classes = Classes::of(&vec![right.clone(); POOL], 0, str::to_owned);
    measure(&classes, |given| stops_early(given.as_bytes(), right.as_bytes()))
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
        let input = &inputs[usize::from(is_long)][(drawn >> 8) as usize % POOL];
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
