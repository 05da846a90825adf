//! Paths that an included file names, brought to the folder of vigie.toml. By their text alone.

/// A path named in a file of `folder`, from the folder of vigie.toml. A `..` at its beginning takes
/// a part of the folder away, so that a brand that moves to another folder, with its paths mended,
/// says the same as before.
pub(crate) fn beside(folder: &str, named: &str) -> String {
    if folder.is_empty() || named.starts_with('/') {
        return named.to_owned();
    }
    let mut parts: Vec<&str> = folder.trim_end_matches('/').split('/').collect();
    let mut rest = named;
    loop {
        let above = rest.strip_prefix("../");
        match (rest.strip_prefix("./"), above, parts.last()) {
            (Some(here), _, _) => rest = here,
            (None, Some(above), Some(part)) if !["", ".."].contains(part) => {
                parts.pop();
                rest = above;
            }
            _ => break,
        }
    }
    parts.push(rest);
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_begin_in_the_folder_of_the_file_that_names_them() {
        for (folder, named, expected) in [
            ("", "secrets/a", "secrets/a"),
            ("", "../a", "../a"),
            ("brands", "a", "brands/a"),
            ("brands", "./a", "brands/a"),
            ("brands", "../secrets/a", "secrets/a"),
            ("brands", "../a", "a"),
            ("brands", "../../a", "../a"),
            ("brands", "a/../b", "brands/a/../b"),
            ("a/b", "../c", "a/c"),
            ("a/b", "../../../c", "../c"),
            ("../shared", "../a", "../a"),
            ("..", "../a", "../../a"),
            ("/etc/brands", "a", "/etc/brands/a"),
            ("/etc/brands", "../a", "/etc/a"),
            ("/etc", "../a", "/a"),
            ("brands", "/etc/a", "/etc/a"),
        ] {
            assert_eq!(beside(folder, named), expected, "{named} in {folder}");
        }
    }
}
