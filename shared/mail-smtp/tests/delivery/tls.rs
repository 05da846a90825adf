//! STARTTLS and TLS from the first byte, with certificates made for the occasion.
//!
//! The sink speaks no TLS: a small server before it does the handshake and passes the rest on.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::support::{LONG, config, email};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, BufStream,
    copy_bidirectional,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use vigie_mail_smtp::{SmtpConfig, SmtpMail, Tls};
use vigie_ports::{FailureClass, Mail as _};
use vigie_smtp_sink::{Credentials, Options, Sink};

/// A server with TLS before a sink.
struct Front {
    addr: SocketAddr,
    sink: Sink,
    /// Its certificate, PEM.
    root: Vec<u8>,
}

/// Starts one whose certificate bears `name`. With `offers` it greets in the clear and offers
/// STARTTLS; without, TLS comes first.
async fn front(name: &str, offers: bool) -> Front {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let tls = ServerConfig::builder().with_no_client_auth();
    let tls = tls.with_single_cert(vec![cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let credentials = Credentials { user: "sara".to_owned(), password: "s3same".to_owned() };
    let options = Options { credentials: Some(credentials), ..Options::default() };
    let sink = Sink::start_with("127.0.0.1:0".parse().unwrap(), options).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (addr, behind) = (listener.local_addr().unwrap(), sink.addr());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(pass_on(stream, behind, acceptor.clone(), offers));
        }
    });
    Front { addr, sink, root: cert.pem().into_bytes() }
}

/// Serves one connection; where the client gives up, there is nothing more to do.
async fn pass_on(
    mut stream: TcpStream,
    behind: SocketAddr,
    acceptor: TlsAcceptor,
    offers: bool,
) -> Option<()> {
    if offers {
        say(&mut stream, "220 front.example\r\n").await?;
        hear(&mut stream, "EHLO").await?;
        say(&mut stream, "250-front.example\r\n250 STARTTLS\r\n").await?;
        hear(&mut stream, "STARTTLS").await?;
        say(&mut stream, "220 go on\r\n").await?;
    }
    let encrypted = acceptor.accept(stream).await.ok()?;
    let mut encrypted = BufStream::new(encrypted);
    let mut sink = BufReader::new(TcpStream::connect(behind).await.ok()?);
    if offers {
        // After STARTTLS the client speaks first.
        hear(&mut sink, "220").await?;
    }
    copy_bidirectional(&mut encrypted, &mut sink).await.ok().map(drop)
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), line: &str) -> Option<()> {
    stream.write_all(line.as_bytes()).await.ok()
}

async fn hear(stream: &mut (impl AsyncRead + Unpin), wanted: &str) -> Option<()> {
    let mut line = String::new();
    // The other side waits for an answer, so that nothing beyond this line is lost in the buffer.
    BufReader::new(stream).read_line(&mut line).await.ok()?;
    line.starts_with(wanted).then_some(())
}

fn encrypted(front: &Front, tls: Tls) -> SmtpConfig {
    let credentials = Some(("sara".to_owned(), "s3same".to_owned().into()));
    SmtpConfig { host: "localhost".to_owned(), tls, credentials, ..config(front.addr) }
}

#[tokio::test]
async fn mail_is_sent_and_signed_in_for_under_every_kind_of_tls() {
    for tls in [Tls::Opportunistic, Tls::Required, Tls::Implicit] {
        let front = front("localhost", tls != Tls::Implicit).await;
        let mail = SmtpMail::with_roots(encrypted(&front, tls), std::slice::from_ref(&front.root))
            .unwrap();
        mail.probe(LONG).await.unwrap();
        mail.send(&email(1), LONG).await.unwrap();
        mail.send(&email(2), LONG).await.unwrap();
        assert_eq!((front.sink.count(), front.sink.connections()), (2, 2), "{tls:?}");
    }
}

#[tokio::test]
async fn a_certificate_of_unknown_origin_or_another_name_gets_nothing() {
    for tls in [Tls::Opportunistic, Tls::Required, Tls::Implicit] {
        let unknown = front("localhost", tls != Tls::Implicit).await;
        let mail = SmtpMail::new(encrypted(&unknown, tls)).unwrap();
        let error = mail.send(&email(1), LONG).await.unwrap_err();
        assert_eq!(error.class, FailureClass::Backoff, "{tls:?}: {error}");
        assert!(error.reason.contains("certificate"), "{tls:?}: {error}");
        let other = front("other.example", tls != Tls::Implicit).await;
        let roots = std::slice::from_ref(&other.root);
        let mail = SmtpMail::with_roots(encrypted(&other, tls), roots).unwrap();
        let error = mail.send(&email(1), LONG).await.unwrap_err();
        assert_eq!(error.class, FailureClass::Backoff, "{tls:?}: {error}");
        assert_eq!((unknown.sink.count(), other.sink.count()), (0, 0), "{tls:?}");
    }
}

#[tokio::test]
async fn tls_that_is_required_and_not_offered_gets_nothing() {
    let sink = Sink::start("127.0.0.1:0".parse().unwrap()).unwrap();
    let plain = |tls| SmtpMail::new(SmtpConfig { tls, ..config(sink.addr()) }).unwrap();
    let error = plain(Tls::Required).send(&email(1), LONG).await.unwrap_err();
    assert_eq!(error.class, FailureClass::DisableEndpoint);
    assert!(error.reason.contains("STARTTLS"), "{error}");
    assert_eq!(sink.count(), 0);
    plain(Tls::Opportunistic).send(&email(1), LONG).await.unwrap();
    assert_eq!(sink.count(), 1);
}
