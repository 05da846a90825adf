//! Writes every sort of message as a page: `cargo run -p vigie-render --example pages -- FOLDER`.
//!
//! For people who change how messages look, and for the stage `pages` of `./test`.

use std::path::Path;

use vigie_domain::Locale;
use vigie_render::{
    LadderKind, Message, alert, ladder, operator, praise, report, roundup, sample, waited,
};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "pages".to_owned());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    for (name, message) in sample::cases() {
        std::fs::write(folder.join(format!("case-{name}.html")), message.html)?;
    }
    for locale in [Locale::Fr, Locale::En] {
        for (name, message) in messages(locale) {
            let stem = format!("{name}.{}", locale.code());
            std::fs::write(folder.join(format!("{stem}.html")), message.html)?;
            std::fs::write(folder.join(format!("{stem}.txt")), message.text)?;
        }
    }
    Ok(())
}

fn messages(locale: Locale) -> Vec<(String, Message)> {
    let mut found = vec![
        ("alert".to_owned(), alert(&sample::alert(locale))),
        ("alert-critical".to_owned(), alert(&sample::critical(locale))),
        ("alert-again".to_owned(), alert(&sample::again(locale))),
        ("alert-on-trial".to_owned(), alert(&sample::on_trial(locale))),
        ("reminder".to_owned(), ladder(&sample::ladder(locale, LadderKind::Reminder, 1))),
        ("escalation".to_owned(), ladder(&sample::ladder(locale, LadderKind::Escalation, 3))),
        ("operator".to_owned(), operator(&sample::operator(locale))),
    ];
    let three = [sample::alert(locale), sample::critical(locale), sample::alert(locale)];
    found.extend(waited(&three).map(|message| ("alerts-that-waited".to_owned(), message)));
    for (at, awkward) in sample::awkward_alerts(locale).iter().enumerate() {
        found.push((format!("alert-awkward-{at}"), alert(awkward)));
    }
    for many in [1, 40] {
        found.push((format!("praise-{many}"), praise(&sample::praise(locale, many))));
    }
    found.push(("roundup".to_owned(), roundup(&sample::roundup(locale))));
    found.push(("roundup-quiet".to_owned(), roundup(&sample::quiet_roundup(locale))));
    for many in [0, 1, 40, 4000] {
        found.push((format!("report-{many}"), report(&sample::report(locale, many))));
    }
    found
}
