//! The service that recipients reach over https: leaving, preferences, joining, staying.
//!
//! It only appends events, and what it answers is on stable storage first. Looking (GET, HEAD) changes nothing. Holds no
//! session, sets no cookie, runs no script, loads nothing from elsewhere. Knows people by what stands in their links,
//! which are keyed; whoever has no such link can only ask for one, at an address of their own. Speaks HTTP/1.1 without TLS,
//! to a reverse proxy.

mod bursts;
mod clerk;
mod confirm;
mod consents;
mod documents;
mod files;
mod folds;
mod form;
mod ground;
mod join;
mod known;
mod known_mail;
mod leave;
mod limits;
mod metrics;
mod page;
mod post;
mod preferences;
mod readers;
mod sendings;
mod sent;
mod serve;
mod service;
mod spool;
mod streamed;
mod trace;
mod view;
mod words;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use clerk::{Fetch, Look, RoundError};
pub use post::{Desk, Post};
pub use service::Outside;
pub use spool::SpoolError;

use folds::Folds;
use ground::{Ground, tags};
use metrics::Route;
use service::Service;
use spool::Spool;

use crate::workspace::keyed::Keyed;
use crate::workspace::tree::Tree;

/// How it is run.
pub struct Portal {
    service: Arc<Service>,
    repository: Arc<Path>,
    fetch: Arc<Fetch>,
}

/// What happened, for a log: no address, no token.
pub type Log = dyn Fn(&str) + Send + Sync;

impl Portal {
    /// Fetches both branches, takes up what a former portal left in the spool, and is ready to answer.
    ///
    /// # Errors
    /// [`RoundError`].
    pub fn open(
        repository: &Path,
        spool: &Path,
        outside: Outside,
        fetch: Arc<Fetch>,
    ) -> Result<Self, RoundError> {
        let folder = spool;
        let spool = Spool::open(folder)?;
        let readings = Spool::open(&folder.join("readings"))?;
        let mut look = fetch().map_err(RoundError::Fetch)?;
        look.ledger.use_key(outside.key.fingerprint())?;
        let mut folds = Folds::default();
        folds.take_news(Folds::news(&look.ledger, folds.seen())?);
        for path in spool.closed() {
            folds.take(&spool.read(&path)?.records);
        }
        let tree = Keyed::new(Tree::at(repository, look.head)?, outside.keys.clone());
        let tags = tags(&outside.key, look.ledger.occurrences()?);
        let ground = Ground::read(&tree, look.head, look.workspace, &outside.key, tags)?;
        let spools = (spool, readings);
        let service = Service::new(outside, spools, repository, ground, folds);
        service.read_consents(repository, look.head);
        service.sendings.read_from(look.ledger);
        Ok(Self {
            service: Arc::new(service),
            repository: Arc::from(repository),
            fetch,
        })
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
        let listening = serve::listen(Arc::clone(&self.service), listener, stop.clone());
        let seeing = see(&self.service, stop.clone());
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
        let (_, (), ()) = tokio::join!(listening, seeing, rounds);
        self.finish().await
    }

    /// The last round: leaves nothing behind.
    ///
    /// # Errors
    /// [`RoundError`].
    pub async fn finish(&self) -> Result<(), RoundError> {
        clerk::make_round(&self.service, &self.repository, &self.fetch, true).await
    }

    /// One round of carrying and fetching.
    ///
    /// # Errors
    /// [`RoundError`].
    pub async fn round(&self) -> Result<(), RoundError> {
        clerk::make_round(&self.service, &self.repository, &self.fetch, false).await
    }

    /// Its routes, for tests that need no socket.
    pub fn router(&self) -> Router {
        serve::router(Arc::clone(&self.service))
    }
}

/// Puts down opens and clicks as they come, what comes together by the batch.
async fn see(service: &Arc<Service>, mut stop: watch::Receiver<bool>) {
    let clock = &service.outside.clock;
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            () = service.trace.came() => {}
        }
        let soon = clock.now() + jiff::SignedDuration::from_millis(100);
        clock.sleep_until(soon).await;
        if trace::collect(service, false).await.is_err() {
            service.metrics.failed();
        }
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
