//! The mails as files and pages: `.eml`, `.html` and an index.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Path as Segment;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use vigie_smtp_sink::Received;
use vigie_web::answer::typed;

use super::mails::Sort;
use crate::load::CannotBegin;
use crate::server::Serving;

/// One mail in the folder.
pub(crate) struct Page {
    name: String,
    sort: Option<Sort>,
    to: String,
    subject: String,
}

/// What the files of a mail are called, before their endings.
pub(crate) fn name(place: usize, sort: Sort) -> String {
    format!("{place:03}-{}", sort.id().replace(' ', "-"))
}

/// Makes the folder and takes the mails of an earlier demo out of it.
pub(crate) fn clear(folder: &Path) -> Result<(), CannotBegin> {
    let cannot = |error: std::io::Error| {
        CannotBegin::Other(format!(
            "cannot use {}: {error}\n  hint: --out names another folder",
            folder.display()
        ))
    };
    std::fs::create_dir_all(folder).map_err(cannot)?;
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        if is_ours(&entry.file_name().to_string_lossy()) {
            std::fs::remove_file(entry.path()).map_err(cannot)?;
        }
    }
    Ok(())
}

/// `007-alert.eml`: nothing else in the folder is touched or served.
fn is_ours(name: &str) -> bool {
    let numbered = name.split_once('-').is_some_and(|(number, rest)| {
        number.len() == 3
            && number.bytes().all(|b| b.is_ascii_digit())
            && [".eml", ".html", ".txt"].iter().any(|end| rest.ends_with(end))
    });
    (numbered && !name.contains(['/', '\\'])) || name == "index.html"
}

/// Writes a mail as `.eml`, `.html` and `.txt`, and a page that shows it narrow, wide and dark.
pub(crate) fn write(
    folder: &Path,
    place: usize,
    sort: Option<Sort>,
    mail: &Received,
) -> std::io::Result<Page> {
    let name = sort.map_or_else(|| format!("{place:03}-strange"), |sort| name(place, sort));
    std::fs::write(folder.join(format!("{name}.eml")), &mail.data)?;
    std::fs::write(folder.join(format!("{name}.html")), mail.html().unwrap_or_default())?;
    std::fs::write(folder.join(format!("{name}.txt")), mail.text().unwrap_or_default())?;
    let subject = mail.header("Subject").unwrap_or_default();
    std::fs::write(folder.join(format!("{name}.look.html")), look(&name, &subject))?;
    Ok(Page { name, sort, to: mail.to.join(", "), subject })
}

/// A mail as it looks on a phone and on a desk, in light and in dark.
fn look(name: &str, subject: &str) -> String {
    let mut frames = String::new();
    // The two of a width side by side, where there is room.
    for (width, place) in [(320, "a phone"), (1200, "a desk")] {
        for scheme in ["light", "dark"] {
            let _ = write!(
                frames,
                "<figure><figcaption>{place}, {scheme}</figcaption><div><iframe src=\"{name}.html\" \
                 title=\"{place}, {scheme}\" style=\"width:{width}px;color-scheme:{scheme}\"></iframe>\
                 </div></figure>"
            );
        }
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title>\
         <style>body{{font:16px/1.5 system-ui,sans-serif;margin:1rem;overflow-wrap:anywhere}}\
         h1{{font-size:1.25rem}}main{{display:flex;flex-wrap:wrap;gap:1.5rem}}\
         figure{{margin:0;max-width:100%}}figure div{{overflow-x:auto}}iframe{{height:75vh;\
         border:1px solid #888}}</style></head><body><p><a href=\"index.html\">All mails</a></p>\
         <h1>{0}</h1><main>{frames}</main></body></html>\n",
        escaped(subject)
    )
}

/// Writes the index: one of each sort, then all.
pub(crate) fn write_index(folder: &Path, pages: &[Page]) -> std::io::Result<()> {
    let first = |sort| pages.iter().find(|page| page.sort == Some(sort));
    let firsts: String = Sort::ALL.into_iter().filter_map(first).map(row).collect();
    let all: String = pages.iter().map(row).collect();
    let count = pages.len();
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Vigie demo: {count} mails</title>\
         <style>{STYLE}</style></head>\
         <body><h1>{count} mails of Maison Lumen and Atelier Bruma</h1>\n\
         <h2>One of each</h2>\n<ul>\n{firsts}</ul>\n<h2>All, as they came</h2>\n\
         <ul>\n{all}</ul></body></html>\n"
    );
    std::fs::write(folder.join("index.html"), page)
}

/// Columns where there is room, lines one below the other on a phone.
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;\
    padding:0 1rem}h1{font-size:1.5rem}h2{font-size:1.2rem}ul{list-style:none;padding:0}\
    li{display:grid;gap:0 1rem;padding:.5rem 0;\
    border-bottom:1px solid #8886;overflow-wrap:anywhere}\
    @media(min-width:50rem){li{grid-template-columns:6rem 1fr 14rem 14rem}}";

fn row(page: &Page) -> String {
    let Page { name, sort, to, subject } = page;
    let (subject, to) = (escaped(subject), escaped(to));
    let sort = sort.map_or("strange", Sort::id);
    format!(
        "<li><span>{sort}</span><a href=\"{name}.html\">{subject}</a><span>{to}</span>\
         <span><a href=\"{name}.look.html\">narrow, wide, dark</a> \
         <a href=\"{name}.txt\">text</a> <a href=\"{name}.eml\">eml</a></span></li>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Serves the folder at `/demo/mail`.
pub(crate) fn router(folder: PathBuf) -> Router<Arc<Serving>> {
    let folder = Arc::new(folder);
    let index = folder.clone();
    Router::new()
        .route("/demo/mail", get(|| async { redirect("/demo/mail/") }))
        .route("/demo/mail/", get(async move || file(&index, "index.html")))
        .route(
            "/demo/mail/{name}",
            get(async move |Segment(name): Segment<String>| file(&folder, &name)),
        )
}

fn redirect(to: &'static str) -> Response {
    let mut response = typed(StatusCode::SEE_OTHER, "text/plain", "").map(Body::from);
    response.headers_mut().insert(http::header::LOCATION, http::HeaderValue::from_static(to));
    response
}

fn file(folder: &Path, name: &str) -> Response {
    let kind = match Path::new(name).extension().and_then(|end| end.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "message/rfc822",
    };
    let read = if is_ours(name) { std::fs::read(folder.join(name)).ok() } else { None };
    match read {
        Some(bytes) => typed(StatusCode::OK, kind, bytes).map(Body::from),
        None => typed(StatusCode::NOT_FOUND, "text/plain", "no such mail\n").map(Body::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_demos_own_files_are_removed_and_served() {
        for ours in ["001-alert.eml", "120-report.html", "002-praise.txt", "index.html"] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in [
            "notes.html",
            "1-alert.eml",
            "../001-a.eml",
            "001-x/../a.eml",
            "001-alert.toml",
            "vigie.toml",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
