//! How to reach the mail server.

use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use secrecy::SecretString;

/// Whether and how the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Never: for a server on this machine or a network of one's own.
    None,
    /// By STARTTLS where the server offers it.
    Opportunistic,
    /// By STARTTLS; a server without it gets nothing.
    Required,
    /// From the first byte (`smtps://`, port 465; RFC 8314 §3.3).
    Implicit,
}

/// One mail server.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// Its name or address; with TLS the name that its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether and how to encrypt.
    pub tls: Tls,
    /// User and password, where it wants some.
    pub credentials: Option<(String, SecretString)>,
    /// What to call oneself in EHLO: a domain, or empty for an address literal.
    pub hello_name: String,
}

/// Why a configuration cannot work. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSetup {
    /// The host is empty or no name.
    #[error("the mail server has no usable host name")]
    Host,
    /// A further root certificate is not PEM.
    #[error("the root certificate is not a PEM certificate")]
    RootCertificate,
    /// This machine offers no TLS: usually it has no root certificates (`ca-certificates`).
    #[error("TLS cannot be set up here: {0}")]
    Tls(String),
}

impl SmtpConfig {
    /// The host as sockets want it: an IPv6 address without its brackets.
    pub(crate) fn host(&self) -> &str {
        let inner = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        inner.unwrap_or(&self.host)
    }

    /// Whether the server runs on this machine, where a password crosses no network.
    pub(crate) fn is_loopback(&self) -> bool {
        let address: Result<std::net::IpAddr, _> = self.host().parse();
        address.map_or_else(
            |_| self.host().eq_ignore_ascii_case("localhost"),
            |address| address.is_loopback(),
        )
    }

    /// What EHLO says. A name that is no domain would be a command of its own, so it is replaced by
    /// the address literal that RFC 5321 §4.1.3 asks of a nameless client.
    pub(crate) fn client_id(&self) -> ClientId {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"-.:[]_".contains(&b);
        let name = self.hello_name.as_str();
        if name.is_empty() || !name.bytes().all(legal) {
            return ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST);
        }
        ClientId::Domain(name.to_owned())
    }

    /// The TLS parameters, with further root certificates in PEM.
    pub(crate) fn tls_parameters(
        &self,
        roots: &[Vec<u8>],
    ) -> Result<Option<TlsParameters>, BadSetup> {
        if self.host().is_empty() || self.host().contains(|c: char| c.is_whitespace()) {
            return Err(BadSetup::Host);
        }
        if self.tls == Tls::None {
            return Ok(None);
        }
        let mut builder = TlsParameters::builder(self.host().to_owned());
        for pem in roots {
            let root = Certificate::from_pem(pem).map_err(|_| BadSetup::RootCertificate)?;
            builder = builder.add_root_certificate(root);
        }
        builder.build().map(Some).map_err(|e| BadSetup::Tls(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(host: &str, hello_name: &str) -> SmtpConfig {
        SmtpConfig {
            host: host.to_owned(),
            port: 25,
            tls: Tls::None,
            credentials: None,
            hello_name: hello_name.to_owned(),
        }
    }

    #[test]
    fn a_loopback_host_is_known_by_its_name_or_its_address() {
        for near in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(config(near, "").is_loopback(), "{near}");
        }
        for far in ["mail.lumen.example", "192.0.2.1", "localhost.lumen.example", "2001:db8::1"] {
            assert!(!config(far, "").is_loopback(), "{far}");
        }
    }

    #[test]
    fn a_hello_name_cannot_smuggle_a_command() {
        for bad in ["", "a\r\nMAIL FROM:<x@x.example>", "a b", "é"] {
            assert_eq!(config("h", bad).client_id().to_string(), "[127.0.0.1]", "{bad:?}");
        }
        assert_eq!(config("h", "vigie.example").client_id().to_string(), "vigie.example");
    }

    #[test]
    fn a_setup_that_cannot_work_is_refused() {
        for bad in ["", "a b", "[]"] {
            assert_eq!(config(bad, "").tls_parameters(&[]).err(), Some(BadSetup::Host), "{bad:?}");
        }
        let mut encrypted = config("mail.lumen.example", "");
        encrypted.tls = Tls::Required;
        let bad_root = [b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n".to_vec()];
        assert_eq!(encrypted.tls_parameters(&bad_root).err(), Some(BadSetup::RootCertificate));
    }
}
