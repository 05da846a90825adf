//! docs/install.md and deploy/, followed as somebody would who has nothing else.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests stop the test")]

mod image;
mod page;
mod proxies;
mod unit;
mod walk;
