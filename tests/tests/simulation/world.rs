//! The simulated world: a store whose every call may be interleaved, fail or be cut off, and a mail
//! server that lies.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use vigie_domain::notice::{NewNotice, Notice, NoticeId};
use vigie_domain::{
    Brand, BrandId, ContactId, Digest, Mentions, ReviewKey, ReviewNumber, Rhythm, SourceId, Told,
    Troubled,
};
use vigie_ports::{
    Accepted, Arrival, Clock as _, Counts, Due, Email, Erasing, Erasure, Expired, Expiring,
    FailureClass, Ids, Mail, Noted, NoticeFilter, Recorded, Redriven, Rejected, ReportMade,
    SendError, Settlement, Store, StoreError, StoredBrand, StoredReview, Verdict, World, Written,
};
use vigie_store_sqlite::SqliteStore;
use vigie_testkit::world::{ManualClock, NoApi, SeededIds};

use crate::chaos::{Chaos, Sabotage};
use crate::model::Observed;

type Answer<T> = Result<T, StoreError>;

/// What outlives a crash: the store, the mail server, the clock.
#[derive(Clone)]
pub(crate) struct SimWorld {
    pub(crate) store: SimStore,
    pub(crate) mail: SimMail,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ids: SimIds,
}

impl World for SimWorld {
    type Store = SimStore;
    type Mail = SimMail;
    type Api = NoApi;
    type Clock = ManualClock;
    type Ids = SimIds;
    fn store(&self) -> &SimStore {
        &self.store
    }
    fn mail(&self) -> &SimMail {
        &self.mail
    }
    fn api(&self) -> &NoApi {
        &NoApi
    }
    fn clock(&self) -> &ManualClock {
        &self.clock
    }
    fn ids(&self) -> &SimIds {
        &self.ids
    }
}

#[derive(Clone)]
pub(crate) struct SimIds(pub(crate) Arc<SeededIds>);

impl Ids for SimIds {
    fn random(&self) -> [u8; 16] {
        self.0.random()
    }
}

/// What the mail server was given.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) notice: String,
    /// To which address.
    pub(crate) to: String,
    /// When it was written, and when the server took it.
    pub(crate) written_at: Timestamp,
    pub(crate) taken_at: Timestamp,
    pub(crate) text: String,
}

#[derive(Clone)]
pub(crate) struct SimMail {
    pub(crate) chaos: Arc<Chaos>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) delivered: Arc<Mutex<Vec<Delivery>>>,
}

/// Whether the mail server refuses a notice for good: the same one each time.
pub(crate) fn is_refused_for_good(notice: &str) -> bool {
    Digest::of_bytes(notice.as_bytes()).prefix().is_multiple_of(50)
}

fn failed<T>(class: FailureClass) -> Result<T, SendError> {
    Err(SendError { class, reason: format!("scripted: {class:?}") })
}

impl Mail for SimMail {
    async fn send(&self, email: &Email, _within: Duration) -> Result<Accepted, SendError> {
        let of = |wanted: &str| email.headers.iter().find(|(name, _)| *name == wanted);
        let notice = of("X-Vigie-Notice").map(|(_, id)| id.clone()).unwrap();
        self.chaos.step().await;
        if is_refused_for_good(&notice) {
            return failed(FailureClass::Permanent);
        }
        if self.chaos.one_in(6) {
            return failed(FailureClass::Backoff);
        }
        if self.chaos.one_in(30) {
            return failed(FailureClass::DisableEndpoint);
        }
        if self.chaos.one_in(30) {
            return failed(FailureClass::RetryAfter(Duration::from_secs(90)));
        }
        if self.chaos.one_in(40) {
            return failed(FailureClass::Unknown);
        }
        // A slow server: the lease may end before it answers.
        if self.chaos.one_in(10) {
            for _ in 0..self.chaos.below(30) {
                self.chaos.step().await;
            }
        }
        let (to, written_at) = (email.to.address.clone(), email.date);
        let (taken_at, text) = (self.clock.now(), email.text.clone());
        let delivery = Delivery { notice, to, written_at, taken_at, text };
        self.delivered.lock().unwrap().push(delivery);
        self.chaos.step().await;
        if self.chaos.one_in(40) {
            return failed(FailureClass::Unknown);
        }
        Ok(Accepted::default())
    }
}

#[derive(Clone)]
pub(crate) struct SimStore {
    pub(crate) inner: Arc<SqliteStore>,
    pub(crate) chaos: Arc<Chaos>,
    pub(crate) observed: Arc<Mutex<Observed>>,
}

impl SimStore {
    /// Runs a call: others may go before and after it, and it may fail before or after it was done.
    async fn call<T>(&self, work: impl Future<Output = Answer<T>>) -> Answer<T> {
        self.chaos.step().await;
        if self.chaos.one_in(40) {
            return Err(StoreError::Unavailable("scripted: before".to_owned()));
        }
        let answer = work.await;
        self.chaos.step().await;
        if self.chaos.one_in(40) {
            return Err(StoreError::Unavailable("scripted: after".to_owned()));
        }
        answer
    }
}

impl Store for SimStore {
    async fn record(&self, mut arrivals: Vec<Arrival>) -> Answer<Vec<Recorded>> {
        if self.chaos.is(Sabotage::NoDedupOfEvents) {
            for arrival in &mut arrivals {
                if let Told::Event(event) = &mut arrival.told
                    && let Some(content) = &mut event.content
                {
                    event.version = None;
                    content.text = format!("{} {}", content.text, self.chaos.below(1 << 40));
                }
            }
        }
        let told = arrivals.clone();
        self.call(async {
            let recorded = self.inner.record(arrivals).await?;
            self.observed.lock().unwrap().recorded(&told, &recorded);
            Ok(recorded)
        })
        .await
    }

    async fn review(&self, key: &ReviewKey) -> Answer<Option<StoredReview>> {
        self.call(self.inner.review(key)).await
    }

    async fn by_number(&self, number: ReviewNumber) -> Answer<Option<StoredReview>> {
        self.call(self.inner.by_number(number)).await
    }

    async fn decide(&self, mut verdict: Verdict) -> Answer<Written> {
        if self.chaos.is(Sabotage::NoIdentityOfNotices) {
            for new in &mut verdict.notices {
                let salt = self.chaos.below(1 << 40).to_string();
                new.id = NoticeId::of([new.id.as_str(), &salt]);
            }
        }
        let copy = verdict.clone();
        self.call(async {
            let written = self.inner.decide(verdict).await?;
            if written == Written::Done {
                self.observed.lock().unwrap().decided(&copy);
            }
            Ok(written)
        })
        .await
    }

    async fn first_to_say(
        &self,
        words: &Digest,
        by: &ReviewKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Answer<ReviewKey> {
        self.call(self.inner.first_to_say(words, by, now, until)).await
    }

    async fn steps_until(&self, brand: &BrandId, until: Timestamp) -> Answer<Vec<StoredReview>> {
        self.call(self.inner.steps_until(brand, until)).await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Answer<Vec<Due>> {
        let mut due = self.call(self.inner.due(now, limit)).await?;
        due.retain(|one| match one {
            Due::Undecided(_) => !self.chaos.is(Sabotage::NoUndecidedMark),
            _ => true,
        });
        if self.chaos.is(Sabotage::LeasesNeverEnd) {
            let mut kept = Vec::new();
            for one in due {
                let Due::Notice(id) = &one else {
                    kept.push(one);
                    continue;
                };
                let notice = self.inner.notice(id).await?.unwrap();
                if notice.state == vigie_domain::NoticeState::Pending {
                    kept.push(one);
                }
            }
            return Ok(kept);
        }
        Ok(due)
    }

    async fn take_up(&self, now: Timestamp) -> Answer<u64> {
        self.call(self.inner.take_up(now)).await
    }

    async fn claim(
        &self,
        id: &NoticeId,
        token: &str,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Answer<Option<Notice>> {
        self.call(async {
            let claimed = self.inner.claim(id, token, now, lease_until).await?;
            if let Some(notice) = &claimed {
                self.observed.lock().unwrap().claimed(notice, token);
            }
            Ok(claimed)
        })
        .await
    }

    async fn make(&self, notices: Vec<NewNotice>, now: Timestamp) -> Answer<Vec<bool>> {
        self.call(self.inner.make(notices, now)).await
    }

    async fn done(&self, what: NewNotice, token: &str, now: Timestamp) -> Answer<Written> {
        self.call(self.inner.done(what, token, now)).await
    }

    async fn take_along(
        &self,
        id: &NoticeId,
        token: &str,
        now: Timestamp,
        limit: u32,
    ) -> Answer<Vec<Notice>> {
        self.call(async {
            let along = self.inner.take_along(id, token, now, limit).await?;
            for other in &along {
                self.observed.lock().unwrap().claimed(other, token);
            }
            Ok(along)
        })
        .await
    }

    async fn settle(
        &self,
        id: &NoticeId,
        token: &str,
        settlement: Settlement,
        now: Timestamp,
    ) -> Answer<Written> {
        self.call(async {
            let holder = self.observed.lock().unwrap().holder(id.as_str());
            let shown = match holder {
                Some(holder) if self.chaos.is(Sabotage::NoTokenCheck) => holder,
                _ => token.to_owned(),
            };
            let written = self.inner.settle(id, &shown, settlement, now).await?;
            if written == Written::Done {
                self.observed.lock().unwrap().settled(id.as_str(), token);
            }
            Ok(written)
        })
        .await
    }

    async fn come_back(&self, id: &NoticeId, reason: &str, now: Timestamp) -> Answer<Written> {
        self.call(self.inner.come_back(id, reason, now)).await
    }

    async fn notice(&self, id: &NoticeId) -> Answer<Option<Notice>> {
        self.call(self.inner.notice(id)).await
    }

    async fn notices(&self, filter: NoticeFilter) -> Answer<Vec<Notice>> {
        self.call(self.inner.notices(filter)).await
    }

    async fn redrive(&self, id: &NoticeId, now: Timestamp) -> Answer<Redriven> {
        self.call(self.inner.redrive(id, now)).await
    }

    async fn apply(&self, brands: Vec<Brand>, now: Timestamp) -> Answer<()> {
        self.call(self.inner.apply(brands, now)).await
    }

    async fn brands(&self) -> Answer<Vec<StoredBrand>> {
        self.call(self.inner.brands()).await
    }

    async fn brand(&self, id: &BrandId) -> Answer<Option<StoredBrand>> {
        self.call(self.inner.brand(id)).await
    }

    async fn brand_of(&self, source: &SourceId) -> Answer<Option<StoredBrand>> {
        self.call(self.inner.brand_of(source)).await
    }

    async fn preset(&self, path: &str) -> Answer<Option<String>> {
        self.call(self.inner.preset(path)).await
    }

    async fn generation(&self) -> Answer<u64> {
        self.call(self.inner.generation()).await
    }

    async fn report_made(&self, made: ReportMade) -> Answer<Written> {
        self.call(self.inner.report_made(made)).await
    }

    async fn open_at(
        &self,
        brand: &BrandId,
        at: Timestamp,
        visit: impl FnMut(StoredReview) -> ControlFlow<()> + Send,
    ) -> Answer<()> {
        self.call(self.inner.open_at(brand, at, visit)).await
    }

    async fn settled_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
    ) -> Answer<Vec<StoredReview>> {
        self.call(self.inner.settled_between(brand, since, until)).await
    }

    async fn received_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
    ) -> Answer<Counts> {
        self.call(self.inner.received_between(brand, since, until)).await
    }

    async fn good_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Answer<(Vec<StoredReview>, u64)> {
        self.call(self.inner.good_between(brand, since, until, limit)).await
    }

    async fn poor_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Answer<(Vec<StoredReview>, u64)> {
        self.call(self.inner.poor_between(brand, since, until, limit)).await
    }

    async fn first_subject(&self, review: &ReviewKey, to: &ContactId) -> Answer<Option<String>> {
        self.call(self.inner.first_subject(review, to)).await
    }

    async fn reject(&self, rejected: Vec<Rejected>) -> Answer<()> {
        self.call(self.inner.reject(rejected)).await
    }

    async fn rejected(&self, now: Timestamp) -> Answer<Vec<Rejected>> {
        self.call(self.inner.rejected(now)).await
    }

    async fn written_by(&self, source: &SourceId, author: &str) -> Answer<Vec<StoredReview>> {
        self.call(self.inner.written_by(source, author)).await
    }

    async fn erase(&self, mut erasing: Erasing) -> Answer<Erasure> {
        let key = erasing.key.clone();
        erasing.dry |= self.chaos.is(Sabotage::NothingIsErased);
        self.call(async {
            let erasure = self.inner.erase(erasing).await?;
            if matches!(erasure, Erasure::Done(_)) {
                self.observed.lock().unwrap().erasures.done(&key);
            }
            Ok(erasure)
        })
        .await
    }

    async fn expire(&self, expiring: Expiring) -> Answer<Expired> {
        self.call(self.inner.expire(expiring)).await
    }

    async fn forget_rejected(
        &self,
        source: &SourceId,
        mentions: &Mentions,
        dry: bool,
    ) -> Answer<u64> {
        self.call(self.inner.forget_rejected(source, mentions, dry)).await
    }

    async fn unreject(&self, id: &str) -> Answer<()> {
        self.call(self.inner.unreject(id)).await
    }

    async fn desk_key(&self, fresh: [u8; 32]) -> Answer<[u8; 32]> {
        self.inner.desk_key(fresh).await
    }

    async fn note(&self, noted: Noted) -> Answer<()> {
        self.call(self.inner.note(noted)).await
    }

    async fn tell(&self, now: Timestamp) -> Answer<Vec<NoticeId>> {
        self.call(self.inner.tell(now)).await
    }

    async fn troubles(&self) -> Answer<Vec<Troubled>> {
        self.call(self.inner.troubles()).await
    }

    async fn rhythms(&self) -> Answer<Vec<(SourceId, Rhythm)>> {
        self.call(self.inner.rhythms()).await
    }

    async fn rhythms_of(&self, sources: &[SourceId]) -> Answer<Vec<(SourceId, Rhythm)>> {
        self.call(self.inner.rhythms_of(sources)).await
    }

    async fn healthy(&self) -> Answer<()> {
        self.call(self.inner.healthy()).await
    }
}
