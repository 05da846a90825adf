//! vigie.toml: read whole, every fault with its place.
//!
//! [`parse`] takes a file's text and gives either a [`Config`] in which every reference resolves,
//! or every [`Fault`] of the file at once, each with line, column, key, code and hint. A file is
//! refused whole or taken whole. [`render_faults`] shows faults to people, [`Report`] to tools;
//! [`diff`] says what changed between two configurations.
//!
//! **Invariants.** There is a configuration if and only if there is no fault. One mistake makes one
//! fault: what cannot be judged because of another fault is not judged. No fault, in any of its
//! fields, holds a secret that somebody wrote into the file.
//!
//! **What it does not do.** No input or output: it reads no file, no environment, no clock; what it
//! must know of them comes through [`Environment`]. It resolves no relative path.
//!
//! # Adding a key
//!
//! 1. Name it in the `KEYS` of its table (or move it there from `LATER`).
//! 2. Read it where its neighbours are read: `table.or` for a key with a default, `table.need` for
//!    one that must be there. Read before the first `?`,
//!    so that a fault elsewhere hides nothing.
//! 3. Give the value a type, in `values` if it is a new kind of value, with `ok_` and `err_` tests.
//! 4. A new kind of fault is a new line in `code`, and a case in `tests/it/faults.rs`: a test
//!    counts them. A key of a brand also enters `diff`, which the compiler asks for.

mod address;
mod brand;
mod code;
mod config;
mod diff;
mod environment;
mod fault;
mod mail;
mod mask;
mod near;
mod node;
mod people;
mod place;
mod reading;
mod render;
mod route;
mod secret;
mod shop;
mod source;
mod table;
mod values;

use toml::de::DeTable;

pub use address::Mailbox;
pub use code::Code;
pub use config::{Config, Operator, Retention, Server};
pub use diff::{Change, diff};
pub use environment::{Environment, PresetInfo};
pub use fault::{Fault, Report};
pub use mail::{Mail, Smtp, Tls, Transport};
pub use render::render_faults;
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

/// What a file says: a configuration, or what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The configuration; there if and only if there is no fault.
    pub config: Option<Config>,
    /// Every fault, by place.
    pub faults: Vec<Fault>,
}

/// Reads a configuration file. `file_name` is what faults call it.
///
/// ```
/// # use vigie_config::{Environment, PresetInfo};
/// struct Here;
/// impl Environment for Here {
///     fn variable_is_set(&self, name: &str) -> bool { name == "SITE_SECRET" }
///     fn file_is_readable(&self, _: &str) -> Result<(), String> { Err("no such file".to_owned()) }
///     fn preset(&self, id: &str) -> Result<PresetInfo, String> {
///         if id == "standard-webhooks" { Ok(PresetInfo { needs_secret: true }) } else { Err("none".to_owned()) }
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
    // Editors on some systems begin a file with a byte order mark, which is no column.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let fault = reading::syntax_fault(file_name, text, &error);
            return Outcome { config: None, faults: vec![fault] };
        }
    };
    let reading = reading::Reading::new(file_name, text, document.get_ref(), environment);
    let config = config::read(&table::Table::root(&reading, document.get_ref()));
    let faults = reading.into_faults();
    Outcome { config: config.filter(|_| faults.is_empty()), faults }
}
