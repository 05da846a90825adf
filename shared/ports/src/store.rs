//! Keeping reviews, notices and brands.
//!
//! Every method is one conditional write, one transaction or one read: there is no begin and no
//! commit. A method that returns has made its writes durable.

use std::future::Future;
use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use vigie_domain::notice::{NewNotice, Notice, NoticeId, NoticeState};
use vigie_domain::{
    Brand, BrandId, ContactId, Decided, Digest, Mentions, Outcome, Review, ReviewKey, ReviewNumber,
    Rhythm, SourceId, Told, Troubled, decide_plain, record,
};

use crate::erasing::{Erasing, Erasure, Expired, Expiring};
use crate::noted::Noted;
use crate::settling::{Due, Redriven, Settlement};

/// Why the store did not do what it was asked. Nothing was written, unless it says `Unknown`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, is full, or is too busy: ask again later.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// What is stored cannot be read: somebody must look.
    #[error("the store holds something that this version cannot read: {0}")]
    Corrupt(String),
    /// Its home works elsewhere, or not yet: nothing is written here.
    #[error("nothing is written to this store: {0}")]
    Elsewhere(String),
}

/// A brand in force: its definition and the version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandInForce {
    /// The definition.
    pub brand: Brand,
    /// [`Brand::version`], computed once.
    pub version: String,
}

impl BrandInForce {
    /// A definition and its version.
    pub fn new(brand: Brand) -> Self {
        Self { version: brand.version(), brand }
    }
}

/// Something told of a review, to be recorded.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Which review.
    pub key: ReviewKey,
    /// Whose. A store that can record and decide in one write does so where
    /// [`vigie_domain::decide_plain`] allows; others leave the undecided mark.
    pub brand: Arc<BrandInForce>,
    /// What is told.
    pub told: Told,
    /// When it was received.
    pub at: Timestamp,
    /// The id of the request that it came with, if it came with one.
    pub request: Option<String>,
}

impl Arrival {
    /// What the review is with it, and what it counts as ([`vigie_domain::record`]).
    pub fn record(&self, known: Option<Review>) -> (Review, Outcome) {
        let brand = &self.brand.brand.id;
        let (mut review, outcome) = record(known, &self.key, brand, &self.told, self.at);
        if outcome == Outcome::Accepted {
            review.request.clone_from(&self.request);
        }
        (review, outcome)
    }

    /// What it makes if it is the first that is told of its review: the review, decided at once
    /// where nothing is to be made, what it counts as, and whether a decision waits.
    pub fn first(&self) -> (Review, Outcome, bool) {
        let BrandInForce { brand, version } = &*self.brand;
        let (mut review, outcome) = self.record(None);
        let decided = decide_plain(&review, brand, version, self.at);
        let undecided = decided.is_none();
        if decided.is_some() {
            review.decided = decided;
        }
        (review, outcome, undecided)
    }
}

/// What recording did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// News, known or stale.
    pub outcome: Outcome,
    /// Whether a decision waits: nudge raise.
    pub undecided: bool,
    /// The review's number.
    pub number: ReviewNumber,
}

/// A review as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredReview {
    /// The review.
    pub review: Review,
    /// Its short number.
    pub number: ReviewNumber,
    /// Counts its writes: a write on condition that it has not moved names it.
    pub writes: u64,
}

/// A decision to be stored, on condition that the review has not moved.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// On which review.
    pub key: ReviewKey,
    /// The writes seen when it was decided.
    pub writes: u64,
    /// What is decided.
    pub decided: Decided,
    /// When the next step of the ladder is due.
    pub step_at: Option<Timestamp>,
    /// What to make. A notice that exists already is left as it is. If one names another review
    /// that was erased since it was looked at, nothing is written and the answer is `Moved`.
    pub notices: Vec<NewNotice>,
    /// Whether each notice must be new: if one exists, nothing is written and the answer is
    /// `Moved`. A message that takes others along must know that it does.
    pub all_new: bool,
    /// When.
    pub at: Timestamp,
}

/// Whether a conditional write was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was.
    Done,
    /// What it was on condition of had moved: look again.
    Moved,
}

/// A brand as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredBrand {
    /// The definition.
    pub brand: Brand,
    /// Whether it is no longer in the configuration: its addresses answer 404, its reviews stay.
    pub retired: bool,
    /// When it was first applied.
    pub applied_at: Timestamp,
    /// When its next report is due.
    pub report_at: Timestamp,
    /// When the last report was made.
    pub reported_at: Option<Timestamp>,
    /// When good reviews were last gathered.
    pub praised_at: Option<Timestamp>,
}

/// A report that was made, and what follows.
#[derive(Debug, Clone)]
pub struct ReportMade {
    /// Whose.
    pub brand: BrandId,
    /// The moment it was due, as seen: the condition of the write.
    pub was_due_at: Timestamp,
    /// When the next one is due.
    pub next_at: Timestamp,
    /// Now.
    pub at: Timestamp,
    /// Whether good reviews were gathered too.
    pub praised: bool,
    /// What to make.
    pub notices: Vec<NewNotice>,
}

/// A verified event that could not be mapped: kept for 30 days, to be mapped again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Its id, as `redrive` takes it.
    pub id: String,
    /// Where it came in.
    pub source: SourceId,
    /// When.
    pub at: Timestamp,
    /// Why it could not be mapped.
    pub reason: String,
    /// The event, as JSON.
    pub event: String,
    /// The headers its preset reads, name and value.
    pub headers: Vec<(String, String)>,
}

/// Numbers of a brand's period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Reviews first seen.
    pub received: u64,
}

/// Which notices to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeFilter {
    /// In this state.
    pub state: Option<NoticeState>,
    /// About this review.
    pub review: Option<ReviewKey>,
    /// At most so many, latest first; `None`: all.
    pub limit: Option<u32>,
}

type Answer<T> = Result<T, StoreError>;

/// Keeps what Vigie knows. One contract suite (`vigie-testkit`) runs on every adapter.
pub trait Store: Send + Sync {
    /// Records what is told, each in one conditional write, all or none of the call durable when it
    /// returns. The answers are in the order asked.
    fn record(&self, arrivals: Vec<Arrival>) -> impl Future<Output = Answer<Vec<Recorded>>> + Send;

    /// A review.
    fn review(&self, key: &ReviewKey) -> impl Future<Output = Answer<Option<StoredReview>>> + Send;

    /// The review of a number.
    fn by_number(
        &self,
        number: ReviewNumber,
    ) -> impl Future<Output = Answer<Option<StoredReview>>> + Send;

    /// Stores a decision, makes its notices and clears the undecided mark, in one transaction.
    fn decide(&self, verdict: Verdict) -> impl Future<Output = Answer<Written>> + Send;

    /// A brand's reviews whose next step is due by `until`, soonest first, 500 at most.
    fn steps_until(
        &self,
        brand: &BrandId,
        until: Timestamp,
    ) -> impl Future<Output = Answer<Vec<StoredReview>>> + Send;

    /// What is due by `now`, soonest first, at most `limit` of each sort.
    fn due(&self, now: Timestamp, limit: u32) -> impl Future<Output = Answer<Vec<Due>>> + Send;

    /// Makes everything undecided and every claim due now: for a process that starts and knows that
    /// no other runs. Gives how many claims it took back.
    fn take_up(&self, now: Timestamp) -> impl Future<Output = Answer<u64>> + Send;

    /// Claims a notice that is due: pending, held, or sending with its lease ended. The claim
    /// counts as an attempt; one taken over from an ended lease counts as perhaps twice.
    fn claim(
        &self,
        id: &NoticeId,
        token: &str,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> impl Future<Output = Answer<Option<Notice>>> + Send;

    /// Claims under a token what is held until now for the same recipient, brand and kind as the
    /// notice that holds the token: one message says it all. At most `limit`, earliest made first;
    /// empty if the token is no longer current. They are settled with the notice that takes them
    /// along: sent with it, tried again with it, or released where it is cancelled or held.
    fn take_along(
        &self,
        id: &NoticeId,
        token: &str,
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Answer<Vec<Notice>>> + Send;

    /// Remembers which review was the first to say something, until a moment: `by`, unless another
    /// is remembered still. Gives whichever it is.
    fn first_to_say(
        &self,
        words: &Digest,
        by: &ReviewKey,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Answer<ReviewKey>> + Send;

    /// Makes notices that belong to no decision: what a webhook left to be fetched. One that there
    /// is already stays as it is. Gives for each whether it is new.
    fn make(
        &self,
        notices: Vec<NewNotice>,
        now: Timestamp,
    ) -> impl Future<Output = Answer<Vec<bool>>> + Send;

    /// Settles a claim that was carried out, and puts `what` in the place of what it said: nothing
    /// of it but that it was done is to be kept. `Moved` if the token is no longer current.
    fn done(
        &self,
        what: NewNotice,
        token: &str,
        now: Timestamp,
    ) -> impl Future<Output = Answer<Written>> + Send;

    /// Settles a claim. One that is dead is noted as trouble of its brand in the same transaction,
    /// save an operator's. `Moved` if the token is no longer current, or the condition fails (the
    /// notice is then pending again at once).
    fn settle(
        &self,
        id: &NoticeId,
        token: &str,
        settlement: Settlement,
        now: Timestamp,
    ) -> impl Future<Output = Answer<Written>> + Send;

    /// Makes a notice dead that was sent and came back: nobody got it. It is noted as trouble of
    /// its brand in the same transaction, save an operator's. `Moved` if it is not sent.
    fn come_back(
        &self,
        id: &NoticeId,
        reason: &str,
        now: Timestamp,
    ) -> impl Future<Output = Answer<Written>> + Send;

    /// A notice.
    fn notice(&self, id: &NoticeId) -> impl Future<Output = Answer<Option<Notice>>> + Send;

    /// Notices, latest first.
    fn notices(&self, filter: NoticeFilter) -> impl Future<Output = Answer<Vec<Notice>>> + Send;

    /// Makes a notice pending again that is dead, or held for a person, with a new time to live.
    fn redrive(
        &self,
        id: &NoticeId,
        now: Timestamp,
    ) -> impl Future<Output = Answer<Redriven>> + Send;

    /// Makes the stored brands those given: others are retired.
    fn apply(&self, brands: Vec<Brand>, now: Timestamp) -> impl Future<Output = Answer<()>> + Send;

    /// Every brand, retired ones too.
    fn brands(&self) -> impl Future<Output = Answer<Vec<StoredBrand>>> + Send;

    /// One brand, also a retired one.
    fn brand(&self, id: &BrandId) -> impl Future<Output = Answer<Option<StoredBrand>>> + Send;

    /// The brand that has a source, also a retired one.
    fn brand_of(
        &self,
        source: &SourceId,
    ) -> impl Future<Output = Answer<Option<StoredBrand>>> + Send;

    /// The text of a brand's own preset, by the path that the brand names it by, where the store
    /// keeps it: a home that has no files beside its configuration.
    fn preset(&self, path: &str) -> impl Future<Output = Answer<Option<String>>> + Send;

    /// Counts applications: a running process looks whether it has moved.
    fn generation(&self) -> impl Future<Output = Answer<u64>> + Send;

    /// Stores that a report was made, with its notices, in one transaction.
    fn report_made(&self, made: ReportMade) -> impl Future<Output = Answer<Written>> + Send;

    /// Shows a brand's reviews with content that are open now, or were first seen by `at` and
    /// settled after it: what a report of `at` may have to tell. In no order, some at a time,
    /// until `visit` breaks; one that is settled meanwhile may be shown twice.
    fn open_at(
        &self,
        brand: &BrandId,
        at: Timestamp,
        visit: impl FnMut(StoredReview) -> ControlFlow<()> + Send,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// A brand's reviews whose last settlement was recorded after `since` and by `until`.
    fn settled_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Answer<Vec<StoredReview>>> + Send;

    /// How many of a brand's reviews were first seen after `since` and by `until`.
    fn received_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Answer<Counts>> + Send;

    /// A brand's reviews that became good after `since` and by `until`, at most `limit`, and how
    /// many there are in all.
    fn good_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Answer<(Vec<StoredReview>, u64)>> + Send;

    /// A brand's reviews that were first seen after `since` and by `until`, are not good, and still
    /// stand: the latest first, at most `limit`, and how many there are in all. A good one that is
    /// not decided yet may be among them.
    fn poor_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Answer<(Vec<StoredReview>, u64)>> + Send;

    /// Recipients who had a message on a review, with the subject line of their first one.
    fn first_subject(
        &self,
        review: &ReviewKey,
        to: &ContactId,
    ) -> impl Future<Output = Answer<Option<String>>> + Send;

    /// Keeps events that could not be mapped, and notes them as trouble of their source.
    fn reject(&self, rejected: Vec<Rejected>) -> impl Future<Output = Answer<()>> + Send;

    /// The events that could not be mapped, latest first; those older than 30 days are gone.
    fn rejected(&self, now: Timestamp) -> impl Future<Output = Answer<Vec<Rejected>>> + Send;

    /// The reviews of a source that an author wrote ([`vigie_domain::mentions::is_same_author`]).
    fn written_by(
        &self,
        source: &SourceId,
        author: &str,
    ) -> impl Future<Output = Answer<Vec<StoredReview>>> + Send;

    /// Erases a review and the texts of the notices about it, in one transaction, on condition that
    /// no message about it and no report of its brand is under way. It is found by its former key
    /// from then on, and stays erased whatever arrives. Or looks only, and says what would go.
    fn erase(&self, erasing: Erasing) -> impl Future<Output = Answer<Erasure>> + Send;

    /// Forgets some of what is old, in one transaction: who wrote reviews, then their texts as
    /// [`Store::erase`] does, and notices and rejected events of that age. Asked again until there
    /// is no more, it has looked at everything; asked anew later, it goes on from there, without
    /// reading what it has seen.
    fn expire(&self, expiring: Expiring) -> impl Future<Output = Answer<Expired>> + Send;

    /// Forgets the events of a source that could not be mapped and mention something; or looks
    /// only. Gives how many.
    fn forget_rejected(
        &self,
        source: &SourceId,
        mentions: &Mentions,
        dry: bool,
    ) -> impl Future<Output = Answer<u64>> + Send;

    /// Forgets an event that was mapped after all.
    fn unreject(&self, id: &str) -> impl Future<Output = Answer<()>> + Send;

    /// The key that signs desk links, made with `fresh` if there is none yet: it moves with the
    /// store.
    fn desk_key(&self, fresh: [u8; 32]) -> impl Future<Output = Answer<[u8; 32]>> + Send;

    /// Whether the store answers and can be written.
    fn healthy(&self) -> impl Future<Output = Answer<()>> + Send;

    /// Notes trouble and what sources brought, in one write. A detail that is told once is not
    /// counted again; a matter keeps [`vigie_domain::matter::DETAILS_MAX`] details.
    fn note(&self, noted: Noted) -> impl Future<Output = Answer<()>> + Send;

    /// Makes the notices of the matters that are to be told now, and counts from none again, in one
    /// transaction. Gives the notices.
    fn tell(&self, now: Timestamp) -> impl Future<Output = Answer<Vec<NoticeId>>> + Send;

    /// All trouble, also what was told.
    fn troubles(&self) -> impl Future<Output = Answer<Vec<Troubled>>> + Send;

    /// What sources brought, of every one that brought something.
    fn rhythms(&self) -> impl Future<Output = Answer<Vec<(SourceId, Rhythm)>>> + Send;

    /// What these sources brought, those of them that brought something.
    fn rhythms_of(
        &self,
        sources: &[SourceId],
    ) -> impl Future<Output = Answer<Vec<(SourceId, Rhythm)>>> + Send;
}
