//! Mail over SMTP, and to `.eml` files: the adapters of [`vigie_ports::Mail`].
//!
//! - [`SmtpMail`] speaks to one mail server and keeps a few idle connections to it;
//! - [`FileMail`] writes one file a message, for trials and for mail that another program sends;
//! - [`Transport`] is whichever the configuration names.
//!
//! **Invariant:** a failure is `Unknown` only where the message may have arrived: from its first
//! byte after the server's 354 on, as long as no final reply came. Every earlier failure is a sure
//! non-delivery, and every final reply is believed.
//!
//! **Invariant:** no reason holds an address, a password or a text of the message, though servers
//! like to quote all three ([`reason`]).
//!
//! It does not retry (save on a fresh connection, where a kept one had gone stale and nothing was
//! handed over), does not queue, does not look up mail exchangers, and reads no clock but tokio's
//! for its time limits.

mod class;
mod config;
mod file;
mod pool;
mod reason;
mod session;
mod smtp;
mod spool;
mod transport;

pub use class::{Stage, class_of_reply};
pub use config::{BadSetup, SmtpConfig, Tls};
pub use file::FileMail;
pub use smtp::SmtpMail;
pub use spool::Spooled;
pub use transport::Transport;
