//! What a row says, as a review event: mapped as Vigie's own payload is.

use http::HeaderMap;
use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use vigie_domain::{Flag, ReviewEvent, Version, text};
use vigie_platforms::{Mapped, Preset};

use crate::form::Said;
use crate::{CannotRead, FIELDS, Options};

/// The preset whose payload is Vigie's own.
const NEUTRAL: &str = "generic-hmac";
/// The fields that are dates.
const DATES: [&str; 3] = ["published_at", "updated_at", "reply_at"];
/// Characters of a value that a refusal shows.
const SHOWN_CHARS_MAX: usize = 40;

/// Makes events of what rows say.
pub(crate) struct Reader {
    preset: Preset,
    scale: String,
    dates: Option<String>,
    zone: TimeZone,
}

impl Reader {
    pub(crate) fn new(options: &Options) -> Result<Self, CannotRead> {
        let none = || CannotRead::Asked(format!("the preset {NEUTRAL} is not there"));
        let preset = Preset::by_id(NEUTRAL).ok_or_else(none)?.in_zone(options.zone.clone());
        if let Some(form) = &options.dates {
            is_form_of_dates(form, &options.zone).map_err(CannotRead::Asked)?;
        }
        let (scale, dates, zone) =
            (options.scale.clone(), options.dates.clone(), options.zone.clone());
        Ok(Self { preset, scale, dates, zone })
    }

    /// The event of a row.
    ///
    /// # Errors
    /// Why it is none, for whoever mends the file.
    pub(crate) fn event(&self, said: Said, now: Timestamp) -> Result<Box<ReviewEvent>, String> {
        let (payload, said) = self.payload(said)?;
        let mapped = self.preset.map(&HeaderMap::new(), payload.to_string().as_bytes(), now);
        let mapped = mapped.map_err(|malformed| malformed.to_string())?;
        let mut event = match mapped.into_iter().next() {
            Some(Mapped::Event(event)) => event,
            Some(Mapped::Rejected { why, .. }) => return Err(why),
            _ => return Err("it says nothing of a review".to_owned()),
        };
        if let Some(content) = &event.content {
            let published = content.published_at.ok_or_else(|| unread("published_at", &said))?;
            if content.flags.contains(&Flag::TimeAssumed) {
                let other = DATES.iter().skip(1).find(|field| said.contains_key(**field));
                return Err(unread(other.unwrap_or(&"published_at"), &said));
            }
            let unrated = said.get("rating").is_none_or(Value::is_null);
            if content.flags.contains(&Flag::NoRating) && !unrated {
                return Err(unread("rating", &said));
            }
            event.version = event.version.or(Some(Version::Time(published)));
        }
        Ok(event)
    }

    /// A row as a payload, and what it says of the review.
    fn payload(&self, mut said: Said) -> Result<(Value, Said), String> {
        let kind = said.remove("type").unwrap_or_else(|| "review.posted".into());
        if let Some(Value::Object(review)) = said.remove("review").filter(Value::is_object) {
            let payload = json!({"type": kind, "review": review});
            return Ok((payload, review));
        }
        said.retain(|name, _| FIELDS.iter().any(|(field, _)| field == name));
        for field in DATES {
            if let Some(value) = said.get_mut(field) {
                *value = self.date(field, value)?;
            }
        }
        said.entry("scale").or_insert_with(|| self.scale.clone().into());
        let told = said.clone();
        let reply_at = said.remove("reply_at");
        if let Some(reply) = said.remove("reply").filter(|reply| !reply.is_null()) {
            let reply =
                if reply.is_object() { reply } else { json!({"text": reply, "at": reply_at}) };
            said.insert("reply".to_owned(), reply);
        }
        Ok((json!({"type": kind, "review": said}), told))
    }

    /// A date in the form that was named, as one that every reader knows.
    fn date(&self, field: &str, value: &Value) -> Result<Value, String> {
        let (Some(form), Value::String(text)) = (&self.dates, value) else {
            return Ok(value.clone());
        };
        read_as(form, text, &self.zone)
            .map(|at| at.to_string().into())
            .map_err(|_| format!("{field} is not written as {form}: {}", shown(value)))
    }
}

/// Reads a date in a form; one without a time is its midnight.
fn read_as(form: &str, text: &str, zone: &TimeZone) -> Result<Timestamp, jiff::Error> {
    let parsed = BrokenDownTime::parse(form, text.trim())?;
    if let Ok(at) = parsed.to_timestamp() {
        return Ok(at);
    }
    let local = match parsed.to_datetime() {
        Ok(local) => local,
        Err(_) => parsed.to_date()?.to_datetime(Time::midnight()),
    };
    zone.to_timestamp(local)
}

/// Whether a form can tell one day from another: what it writes, it must read again.
fn is_form_of_dates(form: &str, zone: &TimeZone) -> Result<(), String> {
    let wrong = |why: String| {
        format!(
            "{form:?} is no form of dates: {why}\n  hint: such as %d/%m/%Y %H:%M for 31/12/2025 \
             09:12"
        )
    };
    let day = DateTime::constant(2025, 12, 31, 9, 12, 0, 0);
    let day = day.to_zoned(zone.clone()).map_err(|why| wrong(why.to_string()))?;
    let written = strtime::format(form, &day).map_err(|why| wrong(why.to_string()))?;
    let read = read_as(form, &written, zone).map_err(|why| wrong(why.to_string()))?;
    let same = read.to_zoned(zone.clone()).date() == day.date();
    if same { Ok(()) } else { Err(wrong("it leaves out day, month or year".to_owned())) }
}

fn unread(field: &str, said: &Said) -> String {
    match said.get(field).filter(|value| !value.is_null()) {
        None => format!("{field} is missing"),
        Some(value) if DATES.contains(&field) => format!(
            "{field} cannot be read, or cannot be true: {}; write 2025-12-31 or 2025-12-31 09:12, \
             or say how it is written with --dates",
            shown(value)
        ),
        Some(value) => {
            let scale = said.get("scale").map(|scale| format!(" on a scale of {}", shown(scale)));
            format!("{field} cannot be read{}: {}", scale.unwrap_or_default(), shown(value))
        }
    }
}

fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text::excerpt(&text, SHOWN_CHARS_MAX)
}
