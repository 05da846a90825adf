//! What APIs of AWS say over plain HTTP. Of Lambda and of the scheduler one answer each is asked
//! for, and the SDK of Lambda would bring event streams into every other.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_ssm::config::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use vigie_machine::now;

use super::super::Stack;
use crate::commands::send::why;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Asks.
pub(super) struct Rest {
    shared: SdkConfig,
    /// How far our clock is ahead of theirs, as the last answer told.
    ahead: Mutex<Option<SignedDuration>>,
}

/// What was answered, or why nothing was.
pub(super) type Answer = Result<Value, String>;

impl Rest {
    pub(super) fn of(stack: &Stack) -> Self {
        Self { shared: stack.shared.clone(), ahead: Mutex::default() }
    }

    /// How far our clock is ahead of AWS's, if it told.
    pub(super) fn ahead(&self) -> Option<SignedDuration> {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a service says at a path.
    pub(super) async fn get(&self, service: &str, path: &str) -> Answer {
        let region = self.shared.region().map_or("", AsRef::as_ref);
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let own = || format!("https://{service}.{region}.amazonaws.com{suffix}");
        let base = self.shared.endpoint_url().map_or_else(own, str::to_owned);
        let url = format!("{}{path}", base.trim_end_matches('/'));
        let request = self.signed(service, region, &url).await?;
        let client = reqwest::Client::builder().timeout(ANSWER_WITHIN).build().map_err(why)?;
        let request = reqwest::Request::try_from(request).map_err(why)?;
        let before = now();
        let response = client.execute(request).await.map_err(why)?;
        self.compare(before, response.headers());
        let (status, text) = (response.status(), response.text().await.map_err(why)?);
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let told = ["message", "Message"].iter().find_map(|key| body.get(*key)?.as_str());
        Err(format!("{service} answered {}: {}", status.as_u16(), told.unwrap_or("no reason")))
    }

    async fn signed(
        &self,
        service: &str,
        region: &str,
        url: &str,
    ) -> Result<http::Request<String>, String> {
        let provider = self.shared.credentials_provider().ok_or("there are no credentials")?;
        let credentials = provider.provide_credentials().await.map_err(|e| e.to_string())?;
        let identity = credentials.into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(service)
            .time(SystemTime::from(now()))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?;
        let body = SignableBody::Bytes(&[]);
        let asked = SignableRequest::new("GET", url, std::iter::empty(), body);
        let asked = asked.map_err(|error| error.to_string())?;
        let signed = sign(asked, &params.into()).map_err(|error| error.to_string())?;
        let mut request = http::Request::get(url).body(String::new()).map_err(|e| e.to_string())?;
        signed.into_parts().0.apply_to_request_http1x(&mut request);
        Ok(request)
    }

    fn compare(&self, before: Timestamp, headers: &http::HeaderMap) {
        let date = headers.get("date").and_then(|date| date.to_str().ok());
        let Some(date) = date.and_then(|date| rfc2822::parse(date).ok()) else { return };
        let half_way = before + now().duration_since(before) / 2;
        let ahead = half_way.duration_since(date.timestamp());
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
    }
}
