//! Answers who asked for something by mail: that they left and how to undo it, or their preferences as a mail with a link for
//! each choice.
//!
//! Only to the address that the lists have, since a message's own may be anybody's; never to machines; one mail for all that
//! somebody asked in a batch, and so many a day, so that no two machines talk for ever. Marked as a machine's (RFC 3834), with a
//! reverse-path without a token. Claimed on the ledger as what is forwarded, so that each goes out once at most.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::answer_letter::Answer;
use super::asks::{Ask, Asked};
use super::forward::{publish, send};
use super::ingest::{IngestError, Outside};
use super::people::{People, Person};
use crate::ledger::branch::Ledger;
use crate::ledger::event::{Exclusion, Scope};
use crate::ledger::feedback::MessageKey;
use crate::ledger::forward::{Forward, Forwards, Stage};
use crate::ledger::suppressions::Suppressions;
use crate::mail::address::Address;
use crate::mail::dkim::Signer;
use crate::mail::recipient_id::RecipientId;
use crate::transport::Transport;

/// Answers to one person within a day.
pub const A_DAY: i64 = 3;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Whether and how people are answered.
#[derive(Clone, Copy)]
pub enum Answers<'a> {
    /// They are not: `unsubscribe.confirm` says so.
    Off,
    /// They cannot be, for this reason.
    Without(&'a str),
    /// By this.
    By(&'a AnswerDesk),
}

/// Who answers, and how.
pub struct AnswerDesk {
    /// The name that is shown.
    pub name: String,
    /// The sender's address.
    pub address: Address,
    /// Where answers come back to.
    pub bounces: Address,
    /// Where people ask.
    pub mailbox: Address,
    /// The organisation's zone.
    pub zone: TimeZone,
    /// Who signs.
    pub signers: Vec<Signer>,
    /// The way out.
    pub transport: Arc<dyn Transport>,
}

/// What a batch of messages asks for, and what holds of those who ask.
pub(super) struct Given<'a> {
    pub(super) asks: &'a [Ask],
    pub(super) people: &'a Result<People, String>,
    /// Who is suppressed, this batch included.
    pub(super) standing: &'a Suppressions,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Answered {
    /// Mails that went out.
    pub(super) sent: u64,
    /// Who was to get one and did not.
    pub(super) unanswered: Vec<Unanswered>,
    /// What becomes of the messages that ask for nothing but an answer.
    pub(super) fates: HashMap<MessageKey, Fate>,
}

/// Somebody who asked and was not answered. What they asked for is on the ledger all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// Who.
    pub who: RecipientId,
    /// Their address, masked, where a list has them.
    pub address: Option<String>,
    /// Why.
    pub why: String,
}

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It has been dealt with just now,
    Taken,
    /// or before.
    Before,
    /// It stays; why.
    Waits(String),
}

/// All that one person asked in a batch.
struct Due<'a> {
    who: RecipientId,
    asks: Vec<&'a Ask>,
}

/// Why somebody is not answered.
enum Not {
    /// Now.
    Yet(String),
    /// Ever.
    Ever(&'static str),
}

/// Answers everybody who is to be.
///
/// # Errors
/// [`IngestError`] where the ledger cannot be read or published.
pub(super) async fn answer(
    outside: &Outside<'_>,
    ledger: &mut Ledger,
    given: &Given<'_>,
    now: Timestamp,
) -> Result<Answered, IngestError> {
    let mut answered = Answered::default();
    let desk = match outside.answers {
        _ if given.asks.is_empty() => return Ok(answered),
        Answers::Off => {
            let why = || "`unsubscribe.confirm` is off".to_owned();
            answered.all(given.asks, || Fate::Waits(why()));
            return Ok(answered);
        }
        _ if outside.dry_run => {
            answered.all(given.asks, || Fate::Taken);
            return Ok(answered);
        }
        Answers::Without(why) => Err(why),
        Answers::By(desk) => Ok(desk),
    };
    let before = ledger.forwards()?;
    let mut going = Vec::new();
    for due in dues(given.asks, &before, &mut answered) {
        let able = desk.map_err(|why| Not::Yet(why.to_owned()));
        match able.and_then(|desk| Ok((desk, due.addressee(given, &before, now)?))) {
            Ok((desk, (people, person))) => going.push((due, desk, people, person)),
            Err(why) => answered.not(&due, given, why),
        }
    }
    if going.is_empty() {
        return Ok(answered);
    }
    let keys: Vec<MessageKey> = going.iter().flat_map(|(due, ..)| due.keys()).collect();
    let people: Vec<RecipientId> = going.iter().map(|(due, ..)| due.who).collect();
    let claim = Forward::new(now, outside.run, Stage::Claimed, &keys).answering(&people);
    publish(outside, ledger, now, vec![claim])?;
    let claimed = ledger.forwards()?;
    let (mut done, mut released) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    for (due, desk, people, person) in going {
        let mut keys = due.keys();
        if keys.any(|key| claimed.is_claimed(key, Some(outside.run))) {
            released.0.extend(due.keys());
            released.1.push(due.who);
            let why = "another run answers it".to_owned();
            answered.not(&due, given, Not::Yet(why));
            continue;
        }
        let answer = Answer {
            asks: &due.asks,
            who: due.who,
            person: &person,
            people,
            standing: given.standing,
            settings: &outside.workspace.settings,
            key: outside.key,
            now,
        };
        match send(answer.letter(desk), desk.transport.as_ref()).await {
            // Whether it arrives nobody knows; whoever hears nothing asks again.
            Ok(()) | Err((_, false)) => {
                answered.sent += 1;
                answered.set(&due, || Fate::Taken);
                done.0.extend(due.keys());
                done.1.push(due.who);
            }
            Err((why, true)) => {
                released.0.extend(due.keys());
                released.1.push(due.who);
                answered.not(&due, given, Not::Yet(why));
            }
        }
    }
    let ends = [(Stage::Done, done), (Stage::Released, released)];
    let ends = ends.into_iter().map(|(stage, (keys, people))| {
        Forward::new(now, outside.run, stage, &keys).answering(&people)
    });
    publish(outside, ledger, now, ends.collect())?;
    Ok(answered)
}

/// By person what is not answered yet.
fn dues<'a>(asks: &'a [Ask], before: &Forwards, answered: &mut Answered) -> Vec<Due<'a>> {
    let mut dues: BTreeMap<RecipientId, Vec<&Ask>> = BTreeMap::new();
    for ask in asks {
        if before.is_done(ask.key) {
            answered.fates.insert(ask.key, Fate::Before);
        } else if before.is_claimed(ask.key, None) {
            let why = "it may have been answered already".to_owned();
            answered.fates.insert(ask.key, Fate::Waits(why));
        } else {
            dues.entry(ask.who).or_default().push(ask);
        }
    }
    let dues = dues.into_iter().map(|(who, asks)| Due { who, asks });
    dues.collect()
}

impl Due<'_> {
    /// Each message once.
    fn keys(&self) -> impl Iterator<Item = MessageKey> + use<> {
        let mut keys: Vec<MessageKey> = self.asks.iter().map(|ask| ask.key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter()
    }

    /// Whom an answer goes to.
    fn addressee<'p>(
        &self,
        given: &Given<'p>,
        before: &Forwards,
        now: Timestamp,
    ) -> Result<(&'p People, Cow<'p, Person>), Not> {
        let people = given.people.as_ref();
        let people = people.map_err(|why| Not::Yet(why.clone()))?;
        let listed = people.get(&self.who).map(Cow::Borrowed);
        // Whoever wants something is told that they get nothing; whoever leaves has what they want.
        let mut asks = self.asks.iter();
        let unlisted = asks.find_map(|ask| match ask.what {
            Asked::Leave(_) => None,
            _ => ask.own_address.clone(),
        });
        let person = listed.or(unlisted.map(|it| Cow::Owned(Person::unlisted(it))));
        let person = person.ok_or(Not::Ever("no list has them"))?;
        if given.standing.exact(&self.who, &Scope::All) == Some(Exclusion::Suppressed) {
            return Err(Not::Ever("the organisation does not write to them"));
        }
        let since = now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
        if before.answered(&self.who, since) >= A_DAY {
            return Err(Not::Ever("they got three answers within a day"));
        }
        Ok((people, person))
    }
}

impl Answered {
    fn all(&mut self, asks: &[Ask], fate: impl Fn() -> Fate) {
        for ask in asks {
            self.fates.insert(ask.key, fate());
        }
    }

    fn set(&mut self, due: &Due<'_>, fate: impl Fn() -> Fate) {
        for key in due.keys() {
            self.fates.insert(key, fate());
        }
    }

    fn not(&mut self, due: &Due<'_>, given: &Given<'_>, why: Not) {
        let is_listed = |ask: &&Ask| ask.what != Asked::Preferences;
        let why = match why {
            Not::Yet(why) => {
                self.set(due, || Fate::Waits(why.clone()));
                // What stays in the mailbox is listed there.
                if !due.asks.iter().any(is_listed) {
                    return;
                }
                why
            }
            Not::Ever(why) => {
                self.set(due, || Fate::Taken);
                why.to_owned()
            }
        };
        let person = given.people.as_ref().ok();
        let person = person.and_then(|people| people.get(&due.who));
        self.unanswered.push(Unanswered {
            who: due.who,
            address: person.map(|it| it.address.masked()),
            why,
        });
    }
}
