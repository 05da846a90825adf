//! How long an assessment takes.

use std::time::Instant;

use vigie_advice::assess;
use vigie_domain::Stars;

use crate::say;

/// About 400 characters.
const REVIEW: &str = "Commande passée le 3 novembre, toujours rien reçu le 20. Le transporteur dit \
    que le colis est perdu, le service client ne répond pas à mes mails et le standard est \
    injoignable. En boutique, la vendeuse m'a envoyée promener devant tout le monde. La première \
    lampe était déjà arrivée cassée, et je n'ai jamais été remboursée malgre mes relances. Plus \
    jamais, je déconseille cette enseigne, à ce prix c'est honteux.";

/// The first assessment of the process, which reads the library.
#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
pub(crate) fn cold() {
    let begin = Instant::now();
    let found = assess(REVIEW, None, None, Some(Stars::ONE));
    let took = begin.elapsed();
    assert!(!found.causes.is_empty(), "a complaint is understood");
    say(&format!("the first review of a process: {:.1} ms", took.as_secs_f64() * 1e3));
}

/// The median of many.
#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
pub(crate) fn speed() {
    let two = Stars::from_hundredths(200);
    let mut took = Vec::new();
    for _ in 0..2000 {
        let begin = Instant::now();
        let found = assess(REVIEW, None, None, two);
        took.push(begin.elapsed());
        assert!(!found.causes.is_empty(), "a complaint is understood");
    }
    took.sort();
    let median = took.get(took.len() / 2).copied().unwrap_or_default();
    say(&format!(
        "\none review of {} characters, warm: median {:.0} us",
        REVIEW.chars().count(),
        median.as_secs_f64() * 1e6
    ));
}
