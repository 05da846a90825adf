//! The template of the home on AWS: what it says, and what each function may and may not do.

#![expect(clippy::indexing_slicing, reason = "helpers of tests stop the test")]

mod roles;
mod rules;
