//! A worker's jobs, and the next one's mail made while the relay thinks about the present one.
//!
//! Making a mail takes a tenth of what a relay takes to answer, signing it with RSA as long: so it is
//! done where the worker would only wait. Nothing of the next mail goes out before its turn. Where
//! pace decides who goes next, nobody is in here ahead and nothing is made ahead.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::worker::Job;
use crate::clock::Clock;
use crate::mail::envelope::Letter;
use crate::plan::mailing::NoLetter;

/// A job's mail, or why there is none.
pub(super) type Made = Result<Letter, NoLetter>;

/// See the module.
pub(super) struct Inbox {
    jobs: mpsc::UnboundedReceiver<Job>,
    /// Taken from `jobs` before its turn; its mail, where making it came to an end.
    ahead: Option<(Job, Option<Made>)>,
    clock: Arc<dyn Clock>,
}

impl Inbox {
    /// Over a channel of jobs.
    pub(super) fn new(jobs: mpsc::UnboundedReceiver<Job>, clock: Arc<dyn Clock>) -> Self {
        Self {
            jobs,
            ahead: None,
            clock,
        }
    }

    /// The next job and its mail; waits for one. `None` where none will come any more.
    pub(super) async fn next(&mut self) -> Option<(Job, Made)> {
        let (job, made) = match self.ahead.take() {
            Some(ahead) => ahead,
            None => (self.jobs.recv().await?, None),
        };
        let made = made.unwrap_or_else(|| make(&job, &*self.clock));
        Some((job, made))
    }

    /// Makes the next job's mail, where there is one already.
    pub(super) fn make_ahead(&mut self) {
        if self.ahead.is_some() {
            return;
        }
        if let Ok(job) = self.jobs.try_recv() {
            // A panic must not end the worker here: the mail that the relay has just now would be
            // unknown for it. It will come again when it is this job's turn.
            let made = catch_unwind(AssertUnwindSafe(|| make(&job, &*self.clock))).ok();
            self.ahead = Some((job, made));
        }
    }
}

fn make(job: &Job, clock: &dyn Clock) -> Made {
    job.letters.letter(job.ready.ticket.index, clock.now())
}

/// Waits for `future`, and does `work` as soon as there is something to wait for.
pub(super) async fn meanwhile<T>(future: impl Future<Output = T>, work: impl FnOnce()) -> T {
    let mut future = pin!(future);
    let mut work = Some(work);
    std::future::poll_fn(|context| {
        let polled = future.as_mut().poll(context);
        match work.take() {
            Some(work) if polled.is_pending() => {
                work();
                // What came in meanwhile is taken at once.
                future.as_mut().poll(context)
            }
            _ => polled,
        }
    })
    .await
}
