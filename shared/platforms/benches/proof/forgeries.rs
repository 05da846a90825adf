//! One bit flipped, of whatever proves a request, a million times and more.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::forging::{Case, Tally, of_presets, of_vectors};
use crate::say;

/// Forgeries that are tried at least.
const TRIED_MIN: usize = 1_000_000;

#[derive(Default)]
struct Row {
    requests: usize,
    tally: Tally,
}

pub(crate) fn run() -> bool {
    let began = Instant::now();
    let mut rows: BTreeMap<&'static str, Row> = BTreeMap::new();
    let mut forge = |cases: Vec<Case>| {
        let mut tried = 0;
        for case in cases {
            let row = rows.entry(case.kind()).or_default();
            let before = row.tally.tried;
            row.requests += 1;
            case.forge(1, &mut row.tally);
            tried += row.tally.tried - before;
        }
        tried
    };
    let mut tried = forge(of_vectors());
    let mut round = 0;
    while tried < TRIED_MIN {
        tried += forge(of_presets(round));
        round += 1;
    }
    say("\nforgeries: every bit of what proves a request, flipped alone");
    say("  of the vectors that are taken, and of the presets' samples, signed anew in each round");
    say(&line(["proof", "requests", "forgeries", "taken", "same", "unsendable"]));
    let mut taken = 0;
    for (kind, Row { requests, tally }) in &rows {
        let [requests, tried, of_these, same, unsendable] =
            [*requests, tally.tried, tally.taken.len(), tally.same, tally.unsendable]
                .map(|n| n.to_string());
        say(&line([kind, &requests, &tried, &of_these, &same, &unsendable]));
        taken += tally.taken.len();
        tally.taken.iter().take(5).for_each(|forgery| say(&format!("    TAKEN {forgery}")));
    }
    let seconds = began.elapsed().as_secs_f64();
    say(&format!("  {tried} forgeries in {round} rounds, {taken} taken; {seconds:.1} s"));
    taken == 0
}

fn line([kind, rest @ ..]: [&str; 6]) -> String {
    rest.iter().fold(format!("  {kind:<30}"), |line, cell| format!("{line}{cell:>12}"))
}
