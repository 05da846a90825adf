//! Data folders that cannot be used: of another version, read-only, on a full disk. Whoever starts
//! Vigie on one reads what is wrong and what to do, and the exit code is 2.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use anyhow::{Context, Result};
use rusqlite::Connection;
use vigie_store_sqlite::FILE_NAME;
use vigie_tests::stage::{LUMEN, Ran, SERVER, Stage};

/// A stage whose server does not run, with the brand in its store.
fn applied() -> Result<Stage> {
    let stage = Stage::set(&[SERVER, LUMEN].concat())?;
    assert_eq!(stage.run(&["apply"])?.code, 0);
    Ok(stage)
}

/// Runs the program as the last argument of a command of one's own.
fn run_by(stage: &Stage, before: &[&str], arguments: &[&str]) -> Result<Ran> {
    let [program, options @ ..] = before else { return stage.run(arguments) };
    let mut command = Command::new(program);
    command.current_dir(stage.home.path()).args(options);
    let output = command.arg(vigie_tests::vigie_bin()?).args(arguments).output()?;
    let text = |bytes| String::from_utf8(bytes);
    let code = output.status.code().context("it was killed")?;
    Ok(Ran { code, out: text(output.stdout)?, err: text(output.stderr)? })
}

fn refused(ran: &Ran, says: &[&str]) {
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    for said in says {
        assert!(ran.err.contains(said), "{said} is not in {ran:?}");
    }
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused_and_left_alone() -> Result<()> {
    let mut stage = applied()?;
    let file = stage.home.data().join(FILE_NAME);
    let stored = Connection::open(&file)?;
    let version: i64 = stored.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    stored.execute_batch(
        "PRAGMA user_version = 999; \
         INSERT OR REPLACE INTO meta (key, value) VALUES ('written_by', '9.9.9');",
    )?;
    for arguments in [&["serve"][..], &["apply"], &["report", "unanswered"], &["status"]] {
        let says = ["schema 999", "Use Vigie 9.9.9, or a later one; nothing was changed"];
        refused(&stage.run(arguments)?, &says);
    }
    stored.execute_batch(&format!("PRAGMA user_version = {version}"))?;
    drop(stored);
    stage.start().await?;
    stage.stop().await
}

#[tokio::test]
async fn a_store_that_an_older_version_serves_is_left_alone() -> Result<()> {
    let mut stage = applied()?;
    stage.start().await?;
    let stored = Connection::open(stage.home.data().join(FILE_NAME))?;
    let version = || stored.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    let this = version()?;
    // As if the server that runs were of an older version.
    stored.execute_batch("PRAGMA user_version = 1")?;
    for arguments in [&["apply"][..], &["notices"], &["status"]] {
        let says = ["schema 1, a server of an older Vigie works on it", "nothing was changed"];
        refused(&stage.run(arguments)?, &says);
    }
    let second = stage.run(&["serve"])?;
    assert!(second.code == 2 && second.err.contains("another vigie serve runs"), "{second:?}");
    assert_eq!(version()?, 1);
    stored.execute_batch(&format!("PRAGMA user_version = {this}"))?;
    stage.stop().await
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused_and_left_alone() -> Result<()> {
    let stage = Stage::set(&[SERVER, LUMEN].concat())?;
    let file = stage.home.data().join(FILE_NAME);
    let text = "Not a database, but somebody's only copy of something.\n".repeat(100);
    fs::write(&file, &text)?;
    refused(&stage.run(&["serve"])?, &["no SQLite database", "a data folder of its own"]);
    assert_eq!(fs::read_to_string(&file)?, text);
    Ok(())
}

/// What makes permissions bind the program, whoever runs this test: root loses its capabilities.
/// Nothing where that cannot be.
#[expect(clippy::print_stderr, reason = "what cannot be tried here must be said")]
fn bound(stage: &Stage) -> Option<Vec<&'static str>> {
    for before in [vec![], vec!["setpriv", "--bounding-set=-all", "--inh-caps=-all"]] {
        let command = [&before[..], &["test", "-w", "data"]].concat();
        let [program, options @ ..] = command.as_slice() else { return None };
        let mut command = Command::new(program);
        let tried = command.args(options).current_dir(stage.home.path()).status();
        if tried.is_ok_and(|status| status.code() == Some(1)) {
            return Some(before);
        }
    }
    eprintln!(
        "SKIPPED a read-only folder: permissions do not bind this user, and setpriv is not there"
    );
    None
}

fn permit(stage: &Stage, mode: u32) -> Result<()> {
    Ok(fs::set_permissions(stage.home.data(), Permissions::from_mode(mode))?)
}

#[tokio::test]
async fn a_read_only_data_folder_is_named_with_who_must_own_it() -> Result<()> {
    let says = ["cannot write in data: Permission denied", "must belong to the account that runs"];
    let stage = Stage::set(&[SERVER, LUMEN].concat())?;
    permit(&stage, 0o555)?;
    let Some(before) = bound(&stage) else { return Ok(()) };
    refused(&run_by(&stage, &before, &["serve"])?, &says);
    assert_eq!(fs::read_dir(stage.home.data())?.count(), 0);
    permit(&stage, 0o755)?;
    assert_eq!(stage.run(&["apply"])?.code, 0);
    permit(&stage, 0o555)?;
    for arguments in [&["serve"][..], &["apply"], &["status"]] {
        refused(&run_by(&stage, &before, arguments)?, &says);
    }
    permit(&stage, 0o755)?;
    // A file that somebody else's account left: a backup that root put there, say.
    let file = stage.home.data().join(FILE_NAME);
    fs::set_permissions(&file, Permissions::from_mode(0o444))?;
    let says = ["cannot write in data/vigie.sqlite: Permission denied", says[1]];
    refused(&run_by(&stage, &before, &["serve"])?, &says);
    Ok(())
}

/// A disk on which no file grows beyond a kibibyte; the write fails, and no signal ends the
/// program.
const FULL: [&str; 3] = ["bash", "-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""];

#[tokio::test]
async fn a_full_disk_at_the_start_is_named_and_what_was_there_stays() -> Result<()> {
    let says = ["cannot write in data: File too large", "make room"];
    let new = Stage::set(&[SERVER, LUMEN].concat())?;
    refused(&run_by(&new, &FULL, &["serve"])?, &says);
    let mut stage = applied()?;
    for arguments in [&["serve"][..], &["apply"]] {
        refused(&run_by(&stage, &FULL, arguments)?, &says);
    }
    assert!(!stage.home.data().join("vigie.probe").exists());
    stage.start().await?;
    assert_eq!(stage.get("/healthz").await?.status, 200);
    stage.stop().await
}
