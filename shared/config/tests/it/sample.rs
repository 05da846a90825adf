//! The sample of the public interface, and what defaults make of less.

use crate::support::{GOOD, harmed, read};
use jiff::{SignedDuration, civil};
use vigie_config::{Mailbox, Server, Smtp, Tls, Transport};
use vigie_domain::{
    Brand, Cause, Channel, Deliver, Gets, Hours, Locale, Praise, SecretRef, Severity, Stars,
};

/// The sample as the public interface prints it.
const WHOLE: &str = include_str!("sample.toml");

fn brand_of(text: &str) -> Brand {
    let outcome = read(text);
    assert_eq!(outcome.faults, [], "{text}");
    outcome.config.and_then(|config| config.brands.into_iter().next()).expect("a brand")
}

fn ids(contacts: &[vigie_domain::ContactId]) -> Vec<&str> {
    contacts.iter().map(vigie_domain::ContactId::as_str).collect()
}

fn ladder(brand: &Brand) -> Vec<(i64, Vec<&str>)> {
    brand.escalate.iter().map(|step| (step.after.as_mins(), ids(&step.to))).collect()
}

#[test]
fn the_sample_has_no_fault() {
    let outcome = read(WHOLE);
    assert_eq!(outcome.faults, []);
    let brands = outcome.config.unwrap().brands;
    let files: Vec<_> = brands.iter().map(|b| (b.id.as_str(), b.file.as_deref())).collect();
    assert_eq!(files, [("lumen", None), ("orso", Some("brands/orso.toml"))]);
    assert_eq!((outcome.included, outcome.brands_in_order), (1, 2));
}

#[test]
fn the_sample_says_where_to_serve_and_how_to_mail() {
    let outcome = read(WHOLE);
    assert_eq!(outcome.faults, []);
    let config = outcome.config.unwrap();
    assert_eq!(
        config.server,
        Server {
            metrics_listen: Some("127.0.0.1:8788".parse().unwrap()),
            trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
            ..Server::default()
        }
    );
    assert_eq!(config.operator.email, ["ops@agency.example"]);
    let mail = config.mail.unwrap();
    let address = |name: Option<&str>, email: &str| Mailbox {
        name: name.map(str::to_owned),
        email: email.to_owned(),
    };
    assert_eq!(mail.from, address(Some("Sara"), "sara@vigie.example"));
    assert_eq!(mail.reply_to, Some(address(None, "support@agency.example")));
    let host = "127.0.0.1".to_owned();
    let smtp = Smtp { tls: Tls::None, host, port: 1025, user: None, password: None };
    assert_eq!(mail.transport, Transport::Smtp(smtp));
}

#[test]
fn the_sample_says_what_a_brand_asks_for() {
    let brand = brand_of(WHOLE);
    assert_eq!((brand.id.as_str(), brand.name.as_str()), ("lumen", "Maison Lumen"));
    assert_eq!((brand.locale, brand.timezone.as_str()), (Locale::Fr, "Europe/Paris"));
    assert_eq!(brand.alert_below, Stars::FOUR);
    assert_eq!(brand.alert_within, SignedDuration::from_hours(168));
    assert_eq!(brand.answer_within, SignedDuration::from_hours(24));
    assert_eq!((brand.report_at, brand.report_when_empty), (civil::time(8, 0, 0, 0), true));
    assert_eq!(brand.praise, Praise::Daily);
    assert_eq!(ladder(&brand), [(1200, vec!["service"]), (1440, vec!["direction"])]);
    assert_eq!((brand.deliver, brand.send_between), (Deliver::Live, Hours::ALL_DAY));
    let [shop] = brand.shops.as_slice() else { panic!("one shop: {:?}", brand.shops) };
    assert_eq!((shop.id.as_str(), shop.name.as_str()), ("lyon", "Lyon Part-Dieu"));
    assert_eq!(shop.says, ["locations/2", "LYON-01"]);
    assert_eq!(ids(&shop.contacts), ["service"]);
}

#[test]
fn the_sample_says_who_hears_and_what_of() {
    let brand = brand_of(WHOLE);
    let people: Vec<_> = brand
        .contacts
        .iter()
        .map(|c| (c.id.as_str(), c.name.as_str(), c.email.as_str(), c.gets.as_slice()))
        .collect();
    let everything = [Gets::Alert, Gets::Praise, Gets::Report];
    assert_eq!(
        people,
        [
            ("service", "Service client", "service@lumen.example", everything.as_slice()),
            ("direction", "Direction", "direction@lumen.example", [].as_slice()),
        ]
    );
    let [route] = brand.routes.as_slice() else { panic!("one route: {:?}", brand.routes) };
    assert_eq!(route.stars_below, Stars::from_hundredths(200));
    assert_eq!(route.causes, [Cause::SafetyHealth, Cause::PrivacyData]);
    assert!(route.severities.is_empty() && route.sources.is_empty() && !route.goes_on);
    let to: Vec<_> = route.to.iter().map(|(channel, id)| (*channel, id.as_str())).collect();
    assert_eq!(to, [(Channel::Email, "direction"), (Channel::Email, "service")]);
    let [source] = brand.sources.as_slice() else { panic!("one source: {:?}", brand.sources) };
    assert_eq!((source.id.as_str(), source.platform.as_str()), ("lumen-site", "standard-webhooks"));
    assert_eq!(source.secrets, [SecretRef::Env("LUMEN_SITE_SECRET".to_owned())]);
}

#[test]
fn an_empty_file_is_a_configuration_without_brands() {
    let config = read("").config.unwrap();
    assert_eq!((config.server, config.mail, config.brands), (Server::default(), None, vec![]));
    assert_eq!(Server::default().listen.to_string(), "127.0.0.1:8787");
}

#[test]
fn what_a_brand_does_not_say_has_its_default() {
    let brand = brand_of(GOOD);
    assert_eq!(brand.alert_below, Stars::FOUR);
    assert_eq!(brand.alert_within, SignedDuration::from_hours(168));
    assert_eq!(brand.answer_within, SignedDuration::from_hours(24));
    assert_eq!((brand.report_at, brand.report_when_empty), (civil::time(8, 0, 0, 0), true));
    assert_eq!(brand.praise, Praise::Daily);
    let everybody = || vec!["service", "direction"];
    assert_eq!(ladder(&brand), [(1200, everybody()), (1440, everybody())]);
}

#[test]
fn what_a_brand_says_is_taken() {
    let said = r#"deliver = "live"
send_between = "00:00-24:00"
alert_below = 3.5
alert_within = "2d 12h"
answer_within = "90m"
report_at = "17:30:15"
report_when_empty = false
praise = "off"
locale"#;
    let brand = brand_of(&harmed("locale", said));
    assert_eq!(brand.alert_below, Stars::from_hundredths(350).unwrap());
    assert_eq!(brand.alert_within, SignedDuration::from_hours(60));
    assert_eq!(brand.answer_within, SignedDuration::from_mins(90));
    assert_eq!((brand.report_at, brand.report_when_empty), (civil::time(17, 30, 15, 0), false));
    assert_eq!(brand.praise, Praise::Off);
}

#[test]
fn a_ladder_is_sorted_and_its_equal_times_are_merged() {
    let steps = r#"escalate = [
  { after = "24h", to = ["direction"] },
  { after = "90m", to = ["service", "service"] },
  { after = "1d", to = ["service", "direction"] },
]
locale"#;
    let brand = brand_of(&harmed("locale", steps));
    assert_eq!(ladder(&brand), [(90, vec!["service"]), (1440, vec!["direction", "service"])]);
    assert!(brand_of(&harmed("locale", "escalate = []\nlocale")).escalate.is_empty());
}

#[test]
fn routes_keep_their_order_and_every_condition() {
    let routes = r#"[[brand.route]]
when = { severity = ["high", "critical"], source = "lumen-site", cause = "delivery" }
to = ["email:service"]
continue = true
[[brand.route]]
when = { stars_below"#;
    let brand = brand_of(&harmed("[[brand.route]]\nwhen = { stars_below", routes));
    let first = &brand.routes[0];
    assert_eq!(first.severities, [Severity::High, Severity::Critical]);
    assert_eq!(first.sources[0].as_str(), "lumen-site");
    assert_eq!((first.causes.as_slice(), first.goes_on), ([Cause::Delivery].as_slice(), true));
    assert_eq!(
        (brand.routes[1].stars_below, brand.routes[1].goes_on),
        (Stars::from_hundredths(200), false)
    );
    let always = brand_of(&harmed("when = { stars_below = 2.0 }\n", ""));
    assert_eq!(always.routes[0].stars_below, None);
}

#[test]
fn sources_take_several_secrets_files_and_presets_of_ones_own() {
    let secrets = "secrets = [\"env:SITE_SECRET\", \"env:OLD_SECRET\", \"file:secrets/site\"]";
    let text = harmed("secrets = [\"env:SITE_SECRET\"]", secrets)
        .replace("\"standard-webhooks\"", "\"presets/ours.toml\"");
    let source = &brand_of(&text).sources[0];
    assert_eq!(source.platform, "presets/ours.toml");
    assert_eq!(
        source.secrets,
        [
            SecretRef::Env("SITE_SECRET".to_owned()),
            SecretRef::Env("OLD_SECRET".to_owned()),
            SecretRef::File("secrets/site".to_owned()),
        ]
    );
    let unsigned =
        harmed("standard-webhooks", "plain").replace("secrets = [\"env:SITE_SECRET\"]", "");
    assert!(brand_of(&unsigned).sources[0].secrets.is_empty());
}

#[test]
fn mail_goes_to_a_server_with_a_password_or_into_a_folder() {
    let mail = |transport: &str| {
        let text = harmed("transport = \"smtp://127.0.0.1:1025\"", transport);
        read(&text).config.and_then(|config| config.mail).map(|mail| mail.transport)
    };
    let signed_in = "transport = \"smtps://sara%40agency.example@smtp.agency.example\"\n\
                     password = \"env:SMTP_PASSWORD\"";
    let smtp = Smtp {
        tls: Tls::Implicit,
        host: "smtp.agency.example".to_owned(),
        port: 465,
        user: Some("sara@agency.example".to_owned()),
        password: Some(SecretRef::Env("SMTP_PASSWORD".to_owned())),
    };
    assert_eq!(mail(signed_in), Some(Transport::Smtp(smtp)));
    assert_eq!(mail("transport = \"file:outbox\""), Some(Transport::File("outbox".into())));
}

#[test]
fn a_brand_may_be_on_trial_or_off_within_hours_and_in_shops() {
    let text = harmed("locale", "deliver = \"trial\"\nsend_between = \"08:00-20:00\"\nlocale")
        .replace("[mail]", "[operator]\nemail = \"ops@agency.example\"\n[mail]")
        .replace("secrets =", "shop = \"lyon\"\nsecrets =")
        .replace("stars_below = 2.0", "shop = [\"lyon\", \"nice\"]")
        .replace(
            "[[brand.route]]",
            "[[brand.shop]]\nid = \"lyon\"\nname = \"Lyon\"\nmatch = [\"LYON\", \"lyon\", \"L-1\"]\n\
             [[brand.shop]]\nid = \"nice\"\nname = \"Nice\"\ncontacts = [\"direction\"]\n[[brand.route]]",
        );
    let brand = brand_of(&text);
    assert_eq!(brand.deliver, Deliver::Trial);
    assert_eq!(brand.send_between, "08:00-20:00".parse().unwrap());
    assert_eq!(brand.sources[0].shop.as_ref().map(vigie_domain::ShopId::as_str), Some("lyon"));
    assert_eq!(brand.routes[0].shops.len(), 2);
    // No ladder is written: those of the review's shop hear, and who is of no shop.
    assert!(brand.escalate.iter().all(|step| step.to_shop && ids(&step.to) == ["service"]));
    let off = brand_of(&harmed("locale", "deliver = \"off\"\nlocale"));
    assert_eq!(off.deliver, Deliver::Off);
    let ladder = "escalate = [ { after = \"1h\", to = [\"shop\"] } ]\nlocale";
    let step = &brand_of(&text.replacen("locale", ladder, 1)).escalate[0];
    assert_eq!((step.to_shop, step.to.len()), (true, 0));
}
