//! Messages by way of SES's API, over real HTTP.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

mod answers;
mod ministack;
mod support;
