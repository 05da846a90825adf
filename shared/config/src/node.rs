//! Values: every reader says what is wrong with one, and goes on.

use toml::Spanned;
use toml::de::DeValue;
use vigie_domain::Stars;

use crate::code::Code;
use crate::key::{self, Words};
use crate::mask;
use crate::near;
use crate::reading::Reading;
use crate::table::Table;
use crate::values::{self, Bad};

/// A value, with the path that leads to it.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    pub(crate) reading: &'a Reading<'a>,
    pub(crate) value: &'a Spanned<DeValue<'a>>,
    pub(crate) path: String,
}

impl<'a> Node<'a> {
    /// Records a fault; there is then no value.
    pub(crate) fn refuse<T>(&self, code: Code, bad: Bad) -> Option<T> {
        self.reading.fault(&self.value.span(), &self.path, code, bad);
        None
    }

    pub(crate) fn value(&self) -> &'a DeValue<'a> {
        self.value.get_ref()
    }

    /// Records that the value should have been something else.
    pub(crate) fn wrong_type<T>(&self, expected: &str, hint: &str) -> Option<T> {
        let found = match self.value() {
            DeValue::String(_) => "a text in quotes",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or a time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = format!("{expected} belongs here, and this is {found}");
        self.refuse(Code::WrongType, Bad::new(message, hint))
    }

    pub(crate) fn text(&self) -> Option<&'a str> {
        match self.value() {
            DeValue::String(text) => Some(text),
            _ => self.wrong_type("a text in quotes", "write it between double quotes"),
        }
    }

    pub(crate) fn flag(&self) -> Option<bool> {
        match self.value() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => self.wrong_type("true or false", "write true or false, without quotes"),
        }
    }

    /// Reads a limit in stars from the number's own digits, never through a float.
    pub(crate) fn stars(&self) -> Option<Stars> {
        let number = match self.value() {
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Integer(number) => {
                let whole = i64::from_str_radix(number.as_str(), number.radix());
                whole.map_or_else(|_| number.as_str().to_owned(), |whole| whole.to_string())
            }
            _ => return self.wrong_type("a number", "write it without quotes, such as 4.0"),
        };
        values::stars(&number).or_else(|bad| self.refuse(Code::BadStars, bad).ok_or(())).ok()
    }

    pub(crate) fn list(&self) -> Option<Vec<Self>> {
        let DeValue::Array(list) = self.value() else {
            return self.wrong_type("a list", "write it between brackets: [ … ]");
        };
        let item = |(at, value)| Self { value, path: format!("{}[{at}]", self.path), ..*self };
        Some(list.iter().enumerate().map(item).collect())
    }

    /// A list, or one value in place of a list of one.
    pub(crate) fn list_or_one(&self) -> Option<Vec<Self>> {
        match self.value() {
            DeValue::Array(_) => self.some_list(),
            _ => Some(vec![self.clone()]),
        }
    }

    /// A list that may not be empty.
    pub(crate) fn some_list(&self) -> Option<Vec<Self>> {
        let list = self.list()?;
        if list.is_empty() {
            let bad =
                Bad::new("this list names nothing", "name one at least, or leave the key out");
            return self.refuse(Code::EmptyList, bad);
        }
        Some(list)
    }

    pub(crate) fn table(&self, hint: &str) -> Option<Table<'a>> {
        match self.value() {
            DeValue::Table(entries) => {
                let (reading, span) = (self.reading, self.value.span());
                Some(Table::new(reading, entries, self.path.clone(), span))
            }
            _ => self.wrong_type("a table", hint),
        }
    }

    /// Reads a text into something.
    pub(crate) fn parse<T>(
        &self,
        code: Code,
        parse: impl FnOnce(&str) -> Result<T, Bad>,
    ) -> Option<T> {
        parse(self.text()?).or_else(|bad| self.refuse(code, bad).ok_or(())).ok()
    }

    /// Reads a text that is one of a few.
    pub(crate) fn one_of<T: Copy, const N: usize>(
        &self,
        code: Code,
        words: &Words<T, N>,
    ) -> Option<T> {
        let missed = |text: &str| {
            let message = format!("{} is not one of the values of this key", quoted(text));
            Bad::new(message, near::hint(text, &key::words(words), "one of"))
        };
        let meant = |text: &str| words.iter().find(|(word, _)| *word == text);
        self.parse(code, |text| meant(text).map(|(_, it)| *it).ok_or_else(|| missed(text)))
    }
}

/// A given text on one line, short enough for a message; nothing that holds a password.
pub(crate) fn quoted(text: &str) -> String {
    if mask::has_password(text) {
        return "this value".to_owned();
    }
    format!("\"{}\"", vigie_domain::text::excerpt(text, 80))
}

/// Reads every item, so that each fault is found; there is a result if all could be read.
pub(crate) fn all<I, T>(
    items: impl IntoIterator<Item = I>,
    read: impl FnMut(I) -> Option<T>,
) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = items.into_iter().map(read).collect();
    read.into_iter().collect()
}
