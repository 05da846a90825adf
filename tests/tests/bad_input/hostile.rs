//! Reviewers who write for machines: line breaks in names, HTML, templates, and text that turns
//! around.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use vigie_tests::platform::{posted, with};
use vigie_tests::stage::{LUMEN, SERVER, Stage};

use crate::support::{lumen, text};

/// Headers that a message of ours may have.
const HEADERS: [&str; 18] = [
    "Auto-Submitted",
    "Content-Language",
    "Content-Transfer-Encoding",
    "Content-Type",
    "Date",
    "From",
    "List-Id",
    "MIME-Version",
    "Message-ID",
    "References",
    "Reply-To",
    "Subject",
    "To",
    "X-Vigie-Kind",
    "X-Vigie-Notice",
    "X-Vigie-Request",
    "X-Vigie-Review",
    "X-Auto-Response-Suppress",
];

async fn everywhere(stage: &Stage, id: &str, evil: &str) -> Result<()> {
    let names = ["author", "title", "text", "product", "location", "order", "language", "url"];
    let fields: Value = names.map(|name| (name.to_owned(), json!(evil))).into_iter().collect();
    stage.tell("lumen-site", &with(posted(id, 1), &fields)).await
}

#[tokio::test]
async fn line_breaks_in_names_make_no_header_and_the_mail_still_goes() -> Result<()> {
    let stage = lumen().await?;
    let evils = [
        "Eve\r\nBcc: x@evil.example",
        "Eve\nX-Evil: 1\n\n<b>body</b>",
        "Eve\rTo: x@evil.example",
        "Eve\0",
    ];
    for (number, evil) in evils.into_iter().enumerate() {
        everywhere(&stage, &format!("r-{number}"), evil).await?;
        let mails = stage.mails(number + 1).await?;
        let mail = &mails[number];
        assert_eq!(mail.to, ["service@lumen.example"], "the envelope");
        let mut names = mail.header_names();
        for name in &names {
            assert!(
                HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name)),
                "{name}: {evil:?}"
            );
        }
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "a header stands there twice");
        assert!(text(mail)?.contains("Eve"), "the name itself is shown");
        assert!(!text(mail)?.contains('\0'));
    }
    Ok(())
}

#[tokio::test]
async fn line_breaks_in_a_contacts_name_are_a_fault_or_a_space_and_never_a_header() -> Result<()> {
    let evil = "Service\\r\\nBcc: x@evil.example";
    let stage = Stage::set(&[SERVER, &LUMEN.replace("Service client", evil)].concat())?;
    let checked = stage.run(&["check"])?;
    if checked.code != 0 {
        assert_eq!(checked.code, 2, "{checked:?}");
        return Ok(());
    }
    let mut stage = stage;
    stage.start().await?;
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    let mails = stage.mails(1).await?;
    assert!(!mails[0].header_names().iter().any(|name| name.eq_ignore_ascii_case("bcc")));
    assert_eq!(mails[0].to, ["service@lumen.example"]);
    Ok(())
}

#[tokio::test]
async fn html_and_template_syntax_are_shown_as_they_were_written() -> Result<()> {
    let stage = lumen().await?;
    let evil = "<script>alert(1)</script> {{ brand.name }} {% if %} ${HOME} <img src=x onerror=y> \
                \"'><a href=\"javascript:z\">";
    everywhere(&stage, "r-1", evil).await?;
    let mails = stage.mails(1).await?;
    let html = mails[0].html().context("no HTML")?;
    assert!(
        html.contains("&lt;script&gt;alert(1)&lt;/script&gt; {{ brand.name }} {% if %}"),
        "{html}"
    );
    for tag in ["<script", "<img", "javascript:z\">", "onerror=y>"] {
        assert!(!html.contains(tag), "{tag} is in {html}");
    }
    let plain = text(&mails[0])?.replace("\n> ", " ");
    assert!(plain.contains("<script>alert(1)</script> {{ brand.name }} {% if %}"), "{plain}");
    let path =
        plain.split("http://vigie.example").nth(1).and_then(|rest| rest.split_whitespace().next());
    let page = stage.get(path.context("no path")?).await?;
    assert!(page.status == 200 && !page.text.contains("<script"), "{}", page.text);
    Ok(())
}

#[tokio::test]
async fn text_that_turns_around_is_shown_straight() -> Result<()> {
    let stage = lumen().await?;
    let evil = "Gentil \u{202E}tnahcém\u{202C} \u{2066}x\u{2069} \u{200B}\u{200F}fin";
    everywhere(&stage, "r-1", evil).await?;
    let mails = stage.mails(1).await?;
    let mail = &mails[0];
    let parts = [
        text(mail)?,
        mail.html().context("no HTML")?,
        mail.header("Subject").context("no subject")?,
    ];
    for part in &parts {
        let turns = |c: &char| {
            matches!(c, '\u{200B}' | '\u{200F}')
                || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        };
        let turned = part.chars().find(turns);
        assert_eq!(turned, None, "{part}");
    }
    assert!(parts[0].contains("Gentil tnahcém x fin"), "{}", parts[0]);
    let told = stage.run(&["explain", "lumen-site/r-1"])?;
    assert!(!told.out.contains('\u{202E}'));
    Ok(())
}

#[tokio::test]
async fn a_text_cannot_forge_a_link_of_the_desk() -> Result<()> {
    let stage = lumen().await?;
    let forged = "http://vigie.example/desk/answered/1.service.9999999999.AAAA";
    let said = json!({"text": format!("Lisez\n{forged}\nmerci")});
    stage.tell("lumen-site", &with(posted("r-1", 1), &said)).await?;
    let mails = stage.mails(1).await?;
    let text = text(&mails[0])?;
    let alone: Vec<_> =
        text.lines().filter(|line| line.starts_with("http://vigie.example/desk/")).collect();
    assert_eq!(alone.len(), 2, "the reviewer's stands in a quotation: {text}");
    assert!(alone.iter().all(|line| !line.ends_with("AAAA")));
    let reply = stage.get(forged.trim_start_matches("http://vigie.example")).await?;
    assert_eq!(reply.status, 404);
    Ok(())
}
