//! Mail to files.

use std::fs;
use std::path::Path;

use crate::support::{LONG, email};
use vigie_mail_smtp::{FileMail, Transport};
use vigie_ports::{FailureClass, Mail as _};
use vigie_smtp_sink::Received;

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn each_message_is_one_file_and_the_same_notice_the_same_one() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("a/outbox");
    let mail = Transport::File(FileMail::new(&dir));
    mail.send(&email(1), LONG).await.unwrap();
    mail.send(&email(2), LONG).await.unwrap();
    let mut newer = email(1);
    newer.subject = "Re: Avis".to_owned();
    mail.send(&newer, LONG).await.unwrap();
    assert_eq!(names(&dir), ["n1.eml", "n2.eml"]);
    let data = fs::read(dir.join("n1.eml")).unwrap();
    assert_eq!(data, vigie_mime::encode(&newer).unwrap());
    assert_eq!(Received::from_data(data).header("Subject").unwrap(), "Re: Avis");
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_own_user_can_read_a_mail_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("outbox");
    FileMail::new(&dir).send(&email(1), LONG).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir.join("n1.eml")), 0o600);
    assert_eq!(mode(&dir), 0o700);
}

#[tokio::test]
async fn a_hostile_message_id_stays_in_its_folder() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("outbox");
    let mut hostile = email(1);
    hostile.message_id = "../../escaped@vigie.example".to_owned();
    FileMail::new(&dir).send(&hostile, LONG).await.unwrap();
    assert_eq!(names(home.path()), ["outbox"]);
    assert_eq!(names(&dir), ["%2E.%2F..%2Fescaped.eml"]);
}

#[tokio::test]
async fn a_folder_that_is_a_file_needs_somebody_to_mend_it_and_no_path_is_told() {
    let home = tempfile::tempdir().unwrap();
    let taken = home.path().join("taken");
    fs::write(&taken, "x").unwrap();
    for dir in [taken.clone(), taken.join("below")] {
        let mail = FileMail::new(&dir);
        let sent = mail.send(&email(1), LONG).await.unwrap_err();
        let probed = mail.probe(LONG).await.unwrap_err();
        for error in [sent, probed] {
            assert_eq!(error.class, FailureClass::DisableEndpoint, "{error}");
            assert!(!error.reason.contains("taken"), "{error}");
        }
    }
    assert_eq!(fs::read_to_string(&taken).unwrap(), "x");
}

#[tokio::test]
async fn a_file_that_cannot_get_its_name_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("n1.eml")).unwrap();
    FileMail::new(home.path()).send(&email(1), LONG).await.unwrap_err();
    assert_eq!(names(home.path()), ["n1.eml"]);
}

#[tokio::test]
async fn a_probe_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("outbox");
    Transport::File(FileMail::new(&dir)).probe(LONG).await.unwrap();
    assert_eq!(names(&dir), [""; 0]);
}
