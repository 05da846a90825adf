//! `vigie apply --store aws`.

use aws_sdk_ssm::types::ParameterType;
use vigie_domain::SecretRef;
use vigie_ports::Store as _;
use vigie_store_dynamodb::FunctionSettings;

use crate::support::{PUBLIC_URL, Place, REFERENCE, SECRET, ran};

const PRESET: &str = include_str!("../../../../shared/platforms/presets/generic-hmac.toml");

#[tokio::test]
async fn what_the_functions_need_is_put_beside_the_brands() {
    let place = Place::new().await;
    place.write("ours.toml", PRESET.replace("\"generic-hmac\"", "\"ours\""));
    place.configure("\"standard-webhooks\"", "\"./ours.toml\"");
    let looked = place.run(&["apply", "--store", "aws", "--dry-run"]);
    assert_eq!(looked.code, 1, "{looked:?}");
    let ran = place.run(&["apply", "--store", "aws", "--json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert_eq!(ran.json()["changes"][0]["what"], "brand-added", "{ran:?}");
    let store = place.store().await;
    let brands = store.brands().await.unwrap();
    let source = &brands[0].brand.sources[0];
    assert_eq!(source.secrets, [SecretRef::Ssm("/vigie/lumen-site/1".to_owned())]);
    let preset = store.preset(&source.platform).await.unwrap().unwrap();
    assert!(preset.contains("\"ours\""), "{preset}");
    let text = store.setting(FunctionSettings::NAME).await.unwrap().unwrap();
    let settings = FunctionSettings::read(&text).unwrap();
    assert_eq!(settings.public_url, PUBLIC_URL);
    assert_eq!(settings.from.address, "sara@vigie.example");
    assert_eq!(settings.operator, ["ops@agency.example"]);
    assert_eq!(settings.retention().reviewer, Some(13));
    let generation = store.generation().await.unwrap();
    let again = place.run(&["apply", "--store", "aws"]);
    assert!(again.out.contains("Nothing to change"), "{again:?}");
    assert!(store.generation().await.unwrap() > generation, "presets are read again");
}

#[tokio::test]
async fn what_the_file_says_links_begin_with_stays() {
    let place = Place::new().await;
    place.configure("[mail]", "[server]\npublic_url = \"https://vigie.example\"\n[mail]");
    assert_eq!(place.run(&["apply", "--store", "aws"]).code, 0);
    let text = place.store().await.setting(FunctionSettings::NAME).await.unwrap().unwrap();
    assert_eq!(FunctionSettings::read(&text).unwrap().public_url, "https://vigie.example");
}

#[tokio::test]
async fn secrets_of_this_machine_are_refused_each_by_its_name() {
    let place = Place::new().await;
    place.configure(&format!("\"{REFERENCE}\""), "\"env:SITE\", \"file:site\"");
    let mut command = place.command(&["apply", "--store", "aws"]);
    let refused = ran(command.env("SITE", SECRET));
    assert_eq!(refused.code, 2, "{refused:?}");
    for told in ["env:SITE", "file:site", "vigie.toml:21:12", "--put-secrets", "secret-not-on-aws"]
    {
        assert!(refused.err.contains(told), "{told}: {}", refused.err);
    }
    assert!(place.store().await.brands().await.unwrap().is_empty(), "nothing was applied");
}

#[tokio::test]
async fn secrets_of_this_machine_can_be_kept_by_aws() {
    let place = Place::new().await;
    place.configure(&format!("\"{REFERENCE}\""), "\"env:SITE\", \"file:site\"");
    place.write("site", "whsec_b3RoZXI=\n");
    let apply = |more: &[&str]| {
        let arguments = [&["apply", "--store", "aws", "--put-secrets"], more].concat();
        ran(place.command(&arguments).env("SITE", SECRET))
    };
    let parameters = aws_sdk_ssm::Client::new(&place.shared);
    let looked = apply(&["--dry-run"]);
    assert_eq!(looked.code, 1, "{looked:?}");
    let none = parameters.get_parameter().name("/vigie/lumen-site/1").send().await;
    assert!(none.is_err(), "looking puts nothing");
    let done = apply(&["--json"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(
        done.json()["secrets"][1],
        serde_json::json!({"source": "lumen-site", "given": "file:site",
                           "kept": "ssm:/vigie/lumen-site/2"})
    );
    assert!(!format!("{done:?}{looked:?}").contains(SECRET));
    for (name, value) in
        [("/vigie/lumen-site/1", SECRET), ("/vigie/lumen-site/2", "whsec_b3RoZXI=")]
    {
        let asked = parameters.get_parameter().name(name).with_decryption(true);
        let kept = asked.send().await.unwrap().parameter.unwrap();
        assert_eq!(kept.value(), Some(value));
        assert_eq!(kept.r#type(), Some(&ParameterType::SecureString));
    }
    let brands = place.store().await.brands().await.unwrap();
    let secrets: Vec<String> =
        brands[0].brand.sources[0].secrets.iter().map(ToString::to_string).collect();
    assert_eq!(secrets, [REFERENCE, "ssm:/vigie/lumen-site/2"]);
    let again = apply(&[]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.out.contains("Nothing to change"), "{again:?}");
}

#[tokio::test]
async fn a_faulty_included_file_stops_its_own_brands_only() {
    let place = Place::new().await;
    let (head, brand) = crate::support::CONFIG.split_once("[[brand]]").unwrap();
    let include = format!("include = [\"more.toml\"]\n{head}[[brand]]{brand}");
    place.write("vigie.toml", include);
    let orso = format!("[[brand]]{}", brand.replace("lumen", "orso"));
    place.write("more.toml", &orso);
    assert_eq!(place.run(&["apply", "--store", "aws"]).code, 0);
    place.write("more.toml", orso.replace("ssm:", "env:"));
    let ran = place.run(&["apply", "--store", "aws"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("more.toml"), "{ran:?}");
    let brands = place.store().await.brands().await.unwrap();
    assert!(brands.len() == 2 && brands.iter().all(|stored| !stored.retired), "{brands:?}");
}
