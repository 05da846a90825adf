//! The bodies of the fuzz targets (tests/fuzz), on stable Rust: over their corpora, and over
//! mutations of them that are the same on every machine. `scripts/fuzz` looks further.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly")]
#![expect(unreachable_pub, reason = "the fuzz targets are another crate's")]

#[path = "../../../tests/fuzz/bodies.rs"]
mod bodies;

use bodies::{TARGETS, Target};

/// Longest input that is mutated further: a mutation that adds to it makes the next one slower.
const BYTES_MAX: usize = 64 * 1024;

/// What parsers stumble over.
const WORDS: [&[u8]; 24] = [
    b"\0",
    b"\n",
    b"\n\n",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud83d",
    b"{",
    b"}",
    b"[[[[[[[[",
    b"]",
    b":",
    b",",
    b"=",
    b".",
    b"..",
    b"null",
    b"-1",
    b"1e999999999",
    b"99999999999999999999",
    b"9223372036854775807",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"user@reviewer.example",
];

/// Numbers that look drawn and are the same each time (xorshift64*).
struct Numbers(u64);

impl Numbers {
    /// One below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(drawn).unwrap_or_default() % end
    }

    /// A range in something of this length.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let from = self.below(length + 1);
        from..from + self.below((length - from).min(64) + 1)
    }
}

/// Changes an input in one way.
fn mutate(input: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    let at = numbers.below(input.len().max(1));
    match numbers.below(7) {
        0 => input.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << numbers.below(8)),
        1 => input.iter_mut().skip(at).take(1).for_each(|byte| *byte = numbers.below(256) as u8),
        2 => drop(input.drain(numbers.range(input.len()))),
        3 => {
            let copied = input.get(numbers.range(input.len())).unwrap_or_default().to_vec();
            input.splice(at.min(input.len())..at.min(input.len()), copied);
        }
        4 => {
            let word = WORDS.get(numbers.below(WORDS.len())).copied().unwrap_or_default();
            input.splice(at.min(input.len())..at.min(input.len()), word.iter().copied());
        }
        5 => {
            let taken = other.get(numbers.range(other.len())).unwrap_or_default();
            let into = numbers.range(input.len());
            input.splice(into, taken.iter().copied());
        }
        _ => input.truncate(at),
    }
}

/// Runs a target over its corpus, and over so many mutations of each seed.
#[track_caller]
fn check(name: &str, mutations: usize) {
    let Target { run, corpus, .. } = TARGETS.into_iter().find(|one| one.name == name).unwrap();
    let corpus = corpus();
    assert!(corpus.len() >= 20, "{name}: {} seeds", corpus.len());
    let mut numbers = Numbers(0x5EED_0000_0000_0001);
    for seed in &corpus {
        run(seed);
        let mut input = seed.clone();
        for _ in 0..mutations {
            // Now and then from the seed again, else further from it.
            if numbers.below(8) == 0 || input.len() > BYTES_MAX {
                input.clone_from(seed);
            }
            let other = corpus.get(numbers.below(corpus.len())).unwrap();
            mutate(&mut input, other, &mut numbers);
            run(&input);
        }
    }
}

#[test]
fn no_headers_get_past_a_verifier() {
    check("headers", 300);
}

#[test]
fn whatever_is_mapped_is_within_its_limits() {
    check("mapping", 300);
}

#[test]
fn no_bearer_is_taken_that_nobody_signed() {
    check("jwt_bearer", 400);
}

#[test]
fn no_token_of_an_address_is_taken_that_nobody_signed() {
    check("jwt_query", 400);
}

#[test]
fn no_body_is_taken_that_nobody_signed() {
    check("jwt_body", 400);
}

#[test]
fn no_ecdsa_header_is_taken_that_nobody_signed() {
    check("ecdsa", 400);
}

#[test]
fn whatever_was_refused_the_doctor_looks_at_it() {
    check("doctor", 8);
}

#[test]
fn any_preset_file_is_refused_with_its_place_or_can_be_checked() {
    check("preset", 25);
}
