//! What every manifest says, and what ARCHITECTURE.md says of every crate.

use anyhow::{Context, Result};
use toml::Table;

use crate::assert_held;
use crate::workspace::{File, Package, files, packages};

/// One table of lints, for every crate.
fn lints_are_shared(packages: &[Package]) -> Vec<String> {
    let own = packages.iter().filter(|package| !shares_lints(&package.manifest));
    own.map(|package| {
        format!("{}/Cargo.toml lacks `[lints]` with `workspace = true`: add it", package.folder)
    })
    .collect()
}

fn shares_lints(manifest: &str) -> bool {
    let table: Option<Table> = toml::from_str(manifest).ok();
    let lints = table.as_ref().and_then(|table| table.get("lints")?.get("workspace")?.as_bool());
    lints == Some(true)
}

/// The map of the house names every room.
fn architecture_names_every_crate(text: &str, packages: &[Package]) -> Vec<String> {
    let unnamed = packages.iter().filter(|package| !is_named(text, &package.folder));
    unnamed
        .map(|package| {
            format!("ARCHITECTURE.md does not mention {}: say what it is for", package.folder)
        })
        .collect()
}

/// A folder is named by its whole path, or by its last part with a slash, as in a drawn tree.
fn is_named(text: &str, folder: &str) -> bool {
    let last = folder.rsplit('/').next().unwrap_or(folder);
    let branch = format!("{last}/");
    text.contains(folder)
        || text.match_indices(&branch).any(|(at, _)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            before.is_none_or(|before| !before.is_alphanumeric() && before != '-')
        })
}

#[test]
fn every_crate_shares_the_lints_of_the_workspace() -> Result<()> {
    assert_held("lints are shared:", &lints_are_shared(&packages()?));
    Ok(())
}

#[test]
fn architecture_md_mentions_every_crate() -> Result<()> {
    let files = files()?;
    let Some(file) = files.iter().find(|file| file.path == "ARCHITECTURE.md") else {
        return Ok(()); // README.md links to it, so the link rule says when it goes missing.
    };
    let faults = architecture_names_every_crate(file.text(), &packages()?);
    assert_held("the map names every room:", &faults);
    Ok(())
}

#[test]
fn the_registry_is_the_public_one() -> Result<()> {
    let files = files()?;
    files.iter().find(|file| file.path == "Cargo.lock").context("no Cargo.lock")?;
    // What is fuzzed has a lock file of its own.
    let locks = files.iter().filter(|file| file.path.rsplit('/').next() == Some("Cargo.lock"));
    let faults: Vec<_> = locks.flat_map(other_registries).collect();
    assert_held("one registry:", &faults);
    let settings: Vec<_> = files.iter().filter(|file| file.path.starts_with(".cargo/")).collect();
    let faults: Vec<_> = settings.into_iter().flat_map(replaced_registries).collect();
    assert_held("no replaced registry:", &faults);
    Ok(())
}

/// A lock file written behind a mirror may name it.
fn other_registries(lock: &File) -> Vec<String> {
    const PUBLIC: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let sources = lock.lines().filter(|(_, line)| line.starts_with("source = "));
    let others = sources.filter(|(_, line)| *line != PUBLIC);
    others
        .map(|(number, line)| {
            format!("{}:{number}: {line}: take the crate from crates.io", lock.path)
        })
        .collect()
}

fn replaced_registries(settings: &File) -> Vec<String> {
    let table: Table = toml::from_str(settings.text()).unwrap_or_default();
    let keys = ["source", "registries", "registry"].into_iter();
    keys.filter(|key| table.contains_key(*key))
        .map(|key| {
            format!("{} sets [{key}]: keep it in your own ~/.cargo/config.toml", settings.path)
        })
        .collect()
}

#[cfg(test)]
mod samples {
    use super::*;

    #[test]
    fn a_manifest_without_shared_lints_is_caught() {
        assert!(shares_lints("[lints]\nworkspace = true\n"));
        assert!(shares_lints("lints.workspace = true\n"));
        assert!(!shares_lints("[lints]\nworkspace = false\n"));
        assert!(!shares_lints("[package]\nname = \"x\"\n"));
        assert!(!shares_lints("# [lints]\n# workspace = true\n"));
    }

    #[test]
    fn a_room_that_the_map_leaves_out_is_caught() {
        assert!(is_named("see `shared/app` for use cases", "shared/app"));
        assert!(is_named("shared/\n  app/   use cases", "shared/app"));
        assert!(!is_named("shared/\n  application/   use cases", "shared/app"));
        assert!(!is_named("old-app/ was here", "shared/app"));
    }

    #[test]
    fn a_lock_file_that_names_a_mirror_is_caught() {
        let lock = "source = \"registry+https://mirror.example/index\"\n";
        assert_eq!(other_registries(&File::sample("Cargo.lock", lock)).len(), 1);
        let lock = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        assert_eq!(other_registries(&File::sample("Cargo.lock", lock)).len(), 0);
    }

    #[test]
    fn a_replaced_registry_is_caught() {
        let settings = "[source.crates-io]\nreplace-with = \"mirror\"\n";
        assert_eq!(replaced_registries(&File::sample(".cargo/config.toml", settings)).len(), 1);
        assert_eq!(replaced_registries(&File::sample(".cargo/config.toml", "[env]\n")).len(), 0);
    }
}
