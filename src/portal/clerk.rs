//! The clerk: carries what was put down to the ledger, and brings what the branches have that is new. One round after the
//! other; a round that fails says so, and the next one does it again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::branches::{Branches, FetchError};
use super::bursts::SETTLED;
use super::folds::Folds;
use super::ground::GroundError;
use super::service::Service;
use super::spool::{Spool, SpoolError};
use crate::git::GitError;
use crate::ledger::branch::{Batch, Ledger, LedgerError, PublishError};
use crate::ledger::feedback::{Feedback, Reader};
use crate::ledger::segment::Record;
use crate::mail::occurrence_tags::OccurrenceTags;

/// Why a round came to nothing.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum RoundError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error(transparent)]
    Git(#[from] GitError),
    /// Nothing to start from: neither the main branch's head nor an older one can be read.
    #[error("the workspace cannot be read, and no older one could be by this portal: {0}")]
    Ground(#[from] GroundError),
    /// The organisation's key.
    #[error("{0}")]
    Key(String),
    /// A defect.
    #[error("the round broke off, which is a defect: {0}")]
    Broken(String),
}

/// A round: publishes what is closed, takes in what is new, and only then looks at what the main branch has: whatever somebody
/// merged, what people asked for reaches the ledger.
fn round(
    service: &Service,
    repository: &Path,
    branches: &dyn Branches,
    is_last: bool,
) -> Result<(), RoundError> {
    let begun = service.now();
    let mut ledger = branches.ledger()?;
    ledger.use_key(service.key().fingerprint())?;
    publish(service, &mut ledger)?;
    publish_readings(service, &mut ledger, is_last)?;
    Folds::news(&ledger, service.folds(Folds::seen), |news| {
        service.change_folds(|folds| folds.take_news(news));
    })?;
    service.left(std::collections::HashSet::clear);
    let names = OccurrenceTags::of(&service.key(), ledger.occurrences()?);
    service.sendings.read_from(ledger, names);
    service.sendings.was_fetched(begun);
    service.follow(repository, branches.head()?);
    if !is_last {
        service.read_unanswered()?;
    }
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
        let newest = newest.unwrap_or(i64::MIN);
        let until = newest.saturating_add(SETTLED);
        let now = service.now().as_millisecond();
        // What was seen by a clock that was set back since would wait until it is where it was.
        let is_from_ahead = newest > now.saturating_add(SETTLED);
        if !is_last && until > now && !is_from_ahead {
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
            service.sendings.was_not_opened(mail, Reader::Person);
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
    branches: &Arc<dyn Branches>,
    is_last: bool,
) -> Result<(), RoundError> {
    service.note_early().await;
    service.readings.close_file().await?;
    service.spool.close_file().await?;
    let of = Arc::clone(service);
    let (repository, branches) = (Arc::clone(repository), Arc::clone(branches));
    let made = move || round(&of, &repository, &*branches, is_last);
    let made = tokio::task::spawn_blocking(made).await;
    made.unwrap_or_else(|why| Err(RoundError::Broken(why.to_string())))?;
    // Their sending may have become known just now.
    service.note_early().await;
    Ok(())
}
