//! Secrets that AWS keeps: parameters of Systems Manager (`ssm:`) and secrets of Secrets Manager
//! (`secretsmanager:`), read together and remembered for some minutes.
//!
//! A secret that was changed is seen after [`KEPT_FOR`] at the latest, and at once where a
//! signature fails: whoever saw it fail calls [`Secrets::forget`]. One that cannot be read for the
//! moment stays what it was; one that is gone is gone.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, ProvideErrorMetadata};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use vigie_domain::SecretRef;

/// How long a secret is remembered.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_mins(5);
/// One that was read less long ago than this is not read anew for a signature that fails: forged
/// requests must not make a call each.
pub const FRESH_FOR: SignedDuration = SignedDuration::from_secs(20);
/// Parameters that one call reads (SSM's own limit).
const BATCH_MAX: usize = 10;
/// A platform waits for its answer for as little as five seconds.
const CALL_WITHIN: Duration = Duration::from_secs(3);

/// What a reference gave: the secret, or why there is none, without the secret.
pub type Given = Result<SecretString, String>;

/// What was read, and when.
#[derive(Clone)]
struct Known {
    secret: SecretString,
    read_at: Timestamp,
}

/// Why a reference gave nothing.
enum NotRead {
    /// There is none, or it may not be read: it is no secret any more.
    Gone(String),
    /// It could not be read now.
    NotNow(String),
}

type Read = Result<SecretString, NotRead>;

/// Reads secrets, and remembers them.
pub struct Secrets {
    parameters: aws_sdk_ssm::Client,
    manager: aws_sdk_secretsmanager::Client,
    known: Mutex<HashMap<SecretRef, Known>>,
}

impl Secrets {
    /// Those of the account and region of `shared`.
    #[must_use]
    pub fn new(shared: &SdkConfig) -> Self {
        let within = TimeoutConfig::builder().operation_timeout(CALL_WITHIN).build();
        let parameters = aws_sdk_ssm::config::Builder::from(shared).timeout_config(within.clone());
        let manager = aws_sdk_secretsmanager::config::Builder::from(shared).timeout_config(within);
        Self {
            parameters: aws_sdk_ssm::Client::from_conf(parameters.build()),
            manager: aws_sdk_secretsmanager::Client::from_conf(manager.build()),
            known: Mutex::default(),
        }
    }

    /// The secrets of references, in their order.
    pub async fn read(&self, references: &[SecretRef], now: Timestamp) -> Vec<Given> {
        let is_kept = |known: &Known| now.duration_since(known.read_at) < KEPT_FOR;
        let mut found: HashMap<SecretRef, Given> = HashMap::new();
        for reference in references {
            let kept = self.known().get(reference).filter(|known| is_kept(known)).cloned();
            if let Some(known) = kept {
                found.insert(reference.clone(), Ok(known.secret));
            }
        }
        let missing = references.iter().filter(|reference| !found.contains_key(reference));
        for (reference, read) in self.read_anew(missing.cloned().collect()).await {
            let given = self.remember(&reference, read, now);
            found.insert(reference, given);
        }
        let unread = || Err("it was not read".to_owned());
        references.iter().map(|one| found.get(one).cloned().unwrap_or_else(unread)).collect()
    }

    /// Has secrets read anew that were read some time ago: whether there are any.
    pub fn forget(&self, references: &[SecretRef], now: Timestamp) -> bool {
        let mut known = self.known();
        let old = SignedDuration::MIN;
        let mut any = false;
        for reference in references {
            let Some(held) = known.get_mut(reference) else { continue };
            if now.duration_since(held.read_at) >= FRESH_FOR {
                held.read_at = now.saturating_add(old).unwrap_or(Timestamp::MIN);
                any = true;
            }
        }
        any
    }

    fn known(&self) -> MutexGuard<'_, HashMap<SecretRef, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, reference: &SecretRef, read: Read, now: Timestamp) -> Given {
        let mut known = self.known();
        match read {
            Ok(secret) => {
                let held = Known { secret: secret.clone(), read_at: now };
                known.insert(reference.clone(), held);
                Ok(secret)
            }
            Err(NotRead::Gone(why)) => {
                known.remove(reference);
                Err(why)
            }
            Err(NotRead::NotNow(why)) => match known.get_mut(reference) {
                // It is asked for again when it is no longer fresh.
                Some(held) => {
                    held.read_at = now - (KEPT_FOR - FRESH_FOR);
                    Ok(held.secret.clone())
                }
                None => Err(why),
            },
        }
    }

    async fn read_anew(&self, references: Vec<SecretRef>) -> Vec<(SecretRef, Read)> {
        let mut read = Vec::new();
        let mut parameters = Vec::new();
        for reference in references {
            match &reference {
                SecretRef::Ssm(name) => parameters.push(name.clone()),
                SecretRef::SecretsManager(name) => {
                    let given = self.managed(name).await;
                    read.push((reference, given));
                }
                SecretRef::Env(_) | SecretRef::File(_) => {
                    let why = format!("{reference} cannot be read on AWS");
                    read.push((reference, Err(NotRead::Gone(why))));
                }
            }
        }
        for some in parameters.chunks(BATCH_MAX) {
            read.extend(self.parameters(some).await);
        }
        read
    }

    async fn parameters(&self, names: &[String]) -> Vec<(SecretRef, Read)> {
        let asked = self.parameters.get_parameters().with_decryption(true);
        let answer = asked.set_names(Some(names.to_vec())).send().await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let why = format!("SSM does not answer: {}", in_short(&error));
                let failed = |name: &String| {
                    (SecretRef::Ssm(name.clone()), Err(NotRead::NotNow(why.clone())))
                };
                return names.iter().map(failed).collect();
            }
        };
        let found = answer.parameters.unwrap_or_default();
        let value = |name: &str| {
            let named = |one: &&aws_sdk_ssm::types::Parameter| {
                one.name.as_deref() == Some(name) || one.arn.as_deref() == Some(name)
            };
            found.iter().find(named).and_then(|one| one.value.clone())
        };
        let gone = |name: &str| NotRead::Gone(format!("there is no parameter {name} in SSM"));
        names
            .iter()
            .map(|name| {
                let read = value(name).map(SecretString::from).ok_or_else(|| gone(name));
                (SecretRef::Ssm(name.clone()), read)
            })
            .collect()
    }

    async fn managed(&self, name: &str) -> Read {
        let answer = self.manager.get_secret_value().secret_id(name).send().await;
        let answer = answer.map_err(|error| {
            let why = format!("{name} cannot be read from Secrets Manager: {}", in_short(&error));
            match error.code() {
                Some("ResourceNotFoundException" | "InvalidRequestException") => NotRead::Gone(why),
                _ => NotRead::NotNow(why),
            }
        })?;
        let none = || NotRead::Gone(format!("{name} in Secrets Manager holds no text"));
        answer.secret_string.map(SecretString::from).ok_or_else(none)
    }
}

/// A refusal's code and words, else the whole chain of what went wrong.
fn in_short<E, R>(error: &aws_sdk_ssm::error::SdkError<E, R>) -> String
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ => DisplayErrorContext(error).to_string(),
    }
}

/// Whether two lists of what was given hold the same secrets.
pub fn are_same(one: &[Given], other: &[Given]) -> bool {
    let text = |given: &Given| given.as_ref().ok().map(|secret| secret.expose_secret().to_owned());
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| text(a) == text(b))
}
