//! Finds the library's files, checks each, and lists them for the crate: a file that is dropped
//! into `library/` is part of the next build, and a faulty one stops it with its name.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/check.rs"]
mod check;
#[path = "src/format.rs"]
#[expect(dead_code, reason = "the crate reads what is only checked here")]
mod format;

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed=library");
    println!("cargo::rerun-if-changed=src/format.rs");
    println!("cargo::rerun-if-changed=src/check.rs");
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("library");
    let mut causes = Vec::new();
    let mut listed = String::from("pub(crate) const FILES: &[(&str, &str, &str)] = &[\n");
    for path in files(&root)? {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        let (stem, language) = split(&name).map_err(|e| format!("library/{name}: {e}"))?;
        let text = fs::read_to_string(&path).map_err(|e| format!("library/{name}: {e}"))?;
        check::check(stem, &text).map_err(|e| format!("library/{name}: {e}"))?;
        causes.push((stem.to_owned(), language.to_owned()));
        // As JSON it is smaller in the program, and read in a fraction of the time.
        let packed: serde_json::Value = toml::from_str(&text).map_err(|e| e.to_string())?;
        let packed = packed.to_string();
        writeln!(listed, "({stem:?}, {language:?}, {packed:?}),").map_err(|e| e.to_string())?;
    }
    listed.push_str("];\n");
    complete(&causes)?;
    let out = Path::new(&variable("OUT_DIR")?).join("library.rs");
    fs::write(out, listed).map_err(|e| e.to_string())
}

/// What cargo tells a build script, which has no other way to learn it.
#[expect(clippy::disallowed_methods, reason = "a build script is told its folders this way only")]
fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|e| format!("{name}: {e}"))
}

fn files(root: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(root).map_err(|e| format!("library: {e}"))?;
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    found.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    found.sort();
    Ok(found)
}

fn split(name: &str) -> Result<(&str, &str), String> {
    name.strip_suffix(".toml")
        .and_then(|stem| stem.split_once('.'))
        .filter(|(_, language)| matches!(*language, "fr" | "en"))
        .ok_or_else(|| "a file is named <cause>.<fr|en>.toml".to_owned())
}

/// Every stem exists in every language, and the ones that the engine cannot do without exist.
fn complete(found: &[(String, String)]) -> Result<(), String> {
    let has = |stem: &str, language: &str| found.iter().any(|(s, l)| s == stem && l == language);
    let needed = ["general", "voice", "lint"].into_iter();
    for stem in needed.chain(found.iter().map(|(stem, _)| stem.as_str())) {
        for language in ["fr", "en"] {
            if !has(stem, language) {
                return Err(format!("library/{stem}.{language}.toml is missing"));
            }
        }
    }
    Ok(())
}
