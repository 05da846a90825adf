//! Asking a platform's API.
//!
//! One request, one answer. Whoever implements it follows no redirect, gives up after the time that
//! is given, and reads no more of an answer than it is told: the other side may be anybody.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use secrecy::SecretString;

use crate::mail::FailureClass;

/// A request to an API.
#[derive(Clone)]
pub struct Call {
    /// Where, over https (in the clear to this machine only).
    pub url: String,
    /// The value of `Authorization`.
    pub authorization: Option<SecretString>,
    /// A form to post; without one it is a GET.
    pub form: Option<Vec<(String, SecretString)>>,
    /// How long it may take.
    pub within: Duration,
    /// Bytes of the answer that are read.
    pub bytes_max: usize,
}

impl Call {
    /// A GET.
    pub fn get(url: impl Into<String>) -> Self {
        let (authorization, form) = (None, None);
        let (within, bytes_max) = (Duration::from_secs(10), 4 << 20);
        Self { url: url.into(), authorization, form, within, bytes_max }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = if self.form.is_some() { "POST" } else { "GET" };
        // An address may hold an account's name, and no more.
        write!(f, "{method} {}", self.url)
    }
}

/// An answer, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// For how long it may be used again, as its `Cache-Control` says.
    pub max_age: Option<Duration>,
    /// How long to wait before asking again, as its `Retry-After` says in seconds.
    pub retry_after: Option<Duration>,
    /// Its body.
    pub body: Vec<u8>,
}

/// There was no answer. The reason holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct CallError {
    /// What follows.
    pub class: FailureClass,
    /// What happened, for the operator.
    pub reason: String,
}

/// Asks platforms' APIs.
pub trait Api: Send + Sync {
    /// Asks, and returns when the other side has answered, whatever it says.
    ///
    /// # Errors
    /// There was no answer in time, or more of one than was to be read.
    fn ask(&self, call: &Call) -> impl Future<Output = Result<Reply, CallError>> + Send;
}
