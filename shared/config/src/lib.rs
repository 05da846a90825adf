//! vigie.toml: read whole, every fault with its place.
//!
//! [`parse`] takes a file's text and gives either a [`Config`] in which every reference resolves,
//! or every [`Fault`] at once, each with file, line, column, key, code and hint. A file is refused
//! whole or taken whole, vigie.toml as well as each file that it includes: [`Outcome::refused`]
//! names the latter, and [`in_force`] says what of theirs stays. [`render_faults`] shows faults to
//! people, [`Report`] to tools; [`diff`] says what changed between two configurations;
//! [`schemas`] tells editors what may stand in a file.
//!
//! **Invariants.** There is a configuration if and only if vigie.toml itself has no fault; it holds
//! the brands of the files that have none. One mistake makes one fault: what cannot be judged
//! because of another fault is not judged. No fault, in any of its fields, holds a secret that
//! somebody wrote into a file.
//!
//! **What it does not do.** No input or output: it reads no file, no environment, no clock; what it
//! must know of them comes through [`Environment`]. Relative paths come out as from the folder of
//! vigie.toml, by their text alone.
//!
//! # Adding a key
//!
//! 1. Name it in the `KEYS` of its table, with what it takes and a sentence that says what it is
//!    for: [`schemas`] hands them to editors.
//! 2. Read it where its neighbours are read: `table.or` for a key with a default, `table.need` for
//!    one that must be there. Read before the first `?`,
//!    so that a fault elsewhere hides nothing.
//! 3. Give the value a type, in `values` if it is a new kind of value, with `ok_` and `err_` tests.
//! 4. A new kind of fault is a new line in `code`, and a case in `tests/it/faults.rs`: a test
//!    counts them. A key of a brand also enters `diff`, which the compiler asks for.

mod access;
mod address;
mod advice;
mod aws;
mod brand;
mod code;
mod config;
mod diff;
mod environment;
mod fault;
mod in_force;
mod include;
mod key;
mod mail;
mod mask;
mod near;
mod node;
mod path;
mod people;
mod place;
mod reading;
mod render;
mod route;
mod schema;
mod secret;
mod shop;
mod source;
mod table;
mod values;

use toml::de::DeTable;

pub use address::Mailbox;
pub use aws::Aws;
pub use code::Code;
pub use config::{Config, Operator, Server};
pub use diff::{Change, diff};
pub use environment::{Environment, FetchInfo, Included, NotIncluded, PresetInfo};
pub use fault::{Fault, Report};
pub use in_force::{Refused, in_force};
pub use mail::{Mail, Smtp, Tls, Transport};
pub use render::render_faults;
pub use schema::schemas;
pub use source::is_preset_path;

/// Whether a text is an e-mail address as the file takes them, for one that comes another way.
///
/// ```
/// assert!(vigie_config::is_email("ops@agency.example"));
/// assert!(!vigie_config::is_email("ops"));
/// ```
pub fn is_email(given: &str) -> bool {
    address::email(given).is_ok()
}

/// What the files say: a configuration, and what is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The configuration; there if and only if vigie.toml itself has no fault.
    pub config: Option<Config>,
    /// Every fault, by file and place: vigie.toml first.
    pub faults: Vec<Fault>,
    /// How many files were included, faulty ones too.
    pub included: usize,
    /// The included files that have a fault, by name.
    pub refused: Vec<Refused>,
    /// How many brands the files that are in order have.
    pub brands_in_order: usize,
}

/// Reads a configuration file, and those that it includes. `file_name` is what faults call it.
///
/// ```
/// # use vigie_config::{Environment, PresetInfo};
/// struct Here;
/// impl Environment for Here {
///     fn variable_is_set(&self, name: &str) -> bool { name == "SITE_SECRET" }
///     fn file_is_readable(&self, _: &str) -> Result<(), String> { Err("no such file".to_owned()) }
///     fn preset(&self, id: &str) -> Result<PresetInfo, String> {
///         if id == "standard-webhooks" { Ok(PresetInfo { needs_secret: true, ..PresetInfo::default() }) } else { Err("none".to_owned()) }
///     }
///     fn preset_ids(&self) -> Vec<String> { vec!["standard-webhooks".to_owned()] }
/// }
/// let text = r#"
///     [mail]
///     from = "Sara <sara@vigie.example>"
///     transport = "smtp://127.0.0.1:1025"
///     [[brand]]
///     id = "lumen"
///     name = "Maison Lumen"
///     locale = "fr"
///     timezone = "Europe/Pariss"
///     contacts = [ { id = "service", name = "Service client", email = "service@lumen.example" } ]
///     [[brand.source]]
///     id = "lumen-site"
///     platform = "standard-webhooks"
///     secrets = ["env:SITE_SECRET"]
/// "#;
/// let outcome = vigie_config::parse("vigie.toml", text, &Here);
/// assert_eq!(outcome.config, None);
/// assert_eq!(outcome.faults[0].key, "brand.lumen.timezone");
/// let mended = text.replace("Pariss", "Paris");
/// let config = vigie_config::parse("vigie.toml", &mended, &Here).config.unwrap();
/// assert_eq!(config.brands[0].answer_within.as_hours(), 24);
/// ```
pub fn parse(file_name: &str, text: &str, environment: &dyn Environment) -> Outcome {
    let mut seen = brand::Seen::default();
    let (read, mut faults) =
        read_text(file_name, "", text, environment, |root| config::read(root, &mut seen));
    let (config, files) = read.unwrap_or_default();
    let mut config = config.filter(|_| faults.is_empty());
    let mut brands_in_order = config.as_ref().map_or(0, |config| config.brands.len());
    let mut refused = Vec::new();
    for file in &files {
        match read_included(file, environment, &mut seen) {
            Ok(brands) => {
                brands_in_order += brands.len();
                if let Some(config) = &mut config {
                    config.brands.extend(brands);
                }
            }
            Err((brands, found)) => {
                let (file, path) = (file.name.clone(), file.path.clone());
                refused.push(Refused { file, path, brands, faults: found.len() });
                faults.extend(found);
            }
        }
    }
    Outcome { config, faults, included: files.len(), refused, brands_in_order }
}

/// The brands of an included file; else the ids that can be told of them, and its faults.
fn read_included(
    file: &Included,
    environment: &dyn Environment,
    seen: &mut brand::Seen,
) -> Result<Vec<vigie_domain::Brand>, (Vec<String>, Vec<Fault>)> {
    let unread = |fault| (Vec::new(), vec![fault]);
    let bytes = match &file.bytes {
        Ok(bytes) => bytes,
        Err(reason) => return Err(unread(reading::unreadable(&file.name, reason))),
    };
    let text = std::str::from_utf8(bytes)
        .map_err(|error| unread(reading::not_text(&file.name, bytes, error)))?;
    let read = |root: &table::Table<'_>| (include::read(root, seen), root.some_ids("brand"));
    let (read, faults) = read_text(&file.name, &file.folder, text, environment, read);
    let (brands, ids) = read.unwrap_or_default();
    let mut brands = brands.filter(|_| faults.is_empty()).ok_or((ids, faults))?;
    for brand in &mut brands {
        brand.file = Some(file.path.clone());
    }
    Ok(brands)
}

/// Reads one text; nothing if it is not TOML.
fn read_text<T>(
    file_name: &str,
    folder: &str,
    text: &str,
    environment: &dyn Environment,
    read: impl FnOnce(&table::Table<'_>) -> T,
) -> (Option<T>, Vec<Fault>) {
    // Editors on some systems begin a file with a byte order mark, which is no column.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => return (None, vec![reading::syntax_fault(file_name, text, &error)]),
    };
    let document = document.get_ref();
    let reading = reading::Reading::new(file_name, folder, text, document, environment);
    let read = read(&table::Table::root(&reading, document));
    (Some(read), reading.into_faults())
}
