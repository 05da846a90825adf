//! What the file names is tried, each thing once, and nothing else: the mail server, the data
//! folder, the server, the public address, the clock.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use vigie_config::{Config, Transport as Named};
use vigie_domain::Locale;
use vigie_ports::{Email, FailureClass, Ids as _, Mail as _, Mailbox, SendError};
use vigie_render::{Message, sample};

use super::tried::Tried;
use super::{asked, kept};
use crate::environment::Machine;
use crate::load::{CannotBegin, settings};
use crate::way::{Way, way};
use vigie_machine::{SystemIds, now};

/// How long the mail server may take to let us in, or to take a sample.
const MAIL_WITHIN: Duration = Duration::from_secs(20);
/// Bytes that are written to the data folder: more than a page of any file system.
const DISK_BYTES: usize = 64 * 1024;

/// Tries everything; `mail_to` gets the samples.
pub(super) async fn run(config: &Config, machine: &Machine, mail_to: Option<&str>) -> Vec<Tried> {
    let folder = machine.path(&config.server.data);
    let on_disk = tokio::task::spawn_blocking(move || disk(&folder));
    let (mut tried, disk, mut asked, kept) = tokio::join!(
        by_mail(config, machine, mail_to),
        on_disk,
        asked::run(config),
        kept::run(config, machine)
    );
    let broke = |_| Tried::no("disk", "the check was interrupted", "run it again");
    tried.push(disk.unwrap_or_else(broke));
    tried.append(&mut asked);
    tried.extend(kept);
    tried
}

/// Signs in; then, where somebody is named, sends the samples.
async fn by_mail(config: &Config, machine: &Machine, mail_to: Option<&str>) -> Vec<Tried> {
    let Some(named) = &config.mail else {
        return vec![Tried::untried("mail", "there is no [mail], and no brand that needs it")];
    };
    let way = match way(config, machine).await {
        Ok(way) => way,
        Err(CannotBegin::Other(told)) => {
            let hint = "with TLS, this machine needs root certificates: install ca-certificates";
            return vec![Tried::no("mail", told, hint)];
        }
        Err(CannotBegin::Faults(_)) => return Vec::new(),
    };
    let mut tried = vec![match way.probe(MAIL_WITHIN).await {
        Ok(()) => Tried::works("mail", way_told(&named.transport)),
        Err(error) => Tried::no("mail", &error.reason, mail_hint(&error, &named.transport)),
    }];
    if let Some(to) = mail_to {
        tried.push(if tried.iter().any(Tried::fails) {
            Tried::untried("samples", "not sent, since mail does not work")
        } else {
            samples(config, &way, to).await
        });
    }
    tried
}

fn way_told(named: &Named) -> String {
    match named {
        Named::File(folder) => format!("{} can be written", folder.display()),
        Named::Ses => "SES takes these credentials".to_owned(),
        Named::Smtp(smtp) => match &smtp.user {
            Some(user) => format!("signed in to {}, port {}, as {user}", smtp.host, smtp.port),
            None => format!("{}, port {}, lets us in", smtp.host, smtp.port),
        },
    }
}

fn mail_hint(error: &SendError, named: &Named) -> String {
    match (named, error.class) {
        (Named::File(folder), _) => {
            format!("let this user write to {}, or name another folder", folder.display())
        }
        (Named::Ses, FailureClass::DisableEndpoint) => {
            "give this process credentials that may call ses:GetSendQuota and ses:SendRawEmail"
                .to_owned()
        }
        (Named::Ses, _) => "may this machine reach AWS, and is [aws] region right?".to_owned(),
        (Named::Smtp(_), FailureClass::DisableEndpoint) => {
            "mend transport and password in [mail]; some providers want a password for programs"
                .to_owned()
        }
        (Named::Smtp(smtp), _) => format!(
            "is the mail server up, and may this machine reach {}, port {}?",
            smtp.host, smtp.port
        ),
    }
}

/// One sample a language, as people would get it.
async fn samples(config: &Config, way: &Way, to: &str) -> Tried {
    let locales = [(Locale::Fr, "[Exemple] "), (Locale::En, "[Sample] ")];
    for (locale, mark) in locales {
        let message = vigie_render::alert(&sample::alert(locale));
        let email = email(config, to, (locale, mark), message);
        if let Err(error) = way.send(&email, MAIL_WITHIN).await {
            let told = format!("the sample in {}: {}", locale.code(), error.reason);
            return Tried::no("samples", told, "may [mail] from send to this address?");
        }
    }
    Tried::works("samples", format!("sent in {} languages to {to}", locales.len()))
}

fn email(config: &Config, to: &str, (locale, mark): (Locale, &str), message: Message) -> Email {
    let settings = settings(config);
    let domain = settings.from.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let random = u128::from_be_bytes(SystemIds.random());
    Email {
        message_id: format!("sample-{}-{random:032x}@{domain}", locale.code()),
        date: now(),
        to: Mailbox { name: String::new(), address: to.to_owned() },
        also_to: Vec::new(),
        reply_to: settings.reply_to,
        subject: format!("{mark}{}", message.subject),
        text: message.text,
        html: message.html,
        headers: Vec::new(),
        from: settings.from,
    }
}

/// Writes a file in the data folder, syncs it and removes it.
fn disk(folder: &Path) -> Tried {
    let found = folder.ancestors().find(|folder| folder.as_os_str().is_empty() || folder.exists());
    let place = found.filter(|place| !place.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let missing = place != folder && !folder.as_os_str().is_empty();
    let shown = folder.display();
    match write(place) {
        Ok(hint) if missing => {
            let told = format!("{shown} is not there yet, and can be made: vigie serve does");
            Tried::works("disk", told).with(hint)
        }
        Ok(hint) => Tried::works("disk", format!("wrote and synced in {shown}")).with(hint),
        Err(error) => {
            let told = format!("cannot write in {}: {error}", place.display());
            Tried::no("disk", told, disk_hint(error.kind()))
        }
    }
}

fn disk_hint(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::PermissionDenied => "run this as the user that serves, who must own the folder",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on that disk",
        ErrorKind::ReadOnlyFilesystem => "mount it for writing; under systemd: StateDirectory",
        ErrorKind::NotADirectory => "[server] data must name a folder",
        _ => "put [server] data on a local disk that works",
    }
}

/// A file that is removed when it goes, however that is.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Says what could be better with a folder that can be written.
fn write(folder: &Path) -> std::io::Result<Option<String>> {
    let path = folder.join(format!(".vigie-check-{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    let temporary = Temporary(path);
    file.write_all(&vec![0; DISK_BYTES])?;
    file.sync_all()?;
    let (own, owner) = (file.metadata()?.uid(), folder.metadata()?.uid());
    drop(temporary);
    File::open(folder)?.sync_all()?;
    Ok((own != owner).then(|| {
        format!("it belongs to user {owner}, and this is user {own}: run this as who serves")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let tried = disk(folder.path());
        assert!(!tried.fails(), "{tried:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let missing = disk(&folder.path().join("a/b"));
        assert!(!missing.fails() && missing.message.contains("is not there yet"), "{missing:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_no_folder_cannot_be_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data");
        std::fs::write(&file, "x").unwrap();
        for place in [file.clone(), file.join("below")] {
            assert!(disk(&place).fails(), "{}", place.display());
        }
    }
}
