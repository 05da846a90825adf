//! Where a function runs: its log, its variables, its account and region.

use std::fmt;

use aws_config::SdkConfig;
use vigie_machine::variable;
use vigie_ports::StoreError;

/// Why a function cannot start. Lambda shows it as the cause of each call that fails.
#[derive(thiserror::Error)]
pub enum CannotStart {
    /// A variable is missing.
    #[error("{0} is not set: infra/template.yaml sets it, so deploy with that")]
    NotSet(&'static str),
    /// The store cannot be used.
    #[error("the table {table:?} cannot be used: {error}")]
    Store {
        /// Which.
        table: String,
        /// Why.
        error: StoreError,
    },
}

/// In words: a `main` that ends with an error shows it so.
impl fmt::Debug for CannotStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where a function runs.
pub struct Surroundings {
    /// Its account, region and credentials.
    pub shared: SdkConfig,
}

impl Surroundings {
    /// Begins the log, one JSON object a line on standard output, and looks where this is. To be
    /// called once, at the start.
    pub async fn look() -> Self {
        let filter = variable("VIGIE_LOG").unwrap_or_else(|| "info".to_owned());
        let filter = tracing_subscriber::EnvFilter::try_new(&filter)
            .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
        let lines = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_target(false)
            .with_env_filter(filter)
            .try_init();
        if let Err(error) = lines {
            tracing::warn!(%error, "another log was begun before");
        }
        Self { shared: vigie_store_dynamodb::surroundings(None).await }
    }

    /// A variable that must be there.
    ///
    /// # Errors
    /// It is not.
    pub fn need(&self, name: &'static str) -> Result<String, CannotStart> {
        variable(name).ok_or(CannotStart::NotSet(name))
    }

    /// A variable that need not.
    pub fn may_have(&self, name: &str) -> Option<String> {
        variable(name)
    }
}
