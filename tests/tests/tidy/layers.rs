//! Who may see whom: domain ← ports ← app ← functions (ARCHITECTURE.md).

use anyhow::Result;

use crate::assert_held;
use crate::workspace::{Package, packages};

/// The workspace's crates that each crate's shipped code may see. Adapters have a line of their
/// own below, because their number grows; functions and tests may see everything.
const MAY_SEE: [(&str, &[&str]); 14] = [
    ("vigie-domain", &[]),
    ("vigie-ports", &["vigie-domain"]),
    ("vigie-platforms", &["vigie-domain"]),
    ("vigie-rows", &["vigie-domain", "vigie-platforms"]),
    ("vigie-advice", &["vigie-domain"]),
    ("vigie-render", &["vigie-domain", "vigie-advice"]),
    ("vigie-config", &["vigie-domain", "vigie-platforms", "vigie-advice"]),
    ("vigie-smtp-sink", &[]),
    (
        "vigie-app",
        &["vigie-domain", "vigie-ports", "vigie-platforms", "vigie-advice", "vigie-render"],
    ),
    ("vigie-web", &["vigie-domain", "vigie-ports", "vigie-platforms", "vigie-render", "vigie-app"]),
    ("vigie-relay", &["vigie-web"]),
    ("vigie-machine", &["vigie-ports"]),
    ("vigie-mime", &["vigie-domain", "vigie-ports"]),
    (
        "vigie-testkit",
        &[
            "vigie-domain",
            "vigie-ports",
            "vigie-platforms",
            "vigie-advice",
            "vigie-render",
            "vigie-app",
        ],
    ),
];

/// What an adapter may see: the traits it implements, the words they use, and the bytes of a
/// message.
const ADAPTERS_MAY_SEE: [&str; 3] = ["vigie-domain", "vigie-ports", "vigie-mime"];

/// An adapter is named `<port>-<technology>`; these are the ports.
const ADAPTED_PORTS: [&str; 7] = [
    "vigie-api-",
    "vigie-store-",
    "vigie-mail-",
    "vigie-chat-",
    "vigie-queue-",
    "vigie-outbound-",
    "vigie-secrets-",
];

/// The crates that may speak to AWS, besides the roots.
const AWS_ENDINGS: [&str; 4] = ["-dynamodb", "-ses", "-sqs", "-aws"];

fn is_adapter(name: &str) -> bool {
    ADAPTED_PORTS.iter().any(|port| name.starts_with(port))
}

/// Only the roots and the tests put the parts together; what the functions on AWS share of that is
/// `shared/aws`.
fn is_root(package: &Package) -> bool {
    package.folder.starts_with("functions/")
        || ["tests", "tests/benches/peers", "shared/aws"].contains(&&*package.folder)
}

fn may_see(name: &str) -> Option<&'static [&'static str]> {
    if is_adapter(name) {
        return Some(&ADAPTERS_MAY_SEE);
    }
    MAY_SEE.iter().find(|(known, _)| *known == name).map(|(_, seen)| *seen)
}

/// Each shared crate sees only the layers below it.
fn layers(packages: &[Package]) -> Vec<String> {
    let mut faults = Vec::new();
    for package in packages.iter().filter(|package| !is_root(package)) {
        let Some(allowed) = may_see(&package.name) else {
            faults.push(format!(
                "{} is in no layer: add it to MAY_SEE in tests/tests/tidy/layers.rs with what it \
                 may see, and to ARCHITECTURE.md with why it exists",
                package.name
            ));
            continue;
        };
        let seen = package.shipped().filter(|seen| seen.name.starts_with("vigie-"));
        for wrong in seen.filter(|seen| !allowed.contains(&seen.name.as_str())) {
            faults.push(format!(
                "{} depends on {}, which is not below it: move what it needs to a lower layer, or \
                 pass it in as a value",
                package.name, wrong.name
            ));
        }
    }
    faults
}

/// Shared crates do not choose an adapter, not even in their tests: laws run where the adapter is.
fn adapters_are_chosen_by_roots(packages: &[Package]) -> Vec<String> {
    let mut faults = Vec::new();
    for package in packages.iter().filter(|package| !is_root(package)) {
        let named = package.dependencies.iter().filter(|dependency| is_adapter(&dependency.name));
        for adapter in named.filter(|adapter| adapter.name != package.name) {
            faults.push(format!(
                "{} names the adapter {}: depend on the port in vigie-ports, and let the root in \
                 functions/ or the scenario in tests/ choose",
                package.name, adapter.name
            ));
        }
    }
    faults
}

/// Nothing made for tests is shipped.
fn testkit_is_for_tests(packages: &[Package]) -> Vec<String> {
    // What the end-to-end tests share is itself for tests.
    let shipping = packages
        .iter()
        .filter(|package| package.folder != "tests")
        .filter(|package| package.shipped().any(|seen| seen.name == "vigie-testkit"));
    shipping
        .map(|package| {
            format!("{} ships vigie-testkit: move it to [dev-dependencies]", package.name)
        })
        .collect()
}

/// The AWS SDK stays in AWS adapters and function roots. `aws-lc-*` is cryptography, not AWS.
fn aws_stays_at_the_edge(packages: &[Package]) -> Vec<String> {
    let mut faults = Vec::new();
    for package in packages.iter().filter(|package| !is_root(package)) {
        if AWS_ENDINGS.iter().any(|ending| package.name.ends_with(ending)) {
            continue;
        }
        for dependency in package.dependencies.iter().filter(|found| is_aws(&found.name)) {
            faults.push(format!(
                "{} depends on {}: keep it behind a port, in an adapter named after its technology",
                package.name, dependency.name
            ));
        }
    }
    faults
}

fn is_aws(name: &str) -> bool {
    let sdk = name.starts_with("aws-") || name.starts_with("aws_");
    (sdk && !name.starts_with("aws-lc-")) || name.starts_with("lambda_")
}

/// Ports are native async traits.
fn no_async_trait(packages: &[Package]) -> Vec<String> {
    let declares = |package: &&Package| {
        package.dependencies.iter().any(|dependency| dependency.name == "async-trait")
    };
    let packages = packages.iter().filter(declares);
    packages
        .map(|package| {
            format!(
                "{} depends on async-trait: write `-> impl Future<Output = …> + Send` in the trait \
                 and `async fn` in its implementation",
                package.name
            )
        })
        .collect()
}

#[test]
fn each_crate_sees_only_the_layers_below_it() -> Result<()> {
    assert_held("domain <- ports <- app <- functions:", &layers(&packages()?));
    Ok(())
}

#[test]
fn only_roots_and_tests_name_an_adapter() -> Result<()> {
    assert_held("adapters are chosen by roots:", &adapters_are_chosen_by_roots(&packages()?));
    Ok(())
}

#[test]
fn the_testkit_is_never_shipped() -> Result<()> {
    assert_held("testkit is for tests:", &testkit_is_for_tests(&packages()?));
    Ok(())
}

#[test]
fn the_aws_sdk_stays_in_aws_adapters_and_roots() -> Result<()> {
    assert_held("AWS stays at the edge:", &aws_stays_at_the_edge(&packages()?));
    Ok(())
}

#[test]
fn no_crate_declares_async_trait() -> Result<()> {
    assert_held("native async traits only:", &no_async_trait(&packages()?));
    Ok(())
}

#[cfg(test)]
mod samples {
    use super::*;
    use crate::workspace::Dependency;

    fn package(folder: &str, shipped: &[&str], dev: &[&str]) -> Package {
        let list = |names: &[&str], dev| -> Vec<Dependency> {
            names.iter().map(|name| Dependency { name: (*name).to_owned(), dev }).collect()
        };
        let name = folder.rsplit('/').next().unwrap_or(folder);
        let mut dependencies = list(shipped, false);
        dependencies.extend(list(dev, true));
        Package {
            name: format!("vigie-{name}"),
            folder: folder.to_owned(),
            manifest: String::new(),
            dependencies,
        }
    }

    #[track_caller]
    fn check(rule: fn(&[Package]) -> Vec<String>, package: Package, faults: usize) {
        let found = rule(&[package]);
        assert_eq!(found.len(), faults, "{found:?}");
    }

    #[test]
    fn a_crate_that_looks_upwards_is_caught() {
        check(layers, package("shared/domain", &["vigie-ports"], &[]), 1);
        check(layers, package("shared/ports", &["vigie-domain", "serde"], &[]), 0);
        check(layers, package("shared/store-new", &["vigie-app"], &[]), 1);
        check(layers, package("shared/store-new", &["vigie-store-sqlite"], &[]), 1);
        check(layers, package("shared/store-new", &["vigie-ports"], &["vigie-testkit"]), 0);
        check(layers, package("shared/app", &["vigie-config"], &[]), 1);
        check(layers, package("functions/vigie", &["vigie-config"], &[]), 0);
    }

    #[test]
    fn a_crate_in_no_layer_is_caught() {
        check(layers, package("shared/novelty", &[], &[]), 1);
    }

    #[test]
    fn an_adapter_named_below_the_roots_is_caught_even_in_tests() {
        let rule = adapters_are_chosen_by_roots;
        check(rule, package("shared/app", &[], &["vigie-store-sqlite"]), 1);
        check(rule, package("shared/mail-new", &["vigie-store-sqlite"], &[]), 1);
        check(rule, package("functions/vigie", &["vigie-store-sqlite"], &[]), 0);
        check(rule, package("tests", &[], &["vigie-store-sqlite"]), 0);
    }

    #[test]
    fn a_shipped_testkit_is_caught() {
        check(testkit_is_for_tests, package("shared/app", &["vigie-testkit"], &[]), 1);
        check(testkit_is_for_tests, package("shared/app", &[], &["vigie-testkit"]), 0);
        check(testkit_is_for_tests, package("tests", &["vigie-testkit"], &[]), 0);
    }

    #[test]
    fn aws_outside_its_adapters_is_caught() {
        let rule = aws_stays_at_the_edge;
        check(rule, package("shared/app", &["aws-sdk-sesv2"], &[]), 1);
        check(rule, package("shared/app", &["lambda_runtime"], &[]), 1);
        check(rule, package("shared/mail-smtp", &["aws-lc-rs"], &[]), 0);
        check(rule, package("shared/mail-ses", &["aws-sdk-sesv2"], &[]), 0);
        check(rule, package("functions/receive", &["lambda_runtime"], &[]), 0);
    }

    #[test]
    fn a_declared_async_trait_is_caught() {
        check(no_async_trait, package("shared/ports", &[], &["async-trait"]), 1);
    }
}
