//! Takes a mailbox in: every message is read, what it says is published on the ledger, and only then is it moved or
//! flagged. Whoever is killed in between reads the same messages again; each counts once, by its key.
//!
//! Prints nothing, answers nobody. What a person has to read stays where it is, and is listed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::known::Known;
use super::listen::{self, End, Listener, Said};
use super::mailbox::{self, Mailbox, MailboxError, Taken};
use super::refused;
use super::whose::Whose;
use super::{Kind, Returned, read};
use crate::clock::Clock;
use crate::diagnostic::printable;
use crate::ledger::branch::{Batch, Ledger, LedgerError, PublishError};
use crate::ledger::event::{RunId, SuppressionEvent};
use crate::ledger::feedback::{Feedback, Heard, MessageKey};
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
}

/// What a mailbox came to. A message is in one of the first seven; `recipients` count what those told.
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
    /// They are for a person, and stay where they are.
    pub for_people: Vec<ForPerson>,
    /// What was heard, by [`Heard::name`]; bounces by class: `bounced hard`.
    pub heard: BTreeMap<String, u64>,
    /// Who must not be mailed any more, new.
    pub suppressed: u64,
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
    let mut refused = Intake {
        suppressions: refused::suppressions(ledger, now)?,
        ..Intake::default()
    };
    summary.suppressed += refused.suppressions.len() as u64;
    if !outside.dry_run {
        refused.publish(outside, ledger, now)?;
    }
    loop {
        let (messages, end) = some(mailbox).await;
        let understood = map(&messages, WORTH, |it| {
            let returned = read(&it.bytes);
            (key_of(&it.bytes, &returned), returned)
        });
        let mut intake = Intake::default();
        for (message, (key, returned)) in messages.into_iter().zip(&understood) {
            summary.messages += 1;
            let one = listen::Message {
                key: *key,
                at: received(returned, now),
                returned,
            };
            if !known.is_noted(*key) {
                let said = listener.listen(ledger, &one)?;
                intake.take(&mut summary, &mut known, said, &one, message.taken);
            } else if matches!(returned.kind, Kind::Reply) {
                // A person's words stay until a person has read them.
                summary.waits(&message.taken, returned);
            } else {
                summary.known += 1;
                intake.taken.push(message.taken);
            }
        }
        touched.extend(intake.occurrences());
        if !outside.dry_run {
            intake.publish(outside, ledger, now)?;
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

/// What some messages came to.
#[derive(Default)]
struct Intake {
    feedback: Vec<Feedback>,
    suppressions: Vec<SuppressionEvent>,
    taken: Vec<Taken>,
}

impl Intake {
    fn take(
        &mut self,
        summary: &mut Summary,
        known: &mut Known,
        said: Said,
        message: &listen::Message<'_>,
        taken: Taken,
    ) {
        match said.end {
            End::Noted => summary.noted += 1,
            End::Forged => summary.forged += 1,
            End::Nobody => summary.nobody += 1,
            End::Passed => summary.passed += 1,
            End::ForPerson => summary.waits(&taken, message.returned),
        }
        if said.end != End::ForPerson {
            self.taken.push(taken);
        }
        if !said.feedback.is_empty() {
            known.note(message.key);
        }
        for feedback in &said.feedback {
            let name = match &feedback.what {
                Heard::Bounced { class, .. } => format!("bounced {class}"),
                other => other.name().to_owned(),
            };
            *summary.heard.entry(name).or_default() += 1;
            if let Some(event) = known.past_limit(feedback) {
                summary.suppressed += 1;
                self.suppressions.push(event);
            }
        }
        summary.suppressed += said.suppressions.len() as u64;
        self.feedback.extend(said.feedback);
        self.suppressions.extend(said.suppressions);
    }

    /// Whose mails it is about.
    fn occurrences(&self) -> impl Iterator<Item = OccurrenceId> + '_ {
        let mails = self.feedback.iter().filter_map(|it| it.mail.as_ref());
        mails.map(|(occurrence, _)| occurrence.clone())
    }

    /// Publishes what was heard and whom nobody mails any more: together, or nothing.
    fn publish(
        &mut self,
        outside: &Outside<'_>,
        ledger: &mut Ledger,
        now: Timestamp,
    ) -> Result<(), IngestError> {
        if self.feedback.is_empty() && self.suppressions.is_empty() {
            return Ok(());
        }
        let (heard, left) = (self.feedback.len(), self.suppressions.len());
        ledger.publish(&Batch {
            suppressions: std::mem::take(&mut self.suppressions),
            feedback: std::mem::take(&mut self.feedback),
            ..Batch::new(
                outside.run,
                now,
                format!("feedback: {heard} heard, {left} suppressed"),
            )
        })?;
        Ok(())
    }
}

impl Summary {
    fn waits(&mut self, taken: &Taken, returned: &Returned) {
        let from = returned.traces.from.as_deref();
        self.for_people.push(ForPerson {
            place: taken.to_string(),
            from: from
                .and_then(|it| Address::parse(it).ok())
                .map(|it| it.masked()),
            // Whoever wrote it wrote this, too: it must not do anything to a terminal or a log.
            subject: printable(&reply_text(&returned.traces.subject)),
        });
    }
}
