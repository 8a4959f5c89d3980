//! Reads segments: strictly, or not at all.

use jiff::Timestamp;

use super::encode::checksum;
use super::text::{lift_word, number, ranges, scope, time, unescape};
use super::{Head, Record, Subject, VERSION, feedback, wish};
use crate::ledger::event::{
    AudienceEntry, ClaimId, Event, Exclusion, Lifting, Outcome, RecipientIndex, Resolution, RunId,
    SuppressionEvent,
};
use crate::mail::digest::Digest;
use crate::mail::recipient_id::RecipientId;

/// A segment that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {why}")]
pub struct SegmentError {
    /// Where, in bytes from the segment's start.
    pub offset: usize,
    /// Why.
    pub why: Why,
}

/// Why a segment is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Why {
    #[error("this is no ledger segment")]
    NotASegment,
    #[error(
        "written in ledger format {0}; this postmerge reads up to format {VERSION}: use a newer postmerge, one that reads ledger format {0}"
    )]
    Newer(u32),
    #[error("the segment's end is missing: it was cut off")]
    Truncated,
    #[error("the content does not match its checksum: it was changed or damaged")]
    Checksum,
    #[error(
        "`{0}` is not a line of ledger format {VERSION}: a newer postmerge may have written it"
    )]
    UnknownLine(String),
    #[error("a `{0}` line that cannot be read")]
    Malformed(String),
}

/// Checks the whole segment, then hands its head and records to `take`, in order.
///
/// # Errors
/// [`SegmentError`]; or what `take` says, with the offset of the line it says it of.
pub fn decode<E: From<SegmentError>>(
    bytes: &[u8],
    mut take: impl FnMut(usize, &Head, Record) -> Result<(), E>,
) -> Result<Head, E> {
    let content = checked(bytes)?;
    let (first, mut rest) = content.split_once('\n').unwrap_or((content, ""));
    let head = head(first).ok_or(SegmentError {
        offset: 0,
        why: Why::Malformed("first".to_owned()),
    })?;
    let mut reader = Reader::new(head.base);
    let mut offset = first.len() + 1;
    while let Some((line, after)) = rest.split_once('\n') {
        let (kind, fields) = line.split_once('\t').unwrap_or((line, ""));
        let fail = |why: Why| SegmentError { offset, why };
        let known = reader.line(kind, fields).ok_or_else(|| {
            fail(match is_kind(kind) {
                true => Why::Malformed(shown(kind)),
                false => Why::UnknownLine(shown(kind)),
            })
        })?;
        if let Some(record) = known {
            take(offset, &head, record)?;
        }
        offset += line.len() + 1;
        rest = after;
    }
    Ok(head)
}

/// The record of a line that [`super::encode_line`] wrote.
pub fn decode_line(line: &str) -> Option<Record> {
    let (kind, fields) = line.split_once('\t')?;
    match kind {
        "heard" => feedback::read(fields).map(Record::Feedback),
        "wish" => wish::read(fields).map(Record::Wish),
        "suppress" | "lift" | "lift-own" | "lift-bounce" => suppression(kind, fields),
        _ => None,
    }
}

const KINDS: [&str; 22] = [
    "audience",
    "to",
    "excluding",
    "claim",
    "release",
    "of",
    "reply",
    "+",
    "~",
    "-",
    "?",
    "exclude",
    "resolve",
    "held",
    "lapsed",
    "suppress",
    "lift",
    "lift-own",
    "lift-bounce",
    "heard",
    "wish",
    "end",
];

fn is_kind(kind: &str) -> bool {
    KINDS.contains(&kind) || RecipientId::parse(kind).is_some()
}

fn shown(kind: &str) -> String {
    kind.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// The lines before the last, once version, end, count and checksum hold.
fn checked(bytes: &[u8]) -> Result<&str, SegmentError> {
    let at = |offset, why| SegmentError { offset, why };
    // The version comes first: a newer format may end its segments differently.
    let Some(rest) = bytes.strip_prefix(b"postmerge-ledger ") else {
        let cut = b"postmerge-ledger ".starts_with(bytes);
        let why = if cut {
            Why::Truncated
        } else {
            Why::NotASegment
        };
        return Err(at(bytes.len().min(17), why));
    };
    let Some(end) = rest.iter().position(|&b| b == b'\t') else {
        return Err(at(bytes.len(), Why::Truncated));
    };
    let version = rest
        .get(..end)
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(number::<u32>)
        .ok_or_else(|| at(17, Why::NotASegment))?;
    if version != VERSION {
        return Err(at(17, Why::Newer(version)));
    }
    let cut = || at(bytes.len(), Why::Truncated);
    let body = bytes.strip_suffix(b"\n").ok_or_else(cut)?;
    let start = body.iter().rposition(|&b| b == b'\n').ok_or_else(cut)? + 1;
    let (content, last) = body.split_at(start);
    let last = std::str::from_utf8(last).map_err(|_| cut())?;
    let (lines, sum) = last
        .strip_prefix("end\t")
        .and_then(|fields| fields.split_once('\t'))
        .ok_or_else(cut)?;
    if sum != checksum(content) {
        return Err(at(start, Why::Checksum));
    }
    let counted = content.iter().filter(|&&b| b == b'\n').count();
    if number(lines) != Some(counted) {
        return Err(at(start, Why::Checksum));
    }
    std::str::from_utf8(content)
        .map_err(|error| at(error.valid_up_to(), Why::Malformed("text".to_owned())))
}

fn head(line: &str) -> Option<Head> {
    let mut fields = line.split('\t').skip(1);
    let subject = match (fields.next()?, fields.next()?) {
        ("occurrence", id) => Subject::Occurrence(id.parse().ok()?),
        ("suppressions", "") => Subject::Suppressions,
        ("feedback", "") => Subject::Feedback,
        ("wishes", "") => Subject::Wishes,
        _ => return None,
    };
    let head = Head {
        subject,
        number: number(fields.next()?)?,
        run: RunId::parse(fields.next()?)?,
        base: time(fields.next()?)?,
    };
    fields.next().is_none().then_some(head)
}

/// What lines set for those below them.
struct Reader<'a> {
    base: i64,
    claim: Option<ClaimId>,
    ids: Option<Ids>,
    beginnings: Vec<std::borrow::Cow<'a, str>>,
}

#[derive(Clone, Copy)]
enum Ids {
    To(u16),
    Excluding(Exclusion),
}

impl<'a> Reader<'a> {
    fn new(base: Timestamp) -> Self {
        Self {
            base: base.as_millisecond(),
            claim: None,
            ids: None,
            beginnings: Vec::new(),
        }
    }

    /// `None`: not readable. `Some(None)`: the line only sets something.
    fn line(&mut self, kind: &'a str, fields: &'a str) -> Option<Option<Record>> {
        let event = match kind {
            "+" | "~" | "-" | "?" => self.outcome(kind, fields)?,
            "of" => {
                let (run, sequence) = fields.split_once('\t')?;
                self.claim = Some(claim(run, sequence)?);
                return Some(None);
            }
            "reply" => {
                self.beginnings.push(unescape(fields)?.into());
                return Some(None);
            }
            "to" => {
                self.ids = Some(Ids::To(number(fields)?));
                return Some(None);
            }
            "excluding" => {
                self.ids = Some(Ids::Excluding(Exclusion::parse(fields)?));
                return Some(None);
            }
            "audience" => return audience(fields).map(Some),
            "suppress" | "lift" | "lift-own" | "lift-bounce" => {
                return suppression(kind, fields).map(Some);
            }
            "heard" => return Some(Some(Record::Feedback(feedback::read(fields)?))),
            "wish" => return Some(Some(Record::Wish(wish::read(fields)?))),
            "claim" | "release" | "exclude" | "resolve" | "held" | "lapsed" => plain(kind, fields)?,
            id => return self.id(RecipientId::parse(id)?, fields).map(Some),
        };
        Some(Some(Record::Event(event)))
    }

    fn outcome(&self, kind: &str, fields: &str) -> Option<Event> {
        let mut fields = fields.split('\t');
        let recipient = RecipientIndex(number(fields.next()?)?);
        let after: i64 = number(fields.next()?)?;
        let at = Timestamp::from_millisecond(self.base.checked_add(after)?).ok()?;
        let beginning = match fields.next()? {
            "." => "",
            numbered => self.beginnings.get(number::<usize>(numbered)?)?.as_ref(),
        };
        let rest = fields.next()?;
        let mut reply = String::with_capacity(beginning.len() + rest.len());
        reply.push_str(beginning);
        match rest.contains('\\') {
            true => reply.push_str(&unescape(rest)?),
            false => reply.push_str(rest),
        }
        let outcome = match kind {
            "+" => Outcome::Accepted { reply },
            "-" => Outcome::Rejected { reply },
            "?" => Outcome::Unknown { reason: reply },
            _ => Outcome::Deferred {
                reply,
                retry_at: time(fields.next()?)?,
            },
        };
        fields.next().is_none().then_some(Event::Outcome {
            claim: self.claim?,
            recipient,
            at,
            outcome,
        })
    }

    fn id(&self, id: RecipientId, fields: &str) -> Option<Record> {
        let destination = match self.ids? {
            Ids::To(destination) => destination,
            Ids::Excluding(reason) => {
                return fields
                    .is_empty()
                    .then_some(Record::ExcludedAtStart(id, reason));
            }
        };
        let mut entry = AudienceEntry {
            id,
            destination,
            copy_of: None,
            own_document: None,
        };
        for field in fields.split('\t').filter(|field| !field.is_empty()) {
            match field.split_once('=')? {
                ("copy", of) => entry.copy_of = Some(RecipientIndex(number(of)?)),
                ("document", digest) => entry.own_document = Some(Digest::parse(digest).ok()?),
                _ => return None,
            }
        }
        Some(Record::Entry(entry))
    }
}

fn claim(run: &str, sequence: &str) -> Option<ClaimId> {
    Some(ClaimId {
        run: RunId::parse(run)?,
        sequence: number(sequence)?,
    })
}

fn audience(fields: &str) -> Option<Record> {
    let mut fields = fields.splitn(3, '\t');
    let entries = number(fields.next()?)?;
    let excluded = number(fields.next()?)?;
    let header = serde_json::from_str(&unescape(fields.next()?)?).ok()?;
    Some(Record::Audience {
        header: Box::new(header),
        entries,
        excluded,
    })
}

fn plain(kind: &str, fields: &str) -> Option<Event> {
    let fields: Vec<&str> = fields.split('\t').collect();
    Some(match (kind, fields.as_slice()) {
        ("claim", [run, sequence, until, recipients]) => Event::Claimed {
            claim: claim(run, sequence)?,
            recipients: ranges(recipients)?,
            until: time(until)?,
        },
        ("release", [run, sequence, recipients]) => Event::Released {
            claim: claim(run, sequence)?,
            recipients: ranges(recipients)?,
        },
        ("exclude", [recipient, at, reason]) => Event::Excluded {
            recipient: RecipientIndex(number(recipient)?),
            at: time(at)?,
            reason: Exclusion::parse(reason)?,
        },
        ("resolve", [how, at, recipients, by, reason]) => Event::Resolved {
            recipients: ranges(recipients)?,
            resolution: match *how {
                "sent" => Resolution::Sent,
                "resend" => Resolution::Resend,
                _ => return None,
            },
            by: unescape(by)?,
            reason: unescape(reason)?,
            at: time(at)?,
        },
        ("held", [at, reason]) => Event::Held {
            at: time(at)?,
            reason: unescape(reason)?,
        },
        ("lapsed", [at, window]) => Event::Lapsed {
            at: time(at)?,
            window: unescape(window)?,
        },
        _ => return None,
    })
}

fn suppression(kind: &str, fields: &str) -> Option<Record> {
    let fields: Vec<&str> = fields.split('\t').collect();
    let event = match (kind, fields.as_slice()) {
        ("suppress", [id, at, what, reason, note]) => SuppressionEvent::Suppressed {
            recipient: RecipientId::parse(id)?,
            scope: scope(what)?,
            reason: Exclusion::parse(reason)?,
            at: time(at)?,
            note: unescape(note)?,
        },
        (lift, [id, at, what, note]) => SuppressionEvent::Lifted {
            recipient: RecipientId::parse(id)?,
            scope: scope(what)?,
            what: Lifting::ALL.into_iter().find(|it| lift_word(*it) == lift)?,
            at: time(at)?,
            note: unescape(note)?,
        },
        _ => return None,
    };
    Some(Record::Suppression(event))
}
