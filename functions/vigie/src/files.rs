//! The files that `include` brings in: found and read. What they say is judged elsewhere.

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};
use vigie_config::{Included, NotIncluded};

/// Most bytes of an included file: a brand with a thousand shops has a tenth of it. What is longer
/// is something else, and is not read into memory.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Hidden files are not taken: editors leave their own beside those they edit.
const MATCHING: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// The files that match a pattern of the configuration file `own`.
pub(crate) fn included(own: &Path, pattern: &str) -> Result<Vec<Included>, NotIncluded> {
    let beside = own.parent().unwrap_or(Path::new(""));
    let whole = whole(beside, pattern)?;
    let bad = |error: glob::PatternError| NotIncluded::Bad(error.msg.to_owned());
    let found = glob::glob_with(&whole, MATCHING).map_err(bad)?;
    let mut folders = Folders { beside, known: HashMap::new() };
    let (mut files, mut met_folder) = (Vec::new(), false);
    for path in found {
        let path = path.map_err(|error| NotIncluded::Bad(error.to_string()))?;
        if path.is_dir() {
            met_folder = true;
        } else if !is_same(&path, own) {
            files.push(file(&path, &mut folders));
        }
    }
    match (files.is_empty(), met_folder) {
        (false, _) => Ok(files),
        (true, true) => Err(NotIncluded::Folder),
        (true, false) => Err(NotIncluded::Nothing),
    }
}

/// A pattern from the folder of the configuration file; the folder's own name is no pattern.
fn whole(beside: &Path, pattern: &str) -> Result<String, NotIncluded> {
    if beside.as_os_str().is_empty() || Path::new(pattern).is_absolute() {
        return Ok(pattern.to_owned());
    }
    let odd = || NotIncluded::Bad("the name of this folder is not UTF-8".to_owned());
    Ok(format!("{}/{pattern}", Pattern::escape(beside.to_str().ok_or_else(odd)?)))
}

/// A pattern may match the file that has it.
fn is_same(path: &Path, own: &Path) -> bool {
    path.file_name() == own.file_name()
        && matches!((path.canonicalize(), own.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn file(path: &Path, folders: &mut Folders<'_>) -> Included {
    let from_beside = path.strip_prefix(folders.beside).unwrap_or(path);
    Included {
        name: path.display().to_string(),
        path: from_beside.display().to_string(),
        folder: folders.of(from_beside.parent().unwrap_or(Path::new(""))),
        bytes: read(path).map_err(|error| error.to_string()),
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let other = |text: &str| std::io::Error::other(text.to_owned());
    // A pipe would be waited for.
    if !fs::metadata(path)?.is_file() {
        return Err(other("it is no file"));
    }
    let mut bytes = Vec::new();
    let read = fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if read as u64 > FILE_BYTES_MAX { Err(other("it is larger than 4 MiB")) } else { Ok(bytes) }
}

/// The folders of included files, from that of the configuration file.
struct Folders<'a> {
    beside: &'a Path,
    known: HashMap<PathBuf, String>,
}

impl Folders<'_> {
    /// A folder whose every part is real, as [`Included::folder`] wants it: a link is followed.
    fn of(&mut self, folder: &Path) -> String {
        if let Some(known) = self.known.get(folder) {
            return known.clone();
        }
        let named = self.real(folder).unwrap_or_else(|| folder.to_path_buf());
        let named = named.display().to_string();
        self.known.insert(folder.to_path_buf(), named.clone());
        named
    }

    fn real(&self, folder: &Path) -> Option<PathBuf> {
        let here = if self.beside.as_os_str().is_empty() { Path::new(".") } else { self.beside };
        let here = here.canonicalize().ok()?;
        let real = here.join(folder).canonicalize().ok()?;
        let below = real.strip_prefix(&here).map(Path::to_path_buf);
        // Above this folder the way is kept as it was written, unless a link is on it.
        let written = || (plain(&here.join(folder)) == real).then(|| folder.to_path_buf());
        below.ok().or_else(written).or(Some(real))
    }
}

/// A path without `.` and `..`, by its text.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn paths(own: &Path, pattern: &str) -> Result<Vec<String>, NotIncluded> {
        included(own, pattern).map(|files| files.into_iter().map(|file| file.path).collect())
    }

    #[test]
    fn a_pattern_brings_files_and_neither_folders_nor_hidden_ones_nor_itself() {
        let place = tempfile::tempdir().unwrap();
        // The folder's own name must not be read as a pattern.
        let folder = place.path().join("a[b]*");
        for name in ["brands/b.toml", "brands/a.toml", "brands/.c.toml", "brands/d.toml/x", "x.txt"]
        {
            write(&folder, name, "");
        }
        write(&folder, "vigie.toml", "");
        let own = folder.join("vigie.toml");
        assert_eq!(paths(&own, "brands/*.toml").unwrap(), ["brands/a.toml", "brands/b.toml"]);
        assert_eq!(paths(&own, "**/[ab].toml").unwrap(), ["brands/a.toml", "brands/b.toml"]);
        assert_eq!(paths(&own, "brands/a.toml").unwrap(), ["brands/a.toml"]);
        assert_eq!(paths(&own, "*.toml"), Err(NotIncluded::Nothing));
        for folder in ["brands", "brands/", "b*", "."] {
            assert_eq!(paths(&own, folder), Err(NotIncluded::Folder), "{folder}");
        }
        assert!(matches!(paths(&own, "brands/["), Err(NotIncluded::Bad(_))));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_and_the_others_are_read() {
        let place = tempfile::tempdir().unwrap();
        write(place.path(), "b.toml", "here");
        std::os::unix::fs::symlink("gone", place.path().join("a.toml")).unwrap();
        let long = fs::File::create(place.path().join("c.toml")).unwrap();
        long.set_len(FILE_BYTES_MAX + 1).unwrap();
        let files = included(&place.path().join("vigie.toml"), "[abc].toml").unwrap();
        let read: Vec<_> = files.iter().map(|file| file.bytes.as_deref().ok()).collect();
        assert_eq!(read, [None, Some(b"here".as_slice()), None]);
        assert!(files[2].bytes.as_ref().is_err_and(|why| why.contains("4 MiB")));
    }

    #[test]
    fn a_folder_is_named_by_what_it_really_is() {
        let place = tempfile::tempdir().unwrap();
        let real = place.path().canonicalize().unwrap();
        for name in ["conf/brands/a.toml", "conf/deep/down/a.toml", "shared/a.toml"] {
            write(&real, name, "");
        }
        std::os::unix::fs::symlink("deep/down", real.join("conf/inner")).unwrap();
        std::os::unix::fs::symlink("../shared", real.join("conf/outer")).unwrap();
        let own = real.join("conf/vigie.toml");
        let folder = |pattern: &str| included(&own, pattern).unwrap().remove(0).folder;
        assert_eq!(folder("brands/*"), "brands");
        assert_eq!(folder("inner/*"), "deep/down");
        assert_eq!(folder("../shared/*"), "../shared");
        assert_eq!(folder("outer/*"), real.join("shared").display().to_string());
        fs::write(real.join("conf/a.toml"), "").unwrap();
        assert_eq!(folder("*.toml"), "");
    }
}
