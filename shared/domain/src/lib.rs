//! Types and decisions of Vigie.
//!
//! Everything here is pure: no input or output, no clock, no environment, no randomness. Time
//! comes in as values, and every decision can be made again from what was stored.

pub mod assessment;
pub mod brand;
pub mod cause;
pub mod climb;
pub mod copies;
pub mod decide;
pub mod digest;
pub mod erase;
pub mod event;
pub mod hours;
pub mod ids;
pub mod matter;
pub mod mentions;
pub mod notice;
pub mod own;
pub mod promise;
pub mod recipients;
mod record;
pub mod register;
pub mod review;
pub mod rhythm;
pub mod source;
pub mod stars;
pub mod text;

pub use assessment::{
    Approach, ApproachFound, Assessment, CauseFound, Motive, MotiveFound, Severity,
};
pub use brand::{
    Brand, Channel, Contact, Deliver, Gets, Locale, Praise, Roundup, Route, Shop, Step,
};
pub use cause::{Cause, PromiseKind, Touchpoint};
pub use climb::climb;
pub use decide::{Decided, Decision, decide, decide_plain};
pub use digest::Digest;
pub use erase::Erased;
pub use event::{Content, EventKind, Flag, Reply, ReviewEvent, Version};
pub use hours::Hours;
pub use ids::{
    BadReviewKey, BadSlug, BrandId, ContactId, ExternalId, ReviewKey, ReviewNumber, ShopId,
    SourceId,
};
pub use matter::{Matter, Telling, Trouble, Troubled};
pub use mentions::Mentions;
pub use notice::{Fetching, Kind, NewNotice, Notice, NoticeId, NoticeState, Subject, Why};
pub use own::{Guarantee, OwnAdvice, OwnCause, OwnText};
pub use promise::{Promise, Punctuality};
pub use record::{Outcome, Told, record};
pub use register::Register;
pub use review::{Review, State};
pub use rhythm::{Rhythm, Silence};
pub use source::{Access, Api, SecretRef, Source};
pub use stars::{Decimal, Stars};
