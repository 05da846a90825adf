//! How a preset's ratings are read: their scale, and the words that stand for stars.

use vigie_domain::Decimal;

use super::file::RatingTable;
use super::values::Number;
use crate::pointer::Pointer;

/// How a rating is read.
#[derive(Debug, Clone)]
pub(crate) struct Rating {
    pub(crate) at: Vec<Pointer>,
    pub(crate) scale: Scale,
    pub(crate) scale_at: Vec<Pointer>,
    /// Words, upper-cased, and their stars on five.
    pub(crate) words: Vec<(String, Decimal)>,
    /// Texts and numbers that say that no rating was given.
    pub(crate) unrated: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Scale {
    Top(Decimal),
    Between { best: Decimal, worst: Decimal },
}

impl Rating {
    /// A rating that lies nowhere.
    pub(super) fn nowhere() -> Self {
        let scale = Scale::Top(Decimal::whole(5));
        Self { at: Vec::new(), scale, scale_at: Vec::new(), words: Vec::new(), unrated: Vec::new() }
    }

    /// Reads the table, refusing keys that do not go together.
    pub(super) fn of_table(table: RatingTable) -> Result<Self, &'static str> {
        let five = Decimal::whole(5);
        let scale = match (table.scale, table.best, table.worst) {
            (Some(_) | None, None, None) => Scale::Top(table.scale.map_or(five, |Number(top)| top)),
            (None, Some(Number(best)), Some(Number(worst))) => Scale::Between { best, worst },
            _ => return Err("wants either scale, or best and worst together"),
        };
        let words =
            table.words.into_iter().map(|(word, Number(stars))| (word.to_uppercase(), stars));
        Ok(Self {
            at: table.at,
            scale,
            scale_at: table.scale_at,
            words: words.collect(),
            unrated: table.unrated,
        })
    }
}
