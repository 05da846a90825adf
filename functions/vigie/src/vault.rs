//! Secrets that AWS keeps, for this process: read together, remembered for some minutes.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use vigie_config::Aws;
use vigie_domain::SecretRef;

/// How often they are read again, where nothing asks for it sooner.
pub(crate) const READ_EVERY: Duration = Duration::from_mins(5);

/// What references gave: a secret, or why there is none, without it.
pub(crate) type Kept = HashMap<SecretRef, Result<SecretString, String>>;

/// Whether AWS keeps what a reference names.
pub(crate) const fn is_kept_by_aws(reference: &SecretRef) -> bool {
    matches!(reference, SecretRef::Ssm(_) | SecretRef::SecretsManager(_))
}

/// Where AWS keeps secrets: in the account of the environment and the region of `[aws]`. It is
/// asked only where something refers to it.
#[derive(Default)]
pub(crate) struct Vault {
    #[cfg(feature = "aws")]
    aws: Aws,
    #[cfg(feature = "aws")]
    opened: tokio::sync::OnceCell<vigie_secrets_aws::Secrets>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

#[cfg(feature = "aws")]
impl Vault {
    /// The one of `[aws]`.
    pub(crate) fn of(aws: &Aws) -> Self {
        Self { aws: aws.clone(), ..Self::default() }
    }

    async fn secrets(&self) -> Result<&vigie_secrets_aws::Secrets, String> {
        let open = async || {
            let shared = crate::cloud::surroundings(&self.aws).await?;
            Ok(vigie_secrets_aws::Secrets::new(&shared))
        };
        let opened = self.opened.get_or_try_init(open).await;
        opened.map_err(|error: crate::load::CannotBegin| error.to_string())
    }

    /// Reads those of some references that AWS keeps.
    pub(crate) async fn read(&self, references: &[SecretRef]) -> Kept {
        let asked: Vec<_> = references.iter().filter(|one| is_kept_by_aws(one)).cloned().collect();
        if asked.is_empty() {
            return Kept::new();
        }
        match self.secrets().await {
            Ok(secrets) => {
                let given = secrets.read(&asked, vigie_machine::now()).await;
                asked.into_iter().zip(given).collect()
            }
            Err(why) => asked.into_iter().map(|one| (one, Err(why.clone()))).collect(),
        }
    }

    /// Has secrets read anew that were not just read: whether there are any.
    pub(crate) fn forget(&self, references: &[SecretRef], now: Timestamp) -> bool {
        self.opened.get().is_some_and(|secrets| secrets.forget(references, now))
    }

    /// One that is open.
    #[cfg(test)]
    pub(crate) fn opened(secrets: vigie_secrets_aws::Secrets) -> Self {
        Self { aws: Aws::default(), opened: tokio::sync::OnceCell::new_with(Some(secrets)) }
    }
}

/// A program that was built without AWS refuses files that refer to it; brands of a store may.
#[cfg(not(feature = "aws"))]
impl Vault {
    pub(crate) fn of(_: &Aws) -> Self {
        Self::default()
    }

    pub(crate) async fn read(&self, references: &[SecretRef]) -> Kept {
        let asked = references.iter().filter(|one| is_kept_by_aws(one)).cloned();
        let told = |one: &SecretRef| crate::open::not_built(&one.to_string()).to_string();
        std::future::ready(asked.map(|one| (one.clone(), Err(told(&one)))).collect()).await
    }

    #[expect(clippy::unused_self, reason = "it is the same call with AWS and without")]
    pub(crate) const fn forget(&self, _: &[SecretRef], _: Timestamp) -> bool {
        false
    }
}
