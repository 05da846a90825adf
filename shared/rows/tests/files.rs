//! Files as people have them: other dialects, other encodings, broken in the middle, endless.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

use std::io::Read;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vigie_domain::{EventKind, ReviewEvent, Version};
use vigie_rows::{CannotRead, Options, Row, Rows};

fn now() -> Timestamp {
    "2026-11-20T09:12:00Z".parse().unwrap()
}

fn rows(file: &[u8], options: &Options) -> Result<Vec<Row>, CannotRead> {
    let file = std::io::Cursor::new(file.to_vec());
    Rows::open(file, options)?.at(now()).collect()
}

fn events(file: impl AsRef<[u8]>, options: &Options) -> Vec<ReviewEvent> {
    let rows = rows(file.as_ref(), options).unwrap();
    rows.into_iter().map(|row| *row.read.unwrap()).collect()
}

/// The one event of a file, as text: id, stars, time, text.
fn told(file: impl AsRef<[u8]>, options: &Options) -> String {
    let all = events(file, options);
    let [event] = &all[..] else { unreachable!("{all:?}") };
    let content = event.content.as_ref().unwrap();
    let stars = content.stars.map(|stars| stars.to_string()).unwrap_or_default();
    let at = content.published_at.unwrap();
    format!("{} {stars} {at} {}", event.external_id.as_str(), content.text)
}

/// Why the rows of a file were refused, with their lines.
fn refused(file: impl AsRef<[u8]>, options: &Options) -> Vec<String> {
    let rows = rows(file.as_ref(), options).unwrap();
    let refused = rows.into_iter().filter_map(|row| Some((row.line, row.read.err()?)));
    refused.map(|(line, why)| format!("{line}: {why}")).collect()
}

fn cannot(file: impl AsRef<[u8]>, options: &Options) -> String {
    rows(file.as_ref(), options).unwrap_err().to_string()
}

const TOLD: &str = "r-1 2 2025-12-31T09:12:00Z Déçue, très; vraiment";

#[test]
fn any_dialect_says_the_same() {
    for file in [
        "id,rating,date,text\nr-1,2,2025-12-31T09:12:00Z,\"Déçue, très; vraiment\"\n",
        "id;rating;date;text\r\nr-1;2;2025-12-31T09:12:00Z;\"Déçue, très; vraiment\"\r\n",
        "id\trating\tdate\ttext\nr-1\t2\t2025-12-31T09:12:00Z\tDéçue, très; vraiment",
        "id|rating|date|text\nr-1|2|2025-12-31T09:12:00Z|Déçue, très; vraiment\n",
        "sep=;\nid;rating;date;text\nr-1;2;2025-12-31T09:12:00Z;\"Déçue, très; vraiment\"\n",
        "\u{feff}\"Review ID\",\"Stars\",\"Date\",\"Review Text\"\n\"r-1\",\"2\",\"2025-12-31 \
         09:12\",\"Déçue, très; vraiment\"\n",
        "\n\n{\"id\":\"r-1\",\"rating\":2,\"published_at\":\"2025-12-31T09:12:00Z\",\"text\":\"Déçue, \
         très; vraiment\"}\n",
        "{\"review\":{\"id\":\"r-1\",\"rating\":4,\"scale\":10,\"published_at\":1767172320,\"text\":\
         \"Déçue, très; vraiment\"}}",
    ] {
        assert_eq!(told(file, &Options::default()), TOLD, "{file}");
    }
}

#[test]
fn other_encodings_are_read_by_their_mark_or_by_their_name() {
    let text = "id;rating;date;text\nr-1;2;2025-12-31 09:12;Déçue, très; vraiment\n"
        .replace("très; vraiment", "très\" vraiment");
    let narrow: Vec<u8> = text.chars().map(|c| u32::from(c) as u8).collect();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked: Vec<u8> = [0xFF, 0xFE].into_iter().chain(wide.iter().copied()).collect();
    let named = |name: &str| Options { encoding: Some(name.to_owned()), ..Options::default() };
    let same = TOLD.replace("; ", "\" ");
    assert_eq!(told(&narrow, &named("windows-1252")), same);
    assert_eq!(told(&wide, &named("utf-16le")), same);
    assert_eq!(told(&marked, &Options::default()), same);
    assert_eq!(told(&text, &named("utf-8")), same);
}

#[test]
fn err_a_wrong_encoding_is_told_and_never_guessed() {
    let narrow = b"id,rating,date,text\nr-1,2,2025-12-31,fine\nr-2,2,2025-12-31,d\xE9\xE7ue\n";
    assert!(cannot(narrow, &Options::default()).starts_with("line 3 is not UTF-8"));
    let named = |name: &str| Options { encoding: Some(name.to_owned()), ..Options::default() };
    let utf8 = "id,rating,date,text\nr-1,2,2025-12-31,déçue\n";
    assert!(cannot(utf8, &named("windows-1252")).contains("UTF-8 already"));
    assert!(cannot(utf8, &named("klingon")).contains("no encoding is called"));
    let wide: Vec<u8> = "id,rating".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(cannot(wide, &Options::default()).contains("--encoding utf-16le"));
    let lines = b"{\"id\":\"1\",\"rating\":1,\"published_at\":\"2025-12-31\",\"text\":\"d\xE9\"}\n";
    assert!(cannot(lines, &Options::default()).starts_with("line 1 is not UTF-8"));
}

#[test]
fn err_what_is_no_file_of_rows_is_told_apart() {
    for (file, said) in [
        (&b""[..], "empty"),
        (b" \n\n ", "empty"),
        (b"PK\x03\x04xl/workbook.xml", "workbook"),
        (b"\x1F\x8B\x08", "packed"),
        (b"[{\"id\":\"1\"}]", "JSON array"),
        (b"just,some,words\n1,2,3\n", "no column is the id; the first line has just | some"),
    ] {
        let fault = cannot(file, &Options::default());
        assert!(fault.contains(said), "{said}: {fault}");
    }
}

#[test]
fn err_rows_that_cannot_be_read_are_told_with_their_line_and_the_others_are_read() {
    let file = "id,rating,published_at,text\n\
                r-1,2,2025-12-31,ok\n\
                ,2,2025-12-31,no id\n\
                r-3,2,31/12/2025,another form\n\
                r-4,2,,no date\n\
                r-5,nine,2025-12-31,no number\n\
                r-6,2,2025-12-31\n\
                r-7,2,2025-12-31,\"two\nlines\"\n\
                r-8,7,2025-12-31,out of scale\n\
                r-9,,2025-12-31,unrated is no fault\n";
    let said = refused(file, &Options::default());
    let begins = [
        "3: no id",
        "4: published_at cannot be read, or cannot be true: 31/12/2025; write",
        "5: published_at is missing",
        "6: rating cannot be read on a scale of 5: nine",
        "7: it has 3 fields, and the first line names 4 columns",
        "10: rating cannot be read on a scale of 5: 7",
    ];
    assert_eq!(said.len(), begins.len(), "{said:?}");
    for (said, begin) in said.iter().zip(begins) {
        assert!(said.starts_with(begin), "{said}");
    }
    assert_eq!(rows(file.as_bytes(), &Options::default()).unwrap().len(), 9);
    let lines = "{\"id\":\"1\"}\nnonsense\n\n[1]\n{\"id\":\"2\",\"date\":\"2025-12-31\"}\n";
    let said = refused(lines, &Options::default());
    let starts = ["1: published_at is missing", "2: it is not a JSON object", "4: it is not a"];
    assert!(starts.iter().zip(&said).all(|(start, said)| said.starts_with(start)), "{said:?}");
}

#[test]
fn dates_are_read_as_they_are_said_to_be_written() {
    let options = Options {
        dates: Some("%d/%m/%Y %H:%M".to_owned()),
        zone: TimeZone::get("Europe/Paris").unwrap(),
        ..Options::default()
    };
    let file = "id,rating,date,text\nr-1,2,31/12/2025 10:12,Déçue\n";
    assert_eq!(told(file, &options), "r-1 2 2025-12-31T09:12:00Z Déçue");
    let days = Options { dates: Some("%d.%m.%Y".to_owned()), ..Options::default() };
    let file = "id,rating,date,text\nr-1,2,31.12.2025,Déçue\n";
    assert_eq!(told(file, &days), "r-1 2 2025-12-31T00:00:00Z Déçue");
    let said = refused("id,rating,date\nr-1,2,2025-12-31\n", &days);
    assert_eq!(said, ["2: published_at is not written as %d.%m.%Y: 2025-12-31"]);
    let wrong = Options { dates: Some("%Q".to_owned()), ..Options::default() };
    assert!(cannot(file, &wrong).contains("no form of dates"));
}

#[test]
fn what_a_row_says_beside_is_kept_and_its_version_is_its_latest_date() {
    let file = "id,rating,scale,published_at,updated_at,reply,reply_at,author,location,order\n\
                r-1,8,10,2025-12-30,2025-12-31,Merci,2026-01-02,Claire D.,LYON-01,A-1\n\
                r-2,5,5,2025-12-30,,,,,,\n";
    let all = events(file, &Options::default());
    let [first, second] = &all[..] else { unreachable!("{all:?}") };
    let day = |text: &str| Some(Version::Time(text.parse().unwrap()));
    assert_eq!((first.kind, first.version), (EventKind::Posted, day("2025-12-31T00:00:00Z")));
    assert_eq!(second.version, day("2025-12-30T00:00:00Z"));
    let content = first.content.as_ref().unwrap();
    assert_eq!(content.stars.unwrap().to_string(), "4");
    assert_eq!(content.author.as_deref(), Some("Claire D."));
    assert_eq!(content.location.as_deref(), Some("LYON-01"));
    let reply = first.reply.as_ref().unwrap();
    assert_eq!((reply.text.as_str(), reply.at.is_some()), ("Merci", true));
    assert_eq!(second.reply, None);
}

#[test]
fn reading_goes_on_at_a_line() {
    let file = "id,rating,date\nr-1,2,2025-12-31\nr-2,2,2025-12-31\nr-3,2,2025-12-31\n";
    let options = Options { from_line: 3, ..Options::default() };
    let ids: Vec<_> =
        events(file, &options).iter().map(|event| event.external_id.as_str().to_owned()).collect();
    assert_eq!(ids, ["r-2", "r-3"]);
}

#[test]
fn err_a_quotation_mark_left_open_does_not_swallow_the_file() {
    let head = b"id,rating,date,text\nr-1,2,2025-12-31,fine\nr-2,2,2025-12-31,\"open\n".to_vec();
    let rest = std::io::repeat(b'x').take(1 << 34);
    let rows = Rows::open(std::io::Cursor::new(head).chain(rest), &Options::default()).unwrap();
    let mut rows = rows.at(now());
    assert!(rows.next().unwrap().unwrap().read.is_ok());
    let fault = rows.next().unwrap().unwrap_err().to_string();
    assert!(fault.starts_with("the row that begins on line 3 is longer than 1 MiB"), "{fault}");
    assert!(rows.next().is_none(), "it ends there");
    let lines = std::io::Cursor::new(b"{\"id\":\"".to_vec()).chain(std::io::repeat(b'x'));
    let fault = Rows::open(lines, &Options::default()).unwrap().at(now()).next().unwrap();
    assert!(matches!(fault, Err(CannotRead::TooLong { line: 1 })));
}

/// A file that is made as it is read.
struct Made {
    rows: std::ops::Range<u32>,
    rest: Vec<u8>,
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.rest.is_empty() {
            let Some(n) = self.rows.next() else { return Ok(0) };
            let row = format!("r-{n},{},2025-12-31,\"Reçue, {n}\"\n", n % 5 + 1);
            self.rest = row.into_bytes();
        }
        let read = self.rest.as_slice().read(buffer)?;
        self.rest.drain(..read);
        Ok(read)
    }
}

#[test]
fn many_rows_are_read_one_by_one() {
    let made = Made { rows: 0..30_000, rest: b"id,rating,date,text\n".to_vec() };
    let rows = Rows::open(made, &Options::default()).unwrap().at(now());
    let read = rows.map(|row| row.unwrap().read.unwrap()).filter(|event| event.content.is_some());
    assert_eq!(read.count(), 30_000);
}
