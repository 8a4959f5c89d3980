//! Publishing batches while mails go out: the ledger behind a lock, on a thread of its own.

use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::{BoxFuture, Clock, Hold};
use crate::ledger::branch::{Batch, Ledger, LedgerError, PublishError};
use crate::ledger::event::Event;
use crate::ledger::feedback::ByOccurrence;
use crate::ledger::journal::Journal;
use crate::ledger::suppressions::Suppressions;

/// Publishes batches. One at a time is asked of it.
pub trait Publish: Send + Sync {
    /// Publishes `batch` whole, or not at all.
    fn publish(&self, batch: Arc<Batch>) -> BoxFuture<'static, Answer>;
}

/// Why a batch is not on the remote.
pub enum Refusal {
    /// It could not be published.
    Error(PublishError),
    /// Its claims were made before these suppressions were known; with what came back.
    Suppressions(Suppressions, Box<ByOccurrence>),
}

/// What became of a batch.
pub struct Answer {
    /// Whether it is on the remote.
    pub result: Result<(), Refusal>,
    /// Virtual time stands still until the engine has seen the answer.
    pub hold: Option<Hold>,
}

/// Publishes to the ledger's branch.
pub struct LedgerPublisher {
    ledger: Arc<Mutex<Ledger>>,
    journal: Arc<Journal>,
    clock: Arc<dyn Clock>,
}

impl LedgerPublisher {
    /// A publisher of `ledger`'s.
    pub fn new(ledger: Arc<Mutex<Ledger>>, journal: Arc<Journal>, clock: Arc<dyn Clock>) -> Self {
        Self {
            ledger,
            journal,
            clock,
        }
    }
}

impl Publish for LedgerPublisher {
    fn publish(&self, batch: Arc<Batch>) -> BoxFuture<'static, Answer> {
        let ledger = Arc::clone(&self.ledger);
        let journal = Arc::clone(&self.journal);
        let hold = self.clock.hold();
        Box::pin(async move {
            let work = tokio::task::spawn_blocking(move || {
                note_claims(&journal, &batch).map_err(|why| {
                    let why = format!("the journal can not be written: {why}");
                    Refusal::Error(PublishError::Denied(why))
                })?;
                let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
                match ledger.publish(&batch) {
                    Ok(_) => Ok(()),
                    Err(PublishError::Suppressions) => {
                        Err(changed(&ledger).unwrap_or_else(|why| Refusal::Error(why.into())))
                    }
                    Err(why) => Err(Refusal::Error(why)),
                }
            });
            let result = match work.await {
                Ok(result) => result,
                Err(why) => Err(Refusal::Error(PublishError::Denied(why.to_string()))),
            };
            Answer {
                result,
                hold: Some(hold),
            }
        })
    }
}

/// Who is suppressed now, and what came back: a bounce suppresses and counts.
fn changed(ledger: &Ledger) -> Result<Refusal, LedgerError> {
    let returned = ledger.came_back(|_| true)?;
    Ok(Refusal::Suppressions(
        ledger.suppressions()?,
        Box::new(returned),
    ))
}

/// Claims stand in the journal, on disk, before they stand in the ledger: recovery misses none.
fn note_claims(journal: &Journal, batch: &Batch) -> std::io::Result<()> {
    for (occurrence, event) in &batch.events {
        if let Event::Claimed {
            claim, recipients, ..
        } = event
        {
            journal.claimed(occurrence, *claim, recipients)?;
        }
    }
    Ok(())
}
