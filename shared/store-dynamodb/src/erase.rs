//! Erasing a review: its item keeps its key and the numbers, what was kept beside it goes.
//!
//! The notices about it are found by the review itself, which names them, and messages about its
//! whole brand by the brand: no index is asked where it matters. All is one transaction, on
//! condition that nothing of it moved since it was looked at. Only where more notices are about one
//! review than a transaction holds do some go in one before; what is cut short then is asked again.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use vigie_domain::mentions::is_same_author;
use vigie_domain::notice::{NoticeId, NoticeState};
use vigie_domain::{Matter, Review, ReviewKey, SourceId, Subject, Trouble};
use vigie_ports::{Erasing, Erasure, Gone, StoreError, StoredReview};

use crate::body::Body;
use crate::calls::{TRIES, pause};
use crate::expression::Expression;
use crate::item::{Item, Key, REVIEW, micros, number, string};
use crate::notices::{Lying, went_with};
use crate::reviews::{ACTIONS_MAX, Known, Marks};
use crate::{DynamoStore, brands, fault};

type Answer<T> = Result<T, StoreError>;

/// Why a notice of an erased review is not sent.
const ERASED: &str = "the review was erased";

/// What an erasure looked at.
struct Looked {
    known: Known,
    /// The notices about the review: its own, those that name it, those in whose message one went.
    about: Vec<Lying>,
    brand: Option<brands::Lying>,
    /// Messages about the whole brand that may be sent.
    of_brand: Vec<Lying>,
    /// Of the other reviews that notices name, whether they are erased.
    others: HashMap<ReviewKey, bool>,
}

fn is_unsent(lying: &Lying) -> bool {
    !matches!(lying.notice.state, NoticeState::Sent | NoticeState::Cancelled)
}

fn reviews(lying: &Lying) -> &[ReviewKey] {
    match &lying.notice.what.subject {
        Subject::Review { reviews, .. } => reviews,
        _ => &[],
    }
}

impl Looked {
    fn key(&self) -> &ReviewKey {
        &self.known.stored.review.key
    }

    /// Whether a notice is about this review and no other that is not erased.
    fn is_only_about(&self, lying: &Lying) -> bool {
        let mut others = reviews(lying).iter().filter(|key| *key != self.key());
        !reviews(lying).is_empty() && others.all(|key| self.others.get(key) != Some(&false))
    }

    /// Until when a message is under way that may show the review.
    fn under_way(&self, now: Timestamp) -> Option<Timestamp> {
        let all = self.about.iter().chain(&self.of_brand);
        let sending = all.filter(|lying| lying.notice.state == NoticeState::Sending);
        sending.map(|lying| lying.notice.due_at).filter(|until| *until > now).max()
    }

    fn what_goes(&self) -> Gone {
        let unsent = self.about.iter().filter(|lying| is_unsent(lying));
        // One that went in another's message is counted there.
        let is_sent = |lying: &&Lying| {
            let arrived = lying.notice.state == NoticeState::Sent || lying.notice.unknowns > 0;
            arrived && went_with(&lying.notice).is_none()
        };
        Gone {
            unsent: unsent.filter(|lying| self.is_only_about(lying)).count() as u64,
            sent: self.about.iter().filter(is_sent).count() as u64,
            notices: self.about.iter().map(|lying| lying.id().clone()).collect(),
        }
    }

    /// Takes the former key and the texts out of a notice. One that is not sent and is about
    /// nothing else is cancelled; one that is about others too is sent without the erased one.
    fn rewritten(&self, lying: &Lying, new: &ReviewKey) -> Answer<Expression> {
        let mut what = lying.notice.what.clone();
        if let Subject::Review { reviews, .. } = &mut what.subject {
            let former = self.key();
            reviews.iter_mut().filter(|key| *key == former).for_each(|key| new.clone_into(key));
        }
        let change = Expression::new()
            .set("body", Body::of(&what)?.into_value())
            .remove("subject_line")
            .when("state", "=", string(lying.notice.state.id()))
            .when("due_at", "=", number(micros(lying.notice.due_at)));
        if is_unsent(lying) && self.is_only_about(lying) {
            let change = change.set("state", string("cancelled")).set("reason", string(ERASED));
            return Ok(change.remove("token").remove("due_shard").remove("lookup"));
        }
        Ok(change)
    }
}

impl DynamoStore {
    pub(crate) async fn erase_one(&self, erasing: &Erasing) -> Answer<Erasure> {
        for tried in 0..TRIES {
            let Some(known) = self.known(&erasing.key).await? else {
                return Ok(Erasure::Missing);
            };
            if let Some(erased) = &known.stored.review.erased {
                return Ok(Erasure::Already(erased.at));
            }
            let looked = self.look_at(known).await?;
            let gone = looked.what_goes();
            if erasing.dry {
                return Ok(Erasure::Done(gone));
            }
            if let Some(until) = looked.under_way(erasing.at) {
                return Ok(Erasure::Busy(until));
            }
            self.forget_words_of(&looked.known.stored.review).await?;
            if self.erase_looked(&looked, erasing.at).await? {
                return Ok(Erasure::Done(gone));
            }
            pause(tried).await;
        }
        Err(fault::busy("erasing a review"))
    }

    async fn look_at(&self, known: Known) -> Answer<Looked> {
        let mut about = self.lying_all(&known.notices).await?;
        let leaders: Vec<NoticeId> =
            about.iter().filter_map(|one| went_with(&one.notice)).collect();
        let is_new = |id: &&NoticeId| about.iter().all(|lying| lying.id() != *id);
        let leaders: Vec<NoticeId> = leaders.iter().filter(is_new).cloned().collect();
        about.extend(self.lying_all(&leaders).await?);
        about.sort_by(|a, b| a.id().cmp(b.id()));
        let mut others = HashMap::new();
        for key in about.iter().flat_map(reviews).filter(|key| **key != known.stored.review.key) {
            if !others.contains_key(key) {
                let other = self.known(key).await?;
                // One that never was is nothing that a message could be about.
                let is_erased = other.is_none_or(|other| other.stored.review.is_erased());
                others.insert(key.clone(), is_erased);
            }
        }
        let brand = self.lying_brand(&known.stored.review.brand).await?;
        let remembered = brand.iter().flat_map(|brand| &brand.remembered);
        let ids: Vec<NoticeId> = remembered.map(|(id, _)| id.clone()).collect();
        let mut of_brand = self.lying_all(&ids).await?;
        of_brand.retain(is_unsent);
        Ok(Looked { known, about, brand, of_brand, others })
    }

    /// Erases what was looked at, unless something of it moved.
    async fn erase_looked(&self, looked: &Looked, now: Timestamp) -> Answer<bool> {
        let mut review = looked.known.stored.review.clone();
        let brand = looked.brand.as_ref();
        let shop = brand.and_then(|brand| review.shop_to_keep(&brand.stored.brand));
        let mut last = self.without_location(&review).await?;
        review.erase(shop, &self.salt(), now);
        let mut checks: Vec<_> =
            brand.map(|brand| brand.unmoved(self)).transpose()?.into_iter().collect();
        for lying in &looked.of_brand {
            let idle = Expression::new().when_either(
                ("state", "<>", string("sending")),
                ("due_at", "<=", number(micros(now))),
            );
            checks.push(self.check(Key::notice(lying.id()), &idle)?);
        }
        let mut rewrites = Vec::new();
        for lying in &looked.about {
            let change = looked.rewritten(lying, &review.key)?;
            rewrites.push(self.update(Key::notice(lying.id()), &change)?);
        }
        // A message that names it beside others was perhaps made meanwhile, which counts no write.
        let change = looked.known.rewritten(&review, Marks::default())?;
        let change = change.when_size("notices", looked.known.notices.len());
        last.insert(0, self.update(looked.known.key(), &change)?);
        let same = Expression::new().when("writes", "=", number(looked.known.stored.writes as i64));
        let same = self.check(looked.known.key(), &same)?;
        for part in in_parts(last, checks, rewrites, &same)? {
            if !self.transact(part).await?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The operator may have been told the review's location: it goes from what is counted, and
    /// from the message that told it.
    async fn without_location(&self, review: &Review) -> Answer<Vec<TransactWriteItem>> {
        let location = review.written().and_then(|content| content.location.as_deref());
        let Some(location) = location else { return Ok(Vec::new()) };
        let told = Trouble::with(Matter::Location, review.key.source.as_str(), location);
        let mut matter = self.matter(&told).await?;
        let Some(row) = matter.value.iter().find(|row| row.detail == told.detail).cloned() else {
            return Ok(Vec::new());
        };
        matter.value.retain(|row| row.detail != told.detail);
        let mut actions = vec![matter.action(self)?];
        let Some(id) = row.told_in else { return Ok(actions) };
        let Some(message) = self.lying(&id).await? else { return Ok(actions) };
        let mut what = message.notice.what;
        if let Subject::Operator(telling) = &mut what.subject {
            telling.details.retain(|detail| *detail != told.detail);
        }
        let change = Expression::new().set("body", Body::of(&what)?.into_value()).when_there("pk");
        actions.push(self.update(Key::notice(&id), &change)?);
        Ok(actions)
    }

    /// Reviews of a source that an author wrote. It reads the whole table, consistently: it is
    /// asked for an erasure, which must find them all.
    pub(crate) async fn all_written_by(
        &self,
        source: &SourceId,
        author: &str,
    ) -> Answer<Vec<StoredReview>> {
        let of_source = Expression::new().filter().when_begins("pk", &format!("{REVIEW}{source}#"));
        let mut found = Vec::new();
        let mut after: Option<Item> = None;
        loop {
            let asked = self
                .client
                .scan()
                .table_name(&self.table)
                .consistent_read(true)
                .set_filter_expression(of_source.filters())
                .set_expression_attribute_names(of_source.names())
                .set_expression_attribute_values(of_source.values())
                .set_exclusive_start_key(after);
            let page = asked.send().await;
            let page = page.map_err(|e| fault::refused(&self.table, "reading the table", &e))?;
            for item in page.items() {
                let stored = Known::read(item)?.stored;
                let name = stored.review.written().and_then(|content| content.author.as_deref());
                if name.is_some_and(|name| is_same_author(name, author)) {
                    found.push(stored);
                }
            }
            after = page.last_evaluated_key.filter(|key| !key.is_empty());
            if after.is_none() {
                found.sort_by_key(|stored| stored.number);
                return Ok(found);
            }
        }
    }
}

/// The transactions of an erasure: most have one.
fn in_parts(
    last: Vec<TransactWriteItem>,
    checks: Vec<TransactWriteItem>,
    rewrites: Vec<TransactWriteItem>,
    same: &TransactWriteItem,
) -> Answer<Vec<Vec<TransactWriteItem>>> {
    let fixed = last.len() + checks.len();
    let room = ACTIONS_MAX.saturating_sub(fixed);
    let mut parts = Vec::new();
    let mut rest = rewrites;
    while rest.len() > room {
        let some = rest.split_off(rest.len() - (rest.len() - room).min(ACTIONS_MAX));
        parts.push([some, vec![same.clone()]].concat());
    }
    if fixed > ACTIONS_MAX {
        return Err(fault::busy("an erasure while more than 90 messages of its brand wait"));
    }
    parts.push([last, checks, rest].concat());
    Ok(parts)
}
