//! Vigie: the one process, and the operator's command line.

mod captures;
mod cli;
#[cfg(feature = "aws")]
mod cloud;
mod commands;
mod demo;
mod environment;
mod files;
mod home;
mod load;
mod lock;
mod log;
mod open;
mod output;
mod server;
mod vault;
mod waiting;
mod way;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command, Report};
use load::CannotBegin;
use output::{Exit, complain};

/// Webhooks are many small allocations on several threads, which this allocator is made for. Huge
/// pages are off (its feature `no_thp`): they doubled what a small server holds.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format!("vigie: cannot start: {error}"));
            return Exit::Wrong.into();
        }
    };
    match runtime.block_on(run(command)) {
        Ok(exit) => exit.into(),
        Err(CannotBegin::Faults(faults)) => {
            complain(vigie_config::render_faults(&faults, false));
            Exit::Wrong.into()
        }
        Err(CannotBegin::Other(text)) => {
            complain(format!("vigie: {text}"));
            Exit::Wrong.into()
        }
    }
}

async fn run(command: Command) -> Result<Exit, CannotBegin> {
    match command {
        Command::Demo(arguments) => commands::demo::run(arguments).await,
        Command::Serve(arguments) => commands::serve::run(arguments).await,
        Command::Check(arguments) => commands::check::run(&arguments).await,
        Command::Apply(arguments) => commands::apply::run(&arguments).await,
        Command::Import(arguments) => Box::pin(commands::import::run(&arguments)).await,
        Command::Reconcile(arguments) => commands::reconcile::run(&arguments).await,
        Command::Send(arguments) => commands::send::run(&arguments).await,
        Command::Capture(arguments) => commands::capture::run(&arguments).await,
        Command::Doctor(arguments) => commands::doctor::run(&arguments).await,
        Command::Report(Report::Unanswered(arguments)) => commands::report::run(&arguments).await,
        Command::Explain(arguments) => commands::explain::run(&arguments).await,
        Command::Notices(arguments) => commands::notices::run(&arguments).await,
        Command::Redrive(arguments) => commands::redrive::run(&arguments).await,
        Command::Answered(arguments) => commands::answered::answered(&arguments).await,
        Command::Close(arguments) => commands::answered::close(&arguments).await,
        Command::Split(arguments) => commands::split::run(&arguments).await,
        Command::Backup(arguments) => commands::backup::run(&arguments),
        Command::Platforms(arguments) => commands::platforms::run(&arguments),
        Command::Sources(arguments) => commands::sources::run(&arguments).await,
        Command::Status(arguments) => commands::status::run(&arguments).await,
        Command::Erase(arguments) => commands::erase::run(&arguments).await,
        Command::Migrate(arguments) => commands::migrate::run(&arguments).await,
        Command::Assess(arguments) => commands::assess::run(&arguments),
    }
}
