//! Reading a body: up to a limit, and a little beyond it, so that the sender sees the answer.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;

use vigie_web::Code;
use vigie_web::body::{BODY_BYTES_MAX, judge};

/// The largest body read to its end before it is refused (contract): 2 MiB.
const DRAIN_BYTES_MAX: usize = 2 << 20;
/// How long a body may take to arrive. Platforms give up after 5 to 30 s themselves.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// Reads a body whole, or says why not.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Code> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced: usize = announced.and_then(|text| text.parse().ok()).unwrap_or(0);
    if announced > DRAIN_BYTES_MAX {
        return Err(Code::PayloadTooLarge);
    }
    let read = tokio::time::timeout(BODY_WITHIN, collect(body, announced));
    let bytes = read.await.map_err(|_| Code::RequestTimeout)??;
    judge(headers, bytes.len())?;
    Ok(bytes)
}

async fn collect(mut body: Body, announced: usize) -> Result<Bytes, Code> {
    let mut kept: Vec<u8> = Vec::new();
    let mut first: Option<Bytes> = None;
    let mut seen = 0;
    while let Some(frame) = body.frame().await {
        // The sender went away: nobody reads the answer.
        let Ok(data) = frame.map_err(|_| Code::RequestTimeout)?.into_data() else { continue };
        seen += data.len();
        if seen > DRAIN_BYTES_MAX {
            return Err(Code::PayloadTooLarge);
        }
        if seen > BODY_BYTES_MAX {
            continue;
        }
        match first.take() {
            // Most bodies come in one piece, and are not copied.
            None if kept.is_empty() => first = Some(data),
            None => kept.extend_from_slice(&data),
            Some(piece) => {
                kept.reserve(announced.min(BODY_BYTES_MAX));
                kept.extend_from_slice(&piece);
                kept.extend_from_slice(&data);
            }
        }
    }
    if seen > BODY_BYTES_MAX {
        return Err(Code::PayloadTooLarge);
    }
    Ok(first.unwrap_or_else(|| Bytes::from(kept)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body_of(bytes: usize) -> Body {
        let pieces = vec![0_u8; bytes];
        let pieces: Vec<_> =
            pieces.chunks(60_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
        Body::from_stream(futures_of(pieces))
    }

    fn futures_of<T: Unpin + Send + 'static>(
        items: Vec<T>,
    ) -> impl futures_core::Stream<Item = T> + Send + 'static {
        struct Items<T>(std::vec::IntoIter<T>);
        impl<T: Unpin> futures_core::Stream for Items<T> {
            type Item = T;
            fn poll_next(
                mut self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<T>> {
                std::task::Poll::Ready(self.0.next())
            }
        }
        Items(items.into_iter())
    }

    #[tokio::test]
    async fn a_body_of_one_mebibyte_is_taken_and_one_byte_more_is_not() {
        let none = HeaderMap::new();
        assert_eq!(read(&none, body_of(BODY_BYTES_MAX)).await.unwrap().len(), BODY_BYTES_MAX);
        for over in [BODY_BYTES_MAX + 1, DRAIN_BYTES_MAX, DRAIN_BYTES_MAX + 1] {
            assert_eq!(read(&none, body_of(over)).await, Err(Code::PayloadTooLarge), "{over}");
        }
    }
}
