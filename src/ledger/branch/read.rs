//! Reading: which occurrences there are, and their segments in order.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::{Ledger, LedgerError};
use crate::git::{CommitId, Entry, EntryKind, ObjectId};
use crate::ledger::event::SuppressionEvent;
use crate::ledger::feedback::{ByOccurrence, Feedback};
use crate::ledger::forward::{Forward, Forwards};
use crate::ledger::notice::Notice;
use crate::ledger::segment::{Head, Record, SegmentError, Subject, decode};
use crate::ledger::state::{Contradiction, OccurrenceState};
use crate::ledger::suppressions::Suppressions;
use crate::ledger::test_sent::TestSent;
use crate::ledger::wish::Wish;
use crate::ledger::wishes::Wishes;
use crate::mail::digest::Digest;
use crate::mail::occurrence::{CampaignId, OccurrenceId};

/// The folder of a subject's segments.
pub(super) fn folder(subject: &Subject) -> String {
    match subject {
        Subject::Occurrence(id) => format!("campaigns/{id}/.events"),
        Subject::Suppressions => "suppressions/.events".to_owned(),
        Subject::Feedback => "feedback/.events".to_owned(),
        Subject::Wishes => "wishes/.events".to_owned(),
    }
}

/// Folders inside each other that a campaign's id may have at most; deeper ones are not looked into.
const DEEPEST: usize = 90;

/// A segment on the branch.
pub(super) struct Place {
    path: String,
    number: u32,
    blob: ObjectId,
}

/// What reading a record can come to.
pub(super) enum Stop {
    Segment(SegmentError),
    Contradiction(usize, Contradiction),
    Misplaced(String),
    /// Whoever reads has what it wants.
    Enough,
}

impl From<SegmentError> for Stop {
    fn from(error: SegmentError) -> Self {
        Self::Segment(error)
    }
}

impl Ledger {
    /// Every occurrence that something is recorded of.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn occurrences(&self) -> Result<BTreeSet<OccurrenceId>, LedgerError> {
        let mut found = BTreeSet::new();
        let Some(head) = self.head else {
            return Ok(found);
        };
        let Some(root) = self.repository.entry(head, "campaigns")? else {
            return Ok(found);
        };
        let mut open = vec![(String::new(), root.id, 0)];
        while let Some((path, id, depth)) = open.pop() {
            for entry in self.repository.entries(id)? {
                match (entry.kind, entry.name.as_str()) {
                    (EntryKind::Folder, ".events") => {
                        found.insert(path.parse().map_err(|_| LedgerError::Misplaced {
                            path: format!("campaigns/{path}"),
                            why: "is not an occurrence's name".to_owned(),
                        })?);
                    }
                    (EntryKind::Folder, name) if depth < DEEPEST => {
                        let below = match path.as_str() {
                            "" => name.to_owned(),
                            path => format!("{path}/{name}"),
                        };
                        open.push((below, entry.id, depth + 1));
                    }
                    _ => {}
                }
            }
        }
        Ok(found)
    }

    /// An occurrence's state at the ledger's head; empty where nothing is recorded. Who asks goes on
    /// from it: claims are admitted on top of what was replayed last.
    ///
    /// # Errors
    /// [`LedgerError`], where a segment is damaged, missing or contradicts another.
    pub fn replay(&self, occurrence: &OccurrenceId) -> Result<OccurrenceState, LedgerError> {
        let state = self.look(occurrence)?;
        let mut seen = self.seen();
        seen.occurrences
            .insert(occurrence.clone(), state.segments());
        Ok(state)
    }

    /// As [`Self::replay`], for looking only: no claim is admitted on the strength of it. Whoever holds
    /// an older state of the occurrence and claims by that must be refused still; a replay made for
    /// something else meanwhile (a count, a document's recipients) would let the claim through, and
    /// somebody would be mailed twice.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn look(&self, occurrence: &OccurrenceId) -> Result<OccurrenceState, LedgerError> {
        let mut state = OccurrenceState::new();
        let subject = Subject::Occurrence(occurrence.clone());
        let mut last = String::new();
        for place in self.places(&subject)? {
            self.read(&place, &subject, |offset, record| {
                state
                    .record(record)
                    .map_err(|error| Stop::Contradiction(offset, error))
            })?;
            state.segment_done();
            last = place.path;
        }
        match state.is_complete() {
            true => Ok(state),
            false => Err(LedgerError::Contradiction {
                path: last,
                offset: 0,
                error: Contradiction::Incomplete,
            }),
        }
    }

    /// Whether content of this digest was sent to one's own addresses, and a relay took it.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn is_tested(&self, campaign: &CampaignId, digest: Digest) -> Result<bool, LedgerError> {
        let Some(head) = self.head else {
            return Ok(false);
        };
        let Some(folder) = self.repository.entry(head, &TestSent::folder(campaign))? else {
            return Ok(false);
        };
        let ours = digest.to_string();
        for entry in self.repository.entries(folder.id)? {
            if entry.kind != EntryKind::File || !entry.name.starts_with(&ours) {
                continue;
            }
            let is_of = |text: &[u8]| TestSent::is_of(text, digest);
            if self.repository.with_blob(entry.id, is_of)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Hands every record of an occurrence to `take`, oldest first: for reports that need more than
    /// the state keeps, such as one recipient's history.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn records(
        &self,
        occurrence: &OccurrenceId,
        mut take: impl FnMut(Record),
    ) -> Result<(), LedgerError> {
        let subject = Subject::Occurrence(occurrence.clone());
        for place in self.places(&subject)? {
            self.read(&place, &subject, |_, record| {
                take(record);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Who must not be mailed. Who asks goes on from it: claims are admitted on top of what was read
    /// last.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn suppressions(&self) -> Result<Suppressions, LedgerError> {
        let mut state = Suppressions::default();
        let read = self.suppression_events(|event| state.apply(&event))?;
        self.seen().suppressions = Some(read);
        Ok(state)
    }

    /// Hands every event about suppressions to `take`, oldest first, for looking only; says how many segments there are.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn suppression_events(
        &self,
        mut take: impl FnMut(SuppressionEvent),
    ) -> Result<u32, LedgerError> {
        let places = self.places(&Subject::Suppressions)?;
        for place in &places {
            self.read(place, &Subject::Suppressions, |offset, record| {
                let Record::Suppression(event) = record else {
                    return Err(Stop::Contradiction(offset, Contradiction::Misplaced));
                };
                take(event);
                Ok(())
            })?;
        }
        Ok(u32::try_from(places.len()).unwrap_or(u32::MAX))
    }

    /// The notices that owners got, oldest first.
    ///
    /// # Errors
    /// [`LedgerError`], where one cannot be read: somebody would be told again.
    pub fn notices(&self) -> Result<Vec<Notice>, LedgerError> {
        self.documents(Notice::FOLDER, "a notice", Notice::read)
    }

    /// Which messages of people were forwarded, and which are being.
    ///
    /// # Errors
    /// [`LedgerError`], where one cannot be read: a message would go out again.
    pub fn forwards(&self) -> Result<Forwards, LedgerError> {
        let mut all = Forwards::default();
        let files = self.documents(Forward::FOLDER, "a forwarding", Forward::read)?;
        files.iter().for_each(|forward| all.apply(forward));
        Ok(all)
    }

    /// The files of a folder by years, each read.
    fn documents<T>(
        &self,
        base: &'static str,
        what: &'static str,
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Vec<T>, LedgerError> {
        let mut found = Vec::new();
        let Some(head) = self.head else {
            return Ok(found);
        };
        let Some(folder) = self.repository.entry(head, base)? else {
            return Ok(found);
        };
        for year in self.repository.entries(folder.id)? {
            for entry in self.below(base, &year)? {
                let document = self.repository.with_blob(entry.id, &read)?;
                found.push(document.ok_or_else(|| LedgerError::Misplaced {
                    path: format!("{base}/{}/{}", year.name, entry.name),
                    why: format!("is not {what} that this version can read"),
                })?);
            }
        }
        Ok(found)
    }

    /// What came back, by occurrence, of everything that `counts`.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn came_back(
        &self,
        counts: impl Fn(&Feedback) -> bool,
    ) -> Result<ByOccurrence, LedgerError> {
        let mut found = ByOccurrence::default();
        self.feedback(0, |feedback| {
            if counts(&feedback) {
                found.apply(&feedback);
            }
        })?;
        Ok(found)
    }

    /// Hands everything that came back to `take`, oldest first, beginning with the segment of this number, and says
    /// the number that the next one will have: whoever keeps both reads each once.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn feedback(&self, from: u32, mut take: impl FnMut(Feedback)) -> Result<u32, LedgerError> {
        let places = self.places(&Subject::Feedback)?;
        for place in places.iter().filter(|place| place.number >= from) {
            self.read(place, &Subject::Feedback, |offset, record| {
                let Record::Feedback(event) = record else {
                    return Err(Stop::Contradiction(offset, Contradiction::Misplaced));
                };
                take(event);
                Ok(())
            })?;
        }
        Ok(u32::try_from(places.len()).unwrap_or(u32::MAX))
    }

    /// What recipients asked for, as it holds.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn wishes(&self) -> Result<Wishes, LedgerError> {
        let mut wishes = Wishes::default();
        self.wish_events(0, |segment, wish| wishes.apply(segment, &wish))?;
        Ok(wishes)
    }

    /// Hands every wish to `take` with the number of its segment, oldest first, beginning with the segment of number
    /// `from`; says the number that the next one will have.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn wish_events(
        &self,
        from: u32,
        mut take: impl FnMut(u32, Wish),
    ) -> Result<u32, LedgerError> {
        let places = self.places(&Subject::Wishes)?;
        for place in places.iter().filter(|place| place.number >= from) {
            self.read(place, &Subject::Wishes, |offset, record| {
                let Record::Wish(wish) = record else {
                    return Err(Stop::Contradiction(offset, Contradiction::Misplaced));
                };
                take(place.number, wish);
                Ok(())
            })?;
        }
        Ok(u32::try_from(places.len()).unwrap_or(u32::MAX))
    }

    /// Hands every record of a subject's segments whose numbers `wanted` takes to `take`, oldest first, each with its
    /// segment's first line, until `take` has enough; says how many segments the subject has.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn segments(
        &self,
        subject: &Subject,
        wanted: impl Fn(u32) -> bool,
        mut take: impl FnMut(&Head, Record) -> ControlFlow<()>,
    ) -> Result<u32, LedgerError> {
        let places = self.places(subject)?;
        for place in places.iter().filter(|place| wanted(place.number)) {
            let through =
                self.read_with_head(place, subject, |_, head, record| match take(head, record) {
                    ControlFlow::Continue(()) => Ok(()),
                    ControlFlow::Break(()) => Err(Stop::Enough),
                })?;
            if !through {
                break;
            }
        }
        Ok(u32::try_from(places.len()).unwrap_or(u32::MAX))
    }

    pub(super) fn read(
        &self,
        place: &Place,
        subject: &Subject,
        mut take: impl FnMut(usize, Record) -> Result<(), Stop>,
    ) -> Result<(), LedgerError> {
        self.read_with_head(place, subject, |offset, _, record| take(offset, record))
            .map(|_| ())
    }

    /// Whether it was read to its end.
    fn read_with_head(
        &self,
        place: &Place,
        subject: &Subject,
        mut take: impl FnMut(usize, &Head, Record) -> Result<(), Stop>,
    ) -> Result<bool, LedgerError> {
        let path = || place.path.clone();
        let done = self.repository.with_blob(place.blob, |bytes| {
            let head = decode(bytes, |offset, head, record| {
                // Checked at the first record, before anything of a foreign segment is folded.
                belongs(head, place, subject)?;
                take(offset, head, record)
            })?;
            belongs(&head, place, subject)
        })?;
        match done {
            Ok(()) => Ok(true),
            Err(Stop::Enough) => Ok(false),
            Err(Stop::Segment(error)) => Err(LedgerError::Segment {
                path: path(),
                error,
            }),
            Err(Stop::Contradiction(offset, error)) => Err(LedgerError::Contradiction {
                path: path(),
                offset,
                error,
            }),
            Err(Stop::Misplaced(why)) => Err(LedgerError::Misplaced { path: path(), why }),
        }
    }

    /// A subject's segments, in order and complete.
    pub(super) fn places(&self, subject: &Subject) -> Result<Vec<Place>, LedgerError> {
        let base = folder(subject);
        let mut places = Vec::new();
        let Some(head) = self.head else {
            return Ok(places);
        };
        let Some(root) = self.repository.entry(head, &base)? else {
            return Ok(places);
        };
        for outer in self.repository.entries(root.id)? {
            for inner in self.below(&base, &outer)? {
                let path = format!("{base}/{}", outer.name);
                for entry in self.below(&path, &inner)? {
                    let path = format!("{path}/{}/{}", inner.name, entry.name);
                    places.push(place(&entry, path)?);
                }
            }
        }
        for (expected, place) in (0..).zip(&places) {
            if place.number != expected {
                return Err(LedgerError::Misplaced {
                    path: place.path.clone(),
                    why: format!("segment {expected:06} should come here: it is missing"),
                });
            }
        }
        Ok(places)
    }

    fn below(&self, path: &str, entry: &Entry) -> Result<Vec<Entry>, LedgerError> {
        match entry.kind {
            EntryKind::Folder => Ok(self.repository.entries(entry.id)?),
            _ => Err(LedgerError::Misplaced {
                path: format!("{path}/{}", entry.name),
                why: "is no folder of segments".to_owned(),
            }),
        }
    }

    /// How many segments a subject has, by looking at the last of each folder only.
    pub(in crate::ledger) fn count(&self, subject: &Subject) -> Result<u32, LedgerError> {
        let mut path = folder(subject);
        let Some(head) = self.head else { return Ok(0) };
        let Some(mut entry) = self.repository.entry(head, &path)? else {
            return Ok(0);
        };
        while entry.kind == EntryKind::Folder {
            let Some(last) = self.repository.entries(entry.id)?.pop() else {
                return Ok(0);
            };
            path = format!("{path}/{}", last.name);
            entry = last;
        }
        Ok(place(&entry, path)?.number.saturating_add(1))
    }

    /// Whether all of `old`'s segments are in `new`, unchanged.
    pub(super) fn keeps_segments(&self, old: CommitId, new: CommitId) -> Result<bool, LedgerError> {
        let mut open = vec![(
            self.repository.entry(old, "")?,
            self.repository.entry(new, "")?,
        )];
        while let Some((old, new)) = open.pop() {
            let (Some(old), new) = (old, new) else {
                continue;
            };
            if new.as_ref().is_some_and(|new| new.id == old.id) {
                continue;
            }
            match (old.kind, new) {
                (EntryKind::Folder, Some(new)) if new.kind == EntryKind::Folder => {
                    let now = self.repository.entries(new.id)?;
                    for entry in self.repository.entries(old.id)? {
                        let same = now.iter().find(|it| it.name == entry.name).cloned();
                        open.push((Some(entry), same));
                    }
                }
                (EntryKind::Folder, _) => return Ok(false),
                _ if old.name.ends_with(".seg") => return Ok(false),
                _ => {}
            }
        }
        Ok(true)
    }
}

fn belongs(head: &Head, place: &Place, subject: &Subject) -> Result<(), Stop> {
    match head.subject == *subject && head.number == place.number {
        true => Ok(()),
        false => Err(Stop::Misplaced(
            "its first line says that it belongs elsewhere".to_owned(),
        )),
    }
}

/// `001234-1a2b3c4d.seg`.
fn place(entry: &Entry, path: String) -> Result<Place, LedgerError> {
    let number = entry
        .name
        .strip_suffix(".seg")
        .and_then(|name| name.split_once('-'))
        .filter(|_| entry.kind == EntryKind::File)
        .and_then(|(number, _)| number.parse().ok());
    match number {
        Some(number) => Ok(Place {
            path,
            number,
            blob: entry.id,
        }),
        None => Err(LedgerError::Misplaced {
            path,
            why: "is not a segment's name: a newer postmerge may have written it".to_owned(),
        }),
    }
}
