//! Publishing: one batch, one commit, one push that is never forced.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::read::folder;
use super::{Ledger, LedgerError};
use crate::git::{CommitId, CommitText, GitError, Identity, ObjectId, RemoteError};
use crate::ledger::event::{Event, RunId, SuppressionEvent};
use crate::ledger::feedback::Feedback;
use crate::ledger::forward::Forward;
use crate::ledger::notice::Notice;
use crate::ledger::segment::{
    Subject, encode_feedback, encode_occurrence, encode_suppressions, encode_wishes,
};
use crate::ledger::test_sent::TestSent;
use crate::ledger::wish::Wish;
use crate::mail::occurrence::OccurrenceId;

/// What is published together: all of it or nothing.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Who writes.
    pub run: RunId,
    /// When: the commit's time.
    pub at: Timestamp,
    /// What happened, per occurrence in this order.
    pub events: Vec<(OccurrenceId, Event)>,
    /// Who may or may not be mailed from now on.
    pub suppressions: Vec<SuppressionEvent>,
    /// What came back.
    pub feedback: Vec<Feedback>,
    /// What recipients asked for.
    pub wishes: Vec<Wish>,
    /// `RESULT.md` pages.
    pub pages: Vec<(OccurrenceId, String)>,
    /// Test sendings.
    pub tests: Vec<TestSent>,
    /// What owners were told.
    pub notices: Vec<Notice>,
    /// What became of messages that people wrote.
    pub forwards: Vec<Forward>,
    /// Whether its audience was made by counting mails of other occurrences, besides by their documents.
    pub looks_around: bool,
    /// The commit's first line.
    pub summary: String,
}

impl Batch {
    /// One that says nothing yet: whoever writes adds to it.
    pub fn new(run: RunId, at: Timestamp, summary: impl Into<String>) -> Self {
        Self {
            run,
            at,
            events: Vec::new(),
            suppressions: Vec::new(),
            feedback: Vec::new(),
            wishes: Vec::new(),
            pages: Vec::new(),
            tests: Vec::new(),
            notices: Vec::new(),
            forwards: Vec::new(),
            looks_around: false,
            summary: summary.into(),
        }
    }
}

/// A published batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The commit, which is on the remote.
    pub commit: CommitId,
    /// Pushes that it took.
    pub pushes: u32,
}

/// A batch that was not published, or of which that is not known.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Somebody else wrote about this occurrence since its state was replayed. Nothing was published:
    /// replay, recompute, try again.
    #[error("{occurrence}: another run wrote to the ledger meanwhile")]
    Conflict {
        /// Which.
        occurrence: OccurrenceId,
    },
    /// Somebody was suppressed, or lifted, since the suppressions were read. Nothing was published:
    /// read them again, leave out whom they name, claim anew.
    #[error("the suppressions in the ledger changed meanwhile")]
    Suppressions,
    /// The branch kept moving.
    #[error("the ledger's branch moved {0} times in a row while publishing")]
    Busy(u32),
    /// The remote did not answer. The push may have arrived: a fetch tells. Nothing may be sent on
    /// the strength of it.
    #[error("the ledger could not be published: {0}")]
    Unreachable(String),
    /// The remote said no: a hook, a protected branch, missing rights. Trying again does not help.
    #[error("the ledger could not be published: {0}")]
    Denied(String),
    /// The ledger itself; a history that was rewritten, among others.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Pushes before giving up.
const PUSHES: u32 = 12;

const README: &str = "# The ledger\n\nWritten by `postmerge`, one commit per batch; nobody needs to edit it, and edits stop the sending.\n\n- `campaigns/<campaign>/RESULT.md`: what became of a campaign, for people.\n- `campaigns/<campaign>/.events/`: every claim and every mail's outcome, as segments that are written\n  once and never changed. They are text: the first line says the format's version, the last one\n  counts the lines and holds a checksum. Lines beginning with `+` are mails that the relay accepted,\n  `~` not now, `-` refused, `?` unknown; then follow the recipient's place in the audience, milliseconds\n  since the first line's time, and the relay's words (a numbered beginning and the rest).\n- `suppressions/`: who must not be mailed.\n- `feedback/`: what came back: bounces, complaints, departures, answers.\n- `wishes/`: what recipients asked for: to join, other data, a pause; what they told of themselves is sealed.\n- `notices/`: which list owners were told of which addresses.\n- `forwards/`: which messages that people wrote were forwarded.\n- `tests/`: which contents were sent to one's own addresses before.\n- `KEY`: the fingerprint of the key that the recipients' hashes are made with.\n\nRecipients appear as keyed hashes, never as addresses. This branch must not be rewritten, squashed or\ndeleted: it is what keeps anybody from being mailed twice.\n";

impl Ledger {
    /// Publishes a batch: one segment per occurrence (more for a large audience), one commit, one
    /// push. Where the branch moved meanwhile: outcomes and releases are put on top of the new head,
    /// provided that they still make sense there; an audience or a claim is only where nobody else
    /// wrote about the occurrence, and a claim only where the suppressions are those that were read
    /// last, if they were read. An audience that was made by looking who received its documents in
    /// other occurrences goes only on top of the head that it was made at, which is the present one:
    /// of two campaigns that start in the same instant the second has to look again.
    ///
    /// # Errors
    /// [`PublishError`]; in all cases but [`PublishError::Unreachable`] nothing was published.
    pub fn publish(&mut self, batch: &Batch) -> Result<Published, PublishError> {
        let mut events: BTreeMap<&OccurrenceId, Vec<&Event>> = BTreeMap::new();
        for (occurrence, event) in batch.events.iter().filter(|(_, event)| !is_void(event)) {
            events.entry(occurrence).or_default().push(event);
        }
        events.values_mut().for_each(|events| order(events));
        let made_at = self.head;
        for pushes in 1..=PUSHES {
            if self.head != made_at
                && let Some(occurrence) = looked_around(batch)
            {
                return Err(PublishError::Conflict {
                    occurrence: occurrence.clone(),
                });
            }
            if batch.events.iter().any(|(_, event)| is_claim(event))
                && !self.knows_suppressions()?
            {
                return Err(PublishError::Suppressions);
            }
            let mut places = BTreeMap::new();
            for (occurrence, events) in &events {
                places.insert(*occurrence, self.admit(occurrence, events)?);
            }
            let commit = self.commit(batch, &events, &mut places)?;
            let pushed = self
                .repository
                .push(&self.config.remote, commit, &self.config.branch);
            let moved = match pushed {
                Ok(()) => {
                    // Published is published: that a full disk, say, keeps us from writing it down
                    // here must not make the caller take its claim for void.
                    let _ = self.remember(commit);
                    self.head = Some(commit);
                    self.take_note(places);
                    return Ok(Published { commit, pushes });
                }
                Err(RemoteError::Moved(why)) => why,
                Err(RemoteError::Unreachable(why)) => return Err(PublishError::Unreachable(why)),
                // Nothing was pushed, and it passes.
                Err(RemoteError::Git(error @ GitError::Occupied { .. })) => {
                    return Err(PublishError::Unreachable(error.to_string()));
                }
                Err(error @ (RemoteError::Denied(_) | RemoteError::Auth(_))) => {
                    return Err(PublishError::Denied(error.to_string()));
                }
                Err(RemoteError::Git(error)) => return Err(LedgerError::from(error).into()),
            };
            let before = self.head;
            match self.fetch() {
                Err(LedgerError::Remote(RemoteError::Unreachable(why))) => {
                    return Err(PublishError::Unreachable(why));
                }
                Err(LedgerError::Remote(RemoteError::Git(error @ GitError::Occupied { .. }))) => {
                    return Err(PublishError::Unreachable(error.to_string()));
                }
                other => other?,
            }
            // An earlier answer may have been lost on the way: the push arrived all the same.
            if let Some(head) = self.head
                && self.repository.is_ancestor(commit, head).unwrap_or(false)
            {
                // What else came with it has not been seen: only our own segments are.
                self.take_note(places);
                return Ok(Published { commit, pushes });
            }
            // Refused though nothing new is there: a rule of the remote's, or a lock that is held.
            if before == self.head && pushes > 3 {
                return Err(PublishError::Denied(moved));
            }
        }
        Err(PublishError::Busy(PUSHES))
    }

    /// Whether the suppressions are those that were read last, if they were read.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn knows_suppressions(&self) -> Result<bool, LedgerError> {
        match self.seen().suppressions {
            None => Ok(true),
            Some(seen) => Ok(self.count(&Subject::Suppressions)? == seen),
        }
    }

    /// Whether and where the events may go on top of what is there.
    fn admit(
        &self,
        occurrence: &OccurrenceId,
        events: &[&Event],
    ) -> Result<Admitted, PublishError> {
        let next = self.count(&Subject::Occurrence(occurrence.clone()))?;
        let seen = self.seen().occurrences.get(occurrence).copied();
        if seen == Some(next) || (seen.is_none() && next == 0) {
            return Ok(Admitted { next, seen: true });
        }
        let conflict = || PublishError::Conflict {
            occurrence: occurrence.clone(),
        };
        let takes =
            |event: &&Event| matches!(event, Event::AudienceFixed { .. } | Event::Claimed { .. });
        if events.iter().any(takes) {
            return Err(conflict());
        }
        // Outcomes and releases name their claim, so the fold tells whether they still make sense:
        // for example a claim that ran out and that a person resolved meanwhile.
        let mut state = self.look(occurrence)?;
        for event in events {
            state.apply(event).map_err(|_| conflict())?;
        }
        Ok(Admitted { next, seen: false })
    }

    /// What the caller had not seen before stays unseen: its claims conflict until it replays.
    fn take_note(&self, places: BTreeMap<&OccurrenceId, Admitted>) {
        let mut seen = self.seen();
        for (occurrence, place) in places.into_iter().filter(|(_, place)| place.seen) {
            seen.occurrences.insert(occurrence.clone(), place.next);
        }
    }

    /// Writes the batch on top of the head; `places` move on past its segments.
    fn commit<'a>(
        &self,
        batch: &Batch,
        events: &BTreeMap<&'a OccurrenceId, Vec<&Event>>,
        places: &mut BTreeMap<&'a OccurrenceId, Admitted>,
    ) -> Result<CommitId, PublishError> {
        let mut files: Vec<(String, ObjectId)> = Vec::new();
        for (occurrence, events) in events {
            let subject = Subject::Occurrence((*occurrence).clone());
            let first = places.get(*occurrence).map_or(0, |it| it.next);
            let put = |number: u32, text: &str| -> Result<(), LedgerError> {
                let path = path(&subject, number, batch.run)?;
                files.push((path, self.write(text)?));
                Ok(())
            };
            let next = encode_occurrence(occurrence, batch.run, batch.at, first, events, put)?;
            if let Some(place) = places.get_mut(*occurrence) {
                place.next = next;
            }
        }
        if !batch.suppressions.is_empty() {
            let number = self.count(&Subject::Suppressions)?;
            let text = encode_suppressions(batch.run, batch.at, number, &batch.suppressions);
            let path = path(&Subject::Suppressions, number, batch.run)?;
            files.push((path, self.write(&text)?));
        }
        if !batch.feedback.is_empty() {
            let number = self.count(&Subject::Feedback)?;
            let text = encode_feedback(batch.run, batch.at, number, &batch.feedback);
            let path = path(&Subject::Feedback, number, batch.run)?;
            files.push((path, self.write(&text)?));
        }
        if !batch.wishes.is_empty() {
            let number = self.count(&Subject::Wishes)?;
            let text = encode_wishes(batch.run, batch.at, number, &batch.wishes);
            let path = path(&Subject::Wishes, number, batch.run)?;
            files.push((path, self.write(&text)?));
        }
        for (occurrence, page) in &batch.pages {
            files.push((
                format!("campaigns/{occurrence}/RESULT.md"),
                self.write(page)?,
            ));
        }
        for test in &batch.tests {
            let path = format!(
                "{}/{}",
                TestSent::folder(&test.campaign),
                test.file_name(batch.run)
            );
            files.push((path, self.write(&test.text())?));
        }
        for notice in &batch.notices {
            files.push((notice.path(batch.run), self.write(&notice.text())?));
        }
        for forward in &batch.forwards {
            files.push((forward.path(), self.write(&forward.text())?));
        }
        if self.head.is_none() {
            files.push(("README.md".to_owned(), self.write(README)?));
        }
        files.extend(self.key_file()?);
        let fallback = Identity {
            name: "postmerge".to_owned(),
            email: "postmerge@localhost".to_owned(),
        };
        let text = CommitText {
            identity: self.config.identity.as_ref().unwrap_or(&fallback),
            at: batch.at,
            message: &batch.summary,
        };
        let commit = self.repository.write_commit(self.head, &files, text);
        Ok(commit.map_err(LedgerError::from)?)
    }

    pub(super) fn write(&self, text: &str) -> Result<ObjectId, LedgerError> {
        Ok(self.repository.write_blob(text.as_bytes())?)
    }
}

/// The highest number: beyond it names would not sort as numbers do.
const LAST_SEGMENT: u32 = 999_999;

fn path(subject: &Subject, number: u32, run: RunId) -> Result<String, LedgerError> {
    let folder = folder(subject);
    if number > LAST_SEGMENT {
        return Err(LedgerError::Misplaced {
            path: folder,
            why: "has a million segments and takes no more".to_owned(),
        });
    }
    let (outer, inner) = (number / 10_000, number / 100 % 100);
    Ok(format!(
        "{folder}/{outer:02}/{inner:02}/{number:06}-{run}.seg"
    ))
}

/// Where an occurrence's next segment goes.
#[derive(Debug, Clone, Copy)]
struct Admitted {
    next: u32,
    /// Whether the caller has seen all that is there.
    seen: bool,
}

/// The first occurrence of the batch whose audience depends on what others have sent: nobody gets a
/// document twice, unless the campaign insists, and nobody more newsletters than policy allows.
fn looked_around(batch: &Batch) -> Option<&OccurrenceId> {
    let depends = |event: &Event| match event {
        Event::AudienceFixed {
            header, entries, ..
        } => {
            let own = || entries.iter().any(|entry| entry.own_document.is_some());
            batch.looks_around
                || (header.force.is_none() && (!header.documents.is_empty() || own()))
        }
        _ => false,
    };
    batch
        .events
        .iter()
        .find(|(_, event)| depends(event))
        .map(|(occurrence, _)| occurrence)
}

fn is_claim(event: &Event) -> bool {
    matches!(event, Event::Claimed { .. })
}

/// An event about nobody says nothing, and has no form in a segment.
fn is_void(event: &Event) -> bool {
    match event {
        Event::Claimed { recipients, .. }
        | Event::Released { recipients, .. }
        | Event::Resolved { recipients, .. } => recipients.is_empty(),
        _ => false,
    }
}

/// Sorts outcomes that follow each other by claim and recipient: neighbours then have much in
/// common, which git packs well. The order of outcomes of different recipients means nothing, and
/// one recipient's outcomes keep theirs (the sort is stable, and claims ascend).
fn order(events: &mut [&Event]) {
    let is_outcome = |event: &Event| matches!(event, Event::Outcome { .. });
    for group in events.chunk_by_mut(|one, next| is_outcome(one) && is_outcome(next)) {
        group.sort_by_key(|event| match event {
            Event::Outcome {
                claim, recipient, ..
            } => (claim.run, claim.sequence, recipient.0),
            _ => (RunId(0), 0, 0),
        });
    }
}
