//! The laws of the store, on ministack over HTTP.

mod support;

vigie_testkit::store_laws!(support::store);
