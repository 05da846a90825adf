//! Refused requests that the server keeps when it is asked to, in the folder `captures/` of the
//! data folder. A folder is what a command and a server that know nothing of each other share.
//!
//! | file | is |
//! |---|---|
//! | `<source>.wanted` | what `vigie capture` asks: from when to when |
//! | `<source>.taken` | the same, once the server has seen it |
//! | `<source>.<microseconds>.<request>.capture` | one request ([`mod@file`]) |
//!
//! Of what is asked the first [`KEPT_MAX`] requests are kept, so that a flood writes no more than
//! those; of one source there are never more, the newest asked for. All of it is readable by its
//! owner only, and gone after [`KEPT_FOR`]. Moments come in as values.

pub(crate) mod file;

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown,
};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use vigie_domain::Mentions;

use file::Capture;

/// Requests kept of one source (contract).
pub(crate) const KEPT_MAX: usize = 5;
/// How long a request is kept (contract): it holds a customer's words.
pub(crate) const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// The longest that one asking lasts.
pub(crate) const ASKED_FOR_MAX: SignedDuration = SignedDuration::from_hours(24);

/// What is asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
}

/// A request that is kept, as its file's name tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) source: String,
    pub(crate) at: Timestamp,
    pub(crate) request: String,
    pub(crate) path: PathBuf,
}

/// What the folder holds.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// Requests that are kept, oldest first.
    pub(crate) entries: Vec<Entry>,
    /// What is asked, by source, and whether the server has seen it.
    pub(crate) wanted: Vec<(String, Wanted, bool)>,
}

/// The folder of kept requests.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    data: PathBuf,
    path: PathBuf,
}

impl Folder {
    /// The one of a data folder. It need not be there.
    pub(crate) fn in_data(data: &Path) -> Self {
        Self { data: data.to_owned(), path: data.join("captures") }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Asks the server. What was asked before of the same source ends.
    pub(crate) fn want(&self, source: &str, wanted: Wanted) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
        let owner = fs::metadata(&self.data)?;
        let made = fs::metadata(&self.path)?;
        if made.permissions().mode() & 0o777 != 0o700 {
            fs::set_permissions(&self.path, Permissions::from_mode(0o700))?;
        }
        let path = self.file(source, "wanted");
        write(&path, &[serde_json::to_string(&wanted)?.as_bytes(), b"\n"])?;
        // Asked by root, the server must still be able to read it and to write beside it.
        for (path, uid) in [(&self.path, made.uid()), (&path, fs::metadata(&path)?.uid())] {
            if uid != owner.uid() {
                chown(path, Some(owner.uid()), Some(owner.gid()))?;
            }
        }
        Ok(())
    }

    /// Whether the server has not yet seen what was asked.
    pub(crate) fn waits(&self, source: &str) -> bool {
        self.file(source, "wanted").exists()
    }

    /// Says that the server has seen what was asked.
    pub(crate) fn take(&self, source: &str) -> io::Result<()> {
        fs::rename(self.file(source, "wanted"), self.file(source, "taken"))
    }

    /// What is there at a moment; what is older than it may be is removed. Not there is empty.
    pub(crate) fn look(&self, now: Timestamp) -> io::Result<Held> {
        let mut held = Held::default();
        let listed = match fs::read_dir(&self.path) {
            Ok(listed) => listed,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(held),
            Err(error) => return Err(error),
        };
        for found in listed {
            let path = found?.path();
            sort(&path, now, &mut held);
        }
        held.entries.sort_by(|a, b| (a.at, &a.request).cmp(&(b.at, &b.request)));
        // An asking that the server has not seen stands before the one that it has.
        held.wanted.sort_by(|a, b| (&a.0, a.2).cmp(&(&b.0, b.2)));
        held.wanted.dedup_by(|later, first| later.0 == first.0);
        Ok(held)
    }

    /// Keeps a request, and of its source no more than [`KEPT_MAX`].
    pub(crate) fn keep(&self, capture: &Capture, body: &[u8]) -> io::Result<()> {
        let ending = format!("{}.{}.capture", capture.at.as_microsecond(), capture.request);
        let head = serde_json::to_string(capture)?;
        write(&self.file(&capture.source, &ending), &[head.as_bytes(), b"\n", body])?;
        let held = self.look(capture.at)?;
        let ours: Vec<_> =
            held.entries.iter().filter(|entry| entry.source == capture.source).collect();
        for oldest in ours.iter().take(ours.len().saturating_sub(KEPT_MAX)) {
            remove(&oldest.path);
        }
        Ok(())
    }

    /// Removes the requests kept of a source that mention something, or counts them only. Of one
    /// that is damaged or half written, what is there is looked at.
    pub(crate) fn forget(&self, source: &str, said: &Mentions, dry: bool) -> io::Result<u64> {
        let listed = match fs::read_dir(&self.path) {
            Ok(listed) => listed,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let mut count = 0;
        for found in listed {
            let path = found?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let mut parts = name.split('.');
            if parts.next() != Some(source) || !parts.any(|part| part == "capture") {
                continue;
            }
            if file::mentions(&path, said) {
                count += 1;
                if !dry {
                    fs::remove_file(&path).or_else(|error| match error.kind() {
                        ErrorKind::NotFound => Ok(()),
                        _ => Err(error),
                    })?;
                }
            }
        }
        Ok(count)
    }

    fn file(&self, source: &str, ending: &str) -> PathBuf {
        self.path.join(format!("{source}.{ending}"))
    }
}

/// Puts a file of the folder where it belongs, or away.
fn sort(path: &Path, now: Timestamp, held: &mut Held) {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return };
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        [source, asked @ ("wanted" | "taken")] => {
            let wanted = fs::read(path).ok().and_then(|text| read_wanted(&text));
            match wanted.filter(|wanted| now <= wanted.until) {
                Some(wanted) => {
                    held.wanted.push(((*source).to_owned(), wanted, *asked == "taken"));
                }
                // Over, or nothing that we wrote.
                None => remove(path),
            }
        }
        [source, at, request, "capture"] => {
            let at = at.parse().ok().and_then(|at| Timestamp::from_microsecond(at).ok());
            match at.filter(|at| now.duration_since(*at).abs() < KEPT_FOR) {
                Some(at) => held.entries.push(Entry {
                    source: (*source).to_owned(),
                    at,
                    request: (*request).to_owned(),
                    path: path.to_owned(),
                }),
                None => remove(path),
            }
        }
        // What a process that was killed left half written.
        [.., at, _, "capture", "new"] => {
            let at = at.parse().ok().and_then(|at| Timestamp::from_microsecond(at).ok());
            if at.is_none_or(|at| now.duration_since(at).abs() > SignedDuration::from_mins(1)) {
                remove(path);
            }
        }
        _ => {}
    }
}

fn read_wanted(text: &[u8]) -> Option<Wanted> {
    let wanted: Wanted = serde_json::from_slice(text).ok()?;
    let lasts = wanted.until.duration_since(wanted.since);
    (SignedDuration::ZERO..=ASKED_FOR_MAX).contains(&lasts).then_some(wanted)
}

/// Writes a file whole or not at all, for its owner only.
fn write(path: &Path, pieces: &[&[u8]]) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let written = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| pieces.iter().try_for_each(|piece| file.write_all(piece)))
        .and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        remove(&new);
    }
    written
}

/// Removes a file. One that is gone already is no fault; one that cannot be is tried again.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

#[cfg(test)]
mod tests;
