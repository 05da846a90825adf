//! A request that the doctor looks at, and what must never be told of it.

use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use vigie_platforms::doctor::NearMiss;
use vigie_platforms::signature::{Expect, KeySet};
use vigie_platforms::{Diagnosis, Means, Preset, Request, Scheme, diagnose_with};

pub(crate) const BODY: &str = r#"{"id":"r-1","text":"Vendeuse désagréable","rating":2}"#;
pub(crate) const SECRET: &str = "correct-horse-battery-staple-4711";
pub(crate) const OTHER: &str = "somebody-elses-secret-0815-0815-08";

pub(crate) fn now() -> Timestamp {
    "2026-11-20T09:12:00Z".parse().unwrap()
}

pub(crate) fn scheme(id: &str) -> &'static Scheme {
    Preset::by_id(id).unwrap().scheme()
}

/// A request, and what a source verifies it with.
#[derive(Default)]
pub(crate) struct Look {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) query: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) secrets: Vec<SecretString>,
    pub(crate) expect: Expect,
    pub(crate) published: Option<KeySet>,
}

impl Look {
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(crate) fn secrets(self, secrets: &[&str]) -> Self {
        Self { secrets: secrets.iter().map(|text| (*text).into()).collect(), ..self }
    }

    /// Judges it, and holds that nothing is told of the secrets, of what came, or of the review.
    pub(crate) fn judge(&self, scheme: &Scheme) -> Diagnosis {
        let typed = |(name, value): &(String, String)| {
            (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())
        };
        let headers: HeaderMap = self.headers.iter().map(typed).collect();
        let request = Request {
            headers: &headers,
            path_token: self.token.as_deref(),
            query: self.query.as_deref(),
            body: &self.body,
        };
        let Self { secrets, expect, .. } = self;
        let published = self.published.as_ref();
        let diagnosis =
            diagnose_with(scheme, &request, &Means { secrets, expect, published }, now());
        let labels = vec!["env:A".to_owned(); secrets.len()];
        let told = serde_json::to_string(&diagnosis).unwrap()
            + &diagnosis.human("source", &labels, None)
            + &diagnosis.in_brief(None);
        let came = self.headers.iter().map(|(_, value)| value.as_str());
        let came = came.chain(self.query.as_deref()).chain(self.token.as_deref());
        let parts = came.flat_map(|value| value.split([' ', '.', '=', ',', ':']));
        let secret = secrets.iter().flat_map(|secret| secret.expose_secret().lines());
        for hidden in parts.chain(secret).filter(|part| part.trim().len() > 16) {
            assert!(!told.contains(hidden.trim()), "{hidden} in {told}");
        }
        assert!(!told.contains("désagréable") && !told.contains("agr\\u00e9"), "{told}");
        diagnosis
    }

    #[track_caller]
    pub(crate) fn near(&self, scheme: &Scheme) -> NearMiss {
        let diagnosis = self.judge(scheme);
        assert!(!diagnosis.verifies);
        assert!(diagnosis.near_misses_tried >= 1, "{}", diagnosis.near_misses_tried);
        diagnosis.would_verify.unwrap_or_else(|| unreachable!("{:?}", diagnosis.checks))
    }
}
