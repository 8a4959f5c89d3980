//! Holds an IMAP server to what was asked of it, below the parser: how long a line is, how large a
//! literal, how deep its parentheses, how much comes in reply to one command.
//!
//! The parser starts again with each piece of a line that is not whole, descends into parentheses and
//! keeps whatever comes: a server that does not end its line, its list or its reply would cost time,
//! stack and memory without end. Remembers the last line for error messages, and understands nothing.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Longer than any line that is asked for: a search's answer is the longest.
const LINE_AT_MOST: usize = 512 * 1024;
/// Deeper than lists go in what is asked for.
const DEPTH_AT_MOST: usize = 32;
/// So much of a line is kept for error messages.
const WORDS_AT_MOST: usize = 300;

/// A server said more than it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Excess {
    #[error("a line of more than {LINE_AT_MOST} octets")]
    Line,
    #[error("a literal of {0} octets, which nobody asked for")]
    Literal(u64),
    #[error("lists nested deeper than {DEPTH_AT_MOST}")]
    Depth,
    #[error("more than {0} octets in reply to one command")]
    Reply(u64),
}

/// A connection that is held to its limits.
pub(super) struct Guard<S> {
    inner: S,
    literal_at_most: u64,
    reply_at_most: u64,
    seen: Seen,
}

/// Where in a reply the server is.
#[derive(Default)]
struct Seen {
    /// Octets since the command.
    reply: u64,
    /// Octets of this line.
    line: usize,
    literal_left: u64,
    literal: Announced,
    quoted: bool,
    escaped: bool,
    depth: usize,
    /// The start of this line, and of the last whole one.
    words: Vec<u8>,
    last: Vec<u8>,
}

/// How much of `{n}` CR LF was seen (RFC 9051, section 4.3).
#[derive(Default, Clone, Copy)]
enum Announced {
    #[default]
    Nothing,
    Digits(u64),
    Closed(u64),
    Return(u64),
}

impl<S> Guard<S> {
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            literal_at_most: 0,
            reply_at_most: 0,
            seen: Seen::default(),
        }
    }

    /// A command goes out: so much may come back.
    pub(super) fn expect(&mut self, reply_at_most: u64, literal_at_most: u64) {
        self.reply_at_most = reply_at_most;
        self.literal_at_most = literal_at_most;
        self.seen.reply = 0;
    }

    /// The last whole line, printable and not long.
    pub(super) fn words(&self) -> String {
        printable(&self.seen.last)
    }

    pub(super) fn into_inner(self) -> S {
        self.inner
    }
}

/// A server's words as an error may show them.
pub(super) fn printable(words: &[u8]) -> String {
    let words = words.get(..WORDS_AT_MOST).unwrap_or(words);
    String::from_utf8_lossy(words)
        .replace(|letter: char| letter.is_control(), " ")
        .trim()
        .to_owned()
}

impl<S> fmt::Debug for Guard<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard(…)")
    }
}

impl Seen {
    fn look(&mut self, mut octets: &[u8], reply: u64, literal: u64) -> Result<(), Excess> {
        self.reply = self
            .reply
            .saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        if self.reply > reply {
            return Err(Excess::Reply(reply));
        }
        while let Some((&octet, rest)) = octets.split_first() {
            if self.literal_left > 0 {
                let skipped = octets
                    .len()
                    .min(usize::try_from(self.literal_left).unwrap_or(usize::MAX));
                self.literal_left -= u64::try_from(skipped).unwrap_or(self.literal_left);
                octets = octets.get(skipped..).unwrap_or_default();
                continue;
            }
            octets = rest;
            if self.words.len() < WORDS_AT_MOST {
                self.words.push(octet);
            }
            self.line += 1;
            if self.line > LINE_AT_MOST {
                return Err(Excess::Line);
            }
            self.octet(octet, literal)?;
        }
        Ok(())
    }

    fn octet(&mut self, octet: u8, literal: u64) -> Result<(), Excess> {
        if octet == b'\n' {
            if let Announced::Return(size) = self.literal {
                if size > literal {
                    return Err(Excess::Literal(size));
                }
                self.literal_left = size;
            } else {
                std::mem::swap(&mut self.last, &mut self.words);
                self.words.clear();
                (self.line, self.depth) = (0, 0);
            }
            self.literal = Announced::Nothing;
            (self.quoted, self.escaped) = (false, false);
            return Ok(());
        }
        self.literal = match (self.literal, octet) {
            (Announced::Digits(size), b'0'..=b'9') => Announced::Digits(
                size.saturating_mul(10)
                    .saturating_add(u64::from(octet - b'0')),
            ),
            (Announced::Digits(size), b'}') => Announced::Closed(size),
            (Announced::Closed(size), b'\r') => Announced::Return(size),
            (_, b'{') => Announced::Digits(0),
            _ => Announced::Nothing,
        };
        match octet {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.quoted => self.escaped = true,
            b'"' => self.quoted = !self.quoted,
            b'(' if !self.quoted => self.depth += 1,
            b')' if !self.quoted => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth > DEPTH_AT_MOST {
            return Err(Excess::Depth);
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.inner).poll_read(cx, buf);
        if matches!(polled, Poll::Ready(Ok(()))) {
            let come = buf.filled().get(before..).unwrap_or_default();
            this.seen
                .look(come, this.reply_at_most, this.literal_at_most)
                .map_err(io::Error::other)?;
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(pieces: &[&[u8]]) -> Result<Seen, Excess> {
        let mut seen = Seen::default();
        for piece in pieces {
            seen.look(piece, 4_000_000, 1_000)?;
        }
        Ok(seen)
    }

    #[test]
    fn what_nobody_asked_for_is_refused_in_whatever_pieces_it_comes() {
        let long = vec![b'x'; LINE_AT_MOST + 1];
        let deep = b"(".repeat(DEPTH_AT_MOST + 1);
        for (text, excess) in [
            (
                b"* 1 FETCH (BODY[] {1001}\r\n".to_vec(),
                Excess::Literal(1001),
            ),
            (
                b"* 1 FETCH (BODY[] {99999999999999999999999}\r\n".to_vec(),
                Excess::Literal(u64::MAX),
            ),
            (long, Excess::Line),
            (deep, Excess::Depth),
        ] {
            assert_eq!(look(&[&text]).err(), Some(excess));
            let pieces: Vec<&[u8]> = text.chunks(1).collect();
            assert_eq!(look(&pieces).err(), Some(excess));
        }
        let much = b"* OK still here\r\n".repeat(300_000);
        assert_eq!(look(&[&much]).err(), Some(Excess::Reply(4_000_000)));
    }

    #[test]
    fn literals_and_quotes_are_not_looked_into() {
        let message = b"(".repeat(900);
        let text = [
            b"* 1 FETCH (UID 7 BODY[] {900}\r\n".as_slice(),
            &message,
            b" X \"((\\\"((\")\r\na1 OK done \x07\r\n",
        ]
        .concat();
        for size in [1, 7, text.len()] {
            let pieces: Vec<&[u8]> = text.chunks(size).collect();
            let seen = look(&pieces).unwrap();
            assert_eq!(printable(&seen.last), "a1 OK done");
            assert_eq!(seen.depth, 0);
        }
    }
}
