//! Which sort each mail is, told from the notice that the store has of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;
use vigie_domain::notice::{Notice, Subject};
use vigie_domain::{Brand, Deliver, Kind, Matter, Review, Why};
use vigie_smtp_sink::Received;

use super::stage::OPERATOR;

/// A sort of mail. Every mail is of one, so that they add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sort {
    Alert,
    ShopAlert,
    Critical,
    Reminder,
    /// A reminder that takes others along.
    Merged,
    Escalation,
    Praise,
    Report,
    Operator,
    /// Whatever a brand on trial makes.
    Trial,
}

impl Sort {
    pub(crate) const ALL: [Self; 10] = [
        Self::Alert,
        Self::ShopAlert,
        Self::Critical,
        Self::Reminder,
        Self::Merged,
        Self::Escalation,
        Self::Praise,
        Self::Report,
        Self::Operator,
        Self::Trial,
    ];

    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::ShopAlert => "shop alert",
            Self::Critical => "critical",
            Self::Reminder => "reminder",
            Self::Merged => "merged",
            Self::Escalation => "escalation",
            Self::Praise => "praise",
            Self::Report => "report",
            Self::Operator => "operator",
            Self::Trial => "trial",
        }
    }

    fn of(notice: &Notice, stored: &Stored<'_>) -> Self {
        let what = &notice.what;
        if stored.on_trial(notice) {
            return Self::Trial;
        }
        let (count, why) = match &what.subject {
            Subject::Review { reviews, why, .. } => (reviews.len(), Some(why)),
            _ => (0, None),
        };
        match what.kind {
            Kind::Alert if stored.is_critical(notice) => Self::Critical,
            Kind::Alert if why == Some(&Why::Shop) => Self::ShopAlert,
            Kind::Alert => Self::Alert,
            Kind::Reminder if count > 1 => Self::Merged,
            Kind::Reminder => Self::Reminder,
            Kind::Escalation => Self::Escalation,
            Kind::Praise => Self::Praise,
            Kind::Report => Self::Report,
            // What is fetched is no mail.
            Kind::Operator | Kind::Fetch => Self::Operator,
        }
    }
}

/// What the store has.
pub(crate) struct Stored<'a> {
    pub(crate) brands: &'a [Brand],
    pub(crate) reviews: &'a HashMap<String, Review>,
    pub(crate) notices: &'a [Notice],
}

impl<'a> Stored<'a> {
    pub(crate) fn brand_of(&self, review: &Review) -> Option<&'a Brand> {
        self.brands.iter().find(|brand| brand.id == review.brand)
    }

    fn brand(&self, notice: &Notice) -> Option<&'a Brand> {
        self.brands.iter().find(|brand| brand.id == notice.what.brand)
    }

    fn on_trial(&self, notice: &Notice) -> bool {
        self.brand(notice).is_some_and(|brand| brand.deliver == Deliver::Trial)
    }

    fn review(&self, notice: &Notice) -> Option<&'a Review> {
        self.reviews.get(&notice.what.subject.review()?.to_string())
    }

    fn is_critical(&self, notice: &Notice) -> bool {
        let decided = self.review(notice).and_then(|review| review.decided.as_ref());
        decided.is_some_and(|decided| decided.critical)
    }

    /// How often the operator was told of a matter.
    pub(crate) fn told(&self, matter: Matter) -> usize {
        let of = |notice: &&Notice| match &notice.what.subject {
            Subject::Operator(told) => told.matter == matter,
            _ => false,
        };
        self.notices.iter().filter(of).count()
    }
}

/// The mails of a sort.
#[derive(Debug, Default, Serialize)]
pub(crate) struct OfSort {
    pub(crate) count: usize,
    /// Reviews that they are about.
    pub(crate) reviews: usize,
    /// To whom they went: what stands before the @.
    pub(crate) to: Vec<String>,
    /// For whom they were meant, where the operator got them instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) meant_for: Vec<String>,
    /// The first of them, by its place among all mails, from 1.
    pub(crate) first: usize,
    #[serde(skip)]
    seen: Vec<String>,
}

/// The mails, sorted.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    pub(crate) sorts: BTreeMap<Sort, OfSort>,
    /// The sort of each mail, in the order of their coming; `None` is a fault.
    pub(crate) each: Vec<Option<Sort>>,
    pub(crate) faults: Vec<String>,
}

/// Sorts the mails, and holds what each sort promises.
pub(crate) fn sorted(mails: &[Arc<Received>], stored: &Stored<'_>) -> Sorted {
    let known: HashMap<&str, &Notice> =
        stored.notices.iter().map(|notice| (notice.what.id.as_str(), notice)).collect();
    let mut sorted = Sorted::default();
    for (at, mail) in mails.iter().enumerate() {
        let id = mail.header("X-Vigie-Notice").unwrap_or_default();
        let Some(notice) = known.get(id.as_str()) else {
            sorted.each.push(None);
            continue;
        };
        let sort = Sort::of(notice, stored);
        sorted.each.push(Some(sort));
        sorted.sorts.entry(sort).or_default().add(notice, mail, at + 1);
        sorted.faults.extend(broken(notice, mail, stored));
    }
    for sort in Sort::ALL {
        if !sorted.sorts.contains_key(&sort) {
            sorted.faults.push(format!("no {} came", sort.id()));
        }
    }
    sorted
}

impl OfSort {
    fn add(&mut self, notice: &Notice, mail: &Received, place: usize) {
        self.count += 1;
        if self.first == 0 {
            self.first = place;
        }
        if let Subject::Review { reviews, .. } = &notice.what.subject {
            for review in reviews {
                add(&mut self.seen, &review.to_string());
            }
            self.reviews = self.seen.len();
        }
        for to in &mail.to {
            add(&mut self.to, to.split('@').next().unwrap_or_default());
        }
        for meant in &notice.what.meant_for {
            add(&mut self.meant_for, meant.as_str());
        }
        self.to.sort();
        self.meant_for.sort();
    }
}

fn add(all: &mut Vec<String>, one: &str) {
    if !all.iter().any(|known| known == one) {
        all.push(one.to_owned());
    }
}

/// What a mail should say or whom it should go to, and does not.
fn broken(notice: &Notice, mail: &Received, stored: &Stored<'_>) -> Option<String> {
    let brand = stored.brand(notice)?;
    let id = &notice.what.id;
    if stored.on_trial(notice) {
        if mail.to.iter().any(|to| to != OPERATOR) {
            return Some(format!("{id}: of a brand on trial, and not to the operator alone"));
        }
        // At the top, in a paragraph of its own.
        let text = mail.text().unwrap_or_default().replace("\r\n", "\n");
        let said = one_line(text.split("\n\n").next().unwrap_or_default());
        let mut meant = notice.what.meant_for.iter().filter_map(|id| brand.contact(id));
        if notice.what.meant_for.is_empty() || !meant.all(|one| said.contains(&one.name)) {
            return Some(format!("{id}: of a brand on trial, and does not say for whom"));
        }
    }
    let of_shop = matches!(&notice.what.subject, Subject::Review { why: Why::Shop, .. });
    let shop = stored.review(notice).and_then(|review| brand.shop_of(review))?;
    let subject = one_line(&mail.header("Subject").unwrap_or_default());
    let unnamed = of_shop && notice.what.kind == Kind::Alert && !subject.contains(&shop.name);
    unnamed.then(|| format!("{id}: a shop's alert whose subject does not name it: {subject}"))
}

/// A text without its line breaks; a no-break space is a space.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
