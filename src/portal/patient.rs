//! A connection that waits for who reads what we write, and not for ever: a client that takes nothing keeps its seat no longer than
//! that. How long it may take to send a request is looked after elsewhere.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use jiff::SignedDuration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::clock::{BoxFuture, Clock};

/// See the module.
pub(super) struct Patient<S> {
    stream: S,
    clock: Arc<dyn Clock>,
    patience: SignedDuration,
    /// Runs while nothing is taken.
    waiting: Option<BoxFuture<'static, ()>>,
}

impl<S: Unpin> Patient<S> {
    /// Waits so long for each piece that is written.
    pub(super) fn new(stream: S, clock: Arc<dyn Clock>, patience: SignedDuration) -> Self {
        Self {
            stream,
            clock,
            patience,
            waiting: None,
        }
    }

    /// What came of writing, or that it took too long.
    fn within<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let (clock, patience) = (&self.clock, self.patience);
        let waiting = self
            .waiting
            .get_or_insert_with(|| clock.sleep_until(clock.now() + patience));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.within(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.within(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.within(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.within(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::VirtualClock;
    use jiff::Timestamp;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn who_takes_nothing_is_left_and_who_takes_a_little_is_not() {
        let clock = Arc::new(VirtualClock::new(Timestamp::UNIX_EPOCH));
        let patience = SignedDuration::from_secs(30);
        let (here, mut there) = tokio::io::duplex(64);
        let mut patient = Patient::new(here, clock.clone(), patience);
        let gone = patient.write_all(&[0; 1_000]).await.unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::TimedOut);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH + patience);

        // Eight bytes every twenty seconds: slow, and there.
        let mut patient = Patient::new(patient.stream, clock.clone(), patience);
        let (began, _hold) = (clock.now(), clock.hold());
        let slow = async {
            let mut taken = [0; 8];
            while there.read(&mut taken).await.unwrap() > 0 {
                tokio::task::yield_now().await;
                clock.advance_to(clock.now() + SignedDuration::from_secs(20));
            }
        };
        let writing = async {
            patient.write_all(&[0; 1_000]).await.unwrap();
            drop(patient);
        };
        tokio::join!(slow, writing);
        assert!(clock.now().duration_since(began) > patience * 10);
    }
}
