//! What follows from a returned message: the events of the ledger, and who must not be mailed any more.

use jiff::Timestamp;

use super::asks::{self, Ask, Asked, NOTE};
use super::whose::{Found, Proof, Token, Whose};
use super::{Action, Complaint, Kind, Reported, Returned};
use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::{Exclusion, Scope, SuppressionEvent};
use crate::ledger::feedback::{Feedback, Heard, MessageKey};
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
}

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

/// The message at hand.
pub(super) struct Message<'a> {
    pub(super) key: MessageKey,
    pub(super) at: Timestamp,
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
            Token::Forged => return Ok(Said::nothing(End::Forged)),
            Token::Leave(leave) if message.returned.kind.is_wish() => {
                let found = self.whose.by_leave(ledger, &leave)?;
                return Ok(self.asks(message, &leave, found));
            }
            // A server that reports to whatever address a mail names.
            Token::Leave(leave) => Origin::Link(leave),
            Token::Mail(path) => Origin::Mail(path),
            Token::Absent if self.is_of_own_letter(message.returned) => {
                return Ok(Said::nothing(End::Passed));
            }
            Token::Absent => Origin::Unknown,
        };
        let traces = &message.returned.traces;
        let kind = &message.returned.kind;
        let named: Vec<String> = match kind {
            Kind::AutoReply | Kind::Reply => traces.from.iter().cloned().collect(),
            about => about.named(),
        };
        let found = match origin {
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
            Origin::Unknown => self.by_names(ledger, message.returned, &named)?,
        };
        Ok(match kind {
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
                said
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

    /// The recipients that a message names, each with the name; where it names nobody, those of the returned mail.
    fn by_names(
        &mut self,
        ledger: &Ledger,
        returned: &Returned,
        named: &[String],
    ) -> Result<Vec<(Found, Option<String>)>, LedgerError> {
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
        let mut said = self.noted(message, vec![(found, None)], &what.heard());
        if let Asked::Leave(scope) = &what {
            said.suppressions.push(SuppressionEvent::Suppressed {
                recipient: leave.recipient,
                scope: scope.clone(),
                reason: Exclusion::Unsubscribed,
                at: message.at,
                note: NOTE.to_owned(),
            });
        }
        if what == Asked::Preferences {
            said.end = End::Asks;
        }
        said.ask = is_person.then_some(Ask {
            key: message.key,
            who: leave.recipient,
            at: message.at,
            what,
        });
        said
    }

    fn report(
        &self,
        message: &Message<'_>,
        reported: &[Reported],
        found: Vec<(Found, Option<String>)>,
    ) -> Said {
        let mut said = Said::nothing(End::Nobody);
        for (found, name) in found {
            let about = |it: &&Reported| name.is_none() || it.address == name;
            // A mail has one recipient: of several that a report names, others are where it was forwarded to.
            let worst = reported.iter().filter(about).max_by_key(|it| gravity(it));
            let Some(worst) = worst.or(reported.first()) else {
                continue;
            };
            let heard = heard(worst);
            let dead = matches!(
                &heard,
                Heard::Bounced {
                    class: Class::Hard,
                    ..
                }
            );
            if dead && worst.is_permanent() {
                let note = worst.verdict.reason.name();
                self.suppress(&mut said, message, &found, Exclusion::HardBounce, note);
            }
            said.note(message, found, heard);
        }
        said
    }

    fn complaint(
        &self,
        message: &Message<'_>,
        complaint: &Complaint,
        found: Vec<(Found, Option<String>)>,
    ) -> Said {
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
                at: message.at,
                note: note.to_owned(),
            });
        }
    }

    fn noted(
        &self,
        message: &Message<'_>,
        found: Vec<(Found, Option<String>)>,
        heard: &Heard,
    ) -> Said {
        let mut said = Said::nothing(End::Nobody);
        for (found, _) in found {
            said.note(message, found, heard.clone());
        }
        said
    }
}

impl Said {
    fn nothing(end: End) -> Self {
        Self {
            feedback: Vec::new(),
            suppressions: Vec::new(),
            ask: None,
            end,
        }
    }

    fn note(&mut self, message: &Message<'_>, found: Found, what: Heard) {
        self.end = End::Noted;
        self.feedback.push(Feedback {
            message: message.key,
            recipient: found.recipient,
            mail: found.mail,
            at: message.at,
            what,
        });
    }
}

/// What a report says of one recipient, without their name: servers repeat it.
fn heard(reported: &Reported) -> Heard {
    let local = reported
        .address
        .as_deref()
        .and_then(|it| it.split('@').next());
    let text = match local {
        Some(local) => without_recipient(&reported.text, local),
        None => reported.text.clone(),
    };
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
