//! The port, method by method.

use std::ops::ControlFlow;

use jiff::Timestamp;
use vigie_domain::notice::{NewNotice, Notice, NoticeId};
use vigie_domain::{
    Brand, BrandId, ContactId, Digest, Mentions, ReviewKey, ReviewNumber, Rhythm, SourceId,
    Troubled,
};
use vigie_ports::{
    Arrival, Counts, Due, Erasing, Erasure, Expired, Expiring, Noted, NoticeFilter, Recorded,
    Redriven, Rejected, ReportMade, Settlement, Store, StoreError, StoredBrand, StoredReview,
    Verdict, Written,
};

use crate::DynamoStore;
use crate::settings::preset_name;

type Answer<T> = Result<T, StoreError>;

impl Store for DynamoStore {
    async fn record(&self, arrivals: Vec<Arrival>) -> Answer<Vec<Recorded>> {
        Box::pin(self.record_all(arrivals)).await
    }

    async fn review(&self, key: &ReviewKey) -> Answer<Option<StoredReview>> {
        Ok(Box::pin(self.known(key)).await?.map(|known| known.stored))
    }

    async fn by_number(&self, number: ReviewNumber) -> Answer<Option<StoredReview>> {
        Box::pin(self.numbered(number)).await
    }

    async fn decide(&self, verdict: Verdict) -> Answer<Written> {
        Box::pin(self.decide_one(&verdict)).await
    }

    async fn first_to_say(
        &self,
        words: &Digest,
        by: &ReviewKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Answer<ReviewKey> {
        Box::pin(self.first_with_words(words, by, now, until)).await
    }

    async fn steps_until(&self, brand: &BrandId, until: Timestamp) -> Answer<Vec<StoredReview>> {
        Box::pin(self.steps_by(brand, until)).await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Answer<Vec<Due>> {
        Ok(Box::pin(self.waiting_at(now, limit)).await?.due)
    }

    async fn take_up(&self, now: Timestamp) -> Answer<u64> {
        Box::pin(self.take_all_up(now)).await
    }

    async fn claim(
        &self,
        id: &NoticeId,
        token: &str,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Answer<Option<Notice>> {
        Box::pin(self.claim_one(id, token, now, lease_until)).await
    }

    async fn take_along(
        &self,
        id: &NoticeId,
        token: &str,
        now: Timestamp,
        limit: u32,
    ) -> Answer<Vec<Notice>> {
        Box::pin(self.take_some_along(id, token, now, limit)).await
    }

    async fn make(&self, notices: Vec<NewNotice>, now: Timestamp) -> Answer<Vec<bool>> {
        Box::pin(self.made_alone(&notices, now)).await
    }

    async fn done(&self, what: NewNotice, token: &str, now: Timestamp) -> Answer<Written> {
        Box::pin(self.carried_out(&what, token, now)).await
    }

    async fn settle(
        &self,
        id: &NoticeId,
        token: &str,
        settlement: Settlement,
        now: Timestamp,
    ) -> Answer<Written> {
        Box::pin(self.settle_one(id, token, settlement, now)).await
    }

    async fn come_back(&self, id: &NoticeId, reason: &str, now: Timestamp) -> Answer<Written> {
        Box::pin(self.came_back(id, reason, now)).await
    }

    async fn notice(&self, id: &NoticeId) -> Answer<Option<Notice>> {
        Ok(Box::pin(self.lying(id)).await?.map(|lying| lying.notice))
    }

    async fn notices(&self, filter: NoticeFilter) -> Answer<Vec<Notice>> {
        Box::pin(self.list(&filter)).await
    }

    async fn redrive(&self, id: &NoticeId, now: Timestamp) -> Answer<Redriven> {
        Box::pin(self.redrive_one(id, now)).await
    }

    async fn apply(&self, brands: Vec<Brand>, now: Timestamp) -> Answer<()> {
        Box::pin(self.apply_all(&brands, now)).await
    }

    async fn brands(&self) -> Answer<Vec<StoredBrand>> {
        Box::pin(self.all_brands()).await
    }

    async fn brand(&self, id: &BrandId) -> Answer<Option<StoredBrand>> {
        Ok(Box::pin(self.lying_brand(id)).await?.map(|lying| lying.stored))
    }

    async fn brand_of(&self, source: &SourceId) -> Answer<Option<StoredBrand>> {
        Box::pin(self.brand_with(source)).await
    }

    async fn preset(&self, path: &str) -> Answer<Option<String>> {
        Box::pin(self.setting(&preset_name(path))).await
    }

    async fn generation(&self) -> Answer<u64> {
        Box::pin(self.count_of_applications()).await
    }

    async fn report_made(&self, made: ReportMade) -> Answer<Written> {
        Box::pin(self.report_was_made(&made)).await
    }

    async fn open_at(
        &self,
        brand: &BrandId,
        at: Timestamp,
        visit: impl FnMut(StoredReview) -> ControlFlow<()> + Send,
    ) -> Answer<()> {
        Box::pin(self.shown_at(brand, at, visit)).await
    }

    async fn settled_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
    ) -> Answer<Vec<StoredReview>> {
        Box::pin(self.settled_in(brand, since, until)).await
    }

    async fn received_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
    ) -> Answer<Counts> {
        let received = Box::pin(self.seen_between(brand, since, until)).await?;
        Ok(Counts { received })
    }

    async fn good_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Answer<(Vec<StoredReview>, u64)> {
        Box::pin(self.good_in(brand, since, until, limit)).await
    }

    async fn poor_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Answer<(Vec<StoredReview>, u64)> {
        Box::pin(self.poor_in(brand, since, until, limit)).await
    }

    async fn first_subject(&self, review: &ReviewKey, to: &ContactId) -> Answer<Option<String>> {
        Box::pin(self.first_subject_of(review, to)).await
    }

    async fn reject(&self, rejected: Vec<Rejected>) -> Answer<()> {
        Box::pin(self.reject_all(&rejected)).await
    }

    async fn rejected(&self, now: Timestamp) -> Answer<Vec<Rejected>> {
        Box::pin(self.all_rejected(now)).await
    }

    async fn written_by(&self, source: &SourceId, author: &str) -> Answer<Vec<StoredReview>> {
        Box::pin(self.all_written_by(source, author)).await
    }

    async fn erase(&self, erasing: Erasing) -> Answer<Erasure> {
        Box::pin(self.erase_one(&erasing)).await
    }

    async fn expire(&self, expiring: Expiring) -> Answer<Expired> {
        Box::pin(self.expire_some(&expiring)).await
    }

    async fn forget_rejected(
        &self,
        source: &SourceId,
        mentions: &Mentions,
        dry: bool,
    ) -> Answer<u64> {
        Box::pin(self.forget_mentioning(source, mentions, dry)).await
    }

    async fn unreject(&self, id: &str) -> Answer<()> {
        Box::pin(self.forget_event(id)).await
    }

    async fn desk_key(&self, fresh: [u8; 32]) -> Answer<[u8; 32]> {
        match self.desk_key_seen() {
            Some(key) => Ok(key),
            None => Box::pin(self.made_once("desk_key", fresh)).await,
        }
    }

    async fn healthy(&self) -> Answer<()> {
        Box::pin(self.touch()).await
    }

    async fn note(&self, noted: Noted) -> Answer<()> {
        Box::pin(self.note_all(&noted)).await
    }

    async fn tell(&self, now: Timestamp) -> Answer<Vec<NoticeId>> {
        Box::pin(self.tell_all(now)).await
    }

    async fn troubles(&self) -> Answer<Vec<Troubled>> {
        Box::pin(self.all_troubles()).await
    }

    async fn rhythms(&self) -> Answer<Vec<(SourceId, Rhythm)>> {
        Box::pin(self.all_rhythms()).await
    }

    async fn rhythms_of(&self, sources: &[SourceId]) -> Answer<Vec<(SourceId, Rhythm)>> {
        Box::pin(self.some_rhythms(sources)).await
    }
}
