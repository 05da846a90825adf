//! What is counted in memory beside the work: the store is told every few seconds, in one write. A
//! crash loses some seconds of it, and nothing that decides anything.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use vigie_domain::rhythm::day_of;
use vigie_domain::{SourceId, Trouble};
use vigie_ports::{Brought, Noted};

/// Troubles that wait to be noted, at most: beyond it, only those known already are counted.
const TROUBLES_MAX: usize = 1_000;

/// A source's last hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hour {
    /// Hours since 1970.
    number: i64,
    /// Webhooks taken in it.
    pub(crate) accepted: u64,
    /// Webhooks refused in it.
    pub(crate) refused: u64,
    /// Of these, those noted as trouble.
    pub(crate) noted: u64,
}

#[derive(Debug, Default)]
struct Inner {
    troubles: BTreeMap<Trouble, (u64, Timestamp, Timestamp)>,
    sources: Vec<(SourceId, Brought)>,
    hours: BTreeMap<SourceId, Hour>,
}

/// What was counted and not noted yet.
#[derive(Debug, Default)]
pub(crate) struct Tallies(Mutex<Inner>);

/// A webhook, as counted.
pub(crate) enum Hook<'a> {
    Taken,
    Refused(&'a str),
}

impl Tallies {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a trouble waits to be noted.
    pub(crate) fn has_trouble(&self) -> bool {
        !self.inner().troubles.is_empty()
    }

    /// Counts a trouble.
    pub(crate) fn trouble(&self, trouble: Trouble, count: u64, now: Timestamp) {
        let mut inner = self.inner();
        if inner.troubles.len() >= TROUBLES_MAX && !inner.troubles.contains_key(&trouble) {
            return;
        }
        let (counted, _, last) = inner.troubles.entry(trouble).or_insert((0, now, now));
        *counted += count;
        *last = now;
    }

    /// Counts a webhook of a source that is in force.
    pub(crate) fn hook(&self, source: &SourceId, hook: &Hook<'_>, now: Timestamp) {
        let mut inner = self.inner();
        let brought = inner.of_day(source, now);
        match hook {
            Hook::Taken => {
                brought.accepted += 1;
                brought.accepted_at = Some(now);
            }
            Hook::Refused(why) => {
                brought.refused += 1;
                brought.refused_last = Some((now, (*why).to_owned()));
            }
        }
        let number = now.as_second().div_euclid(3600);
        if inner.hours.get(source).is_none_or(|hour| hour.number != number) {
            inner.hours.insert(source.clone(), Hour { number, ..Hour::default() });
        }
        if let Some(hour) = inner.hours.get_mut(source) {
            match hook {
                Hook::Taken => hour.accepted += 1,
                Hook::Refused(_) => hour.refused += 1,
            }
        }
    }

    /// The hours with refusals that were not noted as trouble.
    pub(crate) fn refused_hours(&self) -> Vec<(SourceId, Hour)> {
        let inner = self.inner();
        let open = inner.hours.iter().filter(|(_, hour)| hour.refused > hour.noted);
        open.map(|(source, hour)| (source.clone(), *hour)).collect()
    }

    /// Remembers that an hour's refusals were noted.
    pub(crate) fn hour_noted(&self, source: &SourceId, seen: &Hour) {
        if let Some(hour) = self.inner().hours.get_mut(source).filter(|h| h.number == seen.number) {
            hour.noted = seen.refused;
        }
    }

    /// Takes what waits to be noted.
    pub(crate) fn take(&self) -> Noted {
        let mut inner = self.inner();
        let troubles = std::mem::take(&mut inner.troubles);
        Noted {
            troubles: troubles
                .into_iter()
                .map(|(what, (n, from, to))| (what, n, from, to))
                .collect(),
            sources: std::mem::take(&mut inner.sources),
        }
    }

    /// Puts back what could not be noted.
    pub(crate) fn put_back(&self, noted: Noted) {
        let mut inner = self.inner();
        for (trouble, count, first, last) in noted.troubles {
            let known = inner.troubles.entry(trouble).or_insert((0, first, last));
            *known = (known.0 + count, known.1.min(first), known.2.max(last));
        }
        // Earlier ones first: the store's last word on a source is the latest.
        let later = std::mem::replace(&mut inner.sources, noted.sources);
        inner.sources.extend(later);
    }
}

impl Inner {
    /// What a source brought on a moment's day: a flush over midnight counts each day by itself.
    fn of_day(&mut self, source: &SourceId, now: Timestamp) -> &mut Brought {
        let today = day_of(now);
        let same = |(known, brought): &(SourceId, Brought)| {
            let refused_at = brought.refused_last.as_ref().map(|(at, _)| *at);
            known == source && brought.accepted_at.max(refused_at).map(day_of) == Some(today)
        };
        let index = self.sources.iter().position(same).unwrap_or(self.sources.len());
        if index == self.sources.len() {
            self.sources.push((source.clone(), Brought::default()));
        }
        // The index was found or made just above.
        match self.sources.get_mut(index) {
            Some((_, brought)) => brought,
            None => unreachable!("the entry is there"),
        }
    }
}
