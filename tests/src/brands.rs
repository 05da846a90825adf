//! The configurations of the scenarios, piece by piece. [`crate::stage::Stage::configure`] fills in
//! their places `{mail}` and `{report}`.

/// What every configuration begins with. `{mail}` is where the sink listens.
pub const SERVER: &str = r#"
[server]
listen = "127.0.0.1:0"
data = "data"
public_url = "http://vigie.example"
[mail]
from = "Sara <sara@vigie.example>"
reply_to = "support@agency.example"
transport = "{mail}"
"#;

/// A French brand with a source of each sort. `{report}` is an hour half a day away.
pub const LUMEN: &str = r#"
[[brand]]
id = "lumen"
name = "Maison Lumen"
locale = "fr"
timezone = "Europe/Paris"
report_at = "{report}"
praise = "daily"
contacts = [
  { id = "service", name = "Service client", email = "service@lumen.example" },
  { id = "direction", name = "Direction", email = "direction@lumen.example", gets = [] },
]
escalate = [ { after = "20h", to = ["service"] }, { after = "24h", to = ["direction"] } ]
[[brand.source]]
id = "lumen-site"
platform = "generic-hmac"
secrets = ["file:lumen-site.secret"]
[[brand.source]]
id = "lumen-shop"
platform = "standard-webhooks"
secrets = ["file:lumen-shop.secret"]
[[brand.source]]
id = "lumen-trust"
platform = "trustpilot"
secrets = ["file:lumen-trust.secret"]
"#;

/// An English brand with two recipients of everything.
pub const ORSO: &str = r#"
[[brand]]
id = "orso"
name = "Orso Coffee"
locale = "en"
timezone = "Europe/London"
report_at = "{report}"
contacts = [
  { id = "desk", name = "Front desk", email = "desk@orso.example" },
  { id = "owner", name = "The owner", email = "owner@orso.example" },
]
[[brand.source]]
id = "orso-site"
platform = "generic-hmac"
secrets = ["file:orso-site.secret"]
"#;
