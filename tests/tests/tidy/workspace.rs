//! What the rules look at: the packages as cargo sees them, and the files as git sees them.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;
use vigie_tests::{cargo, output_of, workspace_root};

/// One member of the workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    /// The folder from the root, such as `shared/domain`.
    pub(crate) folder: String,
    pub(crate) manifest: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a dependency table.
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// True in `[dev-dependencies]`: seen by tests, examples and benches only.
    pub(crate) dev: bool,
}

impl Package {
    /// The dependencies that end up in what users run.
    pub(crate) fn shipped(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|dependency| !dependency.dev)
    }
}

/// One text file of the repository.
pub(crate) struct File {
    /// The path from the root, with `/` between its parts.
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

impl File {
    /// The text, or nothing where it is not UTF-8 (a rule of its own says so).
    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.bytes).unwrap_or_default()
    }

    /// The lines with their numbers, which begin at 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text().lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, found)| found == extension)
    }

    #[cfg(test)]
    pub(crate) fn sample(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
    }
}

/// Reads the members of the workspace. Without their dependencies cargo needs no network for it.
pub(crate) fn packages() -> Result<Vec<Package>> {
    let arguments = ["metadata", "--offline", "--no-deps", "--format-version", "1"];
    let metadata: Value = serde_json::from_str(&output_of(cargo().args(arguments))?)?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    packages.context("cargo metadata lists no packages")?.iter().map(package).collect()
}

fn package(value: &Value) -> Result<Package> {
    let path = value["manifest_path"].as_str().context("a package without a manifest")?;
    let folder = std::path::Path::new(path)
        .parent()
        .and_then(|folder| folder.strip_prefix(workspace_root()).ok())
        .with_context(|| format!("{path} lies outside the workspace"))?;
    let dependencies = value["dependencies"].as_array().into_iter().flatten();
    Ok(Package {
        name: value["name"].as_str().unwrap_or_default().to_owned(),
        folder: folder.to_string_lossy().replace('\\', "/"),
        manifest: fs::read_to_string(path).with_context(|| format!("reading {path}"))?,
        dependencies: dependencies.map(dependency).collect(),
    })
}

fn dependency(value: &Value) -> Dependency {
    Dependency {
        name: value["name"].as_str().unwrap_or_default().to_owned(),
        dev: value["kind"] == "dev",
    }
}

/// Reads every file that git tracks or would add. What is ignored is nobody's business; what was
/// deleted and not yet committed is not there to read.
pub(crate) fn files() -> Result<Vec<File>> {
    let mut git = Command::new("git");
    git.current_dir(workspace_root());
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = output_of(&mut git)?;
    let paths = listed.split('\0').filter(|path| !path.is_empty());
    let present = paths.filter(|path| workspace_root().join(path).is_file());
    present.filter(|path| !is_binary(path)).map(read).collect()
}

fn read(path: &str) -> Result<File> {
    let bytes = fs::read(workspace_root().join(path)).with_context(|| format!("reading {path}"))?;
    Ok(File { path: path.to_owned(), bytes })
}

/// Pictures, fonts and archives hold no text.
fn is_binary(path: &str) -> bool {
    const EXTENSIONS: [&str; 9] =
        ["bin", "gif", "gz", "ico", "jpg", "png", "sqlite", "webp", "woff2"];
    path.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

#[test]
fn the_rules_see_the_whole_house() -> Result<()> {
    let packages = packages()?;
    for folder in ["shared/domain", "shared/app", "functions/vigie", "tests"] {
        assert!(packages.iter().any(|package| package.folder == folder), "{folder} is not seen");
    }
    let files = files()?;
    for path in ["Cargo.toml", "test", "shared/domain/src/lib.rs", "tests/tests/tidy/main.rs"] {
        assert!(files.iter().any(|file| file.path == path), "{path} is not seen");
    }
    Ok(())
}
