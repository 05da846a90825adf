//! Ten very different reviews, and the messages about them: `docs/mails` shows them as they are.

use vigie_advice::{Case, History, House, Place, Situation, advise, assess_with};
use vigie_domain::{Brand, Cause, Content, Locale, OwnCause, OwnText, Stars};

use super::{brand, links, next, owned, praised, review, roundup};
use crate::views::{AlertView, PraiseView, ReviewView, Why};
use crate::{Message, alert, praise};

/// A message, and the name of its file.
pub type Shown = (&'static str, Message);

/// All ten, in the order of the documents.
pub fn cases() -> Vec<Shown> {
    vec![
        ("01-parcel-and-welcome", alert(&parcel_and_welcome())),
        ("02-burn", alert(&burn())),
        ("03-broken-zip", alert(&broken_zip())),
        ("04-loyal-and-leaving", alert(&loyal_and_leaving())),
        ("05-formal-notice", alert(&formal_notice())),
        ("06-rating-alone", alert(&rating_alone())),
        ("07-strange-language", alert(&strange_language())),
        ("08-blackmail", alert(&blackmail())),
        ("09-praise", praise(&thanks())),
        ("10-roundup", crate::roundup(&roundup(Locale::En))),
    ]
}

fn stars(hundredths: u16) -> Option<Stars> {
    Stars::from_hundredths(hundredths)
}

/// An alert on a review, as it is understood and advised on.
pub(super) fn view(
    locale: Locale,
    review: ReviewView,
    situation: &Situation,
    house: &House,
) -> AlertView {
    let content = Content {
        stars: review.stars,
        title: review.title.clone(),
        text: review.text.clone(),
        author: review.author.clone(),
        ..Content::default()
    };
    let hint = review.language.as_deref();
    let assessment =
        assess_with(house, &content.text, content.title.as_deref(), hint, review.stars);
    let brand = brand(locale);
    let case = Case::new(&assessment, &content, &brand.name, locale);
    let advice = advise(&Case { situation, house, ..case });
    AlertView {
        recipient: "Service client".to_owned(),
        links: links(1),
        why: Why::Contact,
        next: next(),
        again: None,
        brand,
        review,
        assessment,
        advice,
    }
}

fn history(count: usize, shop: Option<&str>) -> History {
    let shop = shop.map(str::to_owned);
    History { count, at_least: false, shop, good_share: Some(82) }
}

/// What Maison Lumen says of itself, in the language of what it reads.
fn house(locale: Locale) -> House {
    let mut lumen = Brand::sample();
    lumen.locale = locale;
    let own = &mut lumen.advice;
    own.contact = owned("01 23 45 67 89");
    own.complaints = owned("https://lumen.example/reclamations");
    own.mediator = owned("Médiation Exemple, https://mediation.example");
    own.path = ["service", "direction"].iter().filter_map(|id| id.parse().ok()).collect();
    let rule = match locale {
        Locale::Fr => "Un colis perdu est renvoyé sous 48 heures, sans attendre l'enquête.",
        Locale::En => {
            "A defect of the first year is replaced, with the return label in the first answer."
        }
    };
    let of = |cause| OwnCause {
        cause,
        owner: "service".parse().ok(),
        policy: owned(rule),
        procedure: None,
    };
    own.causes = vec![of(match locale {
        Locale::Fr => Cause::Delivery,
        Locale::En => Cause::ProductQuality,
    })];
    let text =
        "first_move = \"First: write that you believe her, with a return label in the mail.\"";
    let (cause, locale) = (Cause::ProductQuality, Locale::En);
    own.texts = vec![OwnText { cause, locale, text: text.to_owned() }];
    House::of(&lumen)
}

/// A shop, two points, and the third time in a month.
fn parcel_and_welcome() -> AlertView {
    let history = Some(history(3, Some("Lyon Part-Dieu")));
    view(Locale::Fr, review(), &Situation { place: Some(Place::Shop), history }, &house(Locale::Fr))
}

/// Somebody was hurt: management hears, and nothing speaks of compensation.
fn burn() -> AlertView {
    let review = ReviewView {
        stars: Some(Stars::ONE),
        text:
            "La bouilloire a fui et je me suis brûlé la main. Nous avons fini aux urgences, et le \
               service client ne répond pas."
                .to_owned(),
        author: owned("Marc T."),
        shop: None,
        product: owned("Bouilloire Aube"),
        ..review()
    };
    let shown = view(Locale::Fr, review, &Situation::default(), &House::default());
    AlertView { recipient: "Direction".to_owned(), why: Why::Management, ..shown }
}

/// Bought online, and the brand has a rule of its own.
fn broken_zip() -> AlertView {
    let review = ReviewView {
        stars: stars(200),
        title: owned("Not even a week"),
        text: "The zip of the bag broke on day four. 89 pounds, 6 for shipping, and now 9 to send \
               it back? What can you offer me?"
            .to_owned(),
        author: owned("Holly P."),
        language: owned("en"),
        shop: None,
        product: owned("Weekend bag"),
        ..review()
    };
    let situation = Situation { place: Some(Place::Online), history: Some(history(2, None)) };
    view(Locale::En, review, &situation, &house(Locale::En))
}

/// A customer of seventeen years says good-bye.
fn loyal_and_leaving() -> AlertView {
    let review = ReviewView {
        stars: stars(200),
        text: "Cliente depuis 17 ans, je ne m'étais jamais plainte. Samedi, la vendeuse m'a parlé \
               comme à une voleuse devant tout le monde. Plus jamais."
            .to_owned(),
        author: owned("Solange B."),
        ..review()
    };
    let situation = Situation { place: Some(Place::Shop), history: None };
    view(Locale::Fr, review, &situation, &House::default())
}

/// Article, dates, formal notice: in writing, and the mediator is named.
fn formal_notice() -> AlertView {
    let review = ReviewView {
        stars: Some(Stars::ONE),
        text:
            "Commande du 02/03, livraison promise le 09/03, rien reçu. Mise en demeure envoyée en \
               recommandé le 20/03. Sans réponse écrite sous quinze jours je saisirai le médiateur."
                .to_owned(),
        author: owned("P. Delvaux"),
        shop: None,
        ..review()
    };
    let situation = Situation { place: Some(Place::Online), history: None };
    view(Locale::Fr, review, &situation, &house(Locale::Fr))
}

/// One star and not a word.
fn rating_alone() -> AlertView {
    let review = ReviewView {
        stars: Some(Stars::ONE),
        text: String::new(),
        author: None,
        shop: None,
        language: None,
        answers_by_hand: true,
        platform: "Google".to_owned(),
        ..review()
    };
    view(Locale::Fr, review, &Situation::default(), &House::default())
}

/// Vigie does not know the language, and says so.
fn strange_language() -> AlertView {
    let review = ReviewView {
        stars: stars(200),
        text: "La lámpara llegó rota y nadie contesta al teléfono desde hace una semana. Muy \
               decepcionada con la tienda."
            .to_owned(),
        author: owned("Lucía"),
        language: None,
        shop: None,
        ..review()
    };
    view(Locale::En, review, &Situation::default(), &House::default())
}

/// A large demand, a small harm, and a threat about the review.
fn blackmail() -> AlertView {
    let review = ReviewView {
        stars: stars(200),
        text: "Les frites étaient tièdes. J'exige que l'addition de toute la table soit annulée, \
               sinon je mets une étoile partout : j'ai 40 000 abonnés."
            .to_owned(),
        author: owned("Kim_Eats"),
        ..review()
    };
    let situation = Situation { place: Some(Place::Shop), history: None };
    view(Locale::Fr, review, &situation, &House::default())
}

/// Good reviews of a day: each shown, whom they thank, and one for the wall.
fn thanks() -> PraiseView {
    let mut view = super::praise(Locale::Fr, 1);
    let mut second = praised(1);
    "Livraison en deux jours, emballage soigné. Il faudrait juste un sac moins grand pour une si \
     petite lampe."
        .clone_into(&mut second.review.text);
    second.review.author = owned("Hugo L.");
    (second.people, second.suggests) = (Vec::new(), true);
    view.reviews.push(second);
    view
}
