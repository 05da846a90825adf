//! How the store itself is, for `vigie status`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use crate::fault::Fault;
use crate::time::moment;

/// Notices looked at, latest made first, to find the last one sent.
const LOOKED_AT: &str = "2000";

/// How the store is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The schema's version.
    pub schema: i64,
    /// Bytes of the file, without its log.
    pub bytes: u64,
    /// Reviews.
    pub reviews: u64,
    /// Reviews with a change that was not decided yet.
    pub undecided: u64,
    /// Notices that wait.
    pub pending: u64,
    /// Notices that wait for their hours, or for a person.
    pub held: u64,
    /// Notices that cannot be delivered.
    pub dead: u64,
    /// When the notice that has waited longest was due.
    pub waits_since: Option<Timestamp>,
    /// When a message was last sent.
    pub sent_at: Option<Timestamp>,
    /// Why the last message that did not go did not.
    pub failed_why: Option<String>,
}

pub(crate) fn facts(connection: &Connection) -> Result<Facts, Fault> {
    let number = |sql: &str| -> Result<Option<i64>, Fault> {
        Ok(connection.query_row(sql, [], |row| row.get(0))?)
    };
    let count = |sql: &str| -> Result<u64, Fault> { Ok(number(sql)?.unwrap_or(0) as u64) };
    let notices = |state: &str| {
        count(&format!("SELECT count(*) FROM notice WHERE state <> 'sent' AND state = '{state}'"))
    };
    let sent = format!(
        "SELECT max(sent_at) FROM (SELECT sent_at FROM notice INDEXED BY notice_made \
         ORDER BY made_at DESC LIMIT {LOOKED_AT})"
    );
    let failed = "SELECT reason FROM notice WHERE state IN ('pending', 'dead') AND state <> 'sent' \
                  AND attempts > 0 AND reason IS NOT NULL ORDER BY due_at DESC LIMIT 1";
    // Of one that was tried, `due_at` is its next try: it has waited since it was made.
    let waits = "SELECT min(CASE WHEN attempts = 0 THEN due_at ELSE made_at END) FROM notice \
                 WHERE state = 'pending' AND state <> 'sent'";
    Ok(Facts {
        schema: count("PRAGMA user_version")? as i64,
        bytes: count("PRAGMA page_count")? * count("PRAGMA page_size")?,
        reviews: count("SELECT count(*) FROM review")?,
        undecided: count("SELECT count(*) FROM review WHERE undecided_at IS NOT NULL")?,
        pending: notices("pending")?,
        held: notices("held")?,
        dead: notices("dead")?,
        waits_since: number(waits)?.map(moment).transpose()?,
        sent_at: number(&sent)?.map(moment).transpose()?,
        failed_why: connection.query_row(failed, [], |row| row.get(0)).optional()?,
    })
}
