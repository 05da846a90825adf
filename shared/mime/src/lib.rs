//! The bytes of a message: one encoding for SMTP, `.eml` files and SES, so that what is read in one
//! home is what is read in the other.
//!
//! **Invariant:** what goes in comes out. No text, name or header can break a line, add a header or
//! stop the program.
//!
//! It sends nothing, and decides nothing of what a message says.

mod encode;
mod header;

pub use encode::{EncodeError, Encoded, encode, encode_with_envelope};
