//! A plain model of the contract, written from its words and not from the code: what was recorded,
//! what each decision had to make, and what must be true when everything has settled.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use vigie_domain::notice::{GIVE_UP_AFTER, NewNotice, Notice, NoticeState, Subject};
use vigie_domain::{Brand, Deliver, EventKind, Gets, Kind, Review, State, Told};
use vigie_ports::{Arrival, Recorded, Verdict};

use crate::erasures::Erasures;
use crate::harness::OPERATOR;
use crate::world::{Delivery, is_refused_for_good};

/// What the store took, one event.
#[derive(Debug, Clone)]
struct Heard {
    kind: EventKind,
    hundredths: Option<u16>,
    updated_at: Timestamp,
    published_at: Option<Timestamp>,
    received_at: Timestamp,
}

/// An alert that a decision had to make.
#[derive(Debug, Clone)]
struct Made {
    at: Timestamp,
    ids: Vec<String>,
    trial: bool,
}

/// One review as the model knows it.
#[derive(Debug, Default, Clone)]
struct Known {
    heard: Vec<Heard>,
    last: Option<u16>,
    /// The revision last decided on: a climbed step decides nothing new.
    revision: u64,
    alerts: Vec<Made>,
    /// Alerts made though nothing called for one: to people whose earlier ones were cancelled.
    made_up_for: Vec<(String, Timestamp)>,
}

impl Known {
    fn newest(&self, counts: impl Fn(EventKind) -> bool) -> Option<&Heard> {
        self.heard.iter().filter(|heard| counts(heard.kind)).max_by_key(|heard| heard.updated_at)
    }

    fn content(&self) -> Option<&Heard> {
        self.newest(|kind| matches!(kind, EventKind::Posted | EventKind::Edited))
    }

    fn is_withdrawn(&self) -> bool {
        let newest = self.newest(|kind| kind != EventKind::Answered);
        newest.is_some_and(|heard| heard.kind == EventKind::Withdrawn)
    }

    /// Only posts and edits: nothing that settles it.
    fn is_simple(&self) -> bool {
        self.heard.iter().all(|h| matches!(h.kind, EventKind::Posted | EventKind::Edited))
    }

    fn first_seen(&self) -> Option<Timestamp> {
        self.heard
            .iter()
            .filter(|h| h.hundredths.is_some() || h.published_at.is_some())
            .map(|heard| heard.received_at)
            .min()
    }

    fn published(&self) -> Option<Timestamp> {
        let told = self.heard.iter().filter_map(|heard| heard.published_at).min();
        Some(told?.min(self.first_seen()?))
    }

    fn is_late(&self) -> bool {
        let (seen, published) = (self.first_seen(), self.published());
        seen.zip(published)
            .is_some_and(|(s, p)| s.duration_since(p) > SignedDuration::from_hours(168))
    }
}

/// Everything that was observed of the store in one history.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    reviews: BTreeMap<String, Known>,
    brands: HashMap<String, Brand>,
    /// Who heard, from when on.
    modes: Vec<(Timestamp, Deliver)>,
    faults: Vec<String>,
    claims: HashMap<String, String>,
    pub(crate) erasures: Erasures,
    pub(crate) decisions: u64,
    pub(crate) events: u64,
}

impl Observed {
    pub(crate) fn brand_is_in_force(&mut self, brand: &Brand, from: Timestamp) {
        self.modes.push((from, brand.deliver));
        self.brands.insert(brand.version(), brand.clone());
    }

    pub(crate) fn recorded(&mut self, told: &[Arrival], _recorded: &[Recorded]) {
        for arrival in told {
            let Told::Event(event) = &arrival.told else { continue };
            self.events += 1;
            if self.erasures.is_done(&arrival.key.to_string()) {
                continue;
            }
            let at = match (&event.version, &event.reply) {
                (Some(vigie_domain::Version::Time(at)), _) => *at,
                (_, Some(reply)) => reply.at.unwrap(),
                _ => arrival.at,
            };
            let heard = Heard {
                kind: event.kind,
                hundredths: event
                    .content
                    .as_ref()
                    .and_then(|c| c.stars)
                    .map(vigie_domain::Stars::hundredths),
                updated_at: at,
                published_at: event.content.as_ref().and_then(|c| c.published_at),
                received_at: arrival.at,
            };
            self.reviews.entry(arrival.key.to_string()).or_default().heard.push(heard);
        }
    }

    /// A claim was given.
    pub(crate) fn claimed(&mut self, notice: &Notice, token: &str) {
        self.claims.insert(notice.what.id.to_string(), token.to_owned());
        self.erasures.claimed(notice);
    }

    /// The token of the last claim.
    pub(crate) fn holder(&self, id: &str) -> Option<String> {
        self.claims.get(id).cloned()
    }

    /// A settlement was taken: only the holder of the last claim may settle.
    pub(crate) fn settled(&mut self, id: &str, token: &str) {
        if self.claims.get(id).is_none_or(|holder| holder != token) {
            self.faults.push(format!("notice {id} was settled by one who had lost the claim"));
        }
    }

    /// A decision was stored: did it make what the contract says?
    pub(crate) fn decided(&mut self, verdict: &Verdict) {
        self.decisions += 1;
        self.erasures.decided(verdict);
        let told = verdict.notices.iter().filter_map(|step| self.told_of_a_trial(verdict, step));
        let told: Vec<_> = told.collect();
        self.faults.extend(told);
        let key = verdict.key.to_string();
        if self.erasures.is_done(&key) {
            return;
        }
        let Some(known) = self.reviews.get_mut(&key) else { return };
        let brand = &self.brands[&verdict.decided.config];
        let mut made: Vec<_> = verdict.notices.iter().filter(|n| n.kind == Kind::Alert).collect();
        made.sort_by_key(|new| new.to.clone());
        if !made.is_empty() {
            let ids = made.iter().map(|new| new.id.to_string()).collect();
            let trial = brand.deliver == Deliver::Trial;
            known.alerts.push(Made { at: verdict.at, ids, trial });
        }
        if verdict.decided.revision == known.revision {
            return;
        }
        known.revision = verdict.decided.revision;
        let Some(content) = known.content().cloned() else { return };
        if known.is_simple() {
            let wanted = wants_alert(known, &content, verdict.at);
            let to: Vec<String> = made.iter().map(|new| new.to.to_string()).collect();
            let mut who: Vec<String> = if wanted { alerted(brand) } else { Vec::new() };
            who.sort();
            // Somebody whose alert was cancelled while it was not under is told after all.
            let made_up_for = !wanted && content.hundredths.is_some_and(|n| n < FOUR);
            if made_up_for {
                known.made_up_for.extend(to.into_iter().map(|to| (to, verdict.at)));
            } else if to != who {
                let heard = &known.heard;
                let last = known.last;
                self.faults.push(format!(
                    "{key}: alerts to {to:?}, the contract says {who:?} at {}, last {last:?}, \
                     after {heard:#?}",
                    verdict.at
                ));
            }
        }
        if let Some(hundredths) = content.hundredths
            && !known.is_withdrawn()
        {
            known.last = Some(hundredths);
        }
    }

    /// A step that the brand's people hear of, on a review whose alert only the operator saw. One
    /// that another review's step takes along may have been decided anew since it was looked at.
    fn told_of_a_trial(&self, verdict: &Verdict, step: &NewNotice) -> Option<String> {
        if !matches!(step.kind, Kind::Reminder | Kind::Escalation) || step.to.is_operator() {
            return None;
        }
        let key = step.subject.review()?;
        let alerts = &self.reviews.get(&key.to_string())?.alerts;
        let on_trial = if *key == verdict.key {
            alerts.last().is_some_and(|made| made.trial)
        } else {
            !alerts.is_empty() && alerts.iter().all(|made| made.trial)
        };
        on_trial
            .then(|| format!("{key}: {} to {}, who never had its alert", step.kind.id(), step.to))
    }

    /// Everything that does not hold once the history has settled.
    pub(crate) fn faults(
        &self,
        reviews: &BTreeMap<String, Review>,
        notices: &[Notice],
        delivered: &[Delivery],
    ) -> Vec<String> {
        let mut faults = self.faults.clone();
        let always_live = self.modes.iter().all(|(_, mode)| *mode == Deliver::Live);
        faults.extend(notices.iter().filter_map(stuck));
        faults.extend(notices.iter().filter_map(|notice| miscounted(notice, delivered)));
        let by_id: HashMap<&str, &Notice> =
            notices.iter().map(|notice| (notice.what.id.as_str(), notice)).collect();
        for (key, known) in &self.reviews {
            let Some(review) = reviews.get(key) else {
                faults.push(format!("{key} was acknowledged and is lost"));
                continue;
            };
            faults.extend(misremembered(key, known, review));
            if review.is_erased() {
                continue;
            }
            faults.extend(told_twice(key, known, review, notices));
            // Of what was on trial or off, the brand's people hear nothing.
            if always_live {
                faults.extend(untold(key, known, review, &by_id, notices));
                faults.extend(missed_steps(key, known, review, notices, &by_id, &self.hours()));
            }
        }
        faults
    }

    /// The brand with its hours, which stay the same in a history.
    fn hours(&self) -> Brand {
        self.brands.values().next().cloned().unwrap()
    }

    /// A message to the brand's people while they were not to hear, or to nobody we know.
    pub(crate) fn to_a_wrong_address(&self, delivery: &Delivery) -> Option<String> {
        if delivery.to == OPERATOR {
            return None;
        }
        let ended =
            |at: usize| self.modes.get(at + 1).is_none_or(|(end, _)| *end >= delivery.written_at);
        let live = self.modes.iter().enumerate().any(|(at, (from, mode))| {
            *mode == Deliver::Live && *from <= delivery.taken_at && ended(at)
        });
        (!live).then(|| format!("notice {} went to {} on trial", delivery.notice, delivery.to))
    }
}

/// A message that was written while the hours were closed.
pub(crate) fn at_a_wrong_hour(delivery: &Delivery, brand: &Brand) -> Option<String> {
    let closed = !brand.send_between.is_open(&brand.zone(), delivery.written_at);
    closed.then(|| format!("notice {} went at {}", delivery.notice, delivery.written_at))
}

const FOUR: u16 = 400;

fn wants_alert(known: &Known, content: &Heard, now: Timestamp) -> bool {
    let Some(hundredths) = content.hundredths else { return false };
    let changed = match known.last {
        None => true,
        Some(last) => last >= FOUR || last.saturating_sub(hundredths) >= 100,
    };
    let fresh = match known.last {
        None => !known.is_late(),
        Some(_) => now.duration_since(content.updated_at) <= SignedDuration::from_hours(168),
    };
    hundredths < FOUR && changed && fresh
}

fn alerted(brand: &Brand) -> Vec<String> {
    match brand.deliver {
        Deliver::Live => {}
        Deliver::Trial => return vec!["operator".to_owned()],
        Deliver::Off => return Vec::new(),
    }
    let gets = |c: &&vigie_domain::Contact| c.gets.contains(&Gets::Alert);
    brand.contacts.iter().filter(gets).map(|contact| contact.id.to_string()).collect()
}

/// A notice in a state that nothing will move.
fn stuck(notice: &Notice) -> Option<String> {
    let id = &notice.what.id;
    match notice.state {
        NoticeState::Sent | NoticeState::Cancelled => None,
        NoticeState::Dead if is_refused_for_good(id.as_str()) || notice.unknowns >= 2 => None,
        // Given up after days of failures. A dead notice is due when it died.
        NoticeState::Dead if notice.due_at.duration_since(notice.made_at) >= GIVE_UP_AFTER => None,
        state => Some(format!("notice {id} ends {}: {:?}", state.id(), notice.reason)),
    }
}

/// A notice that was delivered more often than was counted, or never.
fn miscounted(notice: &Notice, delivered: &[Delivery]) -> Option<String> {
    let id = notice.what.id.as_str();
    let count = delivered.iter().filter(|one| one.notice == id).count() as u32;
    let allowed = 1 + notice.perhaps_twice;
    if count > allowed {
        return Some(format!("notice {id} came {count} times, {allowed} at most were counted"));
    }
    let with = notice.reason.as_deref().and_then(|r| r.strip_prefix("its message went with "));
    let came = |id: &str| delivered.iter().any(|one| one.notice == id);
    let missing = notice.state == NoticeState::Sent && !came(with.unwrap_or(id));
    missing.then(|| format!("notice {id} is called sent and never came"))
}

fn misremembered(key: &str, known: &Known, review: &Review) -> Option<String> {
    if !review.is_decided() {
        return Some(format!("{key} has a change that nobody decided"));
    }
    let wanted = known.content().and_then(|content| content.hundredths);
    let stars = review.stars().map(vigie_domain::Stars::hundredths);
    if stars != wanted {
        return Some(format!("{key} is kept with {stars:?}, the newest says {wanted:?}"));
    }
    let withdrawn = review.state() == State::Withdrawn;
    (withdrawn != known.is_withdrawn())
        .then(|| format!("{key} withdrawn: {withdrawn}, after {:#?}", known.heard))
}

/// An open review under the threshold of which nobody was told.
fn untold(
    key: &str,
    known: &Known,
    review: &Review,
    by_id: &HashMap<&str, &Notice>,
    notices: &[Notice],
) -> Vec<String> {
    let mut faults = Vec::new();
    let under = review.stars().is_some_and(|stars| stars.hundredths() < FOUR);
    let always_under = known.heard.iter().all(|h| h.hundredths.is_some_and(|n| n < FOUR));
    for made in known.alerts.iter().filter(|_| known.is_simple() && always_under) {
        for id in &made.ids {
            let state = by_id.get(id.as_str()).map(|notice| notice.state);
            if !matches!(state, Some(NoticeState::Sent | NoticeState::Dead)) {
                faults.push(format!("{key}: alert {id} ends {state:?}"));
            }
        }
    }
    let late = review.decided.as_ref().is_some_and(|decided| decided.found_late);
    if review.state() == State::Open && under && !late {
        let told = notices.iter().any(|notice| {
            notice.what.kind == Kind::Alert
                && notice.what.subject.review() == Some(&review.key)
                && matches!(notice.state, NoticeState::Sent | NoticeState::Dead)
        });
        let stale_edit = known.last.is_some() && known.is_late();
        if !told && !stale_edit {
            let (heard, trail) = (&known.heard, &review.trail);
            faults.push(format!(
                "{key} is open under the threshold and nobody was told, after {heard:#?} {trail:#?}"
            ));
        }
    }
    faults
}

/// An alert that was made up for although an earlier one had gone out.
fn told_twice(key: &str, known: &Known, review: &Review, notices: &[Notice]) -> Option<String> {
    let earlier = |to: &str, at: Timestamp| {
        notices.iter().any(|notice| {
            notice.what.kind == Kind::Alert
                && notice.what.subject.review() == Some(&review.key)
                && notice.what.to.as_str() == to
                && notice.made_at < at
                && notice.state != NoticeState::Cancelled
        })
    };
    // The operator may have read for one person on trial, and reads now for another.
    let mut people = known.made_up_for.iter().filter(|(to, _)| to != "operator");
    let (to, _) = people.find(|(to, at)| earlier(to, *at))?;
    Some(format!("{key}: {to} had an alert, and another that nothing called for"))
}

/// Steps of the ladder that a plain reading of the contract expects: reviews that were posted once,
/// alerted once, and never settled.
fn missed_steps(
    key: &str,
    known: &Known,
    review: &Review,
    notices: &[Notice],
    by_id: &HashMap<&str, &Notice>,
    brand: &Brand,
) -> Vec<String> {
    let contents =
        known.heard.iter().map(|h| h.updated_at).collect::<std::collections::BTreeSet<_>>();
    let [made] = known.alerts.as_slice() else { return Vec::new() };
    if !known.is_simple() || contents.len() != 1 || known.is_late() {
        return Vec::new();
    }
    let from = known.published().unwrap();
    let hour = |n| SignedDuration::from_hours(n);
    // A reminder goes before the hours close, an escalation when they open.
    let first = brand.send_between.before_closing(&brand.zone(), from + hour(20)).max(from);
    let second = brand.opening(from + hour(24));
    let heard_at = brand.opening(made.at);
    // Of the steps already past only the last, two hours after the alert, and not at all if a
    // later step comes due before that.
    let first_goes =
        if first > made.at { true } else { second > made.at && second >= heard_at + hour(2) };
    let mut faults = Vec::new();
    for (after, kind, to, goes) in [
        (hour(20), Kind::Reminder, "service", first_goes),
        (hour(24), Kind::Escalation, "direction", true),
    ] {
        let found = notices.iter().find(|notice| match &notice.what.subject {
            Subject::Review { reviews, step: Some(step), .. } => {
                reviews.first() == Some(&review.key) && *step == after
            }
            _ => false,
        });
        match found {
            None if goes => faults.push(format!("{key}: no {} went to {to}", kind.id())),
            Some(_) if !goes => faults.push(format!("{key}: a {} too many", kind.id())),
            Some(notice) => {
                let leader = notice.what.with.as_ref().and_then(|id| by_id.get(id.as_str()));
                let last = leader.copied().unwrap_or(notice);
                let sent = matches!(last.state, NoticeState::Sent | NoticeState::Dead);
                if notice.what.kind != kind || notice.what.to.as_str() != to || !sent {
                    faults.push(format!(
                        "{key}: {} ends {:?}, {:?}; {:?}",
                        kind.id(),
                        last.state,
                        notice.reason,
                        last.reason
                    ));
                }
            }
            None => {}
        }
    }
    faults
}
