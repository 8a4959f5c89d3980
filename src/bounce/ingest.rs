//! Takes a mailbox in: every message is read, what it says is published on the ledger, and only then is it moved or
//! flagged. Whoever is killed in between reads the same messages again; each counts once, by its key.
//!
//! Prints nothing, answers nobody. What a person has to read stays where it is, and is listed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::forward::{Fate, ForwardError, Forwarding, Waiting, hand_on};
use super::intake::{Force, Intake, Sums, takes_force};
use super::known::Known;
use super::listen::{self, End, Listener};
use super::mailbox::{self, Mailbox, MailboxError};
use super::refused;
use super::whose::Whose;
use super::{Kind, Returned, read};
use crate::clock::Clock;
use crate::diagnostic::printable;
use crate::ledger::branch::{Batch, Ledger, LedgerError, PublishError};
use crate::ledger::event::RunId;
use crate::ledger::feedback::MessageKey;
use crate::ledger::reply_text::reply_text;
use crate::ledger::result_page::result_page;
use crate::mail::address::{Address, AddressError};
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientKey;
use crate::workspace::Workspace;
use crate::workspace::parallel::{WORTH, map};

/// Messages that are read and published together: what a kill makes read again, and what memory holds.
const AT_ONCE: usize = 500;

/// A message that says that it is older than this is taken for so old: a suppression must not come before what lifted
/// an older one long ago, whatever a date claims.
const OLDEST: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum IngestError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    #[error(transparent)]
    Forward(#[from] ForwardError),
    #[error("{what}: {why}")]
    Address {
        what: &'static str,
        why: AddressError,
    },
}

/// What is handed in.
pub struct Outside<'a> {
    /// Whose mail it is.
    pub workspace: &'a Workspace,
    /// The organisation's key.
    pub key: &'a RecipientKey,
    /// This run's id.
    pub run: RunId,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// Publish nothing and leave the mailbox as it is.
    pub dry_run: bool,
    /// How what people wrote is forwarded, where it is.
    pub forwarding: Option<&'a Forwarding>,
}

/// What a mailbox came to. A message is in one of the first eight; `recipients` count what those told.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Messages that were read.
    pub messages: u64,
    /// They were noted down.
    pub noted: u64,
    /// They were noted down before, by this mailbox's last reader or another.
    pub known: u64,
    /// They carry a token that was not made here, and were not believed.
    pub forged: u64,
    /// They are about nobody that can be told.
    pub nobody: u64,
    /// They are of machines, about nothing that is noted down.
    pub passed: u64,
    /// They are for a person, and were forwarded.
    pub forwarded: u64,
    /// They are for a person, and stay where they are.
    pub for_people: Vec<ForPerson>,
    /// What was heard, by [`Heard::name`]; bounces by class: `bounced hard`.
    pub heard: BTreeMap<String, u64>,
    /// Who must not be mailed any more, new.
    pub suppressed: u64,
    /// Suppressions that were lifted later than what these messages tell of: who they name is mailed as before.
    pub lifted_since: u64,
}

/// A message that a person has to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForPerson {
    /// Which, in its mailbox.
    pub place: String,
    /// From whom, masked.
    pub from: Option<String>,
    /// What about.
    pub subject: String,
    /// Why it was not forwarded, where that was asked for.
    pub why: Option<String>,
}

/// Takes a mailbox in; `told` hears how many messages were read so far.
///
/// # Errors
/// [`IngestError`]; what was published before stays so, and its messages are marked.
pub async fn ingest(
    outside: &Outside<'_>,
    ledger: &mut Ledger,
    mailbox: &mut dyn Mailbox,
    mut told: impl FnMut(u64),
) -> Result<Summary, IngestError> {
    let now = outside.clock.now();
    let policy = &outside.workspace.settings.policy;
    let mut known = Known::read(ledger, policy.soft_bounces, now)?;
    let mut listener = listener(outside, ledger)?;
    let mut summary = Summary::default();
    let mut touched = BTreeSet::new();
    let mut standing = ledger.suppressions()?;
    let mut refused = Intake {
        suppressions: refused::suppressions(ledger, now)?,
        ..Intake::default()
    };
    for event in &refused.suppressions {
        summary.suppressed += u64::from(takes_force(&mut standing, event) == Force::New);
    }
    if !outside.dry_run {
        refused.publish(outside, ledger, now)?;
    }
    loop {
        let (messages, end) = some(mailbox).await;
        let understood = map(&messages, WORTH, |it| {
            let returned = read(&it.bytes);
            (key_of(&it.bytes, &returned), returned)
        });
        let mut sums = Sums {
            summary: &mut summary,
            known: &mut known,
            standing: &mut standing,
        };
        let (mut intake, waiting) = take_all(
            &mut listener,
            ledger,
            &messages,
            &understood,
            &mut sums,
            now,
        )?;
        touched.extend(intake.occurrences());
        if !outside.dry_run {
            let own = intake.publish(outside, ledger, now)?;
            let theirs = known.take_others(ledger, own)?;
            intake.concede(&mut summary, &theirs);
        }
        let handed = hand_on(outside, ledger, &waiting, now).await?;
        for (one, fate) in waiting.iter().zip(handed) {
            match fate {
                Fate::Forwarded => summary.forwarded += 1,
                Fate::Before => summary.known += 1,
                Fate::Waits(why) => {
                    summary.waits(one, why);
                    continue;
                }
            }
            intake.taken.push(one.message.taken.clone());
        }
        if !outside.dry_run {
            mailbox.done(&intake.taken).await?;
        }
        told(summary.messages);
        match end {
            None => continue,
            Some(_) if outside.dry_run => {}
            Some(_) => pages(outside, ledger, touched, now)?,
        }
        return match end {
            Some(Err(error)) => Err(error.into()),
            _ => Ok(summary),
        };
    }
}

/// Takes the messages in; those for a person are handed back besides.
fn take_all<'m>(
    listener: &mut Listener<'_>,
    ledger: &Ledger,
    messages: &'m [mailbox::Message],
    understood: &'m [(MessageKey, Returned)],
    sums: &mut Sums<'_>,
    now: Timestamp,
) -> Result<(Intake, Vec<Waiting<'m>>), IngestError> {
    let mut intake = Intake::default();
    let mut waiting = Vec::new();
    for (message, (key, returned)) in messages.iter().zip(understood) {
        sums.summary.messages += 1;
        let one = listen::Message {
            key: *key,
            at: received(returned, now),
            returned,
        };
        // A person's words stay until a person has them, so that they are read again and again.
        let is_known = sums.known.is_noted(*key);
        let said = match is_known && !matches!(returned.kind, Kind::Reply) {
            true => None,
            false => Some(listener.listen(ledger, &one)?),
        };
        let fresh = said.filter(|said| !is_known || said.end == End::ForPerson);
        let Some(mut said) = fresh else {
            sums.summary.known += 1;
            intake.taken.push(message.taken.clone());
            continue;
        };
        if said.end == End::ForPerson {
            let mut mails = said.feedback.iter().filter_map(|it| it.mail.as_ref());
            waiting.push(Waiting {
                message,
                key: *key,
                returned,
                mail: mails.next().map(|(occurrence, _)| occurrence.clone()),
            });
        } else {
            intake.taken.push(message.taken.clone());
        }
        if is_known {
            said.feedback.clear();
        }
        intake.take(sums, said, &one);
    }
    Ok((intake, waiting))
}

fn listener<'a>(outside: &Outside<'a>, ledger: &Ledger) -> Result<Listener<'a>, IngestError> {
    let settings = &outside.workspace.settings;
    let address =
        |what, text: &str| Address::parse(text).map_err(|why| IngestError::Address { what, why });
    let bounces = address("bounces.address", &settings.bounces.address)?;
    let leaving = address("unsubscribe.address", &settings.unsubscribe.address)?;
    let lists = outside.workspace.lists.values();
    let topics = lists.flat_map(|file| file.list.topics.keys());
    Ok(Listener {
        key: outside.key,
        whose: Whose::new(ledger, outside.key, bounces, leaving)?,
        topics: topics.map(ToString::to_string).collect(),
        trusts_addresses: !settings.policy.proof_of_mail,
    })
}

/// Writes what came back of these into their `RESULT.md`.
fn pages(
    outside: &Outside<'_>,
    ledger: &mut Ledger,
    touched: BTreeSet<OccurrenceId>,
    now: Timestamp,
) -> Result<(), IngestError> {
    if touched.is_empty() {
        return Ok(());
    }
    let mut pages = Vec::new();
    let came_back = ledger.came_back(|feedback| {
        let mail = feedback.mail.as_ref();
        mail.is_some_and(|(id, _)| touched.contains(id))
    })?;
    for id in touched {
        let state = ledger.look(&id)?;
        let page = result_page(&id, &state, Some(came_back.of(&id)), now);
        pages.push((id, page));
    }
    let summary = format!("feedback: {} result pages", pages.len());
    ledger.publish(&Batch {
        pages,
        ..Batch::new(outside.run, now, summary)
    })?;
    Ok(())
}

/// The next messages; and the mailbox's end, where it was reached, well or not. What was read before it breaks is taken
/// in: else one message that can not be read would keep all others back.
async fn some(
    mailbox: &mut dyn Mailbox,
) -> (Vec<mailbox::Message>, Option<Result<(), MailboxError>>) {
    let mut messages = Vec::new();
    while messages.len() < AT_ONCE {
        match mailbox.next().await {
            Ok(Some(message)) => messages.push(message),
            Ok(None) => return (messages, Some(Ok(()))),
            Err(error) => return (messages, Some(Err(error))),
        }
    }
    (messages, None)
}

/// What a message is known by. A report that arrives by several aliases differs in its trace fields: its own Message-ID and date,
/// and what it says, tell it. Anything else is known by its content, whatever line ends its mailbox has.
fn key_of(bytes: &[u8], returned: &Returned) -> MessageKey {
    if let (Kind::Report(reported), Some(id)) = (&returned.kind, &returned.traces.message_id) {
        let date = returned.traces.date.as_deref().unwrap_or_default();
        let mut known = format!("{id}\n{date}\n");
        for one in reported {
            let address = one.address.as_deref().unwrap_or_default();
            known.push_str(&format!(
                "{address} {} {}\n",
                one.action.name(),
                one.verdict.class
            ));
        }
        return MessageKey::of(known.as_bytes());
    }
    let without: Vec<u8> = bytes.iter().copied().filter(|&b| b != b'\r').collect();
    MessageKey::of(without.trim_ascii_end())
}

/// When a message was written, as far as its date can be believed.
fn received(returned: &Returned, now: Timestamp) -> Timestamp {
    let date = returned.traces.date.as_deref();
    let date = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let oldest = now.checked_sub(OLDEST).unwrap_or(Timestamp::MIN);
    date.map_or(now, |date| date.timestamp().clamp(oldest, now))
}

impl Summary {
    fn waits(&mut self, waiting: &Waiting<'_>, why: Option<String>) {
        let returned = waiting.returned;
        let from = returned.traces.from.as_deref();
        self.for_people.push(ForPerson {
            place: waiting.message.taken.to_string(),
            from: from
                .and_then(|it| Address::parse(it).ok())
                .map(|it| it.masked()),
            // Whoever wrote it wrote this, too: it must not do anything to a terminal or a log.
            subject: printable(&reply_text(&returned.traces.subject)),
            why,
        });
    }
}
