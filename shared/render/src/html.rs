//! The HTML part, and the desk's pages: one template over the blocks of a document.

use std::sync::LazyLock;

use minijinja::{
    AutoEscape, Environment, UndefinedBehavior, Value, syntax::SyntaxConfig, value::Serde,
};

use crate::doc::Doc;

/// The largest HTML part. Gmail clips at about 102 KB, and transfer encoding adds to ours.
pub const HTML_BYTES_MAX: usize = 90_000;

static TEMPLATES: LazyLock<Option<Environment<'static>>> = LazyLock::new(|| environment().ok());

/// Escapes everything, refuses what is not defined.
fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut found = Environment::new();
    found.set_undefined_behavior(UndefinedBehavior::Strict);
    found.set_auto_escape_callback(|_| AutoEscape::Html);
    found.set_formatter(|out, _, value| out.write_str(&shown(value)).map_err(Into::into));
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
    found.set_syntax(syntax);
    found.add_template("message.html", include_str!("../templates/message.html"))?;
    found.add_template("blocks.html", include_str!("../templates/blocks.html"))?;
    Ok(found)
}

/// What a template shows of a value: escaped for text and quoted attributes. The engine's own
/// escaping also spells out every slash, which makes addresses six times as long and hides them
/// from tools that look for them.
fn shown(value: &Value) -> String {
    if value.is_safe() {
        return value.to_string();
    }
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Writes a document as HTML. The templates are compiled by a test over every block; should one
/// fail nevertheless, the text part is shown as it is, for a message must not be lost over its
/// looks.
pub(crate) fn html(doc: &Doc) -> String {
    render(doc).unwrap_or_else(|_| plain(doc))
}

/// The document and its HTML at the first of these quote lengths at which it is small enough; at
/// the last one in any case.
pub(crate) fn fitting(lengths: &[usize], build: impl Fn(usize) -> Doc) -> (Doc, String) {
    let mut doc = build(lengths.first().copied().unwrap_or_default());
    let mut page = html(&doc);
    for length in lengths.iter().skip(1) {
        if page.len() < HTML_BYTES_MAX {
            break;
        }
        doc = build(*length);
        page = html(&doc);
    }
    (doc, page)
}

pub(crate) fn render(doc: &Doc) -> Result<String, minijinja::Error> {
    let missing = || minijinja::Error::new(minijinja::ErrorKind::TemplateNotFound, "no templates");
    let templates = TEMPLATES.as_ref().ok_or_else(missing)?;
    templates.get_template("message.html")?.render(Value::from(Serde(doc)))
}

fn plain(doc: &Doc) -> String {
    let text = crate::text::text(doc);
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><pre>{escaped}</pre>",
        doc.lang
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::Block;
    use vigie_domain::Locale;

    #[test]
    fn the_templates_compile() {
        assert!(environment().is_ok(), "{:?}", environment().err());
    }

    #[test]
    fn what_is_shown_is_escaped_and_is_no_template() {
        let mut doc = Doc::new(Locale::En, "<t>");
        doc.blocks.push(Block::Lead { text: "{{ lang }} {% if %} <script> & \" ' /".to_owned() });
        let html = render(&doc).expect("it renders");
        assert!(html.contains("{{ lang }} {% if %} &lt;script&gt; &amp; &quot; &#39; /"), "{html}");
        assert!(!html.contains("<script>"));
    }

    #[test]
    fn the_fallback_is_escaped_too() {
        let mut doc = Doc::new(Locale::Fr, "t");
        doc.blocks.push(Block::Para { text: "a <b> & c".to_owned() });
        assert!(plain(&doc).contains("a &lt;b&gt; &amp; c"));
    }
}
