//! How much of the NEVER list is caught in wordings that no rule was made for.

use vigie_advice::lint;
use vigie_domain::Locale;

use crate::say;

/// Both languages.
pub(crate) fn unseen(show: bool) {
    let sets = [
        ("NEVER list, English", Locale::En, include_str!("../../tests/lint/en-unseen.txt")),
        ("NEVER list, French", Locale::Fr, include_str!("../../tests/lint/fr-unseen.txt")),
        ("limits, English", Locale::En, include_str!("../../tests/lint/limits-unseen.en.txt")),
        ("limits, French", Locale::Fr, include_str!("../../tests/lint/limits-unseen.fr.txt")),
    ];
    for (name, language, set) in sets {
        let (mut caught, mut breaking, mut refused, mut innocent) = (0, 0, 0, 0);
        let mut section = "";
        for line in set.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('[') {
                section = line;
                continue;
            }
            let broken = lint(line, language);
            let own = broken.iter().any(|v| section == format!("[{}]", v.rule));
            let right = if section.ends_with(" passes]") {
                innocent += 1;
                refused += usize::from(!broken.is_empty());
                broken.is_empty()
            } else {
                breaking += 1;
                caught += usize::from(own);
                own
            };
            if show && !right {
                say(&format!("  {section} {line}"));
            }
        }
        say(&format!(
            "{name}, unseen: {caught} of {breaking} caught by their rule; \
             {refused} of {innocent} innocent ones refused"
        ));
    }
}
