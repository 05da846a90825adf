//! A word to whoever runs Vigie.

use vigie_domain::text::excerpt;

use crate::doc::{Block, Doc, Pair};
use crate::views::OperatorView;
use crate::words::say;
use crate::{Message, ending, html, subject, text};

/// The most that such a message says, in characters.
const TEXT_CHARS_MAX: usize = 4_000;

/// Writes an operator notice: one matter, and how often.
///
/// ```
/// use vigie_domain::Locale;
/// let message = vigie_render::operator(&vigie_render::sample::operator(Locale::En));
/// assert_eq!(message.subject, "Vigie · signature-mismatch · lumen-site · 14 times");
/// ```
pub fn operator(view: &OperatorView) -> Message {
    let locale = view.locale;
    let times = say(
        locale,
        &format!("{} fois", view.count),
        &format!("{} {}", view.count, if view.count == 1 { "time" } else { "times" }),
    );
    let parts = [subject::name(&view.code), subject::name(&view.source), times.clone()];
    let line = subject::other("Vigie", &parts);
    let mut doc = Doc::new(locale, &line);
    let (code, source) = (excerpt(&view.code, 80), excerpt(&view.source, 200));
    doc.blocks.push(Block::Lead { text: code });
    let pair = |name: String, value: String| Pair { name, value };
    let rows = vec![
        pair(say(locale, "Où :", "Where:"), source),
        pair(say(locale, "Combien :", "How often:"), times),
    ];
    doc.blocks.push(Block::Pairs { rows });
    let (body, _) = vigie_domain::text::cut(&view.text, TEXT_CHARS_MAX);
    for line in body.lines().filter(|line| !line.trim().is_empty()) {
        doc.blocks.push(Block::Para { text: line.trim().to_owned() });
    }
    let next = if view.once {
        say(locale, "Ceci n'est dit qu'une fois.", "This is told once.")
    } else {
        say(
            locale,
            "Tant que cela dure, un message toutes les six heures au plus.",
            "While it lasts, one message in six hours at most.",
        )
    };
    let why = say(
        locale,
        "Pourquoi ce message ? Votre adresse est dans [operator] de vigie.toml.",
        "Why this message? Your address is in [operator] of vigie.toml.",
    );
    ending::end(&mut doc, locale, next, why);
    Message { subject: line, text: text::text(&doc), html: html::html(&doc) }
}
