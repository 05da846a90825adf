//! The laws of the store.

vigie_testkit::store_laws!(crate::support::store);
