//! Moments as the file keeps them: microseconds since 1970, UTC.

use jiff::Timestamp;

use crate::fault::Fault;

pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(crate) fn moment(micros: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_microsecond(micros).map_err(|error| Fault::Corrupt(error.to_string()))
}
