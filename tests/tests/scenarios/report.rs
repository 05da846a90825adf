//! The unanswered report and gathered praise, at their hour: a few seconds after the start.

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::json;
use vigie_smtp_sink::Received;
use vigie_tests::platform::{ago, clock_in, now, posted, told, with};
use vigie_tests::stage::{LUMEN, ORSO, Place, SERVER, WITHIN};

use crate::Stage;
use crate::support::{header, links, moment_fr, recipients, unwrapped};

/// How far ahead the report is when Vigie starts: time enough to post what it shows.
const AHEAD_S: i64 = <crate::Here as Place>::REPORT_AHEAD_S;

/// A brand that wants no empty report.
const QUIET: &str = r#"
[[brand]]
id = "quiet"
name = "Quiet House"
locale = "en"
timezone = "Europe/London"
report_at = "{report}"
report_when_empty = false
contacts = [ { id = "all", name = "Everybody", email = "all@quiet.example" } ]
[[brand.source]]
id = "quiet-site"
platform = "generic-hmac"
secrets = ["file:quiet-site.secret"]
"#;

/// A stage whose brands all report in a few seconds, and when.
async fn soon() -> Result<(Stage, Timestamp)> {
    let mut stage = Stage::set("")?;
    // Clocks in vigie.toml have whole seconds.
    let at = Timestamp::from_second(ago(-AHEAD_S).as_second())?;
    let (paris, london) = (clock_in(AHEAD_S, "Europe/Paris")?, clock_in(AHEAD_S, "Europe/London")?);
    let lumen = LUMEN.replace("{report}", &paris);
    let english = [ORSO, QUIET].concat().replace("{report}", &london);
    // Answers of Trustpilot are by hand, which a report without anything else would say.
    stage.configure(&[SERVER, &lumen, &english].concat())?;
    stage.start().await?;
    Ok((stage, at))
}

fn of_kind<'a>(
    mails: &'a [std::sync::Arc<Received>],
    kind: &str,
    brand: &str,
) -> Vec<&'a Received> {
    let list = format!("<{kind}.{brand}.vigie>");
    let found = mails.iter().filter(|mail| mail.header("List-Id").as_deref() == Some(&list));
    found.map(AsRef::as_ref).collect()
}

async fn post_everything(stage: &Stage) -> Result<()> {
    let dated = |id: &str, rating: u8, hours: i64| {
        let at = ago(hours * 3600).to_string();
        with(posted(id, rating), &json!({"published_at": at, "updated_at": at}))
    };
    stage.tell("lumen-site", &dated("late", 2, 30)).await?;
    stage.tell("lumen-site", &dated("found-late", 1, 8 * 24)).await?;
    stage.tell("lumen-site", &dated("good", 5, 1)).await?;
    stage.tell("lumen-site", &dated("better", 5, 2)).await?;
    stage.tell("lumen-site", &dated("done", 3, 1)).await?;
    stage.tell("lumen-site", &with(dated("unrated", 1, 1), &json!({"rating": null}))).await?;
    stage.sink.wait_for(2, WITHIN).await?;
    stage.tell("lumen-site", &told("answered", "done", &json!({}))).await
}

#[tokio::test]
async fn each_brand_has_its_report_at_its_hour() -> Result<()> {
    let (stage, at) = soon().await?;
    post_everything(&stage).await?;
    assert!(now() < at, "the machine is too slow for this scenario's {AHEAD_S} seconds");
    // Two alerts; a report and praise for lumen; two empty reports for orso; none for quiet.
    let mails = stage.mails(6).await?;
    assert!(now() >= at);
    let report = of_kind(&mails, "report", "lumen");
    let [report] = report.as_slice() else { anyhow::bail!("{} reports", report.len()) };
    assert_full(report, at)?;
    let praise = of_kind(&mails, "praise", "lumen");
    let [praise] = praise.as_slice() else { anyhow::bail!("{} praises", praise.len()) };
    assert!(header(praise, "Subject")?.starts_with("Bravo · Maison Lumen · 2 bons avis"));
    assert_eq!(praise.to, ["service@lumen.example"]);
    let empty = of_kind(&mails, "report", "orso");
    assert_eq!(empty.len(), 2, "each of its contacts");
    for report in empty {
        assert_empty(report)?;
    }
    assert!(!recipients(&mails).contains(&"all@quiet.example".to_owned()));
    // Once per local date: the next is tomorrow's.
    let listed = stage.json(&["notices"])?;
    let kinds = listed["notices"].as_array().context("no list")?.iter();
    let reports: Vec<_> = kinds.filter(|one| one["kind"] == "report").collect();
    assert!(reports.len() == 3 && reports.iter().all(|one| one["review"].is_null()), "{listed}");
    Ok(())
}

fn assert_full(report: &Received, at: Timestamp) -> Result<()> {
    assert_eq!(report.to, ["service@lumen.example"]);
    assert_eq!(header(report, "X-Vigie-Kind")?, "report");
    assert_eq!(report.header("X-Vigie-Review"), None);
    let subject = header(report, "Subject")?;
    assert!(subject.starts_with("Avis sans réponse · Maison Lumen · 1 en retard"), "{subject}");
    let text = unwrapped(report)?;
    for heading in [
        "EN RETARD (1)",
        "TROUVÉS TARD, SANS ALERTE (1)",
        "NOTE ILLISIBLE, SANS ALERTE (1)",
        "BONS AVIS À REMERCIER (2)",
        "RÉPONDUS DEPUIS (1)",
        "À SAVOIR",
    ] {
        assert!(text.contains(heading), "{heading} is not in {text}");
    }
    assert!(text.contains("Trustpilot ne nous annonce pas vos réponses"), "{text}");
    // Found late: due a day after it was seen.
    let due = moment_fr(crate::support::later(at, 24))?;
    let day = due.rsplit_once(' ').map_or("", |(day, _)| day);
    assert!(text.contains(&format!("avant {day}")), "{day}: {text}");
    let links = links(report)?;
    assert_eq!(links.len(), 6, "two for each of the three that wait: {links:?}");
    for pair in links.chunks(2) {
        assert!(pair[0].starts_with("/desk/answered/") && pair[1].starts_with("/desk/close/"));
    }
    assert!(text.contains("Prochain rapport"), "{text}");
    Ok(())
}

fn assert_empty(report: &Received) -> Result<()> {
    let subject = header(report, "Subject")?;
    assert!(subject.starts_with("Unanswered reviews · Orso Coffee · nothing waiting"), "{subject}");
    let text = report.text().context("no text")?;
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    assert_eq!(lines.len(), 2, "two lines: {text}");
    Ok(())
}
