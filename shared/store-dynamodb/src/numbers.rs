//! Review numbers: unique and short. A process takes a block and uses it up; what is left of it
//! when the process ends is lost, which costs nothing but a gap.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use vigie_domain::ReviewNumber;
use vigie_ports::StoreError;

use crate::calls::Changed;
use crate::expression::Expression;
use crate::item::{Key, integer, number};
use crate::{DynamoStore, fault};

/// Numbers of a block: one write of the counter for so many reviews.
const BLOCK: i64 = 64;

/// The numbers that this process may give.
#[derive(Default)]
pub(crate) struct Numbers {
    free: Mutex<BTreeSet<u64>>,
    /// Held by the one that takes a block: others wait for its numbers and take none themselves.
    taking: tokio::sync::Mutex<()>,
}

impl Numbers {
    fn first(&self) -> Option<u64> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).pop_first()
    }

    /// Takes back a number that was not used after all: of a duplicate.
    pub(crate) fn give_back(&self, number: ReviewNumber) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).insert(number.0);
    }

    fn add(&self, block: std::ops::RangeInclusive<u64>) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).extend(block);
    }
}

impl DynamoStore {
    /// Has numbers begin behind one that came with a review.
    pub(crate) async fn count_from(&self, last: u64) -> Result<(), StoreError> {
        let last = number(last as i64);
        let more = Expression::new().set("n", last.clone());
        let behind = more.clone().when("n", "<", last);
        if let Changed::Refused(None) = self.change(Key::meta("numbers"), &behind).await? {
            self.change(Key::meta("numbers"), &more.when_missing("pk")).await?;
        }
        Ok(())
    }

    /// A number that no review has.
    pub(crate) async fn next_number(&self) -> Result<ReviewNumber, StoreError> {
        loop {
            if let Some(next) = self.numbers.first() {
                return Ok(ReviewNumber(next));
            }
            let _taking = self.numbers.taking.lock().await;
            if let Some(next) = self.numbers.first() {
                return Ok(ReviewNumber(next));
            }
            let more = Expression::new().add("n", number(BLOCK));
            let Changed::Done(counter) = self.change(Key::meta("numbers"), &more).await? else {
                return Err(fault::busy("taking review numbers"));
            };
            let last = integer(&counter, "n").filter(|last| *last >= BLOCK);
            let last = last.ok_or_else(|| fault::corrupt("META", "the counter of numbers"))?;
            self.numbers.add((last - BLOCK + 1).unsigned_abs()..=last.unsigned_abs());
        }
    }
}
