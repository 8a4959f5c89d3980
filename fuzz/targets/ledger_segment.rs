//! Any bytes as a ledger segment. `raw` as they are; else they are given the last line that fits
//! them, so that the fuzzer need not guess a checksum. What is read is folded, and written again:
//! that must read as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postmerge::ledger::event::{Event, Outcome};
use postmerge::ledger::reply_text::reply_text;
use postmerge::ledger::segment::{
    Head, Record, SegmentError, Subject, decode, encode_feedback, encode_occurrence,
    encode_suppressions,
};
use postmerge::ledger::state::OccurrenceState;
use postmerge::mail::digest::Digest;

fn sealed(content: &[u8]) -> Vec<u8> {
    let mut bytes = content.to_vec();
    if !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    let sum = Digest::of(&bytes).to_string();
    bytes.extend_from_slice(format!("end\t{lines}\t{}\n", &sum[..16]).as_bytes());
    bytes
}

fn read(bytes: &[u8]) -> Option<(Head, Vec<Record>)> {
    let mut all = Vec::new();
    let head = decode::<SegmentError>(bytes, |_, _, record| {
        all.push(record);
        Ok(())
    });
    head.ok().map(|head| (head, all))
}

/// The whole of it as it is written: an audience is one event, so its pieces are left out.
fn written(head: &Head, records: &[Record]) -> String {
    if head.subject == Subject::Suppressions {
        let events: Vec<_> = records
            .iter()
            .filter_map(|record| match record {
                Record::Suppression(event) => Some(event.clone()),
                _ => None,
            })
            .collect();
        return encode_suppressions(head.run, head.base, head.number, &events);
    }
    if head.subject == Subject::Feedback {
        let events: Vec<_> = records
            .iter()
            .filter_map(|record| match record {
                Record::Feedback(event) => Some(event.clone()),
                _ => None,
            })
            .collect();
        return encode_feedback(head.run, head.base, head.number, &events);
    }
    let Subject::Occurrence(occurrence) = &head.subject else {
        return String::new();
    };
    let mut events: Vec<Event> = records.iter().filter_map(event).collect();
    if let Some(audience) = audience(records) {
        events.insert(0, audience);
    }
    let events: Vec<&Event> = events.iter().collect();
    let mut texts = Vec::new();
    let put = |_, text: &str| {
        texts.push(text.to_owned());
        Ok::<_, ()>(())
    };
    encode_occurrence(occurrence, head.run, head.base, head.number, &events, put)
        .expect("nothing refuses it");
    assert_eq!(texts.len(), 1, "an input is too short for two segments");
    texts.remove(0)
}

fn event(record: &Record) -> Option<Event> {
    match record {
        Record::Event(event) => Some(event.clone()),
        _ => None,
    }
}

fn audience(records: &[Record]) -> Option<Event> {
    let header = records.iter().find_map(|record| match record {
        Record::Audience { header, .. } => Some(header.clone()),
        _ => None,
    })?;
    let entries = records.iter().filter_map(|record| match record {
        Record::Entry(entry) => Some(entry.clone()),
        _ => None,
    });
    let excluded = records.iter().filter_map(|record| match record {
        Record::ExcludedAtStart(id, reason) => Some((*id, *reason)),
        _ => None,
    });
    Some(Event::AudienceFixed {
        header,
        entries: entries.collect(),
        excluded: excluded.collect(),
    })
}

fn fold(head: &Head, records: &[Record]) {
    let mut state = OccurrenceState::new();
    for record in records {
        if state.record(record.clone()).is_err() {
            return;
        }
    }
    if state.is_complete() {
        // Never lost: the sum holds whatever was read.
        state.counts(head.base).check().expect("the sum");
    }
}

fuzz_target!(|data: &[u8]| {
    let bytes = match data.strip_prefix(b"raw") {
        Some(raw) => raw.to_vec(),
        None => sealed(data),
    };
    let Some((head, records)) = read(&bytes) else {
        return;
    };
    fold(&head, &records);
    let once = written(&head, &records);
    let (head_again, again) = read(once.as_bytes()).expect("what was written is read");
    assert_eq!(head.subject, head_again.subject);
    assert_eq!((head.number, head.run), (head_again.number, head_again.run));
    assert_eq!(once, written(&head_again, &again), "written twice");
    if head.subject == Subject::Suppressions || head.subject == Subject::Feedback {
        // Whatever else it says is refused by who folds it.
        return;
    }
    let events: Vec<Event> = records.iter().filter_map(event).collect();
    let events_again: Vec<Event> = again.iter().filter_map(event).collect();
    assert_eq!(events.len(), events_again.len());
    for (before, now) in events.iter().zip(&events_again) {
        match (before, now) {
            (Event::Outcome { outcome, .. }, _) if reply_text(words(outcome)) != words(outcome) => {
                // Its words were not fit for the ledger, and are made so.
            }
            (Event::Held { .. } | Event::Lapsed { .. } | Event::Resolved { .. }, _) => {}
            _ => assert_eq!(before, now),
        }
    }
});

fn words(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Accepted { reply }
        | Outcome::Deferred { reply, .. }
        | Outcome::Rejected { reply } => reply,
        Outcome::Unknown { reason } => reason,
    }
}
