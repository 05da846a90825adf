//! What is missing is told by name when a function starts, and not at its first webhook.

use anyhow::Result;
use vigie_tests::runtime::{Function, program};

use vigie_tests::house::{House, TABLE};

const FUNCTIONS: [&str; 6] = ["receive", "desk", "raise", "deliver", "watch", "feedback"];

/// What a function says that does not start.
async fn refused(name: &str, variables: &[(&str, &str)]) -> Result<String> {
    match Function::start(&program(name)?, variables).await {
        Ok(_) => anyhow::bail!("{name} has started"),
        Err(said) => Ok(format!("{said:#}")),
    }
}

#[tokio::test]
async fn each_function_starts_where_nothing_is_missing() -> Result<()> {
    let house = House::new().await?;
    for name in FUNCTIONS {
        house.function(name).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_variable_that_is_missing_is_named() -> Result<()> {
    let house = House::new().await?;
    for (name, needs) in [
        ("receive", &["VIGIE_TABLE"][..]),
        ("desk", &["VIGIE_TABLE"]),
        ("feedback", &["VIGIE_TABLE"]),
        ("deliver", &["VIGIE_TABLE"]),
        ("raise", &["VIGIE_TABLE", "VIGIE_DELIVER_QUEUE"]),
        ("watch", &["VIGIE_TABLE", "VIGIE_RAISE_QUEUE", "VIGIE_DELIVER_QUEUE"]),
    ] {
        for missing in needs {
            let mut variables = house.variables();
            variables.retain(|(name, _)| name != missing);
            let said = refused(name, &variables).await?;
            assert!(said.contains(&format!("{missing} is not set")), "{name}: {said}");
            assert!(said.contains("infra/template.yaml"), "what to do: {said}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_table_that_is_not_there_is_named() -> Result<()> {
    let house = House::new().await?;
    let mut variables = house.variables();
    variables.retain(|(name, _)| *name != "VIGIE_TABLE");
    variables.push(("VIGIE_TABLE", "elsewhere"));
    for name in FUNCTIONS {
        let said = refused(name, &variables).await?;
        assert!(said.contains("elsewhere") && said.contains("cannot be used"), "{name}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn credentials_that_are_absent_or_expired_are_told_in_words() -> Result<()> {
    let house = House::new().await?;
    let mut absent = house.variables();
    absent.retain(|(name, _)| !name.starts_with("AWS_ACCESS") && !name.starts_with("AWS_SECRET"));
    // Elsewhere is asked for a role, at an address of the link: here nobody answers.
    absent.push(("AWS_EC2_METADATA_DISABLED", "true"));
    let said = refused("receive", &absent).await?;
    assert!(said.contains(TABLE) && said.contains("credentials"), "{said}");
    let expired = vigie_tests::between::Fate::json(
        "ExpiredTokenException",
        "The security token included in the request is expired",
    );
    house.between.rule(move |_| expired.clone());
    let said = refused("receive", &house.variables()).await?;
    assert!(said.contains(TABLE) && said.contains("ExpiredToken"), "{said}");
    Ok(())
}
