//! Whose signature `send` makes and `doctor` judges: a source of the configuration, or a preset
//! and its secrets. What was given as a secret is never repeated in an answer.

use std::path::Path;

use secrecy::SecretString;
use vigie_app::registry::PresetInForce;
use vigie_config::Config;
use vigie_domain::{SecretRef, Source, SourceId};
use vigie_platforms::Expect;

use crate::cli::Signer;
use crate::environment::Machine;
use crate::load::{CannotBegin, Given, read_given};
use crate::output::complain;

/// A preset and the secrets to sign or to judge with.
pub(crate) struct Signing {
    /// What it is called in answers.
    pub(crate) title: String,
    /// The source, where it is one of the configuration.
    pub(crate) source: Option<SourceId>,
    /// How its platform proves where requests come from.
    pub(crate) preset: PresetInForce,
    /// Its secrets.
    pub(crate) secrets: Vec<SecretString>,
    /// What the source states of tokens.
    pub(crate) expect: Expect,
    /// Where each secret comes from, in the order of the secrets: references, never secrets.
    pub(crate) labels: Vec<String>,
}

/// Reads what the command line names.
pub(crate) async fn resolve(signer: &Signer) -> Result<Signing, CannotBegin> {
    match (&signer.source, &signer.preset) {
        (Some(named), _) => of_source(named, &signer.config.config).await,
        (None, Some(named)) => of_preset(named, &signer.secret).await,
        // The command line asks for one of them.
        (None, None) => Err(wrong("name --source ID, or --preset NAME with --secret REF")),
    }
}

async fn of_source(named: &str, file: &Path) -> Result<Signing, CannotBegin> {
    let Given { config, machine, refused, .. } = read_given(file)?;
    for file in refused {
        complain(format!("warning: {} is faulty and not taken; vigie check says why", file.file));
    }
    let source = known_source(named, &config)?;
    let preset = machine.preset(&source.platform).map_err(CannotBegin::Other)?;
    let (secrets, labels) = secrets(&machine, &source.secrets).await?;
    let id = source.id.clone();
    let address = format!("{}/hooks/{id}", config.server.public_url);
    let audience = vec![source.access.audience.clone().unwrap_or(address)];
    let expect = Expect { audience, sender: source.access.sender.clone() };
    Ok(Signing { title: id.to_string(), source: Some(id), preset, secrets, expect, labels })
}

/// The source of a name, or what to write instead.
pub(crate) fn known_source<'a>(named: &str, config: &'a Config) -> Result<&'a Source, CannotBegin> {
    let found = sources(config).find(|source| source.id.as_str() == named);
    found.ok_or_else(|| unknown_source(named, config))
}

fn sources(config: &Config) -> impl Iterator<Item = &Source> {
    config.brands.iter().flat_map(|brand| &brand.sources)
}

fn unknown_source(named: &str, config: &Config) -> CannotBegin {
    let ids: Vec<_> = sources(config).map(|source| source.id.as_str()).collect();
    let known = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
    wrong(&format!("no source is called {named}\n  hint: the file has {known}"))
}

async fn of_preset(named: &str, references: &[String]) -> Result<Signing, CannotBegin> {
    // Without a configuration file, paths begin in the current folder.
    let machine = Machine::beside(Path::new(""));
    let preset = machine.preset(named).map_err(CannotBegin::Other)?;
    let references: Vec<_> =
        references.iter().map(|one| reference(one)).collect::<Result<_, _>>()?;
    let (secrets, labels) = secrets(&machine, &references).await?;
    let (title, expect) = (preset.id().to_owned(), Expect::default());
    Ok(Signing { title, source: None, preset, secrets, expect, labels })
}

type Secrets = (Vec<SecretString>, Vec<String>);

async fn secrets(machine: &Machine, references: &[SecretRef]) -> Result<Secrets, CannotBegin> {
    let machine = machine.knowing(references).await;
    let read = |reference| machine.secret(reference).map_err(CannotBegin::Other);
    let secrets = references.iter().map(read).collect::<Result<_, _>>()?;
    Ok((secrets, references.iter().map(ToString::to_string).collect()))
}

/// Reads a reference. One that is none may be the secret itself, so it is not repeated.
fn reference(given: &str) -> Result<SecretRef, CannotBegin> {
    match given.split_once(':') {
        Some(("env", name)) if is_variable(name) => Ok(SecretRef::Env(name.to_owned())),
        Some(("file", path)) if !path.trim().is_empty() => Ok(SecretRef::File(path.to_owned())),
        Some(("ssm", name)) if is_name(name) => Ok(SecretRef::Ssm(name.to_owned())),
        Some(("secretsmanager", name)) if is_name(name) => {
            Ok(SecretRef::SecretsManager(name.to_owned()))
        }
        _ => Err(wrong("--secret takes env:NAME or file:PATH, or ssm:NAME, never the secret")),
    }
}

/// Names that every shell can set, as vigie.toml wants them.
fn is_variable(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    !name.is_empty() && name.bytes().all(inner) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// What AWS calls parameters and secrets, or an ARN.
fn is_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b"/_.+=@:-".contains(&b);
    !name.is_empty() && name.bytes().all(inner)
}

/// A command line that cannot be followed.
pub(crate) fn wrong(text: &str) -> CannotBegin {
    CannotBegin::Other(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_references() {
        assert_eq!(reference("env:SITE_1").unwrap(), SecretRef::Env("SITE_1".to_owned()));
        assert_eq!(reference("file:/a b").unwrap(), SecretRef::File("/a b".to_owned()));
        assert_eq!(reference("ssm:/a/1").unwrap(), SecretRef::Ssm("/a/1".to_owned()));
        let managed = SecretRef::SecretsManager("a".to_owned());
        assert_eq!(reference("secretsmanager:a").unwrap(), managed);
    }

    #[test]
    fn err_references_are_not_repeated() {
        for given in [
            "s3cret",
            "whsec_s3cret",
            "env:s3cret-",
            "env:",
            "env:1s3cret",
            "file: ",
            "ssm:",
            "ssm:s3cret é",
            "",
        ] {
            let said = reference(given).unwrap_err().to_string();
            assert!(said.contains("env:NAME or file:PATH"), "{said}");
            assert!(!said.contains("s3cret"), "{said}");
        }
    }
}
