//! Moving from one home to the other under load, stopped at each step: nothing is lost, nothing is
//! sent twice, and exactly one home delivers.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

mod back;
mod support;
mod there;
