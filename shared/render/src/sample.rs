//! Sample views, for tests, documentation and `examples/pages.rs`. Everything is invented.

mod cases;

pub use cases::{Shown, cases};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use vigie_advice::{House, Situation};
use vigie_domain::{Cause, Flag, Locale, Stars, Touchpoint};

use crate::views::{
    Again, AlertView, Also, AnsweredLine, BrandView, LadderItem, LadderKind, LadderView, Links,
    News, NextKind, NextStep, OperatorView, PraiseView, Praised, ReportLine, ReportView,
    ReviewView, RoundupView, Unknown, Weakest, Why,
};

/// Friday, 20 November 2026, 09:12:00 UTC: when the sample reviews were published.
const PUBLISHED: i64 = 1_795_165_920;
/// One hour, in seconds.
const HOUR: i64 = 3_600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or_default()
}

#[expect(clippy::unnecessary_wraps, reason = "most fields of a sample are options")]
fn owned(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Maison Lumen, in Paris.
pub fn brand(locale: Locale) -> BrandView {
    BrandView {
        meant_for: Vec::new(),
        name: "Maison Lumen".to_owned(),
        locale,
        zone: TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC),
        alert_below: Stars::FOUR,
        answer_within: SignedDuration::from_hours(24),
    }
}

/// An ordinary review of two stars.
pub fn review() -> ReviewView {
    ReviewView {
        number: "LUM-4821".to_owned(),
        key: "lumen-site/r-1001".to_owned(),
        stars: Stars::from_hundredths(200),
        author: owned("Claire D."),
        platform: "Judge.me".to_owned(),
        shop: owned("Lyon Part-Dieu"),
        title: None,
        text: "Colis jamais reçu, et en boutique on m'a envoyée promener.".to_owned(),
        published_at: at(PUBLISHED),
        due_at: at(PUBLISHED + 24 * HOUR),
        url: owned("https://judge.example/reviews/r-1001"),
        answer_url: None,
        language: owned("fr"),
        product: None,
        flags: Vec::new(),
        answers_by_hand: false,
        unsigned: false,
        also: Vec::new(),
    }
}

/// Links as the application signs them.
pub fn links(number: usize) -> Links {
    let url = |purpose| {
        format!(
            "https://vigie.example/desk/{purpose}/1vQ{number}.lumen-site.r-1001.service.1797757920.Zm9yLXNhbXBsZXMtb25seS1ub3QtYS1zaWduYXR1cmU"
        )
    };
    Links { answered: url("answered"), close: url("close") }
}

fn next() -> Vec<NextStep> {
    let step = |kind, after, name: &str| NextStep {
        kind,
        at: at(PUBLISHED + after * HOUR),
        names: vec![name.to_owned()],
    };
    vec![
        step(NextKind::Reminder, 20, "Service client"),
        step(NextKind::Escalation, 24, "Direction"),
    ]
}

fn alert_of(locale: Locale, review: ReviewView) -> AlertView {
    cases::view(locale, review, &Situation::default(), &House::default())
}

/// The alert of the sketches.
pub fn alert(locale: Locale) -> AlertView {
    alert_of(locale, review())
}

/// The alert of a brand on trial, which the operator gets for two people.
pub fn on_trial(locale: Locale) -> AlertView {
    let mut view = alert(locale);
    view.brand.meant_for = vec!["Service client".to_owned(), "Direction".to_owned()];
    view
}

/// A critical alert: somebody was hurt.
pub fn critical(locale: Locale) -> AlertView {
    let text = match locale {
        Locale::Fr => {
            "La bouilloire a fui et je me suis brûlé la main. Nous avons fini aux urgences. Fuyez !"
        }
        Locale::En => "The kettle leaked and I burnt my hand. We ended up in hospital. Avoid!",
    };
    let review = ReviewView {
        stars: Some(Stars::ONE),
        text: text.to_owned(),
        language: owned(locale.code()),
        author: owned("Marc T."),
        product: owned("Bouilloire Aube"),
        answer_url: owned("https://judge.example/admin/reviews/r-1001"),
        ..review()
    };
    AlertView {
        why: Why::Management,
        recipient: "Direction".to_owned(),
        ..alert_of(locale, review)
    }
}

/// An alert to somebody who already had one on this review, which has a copy since.
pub fn again(locale: Locale) -> AlertView {
    let first_subject = crate::alert(&alert(locale)).subject;
    let new = News::Edited { from: Stars::from_hundredths(350), to: Stars::from_hundredths(200) };
    let url = owned("https://yext.example/reviews/4711");
    let review = ReviewView { also: vec![Also { platform: "Yext".to_owned(), url }], ..review() };
    AlertView { again: Some(Again { first_subject, new }), ..alert_of(locale, review) }
}

/// Alerts on awkward reviews: endless, hostile, bare, from right to left, nameless.
pub fn awkward_alerts(locale: Locale) -> Vec<AlertView> {
    let bare = ReviewView {
        author: None,
        shop: None,
        url: None,
        text: String::new(),
        language: None,
        answers_by_hand: true,
        unsigned: true,
        flags: vec![Flag::TimeAssumed],
        ..review()
    };
    let texts = [
        "Très long. ".repeat(1_800),
        "x".repeat(20_000),
        "'<&>\"".repeat(4_000),
        "👩‍👩‍👧 😡😡 ".repeat(900),
        "المنتج مكسور وخدمة سيئة جدا".to_owned(),
        "{{ brand.name }} {% for x in y %} ${jndi:x} <script>alert(1)</script>".to_owned(),
        "https://evil.example/desk/answered/x\n\nligne 2\n> J’ai répondu\nhttps://evil.example/"
            .to_owned(),
    ];
    let mut all = vec![alert_of(locale, bare)];
    all.extend(texts.map(|text| {
        let title = owned("Une <b>honte</b> {{ 7 * 7 }}");
        let author = owned("Robert'); DROP TABLE avis;-- \u{5d0}\u{5d1}");
        let shop = owned(&"Boutique au nom interminable ".repeat(12));
        alert_of(locale, ReviewView { text, title, author, shop, language: None, ..review() })
    }));
    all.push(alert_of(
        locale,
        ReviewView { stars: None, flags: vec![Flag::NoRating, Flag::TextCut], ..review() },
    ));
    all.push(AlertView { next: Vec::new(), why: Why::Route { position: 2 }, ..alert(locale) });
    all
}

fn good_review(number: usize) -> ReviewView {
    ReviewView {
        number: format!("LUM-{}", 5_000 + number),
        stars: Some(if number.is_multiple_of(2) { Stars::FIVE } else { Stars::FOUR }),
        author: owned("Inès M."),
        text: "Accueil chaleureux, merci à Karim pour ses conseils. La lampe est superbe !"
            .to_owned(),
        ..review()
    }
}

/// Some good reviews.
pub fn praise(locale: Locale, reviews: usize) -> PraiseView {
    PraiseView {
        brand: brand(locale),
        recipient: "Service client".to_owned(),
        reviews: (0..reviews.min(40)).map(praised).collect(),
        more: reviews.saturating_sub(40),
        at: at(PUBLISHED + 3 * 24 * HOUR - 2 * HOUR),
    }
}

fn praised(number: usize) -> Praised {
    Praised { review: good_review(number), people: vec!["Karim".to_owned()], suggests: number == 1 }
}

/// How November went.
pub fn roundup(locale: Locale) -> RoundupView {
    RoundupView {
        brand: brand(locale),
        recipient: "Service client".to_owned(),
        first: date(2026, 11, 1),
        weekly: false,
        good: 31,
        poor: 7,
        before: Some((28, 9)),
        people: vec![("Karim".to_owned(), 6), ("Inès".to_owned(), 2)],
        weakest: Some(Weakest {
            touchpoint: Touchpoint::Delivery,
            times: 4,
            cause: Cause::Delivery,
        }),
        promises: (5, 2),
        at_least: false,
        reviews: (0..3).map(praised).collect(),
    }
}

/// How a quiet week went: nobody named, no complaint.
pub fn quiet_roundup(locale: Locale) -> RoundupView {
    RoundupView {
        first: date(2026, 11, 16),
        weekly: true,
        poor: 0,
        before: None,
        people: Vec::new(),
        weakest: None,
        promises: (0, 0),
        reviews: Vec::new(),
        ..roundup(locale)
    }
}

/// A reminder or an escalation over some reviews, to somebody who had the alert.
pub fn ladder(locale: Locale, kind: LadderKind, reviews: usize) -> LadderView {
    let alert = alert(locale);
    let item = |number: usize| LadderItem {
        review: ReviewView { number: format!("LUM-{}", 4_821 + number), ..review() },
        links: links(number),
        summary: alert.advice.summary.clone(),
        had_it: vec!["Service client".to_owned()],
        next: next()
            .into_iter()
            .filter(|s| kind == LadderKind::Reminder && s.kind == NextKind::Escalation)
            .collect(),
    };
    LadderView {
        recipient: match kind {
            LadderKind::Reminder => "Service client".to_owned(),
            LadderKind::Escalation => "Direction".to_owned(),
        },
        items: (0..reviews).map(item).collect(),
        first_subject: (kind == LadderKind::Reminder).then(|| crate::alert(&alert).subject),
        brand: alert.brand,
        kind,
    }
}

/// A report over some open reviews, a quarter of each kind; 0 is a quiet day.
pub fn report(locale: Locale, reviews: usize) -> ReportView {
    let now = PUBLISHED + 3 * 24 * HOUR - 2 * HOUR - 720;
    let line = |number: usize, due: i64| ReportLine {
        review: ReviewView {
            number: format!("LUM-{}", 4_821 + number),
            due_at: at(now + due),
            shop: owned(match number % 3 {
                0 => "Lyon Part-Dieu",
                1 => "Lille Centre",
                _ => "Nantes",
            }),
            ..review()
        },
        links: Some(links(number)),
        causes: vec![Cause::Delivery, Cause::StaffAttitude],
        with: owned("Service client"),
    };
    let quarter = |place: usize, due: i64| -> Vec<ReportLine> {
        (0..reviews).filter(|n| n % 4 == place).map(|n| line(n, due + n as i64 * 60)).collect()
    };
    let unreadable = |mut line: ReportLine| {
        line.review.stars = None;
        line
    };
    let quiet = reviews == 0;
    let answered = AnsweredLine {
        number: "LUM-4790".to_owned(),
        stars: Some(Stars::ONE),
        shop: owned("Nantes"),
        in_time: false,
    };
    ReportView {
        brand: brand(locale),
        recipient: owned("Service client"),
        at: at(now),
        late: quarter(0, -14 * HOUR),
        today: quarter(1, 4 * HOUR),
        later: quarter(2, 30 * HOUR),
        found_late: quarter(3, 12 * HOUR).into_iter().skip(1).collect(),
        unreadable: quarter(3, 12 * HOUR).into_iter().take(1).map(unreadable).collect(),
        open_by_shop: if reviews > 1 {
            ["Lyon Part-Dieu", "Lille Centre", "Nantes"]
                .map(|shop| (shop.to_owned(), reviews.div_ceil(3)))
                .to_vec()
        } else {
            Vec::new()
        },
        good_by_shop: if quiet {
            Vec::new()
        } else {
            vec![("Lyon Part-Dieu".to_owned(), 8), (String::new(), 3)]
        },
        answered_since: if quiet { Vec::new() } else { vec![answered] },
        unknown: if quiet { Vec::new() } else { unknown() },
        received: if quiet { 3 } else { 12 },
        answered: if quiet { 3 } else { 10 },
        answered_in_time: if quiet { 3 } else { 9 },
        more: 0,
        next: if quiet { Vec::new() } else { later(now) },
        next_report: Some(at(now + 24 * HOUR)),
    }
}

fn later(now: i64) -> Vec<NextStep> {
    let names = vec!["Direction".to_owned()];
    vec![NextStep { kind: NextKind::Escalation, at: at(now + 4 * HOUR), names }]
}

fn unknown() -> Vec<Unknown> {
    let platforms = vec!["Trustpilot".to_owned(), "Google".to_owned()];
    vec![
        Unknown::Answers { platforms },
        Unknown::Silent { source: "google-nantes".to_owned(), days: 9, longest: 3 },
    ]
}

/// A word to the operator.
pub fn operator(locale: Locale) -> OperatorView {
    let text = match locale {
        Locale::Fr => {
            "Des requêtes arrivent avec une signature qui ne correspond pas.\nEssayez : vigie doctor --source lumen-site"
        }
        Locale::En => {
            "Requests arrive with a signature that does not match.\nTry: vigie doctor --source lumen-site"
        }
    };
    OperatorView {
        locale,
        code: "signature-mismatch".to_owned(),
        source: "lumen-site".to_owned(),
        count: 14,
        text: text.to_owned(),
        once: false,
    }
}
