//! What the platform sends in one history: posts, edits, answers and withdrawals of a few reviews,
//! in the neutral payload, each with a time of its own.

use jiff::{SignedDuration, Timestamp};

use crate::chaos::Chaos;

/// One event as the platform knows it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) review: String,
    pub(crate) kind: &'static str,
    /// As the JSON writes it; `None`: no rating in the payload.
    pub(crate) rating: Option<&'static str>,
    pub(crate) published_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// Sent with a wrong signature: nothing of it may be recorded.
    pub(crate) forged: bool,
}

impl Sent {
    pub(crate) fn body(&self) -> String {
        let (review, kind, updated) = (&self.review, self.kind, self.updated_at);
        match kind {
            "review.withdrawn" => format!(
                r#"{{"type":"{kind}","review":{{"id":"{review}","updated_at":"{updated}"}}}}"#
            ),
            "review.answered" => format!(
                r#"{{"type":"{kind}","review":{{"id":"{review}","reply":{{"text":"Merci","at":"{updated}"}}}}}}"#
            ),
            _ => {
                let rating = self.rating.map_or(String::new(), |r| format!(r#""rating":{r},"#));
                let (published, mark) = (self.published_at, mark(review));
                format!(
                    r#"{{"type":"{kind}","review":{{"id":"{review}",{rating}"scale":5,"text":"Colis jamais recu, {mark}","published_at":"{published}","updated_at":"{updated}"}}}}"#
                )
            }
        }
    }
}

/// A word that only the text of this review has.
pub(crate) fn mark(review: &str) -> String {
    format!("numero{}", review.replace('-', ""))
}

/// The most reviews of one history.
pub(crate) const REVIEWS: u64 = 5;
const RATINGS: [&str; 8] = ["1", "2", "2.5", "3", "3.99", "4.00", "4.5", "5"];

/// The events of a history, in the order they happened; sent times are a little before `start` and
/// after.
pub(crate) fn write(chaos: &Chaos, start: Timestamp) -> Vec<Sent> {
    let mut events = Vec::new();
    for n in 0..=chaos.below(REVIEWS - 1) {
        let review = format!("r-{n}");
        // Some were published long ago: found late.
        let age = if chaos.below(8) == 0 { 24 * 9 } else { chaos.below(30) };
        let published_at = start - SignedDuration::from_hours(age as i64);
        let mut at = published_at;
        let mut push = |kind, rating, updated_at, forged| {
            let review = review.clone();
            events.push(Sent { review, kind, rating, published_at, updated_at, forged });
        };
        let rating = |chaos: &Chaos| match chaos.below(12) {
            0 => None,
            1 => Some("\"dix\""),
            _ => Some(RATINGS[chaos.below(8) as usize]),
        };
        push("review.posted", rating(chaos), at, false);
        for _ in 0..chaos.below(4) {
            at += SignedDuration::from_secs(1 + chaos.below(4 * 3600) as i64);
            match chaos.below(6) {
                0 => push("review.answered", None, at, false),
                1 => push("review.withdrawn", None, at, false),
                2 => push("review.posted", rating(chaos), at, false),
                _ => push("review.edited", rating(chaos), at, false),
            }
        }
        if chaos.below(2) == 0 {
            at += SignedDuration::from_secs(1);
            push("review.edited", Some("1"), at, true);
        }
    }
    events
}
