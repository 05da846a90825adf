//! The laws of the store, on a file and in memory.

use vigie_store_sqlite::{Options, SqliteStore};

mod on_a_file {
    use super::{Options, SqliteStore};

    vigie_testkit::store_laws!(async || {
        // The folder outlives the test's process: the system's temporary folder is its place.
        let folder = tempfile::tempdir().unwrap().keep();
        SqliteStore::open(&folder, Options::default()).unwrap()
    });
}

mod in_memory {
    use super::SqliteStore;

    vigie_testkit::store_laws!(async || SqliteStore::in_memory().unwrap());

    vigie_testkit::operator_laws!(async || SqliteStore::in_memory().unwrap());
}
