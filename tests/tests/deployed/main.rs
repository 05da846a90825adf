//! What a brand and its operator live through, on AWS: the template deployed, the functions as real
//! processes under their own roles. The scenarios are those of the one process, file by file.

#![expect(clippy::indexing_slicing, reason = "helpers of tests stop the test")]

mod alone;

#[path = "../scenarios/advice.rs"]
mod advice;
#[path = "../scenarios/alerts.rs"]
mod alerts;
#[path = "../scenarios/answers.rs"]
mod answers;
#[path = "../scenarios/catch_up.rs"]
mod catch_up;
#[path = "../scenarios/copies.rs"]
mod copies;
#[path = "../scenarios/critical.rs"]
mod critical;
#[path = "../scenarios/desk.rs"]
mod desk;
#[path = "../scenarios/edits.rs"]
mod edits;
#[path = "../scenarios/ladder.rs"]
mod ladder;
#[path = "../scenarios/people.rs"]
mod people;
#[path = "../scenarios/report.rs"]
mod report;
#[path = "../scenarios/silence.rs"]
mod silence;
#[path = "../scenarios/support.rs"]
mod support;

/// Where these scenarios play.
type Here = vigie_tests::stage::cloud::Cloud;
use vigie_tests::stage::CloudStage as Stage;
