//! What the end-to-end tests share: where the workspace is, the `vigie` program itself, and a load
//! of webhooks to send to it.
//!
//! It holds no scenario and no assertion: those stand in `tests/tests/` and `tests/benches/`. It
//! reads nothing from the environment; cargo's own values are taken at compile time.

pub mod app;
pub mod between;
mod brands;
pub mod cost;
pub mod home;
pub mod house;
pub mod load;
pub mod platform;
pub mod random;
pub mod runtime;
pub mod stage;
pub mod webhook;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;

/// Returns the root folder of the workspace, the one that holds `Cargo.lock`.
///
/// ```
/// assert!(vigie_tests::workspace_root().join("Cargo.lock").is_file());
/// ```
pub fn workspace_root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Returns a command that runs the cargo which compiled this test, in the workspace's root.
///
/// ```
/// let version = vigie_tests::cargo().arg("--version").output()?;
/// assert!(version.status.success());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(workspace_root());
    command
}

/// Runs a command to its end and returns what it wrote to its standard output.
///
/// ```
/// let version = vigie_tests::output_of(vigie_tests::cargo().arg("--version"))?;
/// assert!(version.starts_with("cargo "));
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
///
/// When the command cannot start, ends in failure (what it wrote to its standard error is then in
/// the message), or writes something that is not UTF-8.
pub fn output_of(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?} ended with {}:\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).with_context(|| format!("reading {command:?}"))
}

/// Builds every program once in this process, `vigie` and the functions, and returns their folder;
/// in a release build `vigie` alone.
///
/// Cargo hands `CARGO_BIN_EXE_…` only to tests of the same package, so the tests ask cargo; when
/// nothing has changed since `./test` built it, that takes a fraction of a second. The profile is
/// the one that the test itself was compiled with, and so is the set of features: another set would
/// compile the libraries of AWS once more.
///
/// # Errors
///
/// When a program does not compile, with the compiler's messages. Every later call then answers the
/// same, without another try.
pub fn programs() -> Result<&'static Path> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    built.as_deref().map_err(|message| anyhow!(message.clone()))
}

/// Builds the programs and returns the path of `vigie`.
///
/// # Errors
///
/// As [`programs`].
pub fn vigie_bin() -> Result<&'static Path> {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    let folder = programs()?;
    Ok(PATH.get_or_init(|| folder.join("vigie")))
}

fn build() -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--features", "vigie/aws", "--bins"]);
    // Beside tests, so with the features that all tests have: alone, most of what the programs
    // depend on would be compiled once more. Of a release only `vigie` is measured.
    let release = ["--package", "vigie", "--release"].as_slice();
    build.args(if cfg!(debug_assertions) { &["--workspace", "--tests"] } else { release });
    built(&mut build, "vigie")
}

/// Builds programs with a command of cargo, and returns the folder of one of them.
///
/// # Errors
///
/// When something does not compile, with the compiler's messages, or no such program was built.
pub fn built(build: &mut Command, name: &str) -> Result<PathBuf> {
    let messages = output_of(build.arg("--message-format=json-render-diagnostics"))?;
    let program = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| program_named(&message, name))
        .with_context(|| format!("cargo built no program {name}"))?;
    Ok(program.parent().context("a program without a folder")?.to_owned())
}

/// Returns the program that a message of `cargo build --message-format=json` announces, if it is
/// the binary called `name`.
fn program_named(message: &Value, name: &str) -> Option<PathBuf> {
    let target = message.get("target")?;
    let is_bin = target.get("kind")?.as_array()?.iter().any(|kind| kind == "bin");
    let is_named = target.get("name")?.as_str()? == name;
    // The unit tests of a binary are announced like the binary itself.
    let is_test = message.pointer("/profile/test").is_some_and(|is| is == true);
    let program = message.get("executable")?.as_str()?;
    (is_bin && is_named && !is_test).then(|| PathBuf::from(program))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_binary_of_that_name_is_taken_from_cargos_messages() {
        let bin = json!({"target": {"name": "vigie", "kind": ["bin"]}, "executable": "/x/vigie"});
        assert_eq!(program_named(&bin, "vigie"), Some(PathBuf::from("/x/vigie")));
        assert_eq!(program_named(&bin, "other"), None);
        let test = json!({"target": {"name": "vigie", "kind": ["test"]}, "executable": "/x/t"});
        assert_eq!(program_named(&test, "vigie"), None);
        let unit = json!({"target": {"name": "vigie", "kind": ["bin"]}, "executable": "/x/u",
                          "profile": {"test": true}});
        assert_eq!(program_named(&unit, "vigie"), None);
        let lib = json!({"target": {"name": "vigie", "kind": ["bin"]}, "executable": null});
        assert_eq!(program_named(&lib, "vigie"), None);
    }

    #[test]
    fn a_command_that_fails_says_what_it_wrote_to_its_standard_error() {
        let error = output_of(cargo().arg("no-such-command-of-cargo")).expect_err("it must fail");
        assert!(format!("{error:#}").contains("no such command"), "{error:#}");
    }

    #[test]
    fn vigie_can_be_built_and_run_from_a_test() {
        let program = vigie_bin().expect("vigie compiles");
        assert!(program.is_file(), "{} is no file", program.display());
        assert_eq!(vigie_bin().expect("still there"), program);
    }
}
