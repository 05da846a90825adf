//! For tests only: the contract suites of the ports, and a world whose time, chance and mail are
//! the test's.

// A test's helper may stop the test: that is how it fails.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests stop the test")]

pub mod build;
pub mod cloud;
pub mod copies_suite;
pub mod erase_suite;
pub mod fetch_suite;
pub mod held_suite;
mod laws;
pub mod moving_suite;
pub mod open_suite;
pub mod operator_suite;
mod prose;
pub mod store_suite;
pub mod world;

pub use prose::prose;
