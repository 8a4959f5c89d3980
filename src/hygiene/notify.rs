//! Telling owners: one digest each of the cases that they were not told of, and remembering that they were.
//!
//! Each digest is remembered as soon as the relay took it. A crash in between repeats that one digest at the next run, and so may two
//! runs at once; nobody is told a second time of what is remembered.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::HygieneError;
use super::cases::{Case, State, has_departed};
use super::digest::{Digest, Letterhead};
use super::gather::Gathered;
use crate::ledger::branch::{Batch, Ledger};
use crate::ledger::event::RunId;
use crate::ledger::notice::{Notice, Told};
use crate::mail::address::Address;
use crate::transport::{Attempt, Transport, hand_over};
use crate::workspace::Workspace;
use crate::workspace::names::PersonName;
use crate::workspace::settings::{Person, Role, Sender, Settings};

/// What became of one digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Who was told.
    pub owner: PersonName,
    /// Of how many cases.
    pub cases: usize,
    /// The relay's words, or what is wrong.
    pub outcome: Result<String, String>,
}

/// The digests that are to go out. An owner who is not among the people is stood in for by the administrator, so that no case waits for
/// ever.
///
/// # Errors
/// [`HygieneError::Setting`] where there is nobody, or an address is none.
pub fn digests(
    gathered: &Gathered,
    workspace: &Workspace,
    now: Timestamp,
) -> Result<Vec<Digest>, HygieneError> {
    let settings = &workspace.settings;
    let policy = &settings.policy.hygiene;
    if !policy.notices {
        return Ok(Vec::new());
    }
    let mut by_owner: BTreeMap<PersonName, Vec<&Case>> = BTreeMap::new();
    for case in gathered.cases.iter().filter(|it| it.state == State::New) {
        let (name, _) = addressee(settings, &case.owner)?;
        by_owner.entry(name.clone()).or_default().push(case);
    }
    let today = gathered.calendar.date_of(now);
    let until = gathered
        .calendar
        .add_business_days(today, policy.business_days);
    let until = until.ok_or_else(|| HygieneError::Setting("no such day".to_owned()))?;
    let digest = |(owner, cases): (PersonName, Vec<&Case>)| {
        let (owner, person) = addressee(settings, &owner)?;
        let to = Address::parse(&person.email)
            .map_err(|why| HygieneError::Setting(format!("people.{owner}.email: {}", why.why)))?;
        let (mut titles, mut encrypted) = (Vec::new(), Vec::new());
        for case in &cases {
            if !titles.iter().any(|(name, _)| *name == case.list)
                && let Some(file) = workspace.lists.get(&case.list)
            {
                titles.push((case.list.clone(), file.list.title.clone()));
                if file.is_encrypted() {
                    encrypted.push(case.list.clone());
                }
            }
        }
        let departed = gathered.cases.iter().filter(|case| {
            has_departed(case.suppressed.reason)
                && titles.iter().any(|(name, _)| *name == case.list)
        });
        Ok(Digest {
            owner: owner.clone(),
            to,
            locale: person.locale.unwrap_or(settings.organisation.locale),
            departed: departed.count(),
            cases: cases.into_iter().cloned().collect(),
            titles,
            encrypted,
            until,
        })
    };
    by_owner.into_iter().map(digest).collect()
}

fn addressee<'a>(
    settings: &'a Settings,
    owner: &'a PersonName,
) -> Result<(&'a PersonName, &'a Person), HygieneError> {
    let administrator = || {
        let mut people = settings.people.iter();
        people.find(|(_, person)| person.roles.contains(&Role::Administrator))
    };
    settings
        .people
        .get_key_value(owner)
        .or_else(administrator)
        .ok_or_else(|| {
            HygieneError::Setting(format!(
                "people: neither `{owner}` nor an administrator is there to be told"
            ))
        })
}

/// Who notices come from: the sender that policy names, or the first.
///
/// # Errors
/// [`HygieneError::Setting`].
pub fn sender(settings: &Settings) -> Result<&Sender, HygieneError> {
    settings.own_mail_sender().map_err(HygieneError::Setting)
}

/// Hands the digests to the relay, one after the other, and remembers each that it took.
///
/// # Errors
/// [`HygieneError`] where a mail cannot be made, or cannot be remembered.
pub async fn send(
    digests: &[Digest],
    from: &Letterhead<'_>,
    transport: &dyn Transport,
    ledger: &mut Ledger,
    (run, now): (RunId, Timestamp),
) -> Result<Vec<Sent>, HygieneError> {
    let mut sent = Vec::with_capacity(digests.len());
    for digest in digests {
        let letter = digest.letter(from, now)?;
        let outcome = match hand_over(transport, &letter).await {
            Err(why) => Err(why.to_string()),
            Ok(Attempt::Accepted(reply)) => Ok(reply.to_string()),
            Ok(Attempt::Refused { reply, .. }) => Err(reply.to_string()),
            Ok(Attempt::Untouched(why)) => Err(why.to_string()),
            Ok(Attempt::Unknown(why)) => Err(format!("{why}; it may have arrived")),
        };
        if outcome.is_ok() {
            ledger.publish(&Batch {
                notices: vec![notice(digest, now)],
                ..Batch::new(run, now, "notices: list owners were told")
            })?;
        }
        sent.push(Sent {
            owner: digest.owner.clone(),
            cases: digest.cases.len(),
            outcome,
        });
    }
    Ok(sent)
}

fn notice(digest: &Digest, now: Timestamp) -> Notice {
    let told = digest.cases.iter().map(|case| Told {
        list: case.list.to_string(),
        recipient: case.recipient,
        since: case.suppressed.since,
    });
    Notice::new(now, digest.owner.as_str(), told.collect())
}
