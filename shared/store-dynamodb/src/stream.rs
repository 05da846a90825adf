//! Records of the table's stream: nudges to look at a review.

use vigie_domain::{Review, ReviewKey};
use vigie_ports::StoreError;

use crate::body::Body;
use crate::item::{self, Item, REVIEW, text};

/// The review whose change waits for a decision, if that is what the record's image shows. Images
/// of other items, of reviews that are decided, and of erased ones are nobody's business here.
///
/// # Errors
/// The image is a review's and cannot be read: another version wrote it, or it is damaged.
pub fn undecided(image: serde_dynamo::Item) -> Result<Option<ReviewKey>, StoreError> {
    /// Enough of an item to see that its version is one that is read.
    #[derive(serde::Deserialize)]
    struct Any {}
    let image: Item = image.into();
    let pk = text(&image, "pk").unwrap_or_default();
    if !pk.starts_with(REVIEW) || !image.contains_key("undecided_at") {
        return Ok(None);
    }
    let Any {} = item::read(&image)?;
    let review: Review = Body::in_item(image.get("body")).read(&pk)?;
    Ok((!review.is_erased()).then_some(review.key))
}

#[cfg(test)]
mod tests {
    use serde_dynamo::AttributeValue::{N, S};

    use super::*;

    fn image(fields: &[(&str, serde_dynamo::AttributeValue)]) -> serde_dynamo::Item {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        fields.collect::<std::collections::HashMap<_, _>>().into()
    }

    #[test]
    fn what_is_no_marked_review_is_nobodys_business() {
        let mark = ("undecided_at", N("1".to_owned()));
        for fields in [
            [("pk", S("N#1".to_owned())), mark.clone()],
            [("pk", S("R#lumen-site#1".to_owned())), ("due_at", N("1".to_owned()))],
            [("sk", S("R".to_owned())), mark],
        ] {
            assert_eq!(undecided(image(&fields)), Ok(None));
        }
    }

    #[test]
    fn a_review_of_a_newer_version_is_refused_with_what_to_do() {
        let (pk, one) = (S("R#a#1".to_owned()), N("1".to_owned()));
        let newer = image(&[("pk", pk), ("undecided_at", one), ("v", N("99".to_owned()))]);
        let refused = undecided(newer).unwrap_err().to_string();
        assert!(refused.contains("newer version") && refused.contains("install"), "{refused}");
    }
}
