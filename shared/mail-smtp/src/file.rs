//! Mail to files: one `.eml` a message.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::spawn_blocking;
use vigie_domain::Digest;
use vigie_mime::encode;
use vigie_ports::{Accepted, Email, FailureClass, Mail, SendError};

/// Longest name taken from a message id, in bytes: with its end it fits the 255 that file systems
/// allow.
const NAME_BYTES_MAX: usize = 120;

/// Tells the temporary files of one process apart.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Writes each message to `<local part of its id>.eml` in a folder, which is made where it is
/// missing. A file is there whole or not at all, and survives a power cut once it was accepted. The
/// same notice sent again gives the same file. On Unix only its own user can read it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use vigie_mail_smtp::FileMail;
/// use vigie_ports::{Email, Mail as _, Mailbox};
///
/// let dir = tempfile::tempdir().unwrap();
/// let mail = FileMail::new(dir.path().join("outbox"));
/// let email = Email {
///     message_id: "n1@vigie.example".into(),
///     date: "2026-11-20T09:12:00Z".parse().unwrap(),
///     from: Mailbox { name: "Sara".into(), address: "sara@vigie.example".into() },
///     to: Mailbox { name: String::new(), address: "service@lumen.example".into() },
///     also_to: vec![],
///     reply_to: None,
///     subject: "Avis 2★".into(),
///     text: "Bonjour".into(),
///     html: "<p>Bonjour</p>".into(),
///     headers: vec![],
/// };
/// mail.send(&email, Duration::from_secs(10)).await.unwrap();
/// assert!(dir.path().join("outbox/n1.eml").is_file());
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct FileMail {
    pub(crate) dir: PathBuf,
}

impl FileMail {
    /// Mail into this folder; touches nothing yet.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Writes and removes an empty file.
    ///
    /// # Errors
    /// [`SendError`], as [`Mail::send`] would fail.
    pub async fn probe(&self, within: Duration) -> Result<(), SendError> {
        let dir = self.dir.clone();
        let work = move || {
            make_dir(&dir)?;
            Temporary::write(&dir, b"").map(drop)
        };
        blocking(work, within).await
    }
}

impl Mail for FileMail {
    async fn send(&self, email: &Email, within: Duration) -> Result<Accepted, SendError> {
        let permanent = |reason| SendError { class: FailureClass::Permanent, reason };
        let data = encode(email).map_err(|error| permanent(error.to_string()))?;
        let name = file_name(&email.message_id);
        let dir = self.dir.clone();
        blocking(move || write(&dir, &name, &data), within).await?;
        Ok(Accepted { remote_id: None })
    }
}

/// Runs file work off the async threads. Once begun it runs to its end, whoever waits; where the
/// time runs out, writing the same file again does no harm, so that the class is `Backoff`.
async fn blocking(
    work: impl FnOnce() -> io::Result<()> + Send + 'static,
    within: Duration,
) -> Result<(), SendError> {
    let backoff =
        |reason: &str| SendError { class: FailureClass::Backoff, reason: reason.to_owned() };
    match tokio::time::timeout(within, spawn_blocking(work)).await {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(error))) => Err(SendError {
            class: class_of_error(error.kind()),
            reason: format!("writing the mail file: {}", error.kind()),
        }),
        Ok(Err(_)) => Err(backoff("writing the mail file: it was interrupted")),
        Err(_) => Err(backoff("writing the mail file: no end in time")),
    }
}

/// What follows from a file error. Its text is left out: it may hold a path.
fn class_of_error(kind: io::ErrorKind) -> FailureClass {
    match kind {
        // Nothing changes until somebody mends the folder.
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::AlreadyExists => FailureClass::DisableEndpoint,
        // A full disk or a quota among them: room may come.
        _ => FailureClass::Backoff,
    }
}

/// A file name for a message id: its local part, every byte but letters, digits, `-` and `_`
/// percent-encoded (a dot too where it leads), so that no two ids meet and none leaves the folder.
fn file_name(message_id: &str) -> String {
    let local = message_id.rsplit_once('@').map_or(message_id, |(local, _)| local);
    let mut name = String::with_capacity(local.len() + 4);
    for byte in local.bytes() {
        let plain = byte.is_ascii_alphanumeric()
            || b"-_".contains(&byte)
            || (byte == b'.' && !name.is_empty());
        if plain {
            name.push(char::from(byte));
        } else {
            name.extend(format!("%{byte:02X}").chars());
        }
    }
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        name = format!("sha256-{}", Digest::of_bytes(local.as_bytes()).to_hex());
    }
    name.push_str(".eml");
    name
}

fn write(dir: &Path, name: &str, data: &[u8]) -> io::Result<()> {
    make_dir(dir)?;
    let temporary = Temporary::write(dir, data)?;
    temporary.rename(&dir.join(name))?;
    sync_dir(dir)
}

fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Makes the new name itself survive a power cut; other systems than Unix cannot open a folder.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// A file of another name, synced; removed when dropped, unless it was renamed by then.
struct Temporary(Option<PathBuf>);

impl Temporary {
    fn write(dir: &Path, data: &[u8]) -> io::Result<Self> {
        let (mut file, temporary) = Self::create(dir)?;
        file.write_all(data)?;
        file.sync_all()?;
        Ok(temporary)
    }

    fn rename(mut self, to: &Path) -> io::Result<()> {
        if let Some(path) = &self.0 {
            fs::rename(path, to)?;
        }
        self.0 = None;
        Ok(())
    }

    /// Takes the next free name: one may be left from a process of the same id that was killed.
    fn create(dir: &Path) -> io::Result<(File, Self)> {
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = dir.join(format!(".vigie-{}-{number}.tmp", std::process::id()));
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            match options.open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                other => return other.map(|file| (file, Self(Some(path)))),
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After the rename the old name may be somebody else's by now.
        if let Some(path) = self.0.take() {
            // What cannot be removed is left: its name hides it, and a new one is taken next time.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_folder_and_apart() {
        assert_eq!(file_name("ab12@vigie.example"), "ab12.eml");
        assert_eq!(file_name("../../x@vigie.example"), "%2E.%2F..%2Fx.eml");
        assert_eq!(file_name(".hidden"), "%2Ehidden.eml");
        assert_ne!(file_name("a/b@x"), file_name("a%2Fb@x"));
        assert!(file_name("@vigie.example").starts_with("sha256-"));
        let long = file_name(&"/".repeat(300));
        assert!(long.len() <= NAME_BYTES_MAX && long.starts_with("sha256-"), "{long}");
    }

    #[test]
    fn a_full_disk_is_waited_for_and_a_closed_folder_is_not() {
        for later in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            assert_eq!(class_of_error(later), FailureClass::Backoff, "{later}");
        }
        for mend in [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem] {
            assert_eq!(class_of_error(mend), FailureClass::DisableEndpoint, "{mend}");
        }
    }
}
