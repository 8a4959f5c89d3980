//! Everybody of an occurrence, a line each: how it stands with their mail, the last words about it, and what came back.
//!
//! The words wait in a file without a name, so that memory is that of the occurrence's state (34 bytes a recipient) and 8
//! bytes more. What came back is in memory: it is little where mail is wanted.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::ControlFlow;

use jiff::Timestamp;

use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::{
    AudienceEntry, AudienceHeader, ClaimId, Event, Exclusion, Outcome, RecipientIndex, Resolution,
};
use crate::ledger::feedback::{Feedback, Heard, Once};
use crate::ledger::segment::{Record, Subject};
use crate::ledger::state::{Counts, OccurrenceState, Status};
use crate::mail::digest::Digest;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;

/// Lines cannot be read, or not be handed on.
#[derive(Debug, thiserror::Error)]
pub enum LinesError<E> {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The file that words wait in.
    #[error("a temporary file: {0}")]
    Io(#[from] io::Error),
    /// Whoever takes the lines.
    #[error("{0}")]
    Taking(E),
}

/// One recipient of one occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Their place in the audience; `None`: excluded before it was fixed.
    pub index: Option<RecipientIndex>,
    /// Who.
    pub recipient: RecipientId,
    /// The destination's name.
    pub destination: String,
    /// How it stands.
    pub standing: Standing,
    /// When that was said.
    pub at: Timestamp,
    /// The last words about it, a relay's or a person's.
    pub words: String,
    /// How often the relay said "not now".
    pub deferred: u8,
    /// What came back, oldest first.
    pub heard: Vec<(Timestamp, Heard)>,
}

/// How it stands with a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not sent yet.
    Pending,
    /// A run is about to send it.
    Claimed,
    /// The relay said "not now".
    Deferred,
    /// The relay took it.
    Accepted,
    /// The relay refused it for good.
    Rejected,
    /// Nobody knows.
    Unknown,
    /// Not mailed.
    Excluded(Exclusion),
}

impl Standing {
    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Claimed => "claimed",
            Self::Deferred => "deferred",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Excluded(_) => "excluded",
        }
    }
}

/// Whose lines are wanted.
#[derive(Debug, Clone)]
pub enum Whose {
    /// Everybody's.
    All,
    /// Of those whose mail carried or linked a document that the ledger knows by one of these digests.
    Document(HashSet<Digest>),
    /// Of these.
    These(HashSet<RecipientId>),
}

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Question {
    /// Whose.
    pub whose: Whose,
    /// Only where something happened since.
    pub since: Option<Timestamp>,
    /// A claim that is over by now leaves its mails unknown.
    pub now: Timestamp,
}

/// What was handed out of an occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Which.
    pub occurrence: OccurrenceId,
    /// How it was fixed.
    pub header: AudienceHeader,
    /// How all of it stands.
    pub counts: Counts,
    /// Lines that were handed out.
    pub lines: u64,
}

/// What came back about the mails of some occurrences.
#[derive(Debug, Default)]
pub struct CameBack(HashMap<OccurrenceId, HashMap<u32, Vec<(Timestamp, Heard)>>>);

impl CameBack {
    /// Reads it, of the occurrences that `wanted` takes.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn read(
        ledger: &Ledger,
        wanted: impl Fn(&OccurrenceId) -> bool,
    ) -> Result<Self, LedgerError> {
        let mut found = Self::default();
        let mut once = Once::default();
        ledger.feedback(0, |feedback| {
            let Feedback { mail, at, what, .. } = match once.take(&feedback) {
                true => feedback,
                false => return,
            };
            if let Some((occurrence, index)) = mail.filter(|(id, _)| wanted(id)) {
                let mails = found.0.entry(occurrence).or_default();
                mails.entry(index.0).or_default().push((at, what));
            }
        })?;
        let lists = found.0.values_mut().flat_map(HashMap::values_mut);
        lists.for_each(|heard| heard.sort_by_key(|(at, _)| *at));
        Ok(found)
    }

    fn take(&mut self, occurrence: &OccurrenceId) -> HashMap<u32, Vec<(Timestamp, Heard)>> {
        self.0.remove(occurrence).unwrap_or_default()
    }
}

/// Hands the lines of an occurrence to `take`, in the audience's order, the excluded after it; `None` where it has not started,
/// or nobody of it is asked for.
///
/// # Errors
/// [`LinesError`].
pub fn lines<E>(
    ledger: &Ledger,
    occurrence: &OccurrenceId,
    question: &Question,
    came_back: &mut CameBack,
    mut take: impl FnMut(&Line) -> Result<(), E>,
) -> Result<Option<Summary>, LinesError<E>> {
    if !concerns(ledger, occurrence, &question.whose)? {
        return Ok(None);
    }
    let mut last = Words::new()?;
    let mut state = OccurrenceState::new();
    let mut wrong = Ok(());
    let mut contradicts = false;
    ledger.records(occurrence, |record| {
        if wrong.is_ok() {
            wrong = last.record(&record, state.ids().len());
        }
        contradicts = contradicts || state.record(record).is_err();
    })?;
    if contradicts || !state.is_complete() {
        // Says where.
        ledger.look(occurrence)?;
    }
    wrong?;
    let Some(header) = state.header().cloned() else {
        return Ok(None);
    };
    let mut teller = Teller {
        header: &header,
        state: &state,
        question,
        over: state
            .open_claims()
            .filter(|claim| claim.until <= question.now)
            .map(|claim| claim.claim)
            .collect(),
        heard: came_back.take(occurrence),
        words: last.reader()?,
        told: 0,
    };
    teller.all(&mut take)?;
    Ok(Some(Summary {
        occurrence: occurrence.clone(),
        counts: state.counts(question.now),
        lines: teller.told,
        header,
    }))
}

struct Teller<'a> {
    header: &'a AudienceHeader,
    state: &'a OccurrenceState,
    question: &'a Question,
    /// Claims whose time is over.
    over: HashSet<ClaimId>,
    heard: HashMap<u32, Vec<(Timestamp, Heard)>>,
    words: WordsReader,
    told: u64,
}

impl Teller<'_> {
    fn all<E>(
        &mut self,
        take: &mut impl FnMut(&Line) -> Result<(), E>,
    ) -> Result<(), LinesError<E>> {
        let ids = self.state.ids().iter().zip(self.state.destinations());
        for ((index, status), (id, destination)) in self.state.statuses().zip(ids) {
            let carried = |digests: &HashSet<Digest>| {
                let own = self.state.own_document(index);
                let shared = &self.header.documents;
                shared.iter().chain(&own).any(|it| digests.contains(it))
            };
            let is_wanted = match &self.question.whose {
                Whose::All => true,
                Whose::Document(digests) => carried(digests),
                Whose::These(ids) => ids.contains(id),
            };
            if !is_wanted {
                continue;
            }
            let (at, words) = self
                .words
                .of(index)?
                .unwrap_or((self.header.at, String::new()));
            let name = self.header.destinations.get(usize::from(*destination));
            let line = Line {
                index: Some(index),
                recipient: *id,
                destination: name.cloned().unwrap_or_default(),
                standing: self.standing(status),
                at,
                words,
                deferred: self.state.tries(index),
                heard: self.heard.remove(&index.0).unwrap_or_default(),
            };
            self.tell(&line, take)?;
        }
        for (id, reason) in self.state.excluded_at_start() {
            let is_wanted = match &self.question.whose {
                Whose::All => true,
                // Nothing was made for them.
                Whose::Document(_) => false,
                Whose::These(ids) => ids.contains(id),
            };
            if is_wanted {
                let line = Line {
                    index: None,
                    recipient: *id,
                    destination: String::new(),
                    standing: Standing::Excluded(*reason),
                    at: self.header.at,
                    words: String::new(),
                    deferred: 0,
                    heard: Vec::new(),
                };
                self.tell(&line, take)?;
            }
        }
        Ok(())
    }

    fn tell<E>(
        &mut self,
        line: &Line,
        take: &mut impl FnMut(&Line) -> Result<(), E>,
    ) -> Result<(), LinesError<E>> {
        let last = line
            .heard
            .last()
            .map_or(line.at, |(at, _)| line.at.max(*at));
        if self.question.since.is_some_and(|since| last < since) {
            return Ok(());
        }
        self.told += 1;
        take(line).map_err(LinesError::Taking)
    }

    fn standing(&self, status: Status) -> Standing {
        match status {
            Status::Pending => Standing::Pending,
            Status::Claimed { claim } if self.over.contains(&claim) => Standing::Unknown,
            Status::Claimed { .. } => Standing::Claimed,
            Status::Deferred { .. } => Standing::Deferred,
            Status::Accepted => Standing::Accepted,
            Status::Rejected => Standing::Rejected,
            Status::Unknown => Standing::Unknown,
            Status::Excluded(reason) => Standing::Excluded(reason),
        }
    }
}

/// Whether anybody of an occurrence may be asked for; reads no further than its audience.
fn concerns(ledger: &Ledger, id: &OccurrenceId, whose: &Whose) -> Result<bool, LedgerError> {
    let is_one = |header: Option<&AudienceHeader>, entry: Option<&AudienceEntry>| match whose {
        Whose::All => true,
        Whose::Document(digests) => {
            let shared = header.map(|header| header.documents.as_slice());
            let own = entry.and_then(|entry| entry.own_document.as_ref());
            let mut all = shared.unwrap_or_default().iter().chain(own);
            all.any(|it| digests.contains(it))
        }
        Whose::These(ids) => entry.is_some_and(|entry| ids.contains(&entry.id)),
    };
    let mut found = false;
    let subject = Subject::Occurrence(id.clone());
    ledger.segments(
        &subject,
        |_| true,
        |_, record| {
            let (here, goes_on) = match &record {
                Record::Audience { header, .. } => (is_one(Some(header), None), true),
                Record::Entry(entry) => (is_one(None, Some(entry)), true),
                Record::ExcludedAtStart(id, _) => {
                    (matches!(whose, Whose::These(ids) if ids.contains(id)), true)
                }
                Record::Event(Event::Held { .. } | Event::Lapsed { .. }) => (false, true),
                _ => (false, false),
            };
            found |= here;
            match found || !goes_on {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        },
    )?;
    Ok(found)
}

/// The last words about each recipient, in a file.
struct Words {
    file: BufWriter<File>,
    length: u64,
    /// By index: where they begin, counted from 1; 0: nobody spoke.
    places: Vec<u64>,
}

struct WordsReader {
    file: File,
    places: Vec<u64>,
}

impl Words {
    fn new() -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::new(tempfile::tempfile()?),
            length: 0,
            places: Vec::new(),
        })
    }

    /// `audience`: how many there are; a damaged ledger may speak of others.
    fn record(&mut self, record: &Record, audience: usize) -> io::Result<()> {
        self.places.resize(audience, 0);
        match record {
            Record::Event(Event::Outcome {
                recipient,
                at,
                outcome,
                ..
            }) => {
                let (Outcome::Accepted { reply: words }
                | Outcome::Deferred { reply: words, .. }
                | Outcome::Rejected { reply: words }
                | Outcome::Unknown { reason: words }) = outcome;
                self.put([recipient.0], *at, words)
            }
            Record::Event(Event::Excluded { recipient, at, .. }) => {
                self.put([recipient.0], *at, "")
            }
            Record::Event(Event::Resolved {
                recipients,
                resolution,
                by,
                reason,
                at,
            }) => {
                let how = match resolution {
                    Resolution::Sent => "sent",
                    Resolution::Resend => "to be sent again",
                };
                self.put(
                    recipients.iter(),
                    *at,
                    &format!("{by} says: {how}: {reason}"),
                )
            }
            _ => Ok(()),
        }
    }

    fn put(
        &mut self,
        recipients: impl IntoIterator<Item = u32>,
        at: Timestamp,
        words: &str,
    ) -> io::Result<()> {
        let place = self.length + 1;
        for index in recipients {
            match self.places.get_mut(index as usize) {
                Some(kept) => *kept = place,
                None => break,
            }
        }
        let length = u32::try_from(words.len()).unwrap_or(u32::MAX);
        self.file.write_all(&at.as_millisecond().to_le_bytes())?;
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(words.as_bytes())?;
        self.length += 12 + u64::from(length);
        Ok(())
    }

    fn reader(self) -> io::Result<WordsReader> {
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        Ok(WordsReader {
            file,
            places: self.places,
        })
    }
}

impl WordsReader {
    fn of(&mut self, index: RecipientIndex) -> io::Result<Option<(Timestamp, String)>> {
        let place = self.places.get(index.0 as usize).copied().unwrap_or(0);
        let Some(place) = place.checked_sub(1) else {
            return Ok(None);
        };
        self.file.seek(SeekFrom::Start(place))?;
        let (mut at, mut length) = ([0; 8], [0; 4]);
        self.file.read_exact(&mut at)?;
        self.file.read_exact(&mut length)?;
        let mut words = Vec::new();
        let length = u64::from(u32::from_le_bytes(length));
        (&mut self.file).take(length).read_to_end(&mut words)?;
        let at = Timestamp::from_millisecond(i64::from_le_bytes(at)).unwrap_or_default();
        Ok(Some((at, String::from_utf8_lossy(&words).into_owned())))
    }
}
