//! One review that comes twice: from its platform, and from an aggregator that passes it on.
//!
//! Where author, rating and text agree within a week on two sources of a brand, the second is a
//! copy of the first: one alert, both addresses, one answer closes both. A person can split them.

use jiff::SignedDuration;

use crate::digest::Digest;
use crate::review::Review;
use crate::text;

/// How far apart a review and its copy may have been published.
pub const WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long it is remembered who said something first: a week, and a day for late webhooks.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(8 * 24);

/// What a review and its copy have in common, as one digest; `None` for one that says too little:
/// without an author or a text nothing can be told apart.
///
/// ```
/// use vigie_domain::{Content, Stars, copies};
/// let says = |author: &str, text: &str| Content {
///     author: Some(author.to_owned()),
///     text: text.to_owned(),
///     stars: Some(Stars::FIVE),
///     ..Content::default()
/// };
/// let brand = "lumen".parse().unwrap();
/// let one = copies::words(&brand, &says("Claire D.", "Très bien,\nmerci."));
/// assert!(one.is_some());
/// assert_eq!(copies::words(&brand, &says("claire d.", "très bien, merci. ")), one);
/// assert_ne!(copies::words(&brand, &says("Claire D.", "Très bien.")), one);
/// assert_eq!(copies::words(&brand, &says("Claire D.", "")), None);
/// ```
pub fn words(brand: &crate::BrandId, content: &crate::Content) -> Option<Digest> {
    let author = same(content.author.as_deref()?);
    let said = same(&content.text);
    let stars = content.stars?.to_string();
    let tells = !author.is_empty() && !said.is_empty();
    tells.then(|| Digest::of_fields([brand.as_str(), &author, &stars, &said].map(Some)))
}

fn same(given: &str) -> String {
    text::clean_line(given).to_lowercase()
}

impl Review {
    /// Whether it may be the first that says what `other` says: on another source, in the same
    /// words, within a week.
    pub fn may_be_copied_by(&self, other: &Self) -> bool {
        let words = |review: &Self| review.written().and_then(|said| words(&review.brand, said));
        let apart = self.published().duration_since(other.published()).abs();
        self.key.source != other.key.source
            && !self.is_erased()
            && apart <= WITHIN
            && words(self).is_some_and(|said| words(other) == Some(said))
    }

    /// The review that it is a copy of, if it is one.
    pub fn copy_of(&self) -> Option<&crate::ReviewKey> {
        self.decided.as_ref()?.copy_of.as_ref()
    }
}
