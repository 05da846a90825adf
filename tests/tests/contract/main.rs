//! The samples and rules of the public interface, held against the real program: payloads, the
//! configuration file, JSON documents key by key, exit codes, problem bodies.

#![expect(clippy::expect_used, reason = "helpers of tests stop the test")]

mod exits;
mod file;
mod payload;
mod problems;
mod shapes;
mod support;
