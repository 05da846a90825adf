//! The page, the files it names, and programs that may not be here.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use vigie_tests::workspace_root;

/// A file of the repository.
pub(crate) fn read(path: &str) -> Result<String> {
    fs::read_to_string(workspace_root().join(path)).with_context(|| path.to_owned())
}

/// The file of a path as docs/install.md shows it, below the path.
pub(crate) fn shown(path: &str) -> Result<String> {
    let page = read("docs/install.md")?;
    let (_, below) = page.split_once(&format!("## {path}\n")).context("no such heading")?;
    let (_, block) = below.split_once("```toml\n").context("no configuration")?;
    let (block, _) = block.split_once("```").context("a block without an end")?;
    Ok(block.to_owned())
}

/// The vigie.toml that docs/install.md shows.
pub(crate) fn configuration() -> Result<String> {
    shown("/etc/vigie/vigie.toml")
}

/// The file of its first brand.
pub(crate) fn brand() -> Result<String> {
    shown("/etc/vigie/brands/lumen.toml")
}

/// Whether a program is installed; if not, says what is skipped.
#[expect(clippy::print_stderr, reason = "whoever runs the tests must see what was not run")]
pub(crate) fn is_here(program: &str, argument: &str, skipped: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(argument).stdout(Stdio::null()).stderr(Stdio::null());
    let here = command.status().is_ok_and(|status| status.success());
    if !here {
        eprintln!("SKIPPED {skipped}: {program} is not installed");
    }
    here
}

#[test]
fn the_page_installs_every_file_of_deploy() -> Result<()> {
    let page = read("docs/install.md")?;
    let mut seen = 0;
    for entry in fs::read_dir(workspace_root().join("deploy"))? {
        let name = format!("deploy/{}", entry?.file_name().to_string_lossy());
        assert!(page.contains(&name), "docs/install.md does not say what {name} is for");
        seen += 1;
    }
    assert!(seen >= 4, "{seen} files in deploy/");
    Ok(())
}

#[test]
fn the_page_makes_every_path_that_its_configuration_names() -> Result<()> {
    let (page, files) = (read("docs/install.md")?, configuration()? + &brand()?);
    let paths = files.split('"').filter_map(|quoted| {
        let path = quoted.strip_prefix("file:").unwrap_or(quoted);
        path.starts_with('/').then_some(path)
    });
    let paths: Vec<_> = paths.collect();
    assert_eq!(paths.len(), 3, "{paths:?}");
    for path in paths {
        let made = match path.strip_prefix("/etc/vigie/secrets/") {
            Some(secret) => {
                let line = |line: &str| line.contains(&format!("secret {secret}"));
                page.lines().any(line)
            }
            None => page.lines().any(|line| line.contains("install -d") && line.ends_with(path)),
        };
        assert!(made, "docs/install.md does not make {path}");
    }
    Ok(())
}
