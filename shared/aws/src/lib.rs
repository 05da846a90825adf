//! What the functions on AWS share: surroundings, what is in force, the forms of their events.
//!
//! A function is thin: it opens a [`Home`] once, at its start, and hands each event to a use case
//! of `vigie-app`. Whatever it lacks is told by name when it starts. Nothing of one event is kept
//! for the next, save what is in force, and counts.

#[cfg(feature = "sqs")]
pub mod batch;
mod cloud;
mod home;
#[cfg(feature = "http")]
pub mod http;
mod metrics;
#[cfg(feature = "sources")]
mod sources;
mod surroundings;

pub use cloud::{Cloud, NoMail};
pub use home::{Home, InForce};
pub use metrics::Metrics;
#[cfg(feature = "sources")]
pub use sources::Sources;
pub use surroundings::{CannotStart, Surroundings};
