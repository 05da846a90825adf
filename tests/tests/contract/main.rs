//! The samples and rules of the public interface, held against the real program: payloads, the
//! configuration file, JSON documents key by key, exit codes, problem bodies.

mod doors;
mod exits;
mod file;
mod payload;
mod problems;
mod shapes;
mod support;
