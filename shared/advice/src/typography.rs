//! The marks of good writing, put in once so that library files can be typed on any keyboard.

use vigie_domain::Locale;

/// The no-break space that French puts before `: ; ! ?` and inside « guillemets ».
const NO_BREAK: char = '\u{a0}';

/// Sets a text of ours as its language wants it: curly apostrophes, and in French no-break spaces
/// before `: ; ! ? »` and after `«`. It is not for what reviewers wrote, nor for addresses.
///
/// ```
/// use vigie_advice::typography;
/// use vigie_domain::Locale;
/// assert_eq!(typography("L'avis : « nul »", Locale::Fr), "L’avis\u{a0}: «\u{a0}nul\u{a0}»");
/// assert_eq!(typography("don't", Locale::En), "don’t");
/// ```
pub fn typography(text: &str, locale: Locale) -> String {
    let curly = text.replace('\'', "’");
    match locale {
        Locale::En => curly,
        Locale::Fr => french_spaces(&curly),
    }
}

fn french_spaces(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let before = matches!(chars.peek(), Some(':' | ';' | '!' | '?' | '»'));
        let after = out.ends_with('«');
        out.push(if c == ' ' && (before || after) { NO_BREAK } else { c });
    }
    out
}
