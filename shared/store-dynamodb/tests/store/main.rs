//! The store on DynamoDB, on ministack over HTTP: one server for all of it, some seconds in all.

// A test's helper may stop the test: that is how it fails.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

mod cost;
mod erasing;
mod faults;
mod laws;
mod meter;
mod races;
mod support;
