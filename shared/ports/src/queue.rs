//! Handing work to whoever does it.
//!
//! What is put is a hint to look, and the store says what there is to do: it may arrive twice,
//! late, in another order, or not at all, since what waits is found again.

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::settling::Due;

/// Why work was not handed over. It still waits in the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the queue did not take it: {0}")]
pub struct NotQueued(pub String);

/// Hands work to workers.
pub trait Queue: Send + Sync {
    /// Puts each where its worker finds it.
    fn put(&self, work: &[Due]) -> impl Future<Output = Result<(), NotQueued>> + Send;
}

/// The form that this version writes and reads.
const VERSION: u32 = 1;

/// What a message says: keys, never a text.
#[derive(Serialize, Deserialize)]
struct Message {
    v: u32,
    due: Due,
}

/// Why a message is no work of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotWork {
    /// It is none of ours, or is damaged.
    #[error("this is no message of Vigie's: {0}")]
    Unreadable(String),
    /// Another version wrote it.
    #[error("another version of Vigie wrote this message (form {0}, and this one reads 1)")]
    OtherVersion(u64),
}

/// The text of a message.
///
/// ```
/// use vigie_ports::{Due, queue};
/// let work = Due::Report("lumen".parse()?);
/// assert_eq!(queue::to_text(&work), r#"{"v":1,"due":{"report":"lumen"}}"#);
/// assert_eq!(queue::from_text(&queue::to_text(&work)), Ok(work));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn to_text(work: &Due) -> String {
    let message = Message { v: VERSION, due: work.clone() };
    // Keys and ids are texts: nothing in it can fail to be written.
    serde_json::to_string(&message).unwrap_or_default()
}

/// The work that a message speaks of.
///
/// # Errors
/// It is none of ours, or of another version.
pub fn from_text(text: &str) -> Result<Due, NotWork> {
    /// Enough to see which version wrote it.
    #[derive(Deserialize)]
    struct Any {
        v: u64,
    }
    let unreadable = |error: serde_json::Error| NotWork::Unreadable(error.to_string());
    let Any { v } = serde_json::from_str(text).map_err(unreadable)?;
    if v != u64::from(VERSION) {
        return Err(NotWork::OtherVersion(v));
    }
    let message: Message = serde_json::from_str(text).map_err(unreadable)?;
    Ok(message.due)
}

#[cfg(test)]
mod tests {
    use vigie_domain::notice::NoticeId;

    use super::*;

    #[test]
    fn every_sort_of_work_is_read_back() {
        let key: vigie_domain::ReviewKey = "lumen-site/r/1 é".parse().unwrap();
        let id = NoticeId::of(["alert", "lumen"]);
        for work in [
            Due::Undecided(key.clone()),
            Due::Step(key),
            Due::Notice(id),
            Due::Report("lumen".parse().unwrap()),
        ] {
            assert_eq!(from_text(&to_text(&work)), Ok(work));
        }
    }

    #[test]
    fn what_is_no_work_says_why() {
        assert_eq!(from_text(r#"{"v":2,"due":{"later":1}}"#), Err(NotWork::OtherVersion(2)));
        for text in ["", "{}", "[]", r#"{"v":1}"#, r#"{"v":1,"due":{"report":"NOT AN ID"}}"#] {
            assert!(matches!(from_text(text), Err(NotWork::Unreadable(_))), "{text}");
        }
    }
}
