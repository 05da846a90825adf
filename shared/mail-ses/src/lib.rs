//! Mail through Amazon SES: the adapter of [`vigie_ports::Mail`] for the serverless home.
//!
//! It hands over the bytes that [`vigie_mime`] makes for SMTP too, by `SendRawEmail` of the first
//! API. SES writes a `Message-ID` and a `Date` of its own over ours; a conversation holds together
//! by `References`.
//!
//! **Invariant:** a failure is `Unknown` only where the message may have been taken: the request
//! left, and no answer came back whole. The SDK retries nothing: a request that is sent twice is a
//! mail that comes twice, and only the store counts those.
//!
//! **Invariant:** no reason holds an address or a text of the message; SES quotes both.

mod class;
mod ses;

pub use class::class_of_refusal;
pub use ses::SesMail;
