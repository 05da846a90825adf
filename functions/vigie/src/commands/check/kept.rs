//! Secrets that AWS keeps are read, and nothing of them is shown.

use vigie_config::Config;
use vigie_domain::SecretRef;

use super::tried::Tried;
use crate::commands::shown::count;
use crate::environment::Machine;
use crate::vault::is_kept_by_aws;

/// Reads them; nothing where the file refers to none.
pub(super) async fn run(config: &Config, machine: &Machine) -> Option<Tried> {
    let sources = config.brands.iter().flat_map(|brand| &brand.sources);
    let all = sources.flat_map(|source| source.all_secrets().cloned());
    let all: Vec<_> = all.collect();
    of(&all, machine).await
}

/// Reads those of some references that AWS keeps.
pub(crate) async fn of(all: &[SecretRef], machine: &Machine) -> Option<Tried> {
    let asked: Vec<_> = all.iter().filter(|one| is_kept_by_aws(one)).cloned().collect();
    if asked.is_empty() {
        return None;
    }
    let machine = machine.knowing(&asked).await;
    let unread = asked.iter().filter_map(|one| Some((one, machine.secret(one).err()?)));
    let mut told: Vec<_> = unread.map(|(one, why)| format!("{one}: {why}")).collect();
    told.dedup();
    if told.is_empty() {
        return Some(Tried::works(
            "secrets",
            format!("AWS gives {}", count(asked.len(), "secret")),
        ));
    }
    let hint = "put what is missing (aws ssm put-parameter --type SecureString), and let these \
                credentials read it";
    Some(Tried::no("secrets", told.join("; "), hint))
}
