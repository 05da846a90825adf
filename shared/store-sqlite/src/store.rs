//! The port, method by method: which function runs on which thread.

use std::ops::ControlFlow;

use jiff::Timestamp;
use vigie_domain::decide::mark_is_old_at;
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

use crate::reviews::OpenFrom;
use crate::{SqliteStore, brands, erase, expire, notices, reviews, troubles};

type Answer<T> = Result<T, StoreError>;

impl Store for SqliteStore {
    async fn record(&self, arrivals: Vec<Arrival>) -> Answer<Vec<Recorded>> {
        let prepared: Result<Vec<_>, _> = arrivals.into_iter().map(reviews::prepare).collect();
        let prepared = prepared?;
        let keys = self.keys.clone();
        self.write(move |c| prepared.iter().map(|one| reviews::record_one(c, &keys, one)).collect())
            .await
    }

    async fn review(&self, key: &ReviewKey) -> Answer<Option<StoredReview>> {
        let (keys, key) = (self.keys.clone(), key.clone());
        self.read(move |c| keys.look(c, &key)).await
    }

    async fn by_number(&self, number: ReviewNumber) -> Answer<Option<StoredReview>> {
        self.read(move |c| reviews::by_number(c, number)).await
    }

    async fn decide(&self, verdict: Verdict) -> Answer<Written> {
        let keys = self.keys.clone();
        self.write(move |c| reviews::decide(c, &keys, &verdict)).await
    }

    async fn first_to_say(
        &self,
        words: &Digest,
        by: &ReviewKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Answer<ReviewKey> {
        let (words, by) = (words.to_hex(), by.clone());
        self.write(move |c| reviews::first_to_say(c, &words, &by, now, until)).await
    }

    async fn steps_until(&self, brand: &BrandId, until: Timestamp) -> Answer<Vec<StoredReview>> {
        let brand = brand.clone();
        self.read(move |c| reviews::steps_until(c, brand.as_str(), until)).await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Answer<Vec<Due>> {
        self.read(move |c| {
            let young = mark_is_old_at(now).duration_since(now);
            let old = now.checked_sub(young).unwrap_or(Timestamp::MIN);
            let mut due = Vec::new();
            due.extend(
                reviews::due(c, "undecided_at", old, limit)?.into_iter().map(Due::Undecided),
            );
            due.extend(reviews::due(c, "step_at", now, limit)?.into_iter().map(Due::Step));
            due.extend(brands::due(c, now, limit)?.into_iter().map(Due::Report));
            due.extend(notices::due(c, now, limit)?.into_iter().map(Due::Notice));
            Ok(due)
        })
        .await
    }

    async fn take_up(&self, now: Timestamp) -> Answer<u64> {
        self.write_always(move |c| {
            reviews::take_up(c)?;
            notices::take_up(c, now)
        })
        .await
    }

    async fn claim(
        &self,
        id: &NoticeId,
        token: &str,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Answer<Option<Notice>> {
        let (id, token) = (id.clone(), token.to_owned());
        self.write(move |c| notices::claim(c, &id, &token, now, lease_until)).await
    }

    async fn take_along(
        &self,
        id: &NoticeId,
        token: &str,
        now: Timestamp,
        limit: u32,
    ) -> Answer<Vec<Notice>> {
        let (id, token) = (id.clone(), token.to_owned());
        self.write(move |c| notices::take_along(c, &id, &token, now, limit)).await
    }

    async fn make(&self, notices: Vec<NewNotice>, now: Timestamp) -> Answer<Vec<bool>> {
        self.write(move |c| notices.iter().map(|new| notices::make(c, new, now)).collect()).await
    }

    async fn done(&self, what: NewNotice, token: &str, now: Timestamp) -> Answer<Written> {
        let token = token.to_owned();
        self.write_always(move |c| notices::done(c, &what, &token, now)).await
    }

    async fn settle(
        &self,
        id: &NoticeId,
        token: &str,
        settlement: Settlement,
        now: Timestamp,
    ) -> Answer<Written> {
        let (keys, id, token) = (self.keys.clone(), id.clone(), token.to_owned());
        self.write_always(move |c| notices::settle(c, &keys, &id, &token, &settlement, now)).await
    }

    async fn come_back(&self, id: &NoticeId, reason: &str, now: Timestamp) -> Answer<Written> {
        let (id, reason) = (id.clone(), reason.to_owned());
        self.write(move |c| notices::come_back(c, &id, &reason, now)).await
    }

    async fn notice(&self, id: &NoticeId) -> Answer<Option<Notice>> {
        let id = id.clone();
        self.read(move |c| notices::load(c, &id)).await
    }

    async fn notices(&self, filter: NoticeFilter) -> Answer<Vec<Notice>> {
        self.read(move |c| notices::list(c, &filter)).await
    }

    async fn redrive(&self, id: &NoticeId, now: Timestamp) -> Answer<Redriven> {
        let id = id.clone();
        self.write(move |c| notices::redrive(c, &id, now)).await
    }

    async fn apply(&self, brands: Vec<Brand>, now: Timestamp) -> Answer<()> {
        self.write(move |c| brands::apply(c, &brands, now)).await
    }

    async fn brands(&self) -> Answer<Vec<StoredBrand>> {
        self.read(brands::list).await
    }

    async fn brand(&self, id: &BrandId) -> Answer<Option<StoredBrand>> {
        let id = id.clone();
        self.read(move |c| brands::load(c, &id)).await
    }

    async fn brand_of(&self, source: &SourceId) -> Answer<Option<StoredBrand>> {
        let source = source.clone();
        self.read(move |c| brands::with_source(c, &source)).await
    }

    async fn preset(&self, _: &str) -> Answer<Option<String>> {
        // It lies beside vigie.toml, where the process reads it.
        Ok(None)
    }

    async fn generation(&self) -> Answer<u64> {
        self.read(brands::generation).await
    }

    async fn report_made(&self, made: ReportMade) -> Answer<Written> {
        self.write(move |c| brands::report_made(c, &made)).await
    }

    async fn open_at(
        &self,
        brand: &BrandId,
        at: Timestamp,
        mut visit: impl FnMut(StoredReview) -> ControlFlow<()> + Send,
    ) -> Answer<()> {
        let mut from = Some(OpenFrom::default());
        while let Some(behind) = from.take() {
            let brand = brand.clone();
            let (page, next) =
                self.read(move |c| reviews::open_at(c, brand.as_str(), at, behind)).await?;
            if page.into_iter().try_for_each(&mut visit).is_continue() {
                from = next;
            }
        }
        Ok(())
    }

    async fn settled_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
    ) -> Answer<Vec<StoredReview>> {
        let brand = brand.clone();
        self.read(move |c| reviews::settled_between(c, brand.as_str(), since, until)).await
    }

    async fn received_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
    ) -> Answer<Counts> {
        let brand = brand.clone();
        let count = move |c: &rusqlite::Connection| {
            reviews::received_between(c, brand.as_str(), since, until)
        };
        Ok(Counts { received: self.read(count).await? })
    }

    async fn good_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Answer<(Vec<StoredReview>, u64)> {
        let brand = brand.clone();
        self.read(move |c| reviews::good_between(c, brand.as_str(), since, until, limit)).await
    }

    async fn poor_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Answer<(Vec<StoredReview>, u64)> {
        let brand = brand.clone();
        self.read(move |c| reviews::poor_between(c, brand.as_str(), since, until, limit)).await
    }

    async fn first_subject(&self, review: &ReviewKey, to: &ContactId) -> Answer<Option<String>> {
        let (review, to) = (review.clone(), to.clone());
        self.read(move |c| notices::first_subject(c, &review, &to)).await
    }

    async fn reject(&self, rejected: Vec<Rejected>) -> Answer<()> {
        self.write(move |c| brands::reject(c, &rejected)).await
    }

    async fn rejected(&self, now: Timestamp) -> Answer<Vec<Rejected>> {
        self.read(move |c| brands::rejected(c, now)).await
    }

    async fn written_by(&self, source: &SourceId, author: &str) -> Answer<Vec<StoredReview>> {
        let (source, author) = (source.clone(), author.to_owned());
        let mut found = Vec::new();
        let mut after = Some(0);
        while let Some(from) = after {
            let (source, author) = (source.clone(), author.clone());
            let part = self.read(move |c| erase::written_by(c, source.as_str(), &author, from));
            let (part, next) = part.await?;
            found.extend(part);
            after = next;
        }
        Ok(found)
    }

    async fn erase(&self, erasing: Erasing) -> Answer<Erasure> {
        if erasing.dry {
            return self.read(move |c| erase::erase(c, &erasing)).await;
        }
        self.write(move |c| erase::erase(c, &erasing)).await
    }

    async fn expire(&self, expiring: Expiring) -> Answer<Expired> {
        self.write(move |c| expire::expire(c, &expiring)).await
    }

    async fn forget_rejected(
        &self,
        source: &SourceId,
        mentions: &Mentions,
        dry: bool,
    ) -> Answer<u64> {
        let (source, mentions) = (source.clone(), mentions.clone());
        let found = self.read(move |c| erase::rejected(c, source.as_str(), &mentions)).await?;
        let count = found.len() as u64;
        if !dry && count > 0 {
            self.write(move |c| erase::forget_rejected(c, &found)).await?;
        }
        Ok(count)
    }

    async fn unreject(&self, id: &str) -> Answer<()> {
        let id = id.to_owned();
        self.write(move |c| brands::unreject(c, &id)).await
    }

    async fn desk_key(&self, fresh: [u8; 32]) -> Answer<[u8; 32]> {
        self.write_always(move |c| brands::desk_key(c, &fresh)).await
    }

    async fn healthy(&self) -> Answer<()> {
        // A row goes the way of every write: a full disk is seen here, not by the next webhook.
        self.write_always(brands::touch).await
    }

    async fn note(&self, noted: Noted) -> Answer<()> {
        self.write(move |c| troubles::note(c, &noted)).await
    }

    async fn tell(&self, now: Timestamp) -> Answer<Vec<NoticeId>> {
        self.write(move |c| troubles::tell(c, now)).await
    }

    async fn troubles(&self) -> Answer<Vec<Troubled>> {
        self.read(troubles::list).await
    }

    async fn rhythms(&self) -> Answer<Vec<(SourceId, Rhythm)>> {
        self.read(troubles::rhythms).await
    }

    async fn rhythms_of(&self, sources: &[SourceId]) -> Answer<Vec<(SourceId, Rhythm)>> {
        let mut known = self.rhythms().await?;
        known.retain(|(source, _)| sources.contains(source));
        Ok(known)
    }
}
