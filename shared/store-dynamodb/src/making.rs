//! The notices of a decision, on their way into the table beside it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use vigie_domain::Subject;
use vigie_domain::notice::NewNotice;
use vigie_ports::{StoreError, Verdict, Written};

use crate::expression::Expression;
use crate::item::{Key, number};
use crate::reviews::{ACTIONS_MAX, Known};
use crate::{DynamoStore, fault, notices};

type Answer<T> = Result<T, StoreError>;

impl DynamoStore {
    /// Makes notices that belong to no decision, each by itself.
    pub(crate) async fn made_alone(
        &self,
        notices: &[NewNotice],
        now: Timestamp,
    ) -> Answer<Vec<bool>> {
        let mut all = Vec::with_capacity(notices.len());
        for notice in notices {
            let item = notices::new_item(notice, now)?;
            let put = self.put(item, &Expression::new().when_missing("pk"))?;
            all.push(self.transact(vec![put]).await?.is_empty());
        }
        Ok(all)
    }
}

/// The notices of a decision on their way into the table.
pub(crate) struct Making<'a> {
    verdict: &'a Verdict,
    /// Those that may be new.
    notices: Vec<&'a NewNotice>,
    /// The other reviews that they name: which notices do.
    others: BTreeMap<String, Vec<String>>,
    /// Those that name the review itself.
    pub(crate) own: Vec<String>,
}

impl<'a> Making<'a> {
    pub(crate) async fn new(
        store: &DynamoStore,
        verdict: &'a Verdict,
        known: &Known,
    ) -> Answer<Self> {
        let notices = verdict.notices.iter().collect();
        let mut making = Self { verdict, notices, others: BTreeMap::new(), own: Vec::new() };
        for notice in &verdict.notices {
            let Subject::Review { reviews, .. } = &notice.subject else { continue };
            for key in reviews {
                let hidden = store.hidden(key).await?;
                let pk = hidden.map_or_else(|| store.pk(key), |hidden| hidden.pk);
                let id = notice.id.to_string();
                let named = if pk == known.pk {
                    &mut making.own
                } else {
                    making.others.entry(pk).or_default()
                };
                if !named.contains(&id) {
                    named.push(id);
                }
            }
        }
        Ok(making)
    }

    /// More notices than one transaction holds are made in several, each on condition that the
    /// review has not moved: a decision that is cut short then is made again, to the same notices.
    pub(crate) async fn make_beforehand(
        &mut self,
        store: &DynamoStore,
        known: &Known,
    ) -> Answer<Option<Written>> {
        if self.verdict.all_new && self.notices.len() + self.others.len() > ACTIONS_MAX {
            // Looked at before, because a part that is made is not taken back.
            let ids: Vec<_> = self.notices.iter().map(|notice| notice.id.clone()).collect();
            if !store.lying_all(&ids).await?.is_empty() {
                return Ok(Some(Written::Moved));
            }
        }
        while self.notices.len() + self.others.len() > ACTIONS_MAX {
            let later = self.notices.split_off(self.notices.len().min(ACTIONS_MAX / 2));
            let some = std::mem::replace(&mut self.notices, later);
            if some.is_empty() {
                return Err(fault::busy("a decision that names too many reviews"));
            }
            let ids = some.iter().map(|notice| notice.id.to_string()).collect();
            let named = Expression::new().add_all("notices", ids).when(
                "writes",
                "=",
                number(known.stored.writes as i64),
            );
            let others = BTreeMap::new();
            let mut part = Self { verdict: self.verdict, notices: some, others, own: Vec::new() };
            let written = Box::pin(part.make(store, known, &named)).await?;
            if written == Written::Moved {
                return Ok(Some(written));
            }
        }
        Ok(None)
    }

    pub(crate) async fn make(
        &mut self,
        store: &DynamoStore,
        known: &Known,
        change: &Expression,
    ) -> Answer<Written> {
        for _ in 0..=self.verdict.notices.len() {
            let mut actions = vec![store.update(known.key(), change)?];
            for notice in &self.notices {
                let item = notices::new_item(notice, self.verdict.at)?;
                actions.push(store.put(item, &Expression::new().when_missing("pk"))?);
            }
            for (pk, ids) in &self.others {
                let there = Expression::new().when_there("pk").when_missing("erased");
                let named = there.add_all("notices", ids.clone());
                actions.push(store.update(Key::new(pk, "R"), &named)?);
            }
            let refusals = store.transact(actions).await?;
            if refusals.is_empty() {
                return Ok(Written::Done);
            }
            let places: Vec<usize> = refusals.iter().map(|refusal| refusal.index).collect();
            if places.contains(&0) {
                return Ok(Written::Moved);
            }
            let is_known = |place: usize| (1..=self.notices.len()).contains(&place);
            if self.verdict.all_new && places.iter().any(|place| is_known(*place)) {
                return Ok(Written::Moved);
            }
            let behind = self.notices.len() + 1;
            for refusal in refusals.iter().filter(|refusal| refusal.index >= behind) {
                if refusal.item.is_some() {
                    return Ok(Written::Moved); // It was erased.
                }
            }
            let gone: Vec<String> = self
                .others
                .keys()
                .enumerate()
                .filter(|(n, _)| places.contains(&(n + behind)))
                .map(|(_, pk)| pk.clone())
                .collect();
            self.others.retain(|pk, _| !gone.contains(pk));
            let mut place = 0;
            self.notices.retain(|_| {
                place += 1;
                !places.contains(&place)
            });
        }
        Err(fault::busy("storing a decision"))
    }
}
