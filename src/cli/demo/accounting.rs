//! What the ledger says about every campaign, read from the remote.

use jiff::Timestamp;

use crate::cli::error::CliError;
use crate::cli::start_error::cli_error;
use crate::deliver::due::{Question, Standing, agenda};
use crate::deliver::run::{Opened, open};
use crate::ledger::state::{Counts, Note, Status};
use crate::mail::address::Address;
use crate::mail::message_id::message_id;
use crate::mail::recipient_id::RecipientKey;
use crate::schedule::window::Opening;
use crate::workspace::settings::LedgerSettings;
use std::path::Path;

/// One occurrence.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) counts: Counts,
    pub(super) window: String,
    /// Why it was not sent, where it was not.
    pub(super) held: Option<String>,
    /// Of all its mails, copies included.
    pub(super) message_ids: Vec<String>,
    /// Of the mails that nobody knows the outcome of.
    pub(super) unknown_ids: Vec<String>,
}

/// The occurrences whose window opens next after `now`, by opening.
pub(super) fn upcoming(
    workspace: &Path,
    ledger: &LedgerSettings,
    now: Timestamp,
) -> Result<Vec<(Opening, Vec<String>)>, CliError> {
    let opened = open(workspace, ledger).map_err(|why| cli_error(&why))?;
    let scheduled = agenda(
        &opened.repository,
        &opened.ledger,
        &opened.workspace,
        opened.head,
        &Question::default(),
        now,
    )
    .map_err(|why| cli_error(&why))?;
    let mut openings: Vec<(Opening, Vec<String>)> = Vec::new();
    for entry in scheduled {
        let Standing::NotYet(opening) = entry.standing else {
            continue;
        };
        let id = entry.id.to_string();
        match openings.iter_mut().find(|(other, _)| *other == opening) {
            Some((_, ids)) => ids.push(id),
            None => openings.push((opening, vec![id])),
        }
    }
    openings.sort();
    Ok(openings)
}

/// How every occurrence in `openings` stands.
pub(super) fn accounts(
    workspace: &Path,
    ledger: &LedgerSettings,
    openings: &[(Opening, Vec<String>)],
    key: &RecipientKey,
) -> Result<Vec<Account>, CliError> {
    let opened = open(workspace, ledger).map_err(|why| cli_error(&why))?;
    let mut accounts = Vec::new();
    for (opening, ids) in openings {
        for id in ids {
            accounts.push(account(&opened, id, opening, key)?);
        }
    }
    Ok(accounts)
}

fn account(
    opened: &Opened,
    id: &str,
    opening: &Opening,
    key: &RecipientKey,
) -> Result<Account, CliError> {
    let wrong = |why: &dyn std::fmt::Display| CliError::new(format!("{id}: {why}"));
    let occurrence = id
        .parse::<crate::mail::occurrence::OccurrenceId>()
        .map_err(|why| wrong(&why))?;
    let state = opened
        .ledger
        .replay(&occurrence)
        .map_err(|why| wrong(&why))?;
    let counts = state.counts(opening.until);
    counts.check().map_err(|why| wrong(&why))?;
    let mut account = Account {
        id: id.to_owned(),
        counts,
        window: opening
            .from
            .in_tz(&opened.workspace.settings.organisation.zone)
            .map_or_else(
                |_| String::new(),
                |at| at.strftime("%-d %b %Y, %H:%M").to_string(),
            ),
        held: state.notes().iter().find_map(|(_, note)| match note {
            Note::Held(why) => Some(why.clone()),
            Note::Lapsed(_) => None,
        }),
        message_ids: Vec::new(),
        unknown_ids: Vec::new(),
    };
    let Some(file) = opened.workspace.campaigns.get(occurrence.campaign()) else {
        return Ok(account);
    };
    let sender = opened.workspace.settings.senders.get(&file.campaign.sender);
    let Some(address) = sender.and_then(|sender| Address::parse(&sender.address).ok()) else {
        return Ok(account);
    };
    let copies = u8::try_from(file.campaign.cc.len() + file.campaign.bcc.len()).unwrap_or(u8::MAX);
    for ((_, status), recipient) in state.statuses().zip(state.ids()) {
        for copy in 0..=copies {
            let id = message_id(key, &occurrence, *recipient, copy, address.domain());
            if matches!(status, Status::Unknown | Status::Claimed { .. }) {
                account.unknown_ids.push(id.clone());
            }
            account.message_ids.push(id);
        }
    }
    Ok(account)
}
