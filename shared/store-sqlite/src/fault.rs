//! What can go wrong inside, and what the port calls it.

use vigie_ports::StoreError;

/// A failure of one job.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Fault {
    /// SQLite refused.
    #[error("{0}")]
    Sql(String),
    /// What is stored does not read.
    #[error("{0}")]
    Corrupt(String),
    /// This home does not write now.
    #[error("{0}")]
    Elsewhere(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..) => Self::Corrupt(error.to_string()),
            _ => Self::Sql(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Sql(text) => Self::Unavailable(text),
            Fault::Corrupt(text) => Self::Corrupt(text),
            Fault::Elsewhere(text) => Self::Elsewhere(text),
        }
    }
}

/// A failure of SQLite outside any job.
pub(crate) fn unavailable(error: rusqlite::Error) -> StoreError {
    Fault::from(error).into()
}
