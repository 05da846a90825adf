//! deploy/Containerfile and .dockerignore, by their text: there is no registry of images here.

use anyhow::Result;

use crate::page::{configuration, read};

fn instructions() -> Result<Vec<(String, String)>> {
    let text = read("deploy/Containerfile")?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pair =
        |line: &str| line.split_once(' ').map(|(name, rest)| (name.to_owned(), rest.to_owned()));
    Ok(lines.filter_map(pair).collect())
}

#[test]
fn the_image_is_a_base_and_the_program() -> Result<()> {
    let all = instructions()?;
    let last = all.iter().rposition(|(name, _)| name == "FROM").expect("it has a base");
    let image = &all[last + 1..];
    let named = |name: &str| -> Vec<&str> {
        image.iter().filter(|(n, _)| n == name).map(|(_, rest)| rest.as_str()).collect()
    };
    assert_eq!(named("RUN"), [""; 0], "nothing is installed into it");
    let [copied] = named("COPY")[..] else { panic!("one file is copied") };
    assert!(copied.ends_with("/target/release/vigie /usr/local/bin/vigie"), "{copied}");
    assert_eq!(named("ENTRYPOINT"), ["[\"/usr/local/bin/vigie\"]"]);
    assert_eq!(named("CMD").len(), 1);
    assert!(named("CMD")[0].contains("\"/etc/vigie/vigie.toml\""));
    assert_eq!(named("STOPSIGNAL"), ["SIGTERM"]);
    let user: Vec<u32> =
        named("USER")[0].split(':').map(|id| id.parse().expect("a number")).collect();
    assert!(user.iter().all(|id| *id > 0), "it does not run as root");
    Ok(())
}

#[test]
fn the_image_keeps_its_data_where_the_page_says_and_is_built_by_the_toolchain_of_the_workspace()
-> Result<()> {
    let all = instructions()?;
    let has = |name: &str, part: &str| all.iter().any(|(n, rest)| n == name && rest.contains(part));
    assert!(configuration()?.contains("data = \"/var/lib/vigie\""));
    assert!(has("VOLUME", "\"/var/lib/vigie\""));
    let manifest = read("Cargo.toml")?;
    let version =
        manifest.split("rust-version = \"").nth(1).and_then(|rest| rest.split('"').next());
    assert!(has("FROM", &format!("rust:{}-", version.expect("a version"))));
    assert!(has("RUN", "--locked"));
    assert!(has("EXPOSE", "8787"));
    Ok(())
}

#[test]
fn the_context_holds_what_is_built_and_neither_secrets_nor_data() -> Result<()> {
    let text = read(".dockerignore")?;
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines[0], "*", "everything is left out but what is named");
    for needed in ["Cargo.toml", "Cargo.lock", "functions", "shared", "tests/Cargo.toml"] {
        assert!(lines.contains(&format!("!{needed}").as_str()), "{needed}");
    }
    for kept_out in ["**/target", "**/*.secret", "**/*.sqlite*"] {
        let (last_in, out) = (
            lines.iter().rposition(|line| line.starts_with('!')),
            lines.iter().position(|line| *line == kept_out),
        );
        assert!(out > last_in, "{kept_out} must stand after what is let in");
    }
    Ok(())
}
