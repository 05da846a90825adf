//! What follows `MAIL` and `RCPT`.

/// The address in `FROM:<a@x.example> SIZE=…`, or nothing where there is none. Empty in `<>`.
pub(crate) fn path(rest: &str, keyword: &str) -> Option<String> {
    let (given, after) = rest.split_at_checked(keyword.len())?;
    let inner = after.trim_start().strip_prefix('<')?;
    // A quoted local part may hold a `>` of its own; the address ends before the parameters.
    let end = inner.find("> ").or_else(|| inner.rfind('>'))?;
    given.eq_ignore_ascii_case(keyword).then(|| inner.get(..end).unwrap_or_default().to_owned())
}

/// What `SIZE=` declares (RFC 1870), else 0.
pub(crate) fn declared_size(rest: &str) -> usize {
    let sizes = rest.split(' ').filter_map(|word| word.strip_prefix("SIZE="));
    sizes.filter_map(|size| size.parse().ok()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_paths() {
        let from = |rest| path(rest, "FROM:");
        assert_eq!(from("FROM:<a@x.example>").as_deref(), Some("a@x.example"));
        assert_eq!(from("from: <a@x.example> SIZE=3").as_deref(), Some("a@x.example"));
        assert_eq!(from("FROM:<> BODY=8BITMIME").as_deref(), Some(""));
        assert_eq!(from("FROM:<\"a>b\"@x.example>").as_deref(), Some("\"a>b\"@x.example"));
    }

    #[test]
    fn err_paths() {
        for bad in ["", "FROM", "FROM:a@x.example", "TO:<a@x.example>", "FROM:<a@x.example", "é<"]
        {
            assert_eq!(path(bad, "FROM:"), None, "{bad}");
        }
        assert_eq!(declared_size("FROM:<a@x.example> SIZE=12 BODY=8BITMIME"), 12);
        assert_eq!(declared_size("FROM:<a@x.example> SIZE=many"), 0);
    }
}
