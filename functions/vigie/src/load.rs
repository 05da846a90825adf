//! Reading the configuration, and putting it in force.

use std::path::Path;

use vigie_app::registry::Outside;
use vigie_app::{Registry, Settings};
use vigie_config::{Change, Config, Fault, Outcome, Refused, diff, in_force};
use vigie_domain::{Brand, BrandId, Matter, Trouble};
use vigie_machine::now;
use vigie_ports::{Mailbox, Noted, Store};

use crate::environment::{For, Machine};

/// Why a command cannot begin. Exit 2.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CannotBegin {
    /// The file has faults: each is shown.
    #[error("the configuration has faults")]
    Faults(Vec<Fault>),
    /// Something else is wrong; the text says what and what to do.
    #[error("{0}")]
    Other(String),
}

/// What the files say, vigie.toml itself being in order.
pub(crate) struct Given {
    pub(crate) config: Config,
    pub(crate) machine: Machine,
    /// The included files that are faulty: their brands are not in `config`.
    pub(crate) refused: Vec<Refused>,
    /// Their faults.
    pub(crate) faults: Vec<Fault>,
}

impl Given {
    /// The faults of one file.
    pub(crate) fn faults_of(&self, file: &Refused) -> Vec<Fault> {
        self.faults.iter().filter(|fault| fault.file == file.file).cloned().collect()
    }
}

/// Reads a configuration file and those that it includes, for whoever is to go by them.
pub(crate) fn read_files_for(path: &Path, whom: For) -> Result<(Outcome, Machine), CannotBegin> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let shown = path.display();
        CannotBegin::Other(format!(
            "cannot read {shown}: {error}\n  hint: --config names another file; docs/install.md \
             has one to begin with"
        ))
    })?;
    let machine = Machine::beside(path).reading_for(whom);
    let outcome = vigie_config::parse(&path.display().to_string(), &text, &machine);
    let machine = match &outcome.config {
        Some(config) => machine.with_vault_of(&config.aws),
        None => machine,
    };
    Ok((outcome, machine))
}

/// Reads a configuration file, which must be in order, and those that it includes, which need not.
pub(crate) fn read_given(path: &Path) -> Result<Given, CannotBegin> {
    read_given_for(path, For::ThisProcess)
}

/// The same, for whoever is to go by it.
pub(crate) fn read_given_for(path: &Path, whom: For) -> Result<Given, CannotBegin> {
    let (Outcome { config, faults, refused, .. }, machine) = read_files_for(path, whom)?;
    match config {
        Some(config) => Ok(Given { config, machine, refused, faults }),
        None => Err(CannotBegin::Faults(faults)),
    }
}

/// Reads a configuration file, for a command whose brands are those of the store.
pub(crate) fn read_config(path: &Path) -> Result<(Config, Machine), CannotBegin> {
    read_given(path).map(|given| (given.config, given.machine))
}

fn mailbox(given: &vigie_config::Mailbox) -> Mailbox {
    Mailbox { name: given.name.clone().unwrap_or_default(), address: given.email.clone() }
}

/// What messages and links begin with.
pub(crate) fn settings(config: &Config) -> Settings {
    let nobody = || Mailbox { name: "Sara".to_owned(), address: "sara@localhost".to_owned() };
    Settings {
        public_url: config.server.public_url.clone(),
        from: config.mail.as_ref().map_or_else(nobody, |mail| mailbox(&mail.from)),
        reply_to: config.mail.as_ref().and_then(|mail| mail.reply_to.as_ref()).map(mailbox),
        operator: config.operator.email.clone(),
    }
}

/// What putting the files in force changed.
pub(crate) struct Applied {
    pub(crate) changes: Vec<Change>,
    /// For each refused file, the brands of it that stay as they were.
    pub(crate) kept: Vec<Vec<BrandId>>,
}

/// Compares the files with what is in force in a store. Gives what to apply too.
pub(crate) fn compare(given: &Given, now: &[Brand]) -> (Vec<Brand>, Applied) {
    let brands = in_force(given.config.brands.clone(), &given.refused, now);
    let stays = |file: &Refused| {
        let kept = brands.iter().skip(given.config.brands.len());
        let of_file = kept.filter(|brand| file.is_of(brand));
        of_file.map(|brand| brand.id.clone()).collect()
    };
    let kept = given.refused.iter().map(stays).collect();
    let changes = diff(now, &brands);
    (brands, Applied { changes, kept })
}

/// The brands in force in a store.
pub(crate) async fn live(store: &impl Store) -> Result<Vec<Brand>, CannotBegin> {
    let brands = store.brands().await.map_err(store_trouble)?;
    Ok(brands.into_iter().filter(|stored| !stored.retired).map(|stored| stored.brand).collect())
}

/// Makes the store's brands those of the files; what a faulty file would say stays as it was, and
/// the operator hears which files are faulty. Also without a difference: a running server then
/// reads preset and secret files again.
pub(crate) async fn apply(store: &impl Store, given: &Given) -> Result<Applied, CannotBegin> {
    let (brands, applied) = compare(given, &live(store).await?);
    put(store, given, brands).await?;
    Ok(applied)
}

/// Makes the store's brands those of [`compare`], and has the operator hear which files are faulty.
pub(crate) async fn put(
    store: &impl Store,
    given: &Given,
    brands: Vec<Brand>,
) -> Result<(), CannotBegin> {
    let at = now();
    store.apply(brands, at).await.map_err(store_trouble)?;
    let own = given.machine.own().display().to_string();
    let faulty = |file: &Refused| (Trouble::with(Matter::File, &own, &file.file), 1, at, at);
    let troubles: Vec<_> = given.refused.iter().map(faulty).collect();
    if !troubles.is_empty() {
        let noted = Noted { troubles, sources: Vec::new() };
        store.note(noted).await.map_err(store_trouble)?;
    }
    Ok(())
}

/// The brands that the store holds, prepared to take webhooks: with their secrets.
pub(crate) async fn serving_registry(
    store: &impl Store,
    machine: &Machine,
) -> Result<Registry, CannotBegin> {
    let brands = live(store).await?;
    let sources = brands.iter().flat_map(|brand| &brand.sources);
    let references: Vec<_> = sources.flat_map(|source| source.all_secrets().cloned()).collect();
    stored_registry(store, &machine.knowing(&references).await).await
}

/// The brands that the store holds, prepared.
pub(crate) async fn stored_registry<O: Outside + Clone + Send + 'static>(
    store: &impl Store,
    outside: &O,
) -> Result<Registry, CannotBegin> {
    let brands = store.brands().await.map_err(store_trouble)?;
    let outside = outside.clone();
    let prepare = move || {
        let brands = brands.into_iter().map(|stored| (stored.brand, stored.retired));
        Registry::prepare(brands, &outside)
    };
    let (registry, troubles) = beside(prepare).await?;
    for trouble in troubles {
        tracing::warn!(trouble, "a source is not in force");
    }
    Ok(registry)
}

/// Does what reads many files, beside the threads that answer webhooks.
pub(crate) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CannotBegin> {
    let ended = |error| CannotBegin::Other(format!("reading files was broken off: {error}"));
    tokio::task::spawn_blocking(work).await.map_err(ended)
}

/// What a command says when the store does not answer.
#[expect(clippy::needless_pass_by_value, reason = "map_err hands its error over")]
pub(crate) fn store_trouble(error: vigie_ports::StoreError) -> CannotBegin {
    CannotBegin::Other(error.to_string())
}
