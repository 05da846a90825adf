//! The operator's commands over AWS: the real binary, against what stands in for AWS.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests stop the test"
)]

mod apply;
mod check;
mod faults;
mod reading;
mod serving;
mod support;
