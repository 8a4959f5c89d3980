//! Reads segments into the index, each once and in order.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::buckets::{Appender, Bucket, NO_INDEX, Row};
use super::state::{Known, State, name};
use super::{Index, IndexError, buckets};
use crate::ledger::branch::Ledger;
use crate::ledger::event::{Event, RecipientIndex, SuppressionEvent};
use crate::ledger::segment::{Record, Subject};
use crate::mail::recipient_id::RecipientId;

impl Index {
    /// Builds it from nothing.
    pub(super) fn anew(&mut self, ledger: &Ledger, key: &str) -> Result<(), IndexError> {
        // First: what is half built must not be taken for what was recorded.
        let state = self.folder.join("state");
        match std::fs::remove_file(&state) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                return Err(IndexError::io(&state, why));
            }
            _ => {}
        }
        self.state = State::default();
        buckets::cut(&self.folder, &self.state.buckets)?;
        self.catch_up(ledger, key).map(|_| ())
    }

    /// Reads what is new. `false`: the ledger has less than what was read, so it is another one.
    pub(super) fn catch_up(&mut self, ledger: &Ledger, key: &str) -> Result<bool, IndexError> {
        let mut subjects = std::mem::take(&mut self.state.subjects);
        let mut all = vec![Subject::Suppressions, Subject::Feedback, Subject::Wishes];
        all.extend(ledger.occurrences()?.into_iter().map(Subject::Occurrence));
        let known: HashSet<String> = subjects.iter().map(|it| name(&it.subject)).collect();
        for subject in all.iter().filter(|it| !known.contains(&name(it))) {
            subjects.push(Known {
                subject: subject.clone(),
                read: 0,
                audience: 0,
            });
        }
        let mut appender = Appender::new(&self.folder, &self.state.buckets);
        for (number, known) in (0..).zip(&mut subjects) {
            let there = ledger.count(&known.subject)?;
            if there < known.read {
                return Ok(false);
            }
            if there > known.read {
                Reading::new(number, &mut appender).read(ledger, known)?;
            }
        }
        let buckets: Vec<Bucket> = appender.finish()?;
        self.state = State {
            head: ledger.head(),
            key: key.to_owned(),
            subjects,
            buckets,
        };
        self.state.save(&self.folder)?;
        Ok(true)
    }
}

/// One subject's new segments.
struct Reading<'r, 'a> {
    /// The subject's place in the state's list.
    subject: u32,
    appender: &'r mut Appender<'a>,
    /// The audience, in index order.
    ids: Vec<RecipientId>,
    /// The segment that is being read, and whom it spoke of by number so far.
    segment: u32,
    spoken: Vec<u32>,
    /// And by id.
    named: Vec<RecipientId>,
    audience: u32,
}

impl<'r, 'a> Reading<'r, 'a> {
    fn new(subject: u32, appender: &'r mut Appender<'a>) -> Self {
        Self {
            subject,
            appender,
            ids: Vec::new(),
            segment: 0,
            spoken: Vec::new(),
            named: Vec::new(),
            audience: 0,
        }
    }

    fn read(mut self, ledger: &Ledger, known: &mut Known) -> Result<(), IndexError> {
        let (read, audience) = (known.read, known.audience);
        if audience > 0 {
            ledger.segments(
                &known.subject,
                |number| number < audience,
                |_, record| {
                    if let Record::Entry(entry) = record {
                        self.ids.push(entry.id);
                    }
                    ControlFlow::Continue(())
                },
            )?;
        }
        self.segment = read;
        self.audience = audience;
        let mut wrong = None;
        known.read = ledger.segments(
            &known.subject,
            |number| number >= read,
            |head, record| match self.take(head.number, record) {
                Ok(()) => ControlFlow::Continue(()),
                Err(why) => {
                    wrong = Some(why);
                    ControlFlow::Break(())
                }
            },
        )?;
        if let Some(why) = wrong {
            return Err(why);
        }
        self.end_segment()?;
        known.audience = self.audience;
        Ok(())
    }

    fn take(&mut self, segment: u32, record: Record) -> Result<(), IndexError> {
        if segment != self.segment {
            self.end_segment()?;
            self.segment = segment;
        }
        match record {
            Record::Entry(entry) => {
                // Nobody has four thousand million recipients: an index is 32 bits wide in the format.
                self.spoken
                    .push(u32::try_from(self.ids.len()).unwrap_or(NO_INDEX));
                self.ids.push(entry.id);
                self.audience = segment + 1;
            }
            Record::ExcludedAtStart(id, _) => self.named.push(id),
            Record::Suppression(
                SuppressionEvent::Suppressed { recipient, .. }
                | SuppressionEvent::Lifted { recipient, .. },
            ) => self.named.push(recipient),
            Record::Feedback(feedback) => self.named.push(feedback.recipient),
            Record::Wish(wish) => self.named.push(wish.recipient),
            Record::Audience { .. } => {}
            Record::Event(event) => self.event(&event),
        }
        Ok(())
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Outcome {
                recipient: RecipientIndex(index),
                ..
            }
            | Event::Excluded {
                recipient: RecipientIndex(index),
                ..
            } => self.spoken.push(*index),
            Event::Claimed { recipients, .. }
            | Event::Released { recipients, .. }
            | Event::Resolved { recipients, .. } => {
                // Beyond the audience there is nobody: a damaged range must not fill the memory.
                let end = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
                let ranges = recipients.as_slice().iter();
                self.spoken
                    .extend(ranges.flat_map(|range| range.start..range.end.min(end)));
            }
            Event::AudienceFixed { .. } | Event::Held { .. } | Event::Lapsed { .. } => {}
        }
    }

    /// Each recipient once for a segment, however often it speaks of them.
    fn end_segment(&mut self) -> Result<(), IndexError> {
        self.spoken.sort_unstable();
        self.spoken.dedup();
        self.named.sort_unstable();
        self.named.dedup();
        let by_number = self.spoken.drain(..).filter_map(|index| {
            let id = self.ids.get(index as usize)?;
            Some((*id, index))
        });
        let by_name = self.named.drain(..).map(|id| (id, NO_INDEX));
        for (id, index) in by_number.chain(by_name) {
            self.appender.add(Row {
                id,
                subject: self.subject,
                segment: self.segment,
                index,
            })?;
        }
        Ok(())
    }
}
