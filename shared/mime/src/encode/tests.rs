//! What goes in comes out, whatever it is.

use proptest::prelude::*;
use vigie_smtp_sink::Received;

use super::*;

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox { name: name.to_owned(), address: address.to_owned() }
}

fn email() -> Email {
    Email {
        message_id: "n1@vigie.example".to_owned(),
        date: "2026-11-20T09:12:00Z".parse().unwrap(),
        from: mailbox("Sara", "sara@vigie.example"),
        to: mailbox("Service client", "service@lumen.example"),
        also_to: Vec::new(),
        reply_to: Some(mailbox("", "support@agency.example")),
        subject: "Avis 2★ · Lyon".to_owned(),
        text: "Bonjour Zoé,\n.\nune ligne\n".to_owned(),
        html: "<p>Zoé = 2</p>".to_owned(),
        headers: vec![
            ("References", "<r1@vigie.example>".to_owned()),
            ("List-Id", "<alert.lumen.vigie>".to_owned()),
            ("Content-Language", "fr".to_owned()),
            ("X-Vigie-Review", "lumen-site/r-1001".to_owned()),
        ],
    }
}

fn read(email: &Email) -> Received {
    let data = encode(email).unwrap();
    assert!(data.is_ascii(), "any server takes ASCII");
    for line in data.split(|b| *b == b'\n') {
        assert!(line.len() <= 999, "998 bytes and the carriage return: {}", line.len());
    }
    let text = String::from_utf8(data.clone()).unwrap();
    let rest = text.replace("\r\n", "");
    assert!(!rest.contains(['\r', '\n']), "every line ends with CRLF");
    Received::from_data(data)
}

#[test]
fn a_message_reads_back_whole() {
    let read = read(&email());
    for (name, wanted) in [
        ("From", "Sara <sara@vigie.example>"),
        ("To", "Service client <service@lumen.example>"),
        ("Reply-To", "<support@agency.example>"),
        ("Subject", "Avis 2★ · Lyon"),
        ("Date", "Fri, 20 Nov 2026 09:12:00 +0000"),
        ("Message-ID", "<n1@vigie.example>"),
        ("Auto-Submitted", "auto-generated"),
        ("References", "<r1@vigie.example>"),
        ("List-Id", "<alert.lumen.vigie>"),
        ("Content-Language", "fr"),
        ("X-Vigie-Review", "lumen-site/r-1001"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(read.header(name).as_deref(), Some(wanted), "{name}");
    }
    assert_eq!(read.header_names().len(), 13, "{:?}", read.header_names());
    assert_eq!(read.text().unwrap(), "Bonjour Zoé,\n.\nune ligne\n");
    assert_eq!(read.html().unwrap(), "<p>Zoé = 2</p>");
}

#[test]
fn text_comes_before_html_and_both_are_quoted_printable() {
    let data = String::from_utf8(encode(&email()).unwrap()).unwrap();
    assert!(data.contains("Content-Type: multipart/alternative;"), "{data}");
    let text = data.find("Content-Type: text/plain; charset=utf-8").unwrap();
    let html = data.find("Content-Type: text/html; charset=utf-8").unwrap();
    assert!(text < html);
    assert_eq!(data.matches("Content-Transfer-Encoding: quoted-printable").count(), 2);
}

#[test]
fn the_same_message_gives_the_same_bytes() {
    assert_eq!(encode(&email()), encode(&email()));
    let mut other = email();
    other.text.push('!');
    assert_ne!(encode(&email()), encode(&other));
}

#[test]
fn a_longest_review_id_reads_back_within_the_limits() {
    let mut email = email();
    let id = format!("{}/{}", "s".repeat(63), "%F0%9F%99%82".repeat(128));
    email.headers = vec![("X-Vigie-Review", id.clone())];
    assert_eq!(id.len(), 1_600);
    assert_eq!(read(&email).header("X-Vigie-Review"), Some(id));
}

#[test]
fn a_domain_in_other_letters_becomes_ascii_wherever_it_stands() {
    let mut email = email();
    email.from.address = "sara@société.example".to_owned();
    email.message_id = "n1@société.example".to_owned();
    email.headers = vec![("References", "<r1@société.example>".to_owned())];
    let read = read(&email);
    assert_eq!(read.header("From").unwrap(), "Sara <sara@xn--socit-esab.example>");
    assert_eq!(read.header("Message-ID").unwrap(), "<n1@xn--socit-esab.example>");
    assert_eq!(read.header("References").unwrap(), "<r1@xn--socit-esab.example>");
}

#[test]
fn an_address_that_mail_cannot_carry_is_named_by_its_field() {
    for bad in
        ["", "eve", "eve@", "a b@x.example", "a@x.example\r\nBcc: b@x.example", "é@x.example"]
    {
        let mut one = email();
        one.to.address = bad.to_owned();
        assert_eq!(encode(&one), Err(EncodeError::To), "{bad:?}");
        let mut one = email();
        one.from.address = bad.to_owned();
        assert_eq!(encode(&one), Err(EncodeError::From), "{bad:?}");
        let mut one = email();
        one.reply_to = Some(mailbox("", bad));
        assert_eq!(encode(&one), Err(EncodeError::ReplyTo), "{bad:?}");
    }
}

#[test]
fn a_bad_message_id_or_header_name_is_refused() {
    for bad in ["", "a b@x", "a>@x", "a\r\nBcc: b@x", "a\0@x"] {
        let mut one = email();
        one.message_id = bad.to_owned();
        assert_eq!(encode(&one), Err(EncodeError::MessageId), "{bad:?}");
    }
    for bad in ["", "X A", "X:A", "X\r\nBcc", "É", "Subject", "BCC", "content-type"] {
        let mut one = email();
        one.headers = vec![(bad, "x".to_owned())];
        assert_eq!(encode(&one), Err(EncodeError::Header(bad)), "{bad:?}");
    }
}

#[test]
fn a_given_auto_submitted_replaces_ours() {
    let mut one = email();
    one.headers = vec![("Auto-Submitted", "auto-replied".to_owned())];
    let read = read(&one);
    let names = read.header_names();
    assert_eq!(names.iter().filter(|name| *name == "Auto-Submitted").count(), 1);
    assert_eq!(read.header("Auto-Submitted").unwrap(), "auto-replied");
}

/// Text that means harm: breaks, controls, encoded words, quotes, and anything else.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\nBcc: eve@x.example".to_owned()),
        Just("\r\n\r\n.\r\n".to_owned()),
        Just("=?utf-8?Q?Bcc:_x?=".to_owned()),
        Just("=?".to_owned()),
        Just("?=".to_owned()),
        Just("\" <eve@x.example>, \\".to_owned()),
        Just("\0\u{202E}\u{2028}\t".to_owned()),
        Just("é★🙂".to_owned()),
        "[ -~]{0,120}",
        any::<String>(),
        "[a-z%0-9]{60,1200}",
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn hostile_text_never_panics_nor_adds_a_header_and_reads_back_clean(
        name in hostile(),
        subject in hostile(),
        extra in hostile(),
        text in any::<String>(),
    ) {
        let mut one = email();
        one.to.name.clone_from(&name);
        one.from.name.clone_from(&name);
        one.subject.clone_from(&subject);
        one.headers = vec![("X-Vigie-Review", extra.clone())];
        one.text.clone_from(&text);
        let read = read(&one);
        prop_assert_eq!(read.header_names(), [
            "Date", "From", "To", "Reply-To", "Subject", "Message-ID", "Auto-Submitted",
            "X-Vigie-Review", "MIME-Version", "Content-Type",
        ]);
        prop_assert_eq!(read.header("Subject").unwrap(), text::clean_line(&subject));
        prop_assert_eq!(read.header("X-Vigie-Review").unwrap(), text::clean_line(&extra));
        let people = mail_people(&read.data);
        let name = text::clean_line(&name);
        prop_assert_eq!(&people, &vec![
            (name.clone(), "sara@vigie.example".to_owned()),
            (name, "service@lumen.example".to_owned()),
        ]);
    }

    #[test]
    fn any_body_reads_back(text in any::<String>()) {
        let mut one = email();
        one.text = text.replace('\r', "");
        one.html.clone_from(&one.text);
        let read = read(&one);
        prop_assert_eq!(read.text().unwrap(), one.text.clone());
        prop_assert_eq!(read.html().unwrap(), one.text);
    }
}

/// The names and addresses of From and To, as a parser of address lists sees them.
fn mail_people(data: &[u8]) -> Vec<(String, String)> {
    let parsed = mail_parser::MessageParser::default().parse(data).unwrap();
    let lists = [parsed.from(), parsed.to()];
    let people = lists.into_iter().flatten().flat_map(|list| list.iter());
    let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
    people.map(|person| (text(person.name()), text(person.address()))).collect()
}
