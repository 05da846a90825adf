//! How to speak with the person: reviews that whoever wrote the rules had not read.

use vigie_advice::assess;
use vigie_domain::Stars;

use crate::say;

/// Both languages.
pub(crate) fn unseen(show: bool) {
    let sets = [
        ("English", include_str!("../../tests/approach/unseen.en.tsv")),
        ("French", include_str!("../../tests/approach/unseen.fr.tsv")),
    ];
    for (name, set) in sets {
        let (mut called, mut found, mut named, mut ordinary, mut mistaken) = (0, 0, 0, 0, 0);
        let rows = set.lines().filter(|line| !line.starts_with('#'));
        for (label, text) in rows.filter_map(|line| line.split_once('\t')) {
            let got = assess(text, None, None, Some(Stars::ONE)).approach;
            let got = got.map_or("none", |found| found.id.id());
            called += usize::from(label != "none");
            found += usize::from(label != "none" && got == label);
            named += usize::from(got != "none");
            ordinary += usize::from(label == "none");
            mistaken += usize::from(label == "none" && got != "none");
            if show && got != label {
                say(&format!("  {label}, named {got}: {text}"));
            }
        }
        say(&format!(
            "approach, {name}, unseen: {found} of {called} found, {found} of {named} named are \
             right; {mistaken} of {ordinary} ordinary reviews got one"
        ));
    }
}
