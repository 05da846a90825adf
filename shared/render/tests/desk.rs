//! The desk's pages.

use vigie_domain::Locale;
use vigie_render::{CloseReason, DeskPage, Purpose, desk_page, sample};

const ACTION: &str = "https://vigie.example/desk/close/abc.def";

fn page(locale: Locale, purpose: Purpose) -> String {
    let view = sample::alert(locale);
    let (brand, review) = (&view.brand, &view.review);
    desk_page(&DeskPage::Confirm { purpose, brand, review, action: ACTION })
}

#[test]
fn a_confirmation_shows_the_review_and_one_button_with_its_own_action() {
    for locale in [Locale::Fr, Locale::En] {
        for purpose in [Purpose::Answered, Purpose::Close] {
            let html = page(locale, purpose);
            assert!(html.contains("Colis jamais reçu") && html.contains("LUM-4821"));
            assert_eq!(html.matches("<button").count(), 1);
            assert_eq!(html.matches("<form method=\"post\" action=").count(), 1);
            let reasons = html.matches("type=\"radio\"").count();
            assert_eq!(reasons, if purpose == Purpose::Close { 4 } else { 0 });
            assert!(!html.contains("<script") && !html.contains(" onclick"));
        }
    }
}

#[test]
fn every_reason_is_offered_and_read_back() {
    let html = page(Locale::En, Purpose::Close);
    for reason in CloseReason::ALL {
        assert!(html.contains(&format!("value=\"{}\"", reason.id())), "{reason:?}");
        assert_eq!(CloseReason::from_id(reason.id()), Some(reason));
    }
}

#[test]
fn an_action_cannot_leave_its_attribute() {
    let view = sample::alert(Locale::Fr);
    let html = desk_page(&DeskPage::Confirm {
        purpose: Purpose::Answered,
        brand: &view.brand,
        review: &view.review,
        action: "\"><script>alert(1)</script>",
    });
    assert!(!html.contains("<script"));
}

#[test]
fn each_page_says_what_happened_and_what_to_do() {
    let view = sample::alert(Locale::Fr);
    let (brand, review) = (&view.brand, &view.review);
    let number = "LUM-4821";
    for (page, words) in [
        (DeskPage::Done { purpose: Purpose::Answered, brand, number }, "plus de rappel"),
        (DeskPage::Done { purpose: Purpose::Close, brand, number }, "est clos"),
        (DeskPage::Already { brand, number }, "déjà noté"),
        (DeskPage::NoReason { brand, review, action: ACTION }, "Choisissez d’abord une raison"),
        (DeskPage::Gone { locale: Locale::Fr }, "expiré"),
        (DeskPage::Gone { locale: Locale::En }, "expired"),
        (DeskPage::Erased { locale: Locale::Fr, number }, "a été effacé"),
        (DeskPage::Erased { locale: Locale::En, number }, "was erased"),
        (DeskPage::NotFound, "Ce lien n’existe pas"),
        (DeskPage::NotFound, "There is no such link"),
    ] {
        let html = desk_page(&page);
        assert!(html.contains(words), "{words}: {html}");
        assert!(html.contains("name=\"viewport\"") && html.contains("<h1>"));
    }
}
