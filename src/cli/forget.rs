//! `postmerge forget`: a person's right to erasure.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::Cli;
use super::error::CliError;
use super::here::Here;
use super::history::person_json_of;
use super::lists::failed;
use super::send::new_run_id;
use super::terminal::Terminal;
use crate::hygiene::forget::{Known, known, propose, suppress};
use crate::mail::address::Address;

/// What `forget` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Forgets a person who asks for it: a branch for review takes their rows out of every list, no other byte changed, and the \
        ledger is told never to mail them, by a keyed hash that is no address. With --export everything that is known of them is written \
        to a file first: their rows, and what became of every mail.\n\n\
        What it cannot do it says: older commits keep the rows until history is rewritten, and clones keep what they have.",
    after_help = "Examples:\n  \
        postmerge forget ana@example.com --dry-run             what is known of them?\n  \
        postmerge forget ana@example.com --export ana.json     give it to them, then forget\n\n\
        Exit codes: 0 done, or nothing was known; 1 there is something left for a person; 2 could not run."
)]
pub struct Arguments {
    /// The address.
    pub address: String,

    /// Write everything that is known of them to this file first; it must not be there yet.
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,

    /// Write no branch and publish nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Runs the command.
///
/// # Errors
/// [`CliError`].
pub fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let address =
        Address::parse(&arguments.address).map_err(|why| CliError::new(why.to_string()))?;
    let mut here = Here::open(cli, false)?;
    let known = known(&here.ground(), &address).map_err(failed)?;
    if let Some(path) = &arguments.export {
        export(&here, &known, &address, path, terminal)?;
    }
    let mut text = String::new();
    for row in &known.rows {
        let path = here.path_of(&row.list);
        text.push_str(&format!("  {path}, line {}\n", row.line));
    }
    for (list, count) in &known.unreadable {
        let path = here.path_of(list);
        text.push_str(&format!(
            "  {path} has {count} rows that cannot be read: look whether theirs is among them (`postmerge lint` shows where)\n"
        ));
    }
    let in_a_list = |list: &str| known.rows.iter().any(|row| row.list.as_str() == list);
    let joined = known.sealed.iter();
    let joined = joined.filter(|it| it.waits && !in_a_list(&it.list));
    let joined: BTreeSet<&str> = joined.map(|it| it.list.as_str()).collect();
    for list in &joined {
        text.push_str(&format!(
            "  they joined {list} by themselves; its file does not have them yet, and gets no row of them\n"
        ));
    }
    if known.rows.is_empty() && known.unreadable.is_empty() && joined.is_empty() {
        text.push_str("They are in no list.\n");
    }
    for path in &known.campaigns {
        text.push_str(&format!(
            "  {path} names the address: take it out by hand\n"
        ));
    }
    if arguments.dry_run {
        text.push_str("Nothing was written and nothing published.\n");
    } else {
        text.push_str(&forget(&mut here, &known)?);
    }
    text.push_str(&left(&known));
    terminal.print(&text)?;
    let is_all = known.unreadable.is_empty() && known.campaigns.is_empty();
    Ok(ExitCode::from(u8::from(!is_all)))
}

fn forget(here: &mut Here, known: &Known) -> Result<String, CliError> {
    let now = (new_run_id(), here.now);
    let branch = propose(&here.ground(), known, here.now).map_err(failed)?;
    let is_new = suppress(&mut here.opened.ledger, known.recipient, now).map_err(failed)?;
    let mut text = match is_new {
        true => format!(
            "They are not mailed any more: the ledger has {}, which is no address.\n",
            known.recipient
        ),
        false => "They were not to be mailed before already.\n".to_owned(),
    };
    if let Some((branch, _)) = branch {
        let ledger = &here.opened.workspace.settings.ledger;
        text.push_str(&format!(
            "The branch {branch} takes the rows out. Propose it:\n  git push {} {branch}\n  gh pr create --base {} --head {branch} --fill\n",
            ledger.remote, ledger.main
        ));
    }
    Ok(text)
}

/// What is still there, plainly.
fn left(known: &Known) -> String {
    let mut text = "\nWhat stays:\n  \
        the ledger's keyed hash, which only the organisation's key can tell whose it is; it keeps them from being mailed again\n"
        .to_owned();
    if !known.rows.is_empty() {
        text.push_str(
            "  the rows in older commits of the main branch, and in every clone: `git log -S` finds them, only rewriting history takes them out \
             (docs/hygiene.md#forgetting-somebody)\n",
        );
    }
    if !known.sealed.is_empty() {
        text.push_str(
            "  what they wrote themselves when they joined or changed their data: it is sealed on the ledger, only the organisation's key opens it, \
             and the portal shows it to nobody\n",
        );
    }
    text.push_str("  mails in mailboxes, the relay's log, and the bounce mailbox, which postmerge does not rule\n");
    text
}

/// Everything that is known of them, as one JSON document.
fn export(
    here: &Here,
    known: &Known,
    address: &Address,
    path: &Path,
    terminal: &mut Terminal,
) -> Result<(), CliError> {
    let history = person_json_of(&here.opened.ledger, &known.recipient, here.now, terminal)?;
    let history: Value = serde_json::from_str(&history).unwrap_or(Value::Null);
    let rows = known.rows.iter().map(|row| {
        let cells: Map<String, Value> = row
            .cells
            .iter()
            .map(|(column, cell)| (column.clone(), Value::from(cell.as_str())))
            .collect();
        json!({"list": row.list.as_str(), "line": row.line, "cells": cells})
    });
    let sealed = known.sealed.iter();
    let sealed =
        sealed.map(|it| json!({"list": it.list, "at": it.at.to_string(), "cells": it.cells}));
    let all = json!({
        "version": 1,
        "address": address.as_str(),
        "recipient": known.recipient.to_string(),
        "rows": rows.collect::<Vec<_>>(),
        "sealed": sealed.collect::<Vec<_>>(),
        "campaigns": known.campaigns,
        "history": history,
    });
    // It is personal: nobody else on this machine reads it, and nothing is written over.
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(format!("{all:#}\n").as_bytes()));
    written.map_err(|why| {
        let error = CliError::new(format!("{}: {why}", path.display()));
        match why.kind() {
            io::ErrorKind::AlreadyExists => error.hint(
                "nothing is written over, and nothing was forgotten: name another file, or take this one away",
            ),
            io::ErrorKind::NotFound => error.hint("nothing was forgotten: make the folder first"),
            _ => error,
        }
    })
}
