//! The library's files, read once: texts set in type, patterns ready to be searched for.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, LazyLock};

use vigie_domain::{Approach, Cause, Locale, Motive};

use crate::format::{
    CauseFile, EarFile, Instead, LintFile, MotiveFile, MotiveFiles, Reading, VoiceFile,
};
use crate::pattern::{Hit, Index, Patterns, Token};
use crate::typography::typography;

include!(concat!(env!("OUT_DIR"), "/library.rs"));

/// Everything that the library says in one language.
pub(crate) struct Library {
    pub(crate) locale: Locale,
    /// Words that may stand between those of a phrase.
    pub(crate) fillers: Fillers,
    /// In the order of [`Cause::ALL`].
    pub(crate) causes: Vec<CauseEntry>,
    pub(crate) voice: VoiceFile,
    pub(crate) reading: ReadingPatterns,
    pub(crate) rules: Vec<RuleEntry>,
    /// One a motive, in their order.
    pub(crate) motives: Vec<MotiveEntry>,
    /// One an approach, in their order.
    pub(crate) approaches: Vec<ApproachEntry>,
    /// Of the lists of [`Library::lists`].
    index: Index,
}

/// Where the lists of the library stand in a text.
pub(crate) struct Stands {
    /// One a cause: words that complain, words that name it, and what covers both.
    pub(crate) causes: Vec<[Vec<Hit>; 3]>,
    /// One a motive: what shows it, and what takes that back.
    pub(crate) motives: Vec<[Vec<Hit>; 2]>,
    /// One an approach, likewise.
    pub(crate) approaches: Vec<[Vec<Hit>; 2]>,
    pub(crate) negative: Vec<Hit>,
    pub(crate) positive: Vec<Hit>,
    pub(crate) harmless: Vec<Hit>,
    pub(crate) negators: Vec<Hit>,
    pub(crate) critical: Vec<Hit>,
    pub(crate) high: Vec<Hit>,
    pub(crate) medium: Vec<Hit>,
    pub(crate) unless: Vec<Hit>,
}

/// One cause, ready for use.
pub(crate) struct CauseEntry {
    pub(crate) cause: Cause,
    pub(crate) file: CauseFile,
    pub(crate) complaints: Patterns,
    pub(crate) topics: Patterns,
    pub(crate) unless: Patterns,
    /// One a point, in the file's order.
    pub(crate) points: Vec<Patterns>,
}

/// How clauses are read, ready for use.
pub(crate) struct ReadingPatterns {
    pub(crate) breaks: Patterns,
    pub(crate) negative: Patterns,
    pub(crate) positive: Patterns,
    pub(crate) harmless: Patterns,
    pub(crate) negators: Patterns,
    pub(crate) between: Vec<String>,
    pub(crate) only: Vec<String>,
    pub(crate) critical: Patterns,
    pub(crate) high: Patterns,
    pub(crate) medium: Patterns,
    pub(crate) unless: Patterns,
    pub(crate) suggestion: Patterns,
    pub(crate) praise: Patterns,
    pub(crate) praises: Patterns,
    pub(crate) with: Vec<String>,
}

/// How one motive is recognised, ready for use.
pub(crate) struct MotiveEntry {
    pub(crate) motive: Motive,
    pub(crate) patterns: Patterns,
    pub(crate) unless: Patterns,
}

/// How one approach is recognised, ready for use.
pub(crate) struct ApproachEntry {
    pub(crate) approach: Approach,
    /// What to do, set in type.
    pub(crate) advice: String,
    pub(crate) patterns: Patterns,
    pub(crate) unless: Patterns,
}

/// One rule of the NEVER list, ready for use.
pub(crate) struct RuleEntry {
    pub(crate) id: String,
    pub(crate) advice: bool,
    pub(crate) patterns: Patterns,
    /// What takes back a pattern that it overlaps.
    pub(crate) unless: Patterns,
    /// The rule that a text must break too.
    pub(crate) with: Option<String>,
}

pub(crate) type Fillers = Arc<HashSet<String>>;

static FR: LazyLock<Option<Library>> = LazyLock::new(|| Library::read(Locale::Fr));
static EN: LazyLock<Option<Library>> = LazyLock::new(|| Library::read(Locale::En));

/// What tells a language by its words: read by itself, since most reviews are in one language and
/// the library of the other need not be read then.
pub(crate) struct Ear {
    pub(crate) function_words: HashSet<String>,
    pub(crate) positive: Patterns,
    pub(crate) negative: Patterns,
}

static EAR_FR: LazyLock<Option<Ear>> = LazyLock::new(|| Ear::read(Locale::Fr));
static EAR_EN: LazyLock<Option<Ear>> = LazyLock::new(|| Ear::read(Locale::En));

impl Ear {
    /// As [`Library::of`].
    pub(crate) fn of(locale: Locale) -> Option<&'static Self> {
        match locale {
            Locale::Fr => EAR_FR.as_ref(),
            Locale::En => EAR_EN.as_ref(),
        }
    }

    fn read(locale: Locale) -> Option<Self> {
        let EarFile { reading } = serde_json::from_str(file("voice", locale)?).ok()?;
        let fillers: Fillers = Arc::new(reading.fillers.into_iter().collect());
        let patterns = |list: &[String]| Patterns::new(list, &reading.words, &fillers);
        Some(Self {
            positive: patterns(&reading.positive),
            negative: patterns(&reading.negative),
            function_words: reading.function_words.into_iter().collect(),
        })
    }
}

impl Library {
    /// The library of a language. `None` only if a file could not be read, which `build.rs`
    /// refuses to build.
    pub(crate) fn of(locale: Locale) -> Option<&'static Self> {
        match locale {
            Locale::Fr => FR.as_ref(),
            Locale::En => EN.as_ref(),
        }
    }

    /// What it says of a cause; of `general`, if it does not know the cause.
    pub(crate) fn cause(&self, cause: Cause) -> Option<&CauseEntry> {
        let find = |wanted| self.causes.iter().find(|entry| entry.cause == wanted);
        find(cause).or_else(|| find(Cause::General))
    }

    /// Where its lists stand in a text, clause by clause.
    pub(crate) fn stands(&self, words: &[Token]) -> Stands {
        let lists = self.lists();
        let mut found = self.index.find(&lists, words).into_iter();
        let mut next = || found.next().unwrap_or_default();
        Stands {
            negative: next(),
            positive: next(),
            harmless: next(),
            negators: next(),
            critical: next(),
            high: next(),
            medium: next(),
            unless: next(),
            causes: self.causes.iter().map(|_| [next(), next(), next()]).collect(),
            motives: self.motives.iter().map(|_| [next(), next()]).collect(),
            approaches: self.approaches.iter().map(|_| [next(), next()]).collect(),
        }
    }

    /// The lists that a review is read with, in the order of [`Stands`].
    fn lists(&self) -> Vec<&Patterns> {
        let ReadingPatterns { negative, positive, harmless, negators, .. } = &self.reading;
        let ReadingPatterns { critical, high, medium, unless, .. } = &self.reading;
        let mut lists =
            vec![negative, positive, harmless, negators, critical, high, medium, unless];
        lists.extend(self.causes.iter().flat_map(|entry| {
            let CauseEntry { complaints, topics, unless, .. } = entry;
            [complaints, topics, unless]
        }));
        lists.extend(self.motives.iter().flat_map(|entry| [&entry.patterns, &entry.unless]));
        lists.extend(self.approaches.iter().flat_map(|entry| [&entry.patterns, &entry.unless]));
        lists
    }

    fn read(locale: Locale) -> Option<Self> {
        let voice: VoiceFile = serde_json::from_str(file("voice", locale)?).ok()?;
        let fillers: Fillers = Arc::new(voice.reading.fillers.iter().cloned().collect());
        let lint: LintFile = serde_json::from_str(file("lint", locale)?).ok()?;
        let known = |cause: Cause| Some((cause, file(cause.id(), locale)?));
        let causes = Cause::ALL.into_iter().filter_map(known);
        let entry = |(cause, text)| CauseEntry::read(cause, text, locale, &fillers);
        let rules = lint.rule.into_iter().map(|rule| RuleEntry {
            id: rule.id,
            advice: rule.advice,
            patterns: Patterns::new(&rule.patterns, &lint.words, &fillers),
            unless: Patterns::new(&rule.unless, &lint.words, &fillers),
            with: rule.with,
        });
        let motives = Motive::ALL.into_iter().map(|motive| (motive, file_of(&voice, motive)));
        let motives = motives.map(|(motive, file)| MotiveEntry {
            motive,
            patterns: Patterns::new(&file.patterns, &BTreeMap::new(), &fillers),
            unless: Patterns::new(&file.unless, &BTreeMap::new(), &fillers),
        });
        let approaches = Approach::ALL.into_iter().filter_map(|approach| {
            let file = voice.approach.get(approach.id())?;
            Some(ApproachEntry {
                approach,
                advice: typography(&file.advice, locale),
                patterns: Patterns::new(&file.patterns, &BTreeMap::new(), &fillers),
                unless: Patterns::new(&file.unless, &BTreeMap::new(), &fillers),
            })
        });
        let mut library = Self {
            locale,
            approaches: approaches.collect(),
            motives: motives.collect(),
            index: Index::default(),
            causes: causes.map(entry).collect::<Option<_>>()?,
            reading: ReadingPatterns::new(&voice.reading, &fillers),
            rules: rules.collect(),
            fillers: Arc::clone(&fillers),
            voice: set_voice(voice, locale),
        };
        library.index = Index::of(&library.lists());
        Some(library)
    }
}

/// What the library says of a motive.
pub(crate) const fn file_of(voice: &VoiceFile, motive: Motive) -> &MotiveFile {
    match motive {
        Motive::Authority => &voice.motive.authority,
        Motive::Leave => &voice.motive.leave,
        Motive::Repair => &voice.motive.repair,
        Motive::Heard => &voice.motive.heard,
        Motive::Improve => &voice.motive.improve,
        Motive::Warn => &voice.motive.warn,
    }
}

fn file(stem: &str, locale: Locale) -> Option<&'static str> {
    let (_, _, text) = FILES.iter().find(|(s, l, _)| *s == stem && *l == locale.code())?;
    Some(text)
}

impl CauseEntry {
    fn read(cause: Cause, text: &str, locale: Locale, fillers: &Fillers) -> Option<Self> {
        let file: CauseFile = serde_json::from_str(text).ok()?;
        let lexicon = &file.lexicon;
        let patterns = |list: &[String]| Patterns::new(list, &lexicon.words, fillers);
        Some(Self {
            cause,
            complaints: patterns(&lexicon.complaints),
            topics: patterns(&lexicon.topics),
            unless: patterns(&lexicon.unless),
            points: file.point.iter().map(|point| patterns(&point.when)).collect(),
            file: set_cause(file, locale),
        })
    }
}

impl ReadingPatterns {
    fn new(reading: &Reading, fillers: &Fillers) -> Self {
        let patterns = |list: &[String]| Patterns::new(list, &reading.words, fillers);
        Self {
            breaks: patterns(&reading.breaks),
            negative: patterns(&reading.negative),
            positive: patterns(&reading.positive),
            harmless: patterns(&reading.harmless),
            negators: patterns(&reading.negators),
            between: reading.between.clone(),
            only: reading.only.clone(),
            critical: patterns(&reading.critical),
            high: patterns(&reading.high),
            medium: patterns(&reading.medium),
            unless: patterns(&reading.unless),
            suggestion: patterns(&reading.suggestion),
            praise: patterns(&reading.praise),
            praises: patterns(&reading.praises),
            with: reading.with.clone(),
        }
    }
}

fn set_cause(mut file: CauseFile, locale: Locale) -> CauseFile {
    let set = |text: &mut String| *text = typography(text, locale);
    set(&mut file.label);
    set(&mut file.first_move);
    set(&mut file.department);
    file.first_move_in_shop.iter_mut().chain(&mut file.first_move_online).for_each(set);
    file.never.iter_mut().chain(&mut file.ladder).for_each(set);
    file.step.iter_mut().for_each(|step| set(&mut step.text));
    for point in &mut file.point {
        set(&mut point.summary);
        set(&mut point.recognise);
        let Some(Instead { first_move, never, ladder, step }) = &mut point.instead else {
            continue;
        };
        set(first_move);
        never.iter_mut().chain(ladder).for_each(set);
        step.iter_mut().map(|step| &mut step.text).for_each(set);
    }
    file
}

fn set_voice(mut voice: VoiceFile, locale: Locale) -> VoiceFile {
    let set = |text: &mut String| *text = typography(text, locale);
    let (draft, again, house) = (&mut voice.draft, &mut voice.again, &mut voice.house);
    for text in [
        &mut voice.closing,
        &mut voice.and,
        &mut voice.then,
        &mut voice.unread.summary,
        &mut voice.unread.first_move,
        &mut again.told,
        &mut again.told_at,
        &mut again.told_many,
        &mut again.told_many_at,
        &mut again.root,
        &mut again.training,
        &mut again.means,
        &mut again.audit,
        &mut again.guarantee,
        &mut house.owner,
        &mut house.department,
        &mut house.policy,
        &mut house.procedure,
        &mut house.path,
        &mut house.complaints,
        &mut house.mediator,
        &mut house.complaints_use,
        &mut house.mediator_use,
        &mut draft.greeting,
        &mut draft.greeting_named,
        &mut draft.thanks_rating,
        &mut draft.recognise_safety,
        &mut draft.contact_safety,
        &mut draft.contact_phone,
        &mut draft.contact_safety_phone,
        &mut draft.signature,
        &mut draft.safe,
    ] {
        set(text);
    }
    let MotiveFiles { authority, leave, repair, heard, improve, warn } = &mut voice.motive;
    for motive in [authority, leave, repair, heard, improve, warn] {
        set(&mut motive.label);
        set(&mut motive.advice);
    }
    draft.thanks.iter_mut().for_each(set);
    draft.recognise.iter_mut().for_each(set);
    draft.contact.iter_mut().for_each(set);
    voice
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::compensation;

    #[test]
    fn every_file_is_read_and_named_after_a_cause() {
        for (stem, language, _) in FILES {
            let known = matches!(*stem, "voice" | "lint") || Cause::from_id(stem).is_some();
            assert!(known, "library/{stem}.{language}.toml is no cause's");
        }
        for locale in [Locale::Fr, Locale::En] {
            let library = Library::of(locale).expect("the library reads");
            assert_eq!(library.causes.len() * 2 + 4, FILES.len());
        }
    }

    #[test]
    fn both_languages_of_a_cause_make_the_same_points() {
        let (fr, en) = (Library::of(Locale::Fr).unwrap(), Library::of(Locale::En).unwrap());
        let points = |entry: &CauseEntry| {
            entry.file.point.iter().map(|point| point.id.clone()).collect::<Vec<_>>()
        };
        for (fr, en) in fr.causes.iter().zip(&en.causes) {
            assert_eq!((fr.cause, points(fr)), (en.cause, points(en)));
        }
    }

    #[test]
    fn what_brands_read_of_a_situation_breaks_no_rule() {
        for locale in [Locale::Fr, Locale::En] {
            let library = Library::of(locale).unwrap();
            let again = &library.voice.again;
            let mut said: Vec<&str> =
                library.approaches.iter().map(|a| a.advice.as_str()).collect();
            said.extend([&again.root, &again.training, &again.means].map(String::as_str));
            said.extend([&again.audit, &again.guarantee].map(String::as_str));
            for CauseEntry { file, .. } in &library.causes {
                let here = file.first_move_in_shop.iter().chain(&file.first_move_online);
                said.extend(here.map(String::as_str));
                for instead in file.point.iter().filter_map(|point| point.instead.as_ref()) {
                    said.push(&instead.first_move);
                    said.extend(instead.never.iter().chain(&instead.ladder).map(String::as_str));
                    said.extend(instead.step.iter().map(|step| step.text.as_str()));
                }
            }
            for text in said {
                assert_eq!(crate::lint_advice(text, locale), [], "{text}");
            }
        }
    }

    #[test]
    fn every_approach_has_words_and_advice() {
        for locale in [Locale::Fr, Locale::En] {
            let library = Library::of(locale).unwrap();
            assert_eq!(library.approaches.len(), Approach::ALL.len());
            let known = |id: &String| Approach::from_id(id).is_some();
            assert!(library.voice.approach.keys().all(known), "{locale:?}");
        }
    }

    #[test]
    fn every_set_that_a_pattern_names_is_defined() {
        for (stem, language, text) in FILES {
            let Ok(file) = serde_json::from_str::<CauseFile>(text) else { continue };
            let lexicon = &file.lexicon;
            let all = lexicon.complaints.iter().chain(&lexicon.topics).chain(&lexicon.unless);
            for word in all.flat_map(|pattern| pattern.split([' ', '|'])) {
                let Some(name) = word.strip_prefix('{') else { continue };
                let name = name.trim_end_matches('}');
                assert!(lexicon.words.contains_key(name), "{stem}.{language}: {word}");
            }
        }
    }

    #[test]
    fn every_set_of_the_lint_is_defined_and_used() {
        for locale in [Locale::Fr, Locale::En] {
            let LintFile { words, rule } =
                serde_json::from_str(file("lint", locale).unwrap()).unwrap();
            let patterns = rule.iter().flat_map(|rule| rule.patterns.iter().chain(&rule.unless));
            let words_of = patterns.flat_map(|pattern| pattern.split([' ', '|']));
            let named = words_of.filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'));
            let named: HashSet<&str> = named.collect();
            assert_eq!(named, words.keys().map(String::as_str).collect(), "{locale:?}");
        }
    }

    #[test]
    fn safety_says_nothing_of_compensation() {
        for locale in [Locale::Fr, Locale::En] {
            let library = Library::of(locale).unwrap();
            let file = &library.cause(Cause::SafetyHealth).unwrap().file;
            let said = file.step.iter().map(|s| s.text.clone()).collect::<String>()
                + &file.first_move
                + file.first_move_in_shop.as_deref().unwrap_or_default()
                + file.first_move_online.as_deref().unwrap_or_default()
                + &file.never.concat();
            for word in compensation(locale) {
                assert!(!said.contains(word), "{word}");
            }
        }
    }
}
