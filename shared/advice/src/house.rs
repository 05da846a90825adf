//! What a brand says otherwise: its own texts, words, rules and people, read and checked.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use vigie_domain::{Brand, Cause, Guarantee, Locale, OwnCause, OwnText};

use crate::format::{Lexicon, OwnFile, check_steps};
use crate::library::{CauseEntry, Library};
use crate::lint::{Violation, lint, lint_advice};
use crate::pattern::{Hit, Patterns, Token};
use crate::typography::typography;

/// The most bytes of one file.
const BYTES_MAX: usize = 32 * 1024;
/// The most solutions in a ladder.
const LADDER_MAX: usize = 4;
/// Where the patterns of a brand's own words are counted from, so that they are none of ours.
const OWN_PATTERNS: usize = 1 << 20;
/// What must stand in a reply, once each.
const SLOTS: [&str; 2] = ["[contact]", "[date]"];

/// What a brand says of its own way with complaints, ready for use.
#[derive(Debug, Default)]
pub struct House {
    pub(crate) contact: Option<String>,
    pub(crate) complaints: Option<String>,
    pub(crate) mediator: Option<String>,
    pub(crate) guarantee: Guarantee,
    /// Who has a complaint after whom, by name.
    pub(crate) path: Vec<String>,
    pub(crate) causes: Vec<(OwnCause, Option<String>)>,
    pub(crate) texts: Vec<Own>,
}

/// One file, ready for use.
#[derive(Debug)]
pub(crate) struct Own {
    cause: Cause,
    locale: Locale,
    file: OwnFile,
    /// Complaints, topics, and what takes both back.
    words: [Patterns; 3],
}

/// What is wrong with a brand's own text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFault {
    /// Which bytes of the text are at fault.
    pub span: Range<usize>,
    /// What is wrong: one line, no period.
    pub message: String,
    /// What to do: one line, no period.
    pub hint: String,
}

impl House {
    /// Of a brand that says nothing.
    pub(crate) const NONE: Self = Self {
        contact: None,
        complaints: None,
        mediator: None,
        guarantee: Guarantee::Auto,
        path: Vec::new(),
        causes: Vec::new(),
        texts: Vec::new(),
    };

    /// What a brand's file says.
    ///
    /// A text that cannot be read is left out: the configuration refuses it before.
    ///
    /// ```
    /// use vigie_advice::{House, assess_with};
    /// use vigie_domain::{Brand, Cause, Locale, OwnText};
    ///
    /// let mut brand = Brand::sample();
    /// let text = "[lexicon]\ncomplaints = [\"lutin*|3\"]".to_owned();
    /// brand.advice.texts.push(OwnText { cause: Cause::Delivery, locale: Locale::Fr, text });
    /// let house = House::of(&brand);
    /// let found = assess_with(&house, "Le lutin n'est pas passé.", None, Some("fr"), None);
    /// assert_eq!(found.causes[0].evidence, ["lutin"]);
    /// ```
    pub fn of(brand: &Brand) -> Self {
        let own = &brand.advice;
        if own.is_empty() {
            return Self::default();
        }
        let name = |id: &_| brand.contact(id).map(|contact| contact.name.clone());
        let set = |text: &Option<String>| text.as_ref().map(|text| typography(text, brand.locale));
        let owned = |own: &OwnCause| {
            let (policy, procedure) = (set(&own.policy), set(&own.procedure));
            (OwnCause { policy, procedure, ..own.clone() }, own.owner.as_ref().and_then(name))
        };
        Self {
            contact: own.contact.clone(),
            complaints: own.complaints.clone(),
            mediator: own.mediator.clone(),
            guarantee: own.guarantee,
            path: own.path.iter().filter_map(name).collect(),
            causes: own.causes.iter().map(owned).collect(),
            texts: own.texts.iter().filter_map(Own::read).collect(),
        }
    }

    /// The brand's rules for a cause, and who deals with it, by name.
    pub(crate) fn cause(&self, cause: Cause) -> Option<&(OwnCause, Option<String>)> {
        self.causes.iter().find(|(own, _)| own.cause == cause)
    }

    /// What the brand says of a cause in a language.
    pub(crate) fn said(&self, cause: Cause, locale: Locale) -> Option<&OwnFile> {
        let own = self.texts.iter().find(|own| own.cause == cause && own.locale == locale);
        own.map(|own| &own.file)
    }

    /// Adds what the brand's own words find to what ours found: one entry a cause, in the order of
    /// the library.
    pub(crate) fn add_hits(
        &self,
        library: &Library,
        words: &[Token],
        causes: &mut [[Vec<Hit>; 3]],
    ) {
        let entries = library.causes.iter().zip(causes);
        for (CauseEntry { cause, .. }, lists) in entries {
            let mine = |own: &&Own| own.cause == *cause && own.locale == library.locale;
            for own in self.texts.iter().filter(mine) {
                for (list, patterns) in lists.iter_mut().zip(&own.words) {
                    let found = patterns.find(words).into_iter();
                    list.extend(
                        found.map(|hit| Hit { pattern: hit.pattern + OWN_PATTERNS, ..hit }),
                    );
                }
            }
        }
    }
}

impl Own {
    fn read(given: &OwnText) -> Option<Self> {
        let OwnText { cause, locale, .. } = *given;
        let file: OwnFile = toml::from_str(&given.text).ok()?;
        let fillers = Arc::clone(&Library::of(locale)?.fillers);
        let lexicon = &file.lexicon;
        let patterns = |list: &[String]| Patterns::new(list, &lexicon.words, &fillers);
        let words =
            [&lexicon.complaints, &lexicon.topics, &lexicon.unless].map(|list| patterns(list));
        Some(Self { cause, locale, words, file: set(file, locale) })
    }
}

fn set(mut file: OwnFile, locale: Locale) -> OwnFile {
    let set = |text: &mut String| *text = typography(text, locale);
    let OwnFile { label, first_move, never, ladder, reply, step, .. } = &mut file;
    [label, first_move, reply].into_iter().flatten().for_each(set);
    never.iter_mut().chain(ladder).flatten().for_each(set);
    step.iter_mut().map(|step| &mut step.text).for_each(set);
    file
}

/// Checks a text that a brand says in the place of ours: every fault at once.
///
/// It is held to what our own library is: the nine steps or none, no compensation where somebody's
/// safety is at stake, and the NEVER list, for what the brand reads and for what customers may.
///
/// # Errors
/// What is wrong, each with its place.
///
/// ```
/// use vigie_advice::check_own;
/// use vigie_domain::{Cause, Locale};
///
/// let faults = check_own(Cause::Delivery, Locale::En, "reply = \"We will refund you.\"").unwrap_err();
/// assert!(faults.iter().any(|fault| fault.message.contains("N8")));
/// assert_eq!(check_own(Cause::Delivery, Locale::En, "label = \"Parcels\""), Ok(()));
/// ```
pub fn check_own(cause: Cause, locale: Locale, text: &str) -> Result<(), Vec<OwnFault>> {
    let fault = |span: Range<usize>, message: String, hint: &str| OwnFault {
        span,
        message,
        hint: hint.to_owned(),
    };
    if text.len() > BYTES_MAX {
        let message = format!("the file has {} bytes, and may have {BYTES_MAX}", text.len());
        return Err(vec![fault(0..0, message, "keep what differs from Vigie's own text only")]);
    }
    let file: OwnFile = toml::from_str(text).map_err(|error| {
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        vec![fault(error.span().unwrap_or_default(), message, "docs/advice.md lists the keys")]
    })?;
    let mut found = Vec::new();
    let mut say = |piece: &str, message: String, hint: &str| {
        let start = text.find(piece).unwrap_or_default();
        found.push(fault(start..start + piece.len(), message, hint));
    };
    let safety = cause == Cause::SafetyHealth;
    if let Some(Err(what)) = (!file.step.is_empty()).then(|| check_steps(safety, &file.step)) {
        let hint = "write all of the steps, with all nine of a recovery, or none of them";
        say("[[step]]", what, hint);
    }
    let ladder = file.ladder.as_deref().unwrap_or_default();
    if ladder.len() > LADDER_MAX || (safety && !ladder.is_empty()) {
        let message = format!("a ladder has {LADDER_MAX} solutions at most, and safety has none");
        say("ladder", message, "offer the most likely ones first");
    }
    if cause == Cause::General && !file.lexicon.is_empty() {
        let message = "general is what is left where no cause is found: it has no words".to_owned();
        say("[lexicon]", message, "put the words under the cause that they speak of");
    }
    for (pattern, what) in bad_patterns(&file.lexicon) {
        say(pattern, what.to_owned(), "shared/advice/README.md says how patterns are written");
    }
    for unknown in unknown_sets(&file.lexicon.words, &file) {
        let message = format!("no set of words is called {unknown}");
        say(&unknown, message, "define it under [lexicon.words]");
    }
    for (piece, broken) in broken(&file, safety, locale) {
        let hint = "docs/advice.md says what no text may say, and why";
        say(piece, broken, hint);
    }
    if let Some(reply) = &file.reply {
        for slot in SLOTS.into_iter().filter(|slot| reply.matches(slot).count() != 1) {
            say(
                "reply",
                format!("a reply has {slot} in it, once"),
                "Vigie or a person fills it in",
            );
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// The texts that break a rule, and which.
fn broken(file: &OwnFile, safety: bool, locale: Locale) -> Vec<(&str, String)> {
    let OwnFile { label, first_move, never, ladder, step, reply, .. } = file;
    let lists = never.iter().chain(ladder).flatten();
    let steps = step.iter().map(|step| &step.text);
    let read = label.iter().chain(first_move).chain(lists).chain(steps);
    let read = read.map(|text| (text.as_str(), lint_advice(text, locale)));
    let written = reply.iter().map(|text| (text.as_str(), lint(text, locale)));
    let mut found = Vec::new();
    for (text, violations) in read.chain(written) {
        found.extend(violations.iter().map(|Violation { rule, found }| {
            (text, format!("\u{201c}{found}\u{201d} breaks {rule}: {}", rule.meaning()))
        }));
        let low = text.to_lowercase();
        let pays = compensation(locale).iter().find(|word| safety && low.contains(**word));
        found.extend(pays.map(|word| {
            (
                text,
                format!("\u{201c}{word}\u{201d} speaks of compensation, and somebody may be hurt"),
            )
        }));
        if text.trim().is_empty() {
            found.push((text, "a text says nothing".to_owned()));
        }
    }
    found
}

/// Words of compensation: none belongs to a safety matter.
pub(crate) const fn compensation(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::Fr => &["rembours", "dédommag", "offert", "avoir de", "bon d", "compens"],
        Locale::En => &["refund", "voucher", "compens", "discount", "goodwill", "gift"],
    }
}

/// The patterns that would find nothing, or weigh otherwise than it seems.
fn bad_patterns(lexicon: &Lexicon) -> Vec<(&str, &'static str)> {
    let all = lexicon.complaints.iter().chain(&lexicon.topics).chain(&lexicon.unless);
    let bad = |pattern: &str| {
        let (phrase, weight) = pattern.rsplit_once('|').unwrap_or((pattern, "2"));
        let words: Vec<&str> = phrase.split_whitespace().collect();
        match (words.first(), words.last()) {
            (None, _) | (_, None) => Some("a pattern says nothing"),
            (Some(&".."), _) | (_, Some(&"..")) => Some("a pattern begins and ends with a word"),
            _ if !matches!(weight, "1" | "2" | "3") => Some("a pattern weighs 1, 2 or 3"),
            _ => None,
        }
    };
    all.filter_map(|pattern| Some((pattern.as_str(), bad(pattern)?))).collect()
}

fn unknown_sets(words: &BTreeMap<String, Vec<String>>, file: &OwnFile) -> Vec<String> {
    let lexicon = &file.lexicon;
    let all = lexicon.complaints.iter().chain(&lexicon.topics).chain(&lexicon.unless);
    let sets = all.flat_map(|pattern| pattern.split([' ', '|']));
    let named = sets.filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'));
    named.filter(|name| !words.contains_key(*name)).map(|name| format!("{{{name}}}")).collect()
}
