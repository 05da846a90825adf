//! Vigie on AWS, as its operator's commands see it: the stack of `[aws]`, its table and its queues.

pub(crate) mod apply;
pub(crate) mod check;
mod fault;
pub(crate) mod migrate;
mod outside;
mod stack;
mod world;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use vigie_app::App;
use vigie_config::{Aws, Config};
use vigie_ports::Moving as _;

use crate::cli::Stored;
use crate::environment::For;
use crate::load::{self, CannotBegin, Given, read_given_for, store_trouble};

pub(crate) use stack::Stack;
pub(crate) use world::Cloud;

/// The account and the region that are meant: of the file, else of the environment or the profile.
pub(crate) async fn surroundings(aws: &Aws) -> Result<SdkConfig, CannotBegin> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(region) = &aws.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let shared = loader.load().await;
    if shared.region().is_none() {
        return Err(CannotBegin::Other(
            "no region of AWS is named\n  hint: write region = \"eu-west-3\" in [aws], or set \
             AWS_REGION"
                .to_owned(),
        ));
    }
    Ok(shared)
}

/// The application on the table of the stack that a command names. The file's secrets are nothing
/// to it: the functions have those that were applied.
pub(crate) async fn open(stored: &Stored) -> Result<App<Cloud>, CannotBegin> {
    let Given { config, .. } = read_given_for(&stored.config.config, For::Nobody)?;
    let stack = Stack::find(&config.aws).await?;
    let cloud = Cloud::open(&stack).await?;
    open_or_refused(&cloud).await?;
    let outside = outside::Applied::read(&cloud).await.map_err(store_trouble)?;
    let registry = load::stored_registry(vigie_ports::World::store(&cloud), &outside).await?;
    let settings =
        vigie_app::Settings { public_url: public_url(&config, &stack), ..load::settings(&config) };
    App::start(cloud, settings, registry).await.map_err(store_trouble)
}

/// Refuses to work on a home that does not.
async fn open_or_refused(cloud: &Cloud) -> Result<(), CannotBegin> {
    let standing = vigie_ports::World::store(cloud).standing().await.map_err(store_trouble)?;
    match standing.refusal() {
        None => Ok(()),
        Some(why) => Err(CannotBegin::Other(format!(
            "{why}\n  hint: leave --store aws out if it was moved here; docs/migrate.md"
        ))),
    }
}

/// What links begin with: what the file says, where it says something; else the stack's own.
pub(crate) fn public_url(config: &Config, stack: &Stack) -> String {
    if config.server.public_url == vigie_config::Server::default().public_url {
        stack.public_url.trim_end_matches('/').to_owned()
    } else {
        config.server.public_url.clone()
    }
}
