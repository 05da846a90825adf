//! The functions as real processes, each alone: what they make of what they are sent, and of a
//! world that fails.
//!
//! Events come from a small Runtime API, calls go to what stands in for AWS through a proxy that
//! can spoil them.

mod bodies;
mod failing;
mod items;
mod sending;
mod shapes;
mod starting;
mod stream;
