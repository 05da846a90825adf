//! What `vigie demo` plays: a brand with shops and one on trial, every platform, a webhook that is
//! refused and why, and the mails that come of it.

mod acts;
pub(crate) mod api;
pub(crate) mod mails;
pub(crate) mod pages;
pub(crate) mod play;
pub(crate) mod refused;
mod reviews;
pub(crate) mod stage;
pub(crate) mod summary;
mod told;
