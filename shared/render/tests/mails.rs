//! The mails of `docs/mails` are those that Vigie writes. Read a changed one aloud before you take
//! it.

use std::fs;
use std::path::Path;

use vigie_render::{HTML_BYTES_MAX, sample};

#[test]
fn the_mails_in_docs_are_as_they_are_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let made = root.join("target/mails");
    let mut stale = Vec::new();
    for (name, message) in sample::cases() {
        assert!(message.html.len() < HTML_BYTES_MAX, "{name}");
        let text = format!("Subject: {}\n\n{}", message.subject, message.text);
        let kept = root.join("docs/mails").join(name).with_extension("txt");
        if fs::read_to_string(kept).unwrap_or_default() != text {
            fs::create_dir_all(&made).unwrap();
            fs::write(made.join(name).with_extension("txt"), text).unwrap();
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "stale: {stale:?}; if that is meant: cp target/mails/* docs/mails/");
}

#[test]
fn no_two_of_them_give_the_same_advice() {
    let steps = |text: &str| text.split("\n\n").skip(2).collect::<Vec<_>>().join("\n");
    let all: Vec<String> = sample::cases().iter().map(|(_, mail)| steps(&mail.text)).collect();
    for (at, one) in all.iter().enumerate() {
        assert!(all.iter().skip(at + 1).all(|other| other != one), "{one}");
    }
}
