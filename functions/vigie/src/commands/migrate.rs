//! `vigie migrate`: everything that one home keeps goes to the other, and work with it.

#[cfg(feature = "aws")]
use crate::cloud::migrate;

use crate::cli::{Migrate, StoreKind};
use crate::load::CannotBegin;
use crate::output::Exit;

/// Moves from one home to the other, or goes on with a move that was cut short.
pub(crate) async fn run(arguments: &Migrate) -> Result<Exit, CannotBegin> {
    if arguments.from == arguments.to {
        let told = "--from and --to name the same store\n  hint: from one home to the other: \
                    vigie migrate --from sqlite --to aws, and the other way round";
        return Err(CannotBegin::Other(told.to_owned()));
    }
    if arguments.from == StoreKind::Aws && arguments.relay_to.is_none() {
        let told = "from AWS it must be known where the new home is reached\n  hint: --relay-to \
                    https://… names its own address, which must not be the stack's domain";
        return Err(CannotBegin::Other(told.to_owned()));
    }
    go(arguments).await
}

#[cfg(feature = "aws")]
async fn go(arguments: &Migrate) -> Result<Exit, CannotBegin> {
    migrate::run(arguments).await
}

#[cfg(not(feature = "aws"))]
async fn go(_: &Migrate) -> Result<Exit, CannotBegin> {
    std::future::ready(Err(crate::open::not_built("vigie migrate"))).await
}
