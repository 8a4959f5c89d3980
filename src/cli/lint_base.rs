//! What a pull request is compared with, and who proposes it.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::error::CliError;
use super::ledger_here;
use super::send::environment;
use crate::git::Repository;
use crate::lint::{Base, Sent};
use crate::workspace::Workspace;
use crate::workspace::folder::Folder;
use crate::workspace::tree::Tree;

/// The commit that a change began at.
pub(super) struct Began {
    tree: Tree,
    changed: BTreeSet<String>,
}

impl Began {
    /// The workspace there, and the paths that differ.
    pub(super) fn into_parts(self) -> (Tree, BTreeSet<String>) {
        (self.tree, self.changed)
    }

    pub(super) fn view(&self) -> Base<'_> {
        Base {
            source: &self.tree,
            changed: &self.changed,
        }
    }
}

/// Compares the workspace in `root`, as it lies there, with where it left `name`.
pub(super) fn read(root: &Path, name: &str) -> Result<Began, CliError> {
    let wrong = |why: &dyn std::fmt::Display| {
        CliError::new(format!("--base {name}: {why}"))
            .hint("fetch it first: `git fetch origin main`; in GitHub Actions: `fetch-depth: 0`")
    };
    if !root.join(".git").exists() {
        // Paths in history count from the repository's top: nothing would seem to have changed.
        return Err(CliError::new(format!(
            "--base {name}: the workspace is not the top folder of a git repository"
        ))
        .hint("run it without --base, or give the workspace a repository of its own"));
    }
    let repository = Repository::open(root).map_err(|why| wrong(&why))?;
    let base = repository.resolve(name).map_err(|why| wrong(&why))?;
    let began = repository.where_head_left(base).map_err(|why| {
        CliError::new(format!("--base {name}: {why}")).hint(
            "this branch and the base have no commit in common here. Where the clone is shallow, run \
             `git fetch --unshallow`; in GitHub Actions set `fetch-depth: 0` in the checkout step",
        )
    })?;
    let changed = repository.changed_since(began).map_err(|why| wrong(&why))?;
    let tree = Tree::at(root, began).map_err(|why| wrong(&why))?;
    Ok(Began { tree, changed })
}

/// What the ledger says has started, as it was fetched last here; nothing where it never was.
pub(super) fn sent(root: &Path) -> Result<Vec<Sent>, CliError> {
    let wrong = |why: &dyn std::fmt::Display| CliError::new(format!("the ledger: {why}"));
    let Ok(settings) = Workspace::load_settings(&Folder::new(root)) else {
        return Ok(Vec::new());
    };
    let Some(ledger) = ledger_here::open(root, &settings.ledger)? else {
        return Ok(Vec::new());
    };
    let zone = TimeZone::get(&settings.organisation.zone).unwrap_or(TimeZone::UTC);
    let mut sent = Vec::new();
    for id in ledger.occurrences().map_err(|why| wrong(&why))? {
        if let Some(header) = ledger.header(&id).map_err(|why| wrong(&why))? {
            sent.push(Sent {
                campaign: id.campaign().clone(),
                on: header.at.to_zoned(zone.clone()).date(),
            });
        }
    }
    Ok(sent)
}

/// Larger files are no events of GitHub's.
const LARGEST: u64 = 20_000_000;

/// Who opened the pull request, as GitHub Actions' event says.
pub(super) fn author() -> Result<Option<String>, CliError> {
    let Some(path) = environment("GITHUB_EVENT_PATH") else {
        return Ok(None);
    };
    let wrong =
        |why: &dyn std::fmt::Display| CliError::new(format!("GITHUB_EVENT_PATH: {path}: {why}"));
    let size = std::fs::metadata(&path).map_err(|why| wrong(&why))?.len();
    if size > LARGEST {
        return Err(wrong(&"is too large for an event"));
    }
    let text = std::fs::read_to_string(&path).map_err(|why| wrong(&why))?;
    let event: Value = serde_json::from_str(&text).map_err(|why| wrong(&why))?;
    let login = event.pointer("/pull_request/user/login");
    Ok(login.and_then(Value::as_str).map(str::to_owned))
}
