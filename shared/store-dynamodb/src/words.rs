//! Which review was the first to say something, for some days.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vigie_domain::copies::words;
use vigie_domain::{Digest, Review, ReviewKey};
use vigie_ports::StoreError;

use crate::calls::{Changed, TRIES, pause};
use crate::expression::Expression;
use crate::item::{self, Key, micros, number, string, write};
use crate::{DynamoStore, fault};

type Answer<T> = Result<T, StoreError>;

/// What the partition keys of words begin with.
const WORDS: &str = "W#";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct WordsItem {
    pk: String,
    sk: String,
    review: String,
    until: i64,
    gone_at: i64,
}

impl DynamoStore {
    /// Forgets what a review was the first to say.
    pub(crate) async fn forget_words_of(&self, review: &Review) -> Answer<()> {
        let Some(said) = review.written().and_then(|said| words(&review.brand, said)) else {
            return Ok(());
        };
        let key = || Key::new(format!("{WORDS}{}", said.to_hex()), "W");
        let Some(lying) = self.get(key()).await? else { return Ok(()) };
        let lying: WordsItem = item::read(&lying)?;
        if lying.review == review.key.to_string() { self.remove(key()).await } else { Ok(()) }
    }

    /// Remembers who said something first. What was said too long ago is taken over: DynamoDB
    /// removes it by itself, some days late.
    pub(crate) async fn first_with_words(
        &self,
        words: &Digest,
        by: &ReviewKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Answer<ReviewKey> {
        let (pk, sk) = (format!("{WORDS}{}", words.to_hex()), "W".to_owned());
        let (review, gone_at) = (by.to_string(), until.as_second());
        let new = WordsItem { pk, sk, review, until: micros(until), gone_at };
        for tried in 0..TRIES {
            let Some(lying) = self.put_new(write(&new)?).await? else { return Ok(by.clone()) };
            let lying: WordsItem = item::read(&lying)?;
            if lying.until > micros(now) {
                let first = lying.review.parse();
                return first.map_err(|_| fault::corrupt(&lying.pk, "its review is no key"));
            }
            let over = Expression::new()
                .set("review", string(&new.review))
                .set("until", number(new.until))
                .set("gone_at", number(new.gone_at))
                .when("until", "=", number(lying.until));
            let key = Key::new(&new.pk, &new.sk);
            if matches!(self.change(key, &over).await?, Changed::Done(_)) {
                return Ok(by.clone());
            }
            pause(tried).await;
        }
        Err(fault::busy("remembering who said something first"))
    }
}
