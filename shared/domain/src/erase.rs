//! Erasing: what is left of a review whose texts are gone, and how it is known again.
//!
//! An erased review keeps its numbers: stars, dates, source, brand, shop, when it was settled. It
//! has no text, no name and no external id. In the latter's place stands a tombstone, a keyed hash
//! of it, so that a redelivery finds the erased review and changes nothing. It is never open again.
//!
//! What this does not do: it touches no notice, no file and no mail. [`crate::Mentions`] recognises
//! there what is about a review.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::brand::Brand;
use crate::decide::Decided;
use crate::event::Content;
use crate::ids::{ExternalId, ReviewKey, ShopId};
use crate::review::{Answer, Review};

/// Bytes of a tombstone that are kept: 128 bits meet by chance as rarely as random ids do.
const TOMBSTONE_BYTES: usize = 16;
/// The key of tombstones: random, made at a store's first erasure, and kept in it.
pub type Salt = [u8; 32];

/// That a review was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// When.
    pub at: Timestamp,
    /// The shop it was of: the location that told it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop: Option<ShopId>,
}

impl ReviewKey {
    /// What stands in the place of an erased review's key. Nobody can tell the id from it, not even
    /// by trying ids, without the salt.
    ///
    /// ```
    /// use vigie_domain::ReviewKey;
    /// let key: ReviewKey = "lumen-site/r-1001".parse().unwrap();
    /// let tombstone = key.tombstone(&[7; 32]);
    /// assert!(tombstone.to_string().starts_with("lumen-site/erased-"));
    /// assert_eq!(tombstone, key.tombstone(&[7; 32]));
    /// assert_ne!(tombstone, key.tombstone(&[8; 32]));
    /// ```
    #[must_use]
    pub fn tombstone(&self, salt: &Salt) -> Self {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(salt) else {
            unreachable!("HMAC takes a key of any length")
        };
        // A slug holds no slash, so no two keys meet.
        mac.update(self.to_string().as_bytes());
        let mut hidden = "erased-".to_owned();
        for byte in mac.finalize().into_bytes().iter().take(TOMBSTONE_BYTES) {
            // Writing to a string does not fail.
            let _ = write!(hidden, "{byte:02x}");
        }
        Self { source: self.source.clone(), external_id: ExternalId::of_tombstone(hidden) }
    }
}

impl Review {
    /// Whether its texts are gone.
    pub const fn is_erased(&self) -> bool {
        self.erased.is_some()
    }

    /// The shop it is of, which is to be kept.
    pub fn shop_to_keep(&self, brand: &Brand) -> Option<ShopId> {
        brand.shop_of(self).map(|shop| shop.id.clone())
    }

    /// When anything was last told of it: what is kept for a time is kept from then on.
    pub fn last_told_at(&self) -> Timestamp {
        let last = self.trail.last().map(|entry| entry.at);
        last.unwrap_or(self.first_seen_at).max(self.published())
    }

    /// Takes away who wrote it: name, order, and the platform's id where that is shown. Says
    /// whether there was anything. A redelivery of the same does not bring them back; an edit does.
    pub fn remove_reviewer(&mut self, now: Timestamp) -> bool {
        let Some(content) = self.content.as_mut().map(|register| &mut register.value.content)
        else {
            return false;
        };
        let gone = [content.author.take(), content.order.take(), content.shown_id.take()];
        let any = gone.iter().any(Option::is_some);
        if any {
            self.reviewer_removed_at = Some(now);
        }
        any
    }

    /// Takes every text away and puts the tombstone in the key's place; the numbers stay. Erasing
    /// again changes nothing.
    pub fn erase(&mut self, shop: Option<ShopId>, salt: &Salt, now: Timestamp) {
        if self.is_erased() {
            return;
        }
        self.key = self.key.tombstone(salt);
        self.request = None;
        self.copies.clear();
        if let Some(content) = &mut self.content {
            let Content { stars, published_at, .. } = content.value.content;
            content.value.content = Content { stars, published_at, ..Content::default() };
            content.forget();
        }
        if let Some(answer) = &mut self.answer {
            answer.value = Answer::default();
            answer.forget();
        }
        if let Some(existence) = &mut self.existence {
            existence.forget();
        }
        if let Some(closed) = &mut self.closed {
            closed.by = None;
            closed.reason.clear();
        }
        for entry in &mut self.trail {
            entry.by = None;
            entry.reason = None;
        }
        let revision = self.revision;
        let decided = self.decided.get_or_insert_with(Decided::default);
        decided.revision = revision;
        decided.ladder = None;
        decided.copy_of = None;
        decided.causes.clear();
        self.erased = Some(Erased { at: now, shop });
    }
}

/// How long reviews are kept, in calendar months from when they were last told of; `None`: for
/// ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Who wrote them.
    pub reviewer: Option<u16>,
    /// Their texts.
    pub review: Option<u16>,
}

/// The moment so many calendar months before another, in UTC.
///
/// ```
/// use vigie_domain::erase::months_before;
/// let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
/// assert_eq!(months_before(13, at("2026-03-31T12:00:00Z")), at("2025-02-28T12:00:00Z"));
/// ```
pub fn months_before(months: u16, now: Timestamp) -> Timestamp {
    let now = now.to_zoned(TimeZone::UTC);
    let before = now.checked_sub(Span::new().months(months));
    before.map_or(Timestamp::MIN, |before| before.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::Cause;
    use crate::event::{EventKind, ReviewEvent, Version};
    use crate::mentions::Mentions;
    use crate::record::{Outcome, Told, record};
    use crate::review::{Happened, State};
    use crate::stars::Stars;

    const SALT: Salt = [3; 32];

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_764_000_000 + seconds).unwrap()
    }

    fn event(kind: EventKind, seconds: i64) -> Told {
        let content = Content {
            stars: Stars::from_hundredths(200),
            title: Some("Marqueur du titre".to_owned()),
            text: "Marqueur du texte, colis jamais reçu".to_owned(),
            author: Some("Marqueur Auteur".to_owned()),
            order: Some("marqueur-order".to_owned()),
            product: Some("Marqueur produit".to_owned()),
            location: Some("marqueur-lieu".to_owned()),
            url: Some("https://marqueur.example/r".to_owned()),
            answer_url: Some("https://marqueur.example/a".to_owned()),
            shown_id: Some("marqueur-shown".to_owned()),
            published_at: Some(at(0)),
            ..Content::default()
        };
        Told::Event(Box::new(ReviewEvent {
            kind,
            external_id: "site/marqueur-id".parse::<ReviewKey>().unwrap().external_id,
            version: Some(Version::Time(at(seconds))),
            content: (kind != EventKind::Withdrawn).then_some(content),
            reply: (kind == EventKind::Answered).then(|| crate::event::Reply {
                text: "Marqueur de la réponse".to_owned(),
                at: Some(at(seconds)),
            }),
        }))
    }

    fn tell(known: Option<Review>, told: &Told, seconds: i64) -> (Review, Outcome) {
        let (key, brand) = ("site/marqueur-id".parse().unwrap(), "lumen".parse().unwrap());
        record(known, &key, &brand, told, at(seconds))
    }

    fn closed() -> Review {
        let review = tell(None, &event(EventKind::Posted, 0), 1).0;
        let by = Some("Marqueur personne".to_owned());
        let reason = "marqueur-reason".to_owned();
        tell(Some(review), &Told::Closed { at: at(9), by, reason }, 10).0
    }

    #[test]
    fn no_text_is_left_and_the_numbers_stay() {
        let answered = tell(None, &event(EventKind::Answered, 5), 6).0;
        for mut review in [closed(), answered] {
            let before = review.clone();
            let causes = vec![Cause::SafetyHealth];
            review.decided = Some(Decided { causes, ..Decided::default() });
            review.erase(Some("lyon".parse().unwrap()), &SALT, at(100));
            let json = serde_json::to_string(&review).unwrap().to_lowercase();
            assert!(!json.contains("marqueur"), "{json}");
            assert_eq!(review.stars(), before.stars());
            assert_eq!(review.published(), before.published());
            assert_eq!(
                (review.state(), review.settled_at()),
                (before.state(), before.settled_at())
            );
            assert_eq!(review.settled_seen_at(), before.settled_seen_at());
            assert_eq!(review.key, before.key.tombstone(&SALT));
            assert_eq!(review.erased.as_ref().unwrap().at, at(100));
            assert!(review.is_decided());
            assert_eq!(review.decided.as_ref().unwrap().causes, [], "read from the text");
            let what = |r: &Review| r.trail.iter().map(|e| (e.at, e.what)).collect::<Vec<_>>();
            assert_eq!(what(&review), what(&before));
            let read: Review =
                serde_json::from_str(&serde_json::to_string(&review).unwrap()).unwrap();
            assert_eq!(read, review);
        }
    }

    #[test]
    fn no_digest_of_a_text_is_left() {
        let mut review = closed();
        let digest = review.content.as_ref().unwrap().digest.to_string();
        review.erase(None, &SALT, at(100));
        let json = serde_json::to_string(&review).unwrap();
        assert!(!json.contains(&digest), "{json}");
    }

    #[test]
    fn whatever_arrives_afterwards_is_known_already() {
        let mut review = tell(None, &event(EventKind::Posted, 0), 1).0;
        review.erase(None, &SALT, at(100));
        assert_eq!(review.state(), State::Erased);
        assert_eq!(
            review.state_at(at(50)),
            Some(State::Erased),
            "not open in a report of the past"
        );
        let (by, reason) = (None, "x".to_owned());
        for told in [
            event(EventKind::Posted, 0),
            event(EventKind::Edited, 500),
            event(EventKind::Answered, 501),
            event(EventKind::Withdrawn, 502),
            Told::Answered { at: at(503), by: by.clone() },
            Told::Closed { at: at(504), by, reason },
        ] {
            let (after, outcome) = tell(Some(review.clone()), &told, 600);
            assert_eq!((after, outcome), (review.clone(), Outcome::Duplicate), "{told:?}");
        }
        let mut again = review.clone();
        again.erase(None, &[9; 32], at(700));
        assert_eq!(again, review);
    }

    #[test]
    fn a_removed_reviewer_is_gone_until_an_edit_names_them_again() {
        let mut review = closed();
        assert_eq!(review.last_told_at(), at(10));
        assert!(review.remove_reviewer(at(100)));
        assert!(!review.remove_reviewer(at(101)), "there is nothing left to remove");
        let json = serde_json::to_string(&review).unwrap();
        for gone in ["Marqueur Auteur", "marqueur-order", "marqueur-shown"] {
            assert!(!json.contains(gone), "{gone}");
        }
        assert!(json.contains("Marqueur du texte") && review.reviewer_removed_at == Some(at(100)));
        let (same, outcome) = tell(Some(review), &event(EventKind::Posted, 0), 200);
        assert_eq!(outcome, Outcome::Duplicate);
        assert_eq!(same.written().unwrap().author, None);
        let (edited, _) = tell(Some(same), &event(EventKind::Edited, 300), 301);
        assert!(edited.written().unwrap().author.is_some());
        assert_eq!((edited.reviewer_removed_at, edited.last_told_at()), (None, at(301)));
    }

    #[test]
    fn a_trail_says_what_happened_still() {
        let mut review = closed();
        review.erase(None, &SALT, at(100));
        let what: Vec<_> = review.trail.iter().map(|entry| entry.what).collect();
        assert_eq!(what, [Happened::Posted, Happened::Closed]);
        assert_eq!(review.state(), State::Closed);
    }

    #[test]
    fn a_review_is_recognised_by_what_it_holds() {
        let mentions = Mentions::of(&closed());
        for about in [
            r#"{"review":{"id":"marqueur-id"}}"#,
            r#"{"url":"https://x.example/reviews/marqueur-id?a=1"}"#,
            r#"{"who":{"name":"MARQUEUR  auteur"}}"#,
            r#"["> Marqueur du\r\n> texte, colis jamais reçu"]"#,
            r#"{"ref":"marqueur-order"}"#,
            "no JSON: Marqueur du titre",
        ] {
            assert!(mentions.in_json(about), "{about}");
        }
        for other in [
            r#"{"review":{"id":"marqueur-id-2x","author":"Marqueur A."}}"#.replace("-id", "id"),
            r#"{"text":"colis jamais reçu"}"#.to_owned(),
            "{}".to_owned(),
        ] {
            assert!(!mentions.in_json(&other), "{other}");
        }
    }
}
