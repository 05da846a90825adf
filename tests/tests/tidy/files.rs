//! Rules over every text file of the repository.

use anyhow::Result;

use crate::assert_held;
use crate::workspace::{File, files};

/// Folders that exist on somebody's machine and mean nothing on another.
const MACHINE_FOLDERS: [&str; 5] = ["work", "root", "home", "farm", "Users"];

/// Hosts that hand out packages. Which one a machine uses is its own affair.
const REGISTRY_HOSTS: [&str; 7] = [
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("registry.", "npmjs.org"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("deb.", "debian.org"),
    concat!("archive.", "ubuntu.com"),
];

/// Files whose bytes are what a platform or a mail server sent: not ours to tidy.
const AS_RECEIVED: [&str; 3] = ["body", "eml", "raw"];

/// True if the path of one machine stands in the line, and not as part of an address or of a
/// longer path.
fn names_a_machine_path(line: &str) -> bool {
    MACHINE_FOLDERS.iter().any(|folder| {
        line.match_indices(&format!("/{folder}/")).any(|(at, _)| {
            let before = line.get(..at).and_then(|line| line.chars().next_back());
            before.is_none_or(|c| !c.is_alphanumeric() && !"_.-/})".contains(c))
        })
    })
}

fn no_machine_path(file: &File) -> Vec<String> {
    let found = file.lines().filter(|(_, line)| names_a_machine_path(line));
    found
        .map(|(number, _)| {
            format!(
                "{}:{number}: a path of one machine: make it relative to the repository",
                file.path
            )
        })
        .collect()
}

fn no_registry_host(file: &File) -> Vec<String> {
    let names = |line: &str| REGISTRY_HOSTS.iter().any(|host| line.contains(host));
    let found = file.lines().filter(|(_, line)| names(line));
    found
        .map(|(number, _)| {
            format!("{}:{number}: the host of a registry: leave it to the client", file.path)
        })
        .collect()
}

fn is_utf8(file: &File) -> Vec<String> {
    match str::from_utf8(&file.bytes) {
        Ok(_) => Vec::new(),
        Err(error) => {
            vec![format!(
                "{}: not UTF-8 from byte {} on: convert it, or name its extension in is_binary",
                file.path,
                error.valid_up_to()
            )]
        }
    }
}

fn ends_with_a_newline(file: &File) -> Vec<String> {
    let received = AS_RECEIVED.iter().any(|extension| file.has_extension(extension));
    if received || file.bytes.is_empty() || file.bytes.ends_with(b"\n") {
        return Vec::new();
    }
    vec![format!("{}: no newline at the end: add one", file.path)]
}

fn hold(what: &str, rule: fn(&File) -> Vec<String>) -> Result<()> {
    let faults: Vec<_> = files()?.iter().flat_map(rule).collect();
    assert_held(what, &faults);
    Ok(())
}

#[test]
fn no_file_names_a_path_of_one_machine() -> Result<()> {
    hold("the repository works anywhere:", no_machine_path)
}

#[test]
fn no_file_names_the_host_of_a_registry() -> Result<()> {
    hold("registries are the machine's affair:", no_registry_host)
}

#[test]
fn every_text_file_is_utf_8() -> Result<()> {
    hold("text is UTF-8:", is_utf8)
}

#[test]
fn every_text_file_ends_with_a_newline() -> Result<()> {
    hold("a line ends:", ends_with_a_newline)
}

#[cfg(test)]
mod samples {
    use super::*;

    #[test]
    fn a_machine_path_is_caught_and_an_address_is_not() {
        let path = |rest: &str| ["/", rest].concat();
        assert!(names_a_machine_path(&path("home/sara/vigie")));
        assert!(names_a_machine_path(&format!("open({:?})", path("work/main"))));
        assert!(names_a_machine_path(&format!("see `{}`", path("root/.cargo"))));
        assert!(!names_a_machine_path(&format!("https://shop.example{}", path("home/page"))));
        assert!(!names_a_machine_path(&format!("./target{}", path("work/x"))));
        assert!(!names_a_machine_path(&path("homework/x")));
    }

    #[test]
    fn a_registry_host_is_caught() {
        let named = format!("curl https://{}/x\n", REGISTRY_HOSTS[0]);
        assert_eq!(no_registry_host(&File::sample("x.sh", &named)).len(), 1);
        assert_eq!(no_registry_host(&File::sample("x.sh", "https://crates.io/x\n")).len(), 0);
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_caught() {
        let latin = File { path: "a.txt".to_owned(), bytes: vec![b'a', 0xe9, b'\n'] };
        assert_eq!(is_utf8(&latin).len(), 1);
        assert_eq!(is_utf8(&File::sample("a.txt", "é\n")).len(), 0);
    }

    #[test]
    fn a_last_line_without_its_end_is_caught_except_as_received() {
        assert_eq!(ends_with_a_newline(&File::sample("a.md", "x")).len(), 1);
        assert_eq!(ends_with_a_newline(&File::sample("a.md", "x\n")).len(), 0);
        assert_eq!(ends_with_a_newline(&File::sample("a.md", "")).len(), 0);
        assert_eq!(ends_with_a_newline(&File::sample("a.body", "{}")).len(), 0);
    }
}
