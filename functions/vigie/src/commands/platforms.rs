//! `vigie platforms`: the presets that come with Vigie.

use serde::Serialize;
use vigie_platforms::preset::PlatformInfo;
use vigie_platforms::{Preset, presets};

use super::shown::table;
use crate::cli::Platforms;
use crate::load::CannotBegin;
use crate::output::{Exit, say, say_json};

#[derive(Serialize)]
struct Answer<'a> {
    platforms: Vec<PlatformInfo<'a>>,
}

/// Lists the presets, or prints one's file.
pub(crate) fn run(arguments: &Platforms) -> Result<Exit, CannotBegin> {
    if let Some(id) = &arguments.show {
        let none = || {
            CannotBegin::Other(format!("no preset is called {id:?}: vigie platforms lists them"))
        };
        say(Preset::text_of(id).ok_or_else(none)?.trim_end());
    } else if arguments.output.json {
        say_json(&Answer { platforms: presets().iter().map(|preset| preset.info()).collect() });
    } else {
        say(human(presets()));
    }
    Ok(Exit::Done)
}

/// Two lines a platform: one alone would be wider than a terminal.
fn human(presets: &[&Preset]) -> String {
    let head = ["ID", "NAME", "PUSH", "SIGNED", "EVIDENCE", "ANSWERS"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let mut seconds = Vec::new();
    for preset in presets {
        let info = preset.info();
        let signed = if info.signed { "yes" } else { "NO" };
        let events: Vec<_> = info.events.iter().map(word).collect();
        seconds.push(match info.instead {
            None => format!("    {}; {}", info.scheme, events.join(", ")),
            Some(_) => "    no webhook of reviews: --json says what to do instead".to_owned(),
        });
        rows.push(vec![
            info.id.to_owned(),
            info.name.to_owned(),
            word(&info.push),
            signed.to_owned(),
            word(&info.evidence),
            word(&info.answers),
        ]);
    }
    let firsts = table(&rows, 0);
    let mut lines = firsts.lines().map(str::to_owned);
    let mut all: Vec<String> = lines.next().into_iter().collect();
    all.extend(lines.zip(seconds).flat_map(|(first, second)| [first, second]));
    all.join("\n")
}

/// The word that JSON has for a value.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::shown::COLUMNS_MAX;

    #[test]
    fn each_platform_has_its_two_lines_within_a_terminal() {
        let text = human(presets());
        assert_eq!(text.lines().count(), 1 + 2 * presets().len());
        for line in text.lines() {
            assert!(line.chars().count() <= COLUMNS_MAX, "{line}");
        }
        assert!(text.contains("\n    address-token; posted"), "{text}");
    }
}
