//! A file as an answer's body, a piece at a time, and what a file's name says of it.

use std::fs::File;
use std::io::{self, Read as _};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use axum::http::HeaderValue;
use hyper::body::{Frame, SizeHint};
use tokio::task::JoinHandle;

use crate::mail::media_type::media_type;
use crate::mail::percent::encoded;

/// Bytes of a piece.
const PIECE: usize = 64 * 1024;

/// An open file, from its place on. A piece is read when the one before has gone out, on a thread where waiting does no harm:
/// who reads slowly holds one piece, and no thread.
pub(super) struct Streamed {
    state: State,
    left: u64,
}

enum State {
    Waiting(File),
    Reading(JoinHandle<io::Result<(File, Vec<u8>)>>),
    Over,
}

impl Streamed {
    /// So many bytes of a file.
    pub(super) fn new(file: File, size: u64) -> Self {
        Self {
            state: State::Waiting(file),
            left: size,
        }
    }

    /// How many are left.
    pub(super) fn size(&self) -> u64 {
        self.left
    }
}

fn piece(mut file: File, most: u64) -> io::Result<(File, Vec<u8>)> {
    let most = usize::try_from(most).unwrap_or(PIECE).min(PIECE);
    let mut bytes = vec![0; most];
    file.read_exact(&mut bytes)?;
    Ok((file, bytes))
}

impl hyper::body::Body for Streamed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            match std::mem::replace(&mut self.state, State::Over) {
                State::Over => return Poll::Ready(None),
                State::Waiting(_) if self.left == 0 => return Poll::Ready(None),
                State::Waiting(file) => {
                    let left = self.left;
                    let job = tokio::task::spawn_blocking(move || piece(file, left));
                    self.state = State::Reading(job);
                }
                State::Reading(mut job) => {
                    let Poll::Ready(read) = Pin::new(&mut job).poll(context) else {
                        self.state = State::Reading(job);
                        return Poll::Pending;
                    };
                    let read = read.unwrap_or_else(|why| Err(io::Error::other(why)));
                    return Poll::Ready(Some(read.map(|(file, bytes)| {
                        self.left = self.left.saturating_sub(bytes.len() as u64);
                        self.state = State::Waiting(file);
                        Frame::data(Bytes::from(bytes))
                    })));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// A file's media type as it is answered with. SVG, which a browser may run, is shown in a sandbox.
pub(super) fn content_type(name: &str) -> &'static str {
    match media_type(name) {
        "text/plain" => "text/plain; charset=utf-8",
        "text/csv" => "text/csv; charset=utf-8",
        "text/calendar" => "text/calendar; charset=utf-8",
        other => other,
    }
}

/// A file to be kept under its name (RFC 6266 §4.3; RFC 8187 §3.2.1): in ASCII, and as it is.
pub(super) fn attachment(name: &str) -> HeaderValue {
    let plain: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '%' => '_',
            c if c.is_ascii() && !c.is_ascii_control() => c,
            _ => '_',
        })
        .collect();
    let spelled = encoded(name);
    let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{spelled}");
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_breaks_no_header() {
        assert_eq!(
            attachment("Año \"1\"; x=\r\n.pdf"),
            "attachment; filename=\"A_o _1_; x=__.pdf\"; filename*=UTF-8''A%C3%B1o%20%221%22%3B%20x%3D%0D%0A.pdf"
        );
        assert_eq!(content_type("a.txt"), "text/plain; charset=utf-8");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_file_arrives_whole_and_one_that_shrank_does_not() {
        let whole = tempfile::tempfile().unwrap();
        let mut file = whole.try_clone().unwrap();
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        io::Write::write_all(&mut file, &bytes).unwrap();
        for (size, expected) in [(200_000, true), (0, true), (200_001, false)] {
            let mut from = whole.try_clone().unwrap();
            io::Seek::seek(&mut from, io::SeekFrom::Start(0)).unwrap();
            let body = axum::body::Body::new(Streamed::new(from, size));
            let read = axum::body::to_bytes(body, 1_000_000).await;
            assert_eq!(read.is_ok(), expected, "{size}");
            if let Ok(read) = read {
                assert_eq!(read, bytes[..size as usize]);
            }
        }
    }
}
