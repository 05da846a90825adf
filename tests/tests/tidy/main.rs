//! The rules of the house, held as ordinary tests.
//!
//! Each rule is a pure function from what the repository holds to a list of faults, and each fault
//! says where it is and what to do. A rule has two tests: the house keeps it, and a small sample
//! that breaks it is caught. What the compiler, clippy, rustfmt and cargo-deny already hold is not
//! repeated here.

mod files;
mod layers;
mod links;
mod manifests;
mod sources;
mod workspace;

/// Fails with every fault at once, one a line.
#[track_caller]
fn assert_held(rule: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{rule}\n  {}\n", faults.join("\n  "));
}
