//! Taking messages back out of a folder that mail is written to.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use mail_parser::MessageParser;

use crate::FileMail;

/// A message in a folder, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spooled {
    /// The notice it is (`X-Vigie-Notice`).
    pub notice: Option<String>,
    /// The review it is about (`X-Vigie-Review`), as the header has it.
    pub review: Option<String>,
    /// Its subject and every text of it, HTML too, with line breaks between.
    pub text: String,
}

impl FileMail {
    /// Removes the messages that a question is answered with yes for, or counts them only. What a
    /// process left half written when it was killed is looked at too.
    ///
    /// ```
    /// # use vigie_mail_smtp::FileMail;
    /// let dir = tempfile::tempdir().unwrap();
    /// std::fs::write(dir.path().join("a.eml"), "Subject: a\r\nX-Vigie-Notice: n1\r\n\r\nb").unwrap();
    /// let mail = FileMail::new(dir.path());
    /// let is_n1 = |message: &vigie_mail_smtp::Spooled| message.notice.as_deref() == Some("n1");
    /// assert_eq!(mail.take_back(is_n1, true).unwrap(), 1);
    /// assert_eq!(mail.take_back(is_n1, false).unwrap(), 1);
    /// assert_eq!(mail.take_back(is_n1, false).unwrap(), 0);
    /// ```
    ///
    /// # Errors
    /// The folder or a message in it cannot be read, or one cannot be removed: others may be gone
    /// by then. A folder that is not there is an empty one.
    pub fn take_back(&self, wanted: impl Fn(&Spooled) -> bool, dry: bool) -> io::Result<u64> {
        let listed = match fs::read_dir(&self.dir) {
            Ok(listed) => listed,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let mut count = 0;
        for entry in listed {
            let path = entry?.path();
            if is_message(&path) && read(&path)?.is_some_and(|message| wanted(&message)) {
                count += 1;
                if !dry {
                    remove(&path)?;
                }
            }
        }
        Ok(count)
    }
}

fn is_message(path: &Path) -> bool {
    let ends = |wanted: &str| path.extension().is_some_and(|ending| ending == wanted);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    ends("eml") || (ends("tmp") && name.starts_with(".vigie-"))
}

/// Somebody may take messages out of the folder while we look: that is what it is for.
fn read(path: &PathBuf) -> io::Result<Option<Spooled>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(decode(&bytes))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn decode(bytes: &[u8]) -> Spooled {
    let Some(message) = MessageParser::default().parse(bytes) else {
        return Spooled { text: String::from_utf8_lossy(bytes).into_owned(), ..Spooled::default() };
    };
    let header = |name: &str| message.header_raw(name).map(|value| value.trim().to_owned());
    let mut text = message.subject().unwrap_or_default().to_owned();
    let parts = message.parts.iter().filter_map(|part| part.text_contents());
    parts.for_each(|part| {
        text.push('\n');
        text.push_str(part);
    });
    Spooled { notice: header("X-Vigie-Notice"), review: header("X-Vigie-Review"), text }
}

#[cfg(test)]
mod tests {
    use vigie_ports::{Email, Mailbox};

    use super::*;

    #[test]
    fn an_encoded_message_is_read_as_it_was_written() {
        let mailbox = || Mailbox { name: "Zoé".to_owned(), address: "z@x.example".to_owned() };
        let email = Email {
            message_id: "n1@vigie.example".to_owned(),
            date: "2026-11-20T09:12:00Z".parse().unwrap(),
            from: mailbox(),
            to: mailbox(),
            also_to: Vec::new(),
            reply_to: None,
            subject: "Avis 2★ · colis jamais reçu".to_owned(),
            text: "Un mot très long, coupé par l'encodage : ".repeat(9),
            html: "<p>Bonjour</p>".to_owned(),
            headers: vec![
                ("X-Vigie-Notice", "0a1b".to_owned()),
                ("X-Vigie-Review", "site/a%20b".to_owned()),
            ],
        };
        let read = decode(&vigie_mime::encode(&email).unwrap());
        assert_eq!(read.notice.as_deref(), Some("0a1b"));
        assert_eq!(read.review.as_deref(), Some("site/a%20b"));
        assert!(read.text.contains(&email.subject) && read.text.contains(email.text.trim()));
        assert!(read.text.contains("<p>"), "the HTML too: {}", read.text);
    }

    #[test]
    fn only_messages_are_looked_at_and_only_those_asked_for_go() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.eml", "b.eml", ".vigie-1-2.tmp", "c.txt"] {
            let word = if name == "b.eml" { "other" } else { "wanted" };
            fs::write(dir.path().join(name), format!("Subject: {word}\r\n\r\n{word}")).unwrap();
        }
        fs::create_dir(dir.path().join("new")).unwrap();
        let mail = FileMail::new(dir.path());
        let wanted = |message: &Spooled| message.text.contains("wanted");
        assert_eq!(mail.take_back(wanted, true).unwrap(), 2);
        assert!(dir.path().join("a.eml").exists(), "looking changes nothing");
        assert_eq!(mail.take_back(wanted, false).unwrap(), 2);
        for (name, stays) in
            [("a.eml", false), ("b.eml", true), (".vigie-1-2.tmp", false), ("c.txt", true)]
        {
            assert_eq!(dir.path().join(name).exists(), stays, "{name}");
        }
        assert_eq!(FileMail::new(dir.path().join("gone")).take_back(wanted, false).unwrap(), 0);
    }
}
