//! An SMTP server on loopback that keeps what it is given.
//!
//! The demo shows its mail through it, and the tests send to it over real TCP. It can be told to
//! misbehave ([`Fault`]) at every stage of a session, which is how failure classes are proven.
//!
//! **Invariant:** what [`Sink::count`] says was taken was taken whole, up to the final dot, and a
//! message is counted before its sender hears so.
//!
//! It does not relay, encrypt, check addresses or write to disk, and it is not a server for the
//! open Internet.
//!
//! The protocol is RFC 5321 with `8BITMIME` (RFC 6152), `PIPELINING` (RFC 2920), `SIZE` (RFC 1870)
//! and, where credentials are set, `AUTH PLAIN` and `LOGIN` (RFC 4954).

mod auth;
mod fault;
mod line;
mod params;
mod received;
mod session;
mod shared;
mod sink;
mod talk;

pub use fault::{Action, Fault, Stage, When};
pub use received::Received;
pub use shared::TooFew;
pub use sink::{Credentials, Options, Sink};
