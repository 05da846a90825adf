//! Recognising, in what is kept beside a review, what is about it: requests, events, mails.

use crate::ids::ExternalId;
use crate::review::Review;

/// Characters a passage must have to be searched for: shorter ones ("Nul") stand in many texts.
const PASSAGE_CHARS_MIN: usize = 12;
/// Characters of a passage that are searched for: what a report shows of a text begins with them.
const PASSAGE_CHARS_MAX: usize = 60;
/// Characters a name or an id must have to be searched for within a text; a shorter one must be a
/// whole value of its own.
const WORD_CHARS_MIN: usize = 4;

/// Whether two names are one author's: the same but for case and the spaces around them.
///
/// ```
/// use vigie_domain::mentions::is_same_author;
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
    /// use vigie_domain::mentions::Mentions;
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
