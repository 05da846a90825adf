//! What a `[[brand.source]]` states beside its secrets: who may call it, and what it may ask.

use vigie_domain::{Access, Api};

use crate::address::{self, EMAIL, NETWORK, URL};
use crate::code::Code;
use crate::environment::PresetInfo;
use crate::key::{Key, Kind, SOMETHING};
use crate::node::{Node, all, quoted};
use crate::secret::{self, SECRET};
use crate::table::Table;
use crate::values::Bad;

/// A list of references to secrets.
const SECRETS: Kind = Kind::List(&SECRET);

pub(crate) const CHALLENGE: Key = Key::or(
    "challenge",
    "[]",
    SECRETS,
    "Where the words are that the platform's set-up check has to know.",
);
pub(crate) const AUDIENCE: Key = Key::optional(
    "audience",
    SOMETHING,
    "What a token is for, where it is not the source's address.",
);
pub(crate) const SENDER: Key =
    Key::optional("sender", EMAIL, "The e-mail address that a token has to carry.");
pub(crate) const ALLOW_FROM: Key = Key::or(
    "allow_from",
    "[]",
    Kind::List(&NETWORK),
    "Networks that may call; all others are refused.",
);
pub(crate) const BASIC: Key = Key::or(
    "basic",
    "[]",
    SECRETS,
    "Where user:password are that every call must carry too (HTTP Basic).",
);
pub(crate) const API: Key =
    Key::optional("api", Kind::Table(API_KEYS), "How the platform's API is asked for reviews.");
const API_KEYS: &[Key] = &[
    Key::optional("secret", SECRET, "Where the key is that the API wants."),
    Key::optional("base", URL, "What its addresses begin with, where each customer has a host."),
    Key::optional("account", SOMETHING, "The account, location, survey or merchant that is meant."),
];

/// Reads what a source states, and holds it against what its platform needs.
pub(crate) fn read(row: &Table<'_>, preset: Option<&PresetInfo>) -> Option<Access> {
    let secrets = |key: &Key| {
        row.or(key.name, Vec::new(), |node| all(node.list()?, |s| secret::of_source(&s)))
    };
    let (challenge, basic) = (secrets(&CHALLENGE), secrets(&BASIC));
    let audience = row.or(AUDIENCE.name, None, |node| node.text().map(|t| Some(t.to_owned())));
    let sender =
        row.or(SENDER.name, None, |node| node.parse(Code::BadEmail, address::email).map(Some));
    let allow_from = row.or(ALLOW_FROM.name, Vec::new(), |node| {
        let network = |node: &Node<'_>| node.parse(Code::BadAddress, address::network);
        all(node.list()?, |node| network(&node).map(|network| network.to_string()))
    });
    let api = row.or(API.name, None, |node| api(node).map(Some));
    let access = Access {
        challenge: challenge?,
        audience: audience?,
        sender: sender?,
        allow_from: allow_from?,
        basic: basic?,
        api: api?,
    };
    if preset.is_none_or(|preset| lacks_nothing(row, preset, &access)) {
        Some(access)
    } else {
        None
    }
}

fn api(node: &Node<'_>) -> Option<Api> {
    let table = node.table("write api = { secret = \"env:NAME\" }")?;
    table.check_keys(API_KEYS);
    let secret = table.or("secret", None, |node| secret::of_source(node).map(Some));
    let base = table.or("base", None, |node| node.parse(Code::BadUrl, base).map(Some));
    let account = table.or("account", None, |node| node.text().map(|t| Some(t.to_owned())));
    Some(Api { secret: secret?, base: base?, account: account? })
}

/// What an API's addresses begin with: what is asked there carries a secret, so never in the clear.
fn base(given: &str) -> Result<String, Bad> {
    let base = address::public_url(given)?;
    let host = base.strip_prefix("http://").and_then(address::host_and_port);
    match host {
        Some((host, _)) if !address::is_loopback(&host) => {
            let message = format!("{} would send a secret in the clear", quoted(given));
            Err(Bad::new(message, "write https://"))
        }
        _ => Ok(base),
    }
}

/// Whether a source states all that its platform needs, each refused by its key.
fn lacks_nothing(row: &Table<'_>, preset: &PresetInfo, access: &Access) -> bool {
    let mut whole = true;
    let mut refuse = |key: &str, code, message: String, hint: &str| {
        let _: Option<()> = row.refuse(key, code, Bad::new(message, hint));
        whole = false;
    };
    if preset.needs_word && access.challenge.is_empty() {
        let message = "this platform asks the address for a word of yours".to_owned();
        let hint = "make one, write challenge = [\"env:NAME\"], and give it to the platform";
        refuse("challenge", Code::MissingSecret, message, hint);
    }
    if preset.needs_sender && access.sender.is_none() {
        let message =
            "this platform's tokens carry a sender, which the source has to state".to_owned();
        let hint = "write sender = \"...\", the address of the service account that calls";
        refuse("sender", Code::MissingAccess, message, hint);
    }
    let Some(fetches) = preset.fetches else { return whole };
    let Some(api) = &access.api else {
        let message = "this platform tells ids only: reviews are read from its API".to_owned();
        refuse(
            "api",
            Code::MissingAccess,
            message,
            "write api = { secret = \"env:NAME\" }; vigie sources says what it needs",
        );
        return whole;
    };
    if fetches.needs_secret && api.secret.is_none() {
        let message = "this platform's API needs a secret".to_owned();
        refuse("api", Code::MissingSecret, message, "write api = { secret = \"env:NAME\" }");
    }
    for name in &preset.api_names {
        let there = match *name {
            "base" => api.base.is_some(),
            _ => api.account.is_some(),
        };
        if !there {
            let message = format!("the addresses of this platform's API need {name}");
            refuse(
                "api",
                Code::MissingAccess,
                message,
                &format!("write api = {{ {name} = \"...\" }}"),
            );
        }
    }
    whole
}
