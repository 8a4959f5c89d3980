//! The service that recipients reach over https: leaving, preferences, joining, staying.
//!
//! It only appends events, and what it answers is on stable storage first. Looking (GET, HEAD) changes nothing. Holds no
//! session, sets no cookie, runs no script, loads nothing from elsewhere. Knows people by what stands in their links,
//! which are keyed; whoever has no such link can only ask for one, at an address of their own. Speaks HTTP/1.1 without TLS,
//! to a reverse proxy.

mod branches;
mod bursts;
mod clerk;
mod confirm;
mod connections;
mod consents;
mod documents;
mod files;
mod folds;
mod form;
mod ground;
mod holder;
mod invited;
mod join;
mod join_form;
mod joined;
mod known;
mod known_mail;
mod leave;
mod limits;
mod metrics;
mod outbox;
mod page;
mod patient;
mod post;
mod preferences;
mod reach;
mod readers;
mod sendings;
mod sent;
mod serve;
mod service;
mod spool;
mod standing;
mod streamed;
mod trace;
mod unanswered;
mod view;
mod words;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use branches::{Branches, FetchError};
pub use clerk::RoundError;
pub use ground::GroundError;
pub use post::{Desk, Post};
pub use service::{KeyOf, Outside};
pub use spool::SpoolError;

use branches::starting;
use folds::Folds;
use metrics::Route;
use service::Service;
use spool::Spool;

use crate::git::CommitId;
use crate::mail::occurrence_tags::OccurrenceTags;

/// How it is run.
pub struct Portal {
    service: Arc<Service>,
    repository: Arc<Path>,
    branches: Arc<dyn Branches>,
}

/// How long a client may take to send a request, and between two; twice that to take a piece of the answer.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// What happened, for a log: no address, no token.
pub type Log = dyn Fn(&str) + Send + Sync;

impl Portal {
    /// Takes up what a former portal left in the spool, and is ready to answer. Where the branches cannot be fetched it starts from what
    /// was fetched last; where the workspace cannot be read, from the last that could.
    ///
    /// # Errors
    /// [`RoundError`].
    pub fn open(
        repository: &Path,
        spool: &Path,
        outside: Outside,
        branches: Arc<dyn Branches>,
    ) -> Result<Self, RoundError> {
        let folder = spool;
        let spool = Spool::open(folder)?;
        let readings = Spool::open(&folder.join("readings"))?;
        let (mut ledger, head, unfetched) = starting(&*branches)?;
        let start = standing::start(repository, head, &outside)?;
        ledger.use_key(start.key.fingerprint())?;
        let mut folds = Folds::default();
        Folds::news(&ledger, folds.seen(), |news| folds.take_news(news))?;
        for path in spool.closed() {
            folds.take(&spool.read(&path)?.records);
        }
        let names = OccurrenceTags::of(&start.key, ledger.occurrences()?);
        let spools = (spool, readings);
        let ground = (start.ground, start.key);
        let service = Service::new(outside, spools, repository, ground, folds);
        service.sendings.read_from(ledger, names);
        if let Some(why) = unfetched {
            service.metrics.failed();
            service.log(&match why {
                FetchError::Away(why) => format!(
                    "the remote is away, so what was fetched last counts until it is not: {why}"
                ),
                FetchError::Wrong(why) => format!(
                    "what was fetched last counts, and nothing that people ask for is published until this is mended: {why}"
                ),
            });
        }
        service.read_consents(repository, head);
        match start.unread {
            None => service.keep(repository, head),
            Some(why) => service.can_not_read(head, &why),
        }
        Ok(Self {
            service: Arc::new(service),
            repository: Arc::from(repository),
            branches,
        })
    }

    /// The last commit of the main branch whose workspace a portal of this clone could read.
    pub fn last_good(repository: &Path) -> Option<CommitId> {
        standing::last_good(repository).ok().flatten()
    }

    /// Answers on `listener` and carries what is asked for to the ledger `every` so often, until `stop` says so; then once
    /// more, so that nothing waits for the next start.
    ///
    /// # Errors
    /// [`RoundError`] of the last round: what it could not publish stays in the spool.
    pub async fn run(
        &self,
        listener: TcpListener,
        every: Duration,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), RoundError> {
        let listening = connections::listen(Arc::clone(&self.service), listener, stop.clone());
        let rounds = async {
            loop {
                let next = self.service.outside.clock.now()
                    + jiff::SignedDuration::try_from(every).unwrap_or_default();
                tokio::select! {
                    _ = stop.wait_for(|stop| *stop) => break,
                    () = self.service.outside.clock.sleep_until(next) => {}
                    () = self.service.trace.wants_round() => {}
                }
                if let Err(why) = self.round().await {
                    self.service.metrics.failed();
                    self.service
                        .log(&format!("a round failed and will be repeated: {why}"));
                }
            }
        };
        let (_, ()) = tokio::join!(listening, rounds);
        let (finished, ()) = tokio::join!(self.finish(), self.last_mails());
        finished
    }

    /// Tries once more what mails wait, and does not wait long.
    async fn last_mails(&self) {
        let outbox = &self.service.outbox;
        outbox.end();
        match outbox.waiting() {
            0 => return self.say_what_is_lost(),
            1 => self
                .service
                .log("1 mail with a link waits, and is tried once more"),
            waiting => self.service.log(&format!(
                "{waiting} mails with links wait, and are tried once more"
            )),
        }
        // Whether it is over in time or not, it is said how many are lost.
        let _ = tokio::time::timeout(connections::GRACE, outbox.is_empty()).await;
        self.say_what_is_lost();
    }

    fn say_what_is_lost(&self) {
        match self.service.outbox.left_behind() {
            0 => {}
            1 => self.service.log("1 mail with a link did not go out"),
            lost => self
                .service
                .log(&format!("{lost} mails with links did not go out")),
        }
    }

    /// Returns when no mail with a link waits to be sent.
    pub async fn mails_are_out(&self) {
        self.service.outbox.is_empty().await;
    }

    /// The last round: leaves nothing behind.
    ///
    /// # Errors
    /// [`RoundError`].
    pub async fn finish(&self) -> Result<(), RoundError> {
        clerk::make_round(&self.service, &self.repository, &self.branches, true).await
    }

    /// One round of carrying and fetching.
    ///
    /// # Errors
    /// [`RoundError`].
    pub async fn round(&self) -> Result<(), RoundError> {
        clerk::make_round(&self.service, &self.repository, &self.branches, false).await
    }

    /// Its routes, for tests that need no socket.
    pub fn router(&self) -> Router {
        serve::router(Arc::clone(&self.service))
    }
}

impl Service {
    /// A line of the log: JSON, one object each.
    fn note(&self, route: Route, status: StatusCode, took: Duration) {
        let Some(log) = &self.outside.log else {
            return;
        };
        // What is looked at thousands of times a second says nothing worth a line.
        let is_fine = status.is_success() || status.is_redirection();
        let is_many = matches!(
            route,
            Route::Open | Route::Click | Route::File | Route::Leave | Route::Other
        );
        if is_fine && is_many {
            return;
        }
        let line = serde_json::json!({
            "at": self.now().to_string(),
            "route": route.name(),
            "status": status.as_u16(),
            "ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        });
        log(&line.to_string());
    }

    fn log(&self, message: &str) {
        if let Some(log) = &self.outside.log {
            let line = serde_json::json!({"at": self.now().to_string(), "message": message});
            log(&line.to_string());
        }
    }
}
