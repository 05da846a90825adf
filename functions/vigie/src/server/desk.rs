//! `/desk/{purpose}/{link}`: where people at the brand act. GET shows, POST records.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Method, StatusCode};
use vigie_app::desk::{CloseReason, Desk, NoDesk, Purpose, act, open};
use vigie_app::view;
use vigie_domain::Locale;
use vigie_render::{DeskPage, desk_page};

use super::answer::{Code, RequestId, not_allowed, problem, typed};
use super::{Serving, body, segments};

/// Shows or acts on a link.
pub(crate) async fn desk(State(serving): State<Arc<Serving>>, request: Request) -> Response {
    let id = super::request_id(&request);
    let method = request.method().clone();
    if !matches!(method, Method::GET | Method::HEAD | Method::POST) {
        return not_allowed(&id, &[Method::GET, Method::HEAD, Method::POST]);
    }
    let (parts, incoming) = request.into_parts();
    let path = parts.uri.path();
    let rest: Vec<&str> = segments(path).skip(1).collect();
    let [purpose, link] = rest.as_slice() else {
        return page(StatusCode::NOT_FOUND, &DeskPage::NotFound);
    };
    let opened = match open(&serving.app, purpose, link).await {
        Ok(desk) => desk,
        Err(error) => return no_desk(&serving, &error, &id),
    };
    if method != Method::POST {
        return shown(&serving, &opened, path);
    }
    let form = match body::read(&parts.headers, incoming).await {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(code) => return problem(code, &id, None),
    };
    acted(&serving, &opened, &form, path, &id).await
}

fn page(status: StatusCode, page: &DeskPage<'_>) -> Response {
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

fn no_desk(serving: &Serving, error: &NoDesk, id: &RequestId) -> Response {
    match error {
        NoDesk::Unknown => page(StatusCode::NOT_FOUND, &DeskPage::NotFound),
        NoDesk::Expired(desk) => {
            page(StatusCode::GONE, &DeskPage::Gone { locale: locale(serving, desk) })
        }
        NoDesk::Erased(desk) => {
            let number = desk.stored.number.shown(&desk.stored.review.brand);
            let erased = DeskPage::Erased { locale: locale(serving, desk), number: &number };
            page(StatusCode::GONE, &erased)
        }
        NoDesk::Store(error) => {
            tracing::error!(request.id = %id.0, %error, "a link could not be opened");
            problem(Code::StoreUnavailable, id, None)
        }
    }
}

fn locale(serving: &Serving, desk: &Desk) -> Locale {
    let brand = serving.app.registry().brand(&desk.stored.review.brand);
    brand.map_or(Locale::En, |brand| brand.brand.locale)
}

fn shown(serving: &Serving, desk: &Desk, action: &str) -> Response {
    let review = &desk.stored.review;
    let Some(brand) = serving.app.registry().brand(&review.brand) else {
        return page(StatusCode::NOT_FOUND, &DeskPage::NotFound);
    };
    let brand_view = view::brand(&brand.brand);
    let number = desk.stored.number.shown(&brand.brand.id);
    if desk.is_settled() {
        let already = DeskPage::Already { brand: &brand_view, number: &number };
        return page(StatusCode::OK, &already);
    }
    let review = view::review(&serving.app, &desk.stored, &brand.brand);
    let purpose = desk.purpose;
    page(
        StatusCode::OK,
        &DeskPage::Confirm { purpose, brand: &brand_view, review: &review, action },
    )
}

async fn acted(
    serving: &Serving,
    desk: &Desk,
    form: &str,
    action: &str,
    id: &RequestId,
) -> Response {
    let Some(brand) = serving.app.registry().brand(&desk.stored.review.brand) else {
        return page(StatusCode::NOT_FOUND, &DeskPage::NotFound);
    };
    let brand_view = view::brand(&brand.brand);
    let number = desk.stored.number.shown(&brand.brand.id);
    let given = field(form, "reason");
    let reason = given.as_deref().map(CloseReason::from_id);
    if desk.purpose == Purpose::Close && reason == Some(None) {
        let review = view::review(&serving.app, &desk.stored, &brand.brand);
        let again = DeskPage::NoReason { brand: &brand_view, review: &review, action };
        return page(StatusCode::BAD_REQUEST, &again);
    }
    match act(&serving.app, desk, reason.flatten()).await {
        Ok(acted) => {
            if acted.undecided {
                serving.nudge_raise(vec![acted.key]);
            }
            let purpose = desk.purpose;
            let done = DeskPage::Done { purpose, brand: &brand_view, number: &number };
            let already = DeskPage::Already { brand: &brand_view, number: &number };
            page(StatusCode::OK, if acted.news { &done } else { &already })
        }
        Err(error) => {
            tracing::error!(request.id = %id.0, %error, "an action could not be recorded");
            problem(Code::StoreUnavailable, id, None)
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
