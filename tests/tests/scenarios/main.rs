//! What a brand and its operator live through, with the real server: webhooks over HTTP, mail over
//! SMTP, links, signals and restarts.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests stop the test")]

mod alerts;
mod answers;
mod brands;
mod critical;
mod desk;
mod edits;
mod form;
mod ladder;
mod life;
mod mail;
mod outside;
mod report;
mod secrets;
mod silence;
mod support;
