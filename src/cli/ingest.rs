//! `postmerge ingest`: what comes back. So far it explains messages that it is given, and stores nothing.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::error::CliError;
use super::terminal::Terminal;
use crate::bounce::{Action, Kind, Reported, read};
use crate::mail::refusal::Language;

/// Octets of a message that are read; what a report says stands at its beginning.
const MESSAGE: u64 = 4 << 20;

/// What `ingest` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Reads what comes back: bounces, complaints, receipts.\n\n\
        With --explain it prints what each message is, one JSON object a line, and stores nothing: whom it \
        speaks of, whether that is permanent, and why. Needs no workspace.",
    after_help = "Examples:\n  \
        postmerge ingest --explain bounce.eml\n  \
        cat bounce.eml | postmerge ingest --explain -"
)]
pub struct Arguments {
    /// Say what each message is, and store nothing.
    #[arg(long)]
    pub explain: bool,

    /// Messages, each in a file of its own; `-` is standard input.
    #[arg(value_name = "FILE", requires = "explain")]
    pub files: Vec<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// [`CliError`] where a file can not be read, or nothing says where mail comes back to.
pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitCode, CliError> {
    if !arguments.explain {
        return Err(
            CliError::new("no mailbox is configured that bounces come back to").hint(
                "`postmerge ingest --explain FILE` says what a message is, without a mailbox",
            ),
        );
    }
    if arguments.files.is_empty() {
        return Err(CliError::new("there is nothing to explain")
            .hint("name files, or `-` for standard input"));
    }
    for path in &arguments.files {
        let bytes = contents(path)?;
        terminal.print(&explained(path, &bytes))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn contents(path: &Path) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin()
            .lock()
            .take(MESSAGE)
            .read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MESSAGE).read_to_end(&mut bytes))
    };
    read.map(|_| bytes)
        .map_err(|e| CliError::new(format!("{} can not be read: {e}", path.display())))
}

/// One message as a line of JSON.
fn explained(path: &Path, bytes: &[u8]) -> String {
    let recipients: Vec<serde_json::Value> = match read(bytes).kind {
        Kind::Report(reported) => reported.iter().filter_map(reported_json).collect(),
        Kind::Complaint(complaint) => {
            let class = if complaint.is_objection() {
                "complaint"
            } else {
                "other"
            };
            let feedback = &complaint.feedback;
            complaint
                .addresses
                .iter()
                .map(|address| json!({"address": address, "class": class, "kind": "complaint", "status": "", "reason": feedback}))
                .collect()
        }
        Kind::Receipt(_) | Kind::AutoReply | Kind::Reply => Vec::new(),
    };
    format!(
        "{}\n",
        json!({"file": path.display().to_string(), "recipients": recipients})
    )
}

/// `null` address: the report names nobody, and a line for nobody tells nothing.
fn reported_json(reported: &Reported) -> Option<serde_json::Value> {
    let address = reported.address.as_ref()?;
    let (class, kind) = match reported.action {
        Action::Failed | Action::Delayed if reported.is_permanent() => {
            ("permanent", reported.verdict.class.name())
        }
        Action::Failed | Action::Delayed => ("temporary", reported.verdict.class.name()),
        other => ("other", other.name()),
    };
    let status = reported
        .status
        .map(|status| status.to_string())
        .unwrap_or_default();
    let reason = if reported.action.is_bounce() {
        reported.verdict.reason.words(Language::En)
    } else {
        ""
    };
    Some(
        json!({"address": address, "class": class, "kind": kind, "status": status, "reason": reason}),
    )
}
