//! What a brand and its operator live through, with the real server: webhooks over HTTP, mail over
//! SMTP, links, signals and restarts.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests stop the test")]

mod advice;
mod alerts;
mod answers;
mod brands;
mod capture;
mod catch_up;
mod copies;
mod critical;
mod demo;
mod desk;
mod edits;
mod form;
mod kept;
mod ladder;
mod life;
mod live;
mod mail;
mod many;
mod operator;
mod outside;
mod people;
mod report;
mod secrets;
mod silence;
mod support;
mod trial;
mod waiting;

/// Where these scenarios play; `deployed` plays the same on AWS.
type Here = vigie_tests::stage::process::Process;
use vigie_tests::stage::Stage;
