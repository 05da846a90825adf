//! What the application fills in: raw values, nothing worded.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use vigie_advice::Advice;
use vigie_domain::{Assessment, Cause, Flag, Locale, Stars, Touchpoint};

/// The brand that a message is for.
#[derive(Debug, Clone, PartialEq)]
pub struct BrandView {
    /// Its name.
    pub name: String,
    /// The language of what it reads.
    pub locale: Locale,
    /// The zone that its times are shown in.
    pub zone: TimeZone,
    /// Ratings below this make alerts.
    pub alert_below: Stars,
    /// The promise: the first answer within this.
    pub answer_within: SignedDuration,
    /// For whom the message is meant, by name, where the brand is on trial and the operator gets it
    /// in their stead.
    pub meant_for: Vec<String>,
}

/// A review as messages show it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewView {
    /// Its short number, "LUM-4821".
    pub number: String,
    /// Its key, "lumen-site/r-1001".
    pub key: String,
    /// Its rating on five; `None` when unreadable.
    pub stars: Option<Stars>,
    /// The reviewer's public name.
    pub author: Option<String>,
    /// The platform's name.
    pub platform: String,
    /// The shop's name.
    pub shop: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// What the reviewer wrote; may be empty.
    pub text: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// When the first answer is due.
    pub due_at: Timestamp,
    /// Its public address.
    pub url: Option<String>,
    /// The page where one answers it.
    pub answer_url: Option<String>,
    /// ISO 639-1 language of the text.
    pub language: Option<String>,
    /// What was bought.
    pub product: Option<String>,
    /// What could not be taken as given.
    pub flags: Vec<Flag>,
    /// Whether the platform tells nothing of answers, so that the brand has to say it.
    pub answers_by_hand: bool,
    /// Whether nothing proves that the platform sent it: it signs nothing, and was not asked.
    pub unsigned: bool,
    /// Where it stands too: its copies on other platforms.
    pub also: Vec<Also>,
}

/// A platform that shows a copy of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Also {
    /// The platform's name.
    pub platform: String,
    /// The copy's public address, or where one answers it.
    pub url: Option<String>,
}

/// A review's desk links, signed for the recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// "I have answered".
    pub answered: String,
    /// "Close without an answer".
    pub close: String,
}

/// Why the recipient gets a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A contact who gets such messages.
    Contact,
    /// A route, by its position in the file, from 1.
    Route {
        /// Which.
        position: usize,
    },
    /// Management hears of critical reviews.
    Management,
    /// A contact of the shop.
    Shop,
    /// A step of the ladder names them.
    Step,
}

impl From<&vigie_domain::Why> for Why {
    fn from(why: &vigie_domain::Why) -> Self {
        match why {
            vigie_domain::Why::Contact => Self::Contact,
            vigie_domain::Why::Route { position } => Self::Route { position: *position },
            vigie_domain::Why::Management => Self::Management,
            vigie_domain::Why::Shop => Self::Shop,
            vigie_domain::Why::Step => Self::Step,
        }
    }
}

/// What comes next if nobody answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextKind {
    /// Before the promise is due.
    Reminder,
    /// From then on.
    Escalation,
}

/// One message to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// Which.
    pub kind: NextKind,
    /// When.
    pub at: Timestamp,
    /// To whom, by name.
    pub names: Vec<String>,
}

/// What is new to somebody who already had a message on this review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The rating went from one to the other.
    Edited {
        /// Before.
        from: Option<Stars>,
        /// Now.
        to: Option<Stars>,
    },
    /// It had been answered or closed, and is open again.
    Reopened,
}

/// A message to somebody who already had one on this review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The subject of the first one.
    pub first_subject: String,
    /// What is new.
    pub new: News,
}

/// An alert: a review fell under the threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertView {
    /// For which brand.
    pub brand: BrandView,
    /// The recipient's name.
    pub recipient: String,
    /// The review.
    pub review: ReviewView,
    /// Its links.
    pub links: Links,
    /// What was understood of it.
    pub assessment: Assessment,
    /// What to do about it.
    pub advice: Advice,
    /// Why this recipient.
    pub why: Why,
    /// What comes next if nobody answers.
    pub next: Vec<NextStep>,
    /// Set if they already had a message on this review.
    pub again: Option<Again>,
}

/// Good reviews for the team: the first ones in full.
#[derive(Debug, Clone, PartialEq)]
pub struct PraiseView {
    /// For which brand.
    pub brand: BrandView,
    /// The recipient's name.
    pub recipient: String,
    /// The reviews, newest first or as the application likes.
    pub reviews: Vec<Praised>,
    /// How many more there are.
    pub more: usize,
    /// When the message is made.
    pub at: Timestamp,
}

/// A good review, and whom it thanks.
#[derive(Debug, Clone, PartialEq)]
pub struct Praised {
    /// The review.
    pub review: ReviewView,
    /// First names of staff that it praises, as written.
    pub people: Vec<String>,
    /// Whether it suggests something to do better.
    pub suggests: bool,
}

/// How a week or a month went.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundupView {
    /// For which brand.
    pub brand: BrandView,
    /// The recipient's name.
    pub recipient: String,
    /// Its first local date.
    pub first: Date,
    /// Whether it is a week; else a month.
    pub weekly: bool,
    /// How many reviews were good.
    pub good: usize,
    /// How many were not.
    pub poor: usize,
    /// Both, for the period before; `None` where nothing is known of it.
    pub before: Option<(usize, usize)>,
    /// Staff thanked by first name, and in how many reviews: most first.
    pub people: Vec<(String, usize)>,
    /// Where customers were let down most.
    pub weakest: Option<Weakest>,
    /// Complaints of what is sold, and of how people are treated.
    pub promises: (usize, usize),
    /// Whether complaints were too many for all to be looked at.
    pub at_least: bool,
    /// Good reviews, of which one is shown.
    pub reviews: Vec<Praised>,
}

/// Where customers were let down most: where most complaints are, the lowest ratings deciding
/// between equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weakest {
    /// Where.
    pub touchpoint: Touchpoint,
    /// In how many reviews.
    pub times: usize,
    /// What most of them complain of.
    pub cause: Cause,
}

/// Which step of the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LadderKind {
    /// The promise is about to be broken.
    Reminder,
    /// It is broken.
    Escalation,
}

/// One review of a reminder or an escalation.
#[derive(Debug, Clone, PartialEq)]
pub struct LadderItem {
    /// The review.
    pub review: ReviewView,
    /// Its links.
    pub links: Links,
    /// The advice's summary.
    pub summary: String,
    /// Who had it already, by name.
    pub had_it: Vec<String>,
    /// What comes next if nobody answers.
    pub next: Vec<NextStep>,
}

/// A reminder or an escalation: the due review first, then those it takes along.
#[derive(Debug, Clone, PartialEq)]
pub struct LadderView {
    /// For which brand.
    pub brand: BrandView,
    /// The recipient's name.
    pub recipient: String,
    /// Which.
    pub kind: LadderKind,
    /// The reviews.
    pub items: Vec<LadderItem>,
    /// The subject of the first message on the first review, if the recipient had one.
    pub first_subject: Option<String>,
}

/// One open review in the report.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportLine {
    /// The review.
    pub review: ReviewView,
    /// Its links; `None` where there is nobody to sign them for, on a terminal.
    pub links: Option<Links>,
    /// Its causes, strongest first.
    pub causes: Vec<Cause>,
    /// Who has it now, by name.
    pub with: Option<String>,
}

/// One review answered since the last report.
#[derive(Debug, Clone, PartialEq)]
pub struct AnsweredLine {
    /// Its short number.
    pub number: String,
    /// Its rating.
    pub stars: Option<Stars>,
    /// The shop's name.
    pub shop: Option<String>,
    /// Whether the answer came within the promise.
    pub in_time: bool,
}

/// What Vigie cannot know, and says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// These platforms, by name, do not tell of answers.
    Answers {
        /// Their names.
        platforms: Vec<String>,
    },
    /// A source has been silent for some days.
    Silent {
        /// Its id.
        source: String,
        /// For how many days.
        days: u32,
        /// How long it paused at most before, in days.
        longest: u32,
    },
}

/// The unanswered report.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportView {
    /// For which brand.
    pub brand: BrandView,
    /// The recipient's name; `None` on a terminal.
    pub recipient: Option<String>,
    /// The moment that the report speaks of.
    pub at: Timestamp,
    /// Past their promise.
    pub late: Vec<ReportLine>,
    /// Due before the local day ends.
    pub today: Vec<ReportLine>,
    /// Open and due later.
    pub later: Vec<ReportLine>,
    /// First seen long after publication: no alert was sent.
    pub found_late: Vec<ReportLine>,
    /// Without a rating that can be read: no alert was sent.
    pub unreadable: Vec<ReportLine>,
    /// The reviews listed above, by shop name, most first; the empty name is no shop.
    pub open_by_shop: Vec<(String, usize)>,
    /// Open reviews at or above the threshold, by shop name; the empty name is no shop.
    pub good_by_shop: Vec<(String, usize)>,
    /// Answered since the last report.
    pub answered_since: Vec<AnsweredLine>,
    /// What Vigie cannot know.
    pub unknown: Vec<Unknown>,
    /// Reviews received since the last report.
    pub received: usize,
    /// Reviews answered since.
    pub answered: usize,
    /// Those answered within the promise.
    pub answered_in_time: usize,
    /// Open reviews that are left out here.
    pub more: usize,
    /// The next steps of the ladder, if nobody answers.
    pub next: Vec<NextStep>,
    /// The next report.
    pub next_report: Option<Timestamp>,
}

/// A word to whoever runs Vigie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorView {
    /// Their language.
    pub locale: Locale,
    /// Of what: one of the documented codes.
    pub code: String,
    /// At which source, brand or file.
    pub source: String,
    /// How many times since the last message.
    pub count: u64,
    /// What to know and to do, in sentences.
    pub text: String,
    /// Whether it is told once; otherwise again every six hours while it lasts.
    pub once: bool,
}
