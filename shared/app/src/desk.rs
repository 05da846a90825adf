//! Where the brand acts: signed links in messages.
//!
//! A link serves one purpose, one review and one recipient, for 30 days. Showing it changes
//! nothing (mail scanners follow links); acting on it again changes nothing more.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use vigie_domain::promise::later;
use vigie_domain::{ContactId, ReviewKey, ReviewNumber, State};
use vigie_ports::{BrandInForce, Store as _, StoreError, StoredReview, World};
pub use vigie_render::{CloseReason, Purpose};

use crate::App;
use crate::answer::{NotNoted, Said, note};

/// How long a link works.
pub const LINK_LIVES: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A purpose's word in the address.
const fn word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Answered => "answered",
        Purpose::Close => "close",
    }
}

/// Why a link does not work.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoDesk {
    /// It was altered, or is none of ours.
    #[error("no such link")]
    Unknown,
    /// Its 30 days are over.
    #[error("the link has expired")]
    Expired(Box<Desk>),
    /// Its review was erased: there is nothing to show, and nothing to act on.
    #[error("the review was erased")]
    Erased(Box<Desk>),
    /// The store does not answer.
    #[error("the store does not answer")]
    Store(#[from] StoreError),
}

/// An open link.
#[derive(Debug, Clone, PartialEq)]
pub struct Desk {
    /// What for.
    pub purpose: Purpose,
    /// The review.
    pub stored: StoredReview,
    /// Its brand.
    pub brand: Arc<BrandInForce>,
    /// Whose link it is.
    pub contact: ContactId,
}

impl Desk {
    /// Whether the review is settled already.
    pub fn is_settled(&self) -> bool {
        self.stored.review.state() != State::Open
    }
}

impl<W: World> App<W> {
    /// The link of a purpose, a review and a recipient, made at `now`.
    pub fn link(
        &self,
        purpose: Purpose,
        number: ReviewNumber,
        to: &ContactId,
        now: Timestamp,
    ) -> String {
        let expires = later(now, LINK_LIVES).as_second();
        let said = format!("{}.{to}.{expires}", number.0);
        let signature = self.sign(purpose, &said);
        format!("{}/desk/{}/{said}.{signature}", self.settings.public_url, word(purpose))
    }

    fn sign(&self, purpose: Purpose, said: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.desk_key()) else {
            unreachable!("HMAC takes a key of any length")
        };
        mac.update(word(purpose).as_bytes());
        mac.update(b"/");
        mac.update(said.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

/// Opens a link: checks it and loads its review. Changes nothing.
///
/// # Errors
/// [`NoDesk`].
pub async fn open<W: World>(app: &App<W>, purpose: &str, token: &str) -> Result<Desk, NoDesk> {
    let purpose = [Purpose::Answered, Purpose::Close].into_iter().find(|one| word(*one) == purpose);
    let purpose = purpose.ok_or(NoDesk::Unknown)?;
    let (said, signature) = token.rsplit_once('.').ok_or(NoDesk::Unknown)?;
    let expected = app.sign(purpose, said);
    if !bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) {
        return Err(NoDesk::Unknown);
    }
    let (number, contact, expires) = parts(said).ok_or(NoDesk::Unknown)?;
    let stored = app.store().by_number(number).await?.ok_or(NoDesk::Unknown)?;
    let brand = app.brand(&stored.review.brand).await?;
    let desk = Desk { purpose, stored, brand, contact };
    if desk.stored.review.is_erased() {
        return Err(NoDesk::Erased(Box::new(desk)));
    }
    if app.now().as_second() > expires {
        return Err(NoDesk::Expired(Box::new(desk)));
    }
    Ok(desk)
}

fn parts(said: &str) -> Option<(ReviewNumber, ContactId, i64)> {
    let mut parts = said.split('.');
    let number = ReviewNumber(parts.next()?.parse().ok()?);
    let contact = parts.next()?.parse().ok()?;
    let expires = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some((number, contact, expires))
}

/// What acting on a link did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acted {
    /// Which review.
    pub key: ReviewKey,
    /// Whether it was news; if not, it was recorded before.
    pub news: bool,
    /// Whether a decision waits: nudge [`crate::raise`].
    pub undecided: bool,
}

/// Acts on an open link: records who and when.
///
/// # Errors
/// The store does not answer.
pub async fn act<W: World>(
    app: &App<W>,
    desk: &Desk,
    reason: Option<CloseReason>,
) -> Result<Acted, StoreError> {
    let said = match desk.purpose {
        Purpose::Answered => Said::Answered,
        Purpose::Close => {
            let reason = reason.unwrap_or(CloseReason::SettledOtherwise);
            Said::Closed { reason: reason.id().to_owned() }
        }
    };
    let by = Some(desk.contact.to_string());
    match note(app, &desk.stored, said, None, by).await {
        Ok(noted) => Ok(Acted { key: noted.key, news: noted.news, undecided: noted.undecided }),
        Err(NotNoted::Store(error)) => Err(error),
        Err(other) => Err(StoreError::Corrupt(other.to_string())),
    }
}
