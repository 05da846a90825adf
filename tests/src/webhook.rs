//! Playing a platform fast: signed webhooks over a kept connection, built by hand.
//!
//! The scheme is that of the preset `generic-hmac`: `X-Signature-256: sha256=<hex>` over the raw
//! body (contract.md, "HTTP"). The client reads what a load generator needs of HTTP/1.1 (RFC 9112)
//! and no more: a status, a `Content-Length`, a body.

use std::io::Write as _;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The secret of every source that the tests load.
pub const SECRET: &str = "an-invented-secret-of-the-load-generator";
/// The source that is loaded.
pub const SOURCE: &str = "lumen-site";
/// Longest answer that is read, in bytes: Vigie's are a few hundred.
const ANSWER_MAX: usize = 64 * 1024;

/// What a reviewer of the load writes: a usual length, some accents.
const TEXT: &str = "Commande reçue en trois jours, emballage soigné. La lampe éclaire bien, la \
                    notice est claire et le vendeur a répondu vite à ma question sur l'ampoule. \
                    Je recommande, même si le câble est un peu court.";

/// Makes signed requests.
///
/// ```
/// let sender = vigie_tests::webhook::Sender::new("2026-11-20T09:12:00Z")?;
/// let mut request = Vec::new();
/// sender.write(&mut request, "r-1", 5)?;
/// assert!(request.starts_with(b"POST /hooks/lumen-site HTTP/1.1\r\n"));
/// # Ok::<(), anyhow::Error>(())
/// ```
#[derive(Clone)]
pub struct Sender {
    keyed: Hmac<Sha256>,
    published_at: String,
}

impl Sender {
    /// Makes reviews published at a time (RFC 3339).
    ///
    /// # Errors
    /// The secret is no key, which it has no reason not to be.
    pub fn new(published_at: &str) -> Result<Self> {
        let keyed = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
        Ok(Self { keyed, published_at: published_at.to_owned() })
    }

    /// The body of a webhook that posts one review.
    pub fn body(&self, id: &str, rating: u8) -> String {
        format!(
            concat!(
                r#"{{"type":"review.posted","review":{{"id":"{id}","rating":{rating},"scale":5,"#,
                r#""title":"Belle lampe","text":"{text}","language":"fr","author":"Claire D.","#,
                r#""published_at":"{at}","updated_at":"{at}","product":"Lampe Lumen"}}}}"#
            ),
            id = id,
            rating = rating,
            text = TEXT,
            at = self.published_at,
        )
    }

    /// Writes the whole signed request for one review into a buffer, which it clears first.
    ///
    /// # Errors
    /// Never, in memory.
    pub fn write(&self, request: &mut Vec<u8>, id: &str, rating: u8) -> Result<()> {
        let body = self.body(id, rating);
        let mut mac = self.keyed.clone();
        mac.update(body.as_bytes());
        request.clear();
        write!(
            request,
            "POST /hooks/{SOURCE} HTTP/1.1\r\nHost: vigie.example\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nX-Signature-256: sha256=",
            body.len()
        )?;
        for byte in mac.finalize().into_bytes() {
            write!(request, "{byte:02x}")?;
        }
        request.extend_from_slice(b"\r\n\r\n");
        request.extend_from_slice(body.as_bytes());
        Ok(())
    }
}

/// An answer, as far as a load generator looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// One connection that is kept.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn open(addr: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(addr).await.with_context(|| format!("no {addr}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4096) })
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// The connection breaks, or what comes is no answer. It is of no further use then.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await.context("sending")?;
        loop {
            if let Some((answer, length)) = parse(&self.read)? {
                self.read.drain(..length);
                return Ok(answer);
            }
            if self.stream.read_buf(&mut self.read).await.context("reading")? == 0 {
                bail!("the server hung up before it had answered");
            }
        }
    }
}

/// The first answer in some bytes and its length; nothing while it is not whole.
fn parse(bytes: &[u8]) -> Result<Option<(Answer, usize)>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return if bytes.len() > ANSWER_MAX { bail!("headers without an end") } else { Ok(None) };
    };
    let head = str::from_utf8(bytes.get(..end).unwrap_or_default()).context("odd headers")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let status = status.parse().with_context(|| format!("no status: {head:?}"))?;
    let length: usize = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, value)| value.trim().parse())
        .context("odd Content-Length")?;
    anyhow::ensure!(length <= ANSWER_MAX, "an answer of {length} bytes");
    let start = end + 4;
    let body = bytes.get(start..start + length);
    Ok(body.map(|body| (Answer { status, body: body.to_vec() }, start + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_carries_the_signature_that_the_scheme_says() {
        let sender = Sender::new("2026-11-20T09:12:00Z").unwrap();
        let mut request = b"left over".to_vec();
        sender.write(&mut request, "r-7", 2).unwrap();
        let text = String::from_utf8(request).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, sender.body("r-7", 2));
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head}");
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let bytes = mac.finalize().into_bytes();
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = hex.concat();
        assert!(head.ends_with(&format!("X-Signature-256: sha256={hex}")), "{head}");
    }

    #[test]
    fn a_body_is_the_neutral_payload() {
        let body = Sender::new("2026-11-20T09:12:00Z").unwrap().body("r-7", 2);
        let read: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(read["type"], "review.posted");
        assert_eq!(read["review"]["id"], "r-7");
        assert_eq!(read["review"]["rating"], 2);
    }

    #[test]
    fn an_answer_is_read_when_it_is_whole_and_no_further() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 503 x\r\n\r\n";
        for cut in 0..40 {
            assert_eq!(parse(&bytes[..cut]).unwrap(), None, "{cut} bytes");
        }
        let (first, length) = parse(bytes).unwrap().unwrap();
        assert_eq!(first, Answer { status: 200, body: b"ok".to_vec() });
        let (second, _) = parse(&bytes[length..]).unwrap().unwrap();
        assert_eq!(second, Answer { status: 503, body: Vec::new() });
    }

    #[test]
    fn what_is_no_answer_is_said_to_be_none() {
        assert!(parse(b"220 mail.example ESMTP\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n").is_err());
        assert!(parse(&vec![b'x'; ANSWER_MAX + 1]).is_err());
    }
}
