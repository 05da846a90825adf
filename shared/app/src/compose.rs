//! A notice becomes an e-mail: what is stored, looked at as it is now, put into words.

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use vigie_domain::matter::Telling;
use vigie_domain::notice::{Notice, Subject};
use vigie_domain::{Contact, Digest, Locale, ReviewKey};
use vigie_ports::{BrandInForce, Email, Mailbox, StoreError, World};

use crate::App;
use crate::deliver::Needed;
use crate::operator::message;
use crate::words::{To, words};

/// RFC 3986: everything but unreserved characters is encoded.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Composes a notice's e-mail; `None` if there is nothing left to show.
pub(crate) async fn compose<W: World>(
    app: &App<W>,
    notice: &Notice,
    brand: &BrandInForce,
    contact: &Contact,
    needed: Needed,
    now: Timestamp,
) -> Result<Option<Email>, StoreError> {
    let first = needed.first().map(|stored| &stored.review);
    let first = first.map(|review| (review.key.clone(), review.request.clone()));
    let to = To { brand: &brand.brand, contact, meant_for: &notice.what.meant_for };
    let Some(words) = words(app, notice, to, needed, now).await? else {
        return Ok(None);
    };
    let settings = app.settings();
    let from = Mailbox { name: settings.from.name.clone(), address: settings.from.address.clone() };
    let domain = from.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned();
    let id = &notice.what.id;
    Ok(Some(Email {
        message_id: format!("{id}@{domain}"),
        date: now,
        from,
        to: Mailbox { name: contact.name.clone(), address: contact.email.clone() },
        also_to: if contact.id.is_operator() { settings.other_operators() } else { Vec::new() },
        reply_to: settings.reply_to.clone(),
        subject: format!("{}{}", trial_mark(notice, brand), words.subject),
        text: words.text,
        html: words.html,
        headers: headers(notice, brand, first.as_ref(), &domain),
    }))
}

/// Composes a message to the operator; `None` if there is none. It is of no brand.
pub(crate) fn operator<W: World>(
    app: &App<W>,
    notice: &Notice,
    told: &Telling,
    now: Timestamp,
) -> Option<Email> {
    let settings = app.settings();
    let contact = settings.operator_contact()?;
    let from = settings.from.clone();
    let domain = from.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned();
    let words = message(told, |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string());
    let about = format!("operator/{}/{}", told.matter.id(), told.about);
    let thread: String = Digest::of_bytes(about.as_bytes()).to_hex().chars().take(32).collect();
    let id = &notice.what.id;
    Some(Email {
        message_id: format!("{id}@{domain}"),
        date: now,
        from,
        to: Mailbox { name: contact.name, address: contact.email },
        also_to: settings.other_operators(),
        reply_to: settings.reply_to.clone(),
        subject: words.subject,
        text: words.text,
        html: words.html,
        headers: vec![
            ("List-Id", format!("<operator.{}.vigie>", told.matter.id())),
            ("X-Vigie-Notice", id.to_string()),
            ("X-Vigie-Kind", notice.what.kind.id().to_owned()),
            ("Content-Language", Locale::En.code().to_owned()),
            ("References", format!("<{thread}@{domain}>")),
        ],
    })
}

/// What the subject begins with where the operator gets a message in others' stead.
fn trial_mark(notice: &Notice, brand: &BrandInForce) -> &'static str {
    match (notice.what.meant_for.is_empty(), brand.brand.locale) {
        (true, _) => "",
        (false, Locale::Fr) => "[Essai] ",
        (false, Locale::En) => "[Trial] ",
    }
}

fn headers(
    notice: &Notice,
    brand: &BrandInForce,
    about: Option<&(ReviewKey, Option<String>)>,
    domain: &str,
) -> Vec<(&'static str, String)> {
    let kind = notice.what.kind.id();
    let (review, request) = (about.map(|about| &about.0), about.and_then(|about| about.1.as_ref()));
    let mut headers = vec![
        ("List-Id", format!("<{kind}.{}.vigie>", brand.brand.id)),
        ("X-Vigie-Notice", notice.what.id.to_string()),
        ("X-Vigie-Kind", kind.to_owned()),
        ("Content-Language", brand.brand.locale.code().to_owned()),
    ];
    let about = match (&notice.what.subject, review) {
        (_, Some(review)) => review.to_string(),
        (Subject::Report { date, .. }, None) => format!("{}/{date}", brand.brand.id),
        (_, None) => notice.what.id.to_string(),
    };
    let thread: String = Digest::of_bytes(about.as_bytes()).to_hex().chars().take(32).collect();
    headers.push(("References", format!("<{thread}@{domain}>")));
    if let Some(review) = review {
        headers.push(("X-Vigie-Review", encoded(review)));
    }
    if let Some(request) = request {
        headers.push(("X-Vigie-Request", request.clone()));
    }
    headers
}

/// A review's key as headers and addresses carry it.
pub fn encoded(key: &ReviewKey) -> String {
    format!("{}/{}", key.source, utf8_percent_encode(key.external_id.as_str(), UNRESERVED))
}
