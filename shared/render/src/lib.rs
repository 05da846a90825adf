//! Notices as messages that people read: a subject, a text part and an HTML part, in French or
//! English; and the pages of the desk.
//!
//! The application fills a view with raw values; everything that is worded or formatted (times in
//! the brand's zone, ratings, names, lists) is worded here. Each view becomes a [`Message`] through
//! a list of blocks, which the text writer and one template show each in its way, so that the two
//! parts say the same.
//!
//! **Invariants.** Rendering is total: every view makes a message. A subject is one clean line of
//! at most [`SUBJECT_CHARS_MAX`] characters. The text part has at most [`COLUMNS_MAX`] columns save
//! for addresses, which are never broken; each desk link stands alone on its line, `answered`
//! before `close`, and nothing that a reviewer wrote begins a line. The HTML part is under
//! [`HTML_BYTES_MAX`], has no image, no script and no address but those of the view; what reviewers
//! wrote is escaped and cannot be a template.
//!
//! It does not: decide who gets what, sign links, send, or read a clock.

mod alert;
mod card;
mod desk;
mod doc;
mod ending;
mod html;
mod ladder;
mod operator;
mod poster;
mod praise;
mod report;
mod roundup;
pub mod sample;
mod subject;
mod text;
mod views;
mod waited;
mod when;
mod words;

pub use alert::alert;
pub use desk::{CloseReason, DeskPage, Purpose, desk_page};
pub use html::HTML_BYTES_MAX;
pub use ladder::ladder;
pub use operator::operator;
pub use praise::praise;
pub use report::{report, report_text};
pub use roundup::roundup;
pub use subject::SUBJECT_CHARS_MAX;
pub use text::COLUMNS_MAX;
pub use views::{
    Again, AlertView, Also, AnsweredLine, BrandView, LadderItem, LadderKind, LadderView, Links,
    News, NextKind, NextStep, OperatorView, PraiseView, Praised, ReportLine, ReportView,
    ReviewView, RoundupView, Unknown, Weakest, Why,
};
pub use waited::waited;
pub use when::moment;

/// A message, ready for any mailer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Message {
    /// One clean line.
    pub subject: String,
    /// The text part: a real rendering, with the same links.
    pub text: String,
    /// The HTML part.
    pub html: String,
}
