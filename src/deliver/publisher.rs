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

    /// Publishes nothing, and hears what others published.
    fn look(&self) -> BoxFuture<'static, Answer>;
}

/// What others published meanwhile.
pub struct News {
    /// Who is suppressed now.
    pub suppressions: Suppressions,
    /// What came back: a bounce suppresses and counts.
    pub returned: Box<ByOccurrence>,
}

/// Why a batch is not on the remote.
pub enum Refusal {
    /// It could not be published.
    Error(PublishError),
    /// Its claims were made before this was known.
    Suppressions(News),
}

/// What became of a batch.
pub struct Answer {
    /// Whether it is on the remote; and what else is new there, of suppressions.
    pub result: Result<Option<News>, Refusal>,
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
        let journal = Arc::clone(&self.journal);
        self.work(move |ledger| {
            note_claims(&journal, &batch).map_err(|why| {
                let why = format!("the journal cannot be written: {why}");
                Refusal::Error(PublishError::Denied(why))
            })?;
            match ledger.publish(&batch) {
                Ok(_) => Ok(news(ledger)),
                Err(PublishError::Suppressions) => match read_news(ledger) {
                    Ok(news) => Err(Refusal::Suppressions(news)),
                    Err(why) => Err(Refusal::Error(why.into())),
                },
                Err(why) => Err(Refusal::Error(why)),
            }
        })
    }

    fn look(&self) -> BoxFuture<'static, Answer> {
        self.work(|ledger| match ledger.fetch() {
            Ok(()) => Ok(news(ledger)),
            Err(why) => Err(Refusal::Error(why.into())),
        })
    }
}

impl LedgerPublisher {
    /// Does something with the ledger on a thread where waiting does no harm.
    fn work(
        &self,
        work: impl FnOnce(&mut Ledger) -> Result<Option<News>, Refusal> + Send + 'static,
    ) -> BoxFuture<'static, Answer> {
        let ledger = Arc::clone(&self.ledger);
        let hold = self.clock.hold();
        Box::pin(async move {
            let work = tokio::task::spawn_blocking(move || {
                let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
                work(&mut ledger)
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

/// What others published of suppressions since they were read last. Where that cannot be read, the next claim says so.
fn news(ledger: &Ledger) -> Option<News> {
    match ledger.knows_suppressions() {
        Ok(false) => read_news(ledger).ok(),
        _ => None,
    }
}

fn read_news(ledger: &Ledger) -> Result<News, LedgerError> {
    let returned = ledger.came_back(|_| true)?;
    Ok(News {
        suppressions: ledger.suppressions()?,
        returned: Box::new(returned),
    })
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
