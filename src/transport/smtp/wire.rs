//! One connection's octets: commands go out in as few writes as possible, replies come in one by one.
//!
//! Every wait is bounded, and so is everything that a relay can make us keep.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::super::socket::Socket;
use super::super::{Failure, Reply};
use super::keywords::Keywords;
use super::reply::{self, Reading};

/// Octets offered to the socket at once; each such piece has the whole time limit.
const PIECE: usize = 64 * 1024;

/// A socket with what was read from it ahead, and what is to be written.
pub(super) struct Wire {
    socket: Socket,
    input: Vec<u8>,
    /// How much of `input` is used up.
    taken: usize,
    /// What the next write sends.
    pub(super) output: Vec<u8>,
}

/// How far a write came.
pub(super) struct Written {
    /// What stopped it.
    pub(super) result: Result<(), Failure>,
    /// Octets that the peer may have got, at most.
    pub(super) reached: usize,
}

impl Wire {
    pub(super) fn new(socket: Socket) -> Self {
        Self {
            socket,
            input: Vec::with_capacity(2048),
            taken: 0,
            output: Vec::with_capacity(2048),
        }
    }

    /// Gives the socket up for a TLS handshake; `None` where something was read ahead, which
    /// would then have come in clear text before the handshake (RFC 3207, section 6).
    pub(super) fn into_bare_socket(self) -> Option<Socket> {
        (self.taken == self.input.len()).then_some(self.socket)
    }

    pub(super) const fn is_tls(&self) -> bool {
        self.socket.is_tls()
    }

    /// What has come in although nothing was asked: a relay's notice that it closes, or a reply
    /// too many, after which every further one would be taken for another command's.
    pub(super) fn unasked(&mut self) -> Option<Failure> {
        if let Socket::Plain(stream) = &self.socket {
            // Costs nothing while nothing has come in.
            match stream.try_read_buf(&mut self.input) {
                Ok(0) => return Some(closed()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Some(lost(&error)),
            }
        }
        let waiting = self.input.get(self.taken..).unwrap_or_default();
        if waiting.is_empty() {
            return None;
        }
        Some(match reply::read(waiting) {
            Reading::Whole(reply, _) if reply.code == 421 => Failure::Closing(reply),
            Reading::Whole(reply, _) => {
                Failure::Protocol(format!("{reply}, which nothing asked for"))
            }
            Reading::Partial => Failure::Protocol("a reply that nothing asked for".into()),
            Reading::Malformed(what) => Failure::Protocol(what),
        })
    }

    /// Writes all of `output` and empties it.
    pub(super) async fn flush(&mut self, limit: Duration) -> Written {
        let mut reached = 0;
        let mut result = Ok(());
        for piece in self.output.chunks(PIECE) {
            let before = reached;
            result = match timeout(limit, write(&mut self.socket, piece, &mut reached)).await {
                Ok(written) => written.map_err(|e| lost(&e)),
                Err(_) => Err(timed_out(limit)),
            };
            if result.is_err() {
                if self.socket.is_tls() {
                    // TLS may have sent what it was offered and failed afterwards.
                    reached = before + piece.len();
                }
                break;
            }
        }
        self.output.clear();
        Written { result, reached }
    }

    /// The next reply.
    pub(super) async fn reply(&mut self, limit: Duration) -> Result<Reply, Failure> {
        let (reply, used) = self.whole_reply(limit).await?;
        self.take(used);
        Ok(reply)
    }

    /// The next reply, read as one to EHLO.
    pub(super) async fn reply_with_keywords(
        &mut self,
        limit: Duration,
    ) -> Result<(Reply, Keywords), Failure> {
        let (reply, used) = self.whole_reply(limit).await?;
        let raw = self.input.get(self.taken..self.taken + used);
        let keywords = Keywords::read(raw.unwrap_or_default());
        self.take(used);
        Ok((reply, keywords))
    }

    /// Says goodbye without waiting for anything.
    pub(super) async fn close(&mut self) {
        // The relay may be gone already: nothing depends on it.
        let _ = self.socket.shutdown().await;
    }

    async fn whole_reply(&mut self, limit: Duration) -> Result<(Reply, usize), Failure> {
        if let Some(found) = self.buffered()? {
            return Ok(found);
        }
        match timeout(limit, self.read_reply()).await {
            Ok(found) => found,
            Err(_) => Err(timed_out(limit)),
        }
    }

    async fn read_reply(&mut self) -> Result<(Reply, usize), Failure> {
        loop {
            match self.socket.read_buf(&mut self.input).await {
                Ok(0) => return Err(closed()),
                Ok(_) => {}
                Err(error) => return Err(lost(&error)),
            }
            if let Some(found) = self.buffered()? {
                return Ok(found);
            }
        }
    }

    fn buffered(&self) -> Result<Option<(Reply, usize)>, Failure> {
        match reply::read(self.input.get(self.taken..).unwrap_or_default()) {
            Reading::Whole(reply, used) => Ok(Some((reply, used))),
            Reading::Partial => Ok(None),
            Reading::Malformed(what) => Err(Failure::Protocol(what)),
        }
    }

    fn take(&mut self, used: usize) {
        self.taken += used;
        if self.taken >= self.input.len() {
            self.input.clear();
            self.taken = 0;
        }
    }
}

/// Writes a piece; `reached` counts what the system took, also when it fails half-way.
async fn write(socket: &mut Socket, mut piece: &[u8], reached: &mut usize) -> io::Result<()> {
    while !piece.is_empty() {
        let taken = socket.write(piece).await?;
        if taken == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        *reached += taken;
        piece = piece.get(taken..).unwrap_or_default();
    }
    if socket.is_tls() {
        socket.flush().await?;
    }
    Ok(())
}

fn closed() -> Failure {
    Failure::Lost("the relay closed the connection".into())
}

fn lost(error: &io::Error) -> Failure {
    Failure::Lost(error.to_string())
}

fn timed_out(limit: Duration) -> Failure {
    Failure::TimedOut(limit.as_secs().max(1))
}
