//! A preview in the browser that reloads whenever a file of the workspace is saved. Serves on this machine only, to who asks
//! for this machine by its name: a page elsewhere cannot read it by a name that it points here.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};

use super::error::CliError;
use super::plan::state;
use super::preview::{files, lint, page};
use super::terminal::Terminal;
use super::threads::threads;
use crate::mail::address::Address;
use crate::mail::occurrence::CampaignId;
use crate::render::escape;

/// What is looked at for changes.
const WATCHED: [&str; 6] = [
    "postmerge.yaml",
    "campaigns",
    "lists",
    "templates",
    "assets",
    "dictionaries",
];

struct Served {
    root: PathBuf,
    id: CampaignId,
    whom: Vec<Address>,
    hosts: [String; 2],
}

/// Serves the page of a campaign until it is stopped.
pub(super) fn run(
    root: &Path,
    id: &CampaignId,
    whom: &[Address],
    port: u16,
    terminal: &mut Terminal,
) -> Result<(), CliError> {
    let failed =
        |why: std::io::Error| CliError::new(format!("the preview cannot be served: {why}"));
    let runtime = threads()?;
    runtime.block_on(async {
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = tokio::net::TcpListener::bind(here).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        terminal.print(&format!("http://127.0.0.1:{port}/  (Ctrl-C stops it)\n"))?;
        terminal.flush()?;
        let served = Served {
            root: root.to_owned(),
            id: id.clone(),
            whom: whom.to_vec(),
            hosts: ["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}")),
        };
        let router = Router::new()
            .route("/", get(whole))
            .route("/version", get(version))
            .with_state(Arc::new(served));
        let stop = async {
            // Without signals it can only be ended from outside.
            let _ = tokio::signal::ctrl_c().await;
        };
        axum::serve(listener, router)
            .with_graceful_shutdown(stop)
            .await
            .map_err(failed)
    })
}

impl Served {
    fn is_asked(&self, headers: &HeaderMap) -> bool {
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        host.is_some_and(|host| self.hosts.iter().any(|ours| ours == host))
    }

    fn page(&self) -> Result<String, CliError> {
        let version = self.version();
        let (state, _) = state(Arc::new(files(&self.root)?), "the workspace")?;
        let report = lint(&self.root)?;
        Ok(page(&state, &report, &self.id, &self.whom, Some(&version))?.html)
    }

    /// Changes with any file's name, size or time.
    fn version(&self) -> String {
        let mut hash = Sha256::new();
        for name in WATCHED {
            for entry in walkdir::WalkDir::new(self.root.join(name))
                .sort_by_file_name()
                .into_iter()
                .flatten()
            {
                let Ok(about) = entry.metadata() else {
                    continue;
                };
                hash.update(entry.path().as_os_str().as_encoded_bytes());
                hash.update(about.len().to_be_bytes());
                let saved = about
                    .modified()
                    .ok()
                    .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
                hash.update(saved.map_or(0, |saved| saved.as_nanos()).to_be_bytes());
            }
        }
        let digest = hash.finalize();
        digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

async fn whole(Shared(served): Shared<Arc<Served>>, headers: HeaderMap) -> Response {
    if !served.is_asked(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let made = tokio::task::spawn_blocking(move || {
        let version = served.version();
        served.page().unwrap_or_else(|why| waiting(&why, &version))
    });
    let stay_fresh = [(header::CACHE_CONTROL, "no-store")];
    match made.await {
        Ok(page) => (stay_fresh, Html(page)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn version(Shared(served): Shared<Arc<Served>>, headers: HeaderMap) -> Response {
    if !served.is_asked(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match tokio::task::spawn_blocking(move || served.version()).await {
        Ok(version) => version.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Said in place of the page while a file cannot be read; looks again every second.
fn waiting(why: &CliError, version: &str) -> String {
    let text = escape(&why.to_string());
    format!(
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta http-equiv=refresh content=1><title>Preview ({version})</title><pre>{text}</pre>"
    )
}
