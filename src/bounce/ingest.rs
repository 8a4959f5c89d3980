//! Takes a mailbox in: every message is read, what it says is published on the ledger, and only then is it moved or
//! flagged. Whoever is killed in between reads the same messages again; each counts once, by its key.
//!
//! Prints nothing. Answers nobody but who asks for something by a mail with our token. What a person has to read stays where it
//! is, and is listed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::answer::{self, Answered, Answers, Unanswered, answer};
use super::arrival::Arrivals;
use super::asks::changed_rows;
use super::forward::{Fate, ForwardError, Forwarding, Waiting, hand_on};
use super::intake::{Intake, Sums, keep_limit};
use super::known::Known;
use super::limit::Limit;
use super::listen::{self, End, Listener, Said};
use super::mailbox::{self, Mailbox, MailboxError, Stay};
use super::people::{LookUpError, People};
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
use crate::ledger::wishes::UNPUBLISHED;
use crate::mail::address::{Address, AddressError};
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientKey;
use crate::mail::sealed::NotSealed;
use crate::plan::rates::stops;
use crate::plan::refused::Doubted;
use crate::workspace::Workspace;
use crate::workspace::parallel::{WORTH, map};
use crate::workspace::source::Source;

/// Messages that are read and published together: what a kill makes read again, and what memory holds.
const AT_ONCE: usize = 500;

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
    #[error("who asked for a topic cannot be looked up: {0}")]
    LookUp(#[from] LookUpError),
    #[error(transparent)]
    Seal(#[from] NotSealed),
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
    /// Lists as the main branch has them.
    pub lists: &'a dyn Source,
    /// Whether and how people are answered who ask for something.
    pub answers: Answers<'a>,
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
    /// Of those, kept in a Maildir of their own.
    pub kept: u64,
    /// What was heard, by [`Heard::name`]; bounces by class: `bounced hard`.
    pub heard: BTreeMap<String, u64>,
    /// Who must not be mailed any more, new.
    pub suppressed: u64,
    /// Suppressions that were lifted later than what these messages tell of: who they name is mailed as before.
    pub lifted_since: u64,
    /// Mails that answered who asked for something.
    pub answered: u64,
    /// Who asked, and got no answer.
    pub unanswered: Vec<Unanswered>,
    /// What relays said of too many mails to be believed.
    pub doubted: Vec<Doubted>,
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
    /// Why it is listed, where it is not just that somebody wrote; or why it was not forwarded, where that was asked for, or not
    /// answered.
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
    let limit = Limit::new(policy.soft_bounces, policy.proof_of_mail, now);
    let mut known = Known::read(ledger, limit)?;
    if known.is_begun() {
        mailbox.resume()?;
    }
    let arrivals = Arrivals::until(now);
    let mut listener = listener(outside, ledger)?;
    let mut summary = Summary::default();
    let mut touched = BTreeSet::new();
    let mut wished = None;
    let mut standing = ledger.suppressions()?;
    let (refused, doubted) = refused::take(outside, ledger, &mut known, &mut standing, now)?;
    summary.suppressed += refused;
    summary.doubted = doubted;
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
            wished: &mut wished,
        };
        let Taking {
            mut intake,
            waiting,
            asking,
        } = take_all(
            &mut listener,
            ledger,
            &messages,
            &understood,
            &mut sums,
            &arrivals,
        )?;
        touched.extend(intake.occurrences());
        let people = look_up(outside, ledger, &mut intake)?;
        if !outside.dry_run {
            let own = intake.publish(outside, ledger, now)?;
            let theirs = known.take_others(ledger, own)?;
            intake.concede(&mut summary, &theirs);
        }
        summary.suppressed += keep_limit(outside, ledger, &known, &mut standing, now)?;
        let given = answer::Given {
            asks: &intake.asks,
            people: &people,
            standing: &standing,
        };
        let answered = answer(outside, ledger, &given, now).await?;
        intake.taken.extend(summary.answers(answered, &asking));
        let handed = hand_on(outside, ledger, &waiting, now).await?;
        let left = summary.handed_on(&waiting, handed, &mut intake.taken);
        if !outside.dry_run {
            mailbox.done(&intake.taken).await?;
            if mailbox.stay(&left).await? == Stay::Kept {
                summary.kept += left.len() as u64;
            }
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

/// What a batch of messages came to.
struct Taking<'m> {
    intake: Intake,
    /// Messages for a person.
    waiting: Vec<Waiting<'m>>,
    /// Messages that ask for nothing but an answer.
    asking: Vec<Waiting<'m>>,
}

/// Takes the messages in; those for a person are handed back besides.
fn take_all<'m>(
    listener: &mut Listener<'_>,
    ledger: &Ledger,
    messages: &'m [mailbox::Message],
    understood: &'m [(MessageKey, Returned)],
    sums: &mut Sums<'_>,
    arrivals: &Arrivals,
) -> Result<Taking<'m>, IngestError> {
    let mut intake = Intake::default();
    let (mut waiting, mut asking) = (Vec::new(), Vec::new());
    // In the order in which they arrived, whatever order their mailbox has: of two things that somebody asks the later holds.
    let mut all = Vec::with_capacity(messages.len());
    for (message, (key, returned)) in messages.iter().zip(understood) {
        all.push((
            arrivals.of(ledger, message, returned)?,
            message,
            key,
            returned,
        ));
    }
    all.sort_by_key(|(arrival, ..)| arrival.at);
    for (arrival, message, key, returned) in all {
        sums.summary.messages += 1;
        let one = listen::Message {
            key: *key,
            at: arrival.at,
            is_dated_by_us: arrival.is_ours,
            returned,
        };
        // A person's words stay until a person has them, and questions until they are answered, so that they are read again and
        // again.
        let is_known = sums.known.is_noted(*key);
        let said = match is_known && !matches!(returned.kind, Kind::Reply) {
            true => None,
            false => Some(listener.listen(ledger, &one)?),
        };
        let stays = |said: &Said| matches!(said.end, End::ForPerson | End::Asks);
        let fresh = said.filter(|said| !is_known || stays(said));
        let Some(mut said) = fresh else {
            sums.summary.known += 1;
            intake.taken.push(message.taken.clone());
            continue;
        };
        if said.end == End::ForPerson && message.opened {
            // Whoever opened it has read it.
            sums.summary.known += 1;
            intake.taken.push(message.taken.clone());
        } else if stays(&said) {
            let mut mails = said.feedback.iter().filter_map(|it| it.mail.as_ref());
            let one = Waiting {
                message,
                key: *key,
                returned,
                mail: mails.next().map(|(occurrence, _)| occurrence.clone()),
                why: said.why,
            };
            match said.end {
                End::Asks => asking.push(one),
                _ => waiting.push(one),
            }
        } else {
            intake.taken.push(message.taken.clone());
        }
        if is_known {
            said.feedback.clear();
            said.suppressions.clear();
        }
        sums.in_turn(ledger, &mut said, &one, arrivals.now)?;
        intake.take(sums, said, &one);
    }
    Ok(Taking {
        intake,
        waiting,
        asking,
    })
}

/// Looks up who asked for something, and puts the topics that they want into their rows. Whoever wants a topic has to be looked
/// up; others can do without an answer, which then says why.
fn look_up(
    outside: &Outside<'_>,
    ledger: &Ledger,
    intake: &mut Intake,
) -> Result<Result<People, String>, IngestError> {
    let wants_topics = intake.asks.iter().any(|ask| ask.topic().is_some());
    let is_answered = !matches!(outside.answers, Answers::Off) && !outside.dry_run;
    if intake.asks.is_empty() || !wants_topics && !is_answered {
        return Ok(Ok(People::default()));
    }
    let sought = intake.asks.iter().map(|ask| ask.who).collect();
    let mut people = match People::find(outside, ledger.wishes()?, &sought) {
        Ok(people) => people,
        Err(why) if wants_topics => return Err(why.into()),
        Err(why) => return Ok(Err(why.to_string())),
    };
    let changed = changed_rows(&intake.asks, &mut people, outside.key)?;
    intake.wishes.extend(changed);
    for wish in &intake.wishes {
        people.wishes.apply(UNPUBLISHED, wish);
    }
    Ok(Ok(people))
}

fn listener<'a>(outside: &Outside<'a>, ledger: &Ledger) -> Result<Listener<'a>, IngestError> {
    let settings = &outside.workspace.settings;
    let address =
        |what, text: &str| Address::parse(text).map_err(|why| IngestError::Address { what, why });
    let bounces = address("bounces.address", &settings.bounces.address)?;
    let leaving = address("unsubscribe.address", &settings.unsubscribe.address)?;
    let senders = settings.senders.values();
    let lists = outside.workspace.lists.values();
    let topics = lists.flat_map(|file| file.list.topics.keys());
    Ok(Listener {
        key: outside.key,
        whose: Whose::new(ledger, outside.key, bounces, leaving)?,
        topics: topics.map(ToString::to_string).collect(),
        senders: senders.map(|it| it.address.to_lowercase()).collect(),
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
    let rates = &outside.workspace.settings.policy.rates;
    for id in touched {
        let state = ledger.look(&id)?;
        let too_much = stops(rates, &id, &state, &came_back).map(|why| why.told());
        let returned = Some(came_back.of(&id));
        let page = result_page(&id, &state, returned, too_much.as_deref(), now);
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
/// in: else one message that cannot be read would keep all others back.
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
    MessageKey::of(without_additions(bytes).trim_ascii_end())
}

/// Fields that mail programs and servers write into a message when they look at it or put it elsewhere.
const ADDITIONS: [&str; 13] = [
    "status",
    "x-status",
    "x-uid",
    "x-uidl",
    "x-keywords",
    "x-label",
    "x-imap",
    "x-imapbase",
    "x-mozilla-keys",
    "x-mozilla-status",
    "x-mozilla-status2",
    "content-length",
    "lines",
];

/// A message without those, and without carriage returns.
fn without_additions(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let (mut is_head, mut is_addition) = (true, false);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        if is_head {
            is_head = !line.trim_ascii().is_empty();
            if !line.starts_with(b" ") && !line.starts_with(b"\t") {
                let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
                is_addition = ADDITIONS
                    .iter()
                    .any(|it| name.eq_ignore_ascii_case(it.as_bytes()));
            }
            if is_addition && is_head {
                continue;
            }
        }
        kept.extend(line.iter().copied().filter(|&byte| byte != b'\r'));
    }
    kept
}

impl Summary {
    /// Takes in who was answered; the messages that are done with.
    fn answers(&mut self, answered: Answered, asking: &[Waiting<'_>]) -> Vec<mailbox::Taken> {
        self.answered += answered.sent;
        self.unanswered.extend(answered.unanswered);
        let mut taken = Vec::new();
        for one in asking {
            match answered.fates.get(&one.key) {
                Some(answer::Fate::Taken) => self.noted += 1,
                Some(answer::Fate::Before) => self.known += 1,
                Some(answer::Fate::Waits(why)) => {
                    self.waits(one, Some(format!("not answered: {why}")));
                    continue;
                }
                None => {
                    self.waits(one, None);
                    continue;
                }
            }
            taken.push(one.message.taken.clone());
        }
        taken
    }

    /// Takes in what became of messages for a person; those that were not handed on.
    fn handed_on(
        &mut self,
        waiting: &[Waiting<'_>],
        handed: Vec<Fate>,
        taken: &mut Vec<mailbox::Taken>,
    ) -> Vec<mailbox::Taken> {
        let mut left = Vec::new();
        for (one, fate) in waiting.iter().zip(handed) {
            match fate {
                Fate::Forwarded => self.forwarded += 1,
                Fate::Before => self.known += 1,
                Fate::Waits(why) => {
                    left.push(one.message.taken.clone());
                    self.waits(one, why.map(|why| format!("not forwarded: {why}")));
                    continue;
                }
            }
            taken.push(one.message.taken.clone());
        }
        left
    }

    fn waits(&mut self, waiting: &Waiting<'_>, why: Option<String>) {
        let returned = waiting.returned;
        let from = returned.traces.from.as_deref();
        self.for_people.push(ForPerson {
            place: waiting.message.taken.to_string(),
            from: from
                .and_then(|it| Address::parse(it).ok())
                .map(|it| it.masked()),
            // Whoever wrote it wrote this, too: it must not do anything to a terminal or a log.
            subject: match printable(&reply_text(&returned.traces.subject)) {
                _ if returned.is_void => "(empty)".to_owned(),
                subject if subject.trim().is_empty() => "(no subject)".to_owned(),
                subject => subject,
            },
            why: waiting.why.map(ToOwned::to_owned).or(why),
        });
    }
}
