//! What a change makes: `decide` compares what was last decided with what is now true.
//!
//! It is pure and can be run again at any time: on the same review, brand and moment it gives the
//! same notices, with the same ids, so a decision that is made twice makes each notice once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::assessment::{Assessment, Severity};
use crate::brand::{Brand, Channel, Deliver, Gets, Praise};
use crate::cause::Cause;
use crate::event::Content;
use crate::ids::{ContactId, ReviewKey};
use crate::notice::{Kind, NewNotice, NoticeId, Subject, Why};
use crate::promise::{Ladder, Promise, Start, later};
use crate::recipients::recipients;
use crate::review::{Existence, Review, State, TrailEntry};
use crate::stars::Stars;

/// Why a notice was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// The rating is not under the brand's threshold.
    NotUnder,
    /// It was under already, and this edit did not lower it by a star.
    AlreadyTold,
    /// There is no readable rating.
    NoRating,
    /// It was first seen too long after it was published.
    FoundLate,
    /// It is a copy of a review of another source.
    Copy,
    /// It was imported, and imports alert nobody unless they are asked to.
    Imported,
    /// It was answered or closed already.
    Settled,
    /// It is no longer shown.
    Withdrawn,
    /// A route sends this alert to others.
    RoutedElsewhere,
    /// This contact does not get alerts.
    GetsNone,
    /// It is of a shop whose own contacts get it.
    OfAShop,
    /// Another contact has the same address and comes first.
    SameAddress,
    /// The review is good, and good reviews come in one message.
    PraisedTogether,
    /// The brand wants no praise.
    PraiseOff,
    /// The brand is switched off: its reviews are recorded only.
    DeliverOff,
}

impl WhyNot {
    /// The reason as a sentence for the operator.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NotUnder => "the rating is not under alert_below",
            Self::AlreadyTold => "it was under already, and no edit lowered it by a star",
            Self::NoRating => "it has no readable rating",
            Self::FoundLate => "it was found late: first seen later than alert_within",
            Self::Copy => "it is a copy of a review of another source",
            Self::Imported => "it was imported, and the import was not asked to alert",
            Self::Settled => "it was answered or closed already",
            Self::Withdrawn => "it is no longer shown",
            Self::RoutedElsewhere => "a route sends this alert to others",
            Self::GetsNone => "their `gets` leaves alerts out",
            Self::OfAShop => "the review is of a shop, whose own contacts get it",
            Self::SameAddress => "another contact with the same address comes first",
            Self::PraisedTogether => "good reviews come in one message, at the hour of the report",
            Self::PraiseOff => "the brand's `praise` is off",
            Self::DeliverOff => "the brand's `deliver` is off: its reviews are recorded only",
        }
    }
}

/// One notice that was not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotMade {
    /// Which kind.
    pub kind: Kind,
    /// To whom; `None`: to anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<ContactId>,
    /// Why.
    pub why: WhyNot,
}

/// What was last decided on a review. Stored with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The revision that was decided on.
    pub revision: u64,
    /// The version of the brand's configuration ([`Brand::version`]).
    #[serde(default)]
    pub config: String,
    /// The last readable rating.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stars: Option<Stars>,
    /// Whether that rating was under the threshold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub under: bool,
    /// Whether it was first seen too late for an alert.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub found_late: bool,
    /// Whether it was withdrawn when this was decided.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
    /// Whether its last alert said that it is critical: its messages go at any hour.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub critical: bool,
    /// What its last alert said that it complains of, strongest first: what comes back is counted
    /// by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// Whether its last alert went to the operator only: the brand was on trial.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trial: bool,
    /// The review that it is a copy of: its messages are that one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<ReviewKey>,
    /// When the edit that reopened it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened_at: Option<Timestamp>,
    /// Where it stands on the ladder; `None`: not on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ladder: Option<Ladder>,
    /// When it was first known to be good: what daily and weekly praise looks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good_at: Option<Timestamp>,
    /// What was not made, and why: the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_made: Vec<NotMade>,
}

/// Reasons kept with a review, so that it stays small: the latest.
const NOT_MADE_MAX: usize = 16;

/// What follows from a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// To be stored with the review.
    pub decided: Decided,
    /// To be made.
    pub notices: Vec<NewNotice>,
    /// When the next step of the ladder is due.
    pub step_at: Option<Timestamp>,
}

impl Review {
    /// The promise: it counts from publication, or from the edit that reopened the review; for a
    /// review found late, from the moment it was seen.
    pub fn promise(&self, brand: &Brand) -> Promise {
        let reopened_at = self.decided.as_ref().and_then(|decided| decided.reopened_at);
        let from = reopened_at.unwrap_or_else(|| {
            if self.is_found_late(brand) {
                self.content_seen_at.unwrap_or(self.first_seen_at)
            } else {
                self.published()
            }
        });
        Promise::new(from, brand.answer_within)
    }

    /// From when the steps of the ladder count.
    pub fn start(&self, brand: &Brand) -> Start {
        let at_any_hour = self.decided.as_ref().is_some_and(|decided| decided.critical);
        Start { from: self.promise(brand).from, at_any_hour }
    }

    /// Whether it was first seen later than `alert_within` after publication, or by an import. Once
    /// decided, it stays.
    pub fn is_found_late(&self, brand: &Brand) -> bool {
        let stored = self.decided.as_ref().filter(|decided| decided.stars.is_some());
        stored.map_or_else(
            || {
                let seen = self.content_seen_at.unwrap_or(self.first_seen_at);
                self.is_imported() || seen.duration_since(self.published()) > brand.alert_within
            },
            |decided| decided.found_late,
        )
    }

    /// When the next step of the ladder is due, for an open review on it.
    pub fn step_at(&self, brand: &Brand) -> Option<Timestamp> {
        let ladder = self.decided.as_ref()?.ladder.filter(|_| self.state() == State::Open)?;
        ladder.next(brand, self.start(brand)).map(|(_, at)| at)
    }

    /// Stores a decision with the review.
    pub fn apply_decision(&mut self, decided: Decided, now: Timestamp) {
        let before = self.decided.as_ref().and_then(|decided| decided.reopened_at);
        if let Some(of) = decided.reopened_at.filter(|of| Some(*of) != before) {
            self.note(TrailEntry::reopened(now, of));
        }
        self.decided = Some(decided);
    }
}

/// Decides a change that needs no notice, where that can be told without understanding the text:
/// most reviews are good, and what is imported is history. `None`: [`decide`] must look.
pub fn decide_plain(
    review: &Review,
    brand: &Brand,
    config: &str,
    now: Timestamp,
) -> Option<Decided> {
    let first = review.decided.is_none();
    let good = || review.stars().is_some_and(|stars| stars >= brand.alert_below);
    let quiet = review.is_imported() || (good() && brand.praise != Praise::Each);
    let plain = first && quiet && review.state() != State::Withdrawn;
    plain.then(|| {
        let mut change = Change::new(review, brand, config, now);
        if let Err(why) = change.alert(false) {
            change.not_made(Kind::Alert, None, why);
        }
        change.praise();
        change.decided
    })
}

/// Decides what a change makes.
///
/// `config` is the version of the brand's configuration ([`Brand::version`]), kept with the
/// decision. `assess` is called for alerts only. `untold` are the recipients whose alerts on
/// this review were all cancelled before they were sent: should it be under and open again without
/// an edit that makes an alert, they are told after all. `copy_of` is the review of another source
/// that it was found to be a copy of, if it was.
pub fn decide(
    review: &Review,
    brand: &Brand,
    config: &str,
    now: Timestamp,
    assess: impl FnOnce(&Content) -> Assessment,
    untold: &[ContactId],
    copy_of: Option<&ReviewKey>,
) -> Decision {
    let mut change = Change::new(review, brand, config, now);
    change.settle_copy(copy_of);
    let notices = match change.alert(!untold.is_empty()) {
        Ok(only_untold) => change.alerts(assess, only_untold.then_some(untold)),
        Err(why) => {
            change.not_made(Kind::Alert, None, why);
            change.praise()
        }
    };
    change.settle_ladder();
    let decided = change.decided;
    let mut step_at = None;
    if decided.ladder.is_some() {
        let mut after = review.clone();
        after.decided = Some(decided.clone());
        step_at = after.step_at(brand);
    }
    Decision { decided, notices, step_at }
}

/// A change being decided.
struct Change<'a> {
    review: &'a Review,
    brand: &'a Brand,
    now: Timestamp,
    /// What was decided before; becomes what is decided now.
    decided: Decided,
    before: Option<Decided>,
    alerted: bool,
}

impl<'a> Change<'a> {
    fn new(review: &'a Review, brand: &'a Brand, config: &str, now: Timestamp) -> Self {
        let before = review.decided.clone();
        let mut decided = before.clone().unwrap_or_default();
        decided.revision = review.revision;
        config.clone_into(&mut decided.config);
        Self { review, brand, now, decided, before, alerted: false }
    }

    fn not_made(&mut self, kind: Kind, to: Option<ContactId>, why: WhyNot) {
        let entry = NotMade { kind, to, why };
        let kept = &mut self.decided.not_made;
        kept.retain(|known| *known != entry);
        if kept.len() == NOT_MADE_MAX {
            kept.remove(0);
        }
        kept.push(entry);
    }

    /// A copy stays one until a person splits it off.
    fn settle_copy(&mut self, found: Option<&ReviewKey>) {
        let known = self.decided.copy_of.take();
        self.decided.copy_of = known.or_else(|| found.cloned()).filter(|_| !self.review.apart);
    }

    /// Whether the change makes an alert: `Ok(true)` if only for those who were left untold.
    fn alert(&mut self, some_untold: bool) -> Result<bool, WhyNot> {
        self.decided.withdrawn =
            self.review.existence.as_ref().is_some_and(|e| e.value == Existence::Withdrawn);
        if self.decided.withdrawn {
            return Err(WhyNot::Withdrawn);
        }
        let Some(register) = &self.review.content else { return Err(WhyNot::Settled) };
        let Some(stars) = register.value.content.stars else { return Err(WhyNot::NoRating) };
        let first = self.before.as_ref().and_then(|before| before.stars);
        if first.is_none() {
            self.decided.found_late = self.review.is_found_late(self.brand);
        }
        let was_under = self.decided.under;
        self.decided.stars = Some(stars);
        self.decided.under = stars < self.brand.alert_below;
        if self.decided.copy_of.is_some() {
            return Err(WhyNot::Copy);
        }
        if !self.decided.under {
            return Err(WhyNot::NotUnder);
        }
        let fell = first.is_none_or(|before| stars.fallen_from(before) >= Stars::ONE.hundredths());
        let was_copy = self.before.as_ref().is_some_and(|before| before.copy_of.is_some());
        let crossed = !was_under || fell || was_copy;
        let reopens = crossed && self.reopens(register.value.edited, register.at);
        if !reopens && self.review.state() != State::Open {
            return Err(WhyNot::Settled);
        }
        let imported = register.value.imported;
        let fresh = if first.is_none() {
            !self.decided.found_late
        } else {
            !imported && self.now.duration_since(register.at) <= self.brand.alert_within
        };
        match (crossed, fresh) {
            (true, true) => {}
            (false, _) if some_untold && !self.decided.found_late => return Ok(true),
            (false, _) => return Err(WhyNot::AlreadyTold),
            (true, false) if imported => return Err(WhyNot::Imported),
            (true, false) => return Err(WhyNot::FoundLate),
        }
        if reopens {
            self.decided.reopened_at = Some(register.at.min(self.now));
            self.decided.ladder = None;
        }
        self.decided.found_late = false;
        Ok(false)
    }

    /// Whether the content is an edit made after the brand settled the review.
    fn reopens(&self, edited: bool, at: Timestamp) -> bool {
        let reopened = self.decided.reopened_at;
        edited
            && self.review.state() != State::Open
            && self.review.settled_at().is_some_and(|settled| at > settled)
            && reopened.is_none_or(|before| at > before)
    }

    fn alerts(
        &mut self,
        assess: impl FnOnce(&Content) -> Assessment,
        only: Option<&[ContactId]>,
    ) -> Vec<NewNotice> {
        let Some(content) = self.review.written() else { return Vec::new() };
        let stars = content.stars.unwrap_or(Stars::FIVE);
        if self.brand.deliver == Deliver::Off {
            self.not_made(Kind::Alert, None, WhyNot::DeliverOff);
            return Vec::new();
        }
        let assessment = assess(content);
        self.alerted = true;
        self.decided.critical = assessment.severity == Severity::Critical;
        self.decided.causes = assessment.causes.iter().map(|found| found.id).collect();
        let trial = self.brand.deliver == Deliver::Trial;
        let who = recipients(self.brand, self.review, stars, &assessment);
        self.explain_silence(&who);
        let mut notices = Vec::new();
        let why = who.first().map_or(Why::Contact, |(_, why)| why.clone());
        if trial {
            let meant = who.into_iter().map(|(to, _)| to).collect();
            notices.extend(self.notices(Kind::Alert, meant, &why));
        } else {
            for (to, why) in who {
                notices.extend(self.notices(Kind::Alert, vec![to], &why));
            }
        }
        notices.retain(|notice| {
            let told = [&notice.to].into_iter().chain(&notice.meant_for);
            only.is_none_or(|only| told.into_iter().any(|to| only.contains(to)))
        });
        // Where only the operator was left untold, the brand's people still hear nothing.
        if only.is_none() || !notices.is_empty() {
            self.decided.trial = trial;
        }
        notices
    }

    fn explain_silence(&mut self, who: &[(ContactId, Why)]) {
        let brand = self.brand;
        let routed = who.iter().any(|(_, why)| matches!(why, Why::Route { .. }));
        if !routed && brand.has_people_at(self.review) {
            // One entry for all the others: a brand may have forty shops.
            self.not_made(Kind::Alert, None, WhyNot::OfAShop);
            return;
        }
        for contact in &brand.contacts {
            let recipient = brand.recipient(&contact.id).map(|first| &first.id);
            if who.iter().any(|(to, _)| *to == contact.id) {
                continue;
            }
            let why = match () {
                () if recipient != Some(&contact.id) => WhyNot::SameAddress,
                () if routed => WhyNot::RoutedElsewhere,
                () => WhyNot::GetsNone,
            };
            self.not_made(Kind::Alert, Some(contact.id.clone()), why);
        }
    }

    fn praise(&mut self) -> Vec<NewNotice> {
        let good = !self.decided.withdrawn
            && !self.decided.under
            && self.decided.stars.is_some()
            && self.review.stars().is_some()
            && !self.review.is_imported();
        let is_copy = self.decided.copy_of.is_some();
        if !good || is_copy || self.decided.found_late || self.decided.good_at.is_some() {
            return Vec::new();
        }
        if self.brand.deliver == Deliver::Off {
            self.not_made(Kind::Praise, None, WhyNot::DeliverOff);
            return Vec::new();
        }
        self.decided.good_at = Some(self.now);
        match self.brand.praise {
            Praise::Each => {
                let who = self.brand.who_gets_of(Gets::Praise, self.review);
                self.notices(Kind::Praise, who, &Why::Contact)
            }
            Praise::Daily | Praise::Weekly => {
                self.not_made(Kind::Praise, None, WhyNot::PraisedTogether);
                Vec::new()
            }
            Praise::Off => {
                self.not_made(Kind::Praise, None, WhyNot::PraiseOff);
                Vec::new()
            }
        }
    }

    /// The notices of some recipients: theirs, or on trial the operator's for all of them.
    fn notices(&self, kind: Kind, meant: Vec<ContactId>, why: &Why) -> Vec<NewNotice> {
        let written_to = self.brand.written_to(meant).into_iter();
        written_to.map(|(to, meant)| self.notice(kind, to, meant, why.clone())).collect()
    }

    fn notice(&self, kind: Kind, to: ContactId, meant_for: Vec<ContactId>, why: Why) -> NewNotice {
        let review = &self.review.key;
        let revision = self.review.revision.to_string();
        let of = review.to_string();
        let id = NoticeId::of([kind.id(), &of, &revision, Channel::Email.id(), to.as_str()]);
        NewNotice {
            id,
            brand: self.brand.id.clone(),
            kind,
            channel: Channel::Email,
            to,
            meant_for,
            subject: Subject::Review { reviews: vec![review.clone()], step: None, why },
            due_at: self.now,
            with: None,
        }
    }

    /// An alert puts the review on the ladder; leaving the threshold takes it off.
    fn settle_ladder(&mut self) {
        let unreadable = self.review.stars().is_none();
        if !self.decided.under || self.decided.withdrawn || unreadable {
            self.decided.ladder = self.decided.ladder.filter(|_| self.decided.withdrawn);
            return;
        }
        let returned = self.before.as_ref().is_some_and(|before| before.withdrawn);
        let enters = self.alerted && (self.decided.ladder.is_none() || returned);
        if enters {
            let mut after = self.review.clone();
            after.decided = Some(self.decided.clone());
            let start = after.start(self.brand);
            let ladder = self.decided.ladder.unwrap_or_default();
            self.decided.ladder = Some(ladder.enter(self.brand, start, self.now));
        }
    }
}

/// When an undecided mark is old enough for watch to look at it, should the nudge be lost.
pub fn mark_is_old_at(marked_at: Timestamp) -> Timestamp {
    later(marked_at, jiff::SignedDuration::from_mins(2))
}
