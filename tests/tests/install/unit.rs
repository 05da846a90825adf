//! deploy/vigie.service: what it says, and what systemd says of it.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use vigie_tests::{output_of, vigie_bin};

use crate::page::{configuration, is_here, read};

/// The worst exposure that is taken, in tenths, of `systemd-analyze security`; it is 13 today.
const EXPOSURE_MAX: u8 = 15;

fn settings() -> Result<BTreeMap<String, Vec<String>>> {
    let mut settings = BTreeMap::<String, Vec<String>>::new();
    for line in read("deploy/vigie.service")?.lines() {
        if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            settings.entry(key.to_owned()).or_default().push(value.to_owned());
        }
    }
    Ok(settings)
}

fn one(key: &str) -> Result<String> {
    let settings = settings()?;
    let values = settings.get(key).with_context(|| format!("no {key}"))?;
    let [value] = values.as_slice() else { anyhow::bail!("{key} twice: {values:?}") };
    Ok(value.clone())
}

#[test]
fn the_unit_starts_what_the_page_installs_with_options_that_exist() -> Result<()> {
    let (page, start) = (read("docs/install.md")?, one("ExecStart")?);
    let words: Vec<&str> = start.split(' ').collect();
    let [program, "serve", options @ ..] = words.as_slice() else { anyhow::bail!("{start}") };
    assert!(page.contains(&format!("install -m 755 target/release/vigie {program}\n")));
    let help = output_of(Command::new(vigie_bin()?).args(["serve", "--help"]))?;
    for option in options.iter().filter(|word| word.starts_with('-')) {
        assert!(help.contains(option), "serve has no {option}");
    }
    let file = options.windows(2).find(|pair| pair[0] == "--config").context("no --config")?[1];
    assert!(page.contains(&format!("## {file}\n")), "the page does not write {file}");
    let commands = page.lines().filter(|line| line.starts_with("vigie "));
    assert!(commands.clone().count() >= 2);
    for command in commands {
        assert!(command.ends_with(&format!("--config {file}")), "{command}");
    }
    assert_eq!(one("ExecReload")?, "/bin/kill -HUP $MAINPID");
    Ok(())
}

#[test]
fn the_unit_gives_the_user_of_the_page_its_data_folder_and_nothing_else_to_write() -> Result<()> {
    let (page, user) = (read("docs/install.md")?, one("User")?);
    let data = format!("/var/lib/{}", one("StateDirectory")?);
    assert!(page.contains("useradd --system") && page.contains(&format!("nologin {user}\n")));
    assert!(configuration()?.contains(&format!("data = \"{data}\"\n")));
    assert!(page.contains(&format!("install -d -o {user} -g {user} -m 700 {data}\n")));
    assert_eq!(one("StateDirectoryMode")?, "0700");
    assert_eq!(one("UMask")?, "0077");
    assert_eq!(one("ProtectSystem")?, "strict");
    assert!(!settings()?.contains_key("ReadWritePaths"));
    let stop: u64 = one("TimeoutStopSec")?.parse()?;
    assert!(stop > 30, "deliveries may take 30 s to end");
    Ok(())
}

#[test]
fn the_unit_is_hardened() -> Result<()> {
    for key in ["NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome"] {
        assert_eq!(one(key)?, "yes", "{key}");
    }
    for key in ["MemoryDenyWriteExecute", "RestrictNamespaces", "LockPersonality"] {
        assert_eq!(one(key)?, "yes", "{key}");
    }
    assert_eq!(one("CapabilityBoundingSet")?, "");
    let filters = settings()?.remove("SystemCallFilter").context("no filter")?;
    assert_eq!(filters.first().map(String::as_str), Some("@system-service"));
    assert!(one("RestrictAddressFamilies")?.starts_with("AF_INET AF_INET6"));
    Ok(())
}

#[test]
fn systemd_takes_the_unit_and_finds_it_little_exposed() -> Result<()> {
    if !is_here("systemd-analyze", "--version", "the unit as systemd reads it") {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("vigie.service");
    // The programs it names are elsewhere on this machine, or nowhere; a unit takes no folder with
    // a space in its name.
    let program = folder.path().join("vigie");
    std::os::unix::fs::symlink(vigie_bin()?, &program)?;
    let program = program.display().to_string();
    let text = read("deploy/vigie.service")?;
    let text = text.replace("/usr/local/bin/vigie", &program).replace("/bin/kill", &program);
    fs::write(&file, text)?;
    let analyze = |arguments: &[&str]| -> Result<(bool, String)> {
        let output = Command::new("systemd-analyze").args(arguments).arg(&file).output()?;
        let told = [output.stdout, output.stderr].concat();
        Ok((output.status.success(), String::from_utf8_lossy(&told).into_owned()))
    };
    let (_, told) = analyze(&["verify", "--man=no"])?;
    let ours: Vec<_> = told.lines().filter(|line| line.contains("vigie.service")).collect();
    assert!(ours.is_empty(), "{ours:?}");
    let threshold = format!("--threshold={EXPOSURE_MAX}");
    let (good, told) = analyze(&["security", "--offline=true", "--no-pager", &threshold])?;
    if told.contains("unrecognized option") {
        eprintln!("SKIPPED the exposure of the unit: this systemd-analyze is older than 250");
        return Ok(());
    }
    assert!(good && told.contains("Overall exposure level"), "{told}");
    Ok(())
}
