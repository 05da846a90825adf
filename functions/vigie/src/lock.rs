//! Who serves a data folder: one process, which holds its lock. The lock ends with the process,
//! however it ends; the file stays.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;

use crate::load::CannotBegin;
use vigie_machine::now;

const FILE_NAME: &str = "vigie.lock";

/// Takes the data folder for this process, for as long as the file is held.
pub(crate) fn take(folder: &Path, listen: SocketAddr) -> Result<File, CannotBegin> {
    hold(&folder.join(FILE_NAME), &format!("listening on {listen}"), "vigie serve")
}

/// The same for a command that stands in a server's place.
#[cfg(feature = "aws")]
pub(crate) fn alone_with(folder: &Path, doing: &str) -> Result<File, CannotBegin> {
    hold(&folder.join(FILE_NAME), doing, "process")
}

/// Keeps a second command of a name out of the data folder, beside whoever serves it.
#[cfg(feature = "aws")]
pub(crate) fn alone(folder: &Path, command: &str) -> Result<File, CannotBegin> {
    hold(&folder.join("vigie-migrate.lock"), command, command)
}

fn hold(path: &Path, doing: &str, whose: &str) -> Result<File, CannotBegin> {
    let shown = path.display();
    let cannot = |error: std::io::Error| {
        let hint = "the data folder and what is in it must belong to the account that runs Vigie";
        CannotBegin::Other(format!("cannot use {shown}: {error}\n  hint: {hint}"))
    };
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(cannot)?;
    if file.try_lock().is_err() {
        let mut holder = String::new();
        let _ = file.read_to_string(&mut holder);
        let holder = holder.trim();
        return Err(CannotBegin::Other(format!(
            "another {whose} runs on this data folder: {holder}\n  hint: stop it first, or give \
             this one another [server] data folder"
        )));
    }
    let told = format!("process {}, {doing}, since {}\n", std::process::id(), now());
    file.set_len(0).and_then(|()| file.rewind()).map_err(cannot)?;
    file.write_all(told.as_bytes()).map_err(cannot)?;
    Ok(file)
}

/// What the process that holds a data folder says of itself; `None` if none does.
pub(crate) fn holder(folder: &Path) -> Option<String> {
    let mut file = File::open(folder.join(FILE_NAME)).ok()?;
    file.try_lock_shared().err()?;
    let mut holder = String::new();
    file.read_to_string(&mut holder).ok()?;
    Some(holder.trim().to_owned())
}
