//! Types and decisions of Vigie.
//!
//! Everything here is pure: no input or output, no clock, no environment, no randomness. Time
//! comes in as values, and every decision can be made again from what was stored.

pub mod assessment;
pub mod brand;
pub mod digest;
pub mod event;
pub mod ids;
pub mod stars;
pub mod text;

pub use assessment::{Assessment, Cause, CauseFound, Severity};
pub use brand::{Brand, Channel, Contact, Gets, Locale, Praise, Route, SecretRef, Source, Step};
pub use digest::Digest;
pub use event::{Content, EventKind, Flag, Reply, ReviewEvent, Version};
pub use ids::{
    BadReviewKey, BadSlug, BrandId, ContactId, ExternalId, ReviewKey, ReviewNumber, ShopId,
    SourceId,
};
pub use stars::{Decimal, Stars};
