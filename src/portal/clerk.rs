//! The clerk: carries what was put down to the ledger, and brings what the branches have that is new. One round after the
//! other; a round that fails says so, and the next one does it again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bursts::SETTLED;
use super::folds::Folds;
use super::ground::{Ground, tags};
use super::service::Service;
use super::spool::{Spool, SpoolError};
use super::trace::collect;
use crate::git::{CommitId, GitError};
use crate::ledger::branch::{Batch, Ledger, LedgerError, PublishError};
use crate::ledger::feedback::Feedback;
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
fn round(
    service: &Service,
    repository: &Path,
    fetch: &Fetch,
    is_last: bool,
) -> Result<(), RoundError> {
    let mut look = fetch().map_err(RoundError::Fetch)?;
    look.ledger.use_key(service.key().fingerprint())?;
    publish(service, &mut look.ledger)?;
    publish_readings(service, &mut look.ledger, is_last)?;
    let news = Folds::news(&look.ledger, service.folds(Folds::seen))?;
    service.change_folds(|folds| folds.take_news(news));
    service.left(std::collections::HashSet::clear);
    let known = service.ground();
    let occurrences = look.ledger.occurrences()?;
    if known.head != look.head || known.occurrences.len() != occurrences.len() {
        let tree = Keyed::new(
            Tree::at(repository, look.head)?,
            service.outside.keys.clone(),
        );
        let tags = tags(service.key(), occurrences);
        let new = Ground::read(&tree, look.head, look.workspace, service.key(), tags)?;
        service.read_consents(repository, look.head);
        service.replace_ground(new);
    }
    service.sendings.read_from(look.ledger);
    Ok(())
}

/// Publishes what closed files hold, a commit each, and takes the files away afterwards.
fn publish(service: &Service, ledger: &mut Ledger) -> Result<(), RoundError> {
    for path in service.spool.closed() {
        let spooled = service.spool.read(&path)?;
        put_on(service, ledger, spooled.records)?;
        service.spool.published(&path, spooled.damaged)?;
    }
    Ok(())
}

/// The same for opens and clicks, a while later: whether a person followed a link shows in what was followed next. At the end
/// nothing waits.
fn publish_readings(
    service: &Service,
    ledger: &mut Ledger,
    is_last: bool,
) -> Result<(), RoundError> {
    let closed = service.readings.closed();
    for (place, path) in closed.iter().enumerate() {
        let spooled = service.readings.read(path)?;
        let mut records = feedback(spooled.records);
        let newest = records.iter().map(|it| it.at.as_millisecond()).max();
        let until = newest.unwrap_or(i64::MIN).saturating_add(SETTLED);
        if !is_last && until > service.now().as_millisecond() {
            break;
        }
        let rest = closed.get(place + 1..).unwrap_or_default();
        let after = following(&service.readings, rest, until)?;
        let judged = {
            let bursts = service.bursts.lock();
            let mut bursts = bursts.unwrap_or_else(std::sync::PoisonError::into_inner);
            bursts.judge(&mut records, &after)
        };
        for mail in &judged {
            service.sendings.was_no_person(mail);
        }
        let records = records.into_iter().map(Record::Feedback).collect();
        put_on(service, ledger, records)?;
        service.readings.published(path, spooled.damaged)?;
    }
    Ok(())
}

fn feedback(records: Vec<Record>) -> Vec<Feedback> {
    let each = records.into_iter();
    let each = each.filter_map(|record| match record {
        Record::Feedback(feedback) => Some(feedback),
        _ => None,
    });
    each.collect()
}

/// What the next files have up to a moment; of a crowd's not more than a few files.
fn following(spool: &Spool, files: &[PathBuf], until: i64) -> Result<Vec<Feedback>, RoundError> {
    let mut found = Vec::new();
    for path in files.iter().take(4) {
        let next = feedback(spool.read(path)?.records);
        let is_over = next.iter().any(|it| it.at.as_millisecond() > until);
        found.extend(next);
        if is_over {
            break;
        }
    }
    Ok(found)
}

/// One commit with these records.
fn put_on(service: &Service, ledger: &mut Ledger, records: Vec<Record>) -> Result<(), RoundError> {
    let count = records.len();
    if count == 0 {
        return Ok(());
    }
    let now = service.now();
    let summary = format!("portal: {count} records");
    let mut batch = Batch::new(service.outside.run, now, summary);
    for record in records {
        match record {
            Record::Feedback(feedback) => batch.feedback.push(feedback),
            Record::Suppression(event) => batch.suppressions.push(event),
            Record::Wish(wish) => batch.wishes.push(wish),
            _ => {}
        }
    }
    ledger.publish(&batch)?;
    service.metrics.published(count as u64, now.as_second());
    Ok(())
}

/// Closes the files that are written to and makes a round, on a thread where waiting does no harm. The last one leaves nothing
/// behind.
pub(super) async fn make_round(
    service: &Arc<Service>,
    repository: &Arc<Path>,
    fetch: &Arc<Fetch>,
    is_last: bool,
) -> Result<(), RoundError> {
    // Opens that can not be put down must not keep what people asked for from the ledger; they are counted as lost.
    let _ = collect(service, true).await;
    service.readings.close_file().await?;
    service.spool.close_file().await?;
    let of = Arc::clone(service);
    let (repository, fetch) = (Arc::clone(repository), Arc::clone(fetch));
    let made = move || round(&of, &repository, &*fetch, is_last);
    let made = tokio::task::spawn_blocking(made).await;
    made.unwrap_or_else(|why| Err(RoundError::Fetch(why.to_string())))?;
    if service.trace.has_early() {
        // Their sending may have become known just now.
        let _ = collect(service, true).await;
    }
    Ok(())
}
