//! `/desk/{purpose}/{link}`: where people at the brand act. GET shows, POST records.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use vigie_app::App;
use vigie_app::desk::{CloseReason, Desk, NoDesk, Purpose, act, open};
use vigie_app::view;
use vigie_domain::ReviewKey;
use vigie_ports::World;
use vigie_render::{DeskPage, desk_page};

use crate::answer::{Answer, Code, not_allowed, problem, typed};
use crate::{RequestId, segments};

/// What became of a request to the desk.
#[derive(Debug)]
pub struct Desked {
    /// The answer.
    pub answer: Answer,
    /// A review with a change to decide.
    pub undecided: Option<ReviewKey>,
}

impl From<Answer> for Desked {
    /// Nothing was changed.
    fn from(answer: Answer) -> Self {
        Self { answer, undecided: None }
    }
}

/// Shows or acts on a link; the body was read whole.
pub async fn answer<W: World>(app: &App<W>, parts: &Parts, body: &[u8], id: &RequestId) -> Desked {
    if !matches!(parts.method, Method::GET | Method::HEAD | Method::POST) {
        return not_allowed(id, &[Method::GET, Method::HEAD, Method::POST]).into();
    }
    let path = parts.uri.path();
    let rest: Vec<&str> = segments(path).skip(1).collect();
    let [purpose, link] = rest.as_slice() else {
        return page(StatusCode::NOT_FOUND, &DeskPage::NotFound).into();
    };
    let opened = match open(app, purpose, link).await {
        Ok(desk) => desk,
        Err(error) => return no_desk(&error, id).into(),
    };
    if parts.method != Method::POST {
        return shown(app, &opened, path).into();
    }
    acted(app, &opened, &String::from_utf8_lossy(body), path, id).await
}

fn page(status: StatusCode, page: &DeskPage<'_>) -> Answer {
    let mut response = typed(status, "text/html; charset=utf-8", desk_page(page));
    let headers = response.headers_mut();
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                  frame-ancestors 'none'; base-uri 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn no_desk(error: &NoDesk, id: &RequestId) -> Answer {
    match error {
        NoDesk::Unknown => page(StatusCode::NOT_FOUND, &DeskPage::NotFound),
        NoDesk::Expired(desk) => {
            page(StatusCode::GONE, &DeskPage::Gone { locale: desk.brand.brand.locale })
        }
        NoDesk::Erased(desk) => {
            let number = desk.stored.number.shown(&desk.stored.review.brand);
            let erased = DeskPage::Erased { locale: desk.brand.brand.locale, number: &number };
            page(StatusCode::GONE, &erased)
        }
        NoDesk::Store(error) => {
            tracing::error!(request.id = %id.0, %error, "a link could not be opened");
            problem(Code::StoreUnavailable, id, None)
        }
    }
}

fn shown<W: World>(app: &App<W>, desk: &Desk, action: &str) -> Answer {
    let brand = &desk.brand.brand;
    let brand_view = view::brand(brand);
    let number = desk.stored.number.shown(&brand.id);
    if desk.is_settled() {
        let already = DeskPage::Already { brand: &brand_view, number: &number };
        return page(StatusCode::OK, &already);
    }
    let review = view::review(app, &desk.stored, brand);
    let purpose = desk.purpose;
    page(
        StatusCode::OK,
        &DeskPage::Confirm { purpose, brand: &brand_view, review: &review, action },
    )
}

async fn acted<W: World>(
    app: &App<W>,
    desk: &Desk,
    form: &str,
    action: &str,
    id: &RequestId,
) -> Desked {
    let brand = &desk.brand.brand;
    let brand_view = view::brand(brand);
    let number = desk.stored.number.shown(&brand.id);
    let given = field(form, "reason");
    let reason = given.as_deref().map(CloseReason::from_id);
    if desk.purpose == Purpose::Close && reason == Some(None) {
        let review = view::review(app, &desk.stored, brand);
        let again = DeskPage::NoReason { brand: &brand_view, review: &review, action };
        return page(StatusCode::BAD_REQUEST, &again).into();
    }
    match act(app, desk, reason.flatten()).await {
        Ok(acted) => {
            let purpose = desk.purpose;
            let done = DeskPage::Done { purpose, brand: &brand_view, number: &number };
            let already = DeskPage::Already { brand: &brand_view, number: &number };
            let answer = page(StatusCode::OK, if acted.news { &done } else { &already });
            Desked { answer, undecided: acted.undecided.then_some(acted.key) }
        }
        Err(error) => {
            tracing::error!(request.id = %id.0, %error, "an action could not be recorded");
            problem(Code::StoreUnavailable, id, None).into()
        }
    }
}

/// A field of a form; `None` if it is absent or empty.
fn field(form: &str, name: &str) -> Option<String> {
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.into_iter().find(|(key, _)| *key == name)?.1.replace('+', " ");
    let value = percent_encoding::percent_decode_str(&value).decode_utf8_lossy().into_owned();
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_and_decoded() {
        assert_eq!(field("a=1&reason=settled_otherwise", "reason").unwrap(), "settled_otherwise");
        assert_eq!(field("reason=a+b%21", "reason").unwrap(), "a b!");
        assert_eq!(field("reason=", "reason"), None);
        assert_eq!(field("", "reason"), None);
    }
}
