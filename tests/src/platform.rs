//! The platform's side: webhooks as a platform would make them, and the answers it reads.

use anyhow::{Context, Result, anyhow, ensure};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use vigie_platforms::{Preset, signature};

/// The machine's time, which the program under test reads too.
#[expect(clippy::disallowed_methods, reason = "the program under test reads the same clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The machine's time, so many seconds ago.
pub fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

/// A local time so many seconds from now, as `report_at` takes it.
///
/// # Errors
/// The zone is unknown.
pub fn clock_in(seconds: i64, zone: &str) -> Result<String> {
    let local = ago(-seconds).in_tz(zone)?;
    Ok(local.strftime("%H:%M:%S").to_string())
}

/// The preset and the secret of a source, which its name tells.
fn scheme_of(source: &str) -> Result<(&'static Preset, String)> {
    let (preset, secret) = match source.rsplit_once('-').map_or("", |(_, sort)| sort) {
        "shop" => ("standard-webhooks", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
        "trust" => ("trustpilot", format!("an-invented-token-of-{source}")),
        _ => ("generic-hmac", format!("an-invented-secret-of-{source}")),
    };
    Ok((Preset::by_id(preset).context("no such preset")?, secret))
}

/// The secret that the platform side holds of a source.
///
/// # Errors
/// The source's preset is unknown.
pub fn secret_of(source: &str) -> Result<String> {
    Ok(scheme_of(source)?.1)
}

/// What a source's platform would send: headers, and the address.
///
/// # Errors
/// The secret does not fit the scheme.
pub fn signed(
    source: &str,
    secret: &str,
    body: &[u8],
    at: Timestamp,
) -> Result<(String, HeaderMap)> {
    let (preset, _) = scheme_of(source)?;
    let id = format!("msg_{}", at.as_microsecond());
    let signed = signature::sign(preset.scheme(), &secret.into(), body, &id, at);
    let signed = signed.map_err(|fault| anyhow!("{fault:?}"))?;
    let token = signed.path_token.as_ref().map(|token| format!("/{token}")).unwrap_or_default();
    Ok((format!("/hooks/{source}{token}"), signed.header_map()))
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Reply {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The status, and the code of a problem, which is empty where there is none.
    pub fn problem(&self) -> (u16, String) {
        let code = self.json().get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
        (self.status, code)
    }

    /// The counts of a webhook that was taken: accepted, duplicates, stale, ignored, rejected.
    ///
    /// # Errors
    /// It was not taken, or its body is another.
    pub fn tally(&self) -> Result<[u64; 5]> {
        ensure!(self.status == 200, "refused: {self:?}");
        let json = self.json();
        let object = json.as_object().filter(|object| object.len() == 5);
        let object = object.with_context(|| format!("no tally: {self:?}"))?;
        let count = |name: &str| object.get(name).and_then(Value::as_u64).context("no count");
        let names = ["accepted", "duplicates", "stale", "ignored", "rejected"];
        let counts = names.into_iter().map(count).collect::<Result<Vec<_>>>()?;
        counts.try_into().map_err(|_| anyhow!("five names, five counts"))
    }
}

/// A webhook that posts a review, published a minute ago, with a text of its own about nothing in
/// particular.
///
/// ```
/// let webhook = vigie_tests::platform::posted("r-1", 2);
/// assert_eq!(webhook["review"]["id"], "r-1");
/// ```
pub fn posted(id: &str, rating: u8) -> Value {
    let at = ago(60).to_string();
    json!({"type": "review.posted", "review": {
        "id": id, "rating": rating, "scale": 5, "language": "fr", "author": "Claire D.",
        "text": format!("La lampe {id} est comme sur la photo."), "published_at": at, "updated_at": at,
    }})
}

/// The same with its fields replaced, or added.
pub fn with(mut webhook: Value, fields: &Value) -> Value {
    if let (Some(Value::Object(review)), Value::Object(fields)) =
        (webhook.get_mut("review"), fields)
    {
        review.extend(fields.clone());
    }
    webhook
}

/// A webhook of another type on a review, of this moment.
pub fn told(kind: &str, id: &str, fields: &Value) -> Value {
    let at = now().to_string();
    let webhook = json!({"type": format!("review.{kind}"), "review": {"id": id, "updated_at": at}});
    with(webhook, fields)
}
