//! `postmerge ingest --explain`: says what messages are, and stores nothing.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::error::CliError;
use super::terminal::Terminal;
use crate::bounce::{Action, Kind, Reported, read};
use crate::mail::refusal::Language;

/// Octets of a message that are read; what a report says stands at its beginning.
const MESSAGE: u64 = 4 << 20;

/// Prints what each file's message is, a line of JSON for each.
///
/// # Errors
/// [`CliError`] where a file cannot be read.
pub(super) fn explain(files: &[PathBuf], terminal: &mut Terminal) -> Result<(), CliError> {
    if files.is_empty() {
        return Err(CliError::new("there is nothing to explain")
            .hint("name files, or `-` for standard input"));
    }
    for path in files {
        let bytes = contents(path)?;
        terminal.print(&explained(path, &bytes))?;
    }
    Ok(())
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
        .map_err(|e| CliError::new(format!("{} cannot be read: {e}", path.display())))
}

/// One message as a line of JSON.
fn explained(path: &Path, bytes: &[u8]) -> String {
    let returned = read(bytes);
    // What a person passes on is told as well: it says what is seen, not what follows.
    let recipients: Vec<serde_json::Value> = match returned.passed_on.unwrap_or(returned.kind) {
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
