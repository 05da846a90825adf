//! Exit codes: 0 done, 1 the thing asked about is not so, 2 the command line or a file is wrong.

use anyhow::Result;
use vigie_tests::platform::posted;
use vigie_tests::stage::{LUMEN, SERVER, Stage};

use crate::support::lumen;

/// Runs each and compares its exit code. What ends with 2 prints nothing to standard output and
/// says why to standard error.
fn assert_codes(stage: &Stage, expected: &[(&str, i32)]) -> Result<()> {
    for (line, code) in expected {
        let arguments: Vec<&str> = line.split(' ').map(|word| word.trim_matches('\'')).collect();
        let ran = stage.run(&arguments)?;
        assert_eq!(ran.code, *code, "vigie {line}: {ran:?}");
        assert!(*code != 2 || (ran.out.is_empty() && !ran.err.is_empty()), "vigie {line}: {ran:?}");
        assert!(*code != 1 || !ran.err.contains("panicked"), "vigie {line}: {ran:?}");
    }
    Ok(())
}

#[tokio::test]
async fn commands_beside_a_server_end_as_the_table_says() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    stage.mails(1).await?;
    assert_codes(
        &stage,
        &[
            ("check", 0),
            ("apply", 0),
            ("apply --dry-run", 0),
            ("platforms", 0),
            ("report unanswered", 0),
            ("notices", 0),
            ("notices --state dead", 0),
            ("explain lumen-site/r-1", 0),
            ("explain lumen-site/r-2", 1),
            ("explain LUM-999", 1),
            ("redrive 00000000000000000000000000000000", 1),
            ("answered lumen-site/r-2", 1),
            ("close lumen-site/r-2 --reason duplicate", 1),
            ("report unanswered --brand nobody", 2),
            ("report unanswered --at yesterday", 2),
            ("notices --state lost", 2),
            ("close lumen-site/r-1", 2),
            ("answered lumen-site/r-1 --at 2020-01-01T00:00:00Z", 2),
            ("answered lumen-site/r-1 --at 2999-01-01T00:00:00Z", 2),
            ("send --source nobody --url http://127.0.0.1:1", 2),
            ("send --source lumen-site --url http://127.0.0.1:1", 1),
            ("doctor --source lumen-site --headers none --body none", 2),
            ("capture --source lumen-site --for 1s", 0),
            ("capture --source nobody", 2),
            ("capture --source lumen-site --for 25h", 2),
            ("capture --source lumen-site --for soon", 2),
            ("capture", 2),
            ("doctor --source lumen-site --captured last", 2),
            ("doctor --source nobody --captured last", 2),
            ("doctor --source lumen-site --captured last --headers none --body none", 2),
            ("no-such-command", 2),
            ("serve --no-such-flag", 2),
            ("report unanswered --store aws", 2),
            ("answered lumen-site/r-1", 0),
            ("close lumen-site/r-1 --reason late", 0),
        ],
    )
}

#[tokio::test]
async fn a_file_that_is_missing_or_faulty_is_exit_2_for_every_command_that_reads_it() -> Result<()>
{
    let missing = Stage::set("")?;
    std::fs::remove_file(missing.home.path().join("vigie.toml"))?;
    let faulty = Stage::set(&[SERVER, &LUMEN.replace("Europe/Paris", "Mars/Base")].concat())?;
    for stage in [&missing, &faulty] {
        for line in [
            "serve",
            "apply",
            "apply --dry-run",
            "report unanswered",
            "notices",
            "explain lumen-site/r-1",
            "answered lumen-site/r-1",
            "close lumen-site/r-1 --reason x",
            "redrive 00000000000000000000000000000000",
            "send --source lumen-site --url http://127.0.0.1:1",
        ] {
            assert_codes(stage, &[(line, 2)])?;
        }
        assert_eq!(stage.run(&["check"])?.code, 2);
    }
    assert_codes(&missing, &[("platforms", 0)])
}

#[tokio::test]
async fn a_line_that_cannot_be_read_is_exit_1_of_assess() -> Result<()> {
    let stage = Stage::set(&[SERVER, LUMEN].concat())?;
    stage.write("good.jsonl", "{\"text\":\"Bof\"}\n")?;
    stage.write("bad.jsonl", "{\"text\":\"Bof\"}\nBof\n")?;
    assert_codes(&stage, &[("assess none", 2), ("assess good.jsonl", 0), ("assess bad.jsonl", 1)])
}

#[tokio::test]
async fn a_file_that_names_no_stack_is_exit_2_for_every_command_over_aws() -> Result<()> {
    let stage = Stage::set(&[SERVER, LUMEN].concat())?;
    for line in [
        "capture --source lumen-site",
        "backup copy",
        "erase lumen-site/r-1",
        "explain lumen-site/r-1",
        "notices",
        "sources",
    ] {
        let line = format!("{line} --store aws");
        assert_codes(&stage, &[(&line, 2)])?;
        let arguments: Vec<&str> = line.split(' ').collect();
        assert!(stage.run(&arguments)?.err.contains("hint: "), "vigie {line}");
    }
    Ok(())
}

#[tokio::test]
async fn another_configuration_file_can_be_named() -> Result<()> {
    let stage = Stage::set(&[SERVER, LUMEN].concat())?;
    std::fs::rename(stage.home.path().join("vigie.toml"), stage.home.path().join("other.toml"))?;
    assert_codes(&stage, &[("check", 2), ("check --config other.toml", 0)])?;
    assert_codes(&stage, &[("apply --config other.toml", 0), ("notices --config other.toml", 0)])
}
