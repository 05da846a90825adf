//! What happened, counted from the store and from the mail server, never from what was meant.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;
use tokio::time::Instant;
use vigie_domain::notice::{Notice, NoticeState};
use vigie_domain::{Deliver, Gets, Review, Stars};
use vigie_platforms::Preset;
use vigie_smtp_sink::Received;

use super::mails::{OfSort, Sort, Stored, sorted};
use super::play::{Player, Tally};
use super::refused::Refused;
use super::reviews::Reviews;

/// Everything that was counted.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    /// Faults: anything missing, doubled or not as it should be.
    pub(crate) faults: Vec<String>,
    pub(super) platforms: Vec<Row>,
    pub(super) reviews: Reviews,
    pub(super) mails: BTreeMap<Sort, OfSort>,
    pub(super) total: usize,
    pub(super) missing: usize,
    pub(super) twice: usize,
    pub(super) first_alert_ms: Option<u128>,
    /// The request that was refused and kept, and what the doctor says of it.
    pub(super) captured: Option<Refused>,
    /// The sort of each mail, in the order of their coming.
    #[serde(skip)]
    pub(crate) sorts: Vec<Option<Sort>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) platform: &'static str,
    pub(super) scheme: String,
    #[serde(skip)]
    pub(super) proof: &'static str,
    #[serde(flatten)]
    pub(super) tally: Tally,
}

impl Summary {
    pub(crate) fn count(player: &Player, stored: &Stored<'_>, mails: &[Arc<Received>]) -> Self {
        let row = |(preset, tally): &(&'static Preset, Tally)| Row {
            platform: preset.id(),
            scheme: preset.scheme().name(),
            proof: preset.scheme().proof(),
            tally: tally.clone(),
        };
        let sorted = sorted(mails, stored);
        let mut summary = Self {
            faults: player.surprises.iter().cloned().chain(sorted.faults).collect(),
            platforms: player.tallies.iter().map(row).collect(),
            reviews: Reviews::count(stored),
            mails: sorted.sorts,
            total: mails.len(),
            missing: 0,
            twice: 0,
            first_alert_ms: first_alert(player, mails),
            captured: None,
            sorts: sorted.each,
        };
        summary.compare(stored.notices, mails);
        summary.hold_against_samples(player, mails, stored);
        let Reviews { elsewhere, elsewhere_told, .. } = &summary.reviews;
        if *elsewhere_told != usize::from(!elsewhere.is_empty()) {
            summary
                .faults
                .push(format!("{elsewhere:?}: the operator was told {elsewhere_told} times"));
        }
        summary
    }

    /// Adds what became of the request that was to be refused.
    pub(crate) fn captured(&mut self, refused: Result<Refused, crate::load::CannotBegin>) {
        match refused {
            Ok(refused) => self.captured = Some(refused),
            Err(error) => self.faults.push(format!("no diagnosis: {error}")),
        }
    }

    /// Every notice that the store calls sent is one mail, and every mail is a notice.
    fn compare(&mut self, notices: &[Notice], mails: &[Arc<Received>]) {
        let mut came: HashMap<String, usize> = HashMap::new();
        for mail in mails {
            *came.entry(mail.header("X-Vigie-Notice").unwrap_or_default()).or_default() += 1;
        }
        self.twice = came.values().map(|count| count - 1).sum();
        let silent = |notice: &&Notice| {
            notice.state != NoticeState::Cancelled && !came.contains_key(notice.what.id.as_str())
        };
        self.missing = notices.iter().filter(silent).count();
        let known: HashSet<&str> = notices.iter().map(|notice| notice.what.id.as_str()).collect();
        let strange = came.keys().filter(|id| !known.contains(id.as_str())).count();
        if self.missing + self.twice + strange > 0 {
            let (missing, twice) = (self.missing, self.twice);
            self.faults
                .push(format!("{missing} mails missing, {twice} twice, {strange} of nobody"));
        }
    }

    /// Each review that a platform ever rated under four stars is one alert a person who gets it,
    /// or one in all for the operator where its brand is on trial; others none.
    fn hold_against_samples(
        &mut self,
        player: &Player,
        mails: &[Arc<Received>],
        stored: &Stored<'_>,
    ) {
        let mut alerts: HashMap<String, usize> = HashMap::new();
        for mail in mails.iter().filter(|m| m.header("X-Vigie-Kind").as_deref() == Some("alert")) {
            let review = mail.header("X-Vigie-Review").unwrap_or_default();
            let review = percent_encoding::percent_decode_str(&review).decode_utf8_lossy();
            *alerts.entry(review.into_owned()).or_default() += 1;
        }
        for (review, stars) in &player.stars {
            let Some(found) = stored.reviews.get(review) else {
                self.faults.push(format!("{review}: not in the store"));
                continue;
            };
            let wanted = if *stars < Stars::FOUR { people(found, stored) } else { 0 };
            let came = alerts.remove(review).unwrap_or(0);
            if came != wanted {
                self.faults.push(format!("{review}: {came} alerts, should be {wanted}"));
            }
        }
        self.faults.extend(alerts.keys().map(|review| format!("{review}: an alert too many")));
    }
}

/// How many people are to be alerted of a review.
fn people(review: &Review, stored: &Stored<'_>) -> usize {
    let Some(brand) = stored.brand_of(review) else { return 0 };
    if brand.deliver == Deliver::Trial {
        return 1;
    }
    let mut who = brand.who_gets_of(Gets::Alert, review);
    if review.decided.as_ref().is_some_and(|decided| decided.critical) {
        let management = brand.management(review);
        who.extend(management.into_iter().filter(|id| !who.contains(id)).collect::<Vec<_>>());
    }
    who.len()
}

/// How long the first alert took from its webhook to the mail server.
fn first_alert(player: &Player, mails: &[Arc<Received>]) -> Option<u128> {
    let took = |mail: &Arc<Received>| {
        let review = mail.header("X-Vigie-Review")?;
        let review = percent_encoding::percent_decode_str(&review).decode_utf8_lossy().into_owned();
        let posted: &Instant = player.posted.get(&review)?;
        mail.at.checked_duration_since(*posted).map(|took| took.as_millis())
    };
    mails
        .iter()
        .filter(|mail| mail.header("X-Vigie-Kind").as_deref() == Some("alert"))
        .find_map(took)
}
