//! What follows from a returned message: the events of the ledger, and who must not be mailed any more.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::asks::{self, Ask, Asked, NOTE};
use super::whose::{Found, Proof, Token, Whose};
use super::{Action, Complaint, Kind, Reported, Returned};
use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::{Exclusion, Scope, SuppressionEvent};
use crate::ledger::feedback::{Feedback, Heard, MessageKey};
use crate::ledger::last_word::LastWord;
use crate::ledger::reply_text::without_recipient;
use crate::mail::address::Address;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::mail::refusal::Class;
use crate::mail::token::{self, ReversePath};

/// What one message came to.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) feedback: Vec<Feedback>,
    pub(super) suppressions: Vec<SuppressionEvent>,
    /// What a person, no machine, asks for.
    pub(super) ask: Option<Ask>,
    pub(super) end: End,
    /// Why a person has to read it, where it is not just that somebody wrote.
    pub(super) why: Option<&'static str>,
}

/// Tokens get wrong where people type or copy them.
const WRONG_TOKEN: &str = "the token in the address that it was sent to is not ours";

/// Somebody has to look after a list whose owner is not there.
const OWNER_NOT_TOLD: &str = "a notice to a list's owner did not arrive";
/// In a language or form that nothing here knows.
const UNREAD: &str = "a mail server reports something that could not be read";

/// How a message ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It is noted down.
    Noted,
    /// It carries a token that is not ours: nothing that it says is believed.
    Forged,
    /// It speaks of somebody, and of nobody that can be told.
    Nobody,
    /// It asks for nothing but an answer.
    Asks,
    /// A person has to read it.
    ForPerson,
    /// A machine wrote, and there is nothing to note down.
    Passed,
}

/// Characters that mail programs write at most where somebody only leaves.
const BY_PROGRAMS: usize = 40;

/// What messages are understood by.
pub(super) struct Listener<'a> {
    pub(super) key: &'a RecipientKey,
    pub(super) whose: Whose<'a>,
    /// The topics that somebody can leave.
    pub(super) topics: Vec<String>,
    /// Whom our own letters come from, as they are compared.
    pub(super) senders: Vec<String>,
    /// Whether an address alone is enough for a suppression.
    pub(super) trusts_addresses: bool,
}

/// What the address that a message came to says of whose mail it is about.
#[derive(Clone, Copy)]
enum Origin {
    /// This mail.
    Mail(ReversePath),
    /// A mail in which this link stood.
    Link(token::Leave),
    /// Nothing.
    Unknown,
}

/// Somebody whom a message is about, and the address that it names them by.
type Theirs = (Found, Option<String>);

/// The message at hand.
pub(super) struct Message<'a> {
    pub(super) key: MessageKey,
    pub(super) at: Timestamp,
    /// Whether a clock of ours says so.
    pub(super) is_dated_by_us: bool,
    pub(super) returned: &'a Returned,
}

impl Listener<'_> {
    /// What a message says.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn listen(
        &mut self,
        ledger: &Ledger,
        message: &Message<'_>,
    ) -> Result<Said, LedgerError> {
        let token = self.whose.token(message.returned);
        let origin = match token {
            // What a person wrote is lost on nobody's account.
            Token::Forged if message.returned.kind == Kind::Reply => {
                return Ok(Said {
                    why: Some(WRONG_TOKEN),
                    ..Said::nothing(End::ForPerson)
                });
            }
            Token::Forged => return Ok(Said::nothing(End::Forged)),
            Token::Leave(leave) if message.returned.kind.is_wish() => {
                let found = self.whose.by_leave(ledger, &leave)?;
                return Ok(self.asks(message, &leave, found));
            }
            // A server that reports to whatever address a mail names.
            Token::Leave(leave) => Origin::Link(leave),
            Token::Mail(path) => Origin::Mail(path),
            Token::Absent | Token::Unreadable if self.is_of_own_letter(message.returned) => {
                return Ok(of_own_letter(message.returned));
            }
            Token::Absent | Token::Unreadable => Origin::Unknown,
        };
        let found = self.about_whom(ledger, message.returned, origin)?;
        let kind = &message.returned.kind;
        Ok(match kind {
            Kind::Report(reported) if found.is_empty() && is_unread(reported) => Said {
                why: Some(UNREAD),
                ..Said::nothing(End::ForPerson)
            },
            Kind::Report(reported) => self.report(message, reported, found),
            Kind::Complaint(complaint) => self.complaint(message, complaint, found),
            Kind::Receipt(receipt) if receipt.disposition == "displayed" => {
                self.noted(message, found, &Heard::Read)
            }
            Kind::Receipt(_) => Said::nothing(End::Passed),
            Kind::AutoReply => {
                let ours = found.into_iter().filter(|(it, _)| it.proof == Proof::Keyed);
                let said = self.noted(message, ours.collect(), &Heard::AutoReplied);
                match said.feedback.is_empty() {
                    true => Said::nothing(End::Passed),
                    false => said,
                }
            }
            Kind::Reply => {
                let ours = found.into_iter().filter(|(it, _)| it.proof == Proof::Keyed);
                let mut said = self.noted(message, ours.collect(), &Heard::Replied);
                if let Some(report) = &message.returned.passed_on {
                    let told = self.passed_on(ledger, message, report, origin)?;
                    said.feedback.extend(told.feedback);
                    said.suppressions.extend(told.suppressions);
                }
                said.end = End::ForPerson;
                said.why = (token == Token::Unreadable).then_some(WRONG_TOKEN);
                said
            }
        })
    }

    /// Whom a message is about: by its token, else by the returned mail's Message-ID, else by the addresses that it names.
    fn about_whom(
        &mut self,
        ledger: &Ledger,
        returned: &Returned,
        origin: Origin,
    ) -> Result<Vec<Theirs>, LedgerError> {
        let traces = &returned.traces;
        let kind = &returned.kind;
        let named: Vec<String> = match kind {
            Kind::AutoReply | Kind::Reply => traces.from.iter().cloned().collect(),
            about => about.named(),
        };
        Ok(match origin {
            Origin::Mail(path) => {
                let named: Vec<RecipientId> = named.iter().filter_map(|it| self.id(it)).collect();
                let found = self.whose.by_path(ledger, &path, &named)?;
                found.into_iter().map(|found| (found, None)).collect()
            }
            Origin::Link(leave) => {
                let mut found = self.whose.by_leave(ledger, &leave)?;
                if found.mail.is_none() {
                    let by_id = self.whose.by_id(ledger, leave.recipient, &traces.answers)?;
                    found.mail = by_id.mail;
                }
                vec![(found, None)]
            }
            Origin::Unknown => {
                let of_mail = match kind {
                    // What people and their machines quote may be any mail.
                    Kind::AutoReply | Kind::Reply => Vec::new(),
                    _ => self.by_message_id(ledger, returned)?,
                };
                match of_mail.is_empty() {
                    true => self.by_names(ledger, returned, &named)?,
                    false => of_mail,
                }
            }
        })
    }

    /// What a person passes on, of those whom it names and whose mail it surely returns: by our Message-ID for them, or by the
    /// token of their mail. Nothing else in a letter of a person is believed, whatever the policy is: they may quote, forward
    /// or invent anything.
    fn passed_on(
        &mut self,
        ledger: &Ledger,
        message: &Message<'_>,
        report: &Kind,
        origin: Origin,
    ) -> Result<Said, LedgerError> {
        let named = report.named();
        let ids: Vec<RecipientId> = named.iter().filter_map(|it| self.id(it)).collect();
        let mut found = match named.is_empty() {
            true => Vec::new(),
            false => self.by_names(ledger, message.returned, &named)?,
        };
        let mut paths = self.whose.quoted(&message.returned.traces);
        if let Origin::Mail(path) = origin {
            paths.push(path);
        }
        for path in paths {
            let Some(proven) = self.whose.by_path(ledger, &path, &ids)? else {
                continue;
            };
            let same = |(it, _): &&mut (Found, _)| it.recipient == proven.recipient;
            if let Some((known, _)) = found.iter_mut().find(same) {
                *known = proven;
            }
        }
        found.retain(|(it, _)| it.proof == Proof::Keyed);
        Ok(match report {
            Kind::Report(reported) => self.report(message, reported, found),
            Kind::Complaint(complaint) => self.complaint(message, complaint, found),
            Kind::Receipt(_) | Kind::AutoReply | Kind::Reply => Said::nothing(End::ForPerson),
        })
    }

    /// Whom the returned mail was for, where its Message-ID is the one that we gave it. It may have been forwarded: the report
    /// names whom it did not reach then.
    fn by_message_id(
        &mut self,
        ledger: &Ledger,
        returned: &Returned,
    ) -> Result<Vec<Theirs>, LedgerError> {
        let to = &returned.traces.returned_to;
        let mut found = self.by_names(ledger, returned, to)?;
        found.retain(|(it, _)| it.proof == Proof::Keyed);
        Ok(found)
    }

    /// The recipients that a message names, each with the name; where it names nobody, those of the returned mail.
    fn by_names(
        &mut self,
        ledger: &Ledger,
        returned: &Returned,
        named: &[String],
    ) -> Result<Vec<Theirs>, LedgerError> {
        let traces = &returned.traces;
        let names = match named {
            [] => traces.returned_to.as_slice(),
            named => named,
        };
        let mut found = Vec::new();
        for name in names {
            if let Some(id) = self.id(name) {
                let one = self.whose.by_id(ledger, id, &traces.answers)?;
                found.push((one, Some(name.clone())));
            }
        }
        Ok(found)
    }

    fn id(&self, address: &str) -> Option<RecipientId> {
        Address::parse(address).ok().map(|it| self.key.id(&it))
    }

    /// Whether it reports on a mail that we wrote ourselves, which has no token: by its sender, and by what says that a machine
    /// wrote it. Where the report returns nothing of it, it is taken for another one.
    fn is_of_own_letter(&self, returned: &Returned) -> bool {
        let is_ours = |address: &String| self.senders.iter().any(|it| it.as_str() == address);
        let traces = &returned.traces;
        matches!(returned.kind, Kind::Report(_))
            && traces.returned_is_notice
            && traces.returned_from.iter().any(is_ours)
    }

    fn asks(&self, message: &Message<'_>, leave: &token::Leave, found: Found) -> Said {
        let is_person = message.returned.kind == Kind::Reply;
        let scope = asks::scope(self.key, &self.topics, leave.scope);
        let Some(what) = Asked::of(leave.action, scope) else {
            return Said::nothing(End::ForPerson);
        };
        // Mail programs leave for people, and may say that they are machines.
        if !is_person && !matches!(what, Asked::Leave(_)) {
            return Said::nothing(End::Passed);
        }
        let at = message.at_least(&found);
        let mut said = self.noted(message, vec![(found, None)], &what.heard());
        if let Asked::Leave(scope) = &what {
            said.suppressions.push(SuppressionEvent::Suppressed {
                recipient: leave.recipient,
                scope: scope.clone(),
                reason: Exclusion::Unsubscribed,
                at,
                note: NOTE.to_owned(),
            });
        }
        if what == Asked::Preferences {
            said.end = End::Asks;
        }
        let is_letter = is_person && message.returned.written > BY_PROGRAMS;
        if is_letter && matches!(what, Asked::Leave(_)) {
            said.end = End::ForPerson;
            said.why = Some("they left, and wrote more than a mail program does");
        }
        said.ask = is_person.then_some(Ask {
            key: message.key,
            who: leave.recipient,
            at,
            what,
            own_address: self.own_address(message, leave.recipient),
        });
        said
    }

    /// The address that a message says it is from, where it is this recipient's: any other may be anybody's.
    fn own_address(&self, message: &Message<'_>, who: RecipientId) -> Option<Address> {
        let from = message.returned.traces.from.as_deref();
        let from = from.and_then(|it| Address::parse(it).ok());
        from.filter(|it| self.key.id(it) == who)
    }

    fn report(&self, message: &Message<'_>, reported: &[Reported], found: Vec<Theirs>) -> Said {
        let mut said = Said::nothing(End::Nobody);
        let others = reported.iter().filter_map(|it| it.address.as_deref());
        let returned = message.returned.traces.returned_to.iter();
        let names: Vec<&str> = others.chain(returned.map(String::as_str)).collect();
        for (found, name) in found {
            let Some(worst) = self.about(reported, &found, name.as_deref()) else {
                continue;
            };
            let alone = self.name_alone(worst, message.returned, found.recipient);
            let heard = heard(worst, names.iter().copied().chain(alone.as_deref()));
            let dead = matches!(
                &heard,
                Heard::Bounced {
                    class: Class::Hard,
                    ..
                }
            );
            if dead && worst.verdict.sure && worst.is_permanent() {
                let note = worst.verdict.reason.name();
                self.suppress(&mut said, message, &found, Exclusion::HardBounce, note);
            }
            said.note(message, found, heard);
        }
        said
    }

    /// The recipient's name, where a text has it without its domain and nothing else in the message tells it: a server that speaks
    /// of its own users.
    fn name_alone(
        &self,
        reported: &Reported,
        returned: &Returned,
        recipient: RecipientId,
    ) -> Option<String> {
        let text = &reported.text;
        let traces = &returned.traces;
        let known = traces.from.iter().chain(&traces.returned_to);
        let known = known.chain(&reported.address).map(String::as_str);
        let domains: BTreeSet<&str> = known
            .filter_map(|it| Some(it.rsplit_once('@')?.1))
            .collect();
        let marks = |c: char| !c.is_alphanumeric() && !"_+-".contains(c);
        let words = text.split_whitespace().map(|word| word.trim_matches(marks));
        words.filter(|word| word.len() > 2).find_map(|word| {
            let is_theirs = |domain: &&str| self.id(&format!("{word}@{domain}")) == Some(recipient);
            domains.iter().any(is_theirs).then(|| word.to_owned())
        })
    }

    /// What a report says of a recipient. A mail has one: others that a report names are where it was forwarded to, and only
    /// count where it does not name the recipient.
    fn about<'r>(
        &self,
        reported: &'r [Reported],
        found: &Found,
        name: Option<&str>,
    ) -> Option<&'r Reported> {
        let weight = |it: &&Reported| (gravity(it), !it.text.is_empty());
        // Of those that weigh the same the first.
        let worst = |of: &mut dyn Iterator<Item = &'r Reported>| {
            of.fold(None, |worst: Option<&Reported>, it| match worst {
                Some(worst) if weight(&worst) >= weight(&it) => Some(worst),
                _ => Some(it),
            })
        };
        let is_theirs = |it: &&Reported| {
            let address = it.address.as_deref();
            address.is_some_and(|address| {
                Some(address) == name || self.id(address) == Some(found.recipient)
            })
        };
        worst(&mut reported.iter().filter(is_theirs)).or_else(|| worst(&mut reported.iter()))
    }

    fn complaint(&self, message: &Message<'_>, complaint: &Complaint, found: Vec<Theirs>) -> Said {
        if !complaint.is_objection() {
            return Said::nothing(End::Passed);
        }
        let mut said = Said::nothing(End::Nobody);
        for (found, _) in found {
            let kind = complaint.feedback.clone();
            self.suppress(&mut said, message, &found, Exclusion::Complained, &kind);
            said.note(message, found, Heard::Complained { kind });
        }
        said
    }

    fn suppress(
        &self,
        said: &mut Said,
        message: &Message<'_>,
        found: &Found,
        reason: Exclusion,
        note: &str,
    ) {
        if found.proof == Proof::Keyed || self.trusts_addresses {
            said.suppressions.push(SuppressionEvent::Suppressed {
                recipient: found.recipient,
                scope: Scope::All,
                reason,
                at: message.at_least(found),
                note: note.to_owned(),
            });
        }
    }

    fn noted(&self, message: &Message<'_>, found: Vec<Theirs>, heard: &Heard) -> Said {
        let mut said = Said::nothing(End::Nobody);
        for (found, _) in found {
            said.note(message, found, heard.clone());
        }
        said
    }
}

/// Of a notice that did not reach its list's owner a person has to hear: the owner's days count since it was sent.
fn of_own_letter(returned: &Returned) -> Said {
    let failed = matches!(&returned.kind, Kind::Report(all)
        if all.iter().any(|it| it.action == Action::Failed));
    match failed && returned.traces.returned_is_to_owner {
        true => Said {
            why: Some(OWNER_NOT_TOLD),
            ..Said::nothing(End::ForPerson)
        },
        false => Said::nothing(End::Passed),
    }
}

impl Message<'_> {
    /// When it arrived, and never before the sending that it surely answers, whatever its date claims: else what lifted an
    /// older suppression would undo this one.
    fn at_least(&self, about: &Found) -> Timestamp {
        let sent = about.sent.filter(|_| about.proof == Proof::Keyed);
        sent.map_or(self.at, |sent| sent.max(self.at))
    }
}

impl Said {
    fn nothing(end: End) -> Self {
        Self {
            feedback: Vec::new(),
            suppressions: Vec::new(),
            ask: None,
            end,
            why: None,
        }
    }

    /// Whether it depends on what the person it is from said before.
    pub(super) fn is_wish(&self) -> bool {
        self.ask.is_some() || self.suppressions.iter().any(is_leave)
    }

    /// Gives what a person asks for its moment, among what they said before: it holds until they said something later. Whoever
    /// leaves has left, whatever their own clock says, and whatever is too little for clocks of ours to tell.
    pub(super) fn in_turn(&mut self, last: &LastWord<'_>, message: &Message<'_>, now: Timestamp) {
        let left = |who: &RecipientId, at: Timestamp| match message.is_dated_by_us {
            true => last.about(who, at, now),
            false => last.after(who, at),
        };
        for event in self.suppressions.iter_mut().filter(|it| is_leave(it)) {
            if let SuppressionEvent::Suppressed { recipient, at, .. } = event {
                *at = left(recipient, *at);
            }
        }
        if let Some(ask) = &mut self.ask {
            ask.at = match &ask.what {
                Asked::Leave(_) => left(&ask.who, ask.at),
                _ => last.heard(&ask.who, ask.at, now),
            };
        }
    }

    fn note(&mut self, message: &Message<'_>, found: Found, what: Heard) {
        self.end = End::Noted;
        self.feedback.push(Feedback {
            message: message.key,
            recipient: found.recipient,
            at: message.at_least(&found),
            mail: found.mail,
            what,
        });
    }
}

/// Whether nothing is understood of a report but that it is one.
fn is_unread(reported: &[Reported]) -> bool {
    reported
        .iter()
        .all(|it| it.address.is_none() && it.verdict.class == Class::Unknown)
}

fn is_leave(event: &SuppressionEvent) -> bool {
    let SuppressionEvent::Suppressed { reason, .. } = event else {
        return false;
    };
    *reason == Exclusion::Unsubscribed
}

/// What a report says of one recipient, without the names of any that it may speak of: servers repeat them.
fn heard<'n>(reported: &Reported, names: impl Iterator<Item = &'n str>) -> Heard {
    let text = names
        .filter_map(|it| it.split('@').next())
        .fold(reported.text.clone(), |text, local| {
            without_recipient(&text, local)
        });
    let (class, status) = (reported.verdict.class, reported.status);
    match reported.action {
        Action::Failed => Heard::Bounced {
            class,
            status,
            text,
        },
        Action::Delayed => Heard::Delayed {
            class,
            status,
            text,
        },
        Action::Delivered => Heard::Delivered,
        Action::Relayed | Action::Expanded => Heard::Relayed,
    }
}

fn gravity(reported: &Reported) -> u8 {
    match reported.action {
        Action::Failed => 3,
        Action::Delayed => 2,
        Action::Delivered => 1,
        Action::Relayed | Action::Expanded => 0,
    }
}
