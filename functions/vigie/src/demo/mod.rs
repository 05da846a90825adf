//! What `vigie demo` plays: a brand, every platform, and the mails that come of it.

pub(crate) mod pages;
pub(crate) mod play;
pub(crate) mod stage;
pub(crate) mod summary;
