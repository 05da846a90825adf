//! What must be true of erased reviews: whatever comes, nothing of them is decided, told or kept
//! from then on, and their numbers stay.

use std::collections::{BTreeMap, BTreeSet};

use vigie_domain::notice::{Notice, Subject};
use vigie_domain::{Review, ReviewKey};
use vigie_ports::Verdict;

use crate::script;
use crate::world::Delivery;

/// The prefix of what stands in the place of an erased review's id.
const TOMBSTONE: &str = "erased-";

/// The erasures of one history.
#[derive(Debug, Default)]
pub(crate) struct Erasures {
    /// The reviews that are erased, by the keys they had, each with the notices claimed until then:
    /// such a message may have been on its way.
    done: BTreeMap<String, BTreeSet<String>>,
    claimed: BTreeSet<String>,
    faults: Vec<String>,
}

impl Erasures {
    /// The store said that it erased.
    pub(crate) fn done(&mut self, key: &ReviewKey) {
        self.done.entry(key.to_string()).or_insert_with(|| self.claimed.clone());
    }

    pub(crate) fn is_done(&self, key: &str) -> bool {
        self.done.contains_key(key)
    }

    pub(crate) fn count(&self) -> u64 {
        self.done.len() as u64
    }

    /// A message that is about nothing but erased reviews has no reason to go.
    pub(crate) fn claimed(&mut self, notice: &Notice) {
        let id = notice.what.id.to_string();
        if let Subject::Review { reviews, .. } = &notice.what.subject {
            let erased = |key: &ReviewKey| key.external_id.as_str().starts_with(TOMBSTONE);
            if reviews.iter().all(|key| erased(key) || self.is_done(&key.to_string())) {
                self.faults.push(format!("notice {id} was claimed after its review was erased"));
            }
        }
        self.claimed.insert(id);
    }

    /// What is decided was looked at before: the store must see that the review moved. A step that
    /// came due may find nothing to do.
    pub(crate) fn decided(&mut self, verdict: &Verdict) {
        let key = verdict.key.to_string();
        let erased = self.is_done(&key) || verdict.key.external_id.as_str().starts_with(TOMBSTONE);
        if erased && !verdict.notices.is_empty() {
            self.faults.push(format!("{key} was decided on after it was erased"));
        }
    }

    /// Everything that does not hold once the history has settled.
    pub(crate) fn faults(
        &self,
        asked: &BTreeSet<ReviewKey>,
        reviews: &BTreeMap<String, Review>,
        notices: &[Notice],
        delivered: &[Delivery],
    ) -> Vec<String> {
        let mut faults = self.faults.clone();
        for key in asked.iter().map(ToString::to_string) {
            let Some(review) = reviews.get(&key) else { continue };
            if self.is_done(&key) {
                faults.extend(kept(&key, review));
            } else {
                faults.push(format!("{key} was to be erased and was not"));
            }
        }
        for (key, before) in &self.done {
            let mark = script::mark(key.rsplit('/').next().unwrap_or_default());
            let told = delivered.iter().filter(|one| !before.contains(&one.notice));
            let told = told.filter(|one| one.text.contains(&mark));
            faults.extend(told.map(|one| format!("notice {} tells of {key}, erased", one.notice)));
            let says = |one: &&Notice| serde_json::to_string(&one.what).unwrap().contains(key);
            let named = notices.iter().filter(says);
            faults.extend(named.map(|one| format!("notice {} names {key}, erased", one.what.id)));
        }
        faults
    }
}

/// What is left of a review that should not be.
fn kept(key: &str, review: &Review) -> Option<String> {
    let json = serde_json::to_string(review).unwrap();
    let (_, id) = key.rsplit_once('/').unwrap();
    let left = [script::mark(id), format!("\"{key}\""), "Merci".to_owned()];
    let found = left.iter().find(|text| json.contains(text.as_str()));
    if let Some(text) = found {
        return Some(format!("{key} is erased and still says {text}"));
    }
    (!review.is_erased() || !review.is_decided()).then(|| format!("{key} is not erased: {json}"))
}
