//! Writes every sample as `.html` and `.txt` into a folder: `cargo run -p vigie-render --example
//! gallery -- /tmp/gallery`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use vigie_domain::Locale;
use vigie_render::{
    DeskPage, LadderKind, Message, Purpose, alert, desk_page, ladder, operator, praise, report,
    sample,
};

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("name a folder to write to"))?;
    fs::create_dir_all(&folder)?;
    for locale in [Locale::Fr, Locale::En] {
        for (name, message) in messages(locale) {
            let stem = folder.join(format!("{name}.{}", locale.code()));
            fs::write(stem.with_extension(format!("{}.html", locale.code())), &message.html)?;
            let text = format!("Subject: {}\n\n{}", message.subject, message.text);
            fs::write(stem.with_extension(format!("{}.txt", locale.code())), text)?;
        }
        desk(&folder, locale)?;
    }
    fs::write(folder.join("desk-not-found.html"), desk_page(&DeskPage::NotFound))
}

fn messages(locale: Locale) -> Vec<(String, Message)> {
    let mut all = vec![
        ("alert".to_owned(), alert(&sample::alert(locale))),
        ("critical".to_owned(), alert(&sample::critical(locale))),
        ("again".to_owned(), alert(&sample::again(locale))),
        ("praise".to_owned(), praise(&sample::praise(locale, 3))),
        ("reminder".to_owned(), ladder(&sample::ladder(locale, LadderKind::Reminder, 1))),
        ("escalation".to_owned(), ladder(&sample::ladder(locale, LadderKind::Escalation, 2))),
        ("operator".to_owned(), operator(&sample::operator(locale))),
    ];
    for count in [0, 1, 40, 100] {
        all.push((format!("report-{count}"), report(&sample::report(locale, count))));
    }
    let awkward = sample::awkward_alerts(locale).into_iter().enumerate();
    all.extend(awkward.map(|(n, view)| (format!("awkward-{n}"), alert(&view))));
    all
}

fn desk(folder: &Path, locale: Locale) -> io::Result<()> {
    let view = sample::alert(locale);
    let (brand, review, action) = (&view.brand, &view.review, "/desk/x");
    let number = review.number.as_str();
    let pages = [
        ("answered", DeskPage::Confirm { purpose: Purpose::Answered, brand, review, action }),
        ("close", DeskPage::Confirm { purpose: Purpose::Close, brand, review, action }),
        ("done", DeskPage::Done { purpose: Purpose::Answered, brand, number }),
        ("already", DeskPage::Already { brand, number }),
        ("gone", DeskPage::Gone { locale }),
    ];
    for (name, page) in pages {
        fs::write(folder.join(format!("desk-{name}.{}.html", locale.code())), desk_page(&page))?;
    }
    Ok(())
}
