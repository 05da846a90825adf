//! Which column is which field.

use std::fmt;
use std::str::FromStr;

/// The fields of a review, each with what else columns of it are called: small letters and digits
/// alone count.
pub const FIELDS: [(&str, &[&str]); 15] = [
    ("id", &["reviewid", "externalid"]),
    ("rating", &["stars", "score", "starrating", "reviewrating", "note"]),
    ("scale", &[]),
    ("title", &["reviewtitle", "headline", "titre"]),
    (
        "text",
        &[
            "reviewtext",
            "reviewbody",
            "reviewcontent",
            "review",
            "content",
            "body",
            "comment",
            "avis",
            "commentaire",
        ],
    ),
    ("language", &["locale", "lang", "langue"]),
    ("author", &["reviewer", "reviewername", "authorname", "auteur"]),
    (
        "published_at",
        &[
            "date",
            "reviewdate",
            "createdat",
            "created",
            "datecreated",
            "reviewcreatedutc",
            "publishedon",
        ],
    ),
    ("updated_at", &["updated", "lastupdated", "dateupdated", "modifiedat"]),
    ("url", &["reviewurl", "link", "lien"]),
    ("product", &["productname", "producttitle", "produit"]),
    ("location", &["store", "storecode", "storename", "shop", "magasin"]),
    ("order", &["orderid", "ordernumber", "commande"]),
    ("reply", &["replytext", "replycontent", "response", "answer", "reponse"]),
    ("reply_at", &["replydate", "repliedat", "responsedate"]),
];

/// What has to be told by every row.
const NEEDED: [&str; 2] = ["id", "published_at"];
/// One of these has to be told too.
const SAYS: [&str; 2] = ["rating", "text"];

/// A field, and what a file calls its column: `published_at=Review date`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The field, one of [`FIELDS`].
    pub field: &'static str,
    /// The column's name in the file.
    pub name: String,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.field, self.name)
    }
}

impl FromStr for Column {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || FIELDS.map(|(name, _)| name).join(", ");
        let (field, name) =
            text.split_once('=').ok_or("write FIELD=COLUMN, such as published_at=\"Date\"")?;
        let found = FIELDS.iter().find(|(known, _)| *known == field.trim());
        let (field, _) = found.ok_or_else(|| format!("a field is one of {}", names()))?;
        Ok(Self { field, name: name.trim().to_owned() })
    }
}

/// What is alike in names: `Published At` and `published_at`.
fn plain(name: &str) -> String {
    let letters = name.chars().flat_map(char::to_lowercase);
    let letters = letters.map(|c| if matches!(c, 'é' | 'è' | 'ê') { 'e' } else { c });
    letters.filter(char::is_ascii_alphanumeric).collect()
}

/// How many names of a line are those of fields: by this the delimiter is found.
pub(crate) fn known(names: &[String], given: &[Column]) -> usize {
    let named = |name: &&String| {
        given.iter().any(|column| column.name == **name) || field_of(name).is_some()
    };
    names.iter().filter(named).count()
}

/// The field that a name means, and how near it is: 0 is its own name.
fn field_of(name: &str) -> Option<(&'static str, usize)> {
    let name = plain(name);
    FIELDS.iter().find_map(|(field, others)| {
        if plain(field) == name {
            return Some((*field, 0));
        }
        others.contains(&name.as_str()).then_some((*field, 1))
    })
}

/// The place of each field's column among names.
///
/// # Errors
/// What is not clear, or missing, and what to write.
pub(crate) fn places(
    names: &[String],
    given: &[Column],
) -> Result<Vec<(&'static str, usize)>, String> {
    let mut places = Vec::new();
    for (field, _) in FIELDS {
        if let Some(column) = given.iter().find(|column| column.field == field) {
            places.push((field, place_of(&column.name, names)?));
            continue;
        }
        let free = |name: &String| !given.iter().any(|column| column.name == *name);
        let mut meant: Vec<(usize, usize)> = names
            .iter()
            .enumerate()
            .filter(|(_, name)| free(name))
            .filter_map(|(place, name)| {
                field_of(name).filter(|(of, _)| *of == field).map(|(_, far)| (far, place))
            })
            .collect();
        meant.sort_unstable();
        match meant[..] {
            [] => {}
            [(far, _), (second, _), ..] if far == second => {
                let all: Vec<_> = meant.iter().filter_map(|(_, place)| names.get(*place)).collect();
                return Err(format!(
                    "columns {all:?} could each be the {field}\n  hint: say which, such as --column \
                     {field}={:?}",
                    all.first().map_or("", |name| name.as_str())
                ));
            }
            [(_, place), ..] => places.push((field, place)),
        }
    }
    lacks_nothing(&places, names)?;
    Ok(places)
}

fn place_of(name: &str, names: &[String]) -> Result<usize, String> {
    let exact = names.iter().position(|known| known == name);
    let near = || names.iter().position(|known| plain(known) == plain(name));
    exact.or_else(near).ok_or_else(|| {
        format!("no column is called {name:?}\n  hint: the file has {}", names.join(", "))
    })
}

fn lacks_nothing(places: &[(&'static str, usize)], names: &[String]) -> Result<(), String> {
    let has = |field: &&str| places.iter().any(|(known, _)| known == field);
    let missing = match NEEDED.iter().find(|field| !has(field)) {
        Some(field) => field,
        None if SAYS.iter().any(has) => return Ok(()),
        None => "rating",
    };
    Err(format!(
        "no column is the {missing}; the first line has {}\n  hint: say which it is: --column \
         {missing}=NAME; or name the delimiter with --delimiter, if this is not how the line is \
         meant to be cut",
        names.join(" | ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<String> {
        line.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn columns_are_known_by_their_names_or_nearly() {
        let line = names("Review ID,Stars,Published At,Réponse,Unheard of");
        let found = places(&line, &[]).unwrap();
        assert_eq!(found, [("id", 0), ("rating", 1), ("published_at", 2), ("reply", 3)]);
    }

    #[test]
    fn a_fields_own_name_goes_before_others() {
        let found = places(&names("id,review,text,date"), &[]).unwrap();
        assert_eq!(found, [("id", 0), ("text", 2), ("published_at", 3)]);
    }

    #[test]
    fn what_is_said_goes_before_what_is_guessed() {
        let line = names("id,score,Their rating,date");
        let given = ["rating=Their rating".parse().unwrap()];
        let found = places(&line, &given).unwrap();
        assert_eq!(found, [("id", 0), ("rating", 2), ("published_at", 3)]);
    }

    #[test]
    fn err_what_is_missing_or_unclear_is_named() {
        for (line, said) in [
            ("id,score,stars,date", "[\"score\", \"stars\"] could each be the rating"),
            ("id,rating", "no column is the published_at"),
            ("a,b", "no column is the id; the first line has a | b"),
            ("id,date,author", "no column is the rating"),
        ] {
            let fault = places(&names(line), &[]).unwrap_err();
            assert!(fault.contains(said), "{line}: {fault}");
        }
        let given = ["id=Number".parse().unwrap()];
        let fault = places(&names("id,rating,date"), &given).unwrap_err();
        assert!(fault.contains("no column is called \"Number\""), "{fault}");
    }

    #[test]
    fn err_a_column_option_says_what_it_wants() {
        assert!("date".parse::<Column>().unwrap_err().contains("FIELD=COLUMN"));
        assert!("when=Date".parse::<Column>().unwrap_err().contains("published_at"));
    }
}
