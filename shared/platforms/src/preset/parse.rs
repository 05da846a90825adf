//! From a preset's file to a preset, refusing what does not go together, with the place of it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use toml::Spanned;

use super::challenge::Challenge;
use super::fetch::Fetch;
use super::file::{Evidence, File, Push, SampleTable, SignatureTable};
use super::rating::Rating;
use super::sample::{DateForm, Sample};
use super::{Preset, PresetError, ours, scheme};
use crate::signature::Scheme;

/// Presets that stand on one another, at most.
const CHAIN_MAX: usize = 4;

/// Where a fault is, made of an offset and a message.
type Place<'a> = &'a dyn Fn(usize, &str) -> PresetError;

impl Preset {
    /// Reads a preset file. `file_name` is only for the fault.
    ///
    /// ```
    /// use vigie_platforms::Preset;
    /// let error = Preset::parse("id = \"mine\"\nnmae = \"Mine\"\n", "mine.toml").unwrap_err();
    /// assert_eq!((error.line, error.column, error.key.as_str()), (2, 1, "nmae"));
    /// assert_eq!(error.hint.as_deref(), Some("did you mean name?"));
    /// ```
    ///
    /// # Errors
    /// The first fault: where, which key, what is wrong, and what to do.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, PresetError> {
        parse(text, file_name, &mut Vec::new())
    }

    /// Reads a preset file that a brand brings, and maps its samples: a file that does not do what
    /// it says is refused before a review comes.
    ///
    /// ```
    /// use vigie_platforms::Preset;
    /// let text = "id = \"mine\"\nname = \"Mine\"\nlike = \"generic-hmac\"\n";
    /// let mine = Preset::read_own(text, "mine.toml").unwrap();
    /// assert_eq!(mine.scheme(), Preset::by_id("generic-hmac").unwrap().scheme());
    /// ```
    ///
    /// # Errors
    /// The first fault: where, which key, what is wrong, and what to do.
    pub fn read_own(text: &str, file_name: &str) -> Result<Self, PresetError> {
        let preset = Self::parse(text, file_name)?;
        // The samples are dated from now; any now will do.
        let now = Timestamp::from_second(1_800_000_000).unwrap_or_default();
        for sample in preset.samples() {
            if let Err(why) = preset.check_sample(sample, now) {
                let place = PresetError::at(file_name, text, sample.at, why);
                return Err(place.hint("mend the sample, or what the preset makes of it"));
            }
        }
        Ok(preset)
    }
}

fn parse(text: &str, file_name: &str, chain: &mut Vec<String>) -> Result<Preset, PresetError> {
    let file: File = toml::from_str(text).map_err(|e| PresetError::of_toml(file_name, text, &e))?;
    let place = |at: usize, message: &str| PresetError::at(file_name, text, at, message);
    let table = |name: &str| text.find(name).unwrap_or_default();
    let id_at = file.id.span().start;
    if file.id.get_ref().parse::<vigie_domain::SourceId>().is_err() {
        return Err(place(id_at, "is not an id").hint("use a-z, 0-9, - and _, up to 63"));
    }
    let base = match &file.like {
        Some(like) => Some(base(&file, like, chain, &place)?),
        None => None,
    };
    check_parts(&file, base.as_ref()).map_err(|(name, message)| place(table(name), message))?;
    let challenge = file.challenge.as_ref().map(|table| {
        let at = table.span().start;
        Challenge::of_table(table.get_ref()).map_err(|message| place(at, message))
    });
    let challenge = challenge.transpose()?;
    let signed = file.signature.as_ref().map(|table| scheme_of(table, &place)).transpose()?;
    let rating = file.rating.map(Rating::of_table).transpose();
    let rating = rating.map_err(|message| place(table("[rating]"), message))?;
    let list = file.list;
    let fetch = file.fetch.map(|table| {
        let at = table.span().start;
        Fetch::of_table(table.into_inner(), list).map_err(|message| place(at, message))
    });
    let fetch = fetch.transpose()?;
    let mut preset = base.unwrap_or_else(empty);
    preset.id = file.id.into_inner();
    preset.name = file.name;
    preset.scheme = signed.unwrap_or(preset.scheme);
    if let Some(signature) = file.signature.map(Spanned::into_inner) {
        preset.evidence = signature.evidence;
        preset.evidence_sources = signature.sources;
    }
    replace(&mut preset.push, file.push);
    replace(&mut preset.answers, file.answers);
    replace(&mut preset.aggregates, file.aggregates);
    replace(&mut preset.setup, file.setup);
    replace(&mut preset.setup_fr, file.setup_fr);
    replace(&mut preset.notes, file.notes);
    replace(&mut preset.zone, file.zone.map(|zone| zone.0));
    replace(&mut preset.events, file.events);
    replace(&mut preset.fields, file.fields);
    replace(&mut preset.rating, rating);
    preset.instead = file.instead.or(preset.instead);
    preset.instead_fr = file.instead_fr.or(preset.instead_fr);
    preset.response = file.response.or(preset.response);
    preset.challenge = challenge.or(preset.challenge);
    preset.ping = file.ping.or(preset.ping);
    preset.fetch = fetch.or(preset.fetch);
    if let Some(address) = file.address {
        (preset.public, preset.public_for) = (address.public, address.public_for);
        preset.answer = address.answer;
    }
    if let Some(samples) = file.samples {
        let dates = file.sample_dates.unwrap_or_default();
        preset.samples = samples.into_iter().map(|table| Sample::of(table, dates)).collect();
    }
    Ok(preset)
}

fn replace<T>(known: &mut T, stated: Option<T>) {
    if let Some(stated) = stated {
        *known = stated;
    }
}

/// The preset that a file stands on.
fn base(
    file: &File,
    like: &Spanned<String>,
    chain: &mut Vec<String>,
    place: Place<'_>,
) -> Result<Preset, PresetError> {
    let (at, named) = (like.span().start, like.get_ref());
    chain.push(file.id.get_ref().clone());
    if chain.contains(named) || chain.len() > CHAIN_MAX {
        let message = format!("is like itself: {} and {named} again", chain.join(", "));
        return Err(place(at, &message).hint("name a preset that stands on its own"));
    }
    let Some(text) = ours::text_of(named) else {
        let message = format!("no preset that comes with Vigie is called {named}");
        return Err(place(at, &message).hint("vigie platforms lists them"));
    };
    parse(text, &format!("{named}.toml"), chain).map_err(|error| place(at, &error.to_string()))
}

/// A preset that says nothing yet.
fn empty() -> Preset {
    Preset {
        id: String::new(),
        name: String::new(),
        push: Push::Full,
        answers: super::Answers::ByHand,
        aggregates: false,
        evidence: Evidence::Unknown,
        evidence_sources: Vec::new(),
        scheme: Scheme::None,
        setup: Vec::new(),
        setup_fr: Vec::new(),
        instead: None,
        instead_fr: None,
        notes: Vec::new(),
        response: None,
        challenge: None,
        ping: None,
        samples: Vec::new(),
        zone: TimeZone::UTC,
        events: super::Events::default(),
        fields: super::Fields::default(),
        rating: Rating::nowhere(),
        public: None,
        public_for: Vec::new(),
        answer: None,
        fetch: None,
    }
}

/// The scheme, and its evidence: what is said to be documented names where.
fn scheme_of(signature: &Spanned<SignatureTable>, place: Place<'_>) -> Result<Scheme, PresetError> {
    let (at, table) = (signature.span().start, signature.get_ref());
    let scheme = scheme::of_table(table).map_err(|message| {
        place(table.timestamp.as_ref().map_or(at, |t| t.span().start.max(at)), message)
    })?;
    let documented = matches!(table.evidence, Evidence::Documented | Evidence::VendorCode);
    if documented && table.sources.is_empty() {
        let message = place(at, "is said to be documented, and sources names no place");
        return Err(message.hint("name where, or say evidence = \"unknown\""));
    }
    Ok(scheme)
}

/// Holds what a preset must have against what it has; gives the table that is at fault.
fn check_parts(file: &File, base: Option<&Preset>) -> Result<(), (&'static str, &'static str)> {
    let stands = base.is_some();
    if !stands && file.push.is_none() {
        return Err(("id", "needs push: full, thin or none"));
    }
    if !stands && file.answers.is_none() {
        return Err(("id", "needs answers: event, fetch or by hand"));
    }
    if !stands && file.signature.is_none() {
        return Err(("id", "needs [signature]: how requests prove where they come from"));
    }
    let silent = file.push.or(base.map(|base| base.push)) == Some(Push::None);
    let tables = [
        ("[events]", file.events.is_some(), "needs [events]: which events are which"),
        ("[fields]", file.fields.is_some(), "needs [fields]: where each field lies"),
        ("[rating]", file.rating.is_some(), "needs [rating]: where the rating lies"),
    ];
    for (table, there, needs) in tables {
        if silent && there {
            return Err((table, "goes with push = \"full\" or \"thin\" only"));
        }
        if !silent && !there && !stands {
            return Err(("push", needs));
        }
    }
    if file.push == Some(Push::Thin) && file.fetch.is_none() && !stands {
        return Err(("push", "needs [fetch]: where the review itself is read"));
    }
    if silent && file.instead.is_none() && !stands {
        return Err(("push", "needs instead: what to do where no webhook of reviews comes"));
    }
    Ok(())
}

impl Sample {
    fn of(table: Spanned<SampleTable>, dates: DateForm) -> Self {
        let (at, table) = (table.span().start, table.into_inner());
        let headers = table.headers.into_iter().map(|(name, value)| (name.0, value)).collect();
        Self {
            name: table.name,
            headers,
            query: table.query,
            claims: table.claims.into_iter().collect(),
            expect: table.expect,
            body: table.body,
            wrap: table.wrap,
            fetched: table.fetched,
            dates,
            at,
        }
    }
}
