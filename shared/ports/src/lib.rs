//! What the application needs of the world: traits and their error classes, no adapter.

pub mod mail;

pub use mail::{Accepted, Email, FailureClass, Mail, Mailbox, SendError};
