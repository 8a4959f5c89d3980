//! A journal's records: length and checksum (four bytes each, little-endian), then kind and fields.

use jiff::Timestamp;

use super::place::Place;
use crate::ledger::event::{Outcome, Ranges, RunId};
use crate::mail::occurrence::OccurrenceId;

/// The format that is written and read.
pub(super) const VERSION: u8 = 2;

/// Longest record: a claim of a hundred thousand single recipients is below it.
const LONGEST: usize = 16 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Record {
    Start {
        run: RunId,
        boot: Option<String>,
        place: Place,
        at: Timestamp,
    },
    Claimed {
        occurrence: OccurrenceId,
        sequence: u32,
        recipients: Ranges,
    },
    Started {
        sequence: u32,
        recipient: u32,
    },
    Finished {
        sequence: u32,
        recipient: u32,
        at: Timestamp,
        outcome: Outcome,
    },
    Published {
        sequence: u32,
    },
}

/// What stands at one place of a journal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A record, and how many bytes it takes.
    Record(Record, usize),
    /// A start of another format.
    Version(u8),
    /// Less than a record: the file ends in it.
    Torn,
    /// Bytes that are no record.
    Damaged,
}

impl Record {
    /// Appends the record to `out`.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 8]);
        let number = |out: &mut Vec<u8>, value: u32| out.extend_from_slice(&value.to_le_bytes());
        match self {
            Self::Start {
                run,
                boot,
                place,
                at,
            } => {
                out.extend_from_slice(&[b'S', VERSION]);
                number(out, run.0);
                time(out, *at);
                out.extend_from_slice(&place.device.to_le_bytes());
                out.extend_from_slice(&place.file.to_le_bytes());
                out.push(u8::from(boot.is_some()));
                out.extend_from_slice(boot.as_deref().unwrap_or_default().as_bytes());
            }
            Self::Claimed {
                occurrence,
                sequence,
                recipients,
            } => {
                out.push(b'C');
                number(out, *sequence);
                let ranges = recipients.as_slice();
                number(out, u32::try_from(ranges.len()).unwrap_or(u32::MAX));
                for range in ranges {
                    number(out, range.start);
                    number(out, range.end);
                }
                out.extend_from_slice(occurrence.to_string().as_bytes());
            }
            Self::Started {
                sequence,
                recipient,
            } => {
                out.push(b'B');
                number(out, *sequence);
                number(out, *recipient);
            }
            Self::Finished {
                sequence,
                recipient,
                at,
                outcome,
            } => {
                out.push(b'F');
                number(out, *sequence);
                number(out, *recipient);
                time(out, *at);
                let (kind, retry_at, text) = match outcome {
                    Outcome::Accepted { reply } => (b'+', *at, reply),
                    Outcome::Deferred { reply, retry_at } => (b'~', *retry_at, reply),
                    Outcome::Rejected { reply } => (b'-', *at, reply),
                    Outcome::Unknown { reason } => (b'?', *at, reason),
                };
                out.push(kind);
                time(out, retry_at);
                out.extend_from_slice(text.as_bytes());
            }
            Self::Published { sequence } => {
                out.push(b'P');
                number(out, *sequence);
            }
        }
        let (head, body) = out.split_at_mut(start + 8);
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let sum = checksum(body);
        let fields = length.to_le_bytes().into_iter().chain(sum.to_le_bytes());
        for (byte, value) in head.iter_mut().skip(start).zip(fields) {
            *byte = value;
        }
    }

    /// Reads what stands at the start of `bytes`, which are not empty.
    pub(super) fn read(bytes: &[u8]) -> Found {
        let mut fields = Fields(bytes);
        let (Some(length), Some(sum)) = (fields.number(), fields.number()) else {
            return Found::Torn;
        };
        let length = length as usize;
        if length == 0 || length > LONGEST {
            return Found::Damaged;
        }
        let Some(body) = fields.0.get(..length) else {
            return Found::Torn;
        };
        if checksum(body) != sum {
            return Found::Damaged;
        }
        if let [b'S', version, ..] = body
            && *version != VERSION
        {
            return Found::Version(*version);
        }
        match Self::parse(body) {
            Some(record) => Found::Record(record, 8 + length),
            None => Found::Damaged,
        }
    }

    fn parse(body: &[u8]) -> Option<Self> {
        let mut fields = Fields(body);
        Some(match fields.byte()? {
            b'S' => {
                fields.byte()?;
                let run = RunId(fields.number()?);
                let at = fields.time()?;
                let place = Place {
                    device: fields.long()?,
                    file: fields.long()?,
                };
                let known = fields.byte()? == 1;
                let boot = fields.text()?;
                Self::Start {
                    run,
                    boot: known.then(|| boot.to_owned()),
                    place,
                    at,
                }
            }
            b'C' => {
                let sequence = fields.number()?;
                let count = fields.number()?;
                let ranges: Option<Vec<_>> = (0..count)
                    .map(|_| Some(fields.number()?..fields.number()?))
                    .collect();
                Self::Claimed {
                    sequence,
                    recipients: Ranges::from_ranges(ranges?)?,
                    occurrence: fields.text()?.parse().ok()?,
                }
            }
            b'B' => Self::Started {
                sequence: fields.number()?,
                recipient: fields.number()?,
            },
            b'F' => {
                let sequence = fields.number()?;
                let recipient = fields.number()?;
                let at = fields.time()?;
                let kind = fields.byte()?;
                let retry_at = fields.time()?;
                let reply = fields.text()?.to_owned();
                let outcome = match kind {
                    b'+' => Outcome::Accepted { reply },
                    b'~' => Outcome::Deferred { reply, retry_at },
                    b'-' => Outcome::Rejected { reply },
                    b'?' => Outcome::Unknown { reason: reply },
                    _ => return None,
                };
                Self::Finished {
                    sequence,
                    recipient,
                    at,
                    outcome,
                }
            }
            b'P' => Self::Published {
                sequence: fields.number()?,
            },
            _ => return None,
        })
    }
}

fn time(out: &mut Vec<u8>, at: Timestamp) {
    out.extend_from_slice(&at.as_millisecond().to_le_bytes());
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn time(&mut self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.take().map(i64::from_le_bytes)?).ok()
    }

    fn text(self) -> Option<&'a str> {
        std::str::from_utf8(self.0).ok()
    }
}

/// CRC-32 (ISO-HDLC, as in zlib): finds torn writes; nobody forges a journal.
fn checksum(bytes: &[u8]) -> u32 {
    let crc = bytes.iter().fold(!0_u32, |crc, &byte| {
        let place = (crc ^ u32::from(byte)) & 0xff;
        (crc >> 8) ^ TABLE.get(place as usize).copied().unwrap_or(0)
    });
    !crc
}

static TABLE: [u32; 256] = table();

#[allow(clippy::indexing_slicing)] // `const`: an index out of bounds does not compile
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_known_one() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }
}
