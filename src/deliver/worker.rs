//! One connection to a relay, and who works on it: takes a claimed recipient, makes the mail, notes
//! the start in the journal, hands it over, notes the outcome, reports.
//!
//! Invariant: between the journal's `started` and its `finished` lies the only moment in which a
//! killed process leaves a mail unknown, and a worker has at most one mail there.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::inbox::{Inbox, Made, meanwhile};
use super::letters::Letters;
use super::queue::{Ready, Ticket};
use super::settle::{Settled, Tries, is_worn, pace_after, settle};
use crate::clock::{Clock, Hold};
use crate::ledger::event::{ClaimId, Outcome, RecipientIndex};
use crate::ledger::journal::Journal;
use crate::ledger::reply_text::reply_text;
use crate::mail::envelope::Letter;
use crate::plan::mailing::NoLetter;
use crate::schedule::pacer::Verdict;
use crate::schedule::retry::RetryPolicy;
use crate::transport::{Attempt, ConnectError, Connection, Failure, Transport};

/// How long relays may take to answer goodbyes, all together: a run that was asked to stop has little
/// time left then.
const GOODBYE: Duration = Duration::from_secs(1);

/// One recipient to send to.
pub struct Job {
    /// Who, under which claim.
    pub ready: Ready,
    /// The lane it counts for.
    pub lane: usize,
    /// The claim, for the journal.
    pub claim: ClaimId,
    /// Makes the mail.
    pub letters: Arc<dyn Letters>,
    /// What was tried before.
    pub tries: Tries,
    /// From then on its mail is not begun: its window has closed, or its claim is over.
    pub until: Timestamp,
    /// Virtual time stands still until the engine has seen the report.
    pub hold: Hold,
}

/// What became of a job.
pub struct Report {
    /// Whose report.
    pub worker: usize,
    /// The job.
    pub job: Job,
    /// When it ended.
    pub at: Timestamp,
    /// How it ended.
    pub end: End,
}

/// How a job ended.
#[derive(Debug)]
pub enum End {
    /// The relay was asked.
    Attempted(Settled, Verdict),
    /// No mail could be made.
    NoLetter(NoLetter),
    /// No connection was to be had: nothing happened to the recipient.
    NotConnected(ConnectError),
    /// [`Job::until`] had come before its content went out: nothing happened to the recipient.
    TooLate,
}

/// What a worker tells the engine, in the order in which it happened.
pub enum Told {
    /// What became of a job.
    Report(Report),
    /// It ended by a panic: whatever it had been given and not reported gets no report any more.
    Panicked {
        /// Whose worker it was, by the engine's count.
        relay: usize,
        /// Which.
        worker: usize,
        /// The panic's words.
        why: String,
    },
}

/// What every worker of a relay shares.
pub struct Desk {
    /// The relay.
    pub transport: Arc<dyn Transport>,
    /// Mails over one connection.
    pub mails_per_connection: u32,
    /// When refusals for now are tried again.
    pub retry: RetryPolicy,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The run's journal.
    pub journal: Arc<Journal>,
}

/// Whose content may be going out. One lock decides between a mail that begins and a worker that is
/// halted or ended: whoever comes second sees the first.
#[derive(Default)]
struct Seat {
    started: Option<Ticket>,
    /// No further mail begins.
    closed: bool,
}

/// A worker, as the engine sees it.
pub struct Worker {
    jobs: mpsc::UnboundedSender<Job>,
    seat: Arc<Mutex<Seat>>,
    task: tokio::task::JoinHandle<()>,
}

impl Worker {
    /// Starts worker `number` of relay `relay`, which tells `engine` what becomes of its jobs.
    pub fn start(
        relay: usize,
        number: usize,
        desk: Arc<Desk>,
        engine: mpsc::UnboundedSender<Told>,
    ) -> Self {
        let (jobs, inbox) = mpsc::unbounded_channel();
        let seat = Arc::new(Mutex::new(Seat::default()));
        let bench = Bench {
            number,
            desk,
            seat: Arc::clone(&seat),
            connection: None,
            sent: 0,
        };
        let task = tokio::spawn(async move {
            if let Err(why) = caught(bench.work(inbox, engine.clone())).await {
                let _ = engine.send(Told::Panicked {
                    relay,
                    worker: number,
                    why,
                });
            }
        });
        Self { jobs, seat, task }
    }

    /// Gives it another job; false where it is gone.
    pub fn give(&self, job: Job) -> bool {
        self.jobs.send(job).is_ok()
    }

    /// Has it begin no further mail. Says whose content may be going out at this moment: that one mail
    /// may end and be reported. Of every other job it was given nothing goes out any more, even where
    /// the relay has taken the recipient already; no report about them need be waited for.
    pub fn halt(&self) -> Option<Ticket> {
        let mut seat = lock(&self.seat);
        seat.closed = true;
        seat.started
    }

    /// Ends it in the middle of whatever it does. Says whose mail's content may have gone out: that
    /// recipient is unknown, unless a report about it was sent already.
    pub fn abort(&self) -> Option<Ticket> {
        self.task.abort();
        self.halt()
    }

    /// Has workers say goodbye to their relays, all at once, which get a moment for that.
    pub async fn end(workers: impl Iterator<Item = Self>) {
        // Who has no job left hears that none will come, and says goodbye.
        let mut tasks: Vec<_> = workers.map(|worker| worker.task).collect();
        if tokio::time::timeout(GOODBYE, all(&mut tasks)).await.is_ok() {
            return;
        }
        tasks.retain(|task| !task.is_finished());
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        // What they hold is let go only when they are gone; one that does not even notice is left.
        let _ = tokio::time::timeout(GOODBYE, all(&mut tasks)).await;
    }
}

/// Runs to the end; where that is a panic, with its words. Without this a panic would be known to
/// nobody who waits for the job's report.
async fn caught(work: impl Future<Output = ()>) -> Result<(), String> {
    let mut work = Box::pin(work);
    std::future::poll_fn(move |context| {
        let poll = AssertUnwindSafe(|| work.as_mut().poll(context));
        match catch_unwind(poll) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(words_of(panic.as_ref()))),
        }
    })
    .await
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    reply_text(text.unwrap_or("a panic without words"))
}

async fn all(tasks: &mut [tokio::task::JoinHandle<()>]) {
    for task in tasks {
        let _ = task.await;
    }
}

struct Bench {
    number: usize,
    desk: Arc<Desk>,
    seat: Arc<Mutex<Seat>>,
    connection: Option<Box<dyn Connection>>,
    sent: u32,
}

impl Bench {
    async fn work(
        mut self,
        inbox: mpsc::UnboundedReceiver<Job>,
        engine: mpsc::UnboundedSender<Told>,
    ) {
        let mut inbox = Inbox::new(inbox, Arc::clone(&self.desk.clock));
        while let Some((job, made)) = inbox.next().await {
            // Whose turn it would be has been let go.
            if lock(&self.seat).closed {
                break;
            }
            let end = self.one(&job, made, &mut inbox).await;
            let report = Report {
                worker: self.number,
                at: self.desk.clock.now(),
                job,
                end,
            };
            if engine.send(Told::Report(report)).is_err() {
                return;
            }
            // Not before: who finds nothing started here finds the report.
            lock(&self.seat).started = None;
        }
        // Those who are still in it must not hold virtual time while the relay says goodbye.
        drop(inbox);
        if let Some(connection) = self.connection.take() {
            connection.quit().await;
        }
    }

    async fn one(&mut self, job: &Job, made: Made, inbox: &mut Inbox) -> End {
        // It may have waited here behind a mail that hung.
        if job.until <= self.desk.clock.now() {
            return End::TooLate;
        }
        let letter = match made {
            Ok(letter) => letter,
            Err(why) => return End::NoLetter(why),
        };
        let reused = match self.connect().await {
            Ok(reused) => reused,
            Err(why) => return End::NotConnected(why),
        };
        let mut attempt = self.offer(job, &letter, inbox).await;
        // A relay may close a connection that was quiet for a while; that is no fault worth a report.
        if reused && is_worn(&attempt) {
            self.connection = None;
            match self.connect().await {
                Ok(_) => attempt = self.offer(job, &letter, inbox).await,
                Err(why) => return End::NotConnected(why),
            }
        }
        let now = self.desk.clock.now();
        if job.until <= now && matches!(attempt, Attempt::Untouched(Failure::NotCommitted(_))) {
            return End::TooLate;
        }
        let verdict = pace_after(&attempt, now);
        let settled = settle(attempt, job.tries, &self.desk.retry, now)
            .without_recipient(letter.envelope.to.local());
        End::Attempted(self.note_finished(job, now, settled), verdict)
    }

    /// Makes sure of a usable connection; whether it had carried mail before.
    async fn connect(&mut self) -> Result<bool, ConnectError> {
        let worn = self.sent >= self.desk.mails_per_connection;
        if let Some(connection) = self.connection.take_if(|c| worn || !c.usable()) {
            connection.quit().await;
        }
        if self.connection.is_some() {
            return Ok(self.sent > 0);
        }
        self.connection = Some(self.desk.transport.connect().await?);
        self.sent = 0;
        Ok(false)
    }

    async fn offer(&mut self, job: &Job, letter: &Letter, inbox: &mut Inbox) -> Attempt {
        let Some(connection) = self.connection.as_mut() else {
            return Attempt::Untouched(Failure::Lost("no connection".to_owned()));
        };
        let (journal, seat, clock) = (&self.desk.journal, &self.seat, &self.desk.clock);
        let mut commit = || {
            if job.until <= clock.now() {
                return Err(std::io::Error::other("its time is over"));
            }
            let mut seat = lock(seat);
            if seat.closed {
                return Err(std::io::Error::other("the run was stopped"));
            }
            journal.started(job.claim, RecipientIndex(job.ready.ticket.index))?;
            seat.started = Some(job.ready.ticket);
            Ok(())
        };
        let sending = connection.send(letter, &mut commit);
        let attempt = meanwhile(sending, || inbox.make_ahead()).await;
        self.sent = self.sent.saturating_add(1);
        attempt
    }

    /// Writes the outcome to the journal before anybody else hears of it.
    fn note_finished(&self, job: &Job, at: Timestamp, settled: Settled) -> Settled {
        let index = RecipientIndex(job.ready.ticket.index);
        let written = match &settled {
            Settled::Outcome(outcome) => self.desk.journal.finished(job.claim, index, at, outcome),
            // A start may stand in the journal although nothing was handed over. Should the process
            // die before the next try, the recipient counts as unknown: careful rather than exact.
            Settled::Again(_) | Settled::Stop(_) | Settled::OutcomeThenStop(..) => Ok(()),
        };
        match written {
            Ok(()) => settled,
            // The outcome is known here and will be published; but nothing more may be sent.
            Err(why) => match settled {
                Settled::Outcome(outcome) => Settled::OutcomeThenStop(outcome, why.to_string()),
                Settled::Again(_) | Settled::Stop(_) | Settled::OutcomeThenStop(..) => {
                    Settled::Stop(why.to_string())
                }
            },
        }
    }
}

fn lock(seat: &Mutex<Seat>) -> MutexGuard<'_, Seat> {
    seat.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The outcome of a mail in whose middle its worker was ended.
pub fn aborted() -> Outcome {
    Outcome::Unknown {
        reason: "the run was stopped while the relay had not answered yet".to_owned(),
    }
}

/// The outcome of a mail in whose middle its worker panicked.
pub fn failed() -> Outcome {
    Outcome::Unknown {
        reason: "a defect in postmerge ended the run while the relay had not answered yet"
            .to_owned(),
    }
}
