//! Publishing batches while mails go out: the ledger behind a lock, on a thread of its own.

use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::{BoxFuture, Clock, Hold};
use crate::ledger::branch::{Batch, Ledger, PublishError};

/// Publishes batches. One at a time is asked of it.
pub trait Publish: Send + Sync {
    /// Publishes `batch` whole, or not at all.
    fn publish(&self, batch: Arc<Batch>) -> BoxFuture<'static, Answer>;
}

/// What became of a batch.
pub struct Answer {
    /// Whether it is on the remote.
    pub result: Result<(), PublishError>,
    /// Virtual time stands still until the engine has seen the answer.
    pub hold: Option<Hold>,
}

/// Publishes to the ledger's branch.
pub struct LedgerPublisher {
    ledger: Arc<Mutex<Ledger>>,
    clock: Arc<dyn Clock>,
}

impl LedgerPublisher {
    /// A publisher of `ledger`'s.
    pub fn new(ledger: Arc<Mutex<Ledger>>, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, clock }
    }
}

impl Publish for LedgerPublisher {
    fn publish(&self, batch: Arc<Batch>) -> BoxFuture<'static, Answer> {
        let ledger = Arc::clone(&self.ledger);
        let hold = self.clock.hold();
        Box::pin(async move {
            let work = tokio::task::spawn_blocking(move || {
                let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
                ledger.publish(&batch).map(|_| ())
            });
            let result = match work.await {
                Ok(result) => result,
                Err(why) => Err(PublishError::Denied(why.to_string())),
            };
            Answer {
                result,
                hold: Some(hold),
            }
        })
    }
}
