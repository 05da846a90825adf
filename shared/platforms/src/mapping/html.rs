//! The text of a review that comes as HTML: what a browser would show of it, no more.

/// Elements that begin a line of their own.
const LINES: [&str; 8] = ["p", "br", "div", "li", "ul", "ol", "blockquote", "h1"];

/// The text of a fragment, entities decoded, tags gone; what scripts and styles hold is no text.
pub(super) fn text(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(&decoded(before));
        // A lone < is a text, as in "3 < 4".
        if !after.starts_with(|c: char| c.is_ascii_alphabetic() || "/!".contains(c)) {
            out.push('<');
            rest = after;
            continue;
        }
        let (tag, behind) = after.split_once('>').unwrap_or((after, ""));
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        if LINES.contains(&name.as_str()) && !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        let hidden = matches!(name.as_str(), "script" | "style") && !tag.starts_with('/');
        rest = if hidden { after_element(behind, &name) } else { behind };
    }
    out.push_str(&decoded(rest));
    out.trim().to_owned()
}

fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let mut closed = text.match_indices("</").filter_map(|(at, _)| text.get(at + 2..));
    let named =
        |rest: &&str| rest.get(..name.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(name));
    closed.find(named).and_then(|rest| rest.split_once('>')).map_or("", |(_, behind)| behind)
}

fn decoded(text: &str) -> std::borrow::Cow<'_, str> {
    html_escape::decode_html_entities(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_is_read_as_a_browser_shows_it() {
        for (html, shown) in [
            ("<p>Smooth, no splinters.</p>\n", "Smooth, no splinters."),
            ("<p>One</p><p>two</p>", "One\ntwo"),
            ("a<br />b<BR>c", "a\nb\nc"),
            ("l&#8217;accueil &amp; le go&ucirc;t", "l’accueil & le goût"),
            ("3 < 4 and 5 &lt; 6", "3 < 4 and 5 < 6"),
            ("x<script>alert(1)</script>y<style>b{}</style>", "xy"),
            ("<b>bold", "bold"),
            ("cut <a href=\"x", "cut"),
            ("", ""),
        ] {
            assert_eq!(text(html), shown, "{html}");
        }
    }
}
