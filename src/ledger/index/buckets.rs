//! The buckets' files: rows of 24 bytes, appended, with a checksum that goes on where it was left.
//!
//! A file may be longer than what was recorded of it (a build was cut off) and is never read beyond.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::IndexError;
use crate::mail::recipient_id::RecipientId;

/// How many there are: one for each value of an id's first byte.
pub(super) const BUCKETS: usize = 256;

/// Stands for a recipient who has no place in the audience.
pub(super) const NO_INDEX: u32 = u32::MAX;

/// Bytes of a row.
const ROW: usize = 24;

/// Bytes of a bucket that wait before they are written: what bounds the memory beside the audience (4 MiB).
const WAITING: usize = 16 * 1024;

/// One recipient, spoken of in one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: RecipientId,
    /// Which subject, by its place in the state's list.
    pub(super) subject: u32,
    pub(super) segment: u32,
    /// The recipient's place in the audience, or [`NO_INDEX`].
    pub(super) index: u32,
}

/// What is recorded of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bucket {
    pub(super) rows: u64,
    pub(super) sum: u64,
}

impl Row {
    fn to_bytes(self) -> [u8; ROW] {
        let mut bytes = [0; ROW];
        let numbers = [self.subject, self.segment, self.index].map(u32::to_le_bytes);
        let parts = self.id.0.iter().chain(numbers.iter().flatten());
        bytes
            .iter_mut()
            .zip(parts)
            .for_each(|(to, from)| *to = *from);
        bytes
    }

    fn from_bytes(bytes: &[u8; ROW]) -> Option<Self> {
        let (id, numbers) = bytes.split_first_chunk::<12>()?;
        let (subject, numbers) = numbers.split_first_chunk::<4>()?;
        let (segment, index) = numbers.split_first_chunk::<4>()?;
        Some(Self {
            id: RecipientId(*id),
            subject: u32::from_le_bytes(*subject),
            segment: u32::from_le_bytes(*segment),
            index: u32::from_le_bytes(*index.first_chunk::<4>()?),
        })
    }
}

/// Goes on with a checksum. Each step is a bijection of what was before, so that one changed word is always noticed.
fn mixed(sum: u64, row: &[u8; ROW]) -> u64 {
    let (words, _) = row.as_chunks::<8>();
    words.iter().fold(sum, |sum, word| {
        (sum.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(0x517c_c1b7_2722_0a95)
    })
}

fn path(folder: &Path, bucket: usize) -> PathBuf {
    folder.join(format!("{bucket:02x}"))
}

/// Cuts every bucket to what was recorded; whether they all have that much.
pub(super) fn cut(folder: &Path, recorded: &[Bucket]) -> Result<bool, IndexError> {
    for (number, bucket) in recorded.iter().enumerate() {
        let path = path(folder, number);
        let wrong = |why| IndexError::io(&path, why);
        let wanted = bucket.rows.saturating_mul(ROW as u64);
        let length = match std::fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(why) if why.kind() == io::ErrorKind::NotFound => 0,
            Err(why) => return Err(wrong(why)),
        };
        if length < wanted {
            return Ok(false);
        }
        if length > wanted {
            let file = OpenOptions::new().write(true).open(&path).map_err(wrong)?;
            file.set_len(wanted).map_err(wrong)?;
        }
    }
    Ok(true)
}

/// Hands the rows of `who` to `take`, which says whether they make sense; whether the bucket is what was recorded.
pub(super) fn scan(
    folder: &Path,
    recorded: &[Bucket],
    who: &RecipientId,
    mut take: impl FnMut(Row) -> bool,
) -> Result<bool, IndexError> {
    let number = usize::from(who.0.first().copied().unwrap_or(0));
    let bucket = recorded.get(number).copied().unwrap_or_default();
    if bucket.rows == 0 {
        return Ok(bucket == Bucket::default());
    }
    let path = path(folder, number);
    let wrong = |why| IndexError::io(&path, why);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(why) => return Err(wrong(why)),
    };
    let mut file = io::BufReader::with_capacity(ROW * 4096, file);
    let (mut sum, mut sound) = (0, true);
    let mut bytes = [0; ROW];
    for _ in 0..bucket.rows {
        match file.read_exact(&mut bytes) {
            Ok(()) => {}
            Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(why) => return Err(wrong(why)),
        }
        sum = mixed(sum, &bytes);
        if bytes.starts_with(&who.0) {
            sound &= Row::from_bytes(&bytes).is_some_and(&mut take);
        }
    }
    Ok(sound && sum == bucket.sum)
}

/// Appends rows. Nothing of it counts before the state records it.
pub(super) struct Appender<'a> {
    folder: &'a Path,
    buckets: Vec<Bucket>,
    waiting: Vec<Vec<u8>>,
}

impl<'a> Appender<'a> {
    /// Goes on from what was recorded; the files have been cut to that.
    pub(super) fn new(folder: &'a Path, recorded: &[Bucket]) -> Self {
        Self {
            folder,
            buckets: recorded.to_vec(),
            waiting: vec![Vec::new(); BUCKETS],
        }
    }

    pub(super) fn add(&mut self, row: Row) -> Result<(), IndexError> {
        let number = usize::from(row.id.0.first().copied().unwrap_or(0));
        let bytes = row.to_bytes();
        let full = match (self.buckets.get_mut(number), self.waiting.get_mut(number)) {
            (Some(bucket), Some(waiting)) => {
                bucket.rows += 1;
                bucket.sum = mixed(bucket.sum, &bytes);
                waiting.extend_from_slice(&bytes);
                waiting.len() >= WAITING
            }
            _ => false,
        };
        if full { self.write(number) } else { Ok(()) }
    }

    /// A file is open only while it is written to: some systems allow a process fewer than there are buckets.
    fn write(&mut self, number: usize) -> Result<(), IndexError> {
        let Some(waiting) = self.waiting.get_mut(number).filter(|it| !it.is_empty()) else {
            return Ok(());
        };
        let path = path(self.folder, number);
        let wrong = |why| IndexError::io(&path, why);
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .append(true)
            .open(&path)
            .map_err(wrong)?;
        file.write_all(waiting).map_err(wrong)?;
        waiting.clear();
        Ok(())
    }

    /// Writes what waits, and says what is to be recorded.
    pub(super) fn finish(mut self) -> Result<Vec<Bucket>, IndexError> {
        for number in 0..BUCKETS {
            self.write(number)?;
        }
        Ok(self.buckets)
    }
}
