//! Copies of the file: one file, whole, for its owner alone, and marked as a copy.
//!
//! A copy knows that it is one: a store that opens it holds what it would send (`restore.rs`).

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;
use vigie_ports::StoreError;

use crate::connection;
use crate::fault::Fault;
use crate::restore;

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its size.
    pub bytes: u64,
    /// Reviews in it.
    pub reviews: u64,
}

/// Copies the store of a data folder to a file that is not there yet, while others use the store.
///
/// # Errors
/// The folder has no store, the file is there already or cannot be written, or the copy does not
/// read well. The file is then not made.
///
/// ```
/// use vigie_store_sqlite::{Options, SqliteStore, backup};
/// let folder = tempfile::tempdir().unwrap();
/// let _store = SqliteStore::open(folder.path(), Options::default()).unwrap();
/// let copy = folder.path().join("copy.sqlite");
/// let at = "2026-11-20T12:00:00Z".parse().unwrap();
/// assert_eq!(backup(folder.path(), &copy, at).unwrap().reviews, 0);
/// assert!(backup(folder.path(), &copy, at).is_err());
/// ```
pub fn backup(folder: &Path, to: &Path, at: Timestamp) -> Result<Backup, StoreError> {
    let from = folder.join(crate::FILE_NAME);
    let shown = to.display();
    if !from.exists() {
        let none = format!("there is no store to copy: {} is missing", from.display());
        return Err(StoreError::Unavailable(none));
    }
    let reader =
        connection::reader(&connection::File { path: from, pages_max: None, keep_version: true })?;
    let reserved = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    if let Err(error) = reserved {
        let why = match error.kind() {
            io::ErrorKind::AlreadyExists => "it is there already, and is left as it is".to_owned(),
            _ => error.to_string(),
        };
        return Err(StoreError::Unavailable(format!("cannot make {shown}: {why}")));
    }
    let made = copy(&reader, to, &format!("the backup of {at}"));
    made.map_err(|error| {
        // The name was ours: nobody finds half a copy under it.
        let _ = fs::remove_file(to);
        StoreError::Unavailable(format!("cannot copy the store to {shown}: {error}"))
    })
}

/// Copies what a connection sees to a file, marks the copy, checks it and puts it on the disk. What
/// bears the name already is replaced at the end, or not at all.
pub(crate) fn copy(from: &Connection, to: &Path, called: &str) -> Result<Backup, Fault> {
    let partial = beside(to);
    let _ = fs::remove_file(&partial);
    let made = copy_whole(from, &partial, called).and_then(|copied| {
        fs::rename(&partial, to).and_then(|()| sync_folder(to)).map_err(cannot)?;
        Ok(copied)
    });
    if made.is_err() {
        let _ = fs::remove_file(&partial);
    }
    made
}

fn copy_whole(from: &Connection, partial: &Path, called: &str) -> Result<Backup, Fault> {
    // SQLite fills an empty file, which keeps the rights that it is made with.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(partial).map_err(cannot)?;
    let name = partial.to_str().ok_or_else(|| Fault::Sql("its name is no UTF-8".to_owned()))?;
    from.execute("VACUUM INTO ?1", [name])?;
    let copied = Connection::open(partial)?;
    let found: String = copied.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if found != "ok" {
        return Err(Fault::Corrupt(format!("the copy does not read well: {found}")));
    }
    restore::mark(&copied, called)?;
    let reviews: i64 = copied.query_row("SELECT count(*) FROM review", [], |row| row.get(0))?;
    copied.close().map_err(|(_, error)| Fault::from(error))?;
    let file = File::open(partial).map_err(cannot)?;
    file.sync_all().map_err(cannot)?;
    let bytes = file.metadata().map_err(cannot)?.len();
    Ok(Backup { bytes, reviews: reviews.unsigned_abs() })
}

/// A name in the same folder, so that the last move is one step. It names the process: two that
/// upgrade at once do not write into one file.
fn beside(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(format!(".partial-{}", std::process::id()));
    name.into()
}

/// The move is on the disk once the folder is.
fn sync_folder(of: &Path) -> io::Result<()> {
    let parent = of.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands its error over")]
fn cannot(error: io::Error) -> Fault {
    Fault::Sql(error.to_string())
}
