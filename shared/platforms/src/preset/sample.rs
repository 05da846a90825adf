//! Sample payloads: what a platform would send, dated relative to now.
//!
//! In a sample's body, `"{{-2h}}"` (with its quotes) becomes the time two hours ago as the
//! platform writes times; units are s, m, h and d. `"{{number:104}}"` becomes a bare number, and
//! `{{suffix}}` stands for what [`Sample::render_with`] is given, so that one sample makes many
//! reviews; a number takes the suffix too.

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use vigie_domain::{EventKind, ReviewEvent, Version};

use crate::mapping::Mapped;
use crate::signature::{Encoding, Expect, Message};

/// How a platform writes times in its payloads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateForm {
    /// `2026-11-20T09:12:00Z`.
    #[default]
    Iso,
    /// `2026-11-20T09:12:00.000Z`.
    IsoMillis,
    /// `2026-11-20T09:12:00+00:00`.
    IsoOffset,
    /// `2026-11-20T09:12:00.00`, without a zone (UTC is meant).
    IsoNoZone,
    /// `2026-11-20 09:12:00 UTC`.
    UtcWords,
    /// Unix seconds, a bare number.
    UnixS,
    /// Unix milliseconds, a bare number.
    UnixMs,
}

impl DateForm {
    fn json(self, at: Timestamp) -> String {
        let format = match self {
            Self::Iso => "\"%Y-%m-%dT%H:%M:%SZ\"",
            Self::IsoMillis => "\"%Y-%m-%dT%H:%M:%S.000Z\"",
            Self::IsoOffset => "\"%Y-%m-%dT%H:%M:%S+00:00\"",
            Self::IsoNoZone => "\"%Y-%m-%dT%H:%M:%S.00\"",
            Self::UtcWords => "\"%Y-%m-%d %H:%M:%S UTC\"",
            Self::UnixS => return at.as_second().to_string(),
            Self::UnixMs => return at.as_millisecond().to_string(),
        };
        at.strftime(format).to_string()
    }
}

/// What a sample's event must become.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Which event, `ignored`, or `rejected`.
    pub event: ExpectedEvent,
    /// The review's id, without suffix.
    pub id: Option<String>,
    /// The stars as shown (`2`, `3.5`); left out where the content has none.
    pub stars: Option<String>,
    /// When it was published, before now: `2h`.
    pub published: Option<String>,
    /// The version: `2h` before now, or a sequence number.
    pub version: Option<String>,
    /// The text.
    pub text: Option<String>,
    /// The author.
    pub author: Option<String>,
    /// The public address.
    pub url: Option<String>,
    /// The brand's answer.
    pub reply: Option<String>,
}

/// What becomes of a sample's event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpectedEvent {
    /// [`EventKind::Posted`].
    Posted,
    /// [`EventKind::Edited`].
    Edited,
    /// [`EventKind::Answered`].
    Answered,
    /// [`EventKind::Withdrawn`].
    Withdrawn,
    /// [`Mapped::Ignored`].
    Ignored,
    /// [`Mapped::Rejected`].
    Rejected,
}

impl From<&Mapped> for ExpectedEvent {
    fn from(mapped: &Mapped) -> Self {
        match mapped {
            Mapped::Ignored { .. } => Self::Ignored,
            Mapped::Rejected { .. } => Self::Rejected,
            Mapped::Thin(thin) => Self::from(thin.kind),
            Mapped::Event(event) => Self::from(event.kind),
        }
    }
}

impl From<EventKind> for ExpectedEvent {
    fn from(kind: EventKind) -> Self {
        match kind {
            EventKind::Posted => Self::Posted,
            EventKind::Edited => Self::Edited,
            EventKind::Answered => Self::Answered,
            EventKind::Withdrawn => Self::Withdrawn,
        }
    }
}

/// Where a sample, which is written to be read, is packed as the platform packs it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wrap {
    /// A JSON Pointer.
    at: String,
    /// What stands there.
    #[serde(rename = "as")]
    form: WrapForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrapForm {
    /// A string that holds JSON.
    Json,
    /// A string that holds base64 of JSON.
    Base64,
}

/// A sample payload of a platform, with what must become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its name: `posted-low`.
    pub name: String,
    /// Headers that come with it, beside the signature's.
    pub headers: Vec<(String, String)>,
    /// What follows the question mark of its address, beside a token's.
    pub query: Option<String>,
    /// What its token says beside the body, where the platform sends one.
    pub claims: Vec<(String, String)>,
    /// What must become of its events, in order.
    pub expect: Vec<Expected>,
    pub(super) body: String,
    pub(super) wrap: Vec<Wrap>,
    pub(super) fetched: Option<String>,
    pub(super) dates: DateForm,
    /// Where it stands in its file.
    pub(super) at: usize,
}

impl Sample {
    /// The body, dated relative to `now`.
    ///
    /// ```
    /// let preset = vigie_platforms::Preset::by_id("podium").unwrap();
    /// let body = preset.sample("posted-low").unwrap().render("2026-11-20T09:00:00Z".parse().unwrap());
    /// assert!(String::from_utf8(body).unwrap().contains(r#""createdAt":"2026-11-20T08:00:00Z""#));
    /// ```
    pub fn render(&self, now: Timestamp) -> Vec<u8> {
        self.render_with(now, "")
    }

    /// The body, dated relative to `now`, its ids ending in `suffix` (digits, where the platform's
    /// ids are numbers). An earlier `now` makes an older review; the signature has its own time.
    pub fn render_with(&self, now: Timestamp, suffix: &str) -> Vec<u8> {
        self.wrapped(self.text(&self.body, now, suffix)).into_bytes()
    }

    /// What the platform's API gives for it, where the webhook tells the id only.
    pub fn fetched(&self, now: Timestamp, suffix: &str) -> Option<Vec<u8>> {
        self.fetched.as_ref().map(|text| self.text(text, now, suffix).into_bytes())
    }

    fn text(&self, text: &str, now: Timestamp, suffix: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text.trim_end();
        while let Some((before, after)) = rest.split_once("\"{{") {
            let Some((inner, tail)) = after.split_once("}}\"") else { break };
            out.push_str(before);
            out.push_str(&self.filled(inner, now, suffix));
            rest = tail;
        }
        out.push_str(rest);
        out.replace("{{suffix}}", suffix)
    }

    /// Packs what the platform packs, in the order in which the sample says.
    fn wrapped(&self, body: String) -> String {
        if self.wrap.is_empty() {
            return body;
        }
        let Ok(mut payload) = serde_json::from_str::<Value>(&body) else { return body };
        for wrap in &self.wrap {
            let Some(place) = payload.pointer_mut(&wrap.at) else { continue };
            let text = place.to_string();
            *place = Value::String(match wrap.form {
                WrapForm::Json => text,
                WrapForm::Base64 => Encoding::Base64.encode(text.as_bytes()),
            });
        }
        payload.to_string()
    }

    /// The message that goes out at a time, to sign.
    pub fn message<'a>(
        &'a self,
        body: &'a [u8],
        id: &'a str,
        expect: &'a Expect,
        at: Timestamp,
    ) -> Message<'a> {
        Message { body, id, claims: &self.claims, query: self.query.as_deref(), expect, at }
    }

    /// The claims as JSON, as mapping reads them once they are proven; `None` where the platform
    /// sends no token beside the body.
    pub fn claims_json(&self) -> Option<Vec<u8>> {
        let members = self.claims.iter().map(|(name, value)| (name.clone(), value.clone().into()));
        let claims: serde_json::Map<String, Value> = members.collect();
        (!claims.is_empty()).then(|| Value::Object(claims).to_string().into_bytes())
    }

    fn filled(&self, inner: &str, now: Timestamp, suffix: &str) -> String {
        if let Some(number) = inner.strip_prefix("number:") {
            return format!("{number}{suffix}");
        }
        match inner.strip_prefix('-').and_then(|ago| before(now, ago)) {
            Some(at) => self.dates.json(at),
            None => format!("\"{{{{{inner}}}}}\""),
        }
    }

    /// The headers as a map.
    pub fn header_map(&self) -> HeaderMap {
        let typed = self.headers.iter().filter_map(|(name, value)| {
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value).ok()?))
        });
        typed.collect()
    }

    /// Compares what became of the sample, rendered at `now` without suffix, with what must.
    ///
    /// # Errors
    /// A sentence for the first difference.
    pub fn check(&self, mapped: &[Mapped], now: Timestamp) -> Result<(), String> {
        let named = |what: String| format!("sample {}: {what}", self.name);
        if mapped.len() != self.expect.len() {
            let counts = format!("{} events, not {}", mapped.len(), self.expect.len());
            return Err(named(counts));
        }
        for (mapped, expected) in mapped.iter().zip(&self.expect) {
            expected.check(mapped, now).map_err(named)?;
        }
        Ok(())
    }
}

impl Expected {
    fn check(&self, mapped: &Mapped, now: Timestamp) -> Result<(), String> {
        let became = ExpectedEvent::from(mapped);
        if became != self.event {
            return Err(format!("became {mapped:?}, not {:?}", self.event));
        }
        let Mapped::Event(event) = mapped else { return Ok(()) };
        for (field, expected, found) in self.compared(event, now) {
            if expected != found {
                return Err(format!("{field} is {found:?}, not {expected:?}"));
            }
        }
        Ok(())
    }

    /// Field by field: what is expected and what was found. A text field that the sample does not
    /// speak of is not compared; stars, the version and the answer always are.
    fn compared(
        &self,
        event: &ReviewEvent,
        now: Timestamp,
    ) -> Vec<(&'static str, Option<String>, Option<String>)> {
        let content = event.content.as_ref();
        let version = event.version.map(|version| match version {
            Version::Time(at) => at.as_second().to_string(),
            Version::Sequence(number) => number.to_string(),
        });
        let instant = |text: &Option<String>| {
            let text = text.as_deref()?;
            let at = before(now, text).map(|at| at.as_second().to_string());
            Some(at.unwrap_or_else(|| text.to_owned()))
        };
        let published = content.and_then(|c| c.published_at).map(|at| at.as_second().to_string());
        let mut all = vec![
            ("stars", self.stars.clone(), content.and_then(|c| c.stars).map(|s| s.to_string())),
            ("version", instant(&self.version), version),
            ("reply", self.reply.clone(), event.reply.as_ref().map(|reply| reply.text.clone())),
        ];
        let spoken = [
            ("id", self.id.clone(), Some(event.external_id.to_string())),
            ("published", instant(&self.published), published),
            ("text", self.text.clone(), content.map(|c| c.text.clone())),
            ("author", self.author.clone(), content.and_then(|c| c.author.clone())),
            ("url", self.url.clone(), content.and_then(|c| c.url.clone())),
        ];
        all.extend(spoken.into_iter().filter(|(_, expected, _)| expected.is_some()));
        all
    }
}

/// The time `ago` (such as `90m`) before `now`, in whole seconds.
fn before(now: Timestamp, ago: &str) -> Option<Timestamp> {
    let count = ago.get(..ago.len().checked_sub(1)?)?;
    let seconds = match ago.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    let ago = SignedDuration::from_secs(count.parse::<i64>().ok()?.checked_mul(seconds)?);
    let now = Timestamp::from_second(now.as_second()).ok()?;
    now.checked_sub(ago).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(body: &str, dates: DateForm) -> String {
        let sample = Sample {
            name: "s".to_owned(),
            headers: Vec::new(),
            expect: Vec::new(),
            query: None,
            claims: Vec::new(),
            body: body.to_owned(),
            wrap: Vec::new(),
            fetched: None,
            dates,
            at: 0,
        };
        let now = "2026-11-20T09:12:00.5Z".parse().unwrap();
        String::from_utf8(sample.render_with(now, "77")).unwrap()
    }

    #[test]
    fn times_are_written_as_the_platform_writes_them() {
        for (form, text) in [
            (DateForm::Iso, "\"2026-11-20T07:12:00Z\""),
            (DateForm::IsoMillis, "\"2026-11-20T07:12:00.000Z\""),
            (DateForm::IsoOffset, "\"2026-11-20T07:12:00+00:00\""),
            (DateForm::IsoNoZone, "\"2026-11-20T07:12:00.00\""),
            (DateForm::UtcWords, "\"2026-11-20 07:12:00 UTC\""),
            (DateForm::UnixS, "1795158720"),
            (DateForm::UnixMs, "1795158720000"),
        ] {
            assert_eq!(rendered("\"{{-2h}}\"", form), text);
        }
    }

    #[test]
    fn ids_take_the_suffix_and_what_is_unknown_stays() {
        let out =
            rendered(r#"["r-1{{suffix}}","{{number:104}}","{{-1x}}","{{-1d}}"]"#, DateForm::Iso);
        assert_eq!(out, r#"["r-177",10477,"{{-1x}}","2026-11-19T09:12:00Z"]"#);
    }
}
