//! What happened, counted from the store and from the mail server, never from what was meant.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;
use tokio::time::Instant;
use vigie_domain::notice::{Notice, NoticeState};
use vigie_domain::{Kind, Review, Stars, State};
use vigie_platforms::Preset;
use vigie_smtp_sink::Received;

use super::play::{Player, Tally};

/// Everything that was counted.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    /// Faults: anything missing, doubled or not as it should be.
    pub(crate) faults: Vec<String>,
    platforms: Vec<Row>,
    reviews: Reviews,
    mails: BTreeMap<&'static str, OfKind>,
    total: usize,
    missing: usize,
    twice: usize,
    first_alert_ms: Option<u128>,
}

#[derive(Debug, Serialize)]
struct Row {
    platform: String,
    scheme: String,
    sent: u64,
    accepted: u64,
    duplicate: u64,
    stale: u64,
    ignored: u64,
    rejected: u64,
    refused: u64,
}

#[derive(Debug, Default, Serialize)]
struct Reviews {
    stored: usize,
    under: usize,
    edited_under: usize,
    exactly_four: usize,
    unreadable: usize,
    answered: usize,
    withdrawn: usize,
}

#[derive(Debug, Default, Serialize)]
struct OfKind {
    count: usize,
    reviews: usize,
    to: Vec<String>,
}

const KINDS: [Kind; 5] =
    [Kind::Alert, Kind::Reminder, Kind::Escalation, Kind::Praise, Kind::Report];

impl Summary {
    pub(crate) fn count(
        player: &Player,
        reviews: &HashMap<String, Review>,
        notices: &[Notice],
        mails: &[Arc<Received>],
        recipients: usize,
    ) -> Self {
        let mut summary = Self {
            faults: player.surprises.clone(),
            platforms: player.tallies.iter().map(|(preset, tally)| row(preset, tally)).collect(),
            reviews: count_reviews(reviews),
            mails: BTreeMap::new(),
            total: mails.len(),
            missing: 0,
            twice: 0,
            first_alert_ms: first_alert(player, mails),
        };
        summary.count_mails(mails);
        summary.compare(notices, mails);
        summary.hold_against_samples(player, mails, recipients);
        summary
    }

    fn count_mails(&mut self, mails: &[Arc<Received>]) {
        for mail in mails {
            let header = mail.header("X-Vigie-Kind").unwrap_or_default();
            let Some(kind) = KINDS.into_iter().find(|kind| kind.id() == header) else {
                self.faults.push(format!("a mail of kind {header:?}"));
                continue;
            };
            let of_kind = self.mails.entry(kind.id()).or_default();
            of_kind.count += 1;
            for to in &mail.to {
                let name = to.split('@').next().unwrap_or_default().to_owned();
                if !of_kind.to.contains(&name) {
                    of_kind.to.push(name);
                }
            }
        }
        for kind in KINDS {
            let count = self.mails.get(kind.id()).map_or(0, |of_kind| of_kind.count);
            if count == 0 {
                self.faults.push(format!("no {} came", kind.id()));
            }
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

    /// Each review that a platform ever rated under four stars is one alert a person; others none.
    fn hold_against_samples(&mut self, player: &Player, mails: &[Arc<Received>], people: usize) {
        let mut alerts: HashMap<String, usize> = HashMap::new();
        for mail in mails.iter().filter(|m| m.header("X-Vigie-Kind").as_deref() == Some("alert")) {
            let review = mail.header("X-Vigie-Review").unwrap_or_default();
            let review = percent_encoding::percent_decode_str(&review).decode_utf8_lossy();
            *alerts.entry(review.into_owned()).or_default() += 1;
        }
        if let Some(alert) = self.mails.get_mut(Kind::Alert.id()) {
            alert.reviews = alerts.len();
        }
        for (review, stars) in &player.stars {
            let wanted = if *stars < Stars::FOUR { people } else { 0 };
            let came = alerts.remove(review).unwrap_or(0);
            if came != wanted {
                self.faults.push(format!("{review}: {came} alerts, should be {wanted}"));
            }
        }
        self.faults.extend(alerts.keys().map(|review| format!("{review}: an alert too many")));
    }

    /// The numbers as a person reads them.
    pub(crate) fn human(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{:<24}{:<33}{:>5}{:>10}{:>7}{:>7}{:>9}{:>10}{:>9}",
            "platform",
            "scheme",
            "sent",
            "accepted",
            "twice",
            "stale",
            "ignored",
            "rejected",
            "refused"
        );
        let mut sum = Tally::default();
        for row in &self.platforms {
            let _ = writeln!(
                out,
                "{:<24}{:<33}{:>5}{:>10}{:>7}{:>7}{:>9}{:>10}{:>9}",
                row.platform,
                row.scheme,
                row.sent,
                row.accepted,
                row.duplicate,
                row.stale,
                row.ignored,
                row.rejected,
                row.refused
            );
            sum.add(&tally(row));
        }
        let _ = writeln!(
            out,
            "{:<24}{:<33}{:>5}{:>10}{:>7}{:>7}{:>9}{:>10}{:>9}\n",
            "",
            "",
            sum.sent,
            sum.accepted,
            sum.duplicates,
            sum.stale,
            sum.ignored,
            sum.rejected,
            sum.refused
        );
        self.tell_reviews(&mut out);
        self.tell_mails(&mut out);
        out
    }

    fn tell_reviews(&self, out: &mut String) {
        let Reviews { stored, under, edited_under, exactly_four, unreadable, answered, withdrawn } =
            &self.reviews;
        let _ = writeln!(
            out,
            "{stored} reviews stored: {under} under 4.00 stars ({edited_under} of them by an edit), \
             {exactly_four} at exactly 4.00 (no alert),\n{unreadable} without a readable rating \
             (in the report only); {answered} answered, {withdrawn} withdrawn.\n"
        );
    }

    fn tell_mails(&self, out: &mut String) {
        for kind in KINDS {
            let Some(of_kind) = self.mails.get(kind.id()) else { continue };
            let what = match kind {
                Kind::Alert => format!("{} reviews x {} people", of_kind.reviews, of_kind.to.len()),
                Kind::Reminder => "the promise is about to be broken".to_owned(),
                Kind::Escalation => "the promise is broken".to_owned(),
                Kind::Praise => "the good reviews, in one".to_owned(),
                _ => "what nobody has answered".to_owned(),
            };
            let to = of_kind.to.join(", ");
            let first = match (kind, self.first_alert_ms) {
                (Kind::Alert, Some(ms)) => format!("; the first {ms} ms after its webhook"),
                _ => String::new(),
            };
            let mails = of_kind.count;
            let unit = if mails == 1 { "mail " } else { "mails" };
            let _ = writeln!(out, "  {:<12}{mails:>4} {unit}  {what}, to {to}{first}", kind.id());
        }
        let _ = writeln!(
            out,
            "  {:<12}{:>4} mails  {} missing, {} twice",
            "in all", self.total, self.missing, self.twice
        );
    }
}

fn row(preset: &Preset, tally: &Tally) -> Row {
    Row {
        platform: preset.id().to_owned(),
        scheme: preset.scheme().short(),
        sent: tally.sent,
        accepted: tally.accepted,
        duplicate: tally.duplicates,
        stale: tally.stale,
        ignored: tally.ignored,
        rejected: tally.rejected,
        refused: tally.refused,
    }
}

fn tally(row: &Row) -> Tally {
    Tally {
        sent: row.sent,
        accepted: row.accepted,
        duplicates: row.duplicate,
        stale: row.stale,
        ignored: row.ignored,
        rejected: row.rejected,
        refused: row.refused,
    }
}

fn count_reviews(reviews: &HashMap<String, Review>) -> Reviews {
    let mut counts = Reviews { stored: reviews.len(), ..Reviews::default() };
    for review in reviews.values() {
        let edited = review.content.as_ref().is_some_and(|content| content.value.edited);
        match review.stars() {
            Some(stars) if stars < Stars::FOUR => {
                counts.under += 1;
                counts.edited_under += usize::from(edited);
            }
            Some(stars) => counts.exactly_four += usize::from(stars == Stars::FOUR),
            None => counts.unreadable += usize::from(review.content.is_some()),
        }
        counts.answered += usize::from(review.state() == State::Answered);
        counts.withdrawn += usize::from(review.state() == State::Withdrawn);
    }
    counts
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
