//! `include`: one file a brand, each refused whole or taken whole.

use vigie_domain::Brand;

use crate::brand::{self, Seen};
use crate::code::Code;
use crate::config;
use crate::environment::{Included, NotIncluded};
use crate::key::{Key, Kind};
use crate::node::{Node, all};
use crate::table::Table;
use crate::values::Bad;

/// The keys of an included file.
pub(crate) const KEYS: &[Key] =
    &[Key::optional("brand", Kind::Tables(brand::KEYS), "Who is reviewed.")];
const HINT: &str = "write a pattern such as \"brands/*.toml\", from the folder of this file";

/// The files that `include` names, by name, each once; and whether every pattern brings some.
pub(crate) fn find(root: &Table<'_>) -> (Vec<Included>, bool) {
    let Some(node) = root.get("include") else { return (Vec::new(), true) };
    let Some(patterns) = node.list() else { return (Vec::new(), false) };
    let found = patterns.iter().map(matching).collect::<Vec<_>>();
    let all_found = found.iter().all(Option::is_some);
    let mut files: Vec<_> = found.into_iter().flatten().flatten().collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files.dedup_by(|a, b| a.name == b.name);
    (files, all_found)
}

/// The files that a pattern names, from the folder of the file that it stands in.
pub(crate) fn matching(node: &Node<'_>) -> Option<Vec<Included>> {
    let pattern = node.text()?;
    let shown = crate::node::quoted(pattern);
    if pattern.trim().is_empty() {
        return node.refuse(Code::BadPath, Bad::new("this names no file", HINT));
    }
    let (code, bad) = match node.reading.environment.included(&node.reading.path(pattern)) {
        Ok(files) if !files.is_empty() => return Some(files),
        Ok(_) | Err(NotIncluded::Nothing) => {
            let message = format!("no file matches {shown}");
            (Code::EmptyInclude, Bad::new(message, "put a file there, or take the pattern away"))
        }
        Err(NotIncluded::Folder) => {
            let hint = format!("write \"{}/*.toml\"", pattern.trim_end_matches('/'));
            (Code::BadInclude, Bad::new(format!("{shown} is a folder"), hint))
        }
        Err(NotIncluded::Bad(why)) => {
            let why = vigie_domain::text::excerpt(&why, 200);
            (Code::BadInclude, Bad::new(format!("{shown} cannot be followed: {why}"), HINT))
        }
    };
    node.refuse(code, bad)
}

/// Reads an included file, which holds brands and nothing else.
pub(crate) fn read(root: &Table<'_>, seen: &mut Seen) -> Option<Vec<Brand>> {
    root.check_included(KEYS, &config::tables());
    let rows = root.rows("brand", "write [[brand]], with two brackets, before each brand");
    all(&rows.tables, |table| brand::read(table, seen)).filter(|_| rows.whole)
}
