//! Brands in files of their own.

use crate::cases::INCLUDED_CASES;
use crate::support::{INCLUDED, World, harmed, read_with, short};
use vigie_config::{Refused, in_force};
use vigie_domain::{Brand, SecretRef};

/// A good file that includes others.
fn including() -> String {
    harmed("[server]", "include = [\"brands/*.toml\"]\n[server]")
}

fn named(id: &str) -> String {
    INCLUDED.replace("orso", id)
}

fn ids(brands: &[Brand]) -> Vec<&str> {
    brands.iter().map(|brand| brand.id.as_str()).collect()
}

#[test]
fn each_fault_of_an_included_file_is_found_at_its_place_and_alone() {
    for (from, to, expected) in INCLUDED_CASES {
        let text = INCLUDED.replacen(from, to, 1).into_bytes();
        let bytes = text.into_iter().map(|b| if b == 0 { 0xff } else { b }).collect();
        let world =
            World { files: vec![("brands/orso.toml".to_owned(), Ok(bytes))], ..World::default() };
        let outcome = vigie_config::parse("vigie.toml", &including(), &world);
        let found: Vec<_> = outcome.faults.iter().map(short).collect();
        assert_eq!(found, *expected, "{from:?} -> {to:?}");
        assert!(outcome.faults.iter().all(|fault| fault.file == "brands/orso.toml"));
        let config = outcome.config.expect("vigie.toml itself is in order");
        let both: &[&str] = if expected.is_empty() { &["lumen", "orso"] } else { &["lumen"] };
        assert_eq!(ids(&config.brands), both, "{to:?}");
        assert_eq!(outcome.refused.len(), usize::from(!expected.is_empty()));
    }
}

#[test]
fn a_file_that_cannot_be_read_stops_its_own_brands_only() {
    let gone = Err("permission denied".to_owned());
    let good = Ok(INCLUDED.as_bytes().to_vec());
    let files = vec![("brands/a.toml".to_owned(), gone), ("brands/b.toml".to_owned(), good)];
    let outcome =
        vigie_config::parse("vigie.toml", &including(), &World { files, ..World::default() });
    let [fault] = outcome.faults.as_slice() else { panic!("{:?}", outcome.faults) };
    assert_eq!(
        (fault.file.as_str(), short(fault).as_str()),
        ("brands/a.toml", "1:1+1  unreadable-file")
    );
    assert!(fault.message.contains("permission denied"), "{}", fault.message);
    assert_eq!(ids(&outcome.config.unwrap().brands), ["lumen", "orso"]);
    assert_eq!((outcome.included, outcome.brands_in_order), (2, 2));
}

#[test]
fn what_two_files_define_is_a_fault_of_the_later_one_by_name_which_names_the_other() {
    let twice = named("duo").replace("duo-site", "orso-site");
    // The order in which the files are handed in says nothing.
    let files = [("brands/b.toml", twice.as_str()), ("brands/a.toml", INCLUDED)];
    let outcome = read_with(&including(), &files);
    let [fault] = outcome.faults.as_slice() else { panic!("{:?}", outcome.faults) };
    assert_eq!(
        (fault.file.as_str(), fault.key.as_str(), fault.code.id()),
        ("brands/b.toml", "brand.duo.source.orso-site.id", "duplicate-id")
    );
    assert!(fault.message.contains("brands/a.toml"), "{}", fault.message);
    assert_eq!(ids(&outcome.config.unwrap().brands), ["lumen", "orso"]);
    let outcome = read_with(&including(), &[("brands/a.toml", &named("lumen"))]);
    let messages: Vec<_> = outcome.faults.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages.iter().all(|told| told.contains("vigie.toml")), "{messages:?}");
}

#[test]
fn a_fault_of_vigie_toml_refuses_it_and_hides_no_fault_of_the_others() {
    let faulty = INCLUDED.replace("alert_below", "alert_bellow");
    let files = [("brands/a.toml", faulty.as_str()), ("brands/b.toml", &named("duo"))];
    let outcome = read_with(&including().replace("listen", "listn"), &files);
    assert_eq!(outcome.config, None);
    let places: Vec<_> = outcome.faults.iter().map(|f| (f.file.as_str(), f.line)).collect();
    assert_eq!(places, [("vigie.toml", 3), ("brands/a.toml", 7)]);
    assert_eq!((outcome.included, outcome.brands_in_order), (2, 1));
}

#[test]
fn brands_of_included_files_need_mail_too() {
    let outcome = read_with("include = [\"brands/*.toml\"]\n", &[("brands/a.toml", INCLUDED)]);
    let found: Vec<_> = outcome.faults.iter().map(short).collect();
    assert_eq!(found, ["1:11+17 mail missing-key"]);
}

#[test]
fn a_file_that_two_patterns_bring_is_read_once() {
    let text = including().replace("\"brands/*.toml\"", "\"brands/*.toml\", \"brands/*.toml\"");
    let outcome = read_with(&text, &[("brands/a.toml", INCLUDED)]);
    assert_eq!((outcome.faults, outcome.included), (vec![], 1));
}

#[test]
fn paths_of_an_included_file_begin_in_its_folder() {
    let of = |text: &str| {
        let outcome = read_with(&including(), &[("brands/a.toml", text)]);
        assert_eq!(outcome.faults, []);
        outcome.config.unwrap().brands.pop().unwrap().sources.pop().unwrap()
    };
    assert_eq!(of(INCLUDED).secrets, [SecretRef::File("brands/site.secret".to_owned())]);
    let above = INCLUDED
        .replace("site.secret", "../secrets/site")
        .replace("standard-webhooks", "../presets/ours.toml");
    let source = of(&above);
    assert_eq!(source.secrets, [SecretRef::File("secrets/site".to_owned())]);
    assert_eq!(source.platform, "presets/ours.toml");
    // A path stays one, also where nothing of its folder is left.
    assert_eq!(of(&INCLUDED.replace("standard-webhooks", "../ours")).platform, "./ours");
}

#[test]
fn a_brand_that_moves_between_files_is_the_same() {
    let brands = |name: &str| read_with(&including(), &[(name, INCLUDED)]).config.unwrap().brands;
    let (one, other) = (brands("brands/a.toml"), brands("brands/b.toml"));
    assert_ne!(one, other);
    assert_eq!(vigie_config::diff(&one, &other), []);
    assert_eq!(one[1].version(), other[1].version());
}

#[test]
fn what_a_refused_file_defined_stays_and_what_no_file_defines_goes() {
    let good = |files: &[(&str, &str)]| {
        let outcome = read_with(&including(), files);
        (outcome.config.unwrap().brands, outcome.refused)
    };
    let (duo, trio) = (named("duo"), named("trio"));
    let (now, _) =
        good(&[("brands/a.toml", INCLUDED), ("brands/b.toml", &duo), ("brands/c.toml", &trio)]);
    let after = |files: &[(&str, &str)]| {
        let (given, refused) = good(files);
        let kept = in_force(given, &refused, &now);
        kept.iter().map(|brand| brand.id.to_string()).collect::<Vec<_>>()
    };
    // Not even TOML: the file is remembered. Meanwhile b is gone.
    assert_eq!(
        after(&[("brands/a.toml", "[[brand"), ("brands/c.toml", &trio)]),
        ["lumen", "trio", "orso"]
    );
    // Faulty and renamed: its ids are read.
    let typo = INCLUDED.replace("locale", "lcale");
    assert_eq!(
        after(&[("brands/z.toml", &typo), ("brands/b.toml", &duo)]),
        ["lumen", "duo", "orso"]
    );
    // Moved out of a file that is faulty now: the good one speaks.
    let moved = INCLUDED.replace("Orso", "Orso & Co");
    let (given, refused) = good(&[("brands/a.toml", "x"), ("brands/b.toml", &moved)]);
    let kept = in_force(given, &refused, &now);
    assert_eq!(ids(&kept), ["lumen", "orso"]);
    assert_eq!(kept[1].name, "Orso & Co");
}

#[test]
fn a_kept_brand_gives_up_a_source_that_a_good_file_defines() {
    let source = |brand: &str, sources: &[&str]| {
        let one = |id: &&str| vigie_domain::Source {
            id: id.parse().unwrap(),
            ..Brand::sample().sources[0].clone()
        };
        Brand {
            id: brand.parse().unwrap(),
            file: Some(format!("{brand}.toml")),
            sources: sources.iter().map(one).collect(),
            ..Brand::sample()
        }
    };
    let refused = Refused {
        file: "x/a.toml".to_owned(),
        path: "a.toml".to_owned(),
        brands: vec![],
        faults: 1,
    };
    let kept = in_force(vec![source("b", &["s1"])], &[refused], &[source("a", &["s1", "s2"])]);
    let sources: Vec<_> =
        kept.iter().map(|b| (b.id.as_str(), b.sources.len(), b.sources[0].id.as_str())).collect();
    assert_eq!(sources, [("b", 1, "s1"), ("a", 1, "s2")]);
}

#[test]
fn one_typo_among_three_hundred_stops_one_brand() {
    let files: Vec<_> = (0..300)
        .map(|at| {
            let text = named(&format!("b{at:03}"));
            let text = if at == 217 { text.replace("alert_below", "alert_bellow") } else { text };
            (format!("brands/b{at:03}.toml"), text)
        })
        .collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let outcome = read_with(&including(), &files);
    let [fault] = outcome.faults.as_slice() else { panic!("{:?}", outcome.faults) };
    assert_eq!((fault.file.as_str(), fault.line), ("brands/b217.toml", 7));
    assert!(fault.hint.contains("alert_below"), "{}", fault.hint);
    assert_eq!((outcome.included, outcome.brands_in_order), (300, 300));
    assert_eq!(outcome.refused[0].brands, ["b217"]);
}
