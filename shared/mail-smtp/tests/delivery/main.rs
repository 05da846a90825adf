//! Delivery, over real TCP and to real files.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod files;
mod sign_in;
mod smtp;
mod support;
mod tls;
