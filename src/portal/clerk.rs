//! The clerk: carries what was put down to the ledger, and brings what the branches have that is new. One round after the
//! other; a round that fails says so, and the next one does it again.

use std::path::Path;
use std::sync::Arc;

use super::folds::Folds;
use super::ground::{Ground, tags};
use super::service::Service;
use super::spool::{Spool, SpoolError};
use crate::git::{CommitId, GitError};
use crate::ledger::branch::{Batch, Ledger, LedgerError, PublishError};
use crate::ledger::segment::Record;
use crate::plan::PlanError;
use crate::workspace::Workspace;
use crate::workspace::keyed::Keyed;
use crate::workspace::tree::Tree;

/// Both branches, fetched.
pub struct Look {
    /// The main branch's head.
    pub head: CommitId,
    /// The workspace there.
    pub workspace: Workspace,
    /// The ledger.
    pub ledger: Ledger,
}

/// Fetches both branches; says for people why it can not.
pub type Fetch = dyn Fn() -> Result<Look, String> + Send + Sync;

/// Why a round came to nothing.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum RoundError {
    #[error("{0}")]
    Fetch(String),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Git(#[from] GitError),
}

/// A round: fetches, publishes what is closed, takes in what is new.
pub(super) fn round(service: &Service, repository: &Path, fetch: &Fetch) -> Result<(), RoundError> {
    let mut look = fetch().map_err(RoundError::Fetch)?;
    look.ledger.use_key(service.key().fingerprint())?;
    publish(service, &service.spool, &mut look.ledger)?;
    let news = Folds::news(&look.ledger, service.folds(Folds::seen))?;
    service.change_folds(|folds| folds.take_news(news));
    let known = service.ground();
    let occurrences = look.ledger.occurrences()?;
    if known.head != look.head || known.occurrences.len() != occurrences.len() {
        let tree = Keyed::new(
            Tree::at(repository, look.head)?,
            service.outside.keys.clone(),
        );
        let tags = tags(service.key(), occurrences);
        let new = Ground::read(&tree, look.head, look.workspace, service.key(), tags)?;
        service.replace_ground(new);
    }
    Ok(())
}

/// Publishes what closed files hold, a commit each, and takes the files away afterwards.
fn publish(service: &Service, spool: &Spool, ledger: &mut Ledger) -> Result<(), RoundError> {
    for path in spool.closed() {
        let spooled = spool.read(&path)?;
        let records = spooled.records.len();
        if records > 0 {
            let now = service.now();
            let summary = format!("portal: {records} records");
            let mut batch = Batch::new(service.outside.run, now, summary);
            for record in spooled.records {
                match record {
                    Record::Feedback(feedback) => batch.feedback.push(feedback),
                    Record::Suppression(event) => batch.suppressions.push(event),
                    Record::Wish(wish) => batch.wishes.push(wish),
                    _ => {}
                }
            }
            ledger.publish(&batch)?;
            service.metrics.published(records as u64, now.as_second());
        }
        spool.published(&path, spooled.damaged > 0)?;
    }
    Ok(())
}

/// Closes the file that is written to and makes a round, on a thread where waiting does no harm.
pub(super) async fn make_round(
    service: &Arc<Service>,
    repository: &Arc<Path>,
    fetch: &Arc<Fetch>,
) -> Result<(), RoundError> {
    service.spool.close_file().await?;
    let (service, repository, fetch) = (
        Arc::clone(service),
        Arc::clone(repository),
        Arc::clone(fetch),
    );
    let made = tokio::task::spawn_blocking(move || round(&service, &repository, &*fetch)).await;
    made.unwrap_or_else(|why| Err(RoundError::Fetch(why.to_string())))
}
