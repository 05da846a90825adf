//! How messages leave this process.

use std::path::Path;
use std::time::Duration;

use vigie_config::{Config, Smtp, Tls, Transport as Named};
use vigie_mail_smtp::{FileMail, SmtpConfig, SmtpMail, Transport};
use vigie_ports::{Accepted, Email, Mail, SendError};

use crate::environment::Machine;
use crate::load::CannotBegin;

/// A way to send, as the configuration names it.
pub(crate) enum Way {
    /// A mail server, or a folder.
    Own(Transport),
    /// Amazon SES.
    #[cfg(feature = "aws")]
    Ses(vigie_mail_ses::SesMail),
}

impl Way {
    /// Tries the way without a message.
    pub(crate) async fn probe(&self, within: Duration) -> Result<(), SendError> {
        match self {
            Self::Own(way) => way.probe(within).await,
            #[cfg(feature = "aws")]
            Self::Ses(way) => way.probe(within).await,
        }
    }

    /// The folder that messages are written to, if they are.
    pub(crate) fn folder(&self) -> Option<&FileMail> {
        match self {
            Self::Own(Transport::File(mail)) => Some(mail),
            Self::Own(Transport::Smtp(_)) => None,
            #[cfg(feature = "aws")]
            Self::Ses(_) => None,
        }
    }
}

impl Mail for Way {
    async fn send(&self, email: &Email, within: Duration) -> Result<Accepted, SendError> {
        match self {
            Self::Own(way) => way.send(email, within).await,
            #[cfg(feature = "aws")]
            Self::Ses(way) => way.send(email, within).await,
        }
    }
}

/// The mail transport that a configuration names.
pub(crate) async fn way(config: &Config, machine: &Machine) -> Result<Way, CannotBegin> {
    let into = |folder: &Path| Way::Own(Transport::File(FileMail::new(machine.path(folder))));
    let Some(mail) = &config.mail else { return Ok(into(Path::new("outbox"))) };
    match &mail.transport {
        Named::File(folder) => Ok(into(folder)),
        Named::Smtp(server) => smtp(server, &mail.from.email, machine).await,
        Named::Ses => ses(config).await,
    }
}

#[cfg(feature = "aws")]
async fn ses(config: &Config) -> Result<Way, CannotBegin> {
    let shared = crate::cloud::surroundings(&config.aws).await?;
    Ok(Way::Ses(vigie_mail_ses::SesMail::new(&shared, None)))
}

/// The configuration is refused before.
#[cfg(not(feature = "aws"))]
async fn ses(_: &Config) -> Result<Way, CannotBegin> {
    std::future::ready(Err(crate::open::not_built("transport = \"ses\""))).await
}

/// A mail server.
async fn smtp(smtp: &Smtp, from: &str, machine: &Machine) -> Result<Way, CannotBegin> {
    let credentials = match (&smtp.user, &smtp.password) {
        (Some(user), Some(reference)) => {
            let machine = machine.knowing(std::slice::from_ref(reference)).await;
            let secret = machine.secret(reference).map_err(CannotBegin::Other)?;
            Some((user.clone(), secret))
        }
        _ => None,
    };
    let setup = SmtpConfig {
        host: smtp.host.clone(),
        port: smtp.port,
        tls: match smtp.tls {
            Tls::None => vigie_mail_smtp::Tls::None,
            Tls::Opportunistic => vigie_mail_smtp::Tls::Opportunistic,
            Tls::StartTls => vigie_mail_smtp::Tls::Required,
            Tls::Implicit => vigie_mail_smtp::Tls::Implicit,
        },
        credentials,
        hello_name: hello_name(from),
    };
    SmtpMail::new(setup)
        .map(|mail| Way::Own(Transport::Smtp(mail)))
        .map_err(|error| CannotBegin::Other(format!("mail.transport: {error}")))
}

/// What we call ourselves to mail servers: the domain we write from.
fn hello_name(from: &str) -> String {
    from.rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned()
}
