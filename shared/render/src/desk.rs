//! The pages behind the links of messages: one review, one purpose, one button.
//!
//! They work without script and under a policy that allows inline styles alone. Showing one changes
//! nothing: mail scanners follow links.

use vigie_domain::{Locale, text::excerpt};

use crate::card::{QUOTE_CHARS_MAX, URL_ALONE_BYTES_MAX, card, view_link};
use crate::doc::{Block, Choice, Doc, Form};
use crate::views::{BrandView, ReviewView};
use crate::words::say;
use crate::{ending, html};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To say that the review has its answer.
    Answered,
    /// To close it without one, with a reason.
    Close,
}

/// Why a review is closed without an answer: the values of the form's field `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The reviewer is not a customer.
    NotACustomer,
    /// The same review came twice.
    Duplicate,
    /// The platform takes no answer.
    NoAnswerPossible,
    /// Settled otherwise.
    SettledOtherwise,
}

impl CloseReason {
    /// In the order of the form.
    pub const ALL: [Self; 4] =
        [Self::NotACustomer, Self::Duplicate, Self::NoAnswerPossible, Self::SettledOtherwise];

    /// The value in the form and in the store.
    pub const fn id(self) -> &'static str {
        match self {
            Self::NotACustomer => "not_a_customer",
            Self::Duplicate => "duplicate",
            Self::NoAnswerPossible => "no_answer_possible",
            Self::SettledOtherwise => "settled_otherwise",
        }
    }

    /// The reason of a value.
    ///
    /// ```
    /// use vigie_render::CloseReason;
    /// assert_eq!(CloseReason::from_id("duplicate"), Some(CloseReason::Duplicate));
    /// assert_eq!(CloseReason::from_id("because"), None);
    /// ```
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.id() == id)
    }

    fn label(self, locale: Locale) -> String {
        match self {
            Self::NotACustomer => say(locale, "Ce n'est pas un client", "Not a customer"),
            Self::Duplicate => say(locale, "C'est un doublon", "A duplicate"),
            Self::NoAnswerPossible => say(
                locale,
                "La plateforme n'accepte pas de réponse",
                "The platform takes no answer",
            ),
            Self::SettledOtherwise => say(locale, "Réglé autrement", "Settled otherwise"),
        }
    }
}

/// One page of the desk.
#[derive(Debug, Clone, Copy)]
pub enum DeskPage<'a> {
    /// Shows the review and one button (200).
    Confirm {
        /// What the button does.
        purpose: Purpose,
        /// Whose review.
        brand: &'a BrandView,
        /// The review.
        review: &'a ReviewView,
        /// Where the form goes: the link itself.
        action: &'a str,
    },
    /// It is recorded (200).
    Done {
        /// What.
        purpose: Purpose,
        /// Whose review.
        brand: &'a BrandView,
        /// Its short number.
        number: &'a str,
    },
    /// It was recorded before, and nothing changes (200).
    Already {
        /// Whose review.
        brand: &'a BrandView,
        /// Its short number.
        number: &'a str,
    },
    /// The form came without a reason it knows (400).
    NoReason {
        /// Whose review.
        brand: &'a BrandView,
        /// The review.
        review: &'a ReviewView,
        /// Where the form goes: the link itself.
        action: &'a str,
    },
    /// The link has expired (410).
    Gone {
        /// In the brand's language.
        locale: Locale,
    },
    /// Its review was erased (410).
    Erased {
        /// In the brand's language.
        locale: Locale,
        /// The review's short number.
        number: &'a str,
    },
    /// There is no such link: altered, or of another house. In both languages (404).
    NotFound,
}

/// Writes a page of the desk, whole.
///
/// ```
/// use vigie_domain::Locale;
/// use vigie_render::{DeskPage, Purpose, desk_page, sample};
/// let view = sample::alert(Locale::En);
/// let page = desk_page(&DeskPage::Confirm {
///     purpose: Purpose::Answered,
///     brand: &view.brand,
///     review: &view.review,
///     action: "/desk/answered/abc",
/// });
/// assert!(page.contains(r#"<form method="post" action="/desk/answered/abc">"#));
/// assert_eq!(page.matches("<button").count(), 1);
/// ```
pub fn desk_page(page: &DeskPage<'_>) -> String {
    let doc = match *page {
        DeskPage::Confirm { purpose, brand, review, action } => {
            confirm(purpose, brand, review, action, String::new())
        }
        DeskPage::NoReason { brand, review, action } => {
            let first =
                say(brand.locale, "Choisissez d'abord une raison.", "Choose a reason first.");
            confirm(Purpose::Close, brand, review, action, first)
        }
        DeskPage::Done { purpose, brand, number } => done(purpose, brand.locale, number),
        DeskPage::Already { brand, number } => already(brand.locale, number),
        DeskPage::Gone { locale } => gone(locale),
        DeskPage::Erased { locale, number } => erased(locale, number),
        DeskPage::NotFound => not_found(),
    };
    html::html(&doc)
}

fn confirm(
    purpose: Purpose,
    brand: &BrandView,
    review: &ReviewView,
    action: &str,
    news: String,
) -> Doc {
    let locale = brand.locale;
    let number = &review.number;
    let (title, sentence, button) = match purpose {
        Purpose::Answered => (
            say(
                locale,
                &format!("Avez-vous répondu à l'avis {number} ?"),
                &format!("Have you answered review {number}?"),
            ),
            say(
                locale,
                "Si votre réponse est publiée, dites-le ici : les rappels s'arrêtent.",
                "If your answer is published, say so here: the reminders stop.",
            ),
            say(locale, "Oui, j'ai répondu", "Yes, I have answered"),
        ),
        Purpose::Close => (
            say(
                locale,
                &format!("Clore l'avis {number} sans y répondre ?"),
                &format!("Close review {number} without an answer?"),
            ),
            say(
                locale,
                "Les rappels s'arrêtent, et votre raison est gardée avec l'avis.",
                "The reminders stop, and your reason is kept with the review.",
            ),
            say(locale, "Clore cet avis", "Close this review"),
        ),
    };
    let mut doc = Doc::new(locale, &title);
    doc.news = news;
    doc.blocks.push(Block::Lead { text: title });
    doc.blocks.push(Block::Para { text: sentence });
    doc.blocks.push(card(brand, review, QUOTE_CHARS_MAX));
    doc.blocks.push(Block::Form(form(purpose, locale, action, button)));
    let link = view_link(locale, review, URL_ALONE_BYTES_MAX).map(|link| Block::Plain { link });
    doc.blocks.extend(link);
    let name = excerpt(&brand.name, 80);
    doc.blocks.push(Block::Small {
        text: say(
            locale,
            &format!("Ce lien vaut pour cet avis de {name} seulement, et pour 30 jours."),
            &format!("This link is for this review of {name} only, and for 30 days."),
        ),
    });
    doc.footer = ending::footer(locale);
    doc
}

fn form(purpose: Purpose, locale: Locale, action: &str, button: String) -> Form {
    let choice = |reason: CloseReason| Choice { value: reason.id(), label: reason.label(locale) };
    let choices = match purpose {
        Purpose::Answered => Vec::new(),
        Purpose::Close => CloseReason::ALL.into_iter().map(choice).collect(),
    };
    let legend = say(locale, "Pour quelle raison ?", "For what reason?");
    Form { action: action.to_owned(), legend, choices, button }
}

fn page(locale: Locale, title: &str, sentences: &[String]) -> Doc {
    let mut doc = Doc::new(locale, title);
    doc.blocks.push(Block::Lead { text: title.to_owned() });
    let paras = sentences.iter().map(|text| Block::Para { text: text.clone() });
    doc.blocks.extend(paras);
    doc.footer = ending::footer(locale);
    doc
}

fn done(purpose: Purpose, locale: Locale, number: &str) -> Doc {
    let title = say(locale, "C'est noté, merci.", "Recorded, thank you.");
    let sentence = match purpose {
        Purpose::Answered => say(
            locale,
            &format!("L'avis {number} a sa réponse : il n'y aura plus de rappel."),
            &format!("Review {number} has its answer: there will be no more reminders."),
        ),
        Purpose::Close => say(
            locale,
            &format!("L'avis {number} est clos : il n'y aura plus de rappel."),
            &format!("Review {number} is closed: there will be no more reminders."),
        ),
    };
    let close = say(locale, "Vous pouvez fermer cette page.", "You can close this page.");
    page(locale, &title, &[sentence, close])
}

fn already(locale: Locale, number: &str) -> Doc {
    let title = say(locale, "C'était déjà noté.", "Already recorded.");
    let sentence = say(
        locale,
        &format!("L'avis {number} n'attend plus de réponse. Rien n'a changé."),
        &format!("Review {number} no longer waits for an answer. Nothing has changed."),
    );
    page(locale, &title, &[sentence])
}

fn gone(locale: Locale) -> Doc {
    let title = say(locale, "Ce lien a expiré.", "This link has expired.");
    let sentence = say(
        locale,
        "Un lien vaut 30 jours. Le rapport du matin en donne un neuf pour chaque avis qui attend encore.",
        "A link lasts 30 days. The morning report gives a new one for each review that still waits.",
    );
    page(locale, &title, &[sentence])
}

fn erased(locale: Locale, number: &str) -> Doc {
    let title = say(locale, "Cet avis a été effacé.", "This review was erased.");
    let sentence = say(
        locale,
        &format!("L'avis {number} n'est plus gardé ici : il n'y a rien à faire. Rien n'a changé."),
        &format!("Review {number} is no longer kept here: nothing is to be done. Nothing changed."),
    );
    page(locale, &title, &[sentence])
}

/// Nobody knows whose this is: both languages.
fn not_found() -> Doc {
    let fr = [
        "Ce lien n'existe pas.",
        "Il a sans doute été coupé en route. Ouvrez-le de nouveau depuis le message, en entier ; le rapport du matin en donne un neuf pour chaque avis qui attend.",
    ];
    let en = [
        "There is no such link.",
        "It was probably cut on its way. Open it again from the message, whole; the morning report gives a new one for each review that waits.",
    ];
    let title = format!("{} {}", say(Locale::Fr, fr[0], ""), en[0]);
    let mut doc = Doc::new(Locale::Fr, &title);
    doc.blocks.push(Block::Lead { text: title });
    doc.blocks.push(Block::Para { text: say(Locale::Fr, fr[1], "") });
    doc.blocks.push(Block::Para { text: en[1].to_owned() });
    doc
}
