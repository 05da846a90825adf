//! Where a function runs: its log, its variables, its account and region.

use std::fmt;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
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
    pub fn look() -> Self {
        let level = variable("VIGIE_LOG").and_then(|level| level.parse::<Targets>().ok());
        let lines = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_target(false);
        let level = level.unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO));
        if let Err(error) = tracing_subscriber::registry().with(level).with(lines).try_init() {
            tracing::warn!(%error, "another log was begun before");
        }
        Self { shared: given_by_lambda() }
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

/// What Lambda puts into a function's variables. The SDK's own search would find the same, and link
/// a tenth of the program for it: profiles, the metadata of machines, and a client of STS.
fn given_by_lambda() -> SdkConfig {
    let credentials = EnvironmentVariableCredentialsProvider::new();
    let is_on = |name| variable(name).is_some_and(|value| value == "true");
    let mut given = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https())
        .use_fips(is_on("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(is_on("AWS_USE_DUALSTACK_ENDPOINT"));
    given.set_region(variable("AWS_REGION").map(Region::new));
    given.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
    given.build()
}
