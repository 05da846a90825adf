use http::HeaderMap;

use super::file::{About, NotRead};
use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn folder() -> (tempfile::TempDir, Folder) {
    let data = tempfile::tempdir().unwrap();
    let folder = Folder::in_data(&data.path().join("data"));
    (data, folder)
}

fn wanted(since: i64, until: i64) -> Wanted {
    Wanted { since: at(since), until: at(until) }
}

fn capture(source: &str, second: i64, tokens: &[&str]) -> Capture {
    let mut headers = HeaderMap::new();
    headers.append("x-a", http::HeaderValue::from_bytes(b"\xE9 1").unwrap());
    headers.append("x-a", "2".parse().unwrap());
    headers.append("x-original-uri", "/hooks/s/t0ken-of-it?x=1".parse().unwrap());
    let request = format!("{second:016x}");
    let about = About {
        request: &request,
        at: at(second),
        source,
        reason: "signature-mismatch",
        method: "POST",
        tokens,
        query: None,
    };
    Capture::of(&about, &headers, b"{\n}")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_asked_is_seen_once_and_ends() {
    let (_data, folder) = folder();
    assert!(folder.look(at(0)).unwrap().wanted.is_empty(), "no folder is an empty one");
    folder.want("site", wanted(0, 60)).unwrap();
    assert_eq!((mode(folder.path()), mode(&folder.file("site", "wanted"))), (0o700, 0o600));
    let seen = |second| folder.look(at(second)).unwrap().wanted;
    assert_eq!(seen(1), [("site".to_owned(), wanted(0, 60), false)]);
    folder.take("site").unwrap();
    assert!(!folder.waits("site"));
    assert_eq!(seen(60), [("site".to_owned(), wanted(0, 60), true)]);
    folder.want("site", wanted(30, 90)).unwrap();
    assert_eq!(seen(60), [("site".to_owned(), wanted(30, 90), false)], "the newer one counts");
    assert!(seen(91).is_empty());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "both are gone");
}

#[test]
fn what_nobody_can_have_asked_is_removed() {
    let (_data, folder) = folder();
    folder.want("site", wanted(0, 25 * 3600)).unwrap();
    fs::write(folder.file("other", "wanted"), "{\"since\":").unwrap();
    assert!(folder.look(at(1)).unwrap().wanted.is_empty());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_that_others_may_read_is_closed() {
    let (_data, folder) = folder();
    fs::create_dir_all(folder.path()).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder.want("site", wanted(0, 60)).unwrap();
    assert_eq!(mode(folder.path()), 0o700);
}

#[test]
fn a_request_is_kept_as_it_came_and_without_its_token() {
    let (_data, folder) = folder();
    folder.want("site", wanted(0, 60)).unwrap();
    let kept = capture("site", 1, &["t0ken-of-it"]);
    folder.keep(&kept, b"{\n}").unwrap();
    let entries = folder.look(at(2)).unwrap().entries;
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((entry.source.as_str(), entry.at), ("site", at(1)));
    assert_eq!(mode(&entry.path), 0o600);
    let (read, body) = Capture::read(&entry.path).unwrap();
    assert_eq!((&read, body.as_slice()), (&kept, &b"{\n}"[..]));
    let headers = read.headers().unwrap();
    assert_eq!(headers["x-a"].as_bytes(), b"\xE9 1");
    assert_eq!(headers.get_all("x-a").iter().count(), 2);
    let written = fs::read(&entry.path).unwrap();
    assert!(!String::from_utf8_lossy(&written).contains("t0ken"), "the token is in the file");
    assert!(read.token && read.path == "/hooks/site");
}

#[test]
fn of_a_source_the_newest_five_are_there() {
    let (_data, folder) = folder();
    folder.want("site", wanted(0, 60)).unwrap();
    folder.keep(&capture("other", 0, &[]), b"{\n}").unwrap();
    for second in 1..=7 {
        folder.keep(&capture("site", second, &[]), b"{\n}").unwrap();
    }
    let entries = folder.look(at(8)).unwrap().entries;
    let of = |source: &str| {
        let ours = entries.iter().filter(|entry| entry.source == source);
        ours.map(|entry| entry.at).collect::<Vec<_>>()
    };
    assert_eq!(of("site"), [3, 4, 5, 6, 7].map(at));
    assert_eq!(of("other"), [at(0)]);
}

#[test]
fn a_request_is_gone_after_a_day_and_so_is_what_was_half_written() {
    let (_data, folder) = folder();
    folder.want("site", wanted(0, 60)).unwrap();
    folder.keep(&capture("site", 0, &[]), b"{\n}").unwrap();
    let day = 24 * 3600;
    assert_eq!(folder.look(at(day - 1)).unwrap().entries.len(), 1);
    let half = folder.file("site", &format!("{}.f.capture.new", at(0).as_microsecond()));
    fs::write(&half, "{").unwrap();
    folder.look(at(30)).unwrap();
    assert!(half.exists(), "it may be under way");
    assert!(folder.look(at(day)).unwrap().entries.is_empty());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    // A clock that ran ahead and was set back leaves nothing for ever either.
    folder.keep(&capture("site", 2 * day, &[]), b"{\n}").unwrap();
    assert!(folder.look(at(0)).unwrap().entries.is_empty());
}

#[test]
fn a_file_that_is_damaged_says_how() {
    let (_data, folder) = folder();
    folder.want("site", wanted(0, 60)).unwrap();
    folder.keep(&capture("site", 1, &[]), b"{\n}").unwrap();
    let path = folder.look(at(2)).unwrap().entries.remove(0).path;
    let whole = fs::read(&path).unwrap();
    let damaged = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        match Capture::read(&path) {
            Err(NotRead::Damaged(how)) => how,
            other => panic!("{other:?}"),
        }
    };
    assert!(damaged(b"").contains("ends before"));
    assert!(damaged(&whole[..40]).contains("ends before"));
    assert!(damaged(&whole[..whole.len() - 1]).contains("as long"));
    let mut altered = whole.clone();
    *altered.last_mut().unwrap() = b']';
    assert!(damaged(&altered).contains("not the one"));
    assert!(damaged(b"\n{}").contains("first line"));
}
