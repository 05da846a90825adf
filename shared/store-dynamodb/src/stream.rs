//! Records of the table's stream: nudges to look at a review.

use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;
use vigie_domain::{Review, ReviewKey};
use vigie_ports::StoreError;

use crate::item::{self, REVIEW, from_body, text};

/// The review whose change waits for a decision, if that is what the record's image shows. Images
/// of other items, of reviews that are decided, and of erased ones are nobody's business here.
///
/// # Errors
/// The image is a review's and cannot be read: another version wrote it, or it is damaged.
pub fn undecided(image: &HashMap<String, AttributeValue>) -> Result<Option<ReviewKey>, StoreError> {
    /// Enough of an item to see that its version is one that is read.
    #[derive(serde::Deserialize)]
    struct Any {}
    let pk = text(image, "pk").unwrap_or_default();
    if !pk.starts_with(REVIEW) || !image.contains_key("undecided_at") {
        return Ok(None);
    }
    let Any {} = item::read(image)?;
    let review: Review = from_body(&pk, &text(image, "body").unwrap_or_default())?;
    Ok((!review.is_erased()).then_some(review.key))
}
