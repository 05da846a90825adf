//! A world for configurations: what is set, what can be read, which presets there are.

use crate::schema;
use vigie_config::{Environment, Fault, FetchInfo, Included, NotIncluded, Outcome, PresetInfo};

/// `SITE_SECRET`, `OLD_SECRET` and `SMTP_PASSWORD` are set; `secrets/site` can be read; the presets
/// are `standard-webhooks` and `judgeme`, which need a secret, and `plain`, which does not;
/// `silent`, which sends no webhook; and `thin`, which needs a word, a sender and an API with an
/// account.
///
/// `advice/*.toml` brings a brand's own texts, `brands/*.toml` the files given, whose relative
/// paths begin in `brands`; `none/*.toml` nothing, `brands` is a folder and `brands/[` no pattern.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) files: Vec<(String, Result<Vec<u8>, String>)>,
    /// As a program that was built without it.
    pub(crate) lacks_aws: bool,
    pub(crate) is_for_aws: bool,
    /// What `advice/*.toml` brings: one small text if none is given.
    pub(crate) texts: Vec<(&'static str, &'static str)>,
}

impl Environment for World {
    fn included(&self, pattern: &str) -> Result<Vec<Included>, NotIncluded> {
        let file = |(name, bytes): &(String, Result<Vec<u8>, String>)| Included {
            name: name.clone(),
            path: name.clone(),
            folder: "brands".to_owned(),
            bytes: bytes.clone(),
        };
        match pattern {
            "brands/*.toml" => Ok(self.files.iter().map(file).collect()),
            "advice/*.toml" => {
                let small = [("advice/delivery.fr.toml", "label = \"Colis\"")];
                let texts = if self.texts.is_empty() { &small[..] } else { &self.texts };
                let own = |(name, text): &(&str, &str)| {
                    file(&((*name).to_owned(), Ok(text.as_bytes().to_vec())))
                };
                Ok(texts.iter().map(own).collect())
            }
            "brands" => Err(NotIncluded::Folder),
            "brands/[" => Err(NotIncluded::Bad("a bracket is open".to_owned())),
            _ => Err(NotIncluded::Nothing),
        }
    }

    fn has_aws(&self) -> bool {
        !self.lacks_aws
    }

    fn is_for_aws(&self) -> bool {
        self.is_for_aws
    }

    fn variable_is_set(&self, name: &str) -> bool {
        ["SITE_SECRET", "OLD_SECRET", "SMTP_PASSWORD", "LUMEN_SITE_SECRET"].contains(&name)
    }

    fn file_is_readable(&self, path: &str) -> Result<(), String> {
        if ["secrets/site", "brands/site.secret"].contains(&path) {
            Ok(())
        } else {
            Err("no such file".to_owned())
        }
    }

    fn preset(&self, id_or_path: &str) -> Result<PresetInfo, String> {
        match id_or_path {
            "standard-webhooks" | "judgeme" | "presets/ours.toml" | "./ours" => {
                Ok(PresetInfo { needs_secret: true, ..PresetInfo::default() })
            }
            "plain" => Ok(PresetInfo::default()),
            "silent" => {
                Ok(PresetInfo { instead: Some("Ask.".to_owned()), ..PresetInfo::default() })
            }
            "thin" => Ok(PresetInfo {
                needs_word: true,
                needs_sender: true,
                fetches: Some(FetchInfo { needs_secret: true }),
                api_names: vec!["base", "account"],
                ..PresetInfo::default()
            }),
            _ => Err("line 3: no such scheme".to_owned()),
        }
    }

    fn preset_ids(&self) -> Vec<String> {
        ["judgeme", "plain", "standard-webhooks"].map(str::to_owned).to_vec()
    }
}

/// A file with nothing wrong, one thing a line, to which tests do harm.
pub(crate) const GOOD: &str = r#"[server]
listen = "127.0.0.1:8787"

[mail]
from = "Sara <sara@vigie.example>"
transport = "smtp://127.0.0.1:1025"

[[brand]]
id = "lumen"
name = "Maison Lumen"
locale = "fr"
timezone = "Europe/Paris"
contacts = [
  { id = "service", name = "Service client", email = "service@lumen.example" },
  { id = "direction", name = "Direction", email = "direction@lumen.example", gets = [] },
]

[[brand.source]]
id = "lumen-site"
platform = "standard-webhooks"
secrets = ["env:SITE_SECRET"]

[[brand.route]]
when = { stars_below = 2.0 }
to = ["email:direction"]
"#;

/// A brand in a file of its own.
pub(crate) const INCLUDED: &str = r#"[[brand]]
id = "orso"
name = "Orso"
locale = "en"
timezone = "Europe/London"
contacts = [ { id = "desk", name = "Front desk", email = "desk@orso.example" } ]
alert_below = 3.5

[[brand.source]]
id = "orso-site"
platform = "standard-webhooks"
secrets = ["file:site.secret"]
"#;

/// Reads a text beside a good included file.
pub(crate) fn read(text: &str) -> Outcome {
    read_with(text, &[("brands/orso.toml", INCLUDED)])
}

/// Reads a text beside files of its own, in the order given.
pub(crate) fn read_with(text: &str, files: &[(&str, &str)]) -> Outcome {
    let bytes = |(name, text): &(&str, &str)| ((*name).to_owned(), Ok(text.as_bytes().to_vec()));
    let world = World { files: files.iter().map(bytes).collect(), ..World::default() };
    let outcome = vigie_config::parse("vigie.toml", text, &world);
    // Editors may never complain of what the reader takes.
    if outcome.config.is_some() {
        assert_eq!(schema::check_whole(text), Ok(()), "{text}");
    }
    for (_, text) in
        files.iter().filter(|(name, _)| outcome.refused.iter().all(|r| r.file != *name))
    {
        assert_eq!(schema::check_included(text), Ok(()), "{text}");
    }
    outcome
}

/// What of a fault can be written in a line.
pub(crate) fn short(fault: &Fault) -> String {
    let Fault { line, column, length, key, code, .. } = fault;
    format!("{line}:{column}+{length} {key} {}", code.id())
}

/// The faults of a text, each in a line.
pub(crate) fn faults(text: &str) -> Vec<String> {
    read(text).faults.iter().map(short).collect()
}

/// `GOOD` with one text replaced, which must be there.
pub(crate) fn harmed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from:?} is not in the good file");
    GOOD.replacen(from, to, 1)
}
