//! The whole file, checked.

use std::net::SocketAddr;
use std::path::PathBuf;

use vigie_domain::Brand;

use crate::address;
use crate::brand::{self, Seen};
use crate::code::Code;
use crate::mail::{self, Mail};
use crate::node::{Node, all};
use crate::table::Table;
use crate::values::Bad;

/// What vigie.toml says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `[server]`.
    pub server: Server,
    /// `[mail]`: there whenever there is a brand.
    pub mail: Option<Mail>,
    /// `[[brand]]`, in the file's order.
    pub brands: Vec<Brand>,
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
}

impl Default for Server {
    /// What an empty file says.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            data: PathBuf::from("vigie-data"),
            public_url: "http://127.0.0.1:8787".to_owned(),
            metrics_listen: None,
        }
    }
}

const KEYS: [&str; 3] = ["server", "mail", "brand"];
const SERVER_KEYS: [&str; 4] = ["listen", "data", "public_url", "metrics_listen"];
const SERVER_LATER: [&str; 1] = ["trusted_proxies"];
/// Tables of a later version, and their keys.
const LATER: [(&str, &[&str]); 2] = [("operator", &["email"]), ("aws", &["stack", "region"])];

/// Reads the whole file. `None` only where a fault was recorded.
pub(crate) fn read(root: &Table<'_>) -> Option<Config> {
    let tables = LATER.map(|(name, _)| name);
    root.check_keys(&[KEYS.as_slice(), &tables].concat(), &["include"]);
    for (name, keys) in LATER {
        refuse_later(root, name, keys);
    }
    let server = root.or("server", Server::default(), read_server);
    let mail = root.or("mail", None, |node| mail::read(node).map(Some));
    let rows = root.rows("brand", "write [[brand]], with two brackets, before each brand");
    let mut seen = Seen::default();
    let brands = all(&rows.tables, |table| brand::read(table, &mut seen));
    let has_mail = root.get("mail").is_some() || !misses_mail(&rows.tables);
    let mail = mail.filter(|_| has_mail);
    Some(Config { server: server?, mail: mail?, brands: brands.filter(|_| rows.whole)? })
}

/// Refuses what is in a table of a later version, key by key; an empty one is refused itself.
fn refuse_later(root: &Table<'_>, name: &str, keys: &[&str]) {
    let Some(node) = root.get(name) else { return };
    let Some(table) = node.table(&format!("write [{name}]")) else { return };
    if table.is_empty() {
        node.refuse::<()>(Code::NotInThisVersion, Bad::later(&format!("[{name}]")));
    }
    table.check_keys(&[], keys);
}

/// Whether there is a brand, which would need `[mail]`; a fault if so.
fn misses_mail(brands: &[Table<'_>]) -> bool {
    let bad = || {
        let hint = "write [mail] with from and transport";
        Bad::new("a brand needs [mail], which is missing", hint)
    };
    brands.first().map(|first| first.refuse_as::<()>("mail", Code::MissingKey, bad())).is_some()
}

fn read_server(node: &Node<'_>) -> Option<Server> {
    let table = node.table("write [server]")?;
    table.check_keys(&SERVER_KEYS, &SERVER_LATER);
    let default = Server::default();
    let listen = table.or("listen", default.listen, listen);
    let data = table.or("data", default.data, |node| node.parse(Code::BadPath, folder));
    let public_url = table
        .or("public_url", default.public_url, |node| node.parse(Code::BadUrl, address::public_url));
    let metrics = table.or("metrics_listen", None, |node| metrics(node, listen).map(Some));
    Some(Server { listen: listen?, data: data?, public_url: public_url?, metrics_listen: metrics? })
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

/// Whether two sockets cannot both be bound, or one would serve the other's visitors.
fn collide(a: SocketAddr, b: SocketAddr) -> bool {
    let same_host = a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() == b.port() && a.port() != 0 && same_host
}
