//! `vigie apply --store aws`: the functions' brands, sources, presets and settings become those of
//! the files.

use std::collections::BTreeMap;

use aws_sdk_ssm::types::ParameterType;
use secrecy::{ExposeSecret as _, SecretString};
use vigie_config::Transport;
use vigie_domain::{Brand, SecretRef};
use vigie_ports::{Store as _, World as _};
use vigie_store_dynamodb::{FunctionSettings, preset_name};

use super::{Cloud, Stack, fault, public_url};
use crate::cli;
use crate::commands::apply::{Outcome, Put};
use crate::environment::{For, Machine};
use crate::load::{self, CannotBegin, Given, compare, live, read_given_for, store_trouble};
use crate::output::complain;

/// A secret for AWS to keep.
struct Secret {
    put: Put,
    /// The parameter's name.
    name: String,
    value: SecretString,
}

/// Applies the files to the stack, or only looks.
pub(crate) async fn run(arguments: &cli::Apply) -> Result<Outcome, CannotBegin> {
    // With --put-secrets what the file names is read here; without, the functions must read it.
    let whom = if arguments.put_secrets { For::ThisProcess } else { For::Functions };
    let mut given = read_given_for(&arguments.stored.config.config, whom)?;
    warn(&given);
    let stack = Stack::find(&given.config.aws).await?;
    let cloud = Cloud::open(&stack).await?;
    let secrets = kept_by_aws(&mut given.config.brands, &given.machine, &stack.secrets_path)?;
    let (brands, applied) = compare(&given, &live(cloud.store()).await?);
    if !arguments.dry_run {
        put_secrets(&stack, &secrets).await?;
        let texts = texts(&given, &stack, &cloud, &brands).await?;
        cloud.store().put_settings(&texts).await.map_err(store_trouble)?;
        // Last: it moves the generation, by which the functions see that there is news.
        load::put(cloud.store(), &given, brands).await?;
    }
    let put = secrets.into_iter().map(|secret| secret.put).collect();
    Ok(Outcome { given, applied, put })
}

/// Tells what stands in the file and means nothing there.
fn warn(given: &Given) {
    let mail = given.config.mail.as_ref();
    if mail.is_some_and(|mail| mail.transport != Transport::Ses) {
        complain("warning: the functions send through SES; [mail] transport is for vigie serve");
    }
}

/// Has brands refer to where AWS keeps their secrets, of those that this machine has; gives those.
fn kept_by_aws(
    brands: &mut [Brand],
    machine: &Machine,
    path: &str,
) -> Result<Vec<Secret>, CannotBegin> {
    let mut secrets = Vec::new();
    for source in brands.iter_mut().flat_map(|brand| &mut brand.sources) {
        let id = source.id.clone();
        for (place, reference) in source.all_secrets_mut() {
            if !matches!(reference, SecretRef::Env(_) | SecretRef::File(_)) {
                continue;
            }
            let secret = machine.secret(reference).map_err(CannotBegin::Other)?;
            let name = format!("{path}/{id}/{place}");
            let kept = SecretRef::Ssm(name.clone());
            let given = std::mem::replace(reference, kept.clone()).to_string();
            let put = Put { source: id.clone(), given, kept: kept.to_string() };
            secrets.push(Secret { put, name, value: secret });
        }
    }
    Ok(secrets)
}

/// Has AWS keep secrets, each encrypted.
async fn put_secrets(stack: &Stack, secrets: &[Secret]) -> Result<(), CannotBegin> {
    let client = aws_sdk_ssm::Client::new(&stack.shared);
    for one in secrets {
        let asked = client
            .put_parameter()
            .name(&one.name)
            .value(one.value.expose_secret())
            .r#type(ParameterType::SecureString)
            .overwrite(true);
        let doing = format!("putting {}", one.name);
        let put = asked.send().await;
        put.map_err(|error| fault::told(&doing, "ssm:PutParameter", &error))?;
    }
    Ok(())
}

/// What the functions need of the files beside the brands, by name.
async fn texts(
    given: &Given,
    stack: &Stack,
    cloud: &Cloud,
    brands: &[Brand],
) -> Result<Vec<(String, String)>, CannotBegin> {
    let settings = load::settings(&given.config);
    let settings = FunctionSettings {
        public_url: public_url(&given.config, stack),
        from: settings.from.into(),
        reply_to: settings.reply_to.map(Into::into),
        operator: settings.operator,
        retention: given.config.retention.into(),
    };
    let text = settings.to_text().map_err(store_trouble)?;
    let mut texts = BTreeMap::from([(FunctionSettings::NAME.to_owned(), text)]);
    for path in own_presets(brands) {
        if let Some(text) = preset(&given.machine, cloud, path).await? {
            texts.insert(preset_name(path), text);
        }
    }
    Ok(texts.into_iter().collect())
}

fn own_presets(brands: &[Brand]) -> impl Iterator<Item = &str> {
    let sources = brands.iter().flat_map(|brand| &brand.sources);
    let platforms = sources.map(|source| source.platform.as_str());
    platforms.filter(|platform| vigie_config::is_preset_path(platform))
}

/// The text of a preset file; where it is gone with a faulty file that names it, as it was applied.
async fn preset(
    machine: &Machine,
    cloud: &Cloud,
    path: &str,
) -> Result<Option<String>, CannotBegin> {
    match std::fs::read_to_string(machine.path(path)) {
        Ok(text) => Ok(Some(text)),
        Err(_) => cloud.store().preset(path).await.map_err(store_trouble),
    }
}
