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
use crate::deliver::opened::remote;
use crate::diagnostic::counted;
use crate::git::Remote;
use crate::hygiene::forget::{Known, known, propose, suppress};
use crate::hygiene::still_held::{HoldingBranch, Holds, holding_branches};
use crate::mail::address::Address;

/// What `forget` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Forgets a person who asks for it: the ledger is told never to mail them, by a keyed hash that is no address, and a branch for \
        review takes their rows out of every list, no other byte changed. With --export everything that is known of them is written \
        to a file first: their rows, and what became of every mail.\n\n\
        What it cannot do it says: documents of their own, branches that are not merged and hold their rows, older commits, which keep \
        the rows until history is rewritten, and clones, which keep what they have.",
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
    let remote = remote(&here.opened.workspace.settings.ledger);
    let recipient = here.key.id(&address);
    let known = known(&here.ground(), &address).map_err(failed);
    let holding = |here: &Here| holding_branches(&here.ground(), &remote, &recipient);
    let mut branches = None;
    if let Some(path) = &arguments.export {
        let known = known.as_ref();
        let known = known.map_err(|why| why.clone().also("nothing was forgotten"))?;
        let found = branches.insert(holding(&here));
        export(
            &here,
            known,
            found.as_deref().ok(),
            &address,
            path,
            terminal,
        )?;
    }
    // Nothing about lists or branches may keep somebody from being left alone.
    if !arguments.dry_run {
        let now = (new_run_id(), here.now);
        let is_new = suppress(&mut here.opened.ledger, recipient, now).map_err(failed)?;
        terminal.print(match is_new {
            true => "They are not mailed any more: the ledger knows that by a keyed hash, which is no address.\n",
            false => "They were suppressed already.\n",
        })?;
    }
    let after = |why: CliError| match arguments.dry_run {
        true => why,
        false => why.also("they are not mailed any more; run it again for the rest"),
    };
    let known = known.map_err(after)?;
    let branches = branches.unwrap_or_else(|| holding(&here)).map_err(failed);
    terminal.print(&found(&here, &known))?;
    match arguments.dry_run {
        true => terminal.print("Nothing was written and nothing published.\n")?,
        false => take_out(&here, &remote, &known, terminal).map_err(after)?,
    }
    terminal.print(&left(&known, branches.as_deref().unwrap_or_default()))?;
    let branches = branches.map_err(after)?;
    let is_all = known.unreadable.is_empty()
        && known.campaigns.is_empty()
        && known.documents.is_empty()
        && branches.iter().all(|it| it.holds == Holds::AsBefore);
    Ok(ExitCode::from(u8::from(!is_all)))
}

/// Where the main branch has them.
fn found(here: &Here, known: &Known) -> String {
    let mut text = String::new();
    for row in &known.rows {
        let path = here.path_of(&row.list);
        text.push_str(&format!("  {path}, line {}\n", row.line));
    }
    for (list, count) in &known.unreadable {
        let path = here.path_of(list);
        let rows = counted(*count, "row", "rows");
        text.push_str(&format!(
            "  {path} has {rows} that cannot be read: look whether theirs is among them (`postmerge lint` shows where)\n"
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
    text
}

/// Writes the branch without their rows, and says how it is proposed.
fn take_out(
    here: &Here,
    remote: &Remote,
    known: &Known,
    terminal: &mut Terminal,
) -> Result<(), CliError> {
    let removal = propose(&here.ground(), remote, known, here.now).map_err(failed)?;
    let Some(removal) = removal else {
        return Ok(());
    };
    let (ledger, branch) = (&here.opened.workspace.settings.ledger, &removal.branch);
    let mut text = match removal.is_new {
        true => format!("The branch {branch} takes the rows out. Propose it:\n"),
        false => format!(
            "The branch {branch}, made before, takes the rows out. Propose it, where nobody did:\n"
        ),
    };
    if !removal.is_pushed {
        text.push_str(&format!("  git push {} {branch}\n", ledger.remote));
    }
    text.push_str(&format!(
        "  gh pr create --base {} --head {branch} --fill\n",
        ledger.main
    ));
    terminal.print(&text)
}

/// What is still there, plainly.
fn left(known: &Known, branches: &[HoldingBranch]) -> String {
    let mut text = "\nWhat stays:\n  \
        the ledger's keyed hash, which only the organisation's key can tell whose it is; it keeps them from being mailed again\n"
        .to_owned();
    for path in &known.documents {
        text.push_str(&format!(
            "  {path}: a document of their own; delete it by hand, also where it was published\n"
        ));
    }
    for branch in branches {
        let name = &branch.name;
        text.push_str(&match branch.holds {
            Holds::BringsBack => format!(
                "  the branch {name}, which is not merged, puts in or changes a row of theirs, or what stands beside it: whoever merges it \
                 may bring them back. Close it, or take the row out of it\n"
            ),
            Holds::AsBefore => format!(
                "  their rows on the branch {name}, which is not merged: as in older commits, and merging it brings nothing back\n"
            ),
            Holds::Unreadable => format!(
                "  perhaps rows on the branch {name}, which is not merged: it, or a list of it, cannot be read\n"
            ),
        });
    }
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
    branches: Option<&[HoldingBranch]>,
    address: &Address,
    path: &Path,
    terminal: &mut Terminal,
) -> Result<(), CliError> {
    let history = person_json_of(&here.opened.ledger, &known.recipient, here.now, terminal)?;
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
    let names = |all: &[HoldingBranch]| all.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
    let all = json!({
        "version": 1,
        "address": address.as_str(),
        "recipient": known.recipient.to_string(),
        "rows": rows.collect::<Vec<_>>(),
        "sealed": sealed.collect::<Vec<_>>(),
        "campaigns": known.campaigns,
        "documents": known.documents,
        "branches": branches.map(names),
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
