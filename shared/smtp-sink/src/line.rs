//! Reading lines and messages from a connection.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Longest command line that is understood, in bytes. RFC 5321 §4.5.3.1.4 asks for 512, and
/// RFC 4954 §4 for 12,288 where AUTH is spoken.
pub(crate) const COMMAND_BYTES_MAX: usize = 12_288;

/// Reads on to the next line feed and appends the line with its end, or as much of it as `room`
/// allows; the rest is read and dropped. Answers how long the line was: more than `room` where it
/// was cut, 0 at the end of the stream.
///
/// # Errors
/// Those of the connection, and [`io::ErrorKind::UnexpectedEof`] in the middle of a line.
pub(crate) async fn read_line<R: AsyncBufRead + Unpin>(
    reader: &mut R,
    into: &mut Vec<u8>,
    room: usize,
) -> io::Result<usize> {
    let mut length = 0_usize;
    loop {
        let chunk = reader.fill_buf().await?;
        if chunk.is_empty() {
            let whole = length == 0;
            return if whole { Ok(0) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        let end = chunk.iter().position(|b| *b == b'\n').map(|at| at + 1);
        let taken = end.unwrap_or(chunk.len());
        let kept = taken.min(room.saturating_sub(length));
        into.extend(chunk.iter().take(kept));
        reader.consume(taken);
        length += taken;
        if end.is_some() {
            return Ok(length);
        }
    }
}

/// Reads a message up to its final dot, and removes the dots that were stuffed (RFC 5321 §4.5.2).
/// Only `CRLF . CRLF` ends it: a bare line feed never does (the "SMTP smuggling" of 2023). Answers
/// whether it fitted into `size_max` bytes; a larger one is read to its end and dropped.
///
/// # Errors
/// Those of the connection, and [`io::ErrorKind::UnexpectedEof`] before the final dot.
pub(crate) async fn read_message<R: AsyncBufRead + Unpin>(
    reader: &mut R,
    data: &mut Vec<u8>,
    size_max: usize,
) -> io::Result<bool> {
    data.clear();
    let mut fits = true;
    let mut after_crlf = true;
    loop {
        let start = data.len();
        // Room for the dot line and for the end of a line at the very limit.
        let room = size_max.saturating_sub(start) + 3;
        let length = read_line(reader, data, room).await?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = data.get(start..).unwrap_or_default();
        if after_crlf && length == 3 && line == b".\r\n" {
            data.truncate(start);
            return Ok(fits);
        }
        let stuffed = after_crlf && line.first() == Some(&b'.');
        let cut = length > room;
        after_crlf = cut || line.ends_with(b"\r\n");
        if stuffed {
            data.remove(start);
        }
        if cut || data.len() > size_max {
            fits = false;
            data.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn message(wire: &[u8], size_max: usize) -> io::Result<(bool, Vec<u8>)> {
        let mut data = vec![b'?'];
        // Three bytes at a time, so that every pattern is also met across a boundary.
        let mut reader = tokio::io::BufReader::with_capacity(3, wire);
        read_message(&mut reader, &mut data, size_max).await.map(|fits| (fits, data))
    }

    #[tokio::test]
    async fn dots_are_unstuffed_and_the_final_one_ends() {
        let (fits, data) = message(b"a\r\n..b\r\n.c\r\n...\r\n.\r\nNOOP\r\n", 99).await.unwrap();
        assert!(fits);
        assert_eq!(data, b"a\r\n.b\r\nc\r\n..\r\n");
        assert_eq!(message(b".\r\n", 99).await.unwrap(), (true, Vec::new()));
    }

    #[tokio::test]
    async fn a_bare_line_feed_never_ends_a_message() {
        let (_, data) = message(b"a\n.\r\nb\r\n.\nc\r\n.\r\n", 99).await.unwrap();
        assert_eq!(data, b"a\n.\r\nb\r\n\nc\r\n");
    }

    #[tokio::test]
    async fn a_message_at_the_limit_fits_and_one_byte_more_does_not() {
        assert_eq!(message(b"abc\r\n.\r\n", 5).await.unwrap(), (true, b"abc\r\n".to_vec()));
        assert!(!message(b"abcd\r\n.\r\n", 5).await.unwrap().0);
        let long = [b"x".repeat(5_000), b"\r\n.\r\n".to_vec()].concat();
        assert!(!message(&long, 100).await.unwrap().0);
    }

    #[tokio::test]
    async fn a_stream_that_stops_early_is_an_error() {
        for cut in [&b""[..], b"a", b"a\r\n", b"a\r\n."] {
            assert!(message(cut, 99).await.is_err(), "{cut:?}");
        }
    }

    #[tokio::test]
    async fn a_line_is_cut_at_its_room_and_its_length_says_so() {
        let mut line = Vec::new();
        let mut reader = tokio::io::BufReader::with_capacity(2, &b"abcdef\nx\n"[..]);
        assert_eq!(read_line(&mut reader, &mut line, 4).await.unwrap(), 7);
        assert_eq!(line, b"abcd");
        assert_eq!(read_line(&mut reader, &mut line, 4).await.unwrap(), 2);
        assert_eq!(read_line(&mut reader, &mut line, 4).await.unwrap(), 0);
    }
}
