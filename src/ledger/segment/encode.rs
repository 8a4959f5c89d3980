//! Writes segments.

use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::text::{escape, lift_word, write_ranges, write_scope};
use super::{ENTRIES_PER_SEGMENT, Head, Record, Subject, VERSION, feedback, wish};
use crate::ledger::event::{
    AudienceEntry, AudienceHeader, ClaimId, Event, Exclusion, Outcome, RunId, SuppressionEvent,
};
use crate::ledger::feedback::Feedback;
use crate::ledger::reply_text::{reason_text, reply_text};
use crate::ledger::wish::Wish;
use crate::mail::digest::Digest;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;

/// Beginnings of replies kept per segment; replies beyond are written in full.
const BEGINNINGS: usize = 1_000;

/// One segment being written.
struct Writer {
    out: String,
    base: i64,
    lines: u32,
    entries: usize,
    claim: Option<ClaimId>,
    destination: Option<u16>,
    excluding: Option<Exclusion>,
    beginnings: HashMap<String, usize>,
}

/// Writes `events` as segments numbered from `first` and hands each to `put`; there is more than
/// one only where an audience is larger than [`ENTRIES_PER_SEGMENT`]. Says the number after the last.
///
/// # Errors
/// Whatever `put` says.
pub fn encode_occurrence<E>(
    occurrence: &OccurrenceId,
    run: RunId,
    at: Timestamp,
    first: u32,
    events: &[&Event],
    mut put: impl FnMut(u32, &str) -> Result<(), E>,
) -> Result<u32, E> {
    let times = events.iter().filter_map(|event| match event {
        Event::Outcome { at, .. } => Some(at.as_millisecond()),
        _ => None,
    });
    let base = times.min().unwrap_or(at.as_millisecond());
    let mut head = Head {
        subject: Subject::Occurrence(occurrence.clone()),
        number: first,
        run,
        base: Timestamp::from_millisecond(base).unwrap_or(at),
    };
    let mut writer = Writer::new(&head);
    for event in events {
        let Event::AudienceFixed {
            header,
            entries,
            excluded,
        } = event
        else {
            writer.event(event);
            continue;
        };
        writer.audience(header, entries.len(), excluded.len());
        let pieces = entries.iter().map(Ok).chain(excluded.iter().map(Err));
        for piece in pieces {
            if writer.entries == ENTRIES_PER_SEGMENT {
                put(head.number, &writer.finish())?;
                head.number += 1;
                writer = Writer::new(&head);
            }
            match piece {
                Ok(entry) => writer.entry(entry),
                Err((id, reason)) => writer.excluded_at_start(*id, *reason),
            }
        }
    }
    put(head.number, &writer.finish())?;
    Ok(head.number + 1)
}

/// One segment of what came back.
pub fn encode_feedback(run: RunId, at: Timestamp, number: u32, events: &[Feedback]) -> String {
    let mut writer = Writer::new(&Head {
        subject: Subject::Feedback,
        number,
        run,
        base: at,
    });
    for event in events {
        feedback::write(&mut writer.out, event);
        writer.end_line();
    }
    writer.finish()
}

/// One segment of suppressions.
pub fn encode_suppressions(
    run: RunId,
    at: Timestamp,
    number: u32,
    events: &[SuppressionEvent],
) -> String {
    let mut writer = Writer::new(&Head {
        subject: Subject::Suppressions,
        number,
        run,
        base: at,
    });
    for event in events {
        writer.suppression(event);
    }
    writer.finish()
}

/// One segment of wishes.
pub fn encode_wishes(run: RunId, at: Timestamp, number: u32, wishes: &[Wish]) -> String {
    let mut writer = Writer::new(&Head {
        subject: Subject::Wishes,
        number,
        run,
        base: at,
    });
    for wish in wishes {
        wish::write(&mut writer.out, wish);
        writer.end_line();
    }
    writer.finish()
}

/// The line of a record that stands by itself, without its end: what came back, suppressions, wishes. `None` for others.
pub fn encode_line(record: &Record) -> Option<String> {
    let mut writer = Writer {
        out: String::new(),
        base: 0,
        lines: 0,
        entries: 0,
        claim: None,
        destination: None,
        excluding: None,
        beginnings: HashMap::new(),
    };
    match record {
        Record::Feedback(feedback) => feedback::write(&mut writer.out, feedback),
        Record::Wish(wish) => wish::write(&mut writer.out, wish),
        Record::Suppression(event) => {
            writer.suppression(event);
            writer.out.pop();
        }
        _ => return None,
    }
    Some(writer.out)
}

impl Writer {
    fn new(head: &Head) -> Self {
        let subject = match &head.subject {
            Subject::Occurrence(id) => format!("occurrence\t{id}"),
            Subject::Suppressions => "suppressions\t".to_owned(),
            Subject::Feedback => "feedback\t".to_owned(),
            Subject::Wishes => "wishes\t".to_owned(),
        };
        let base = head.base.as_millisecond();
        let out = format!(
            "postmerge-ledger {VERSION}\t{subject}\t{:06}\t{}\t{base}\n",
            head.number, head.run
        );
        Self {
            out,
            base,
            lines: 1,
            entries: 0,
            claim: None,
            destination: None,
            excluding: None,
            beginnings: HashMap::new(),
        }
    }

    /// The segment's text, with its last line.
    fn finish(mut self) -> String {
        let sum = checksum(self.out.as_bytes());
        let _ = writeln!(self.out, "end\t{}\t{sum}", self.lines);
        self.out
    }

    fn end_line(&mut self) {
        self.out.push('\n');
        self.lines += 1;
    }

    /// A tab and `text`, made fit for the ledger.
    fn words(&mut self, text: &str) {
        self.out.push('\t');
        escape(&mut self.out, &reply_text(text));
    }

    fn audience(&mut self, header: &AudienceHeader, entries: usize, excluded: usize) {
        let mut header = header.clone();
        header.force = header.force.as_deref().map(reply_text);
        // A struct of texts, numbers and lists always has a JSON form.
        let json = serde_json::to_string(&header).unwrap_or_default();
        let _ = write!(self.out, "audience\t{entries}\t{excluded}\t");
        escape(&mut self.out, &json);
        self.end_line();
    }

    fn entry(&mut self, entry: &AudienceEntry) {
        if self.destination != Some(entry.destination) {
            self.destination = Some(entry.destination);
            let _ = write!(self.out, "to\t{}", entry.destination);
            self.end_line();
        }
        self.id(entry.id);
        if let Some(of) = entry.copy_of {
            let _ = write!(self.out, "\tcopy={}", of.0);
        }
        if let Some(document) = entry.own_document {
            let _ = write!(self.out, "\tdocument={document}");
        }
        self.end_line();
        self.entries += 1;
    }

    fn excluded_at_start(&mut self, id: RecipientId, reason: Exclusion) {
        if self.excluding != Some(reason) {
            self.excluding = Some(reason);
            let _ = write!(self.out, "excluding\t{}", reason.name());
            self.end_line();
        }
        self.id(id);
        self.end_line();
        self.entries += 1;
    }

    /// Formatting machinery per byte would be most of the cost of a million entries.
    fn id(&mut self, id: RecipientId) {
        for byte in id.0 {
            for nibble in [byte >> 4, byte & 15] {
                self.out
                    .push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
            }
        }
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::AudienceFixed { .. } => return,
            Event::Claimed {
                claim,
                recipients,
                until,
            } => {
                let until = until.as_millisecond();
                let _ = write!(
                    self.out,
                    "claim\t{}\t{}\t{until}\t",
                    claim.run, claim.sequence
                );
                write_ranges(&mut self.out, recipients);
            }
            Event::Released { claim, recipients } => {
                let _ = write!(self.out, "release\t{}\t{}\t", claim.run, claim.sequence);
                write_ranges(&mut self.out, recipients);
            }
            Event::Outcome {
                claim,
                recipient,
                at,
                outcome,
            } => self.outcome(*claim, recipient.0, *at, outcome),
            Event::Excluded {
                recipient,
                at,
                reason,
            } => {
                let (at, reason) = (at.as_millisecond(), reason.name());
                let _ = write!(self.out, "exclude\t{}\t{at}\t{reason}", recipient.0);
            }
            Event::Resolved {
                recipients,
                resolution,
                by,
                reason,
                at,
            } => {
                let how = match resolution {
                    crate::ledger::event::Resolution::Sent => "sent",
                    crate::ledger::event::Resolution::Resend => "resend",
                };
                let _ = write!(self.out, "resolve\t{how}\t{}\t", at.as_millisecond());
                write_ranges(&mut self.out, recipients);
                self.words(by);
                self.words(reason);
            }
            Event::Held { at, reason } => {
                let _ = write!(self.out, "held\t{}\t", at.as_millisecond());
                escape(&mut self.out, &reason_text(reason));
            }
            Event::Lapsed { at, window } => {
                let _ = write!(self.out, "lapsed\t{}", at.as_millisecond());
                self.words(window);
            }
        }
        self.end_line();
    }

    fn outcome(&mut self, claim: ClaimId, recipient: u32, at: Timestamp, outcome: &Outcome) {
        if self.claim != Some(claim) {
            self.claim = Some(claim);
            let _ = write!(self.out, "of\t{}\t{}", claim.run, claim.sequence);
            self.end_line();
        }
        let (sign, text) = match outcome {
            Outcome::Accepted { reply } => ('+', reply),
            Outcome::Deferred { reply, .. } => ('~', reply),
            Outcome::Rejected { reply } => ('-', reply),
            Outcome::Unknown { reason } => ('?', reason),
        };
        let text = reply_text(text);
        let (beginning, rest) = self.beginning(&text);
        let after = at.as_millisecond().saturating_sub(self.base);
        let _ = write!(self.out, "{sign}\t{recipient}\t{after}\t{beginning}\t");
        escape(&mut self.out, rest);
        if let Outcome::Deferred { retry_at, .. } = outcome {
            let _ = write!(self.out, "\t{}", retry_at.as_millisecond());
        }
    }

    /// The number of the text's beginning (up to its last space), written where it is new; replies
    /// of one relay differ in their last word, the queue id. Past [`BEGINNINGS`] there is none: `.`.
    fn beginning<'a>(&mut self, text: &'a str) -> (String, &'a str) {
        let (beginning, rest) = match text.rfind(' ') {
            Some(at) => text.split_at(at + 1),
            None => ("", text),
        };
        if let Some(number) = self.beginnings.get(beginning) {
            return (number.to_string(), rest);
        }
        let number = self.beginnings.len();
        if number == BEGINNINGS {
            return (".".to_owned(), text);
        }
        self.beginnings.insert(beginning.to_owned(), number);
        self.out.push_str("reply\t");
        escape(&mut self.out, beginning);
        self.end_line();
        (number.to_string(), rest)
    }

    fn suppression(&mut self, event: &SuppressionEvent) {
        let (word, recipient, scope, at, note) = match event {
            SuppressionEvent::Suppressed {
                recipient,
                scope,
                at,
                note,
                ..
            } => ("suppress", recipient, scope, at, note),
            SuppressionEvent::Lifted {
                recipient,
                scope,
                what,
                at,
                note,
            } => (lift_word(*what), recipient, scope, at, note),
        };
        let _ = write!(self.out, "{word}\t{recipient}\t{}\t", at.as_millisecond());
        write_scope(&mut self.out, scope);
        if let SuppressionEvent::Suppressed { reason, .. } = event {
            self.out.push('\t');
            self.out.push_str(reason.name());
        }
        self.words(note);
        self.end_line();
    }
}

/// The first 16 digits of the content's SHA-256.
pub(super) fn checksum(content: &[u8]) -> String {
    let mut sum = Digest::of(content).to_string();
    sum.truncate(16);
    sum
}
