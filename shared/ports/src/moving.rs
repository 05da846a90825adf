//! Moving what one store keeps into another, from one home to the other.
//!
//! Everything that is kept is a [`Piece`], by a name that it has in both stores; a piece that is
//! the same in both has the same digest. Putting one in again changes nothing, so a move that was
//! cut short is begun anew and goes on.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vigie_domain::notice::Notice;
use vigie_domain::{Brand, Digest, Rhythm, SourceId, Troubled};

use crate::store::{Rejected, StoreError, StoredBrand, StoredReview, Written};

/// Whether a home works, or is on its way to another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "home", rename_all = "snake_case")]
pub enum Standing {
    /// It takes webhooks and sends: as ever.
    #[default]
    Open,
    /// It is being filled: it takes nothing and sends nothing.
    Filling {
        /// From which home: what [`Moving::name`] says of it, or its address.
        from: String,
        /// Whether all is there, and only the other home's word is missing.
        is_whole: bool,
    },
    /// It is being left: it sends nothing, and hands what it is asked to another home.
    Leaving {
        /// The other home's address.
        to: String,
        /// When it works again, unless it is told before that the other does.
        until: Timestamp,
    },
    /// It was left: it hands what it is asked to another home, until it is stopped.
    Left {
        /// The other home's address.
        to: String,
    },
}

impl Standing {
    /// The word in JSON.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Filling { .. } => "filling",
            Self::Leaving { .. } => "leaving",
            Self::Left { .. } => "left",
        }
    }

    /// Whether it takes webhooks and sends.
    pub fn is_open(&self) -> bool {
        *self == Self::Open
    }

    /// Where what it is asked is handed.
    pub fn elsewhere(&self) -> Option<&str> {
        match self {
            Self::Leaving { to, .. } | Self::Left { to } => Some(to),
            Self::Open | Self::Filling { .. } => None,
        }
    }

    /// Why a store that stands so writes nothing, in words; `None`: it does.
    pub fn refusal(&self) -> Option<StoreError> {
        let told = match self {
            Self::Open => return None,
            Self::Filling { from, .. } => {
                format!("it is being filled from {from}: vigie migrate has to end first")
            }
            Self::Leaving { to, .. } => format!("it is being moved to {to}"),
            Self::Left { to } => format!("it was moved to {to}, and works there"),
        };
        Some(StoreError::Elsewhere(told))
    }
}

/// What links are signed with, and what hides the keys of erased reviews.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Keys {
    /// The key of desk links, once the store has one.
    pub desk: Option<[u8; 32]>,
    /// The key of tombstones, once the store has one.
    pub tombstones: Option<[u8; 32]>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// A review with what waits for a moment on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MovedReview {
    /// The review, its number and the count of its writes.
    pub stored: StoredReview,
    /// Since when it waits for a decision.
    pub undecided_at: Option<Timestamp>,
    /// When its next step is due.
    pub step_at: Option<Timestamp>,
}

/// A brand without what its sources' secrets are kept in: that is each home's own, as it was
/// applied there.
pub fn bare(mut stored: StoredBrand) -> StoredBrand {
    for source in &mut stored.brand.sources {
        source.secrets.clear();
    }
    stored
}

/// A brand that moved here, with the secrets of its sources that were applied here before.
pub fn dressed(mut moved: Brand, here: Option<&Brand>) -> Brand {
    for source in &mut moved.sources {
        let known = here.and_then(|here| here.sources.iter().find(|known| known.id == source.id));
        source.secrets = known.map(|known| known.secrets.clone()).unwrap_or_default();
    }
    moved
}

/// One of the things that a store keeps.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// The keys: they come first.
    Keys(Keys),
    /// A brand, also a retired one, as [`bare`].
    Brand(Box<StoredBrand>),
    /// A trouble.
    Trouble(Troubled),
    /// What a source brought.
    Rhythm(SourceId, Rhythm),
    /// An event that could not be mapped.
    Rejected(Rejected),
    /// A review.
    Review(Box<MovedReview>),
    /// A notice. A claim on it is not moved: where it ends, the notice is taken up.
    Notice(Box<Notice>),
}

impl Piece {
    /// Which sort, in the plural, as a command shows it.
    pub const fn sort(&self) -> &'static str {
        match self {
            Self::Keys(_) => "keys",
            Self::Brand(_) => "brands",
            Self::Trouble(_) => "troubles",
            Self::Rhythm(..) => "sources",
            Self::Rejected(_) => "rejected events",
            Self::Review(_) => "reviews",
            Self::Notice(_) => "notices",
        }
    }

    /// Its name, the same in every store.
    pub fn name(&self) -> String {
        let own = match self {
            Self::Keys(_) => String::new(),
            Self::Brand(stored) => stored.brand.id.to_string(),
            Self::Trouble(Troubled { what, .. }) => {
                format!("{}/{}/{}", what.matter.id(), what.about, what.detail)
            }
            Self::Rhythm(source, _) => source.to_string(),
            Self::Rejected(event) => event.id.clone(),
            // Its key changes when it is erased.
            Self::Review(review) => review.stored.number.0.to_string(),
            Self::Notice(notice) => notice.what.id.to_string(),
        };
        format!("{}/{own}", self.sort())
    }

    /// The digest of all of it.
    ///
    /// # Errors
    /// It has no form as JSON, which each piece has.
    pub fn digest(&self) -> Result<Digest, StoreError> {
        let text = serde_json::to_vec(self);
        let text =
            text.map_err(|error| StoreError::Corrupt(format!("{}: {error}", self.name())))?;
        Ok(Digest::of_bytes(&text))
    }
}

/// How many pieces of a sort there are, and the sum of their digests, which no order changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub count: u64,
    /// The sum, of 128 bits.
    pub digest: u128,
}

/// A sum for each sort.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums(pub BTreeMap<&'static str, Sum>);

impl Sums {
    /// Counts a piece.
    pub fn add(&mut self, piece: &Piece, digest: Digest) {
        let sum = self.0.entry(piece.sort()).or_default();
        sum.count += 1;
        sum.digest = sum.digest.wrapping_add(digest.halves().0);
    }
}

/// Where a reader of pieces goes on: opaque, and of one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark(pub String);

/// Some pieces, and where to go on; `None`: that was all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The pieces: each exactly once over all pages where nobody writes meanwhile.
    pub pieces: Vec<Piece>,
    /// Where to go on.
    pub next: Option<Mark>,
}

type Answer<T> = Result<T, StoreError>;

/// What a store does when its home moves. One contract suite (`vigie-testkit`) runs on every
/// adapter.
pub trait Moving: Send + Sync {
    /// What tells this store from every other: made of its key of desk links, and no secret.
    fn name(&self) -> impl Future<Output = Answer<String>> + Send;

    /// Where its home stands.
    fn standing(&self) -> impl Future<Output = Answer<Standing>> + Send;

    /// Makes its home stand elsewhere, on condition that it stood as it was seen. Of a store that
    /// is not open every method of [`Store`](crate::Store) that writes something new is refused
    /// with [`StoreError::Elsewhere`], or its home sees to it that none is called.
    fn stand(&self, was: &Standing, now: &Standing)
    -> impl Future<Output = Answer<Written>> + Send;

    /// Whether it never had a review.
    fn is_new(&self) -> impl Future<Output = Answer<bool>> + Send;

    /// Some of its pieces: those behind a mark, or the first ones.
    fn pieces(&self, after: Option<Mark>) -> impl Future<Output = Answer<Page>> + Send;

    /// Puts pieces in, each in the place of what had its name. Gives the names of those that have
    /// to come again behind others: a notice whose review is not there yet.
    fn put_pieces(&self, pieces: Vec<Piece>) -> impl Future<Output = Answer<Vec<String>>> + Send;

    /// Takes pieces out, whatever they are by now.
    fn drop_pieces(&self, pieces: Vec<Piece>) -> impl Future<Output = Answer<()>> + Send;
}
