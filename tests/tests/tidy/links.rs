//! Every link in the documents leads to a file that exists.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;
use vigie_tests::workspace_root;

use crate::assert_held;
use crate::workspace::{File, files};

/// The targets of a document's links, with the numbers of their lines. Blocks of code hold none.
fn links(file: &File) -> Vec<(usize, &str)> {
    let mut in_code = false;
    let mut found = Vec::new();
    for (number, line) in file.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            found.extend(targets(line).map(|target| (number, target)));
        }
    }
    found
}

/// The targets of the `[text](target)` and `[label]: target` forms in one line.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let inline = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let definition = line.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
    inline.chain(definition.and_then(|(_, target)| target.split_whitespace().next()))
}

/// The path that a link leads to from the document at `path`, or nothing if it leaves the
/// repository or stays on the page.
fn path_of(path: &str, target: &str) -> Option<PathBuf> {
    let file = target.split('#').next().unwrap_or(target);
    if file.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut resolved = PathBuf::new();
    for part in folder.join(file.trim_matches(['<', '>'])).components() {
        match part {
            Component::ParentDir => drop(resolved.pop()),
            Component::Normal(part) => resolved.push(part),
            _ => {}
        }
    }
    Some(resolved)
}

fn broken_links(file: &File, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let links = links(file).into_iter();
    let local = links.filter_map(|(number, target)| {
        path_of(&file.path, target).map(|path| (number, target, path))
    });
    let broken = local.filter(|(_, _, path)| !exists(path));
    broken
        .map(|(number, target, _)| {
            format!("{}:{number}: {target} does not exist: mend the link", file.path)
        })
        .collect()
}

#[test]
fn every_link_in_a_document_leads_to_a_file() -> Result<()> {
    let mut documents = files()?;
    documents.retain(|file| file.has_extension("md"));
    let exists = |path: &Path| workspace_root().join(path).exists();
    let faults: Vec<_> =
        documents.iter().flat_map(|document| broken_links(document, exists)).collect();
    assert_held("links lead somewhere:", &faults);
    Ok(())
}

#[cfg(test)]
mod samples {
    use super::*;

    #[track_caller]
    fn check(text: &str, broken: usize) {
        let exists =
            |path: &Path| [Path::new("docs/api.md"), Path::new("README.md")].contains(&path);
        let found = broken_links(&File::sample("docs/start.md", text), exists);
        assert_eq!(found.len(), broken, "{found:?}");
    }

    #[test]
    fn a_link_to_nothing_is_caught() {
        check("[a](api.md) and [b](gone.md)\n", 1);
        check("[a](../README.md#start \"title\"), ![p](../gone.png)\n", 1);
        check("[label]: gone.md\n", 1);
    }

    #[test]
    fn links_outside_and_within_the_page_and_code_are_left_alone() {
        check("[a](https://vigie.example/x) [b](#here) [c](mailto:a@b.example)\n", 0);
        check("```\n[a](gone.md)\n```\n", 0);
    }
}
