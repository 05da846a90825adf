//! What an API wants to know of us: a key, a user and a password, or a token that is got for a
//! refresh token and used until it expires.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use vigie_domain::SourceId;
use vigie_domain::promise::later;
use vigie_platforms::preset::{ApiAuth, Fetch};
use vigie_ports::{Api as _, Call, FailureClass, World};

use super::{Failed, failed};
use crate::App;
use crate::registry::SourceInForce;

/// How long before its end a token is got anew.
const BEFORE_ITS_END: SignedDuration = SignedDuration::from_secs(60);
/// How long a token is good for where the answer does not say.
const USUAL_LIFE_S: i64 = 600;

/// Tokens that were got, by their source.
#[derive(Default)]
pub(crate) struct Passes(Mutex<HashMap<SourceId, (SecretString, Timestamp)>>);

impl Passes {
    fn look(&self, source: &SourceId, now: Timestamp) -> Option<SecretString> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(source).filter(|(_, until)| now < *until).map(|(pass, _)| pass.clone())
    }

    fn put(&self, source: &SourceId, pass: SecretString, until: Timestamp) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(source.clone(), (pass, until));
    }

    /// Forgets a token that was refused; `false`: there was none.
    pub(super) fn forget(&self, source: &SourceId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(source).is_some()
    }
}

/// The value of `Authorization`, where there is one.
pub(super) async fn authorization<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    fetch: &Fetch,
) -> Result<Option<SecretString>, Failed> {
    let secret = source.access.api.as_ref().and_then(|api| api.secret.as_ref());
    let secret = match (fetch.auth(), secret) {
        (ApiAuth::None, None) => return Ok(None),
        (_, Some(secret)) => secret,
        (_, None) => {
            let why = "the source states no api secret, or it cannot be read";
            return Err(failed(FailureClass::DisableEndpoint, why));
        }
    };
    let value = match fetch.auth() {
        ApiAuth::Bearer | ApiAuth::None => format!("Bearer {}", secret.expose_secret()),
        ApiAuth::Basic => format!("Basic {}", STANDARD.encode(secret.expose_secret())),
        ApiAuth::Oauth => {
            let token = match app.passes().look(&source.id, app.now()) {
                Some(token) => token,
                None => token(app, source, fetch, secret).await?,
            };
            format!("Bearer {}", token.expose_secret())
        }
    };
    Ok(Some(value.into()))
}

/// What a source's secret is where tokens are got for it.
#[derive(Deserialize)]
struct Grant {
    client_id: SecretString,
    client_secret: SecretString,
    refresh_token: SecretString,
}

/// A token, as RFC 6749 (5.1) gives it.
#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    expires_in: Option<i64>,
}

async fn token<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    fetch: &Fetch,
    secret: &SecretString,
) -> Result<SecretString, Failed> {
    let disabled = |why: &str| failed(FailureClass::DisableEndpoint, why);
    let grant: Grant = serde_json::from_str(secret.expose_secret()).map_err(|_| {
        disabled("the api secret is not JSON with client_id, client_secret and refresh_token")
    })?;
    let url = fetch.token_url().ok_or_else(|| disabled("the preset names no token_url"))?;
    let form = vec![
        ("client_id".to_owned(), grant.client_id),
        ("client_secret".to_owned(), grant.client_secret),
        ("refresh_token".to_owned(), grant.refresh_token),
        ("grant_type".to_owned(), "refresh_token".into()),
    ];
    let call = Call { form: Some(form), ..Call::get(url) };
    let reply = app.world().api().ask(&call).await?;
    if (400..500).contains(&reply.status) && reply.status != 429 {
        return Err(disabled("the platform gives no token: grant access anew (OAuth)"));
    }
    super::refused(&reply)?;
    let unreadable = |_| failed(FailureClass::Backoff, "the token's answer is not JSON");
    let granted: Granted = serde_json::from_slice(&reply.body).map_err(unreadable)?;
    let life = SignedDuration::from_secs(granted.expires_in.unwrap_or(USUAL_LIFE_S).max(0));
    let until = later(app.now(), life.saturating_sub(BEFORE_ITS_END));
    app.passes().put(&source.id, granted.access_token.clone(), until);
    Ok(granted.access_token)
}
