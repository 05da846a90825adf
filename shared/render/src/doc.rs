//! A message as a list of blocks, before it becomes text or HTML.

use serde::Serialize;
use vigie_domain::Locale;

use crate::ending;
use crate::views::BrandView;

/// A message's content, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Doc {
    /// `fr` or `en`.
    pub(crate) lang: &'static str,
    /// The page's title.
    pub(crate) title: String,
    /// For whom the message was meant, where the operator gets it: above everything.
    pub(crate) trial: String,
    /// What is new, for somebody who had a message already: the very first line.
    pub(crate) news: String,
    /// The body.
    pub(crate) blocks: Vec<Block>,
    /// Who Vigie is, and is not.
    pub(crate) footer: String,
}

impl Doc {
    pub(crate) fn new(locale: Locale, title: &str) -> Self {
        Self {
            lang: locale.code(),
            title: title.to_owned(),
            trial: String::new(),
            news: String::new(),
            blocks: Vec::new(),
            footer: String::new(),
        }
    }

    /// A message for a brand's people, or on trial for the operator in their stead.
    pub(crate) fn of(brand: &BrandView, title: &str) -> Self {
        Self { trial: ending::trial(brand), ..Self::new(brand.locale, title) }
    }
}

/// One block. An empty string stands for nothing: templates never see an option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Block {
    /// The message in one sentence.
    Lead { text: String },
    /// What to do first.
    First { text: String },
    /// Links to act.
    Buttons { links: Vec<Link> },
    /// The heading of a part.
    Heading { text: String },
    /// A sentence or two.
    Para { text: String },
    /// The same, smaller.
    Small { text: String },
    /// A question that stands alone.
    Question { text: String },
    /// A review, quoted.
    Review(Card),
    /// Names and what belongs to them.
    Pairs { rows: Vec<Pair> },
    /// Groups of numbered steps, counted through.
    Steps { groups: Vec<Group> },
    /// A text to copy.
    Draft { lang: &'static str, lines: Vec<Vec<Segment>>, note: String },
    /// A card for the wall.
    Poster(Poster),
    /// A link that is no button.
    Plain { link: Link },
    /// A list.
    Bullets { items: Vec<String> },
    /// Reviews in short.
    Rows { rows: Vec<Row> },
    /// A form of the desk.
    Form(Form),
}

/// A link and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Link {
    pub(crate) label: String,
    pub(crate) url: String,
    /// Whether it is the one that most people want.
    pub(crate) main: bool,
    /// Whether it leads to the desk: alone on its line in the text part.
    pub(crate) desk: bool,
}

/// A review, quoted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Card {
    /// Rating, author, platform, date, number.
    pub(crate) meta: String,
    pub(crate) title: String,
    /// In lines.
    pub(crate) text: Vec<String>,
    /// What there is to know of the text: cut, none.
    pub(crate) note: String,
    pub(crate) lang: String,
}

/// Praise to be shown around.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Poster {
    /// "Bravo et merci à Karim !"
    pub(crate) thanks: String,
    /// The customer's words, in quotation marks.
    pub(crate) quote: String,
    /// Rating, first name, shop.
    pub(crate) by: String,
    pub(crate) lang: String,
}

/// A piece of a draft's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Segment {
    pub(crate) text: String,
    /// Whether the brand completes it.
    pub(crate) slot: bool,
}

/// A name and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Steps for one aim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Group {
    pub(crate) heading: String,
    /// The number of the first one.
    pub(crate) start: usize,
    pub(crate) items: Vec<String>,
}

/// A review in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(crate) head: String,
    pub(crate) excerpt: String,
    pub(crate) links: Vec<Link>,
}

/// A form with one button, which names its own address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Form {
    pub(crate) action: String,
    /// Empty: no choice to make.
    pub(crate) legend: String,
    pub(crate) choices: Vec<Choice>,
    pub(crate) button: String,
}

/// One choice of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Choice {
    pub(crate) value: &'static str,
    pub(crate) label: String,
}
