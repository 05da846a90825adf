//! What `vigie demo` plays: a brand with shops and one on trial, eight platforms, a webhook that is
//! refused and why, and the mails that come of it.

mod acts;
pub(crate) mod mails;
pub(crate) mod pages;
pub(crate) mod play;
pub(crate) mod refused;
mod reviews;
pub(crate) mod stage;
pub(crate) mod summary;
mod told;

use vigie_platforms::Preset;

/// The platforms that are played: each way to prove a webhook, each shape of payload.
const PLAYED: [&str; 8] = [
    "standard-webhooks",
    "generic-hmac",
    "judgeme",
    "okendo",
    "podium",
    "stamped",
    "trustpilot",
    "shopify-product-review",
];

fn played() -> impl Iterator<Item = &'static Preset> {
    PLAYED.iter().filter_map(|id| Preset::by_id(id))
}
