//! The demo's closing words: a table that adds up, and where to look.

use std::fmt::Write as _;
use std::path::Path;

use super::accounting::Account;
use super::mails::Arrived;

/// The closing words.
pub(super) fn text(
    accounts: &[Account],
    arrived: &Arrived,
    killed: bool,
    commits: usize,
    log: &[String],
    branch: &str,
    out: &Path,
) -> String {
    let mut text = format!(
        "  {:<29}{:>8}{:>9}{:>7}{:>7}{:>8}{:>8}\n",
        "campaign", "audience", "accepted", "reject", "exclud", "pending", "unknown"
    );
    let mut sums = [0; 6];
    for account in accounts {
        let counts = &account.counts;
        let row = [
            counts.audience,
            counts.accepted,
            counts.rejected,
            counts.excluded,
            counts.pending,
            counts.unknown,
        ];
        line(&mut text, &account.id, row);
        if let Some(why) = account.held.as_deref().filter(|_| counts.accepted == 0) {
            let why = format!("held: {why}");
            let _ = writeln!(text, "    {}", why.chars().take(150).collect::<String>());
        }
        sums.iter_mut()
            .zip(row)
            .for_each(|(sum, number)| *sum += number);
    }
    line(&mut text, "together", sums);
    let [_, _, _, _, pending, unknown] = sums;
    let _ = writeln!(
        text,
        "\n  {} mails in the inbox, {} duplicates",
        arrived.mails, arrived.duplicates
    );
    if unknown > 0 {
        let _ = writeln!(
            text,
            "  {unknown} unknown: in flight at the kill, so nobody heard the relay's answer\n  ({} of their mails did arrive). They are never guessed: a person decides.",
            arrived.unknown_arrived
        );
    } else if killed {
        text.push_str("  none unknown: the journal knew the outcome of every mail\n");
    }
    if pending > 0 {
        let _ = writeln!(
            text,
            "  {pending} pending: told \"not now\" until their window closed"
        );
    }
    let _ = writeln!(
        text,
        "\n  {commits} commits on the ledger's branch `{branch}`, the newest:"
    );
    for commit in log.iter().take(5) {
        let _ = writeln!(text, "    {}", commit.chars().take(74).collect::<String>());
    }
    let _ = writeln!(
        text,
        "\n  Look at it:\n    {}\n    git -C {} log {branch}",
        out.join("index.html").display(),
        out.join("remote.git").display()
    );
    text
}

fn line(text: &mut String, name: &str, row: [u64; 6]) {
    let [audience, accepted, rejected, excluded, pending, unknown] = row;
    let _ = writeln!(
        text,
        "  {name:<29}{audience:>8}{accepted:>9}{rejected:>7}{excluded:>7}{pending:>8}{unknown:>8}"
    );
}
