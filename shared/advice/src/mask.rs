//! Names taken out of what is shared: staff that a bad review blames is named to nobody beside
//! those who deal with it (facts D07).

use vigie_domain::Locale;

use crate::assess::is_first_name;
use crate::pattern::tokens;

/// First names that are words too: where one begins a sentence, it may be the word.
const ALSO_WORDS: [&str; 26] = [
    "april",
    "charlotte",
    "claire",
    "dean",
    "faith",
    "fleur",
    "frank",
    "grace",
    "guy",
    "heather",
    "holly",
    "hope",
    "iris",
    "jack",
    "june",
    "laurent",
    "mark",
    "martin",
    "max",
    "may",
    "penny",
    "pierre",
    "rob",
    "robin",
    "rose",
    "will",
];

/// A text without the first names that stand in it.
///
/// A name is written with a capital and is one that people have. One that is a word too stays where
/// it begins a sentence. Too much is rather taken out than too little.
///
/// ```
/// use vigie_advice::mask_names;
/// use vigie_domain::Locale;
/// let text = "La vendeuse, Nathalie, m'a ri au nez. Rose fanée en prime.";
/// let masked = "La vendeuse, [prénom], m'a ri au nez. Rose fanée en prime.";
/// assert_eq!(mask_names(text, Locale::Fr), masked);
/// assert_eq!(mask_names("Kevin hung up on me.", Locale::En), "[name] hung up on me.");
/// ```
pub fn mask_names(text: &str, locale: Locale) -> String {
    let mask = if locale == Locale::Fr { "[prénom]" } else { "[name]" };
    let (mut masked, mut past) = (String::new(), 0);
    for token in tokens(text).iter().filter(|token| is_first_name(text, token)) {
        let before = text.get(..token.start).unwrap_or_default().trim_end();
        let begins = before.is_empty() || before.ends_with(['.', '!', '?', '…', '\n', ':']);
        if begins && ALSO_WORDS.contains(&token.word.as_str()) {
            continue;
        }
        masked.push_str(text.get(past..token.start).unwrap_or_default());
        masked.push_str(mask);
        past = token.end;
    }
    masked.push_str(text.get(past..).unwrap_or_default());
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_stays() {
        for text in [
            "Vin rosé, claire déception, pierre au rein.",
            "",
            "Une Clio en panne, 👩‍👩‍👧 là.",
            "Will they answer?",
        ] {
            assert_eq!(mask_names(text, Locale::Fr), text);
        }
    }

    #[test]
    fn every_name_goes_also_at_the_ends() {
        assert_eq!(mask_names("Karim et Léa", Locale::Fr), "[prénom] et [prénom]");
        assert_eq!(mask_names("merci pour rien Rose", Locale::Fr), "merci pour rien [prénom]");
    }
}
