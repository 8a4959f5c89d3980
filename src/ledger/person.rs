//! What a person got, and what became of it: every mail with its whole life, and all else that the ledger says of them.
//!
//! Times are those that the ledger has: of a claim it knows no more than when its segment begins. Interprets no relay's words.

use std::collections::HashMap;
use std::ops::ControlFlow;

use jiff::Timestamp;

use super::branch::{Ledger, LedgerError};
use super::event::{
    AudienceHeader, Event, Exclusion, Outcome, RecipientIndex, Resolution, RunId, SuppressionEvent,
};
use super::feedback::{Feedback, Heard, Once};
use super::index::{Mentions, Places};
use super::segment::{Record, Subject};
use super::wish::Wish;
use crate::mail::digest::Digest;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;

/// Something that happened to a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The audience was fixed, with them in it.
    Selected {
        /// The commit that approved the campaign.
        content_commit: String,
        /// The commit whose lists they stood in.
        lists_commit: String,
        /// What was approved.
        digest: Digest,
    },
    /// Not mailed.
    Excluded(Exclusion),
    /// A run was about to send.
    Claimed {
        /// Which.
        run: RunId,
        /// When another may take over.
        until: Timestamp,
    },
    /// It let them go, unsent.
    Released(RunId),
    /// The relay said "not now".
    Deferred {
        /// Its words.
        reply: String,
        /// The next try, at the earliest.
        retry_at: Timestamp,
    },
    /// The relay took it.
    Accepted(String),
    /// The relay refused it for good.
    Rejected(String),
    /// Nobody knows.
    Unknown(String),
    /// A person said what became of it.
    Resolved {
        /// What.
        resolution: Resolution,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// It came back, or something was heard of it.
    Heard(Heard),
}

impl What {
    /// Its name in files and tables.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Selected { .. } => "selected",
            Self::Excluded(_) => "excluded",
            Self::Claimed { .. } => "claimed",
            Self::Released(_) => "released",
            Self::Deferred { .. } => "deferred",
            Self::Accepted(_) => "accepted",
            Self::Rejected(_) => "rejected",
            Self::Unknown(_) => "unknown",
            Self::Resolved { .. } => "resolved",
            Self::Heard(heard) => heard.name(),
        }
    }

    /// Somebody's words: the relay's, a server's, a person's. Empty where nobody spoke.
    pub fn said(&self) -> &str {
        match self {
            Self::Deferred { reply, .. } | Self::Accepted(reply) | Self::Rejected(reply) => reply,
            Self::Unknown(reason) | Self::Resolved { reason, .. } => reason,
            Self::Heard(heard) => said(heard),
            _ => "",
        }
    }

    /// What the relay's answer was.
    pub fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Accepted { reply } => Self::Accepted(reply),
            Outcome::Deferred { reply, retry_at } => Self::Deferred { reply, retry_at },
            Outcome::Rejected { reply } => Self::Rejected(reply),
            Outcome::Unknown { reason } => Self::Unknown(reason),
        }
    }
}

/// The words in what was heard.
fn said(heard: &Heard) -> &str {
    match heard {
        Heard::Bounced { text, .. } | Heard::Delayed { text, .. } => text,
        Heard::Complained { kind } => kind,
        _ => "",
    }
}

/// One mail to one recipient, or the reason why there was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// In which occurrence.
    pub occurrence: OccurrenceId,
    /// The recipient's place in its audience; `None` where they were excluded before it was fixed.
    pub index: Option<RecipientIndex>,
    /// Whose mail it is a copy of.
    pub copy_of: Option<RecipientIndex>,
    /// The destination's name.
    pub destination: String,
    /// The digests of the documents that it carried or linked.
    pub documents: Vec<Digest>,
    /// What happened, as the ledger has it, then what came back.
    pub life: Vec<Moment>,
}

/// Everything that the ledger has about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub recipient: RecipientId,
    /// By the time at which their audiences were fixed.
    pub mails: Vec<Mail>,
    /// Suppressed and lifted, as it was published.
    pub suppressions: Vec<SuppressionEvent>,
    /// What was heard of them, and of no mail that is known.
    pub heard: Vec<Feedback>,
    /// What they asked for.
    pub wishes: Vec<Wish>,
}

impl Mail {
    /// The last thing that happened.
    pub fn last(&self) -> Option<Timestamp> {
        self.life.iter().map(|moment| moment.at).max()
    }
}

impl Person {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.mails.is_empty()
            && self.suppressions.is_empty()
            && self.heard.is_empty()
            && self.wishes.is_empty()
    }

    /// Leaves what nothing happened to since then out.
    pub fn since(&mut self, since: Timestamp) {
        self.mails.retain(|mail| mail.last() >= Some(since));
        self.suppressions.retain(|event| when(event) >= since);
        self.heard.retain(|feedback| feedback.at >= since);
        self.wishes.retain(|wish| wish.at >= since);
    }
}

/// When it was said.
pub fn when(event: &SuppressionEvent) -> Timestamp {
    match event {
        SuppressionEvent::Suppressed { at, .. } | SuppressionEvent::Lifted { at, .. } => *at,
    }
}

/// Of all that speaks of somebody what the `most` latest occurrences say, and how many older ones are left out: for whoever
/// must be answered soon.
///
/// # Errors
/// [`LedgerError`].
pub fn latest(
    ledger: &Ledger,
    mut mentions: Mentions,
    most: usize,
) -> Result<(Mentions, usize), LedgerError> {
    let older = mentions.occurrences.len().saturating_sub(most);
    if older > 0 {
        let mut by_time = Vec::new();
        for occurrence in mentions.occurrences.keys() {
            let at = ledger.header(occurrence)?.map(|header| header.at);
            by_time.push((at, occurrence.clone()));
        }
        by_time.sort();
        for (_, occurrence) in by_time.iter().take(older) {
            mentions.occurrences.remove(occurrence);
        }
    }
    Ok((mentions, older))
}

/// Reads what the ledger says of `who` in the segments that speak of them.
///
/// # Errors
/// [`LedgerError`].
pub fn person(
    ledger: &Ledger,
    who: &RecipientId,
    mentions: &Mentions,
) -> Result<Person, LedgerError> {
    let mut mails = Vec::new();
    for (occurrence, places) in &mentions.occurrences {
        mails.extend(mails_of(ledger, who, occurrence, places)?);
    }
    mails.sort_by_key(|mail| mail.life.first().map(|moment| moment.at));
    let mut suppressions = Vec::new();
    let numbers = &mentions.suppressions;
    let of = |number| numbers.contains(&number);
    ledger.segments(&Subject::Suppressions, of, |_, record| {
        if let Record::Suppression(event) = record
            && recipient(&event) == who
        {
            suppressions.push(event);
        }
        ControlFlow::Continue(())
    })?;
    let mut person = Person {
        recipient: *who,
        mails,
        suppressions,
        heard: Vec::new(),
        wishes: Vec::new(),
    };
    let mut once = Once::default();
    let mut heard = Vec::new();
    let of = |number| mentions.feedback.contains(&number);
    ledger.segments(&Subject::Feedback, of, |_, record| {
        if let Record::Feedback(feedback) = record
            && feedback.recipient == *who
            && once.take(&feedback)
        {
            heard.push(feedback);
        }
        ControlFlow::Continue(())
    })?;
    let of = |number| mentions.wishes.contains(&number);
    ledger.segments(&Subject::Wishes, of, |_, record| {
        if let Record::Wish(wish) = record
            && wish.recipient == *who
            && person.wishes.iter().all(|known| known.key != wish.key)
        {
            person.wishes.push(wish);
        }
        ControlFlow::Continue(())
    })?;
    person.wishes.sort_by_key(|wish| wish.at);
    heard.sort_by_key(|feedback| feedback.at);
    heard
        .into_iter()
        .for_each(|feedback| place(&mut person, feedback));
    Ok(person)
}

fn recipient(event: &SuppressionEvent) -> &RecipientId {
    match event {
        SuppressionEvent::Suppressed { recipient, .. }
        | SuppressionEvent::Lifted { recipient, .. } => recipient,
    }
}

/// Beside its mail, where that is one of theirs.
fn place(person: &mut Person, feedback: Feedback) {
    let mail = feedback.mail.as_ref().and_then(|(occurrence, index)| {
        let is_it = |mail: &&mut Mail| mail.occurrence == *occurrence && mail.index == Some(*index);
        person.mails.iter_mut().find(is_it)
    });
    match mail {
        Some(mail) => mail.life.push(Moment {
            at: feedback.at,
            what: What::Heard(feedback.what),
        }),
        None => person.heard.push(feedback),
    }
}

/// What is read of one occurrence.
struct Reading<'a> {
    who: &'a RecipientId,
    occurrence: &'a OccurrenceId,
    header: &'a AudienceHeader,
    /// The places of theirs whose entries have not come yet: entries come in index order.
    open: Vec<u32>,
    mails: Vec<Mail>,
    by_index: HashMap<u32, usize>,
}

fn mails_of(
    ledger: &Ledger,
    who: &RecipientId,
    occurrence: &OccurrenceId,
    places: &Places,
) -> Result<Vec<Mail>, LedgerError> {
    let Some(header) = ledger.header(occurrence)? else {
        return Ok(Vec::new());
    };
    let mut reading = Reading {
        who,
        occurrence,
        header: &header,
        open: places.indices.iter().rev().copied().collect(),
        mails: Vec::new(),
        by_index: HashMap::new(),
    };
    let subject = Subject::Occurrence(occurrence.clone());
    let of = |number| places.segments.contains(&number);
    ledger.segments(&subject, of, |head, record| {
        reading.take(head.base, record);
        ControlFlow::Continue(())
    })?;
    Ok(reading.mails)
}

impl Reading<'_> {
    fn take(&mut self, base: Timestamp, record: Record) {
        match record {
            Record::Entry(entry) if entry.id == *self.who => {
                let Some(index) = self.open.pop() else { return };
                self.by_index.insert(index, self.mails.len());
                let name = self.header.destinations.get(usize::from(entry.destination));
                let mut documents = self.header.documents.clone();
                documents.extend(entry.own_document);
                let mail = self.mail(Some(index), documents);
                self.mails.push(Mail {
                    copy_of: entry.copy_of,
                    destination: name.cloned().unwrap_or_default(),
                    ..mail
                });
            }
            Record::ExcludedAtStart(id, reason) if id == *self.who => {
                let mut mail = self.mail(None, Vec::new());
                mail.life = vec![Moment {
                    at: self.header.at,
                    what: What::Excluded(reason),
                }];
                self.mails.push(mail);
            }
            Record::Event(event) => self.event(base, event),
            _ => {}
        }
    }

    fn mail(&self, index: Option<u32>, documents: Vec<Digest>) -> Mail {
        Mail {
            occurrence: self.occurrence.clone(),
            index: index.map(RecipientIndex),
            copy_of: None,
            destination: String::new(),
            documents,
            life: vec![Moment {
                at: self.header.at,
                what: What::Selected {
                    content_commit: self.header.content_commit.clone(),
                    lists_commit: self.header.lists_commit.clone(),
                    digest: self.header.digest,
                },
            }],
        }
    }

    fn event(&mut self, base: Timestamp, event: Event) {
        match event {
            Event::Outcome {
                recipient,
                at,
                outcome,
                ..
            } => self.add(recipient.0, at, What::of(outcome)),
            Event::Excluded {
                recipient,
                at,
                reason,
            } => self.add(recipient.0, at, What::Excluded(reason)),
            Event::Claimed {
                claim,
                recipients,
                until,
            } => {
                let run: RunId = claim.run;
                for index in self.ours(|index| recipients.contains(index)) {
                    self.add(index, base, What::Claimed { run, until });
                }
            }
            Event::Released { claim, recipients } => {
                for index in self.ours(|index| recipients.contains(index)) {
                    self.add(index, base, What::Released(claim.run));
                }
            }
            Event::Resolved {
                recipients,
                resolution,
                by,
                reason,
                at,
            } => {
                for index in self.ours(|index| recipients.contains(index)) {
                    let (by, reason) = (by.clone(), reason.clone());
                    self.add(
                        index,
                        at,
                        What::Resolved {
                            resolution,
                            by,
                            reason,
                        },
                    );
                }
            }
            Event::AudienceFixed { .. } | Event::Held { .. } | Event::Lapsed { .. } => {}
        }
    }

    fn ours(&self, is_in: impl Fn(u32) -> bool) -> Vec<u32> {
        let ours = self.by_index.keys().copied();
        ours.filter(|index| is_in(*index)).collect()
    }

    fn add(&mut self, index: u32, at: Timestamp, what: What) {
        let mail = self.by_index.get(&index);
        if let Some(mail) = mail.and_then(|place| self.mails.get_mut(*place)) {
            mail.life.push(Moment { at, what });
        }
    }
}
