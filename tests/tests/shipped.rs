//! The zips that `infra/build` leaves in `dist/`, for arm64: their programs run here under qemu,
//! and an alert arrives by them. `./test full` builds them first; elsewhere this says what it
//! skipped.

#![expect(clippy::print_stderr, reason = "whoever runs this reads what was skipped")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use http::HeaderMap;
use serde_json::json;
use vigie_ports::Due;
use vigie_tests::house::{House, answer_of, failed, request, review, webhook, work};
use vigie_tests::runtime::Function;
use vigie_tests::{output_of, workspace_root};

const MIB: u64 = 1024 * 1024;
/// The six, and what a zip of each may have at most, in bytes. `receive` has the aim of the
/// measures; `deliver`, which writes mail and asks platforms for what they did not tell, has more
/// to carry, and nobody waits for its start.
const FUNCTIONS: [(&str, u64); 6] = [
    ("receive", 4 * MIB),
    ("desk", 4 * MIB),
    ("raise", 4 * MIB),
    ("deliver", 5 * MIB),
    ("watch", 4 * MIB),
    ("feedback", 4 * MIB),
];

fn zip(name: &str) -> PathBuf {
    workspace_root().join("dist").join(name).with_extension("zip")
}

fn qemu() -> PathBuf {
    workspace_root().join(".tools/qemu/usr")
}

/// Whether everything is there. Where `./test full` has built it, it has to be.
fn is_there() -> Result<bool> {
    let missing = !FUNCTIONS.iter().all(|(name, _)| zip(name).is_file()) || !qemu().is_dir();
    let must = std::env::var_os("VIGIE_SHIPPED").is_some();
    ensure!(!(missing && must), "dist/ or .tools/qemu is not whole");
    if missing {
        eprintln!("SKIPPED the shipped functions: ./test full builds them");
    }
    Ok(!missing)
}

/// Starts the program of a zip.
async fn start(house: &House, folder: &Path, name: &str) -> Result<Function> {
    let to = folder.join(name);
    let mut unzip = Command::new("python3");
    output_of(unzip.args(["-m", "zipfile", "-e"]).arg(zip(name)).arg(&to))?;
    let program = to.join("bootstrap");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
    let mut command = Command::new(qemu().join("bin/qemu-aarch64-static"));
    command.arg("-L").arg(qemu().join("aarch64-linux-gnu")).arg(&program);
    command.env_clear().envs(house.variables());
    Function::run(command, &program).await
}

#[tokio::test]
async fn an_alert_arrives_by_the_programs_of_the_zips() -> Result<()> {
    if !is_there()? {
        return Ok(());
    }
    let house = House::new().await?;
    let folder = tempfile::tempdir()?;
    let mut receive = start(&house, folder.path(), "receive").await?;
    let (status, body) = answer_of(&receive.invoke(&webhook("r-1", 2)?).await?)?;
    assert_eq!(status, 200, "{body}");
    let mut watch = start(&house, folder.path(), "watch").await?;
    watch.invoke(&json!({"look": "minute"})).await?.done()?;
    let mut raise = start(&house, folder.path(), "raise").await?;
    let undecided = work(&[Due::Undecided(review("r-1"))]);
    assert_eq!(failed(&raise.invoke(&undecided).await?)?, [""; 0]);
    let mut deliver = start(&house, folder.path(), "deliver").await?;
    let notices = work(&house.queued("deliver").await?);
    assert_eq!(failed(&deliver.invoke(&notices).await?)?, [""; 0]);
    house.mails(1).await?;
    let mut desk = start(&house, folder.path(), "desk").await?;
    let asked = request("GET", "/desk/a", &HeaderMap::new(), "");
    assert_eq!(answer_of(&desk.invoke(&asked).await?)?.0, 404);
    let mut feedback = start(&house, folder.path(), "feedback").await?;
    feedback.invoke(&json!({"Records": []})).await?.done()?;
    Ok(())
}

#[test]
fn no_zip_is_larger_than_it_may_be() -> Result<()> {
    if is_there()? {
        for (name, max) in FUNCTIONS {
            let size = std::fs::metadata(zip(name))?.len();
            assert!(size < max, "{name}: {size} bytes");
        }
    }
    Ok(())
}
