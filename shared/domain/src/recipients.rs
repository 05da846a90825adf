//! Who gets an alert.

use crate::assessment::{Assessment, Severity};
use crate::brand::{Brand, Gets};
use crate::ids::ContactId;
use crate::notice::Why;
use crate::review::Review;
use crate::stars::Stars;

/// Who gets an alert, and why: the first route that matches (and those after it while they say
/// `continue`), else the people of the review's shop, else every contact who gets alerts. A
/// critical one goes to management too.
pub fn recipients(
    brand: &Brand,
    review: &Review,
    stars: Stars,
    assessment: &Assessment,
) -> Vec<(ContactId, Why)> {
    let (source, shop) = (&review.key.source, brand.shop_of(review));
    let shop = shop.map(|shop| &shop.id);
    let mut found: Vec<(ContactId, Why)> = Vec::new();
    let mut add = |ids: Vec<ContactId>, why: Why| {
        for id in ids {
            if !found.iter().any(|(known, _)| *known == id) {
                found.push((id, why.clone()));
            }
        }
    };
    let mut routed = false;
    for (at, route) in brand.routes.iter().enumerate() {
        if !route.matches(source, shop, stars, assessment) {
            continue;
        }
        routed = true;
        let why = Why::Route { position: at + 1 };
        add(brand.recipients(route.to.iter().map(|(_, contact)| contact)), why);
        if !route.goes_on {
            break;
        }
    }
    if !routed {
        let why = if brand.has_people_at(review) { Why::Shop } else { Why::Contact };
        add(brand.who_gets_of(Gets::Alert, review), why);
    }
    if assessment.severity == Severity::Critical {
        add(brand.management(review), Why::Management);
    }
    found
}
