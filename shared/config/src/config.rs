//! The whole file, checked.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use vigie_domain::Brand;
use vigie_domain::erase::Retention;

use crate::address::{self, EMAIL, NETWORK, URL};
use crate::aws::{self, Aws};
use crate::brand::{self, Seen};
use crate::code::Code;
use crate::environment::Included;
use crate::include;
use crate::key::{self, Key, Kind, SOMETHING};
use crate::mail::{self, Mail};
use crate::node::{Node, all};
use crate::table::Table;
use crate::values::{self, Bad, MONTHS};

/// What vigie.toml says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `[server]`.
    pub server: Server,
    /// `[mail]`: there whenever there is a brand.
    pub mail: Option<Mail>,
    /// `[operator]`.
    pub operator: Operator,
    /// `[retention]`.
    pub retention: Retention,
    /// `[aws]`.
    pub aws: Aws,
    /// `[[brand]]`, in the order of the files: this one's, then those of the included ones that
    /// have no fault.
    pub brands: Vec<Brand>,
}

/// `[operator]`: who hears of trouble with Vigie itself, and gets what a brand on trial would.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operator {
    /// Their addresses; none: the log and `vigie status` say it.
    pub email: Vec<String>,
}

/// `[server]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Where HTTP is served.
    pub listen: SocketAddr,
    /// The data folder, as written: a relative one is the root's to resolve.
    pub data: PathBuf,
    /// What links in messages begin with; no slash at its end.
    pub public_url: String,
    /// Where metrics are served, if anywhere; never on `listen`.
    pub metrics_listen: Option<SocketAddr>,
    /// Proxies whose word on a visitor's address is taken: addresses and networks.
    pub trusted_proxies: Vec<IpNet>,
}

impl Default for Server {
    /// What an empty file says.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            data: PathBuf::from("vigie-data"),
            public_url: "http://127.0.0.1:8787".to_owned(),
            metrics_listen: None,
            trusted_proxies: Vec::new(),
        }
    }
}

/// The keys of vigie.toml.
pub(crate) const KEYS: &[Key] = &[
    Key::or("include", "[]", Kind::List(&SOMETHING), "Patterns of files that hold brands."),
    Key::optional("server", Kind::Table(SERVER_KEYS), "Where Vigie serves; read at start only."),
    Key::optional("mail", Kind::Table(mail::KEYS), "Who messages come from, and how they leave."),
    Key::optional(
        "operator",
        Kind::Table(OPERATOR_KEYS),
        "Who hears of trouble with Vigie itself.",
    ),
    Key::optional("retention", Kind::Table(RETENTION_KEYS), "How long what people wrote is kept."),
    Key::optional("aws", Kind::Table(aws::KEYS), "Which stack on AWS is meant, and where."),
    Key::optional("brand", Kind::Tables(brand::KEYS), "Who is reviewed."),
];
const SERVER_KEYS: &[Key] = &[
    Key::or(
        "listen",
        r#""127.0.0.1:8787""#,
        SOCKET,
        "Where HTTP is served: an IP address and a port.",
    ),
    Key::or("data", r#""vigie-data""#, SOMETHING, "The folder of the store."),
    Key::or("public_url", r#""http://127.0.0.1:8787""#, URL, "What links in messages begin with."),
    Key::optional("metrics_listen", SOCKET, "Where metrics are served; never on listen."),
    Key::or(
        "trusted_proxies",
        "[]",
        Kind::List(&NETWORK),
        "Proxies whose X-Forwarded-For is believed.",
    ),
];
const OPERATOR_KEYS: &[Key] = &[Key::needed(
    "email",
    Kind::ListOrOne(&EMAIL),
    "Their addresses; one that takes it is enough.",
)];
const RETENTION_KEYS: &[Key] = &[
    Key::optional("reviewer", MONTHS, "How long a reviewer's name and order are kept."),
    Key::optional("review", MONTHS, "How long a review's texts are kept; its numbers stay."),
];
const SOCKET: Kind = Kind::Text(":[0-9]+$");

/// What every table of the file may be called.
pub(crate) fn tables() -> Vec<&'static str> {
    key::names(KEYS)
}

/// Reads vigie.toml itself; gives the files that it includes too, unread. No configuration only
/// where a fault was recorded.
pub(crate) fn read(root: &Table<'_>, seen: &mut Seen) -> (Option<Config>, Vec<Included>) {
    root.check_keys(KEYS);
    let (files, all_found) = include::find(root);
    let config = read_tables(root, seen, !files.is_empty()).filter(|_| all_found);
    (config, files)
}

fn read_tables(root: &Table<'_>, seen: &mut Seen, includes: bool) -> Option<Config> {
    let server = root.or("server", Server::default(), read_server);
    let mail = root.or("mail", None, |node| mail::read(node).map(Some));
    let rows = root.rows("brand", "write [[brand]], with two brackets, before each brand");
    let operator = root.or("operator", Operator::default(), operator);
    let retention = root.or("retention", Retention::default(), retention);
    let aws = root.or("aws", Aws::default(), aws::read);
    // A faulty operator makes no brand faulty too.
    seen.operator = operator.as_ref().is_none_or(|operator| !operator.email.is_empty());
    let brands = all(&rows.tables, |table| brand::read(table, seen));
    let has_mail = root.get("mail").is_some() || !misses_mail(root, &rows.tables, includes);
    let mail = mail.filter(|_| has_mail);
    Some(Config {
        server: server?,
        mail: mail?,
        operator: operator?,
        retention: retention?,
        aws: aws?,
        brands: brands.filter(|_| rows.whole)?,
    })
}

fn operator(node: &Node<'_>) -> Option<Operator> {
    let table = node.table("write [operator]")?;
    table.check_keys(OPERATOR_KEYS);
    let email = table.need("email", "write email = [\"ops@agency.example\"]")?;
    let email = all(email.list_or_one()?, |item| item.parse(Code::BadEmail, address::email))?;
    Some(Operator { email })
}

fn retention(node: &Node<'_>) -> Option<Retention> {
    let table = node.table("write [retention]")?;
    table.check_keys(RETENTION_KEYS);
    let term = |key: &str| {
        table.or(key, None, |node| node.parse(Code::BadDuration, values::months).map(Some))
    };
    let (reviewer, review) = (term("reviewer"), term("review"));
    let (reviewer, review) = (reviewer?, review?);
    if let (Some(reviewer), Some(review)) = (reviewer, review)
        && reviewer > review
    {
        let message = format!(
            "who wrote a review would be kept for {reviewer} months, and the \
             review for {review}: it cannot be kept longer than what it is of"
        );
        let bad = Bad::new(message, "make reviewer as long as review, or shorter");
        return table.get("reviewer")?.refuse(Code::BadDuration, bad);
    }
    Some(Retention { reviewer, review })
}

/// Whether there is a brand, here or in an included file, which would need `[mail]`; a fault if so.
fn misses_mail(root: &Table<'_>, brands: &[Table<'_>], includes: bool) -> bool {
    let bad = || {
        let hint = "write [mail] with from and transport";
        Bad::new("a brand needs [mail], which is missing", hint)
    };
    if let Some(first) = brands.first() {
        first.refuse_as::<()>("mail", Code::MissingKey, bad());
        return true;
    }
    let Some(node) = root.get("include").filter(|_| includes) else { return false };
    Node { path: "mail".to_owned(), ..node }.refuse::<()>(Code::MissingKey, bad());
    true
}

fn read_server(node: &Node<'_>) -> Option<Server> {
    let table = node.table("write [server]")?;
    table.check_keys(SERVER_KEYS);
    let default = Server::default();
    let listen = table.or("listen", default.listen, listen);
    let data = table.or("data", default.data, |node| node.parse(Code::BadPath, folder));
    let public_url = table
        .or("public_url", default.public_url, |node| node.parse(Code::BadUrl, address::public_url));
    let metrics = table.or("metrics_listen", None, |node| metrics(node, listen).map(Some));
    let proxies = table.or("trusted_proxies", Vec::new(), |node| all(node.list()?, |p| proxy(&p)));
    Some(Server {
        listen: listen?,
        data: data?,
        public_url: public_url?,
        metrics_listen: metrics?,
        trusted_proxies: proxies?,
    })
}

fn proxy(node: &Node<'_>) -> Option<IpNet> {
    node.parse(Code::BadAddress, address::network)
}

fn folder(given: &str) -> Result<PathBuf, Bad> {
    let good = !given.trim().is_empty() && !given.chars().any(char::is_control);
    good.then(|| PathBuf::from(given))
        .ok_or_else(|| Bad::new("this names no folder", "write \"vigie-data\" or a whole path"))
}

fn listen(node: &Node<'_>) -> Option<SocketAddr> {
    node.parse(Code::BadAddress, |given| {
        given.parse().map_err(|_| {
            let message = format!("{} is not an address and a port", crate::node::quoted(given));
            Bad::new(message, "write 127.0.0.1:8787, or [::1]:8787; an IP address, not a name")
        })
    })
}

fn metrics(node: &Node<'_>, public: Option<SocketAddr>) -> Option<SocketAddr> {
    let own = listen(node)?;
    if public.is_some_and(|public| collide(own, public)) {
        let message = "metrics would be on the address of server.listen, which is public";
        return node.refuse(Code::SameAddress, Bad::new(message, "give them another port"));
    }
    Some(own)
}

/// Whether two sockets cannot both be bound, or one would serve the other's visitors. An IPv4
/// address written as IPv6 is the same address, and `[::]` takes IPv4 too.
fn collide(a: SocketAddr, b: SocketAddr) -> bool {
    let (host, other) = (a.ip().to_canonical(), b.ip().to_canonical());
    let same_host = host == other || host.is_unspecified() || other.is_unspecified();
    a.port() == b.port() && a.port() != 0 && same_host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_never_on_the_public_socket_however_it_is_written() {
        let collide = |a: &str, b: &str| collide(a.parse().unwrap(), b.parse().unwrap());
        for (a, b) in [
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("0.0.0.0:1", "127.0.0.1:1"),
            ("127.0.0.1:1", "0.0.0.0:1"),
            ("[::]:1", "127.0.0.1:1"),
            ("[::1]:1", "0.0.0.0:1"),
            ("[::ffff:127.0.0.1]:1", "127.0.0.1:1"),
            ("[::ffff:0.0.0.0]:1", "192.0.2.1:1"),
        ] {
            assert!(collide(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("127.0.0.1:1", "127.0.0.1:2"),
            ("0.0.0.0:1", "0.0.0.0:2"),
            ("127.0.0.1:1", "127.0.0.2:1"),
            ("[::1]:1", "127.0.0.1:1"),
            ("127.0.0.1:0", "127.0.0.1:0"),
        ] {
            assert!(!collide(a, b), "{a} {b}");
        }
    }
}
