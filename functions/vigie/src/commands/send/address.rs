//! Where a webhook is posted, and the address as it may be shown.

use percent_encoding::percent_decode_str;
use reqwest::Url;
use vigie_platforms::Signed;

/// An address to post to.
#[derive(Debug)]
pub(super) struct Address {
    /// The whole of it.
    pub(super) url: Url,
    /// Without token, query and whoever signs in.
    pub(super) shown: String,
}

impl Address {
    /// From what the command line gives: a server's address is completed with `/hooks/SOURCE`, one
    /// with a path is taken as it is. The token comes last, unless it stands there already.
    pub(super) fn of(given: &str, source: Option<&str>, signed: &Signed) -> Result<Self, String> {
        // The fault says why and not what: what was given may hold a token.
        let mut url = Url::parse(given).map_err(|fault| format!("no address: {fault}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("an address begins with http:// or https://".to_owned());
        }
        if matches!(url.path(), "" | "/") {
            let source = source.ok_or_else(|| {
                "with --preset the whole address is needed\n  hint: end it in /hooks/SOURCE"
                    .to_owned()
            })?;
            url.set_path(&format!("/hooks/{source}"));
        }
        if let Some(token) = &signed.path_token {
            append(&mut url, token);
        }
        if let Some(query) = &signed.query {
            let before = url.query().map(|before| format!("{before}&")).unwrap_or_default();
            url.set_query(Some(&format!("{before}{query}")));
        }
        Ok(Self { shown: shown(&url, signed.path_token.is_some()), url })
    }
}

fn append(url: &mut Url, token: &str) {
    let last = url.path_segments().and_then(|mut segments| segments.next_back());
    let there = last.is_some_and(|last| percent_decode_str(last).eq(token.bytes()));
    if !there && let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(token);
    }
}

fn shown(url: &Url, has_token: bool) -> String {
    let path = url.path();
    let path = match path.rsplit_once('/').filter(|_| has_token) {
        Some((before, _)) => format!("{before}/…"),
        None => path.to_owned(),
    };
    format!("{}{path}", url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_token(token: Option<&str>) -> Signed {
        let path_token = token.map(str::to_owned);
        Signed { headers: Vec::new(), path_token, query: None, body: None }
    }

    fn both(given: &str, source: Option<&str>, token: Option<&str>) -> [String; 2] {
        let address = Address::of(given, source, &with_token(token)).unwrap();
        [address.url.to_string(), address.shown]
    }

    #[test]
    fn a_servers_address_is_completed_and_a_path_is_kept() {
        let whole = "http://127.0.0.1:8787/hooks/site";
        assert_eq!(both("http://127.0.0.1:8787", Some("site"), None), [whole, whole]);
        assert_eq!(both("http://127.0.0.1:8787/", Some("site"), None), [whole, whole]);
        assert_eq!(both(whole, Some("other"), None), [whole, whole]);
        assert_eq!(both(whole, None, None), [whole, whole]);
    }

    #[test]
    fn the_token_comes_last_once_and_is_not_shown() {
        let shown = "http://a.example/hooks/site/…";
        let whole = "http://a.example/hooks/site/t%2Fk";
        for given in [
            "http://a.example",
            "http://a.example/hooks/site",
            "http://a.example/hooks/site/",
            "http://a.example/hooks/site/t%2Fk",
        ] {
            assert_eq!(both(given, Some("site"), Some("t/k")), [whole, shown], "{given}");
        }
    }

    #[test]
    fn queries_and_passwords_are_not_shown() {
        let [url, shown] = both("http://me:s3cret@a.example/x?t=s3cret#s3cret", None, None);
        assert!(url.contains("me:s3cret@a.example/x?t=s3cret"), "{url}");
        assert_eq!(shown, "http://a.example/x");
    }

    #[test]
    fn err_addresses_are_not_repeated() {
        for given in ["s3cret", "ftp://a.example/s3cret", "http://", "http://[s3cret/"] {
            let fault = Address::of(given, Some("site"), &with_token(None)).unwrap_err();
            assert!(!fault.contains("s3cret"), "{fault}");
        }
        let fault = Address::of("http://a.example", None, &with_token(None)).unwrap_err();
        assert!(fault.contains("/hooks/SOURCE"), "{fault}");
    }
}
