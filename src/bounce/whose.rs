//! Whose mail a returned message is about: by the token in the address that it came back to, else by the returned mail's
//! Message-ID, else by the address that it names.
//!
//! Tokens and Message-IDs are keyed: only who has our mail can name them. An address anybody can write; so what was
//! found by it alone says so ([`Proof::Address`]).

use std::rc::Rc;

use jiff::Timestamp;

use super::{Kind, Returned, Traces};
use crate::ledger::audience::Audience;
use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::RecipientIndex;
use crate::mail::address::Address;
use crate::mail::message_id::message_id;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::occurrence_tags::OccurrenceTags;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::mail::token::{Leave, ReversePath, TokenError};

/// Audiences whose ids are kept at hand.
const AUDIENCES: usize = 4;

/// How sure it is that a mail of ours was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Proof {
    /// Only an address, which anybody can write.
    Address,
    /// Our Message-ID, or the token of the reverse-path.
    Keyed,
}

/// What the addresses that a message came to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// It answers this mail.
    Mail(ReversePath),
    /// Somebody leaves.
    Leave(Leave),
    /// It looks like a token of ours and is none.
    Forged,
    /// There is something in a token's place that is none at all.
    Unreadable,
    /// There is none.
    Absent,
}

/// A recipient that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) recipient: RecipientId,
    pub(super) mail: Option<(OccurrenceId, RecipientIndex)>,
    pub(super) proof: Proof,
    /// When the sending of that mail began, where it is known.
    pub(super) sent: Option<Timestamp>,
}

/// What is needed to tell.
pub(super) struct Whose<'a> {
    key: &'a RecipientKey,
    bounces: Address,
    leaving: Address,
    occurrences: OccurrenceTags,
    /// The latest ones last.
    audiences: Vec<Rc<Audience>>,
}

impl<'a> Whose<'a> {
    /// Knows the occurrences that the ledger has.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn new(
        ledger: &Ledger,
        key: &'a RecipientKey,
        bounces: Address,
        leaving: Address,
    ) -> Result<Self, LedgerError> {
        let occurrences = OccurrenceTags::of(key, ledger.occurrences()?);
        Ok(Self {
            key,
            bounces,
            leaving,
            occurrences,
            audiences: Vec::new(),
        })
    }

    /// The token that a message carries. What is addressed to leave counts before a reverse-path: a report never is.
    pub(super) fn token(&self, returned: &Returned) -> Token {
        let traces = &returned.traces;
        let own = traces.arrived_at.iter();
        let is_report = !matches!(returned.kind, Kind::Reply | Kind::AutoReply);
        // The returned part may be anybody's text, where the message is no report.
        let quoted = traces.returned_from.iter().filter(|_| is_report);
        let (mut forged, mut unreadable) = (false, false);
        let mut refuse = |error| match error {
            TokenError::Malformed => unreadable = true,
            _ => forged = true,
        };
        for address in own.chain(quoted) {
            if let Some(token) = tagged(address, &self.leaving) {
                match Leave::verify(self.key, token) {
                    Ok(leave) => return Token::Leave(leave),
                    Err(error) => refuse(error),
                }
            }
            if let Some(token) = tagged(address, &self.bounces) {
                match ReversePath::verify(self.key, token) {
                    Ok(path) => return Token::Mail(path),
                    Err(error) => refuse(error),
                }
            }
        }
        match (forged, unreadable) {
            (true, _) => Token::Forged,
            (false, true) => Token::Unreadable,
            (false, false) => Token::Absent,
        }
    }

    /// The reverse-paths with tokens that the returned part names.
    pub(super) fn quoted(&self, traces: &Traces) -> Vec<ReversePath> {
        let tokens = traces.returned_from.iter();
        let tokens = tokens.filter_map(|address| tagged(address, &self.bounces));
        let paths = tokens.filter_map(|token| ReversePath::verify(self.key, token).ok());
        paths.collect()
    }

    /// The recipient of the mail that a reverse-path names; `reported` are the addresses that the message names. Nothing
    /// where the ledger has no such mail.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn by_path(
        &mut self,
        ledger: &Ledger,
        path: &ReversePath,
        reported: &[RecipientId],
    ) -> Result<Option<Found>, LedgerError> {
        let Some(occurrence) = self.occurrences.get(path.occurrence).cloned() else {
            return Ok(None);
        };
        let Some(audience) = self.audience(ledger, &occurrence)? else {
            return Ok(None);
        };
        let index = match path.copy {
            0 => Some(RecipientIndex(path.index)),
            // Copies that were left out have no entry, so their numbers do not say which it is: the address does.
            _ => audience.copy_of(RecipientIndex(path.index), reported),
        };
        let known = index.and_then(|index| Some((index, audience.who(index)?)));
        Ok(known.map(|(index, recipient)| Found {
            recipient,
            sent: Some(audience.at),
            mail: Some((occurrence, index)),
            proof: Proof::Keyed,
        }))
    }

    /// The recipient with this id, and their mail where one of the Message-IDs in `answers` is its.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn by_id(
        &mut self,
        ledger: &Ledger,
        recipient: RecipientId,
        answers: &[String],
    ) -> Result<Found, LedgerError> {
        let local = |id: &String| id.split('@').next().unwrap_or_default().to_lowercase();
        let answers: Vec<String> = answers.iter().map(local).collect();
        let is_answered = |occurrence: &&OccurrenceId| {
            let ours = message_id(self.key, occurrence, recipient, 0, "");
            let ours = ours.trim_end_matches('@');
            answers.iter().any(|answer| answer == ours)
        };
        let answered = match answers.is_empty() {
            true => None,
            false => self.occurrences.ids().find(is_answered).cloned(),
        };
        let mut found = Found {
            recipient,
            mail: None,
            proof: Proof::Address,
            sent: None,
        };
        if let Some(occurrence) = answered {
            found.proof = Proof::Keyed;
            let audience = self.audience(ledger, &occurrence)?;
            found.sent = audience.as_ref().map(|it| it.at);
            let index = audience.and_then(|it| it.index_of(&recipient));
            found.mail = index.map(|index| (occurrence, index));
        }
        Ok(found)
    }

    /// Who asks for something, and in which mail the link stood, where its token says and the ledger knows it.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn by_leave(
        &mut self,
        ledger: &Ledger,
        leave: &Leave,
    ) -> Result<Found, LedgerError> {
        let mut found = Found {
            recipient: leave.recipient,
            mail: None,
            proof: Proof::Keyed,
            sent: None,
        };
        let Some(mailing) = leave.mailing else {
            return Ok(found);
        };
        let alike: Vec<OccurrenceId> = self.occurrences.of_mailing(mailing).cloned().collect();
        for occurrence in alike {
            let Some(audience) = self.audience(ledger, &occurrence)? else {
                continue;
            };
            if let Some(index) = audience.index_of(&leave.recipient) {
                found.sent = Some(audience.at);
                found.mail = Some((occurrence, index));
                break;
            }
        }
        Ok(found)
    }

    /// Of a sending whose audience the ledger has.
    fn audience(
        &mut self,
        ledger: &Ledger,
        occurrence: &OccurrenceId,
    ) -> Result<Option<Rc<Audience>>, LedgerError> {
        let mut known = self.audiences.iter();
        let known = known.position(|it| it.occurrence == *occurrence);
        let audience = match known {
            Some(at) => self.audiences.remove(at),
            None => match Audience::read(ledger, occurrence)? {
                Some(audience) => Rc::new(audience),
                None => return Ok(None),
            },
        };
        if self.audiences.len() >= AUDIENCES {
            self.audiences.remove(0);
        }
        self.audiences.push(Rc::clone(&audience));
        Ok(Some(audience))
    }
}

/// `token` of `local+token@domain`, where the rest is that of `base`.
fn tagged<'t>(address: &'t str, base: &Address) -> Option<&'t str> {
    let (local, domain) = address.rsplit_once('@')?;
    let (name, token) = local.split_once('+')?;
    let same =
        name.eq_ignore_ascii_case(base.local()) && domain.eq_ignore_ascii_case(base.domain());
    same.then_some(token)
}
