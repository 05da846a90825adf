//! What must not break the server, mislead it, or get in: forged, injured, oversized, hostile and
//! plain odd webhooks, a disk that is full, and folders that cannot be used.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests stop the test")]

mod bodies;
mod disk;
mod fields;
mod flood;
mod folders;
mod hostile;
mod ids;
mod methods;
mod order;
mod pressure;
mod signatures;
mod support;
