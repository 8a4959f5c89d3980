//! Telling owners: one notice each of the cases that they were not told of and of who says that they never signed up, and remembering
//! that they were.
//!
//! Each notice is remembered as soon as the relay took it. A crash in between repeats that one notice at the next run, and so may two
//! runs at once; nobody is told a second time of what is remembered. Where the relay refuses an owner's address for good, the
//! administrator is told in their place; where nobody can be told, that it was tried is remembered, since the days count from then.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::HygieneError;
use super::cases::{Case, State};
use super::disowned::Disowned;
use super::gather::Gathered;
use super::owners_notice::{Addressee, Letterhead, OwnersNotice};
use crate::ledger::branch::{Batch, Ledger};
use crate::ledger::event::RunId;
use crate::ledger::notice::{Notice, Told};
use crate::mail::address::Address;
use crate::transport::{Attempt, Transport, hand_over};
use crate::workspace::Workspace;
use crate::workspace::names::PersonName;
use crate::workspace::settings::{Person, Role, Sender, Settings};

/// What became of one notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Who was told.
    pub owner: PersonName,
    /// In whose place, where the relay takes no mail for them.
    pub instead_of: Option<PersonName>,
    /// Of how many addresses that take no mail.
    pub cases: usize,
    /// Of how many people who say that they never signed up.
    pub disowned: usize,
    /// The relay's words, or what is wrong.
    pub outcome: Result<String, String>,
}

/// What one owner is to be told.
#[derive(Default)]
struct News<'a> {
    cases: Vec<&'a Case>,
    disowned: Vec<&'a Disowned>,
}

/// The notices that are to go out. An owner who is not among the people is stood in for by the administrator, so that no case waits for
/// ever.
///
/// # Errors
/// [`HygieneError::Setting`] where there is nobody, or an address is none.
pub fn owners_notices(
    gathered: &Gathered,
    workspace: &Workspace,
    now: Timestamp,
) -> Result<Vec<OwnersNotice>, HygieneError> {
    let settings = &workspace.settings;
    let policy = &settings.policy.hygiene;
    if !policy.notices {
        return Ok(Vec::new());
    }
    let calendar = &gathered.calendar;
    let last_day = |from: Timestamp| {
        let until = calendar.add_business_days(calendar.date_of(from), policy.business_days);
        until.ok_or_else(|| HygieneError::Setting("no such day".to_owned()))
    };
    let until = last_day(now)?;
    let mut by_owner: BTreeMap<PersonName, News<'_>> = BTreeMap::new();
    for case in gathered.cases.iter().filter(|it| it.state == State::New) {
        let (name, _) = addressee(settings, &case.owner)?;
        by_owner.entry(name.clone()).or_default().cases.push(case);
    }
    for one in gathered.disowned.iter().filter(|it| it.told.is_none()) {
        // As long as with an address that takes no mail it is tried again.
        if let Some(tried) = one.tried
            && calendar.date_of(now) > last_day(tried)?
        {
            continue;
        }
        let Some(file) = workspace.lists.get(&one.list) else {
            continue;
        };
        let (name, _) = addressee(settings, &file.list.owner)?;
        by_owner.entry(name.clone()).or_default().disowned.push(one);
    }
    let notices = by_owner.into_iter();
    let notices = notices.map(|(owner, news)| notice(gathered, workspace, (&owner, &news), until));
    notices.collect()
}

fn notice(
    gathered: &Gathered,
    workspace: &Workspace,
    (owner, news): (&PersonName, &News<'_>),
    until: Date,
) -> Result<OwnersNotice, HygieneError> {
    let settings = &workspace.settings;
    let (name, person) = addressee(settings, owner)?;
    let owner = reachable(settings, name, person)?;
    let stand_in = administrator(settings).filter(|(name, _)| **name != owner.name);
    let stand_in = stand_in.and_then(|(name, person)| reachable(settings, name, person).ok());
    let (mut titles, mut encrypted) = (Vec::new(), Vec::new());
    let of_cases = news.cases.iter().map(|case| &case.list);
    for list in of_cases.chain(news.disowned.iter().map(|one| &one.list)) {
        if !titles.iter().any(|(name, _)| name == list)
            && let Some(file) = workspace.lists.get(list)
        {
            titles.push((list.clone(), file.list.title.clone()));
            if file.is_encrypted() {
                encrypted.push(list.clone());
            }
        }
    }
    let departed = gathered.cases.iter().filter(|case| {
        matches!(case.state, State::Due { .. }) && titles.iter().any(|(name, _)| *name == case.list)
    });
    Ok(OwnersNotice {
        instead_of: None,
        stand_in: stand_in.filter(|it| it.to != owner.to),
        owner,
        departed: departed.count(),
        cases: news.cases.iter().map(|it| (*it).clone()).collect(),
        disowned: news.disowned.iter().map(|it| (*it).clone()).collect(),
        titles,
        encrypted,
        until,
    })
}

fn reachable(
    settings: &Settings,
    name: &PersonName,
    person: &Person,
) -> Result<Addressee, HygieneError> {
    let to = Address::parse(&person.email)
        .map_err(|why| HygieneError::Setting(format!("people.{name}.email: {}", why.why)))?;
    Ok(Addressee {
        name: name.clone(),
        to,
        locale: person.locale.unwrap_or(settings.organisation.locale),
    })
}

fn administrator(settings: &Settings) -> Option<(&PersonName, &Person)> {
    let mut people = settings.people.iter();
    people.find(|(_, person)| person.roles.contains(&Role::Administrator))
}

fn addressee<'a>(
    settings: &'a Settings,
    owner: &'a PersonName,
) -> Result<(&'a PersonName, &'a Person), HygieneError> {
    settings
        .people
        .get_key_value(owner)
        .or_else(|| administrator(settings))
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

/// Hands the notices to the relay, one after the other, and remembers each that it took. One that it refuses for good goes to who stands
/// in for the owner.
///
/// # Errors
/// [`HygieneError`] where a mail cannot be made, or cannot be remembered.
pub async fn send(
    notices: &[OwnersNotice],
    from: &Letterhead<'_>,
    transport: &dyn Transport,
    ledger: &mut Ledger,
    (run, now): (RunId, Timestamp),
) -> Result<Vec<Sent>, HygieneError> {
    let mut sent = Vec::with_capacity(notices.len());
    for notice in notices {
        let mut one = Some(notice.clone());
        let mut is_told = false;
        while let Some(notice) = one.take() {
            let (outcome, is_refused) = hand(&notice, from, transport, now).await?;
            is_told = outcome.is_ok();
            if is_told {
                ledger.publish(&Batch {
                    notices: vec![remembered(&notice, now)],
                    ..Batch::new(run, now, "notices: list owners were told")
                })?;
            }
            sent.push(Sent {
                owner: notice.owner.name.clone(),
                instead_of: notice.instead_of.clone(),
                cases: notice.cases.len(),
                disowned: notice.disowned.len(),
                outcome,
            });
            one = notice.for_stand_in().filter(|_| is_refused);
        }
        if !is_told && is_tried_first(notice) {
            let mut tried = remembered(notice, now);
            tried.failed = true;
            ledger.publish(&Batch {
                notices: vec![tried],
                ..Batch::new(run, now, "notices: a list owner could not be told")
            })?;
        }
    }
    Ok(sent)
}

/// Hands one over: what became of it, and whether the relay refused it for good.
async fn hand(
    notice: &OwnersNotice,
    from: &Letterhead<'_>,
    transport: &dyn Transport,
    now: Timestamp,
) -> Result<(Result<String, String>, bool), HygieneError> {
    let letter = notice.letter(from, now)?;
    Ok(match hand_over(transport, &letter).await {
        Err(why) => (Err(why.to_string()), false),
        Ok(Attempt::Accepted(reply)) => (Ok(reply.to_string()), false),
        Ok(Attempt::Refused { reply, .. }) => (Err(reply.to_string()), !reply.is_transient()),
        Ok(Attempt::Untouched(why)) => (Err(why.to_string()), false),
        Ok(Attempt::Unknown(why)) => (Err(format!("{why}; it may have arrived")), false),
    })
}

/// Whether something in it was never tried before: of the rest the ledger knows since when.
fn is_tried_first(notice: &OwnersNotice) -> bool {
    let mut cases = notice.cases.iter();
    let mut disowned = notice.disowned.iter();
    cases.any(|it| it.tried.is_none()) || disowned.any(|it| it.tried.is_none())
}

fn remembered(notice: &OwnersNotice, now: Timestamp) -> Notice {
    let cases = notice.cases.iter().map(|case| Told {
        list: case.list.to_string(),
        recipient: case.recipient,
        since: case.suppressed.since,
    });
    let disowned = notice.disowned.iter().map(|one| Told {
        list: one.list.to_string(),
        recipient: one.recipient,
        since: one.said,
    });
    let mut told = Notice::new(now, notice.owner.name.as_str(), cases.collect());
    told.disowned = disowned.collect();
    told
}
