//! Signals: the first one asks the run to stop, a later one ends the process at once.

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::clock::{Clock, SystemClock};

/// Signals so soon after the first are the same wish: GNU `timeout` sends one to its child and one to
/// the child's group, and a terminal may send Ctrl-C to a shell's whole job.
const ONE_WISH: SignedDuration = SignedDuration::from_secs(1);

/// What a signal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Stop,
    Nothing,
    EndNow,
}

/// The signals so far.
#[derive(Debug, Default)]
struct Heard {
    first: Option<Timestamp>,
}

impl Heard {
    fn take(&mut self, at: Timestamp) -> Meaning {
        match self.first {
            None => {
                self.first = Some(at);
                Meaning::Stop
            }
            // A clock that was set back makes the difference negative: one wish more is waited for.
            Some(first) if at.duration_since(first) < ONE_WISH => Meaning::Nothing,
            Some(_) => Meaning::EndNow,
        }
    }
}

/// Asks for a stop at the first signal, and ends the process at one that comes later. The journal is
/// written before anything it speaks of, so that the next run recovers. From the call on, not only once it is waited for, no
/// signal ends the process by itself.
pub(super) fn listen(ask: watch::Sender<bool>) -> impl Future<Output = ()> + Send {
    let signals = Signals::new();
    async move {
        if let Some(signals) = signals {
            take(signals, &ask).await;
        }
    }
}

async fn take(mut signals: Signals, ask: &watch::Sender<bool>) {
    let mut heard = Heard::default();
    loop {
        signals.next().await;
        match heard.take(SystemClock.now()) {
            Meaning::Stop => {
                let _ = ask.send(true);
            }
            Meaning::Nothing => {}
            #[allow(clippy::disallowed_methods)] // cli is where the process may be ended
            Meaning::EndNow => std::process::exit(130),
        }
    }
}

/// Ends nothing, so that whoever has something to remove can: Ctrl-C is for the program that runs in front, and what asks for an end
/// is told. One thread of the runtime has to be free for it.
#[cfg(unix)]
pub(super) async fn outlive(ask: watch::Sender<bool>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Some(mut signals), Ok(mut hangup)) = (Signals::new(), signal(SignalKind::hangup())) else {
        return;
    };
    loop {
        tokio::select! {
            _ = signals.interrupt.recv() => {}
            _ = signals.terminate.recv() => {
                let _ = ask.send(true);
            }
            _ = hangup.recv() => {
                let _ = ask.send(true);
            }
        }
    }
}

/// Ends nothing, so that whoever has something to remove can.
#[cfg(not(unix))]
pub(super) async fn outlive(ask: watch::Sender<bool>) {
    while tokio::signal::ctrl_c().await.is_ok() {}
    drop(ask);
}

/// SIGINT and SIGTERM, listened to without a gap.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// `None` where the system does not let anybody listen: then signals do what they always do.
    fn new() -> Option<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Some(Self {
            interrupt: signal(SignalKind::interrupt()).ok()?,
            terminate: signal(SignalKind::terminate()).ok()?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Option<Self> {
        Some(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_signals_at_once_are_one_wish_and_a_later_one_ends() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut heard = Heard::default();
        let told = [
            "2026-12-03T17:00:00Z",
            "2026-12-03T17:00:00.003Z",
            "2026-12-03T17:00:00.999Z",
            "2026-12-03T17:00:07.5Z",
        ]
        .map(|text| heard.take(at(text)));
        assert_eq!(
            told,
            [
                Meaning::Stop,
                Meaning::Nothing,
                Meaning::Nothing,
                Meaning::EndNow
            ]
        );
    }
}
