//! Matters: trouble with Vigie itself, told to whoever runs it, once and then counted.
//!
//! A matter is a code and what it is about. Its first occurrence is told at once; from then on one
//! message in six hours says how many came since.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::brand::Channel;
use crate::ids::{BrandId, ContactId};
use crate::notice::{Kind, NewNotice, NoticeId, Subject};
use crate::promise::later;

/// At most one message a matter in this long (contract).
pub const TOLD_EVERY: SignedDuration = SignedDuration::from_hours(6);
/// Details that a matter remembers and a message shows. What a source sends bounds nothing.
pub const DETAILS_MAX: usize = 50;

/// What went wrong: a closed set, listed in docs/operations.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Matter {
    /// Events that could not be mapped.
    Rejected,
    /// Reviews without a readable rating.
    Unrated,
    /// Reviews whose date was assumed.
    Undated,
    /// A location that is no shop's.
    Location,
    /// Messages that cannot be delivered.
    Dead,
    /// Readers who marked a message as unwanted.
    Complaint,
    /// Refused webhooks far above usual.
    Refused,
    /// A source silent for longer than it ever was.
    Silent,
    /// A faulty file.
    File,
    /// Drafts replaced by the safe one.
    Draft,
    /// Little room on the disk.
    Disk,
}

impl Matter {
    /// Every matter.
    pub const ALL: [Self; 11] = [
        Self::Rejected,
        Self::Unrated,
        Self::Undated,
        Self::Location,
        Self::Dead,
        Self::Complaint,
        Self::Refused,
        Self::Silent,
        Self::File,
        Self::Draft,
        Self::Disk,
    ];

    /// The word in mails, JSON, logs and metrics.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Unrated => "unrated",
            Self::Undated => "undated",
            Self::Location => "location",
            Self::Dead => "dead",
            Self::Complaint => "complaint",
            Self::Refused => "refused",
            Self::Silent => "silent",
            Self::File => "file",
            Self::Draft => "draft",
            Self::Disk => "disk",
        }
    }

    /// The matter of a word.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|matter| matter.id() == id)
    }

    /// Whether each of its details is told once and never again.
    pub const fn is_told_once(self) -> bool {
        matches!(self, Self::Location)
    }
}

/// One trouble: a matter, what it is about, and a detail where it has one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trouble {
    /// What went wrong.
    pub matter: Matter,
    /// The source, brand or file; the program itself where it is none of them.
    pub about: String,
    /// What the message shows beside it: one clean line, or nothing.
    pub detail: String,
}

impl Trouble {
    /// A trouble without a detail.
    pub fn new(matter: Matter, about: &str) -> Self {
        Self { matter, about: about.to_owned(), detail: String::new() }
    }

    /// A trouble with one, cut to a line.
    pub fn with(matter: Matter, about: &str, detail: &str) -> Self {
        Self { matter, about: about.to_owned(), detail: crate::text::excerpt(detail, 200) }
    }
}

/// A trouble as kept: how often since the last message, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Troubled {
    /// Which.
    pub what: Trouble,
    /// How often since the last message.
    pub count: u64,
    /// The first time since then.
    pub first_at: Timestamp,
    /// The last time.
    pub last_at: Timestamp,
    /// When it was last told.
    pub told_at: Option<Timestamp>,
}

/// What a message to the operator tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    /// Of which matter.
    pub matter: Matter,
    /// About which source, brand or file.
    #[serde(rename = "of")]
    pub about: String,
    /// How often since the last message.
    pub count: u64,
    /// The first time since then.
    pub first_at: Timestamp,
    /// The last time.
    pub last_at: Timestamp,
    /// What to show beside it, [`DETAILS_MAX`] at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

impl Telling {
    /// The notice that tells it: its identity is the matter and the start of its period.
    pub fn notice(self, now: Timestamp) -> NewNotice {
        let to = ContactId::operator();
        let since = self.first_at.to_string();
        let parts = ["operator", self.matter.id(), &self.about, &since, to.as_str()];
        NewNotice {
            id: NoticeId::of(parts),
            brand: BrandId::operator(),
            kind: Kind::Operator,
            channel: Channel::Email,
            to,
            meant_for: Vec::new(),
            subject: Subject::Operator(self),
            due_at: now,
            with: None,
        }
    }
}

/// What is to be told now: each matter that has something new and was not told in the last six
/// hours.
///
/// ```
/// use vigie_domain::matter::{Matter, Trouble, Troubled, to_tell};
/// let at: jiff::Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
/// let what = Trouble::new(Matter::Rejected, "lumen-site");
/// let new = Troubled { what, count: 3, first_at: at, last_at: at, told_at: None };
/// assert_eq!(to_tell(&[new.clone()], at)[0].count, 3);
/// let told = Troubled { told_at: Some(at), ..new };
/// assert!(to_tell(&[told], at).is_empty());
/// ```
pub fn to_tell(known: &[Troubled], now: Timestamp) -> Vec<Telling> {
    let mut groups: BTreeMap<(Matter, &str), Vec<&Troubled>> = BTreeMap::new();
    for one in known {
        groups.entry((one.what.matter, &one.what.about)).or_default().push(one);
    }
    groups.into_iter().filter_map(|(key, group)| telling(key, &group, now)).collect()
}

fn telling(key: (Matter, &str), group: &[&Troubled], now: Timestamp) -> Option<Telling> {
    let told_at = group.iter().filter_map(|one| one.told_at).max();
    if told_at.is_some_and(|told_at| now < later(told_at, TOLD_EVERY)) {
        return None;
    }
    let new: Vec<&&Troubled> = group.iter().filter(|one| one.count > 0).collect();
    let details = new.iter().map(|one| one.what.detail.clone()).filter(|text| !text.is_empty());
    Some(Telling {
        matter: key.0,
        about: key.1.to_owned(),
        count: new.iter().map(|one| one.count).sum(),
        first_at: new.iter().map(|one| one.first_at).min()?,
        last_at: new.iter().map(|one| one.last_at).max()?,
        details: details.take(DETAILS_MAX).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        let noon: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        noon + SignedDuration::from_hours(hours)
    }

    fn row(about: &str, detail: &str, count: u64, told: Option<i64>) -> Troubled {
        let what = Trouble::with(Matter::Location, about, detail);
        Troubled { what, count, first_at: at(0), last_at: at(1), told_at: told.map(at) }
    }

    fn counts(rows: &[Troubled], now: i64) -> Vec<(String, u64)> {
        to_tell(rows, at(now)).into_iter().map(|one| (one.about, one.count)).collect()
    }

    #[test]
    fn a_matter_is_told_at_once_then_every_six_hours() {
        for (count, told, now, wanted) in [
            (1, None, 1, true),
            (0, None, 1, false),
            (10, Some(0), 5, false),
            (10, Some(0), 6, true),
            (0, Some(0), 100, false),
        ] {
            let is_told = !counts(&[row("a", "", count, told)], now).is_empty();
            assert_eq!(is_told, wanted, "{count} {told:?} {now}");
        }
    }

    #[test]
    fn details_of_one_matter_make_one_message() {
        let rows = [row("a", "x", 2, None), row("a", "y", 3, None), row("b", "x", 1, None)];
        assert_eq!(counts(&rows, 1), [("a".to_owned(), 5), ("b".to_owned(), 1)]);
        let first = to_tell(&rows, at(1)).remove(0);
        assert_eq!(first.details, ["x", "y"]);
        // What was told of one detail holds the others back too.
        let rows = [row("a", "x", 0, Some(0)), row("a", "y", 3, None)];
        assert!(counts(&rows, 5).is_empty());
        assert_eq!(counts(&rows, 6), [("a".to_owned(), 3)]);
    }

    #[test]
    fn the_identity_of_a_notice_is_its_matter_and_period() {
        let of = |rows: &[Troubled], now| to_tell(rows, at(now)).remove(0).notice(at(now)).id;
        let rows = [row("a", "x", 2, None)];
        assert_eq!(of(&rows, 1), of(&rows, 2));
        assert_ne!(of(&rows, 1), of(&[row("b", "x", 2, None)], 1));
        let next = Troubled { first_at: at(3), ..row("a", "x", 2, None) };
        assert_ne!(of(&rows, 1), of(&[next], 1));
    }

    #[test]
    fn every_matter_has_its_word() {
        for matter in Matter::ALL {
            assert_eq!(Matter::from_id(matter.id()), Some(matter));
        }
    }
}
