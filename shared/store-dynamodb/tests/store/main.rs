//! The store on DynamoDB, on ministack over HTTP: one server for all of it, some seconds in all.

mod cost;
mod erasing;
mod faults;
mod laws;
mod meter;
mod races;
mod support;
