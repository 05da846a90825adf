//! Erasing: what is left of a review whose texts are gone, and how it is known again.
//!
//! An erased review keeps its numbers: stars, dates, source, brand, shop, when it was settled. It
//! has no text, no name and no external id. In the latter's place stands a tombstone, a keyed hash
//! of it, so that a redelivery finds the erased review and changes nothing. It is never open again.
//!
//! What this does not do: it touches no notice, no file and no mail. [`Mentions`] recognises there
//! what is about a review.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::brand::Brand;
use crate::decide::Decided;
use crate::event::Content;
use crate::ids::{ExternalId, ReviewKey, ShopId};
use crate::review::{Answer, Review};

/// Bytes of a tombstone that are kept: 128 bits meet by chance as rarely as random ids do.
const TOMBSTONE_BYTES: usize = 16;
/// Characters a passage must have to be searched for: shorter ones ("Nul") stand in many texts.
const PASSAGE_CHARS_MIN: usize = 12;
/// Characters of a passage that are searched for: what a report shows of a text begins with them.
const PASSAGE_CHARS_MAX: usize = 60;
/// Characters a name or an id must have to be searched for within a text; a shorter one must be a
/// whole value of its own.
const WORD_CHARS_MIN: usize = 4;

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

    /// Takes every text away and puts the tombstone in the key's place; the numbers stay. Erasing
    /// again changes nothing.
    pub fn erase(&mut self, shop: Option<ShopId>, salt: &Salt, now: Timestamp) {
        if self.is_erased() {
            return;
        }
        self.key = self.key.tombstone(salt);
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
        self.erased = Some(Erased { at: now, shop });
    }
}

/// Whether two names are one author's: the same but for case and the spaces around them.
///
/// ```
/// use vigie_domain::erase::is_same_author;
/// assert!(is_same_author(" ÉLODIE Groß", "élodie gross "));
/// assert!(!is_same_author("Élodie", "Elodie"));
/// ```
pub fn is_same_author(one: &str, other: &str) -> bool {
    fold(one.trim()) == fold(other.trim())
}

/// Case is folded by way of capitals, so that `ß` meets `SS`, and the two small sigmas meet.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// The words of a text, folded, one space before and after each. What stands between words does
/// not count: line breaks, quotation marks, what mails put before quoted lines.
fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len() + 2);
    words.push(' ');
    for c in fold(text).chars() {
        if c.is_alphanumeric() {
            words.push(c);
        } else if !words.ends_with(' ') {
            words.push(' ');
        }
    }
    if !words.ends_with(' ') {
        words.push(' ');
    }
    words
}

/// What recognises that something kept beside a review is about it: its ids, its author, its
/// order, and how its texts begin. It errs on the side of recognising too much.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Whole values, or words within a text.
    names: Vec<String>,
    /// Words within a text.
    passages: Vec<String>,
}

impl Mentions {
    /// What recognises a review.
    pub fn of(review: &Review) -> Self {
        let mut mentions = Self::of_texts(review);
        if let Some(content) = review.written() {
            let names = [&content.shown_id, &content.author, &content.order];
            names.into_iter().flatten().for_each(|name| mentions.add_name(name));
        }
        mentions
    }

    /// What recognises a review where others have the same author: its id and its texts.
    pub fn of_texts(review: &Review) -> Self {
        let mut mentions = Self::of_id(&review.key.external_id);
        if let Some(content) = review.written() {
            content.title.iter().for_each(|title| mentions.add_passage(title));
            mentions.add_passage(&content.text);
        }
        if let Some(answer) = &review.answer {
            mentions.add_passage(&answer.value.text);
        }
        mentions
    }

    /// What recognises a review by its id alone.
    pub fn of_id(id: &ExternalId) -> Self {
        let mut mentions = Self::default();
        mentions.add_name(id.as_str());
        mentions
    }

    /// What recognises an author.
    pub fn of_author(author: &str) -> Self {
        let mut mentions = Self::default();
        mentions.add_name(author);
        mentions
    }

    /// What recognises either.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.names.extend(other.names);
        self.passages.extend(other.passages);
        self
    }

    /// Another name or id.
    pub fn add_name(&mut self, name: &str) {
        let name = words(name);
        if name != " " {
            self.names.push(name);
        }
    }

    fn add_passage(&mut self, text: &str) {
        let text = words(text);
        if text.chars().count() < PASSAGE_CHARS_MIN + 2 {
            return;
        }
        let cut = text.char_indices().nth(PASSAGE_CHARS_MAX).map_or(text.len(), |(at, _)| at);
        let start = text.get(..cut).unwrap_or(&text);
        // Up to a whole word, where there is one.
        let end = start.rfind(' ').filter(|at| *at >= PASSAGE_CHARS_MIN);
        self.passages
            .push(start.get(..=end.unwrap_or(cut.saturating_sub(1))).unwrap_or(start).to_owned());
    }

    /// Whether a text speaks of it.
    ///
    /// ```
    /// use vigie_domain::erase::Mentions;
    /// let claire = Mentions::of_author("Claire D.");
    /// assert!(claire.in_text("Bonjour CLAIRE D., merci"));
    /// assert!(!claire.in_text("Bonjour Claire, merci"));
    /// ```
    pub fn in_text(&self, text: &str) -> bool {
        let text = words(text);
        let long = |name: &&String| name.chars().count() >= WORD_CHARS_MIN + 2;
        self.names.iter().filter(long).chain(&self.passages).any(|part| text.contains(part))
    }

    /// Whether a value of a JSON document speaks of it; of what is no JSON, whether the text does.
    pub fn in_json(&self, json: &str) -> bool {
        match serde_json::from_str(json) {
            Ok(value) => self.in_value(&value),
            Err(_) => self.in_text(json),
        }
    }

    fn in_value(&self, value: &serde_json::Value) -> bool {
        use serde_json::Value;
        match value {
            Value::String(text) => self.is_value(text),
            Value::Number(number) => self.is_value(&number.to_string()),
            Value::Array(items) => items.iter().any(|item| self.in_value(item)),
            Value::Object(fields) => fields.values().any(|field| self.in_value(field)),
            Value::Null | Value::Bool(_) => false,
        }
    }

    fn is_value(&self, text: &str) -> bool {
        self.names.contains(&words(text)) || self.in_text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventKind, ReviewEvent, Version};
    use crate::review::{Happened, Outcome, State, Told, record};
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

    #[test]
    fn a_short_id_must_be_a_value_of_its_own() {
        let seven = Mentions::of_id(&ExternalId::from_platform("7").unwrap().0);
        for (json, wanted) in [
            (r#"{"id":7}"#, true),
            (r#"{"id":"7"}"#, true),
            (r#"{"text":"note 7 sur 10"}"#, false),
            (r#"{"id":77}"#, false),
        ] {
            assert_eq!(seven.in_json(json), wanted, "{json}");
        }
        assert!(
            !Mentions::of_author("…").in_json(r#"{"a":"…"}"#),
            "a name without a letter is none"
        );
    }

    #[test]
    fn a_long_text_is_recognised_by_how_it_begins() {
        let mut mentions = Mentions::default();
        mentions.add_passage(&"Une très longue histoire de colis qui commence ainsi ".repeat(9));
        assert!(mentions.in_text("« Une très longue histoire de colis qui commence ainsi Une…"));
        assert!(!mentions.in_text("Une très longue histoire"));
        mentions = Mentions::default();
        mentions.add_passage(&"字".repeat(200));
        assert!(mentions.in_text(&"字".repeat(61)));
    }
}
