//! `vigie assess`: what is understood of a text, or of each review of a file. It needs no
//! configuration and no store.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vigie_advice::{RULES, assess, label, severity_label};
use vigie_domain::{Assessment, Cause, Decimal, Locale, PromiseKind, Stars, Touchpoint, text};

use super::shown::table;
use crate::cli::Assess;
use crate::load::CannotBegin;
use crate::output::{Exit, say, say_json};

/// The longest line of JSON Lines, and the longest text, in bytes.
const BYTES_MAX: u64 = 4 << 20;

/// A line of JSON Lines.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Option<Value>,
    text: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    rating: Option<Value>,
    #[serde(default)]
    scale: Option<Value>,
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Value>,
    #[serde(flatten)]
    found: Assessment,
    /// What each cause touches, in their order.
    touches: Vec<Touched>,
    rules: &'static str,
}

#[derive(Serialize)]
struct Touched {
    cause: Cause,
    commandments: &'static [u8],
    promise: Option<PromiseKind>,
    touchpoint: Option<Touchpoint>,
}

impl<'a> Answer<'a> {
    fn new(id: Option<&'a Value>, found: Assessment) -> Self {
        let touched = |cause: Cause| Touched {
            cause,
            commandments: cause.commandments(),
            promise: cause.promise(),
            touchpoint: cause.touchpoint(),
        };
        let touches = found.causes.iter().map(|found| touched(found.id)).collect();
        Self { id, found, touches, rules: RULES }
    }
}

#[derive(Serialize)]
struct BadLine {
    error: String,
    line: u64,
}

/// Assesses a text, or a file of them.
pub(crate) fn run(arguments: &Assess) -> Result<Exit, CannotBegin> {
    let of_many = arguments.file == Path::new("-")
        || arguments.file.extension().is_some_and(|extension| extension == "jsonl");
    if !of_many {
        return one(arguments);
    }
    if arguments.file == Path::new("-") {
        return lines(std::io::stdin().lock());
    }
    lines(BufReader::new(open(&arguments.file)?))
}

fn open(file: &Path) -> Result<File, CannotBegin> {
    File::open(file).map_err(|error| unreadable(file, &error.to_string()))
}

fn unreadable(file: &Path, why: &str) -> CannotBegin {
    CannotBegin::Other(format!("cannot read {}: {why}", file.display()))
}

/// One text, with the rating of the command line.
fn one(arguments: &Assess) -> Result<Exit, CannotBegin> {
    let mut bytes = Vec::new();
    let mut file = open(&arguments.file)?.take(BYTES_MAX + 1);
    let read = file.read_to_end(&mut bytes);
    read.map_err(|error| unreadable(&arguments.file, &error.to_string()))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(unreadable(&arguments.file, "a text has 4 MiB at most"));
    }
    let written = String::from_utf8(bytes)
        .map_err(|_| unreadable(&arguments.file, "it is not UTF-8: save it as UTF-8"))?;
    let rating = arguments.rating.as_deref();
    let stars = rating.map(|rating| stars(rating, &arguments.scale)).transpose();
    let stars = stars.map_err(CannotBegin::Other)?;
    let found = assess(written.trim(), None, None, stars);
    if arguments.output.json {
        say_json(&Answer::new(None, found));
    } else {
        say(human(&found));
    }
    Ok(Exit::Done)
}

/// Stars of a rating as it was written; what is wrong with it otherwise.
fn stars(rating: &str, scale: &str) -> Result<Stars, String> {
    let number = |text: &str| Decimal::parse(text.trim());
    let found =
        number(rating).zip(number(scale)).and_then(|(rating, scale)| Stars::of(rating, scale));
    found.ok_or_else(|| {
        let (rating, scale) = (text::clean_line(rating), text::clean_line(scale));
        format!("rating {rating} of {scale}: a number from 0 to the scale is wanted")
    })
}

/// One answer for each line, in their order. An empty line is none.
fn lines(mut from: impl BufRead) -> Result<Exit, CannotBegin> {
    let mut exit = Exit::Done;
    for number in 1.. {
        let mut line = Vec::new();
        let read = from.by_ref().take(BYTES_MAX + 1).read_until(b'\n', &mut line);
        match read {
            Ok(0) => break,
            Ok(_) if line.len() as u64 > BYTES_MAX => {
                say_json(&BadLine { error: "a line has 4 MiB at most".to_owned(), line: number });
                return Ok(Exit::NotSo);
            }
            Ok(_) => {}
            Err(error) => return Err(CannotBegin::Other(format!("line {number}: {error}"))),
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        if let Err(error) = line_of(&line) {
            say_json(&BadLine { error, line: number });
            exit = Exit::NotSo;
        }
    }
    Ok(exit)
}

fn line_of(line: &[u8]) -> Result<(), String> {
    let line: Line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let scale = line.scale.as_ref().filter(|scale| !scale.is_null());
    let scale = scale.map_or_else(|| "5".to_owned(), shown);
    let rating = line.rating.as_ref().filter(|rating| !rating.is_null());
    let stars = rating.map(|rating| stars(&shown(rating), &scale)).transpose()?;
    let (title, language) = (line.title.as_deref(), line.language.as_deref());
    let found = assess(&line.text, title, language, stars);
    say_json(&Answer::new(line.id.as_ref(), found));
    Ok(())
}

fn human(found: &Assessment) -> String {
    let locale = Locale::En;
    let language = found.language.as_deref().unwrap_or("not known");
    let mut rows = vec![
        vec!["language".to_owned(), language.to_owned()],
        vec!["severity".to_owned(), severity_label(found.severity, locale).to_owned()],
    ];
    for cause in &found.causes {
        let words: Vec<_> =
            cause.evidence.iter().map(|words| format!("\u{201c}{words}\u{201d}")).collect();
        let name = format!("{} ({}, {:.2})", label(cause.id, locale), cause.id.id(), cause.score);
        rows.push(vec![
            "cause".to_owned(),
            format!("{name}  {}", words.join(", ")).trim().to_owned(),
        ]);
    }
    for motive in &found.motives {
        let words: Vec<_> =
            motive.evidence.iter().map(|words| format!("\u{201c}{words}\u{201d}")).collect();
        rows.push(vec!["motive".to_owned(), format!("{}  {}", motive.id.id(), words.join(", "))]);
    }
    if let Some(approach) = &found.approach {
        let words: Vec<_> =
            approach.evidence.iter().map(|words| format!("\u{201c}{words}\u{201d}")).collect();
        let row = format!("{}  {}", approach.id.id(), words.join(", "));
        rows.push(vec!["approach".to_owned(), row.trim().to_owned()]);
    }
    if found.suggestion {
        rows.push(vec!["suggests".to_owned(), "something to do better".to_owned()]);
    }
    if !found.praised.is_empty() {
        rows.push(vec!["praised".to_owned(), found.praised.join(", ")]);
    }
    rows.push(vec!["rules".to_owned(), RULES.to_owned()]);
    table(&rows, 0)
}
