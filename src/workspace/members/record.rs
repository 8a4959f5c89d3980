//! Rows as bytes: where a row starts and ends, and where its cells lie. Knows nothing of columns.
//!
//! A row without a quotation mark is one line split at commas, in place. A row with one goes
//! through csv-core (RFC 4180 quoting) into a buffer that is kept. Memory is bounded whatever the
//! input: a row has at most [`LONGEST_ROW`] bytes and [`MOST_COLUMNS`] cells.

use std::io::{self, Read};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

/// Longest row read, in bytes.
pub const LONGEST_ROW: usize = 65_536;
/// Most cells read of one row.
pub const MOST_COLUMNS: usize = 512;

const BUFFER: usize = 4 * LONGEST_ROW;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is wrong with a row as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    TooLong,
    Unclosed,
    LineBreak,
    TooManyCells,
}

/// What [`Splitter::split`] found at the start of its input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The input ends before the row does.
    NeedMore,
    /// Nothing is left.
    End,
    /// An empty line of so many bytes.
    Blank(usize),
    /// A row of so many bytes, with its line end.
    Row(usize),
    /// A row that cannot be read; go on after so many bytes.
    Flawed(usize, Flaw),
    /// A line longer than any row may be: go on after its end, wherever that is.
    Endless,
}

/// Where a row's text lies.
#[derive(Debug, Clone, Copy)]
enum Text {
    /// In the input, so many bytes from its start.
    InPlace(usize),
    /// In the splitter's own buffer.
    Unquoted(usize),
}

/// Finds a row's end and its cells. Kept between rows, so that it allocates once.
pub(super) struct Splitter {
    cells: Vec<(u32, u32)>,
    count: usize,
    text: Text,
    /// Made for the first row with quotes: building one takes microseconds.
    quotes: Option<Reader>,
    unquoted: Vec<u8>,
    ends: Vec<usize>,
}

fn reader_of_quotes() -> Reader {
    // `\r` before the line's end is taken off elsewhere, so that a lone one is seen as what it is.
    ReaderBuilder::new()
        .terminator(Terminator::Any(b'\n'))
        .build()
}

impl Splitter {
    pub(super) fn new() -> Self {
        Self {
            cells: Vec::with_capacity(16),
            count: 0,
            text: Text::InPlace(0),
            quotes: None,
            unquoted: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Reads the row at the start of `input`; `at_end` says that nothing follows `input`.
    pub(super) fn split(&mut self, input: &[u8], at_end: bool) -> Found {
        let whole = input.len() <= LONGEST_ROW;
        let window = input.get(..LONGEST_ROW).unwrap_or(input);
        let at_end = at_end && whole;
        self.cells.clear();
        self.count = 0;
        let mut start = 0_u32;
        let mut length = None;
        for (at, byte) in (0_u32..).zip(window.iter().copied()) {
            // Letters, digits and everything beyond ASCII lie above the comma.
            if byte > b',' {
                continue;
            }
            match byte {
                b',' => {
                    self.push(start, at);
                    start = at + 1;
                }
                b'\n' => {
                    length = Some(at);
                    break;
                }
                b'"' => return self.split_quoted(window, at_end),
                _ => {}
            }
        }
        let (end, taken) = match length {
            Some(end) => (end, end as usize + 1),
            None if at_end && window.is_empty() => return Found::End,
            None if at_end => (window.len() as u32, window.len()),
            None if window.len() == LONGEST_ROW => return Found::Endless,
            None => return Found::NeedMore,
        };
        let end = match window.get(..end as usize) {
            Some([.., b'\r']) => end - 1,
            _ => end,
        };
        if end == 0 {
            return Found::Blank(taken);
        }
        self.push(start, end);
        self.text = Text::InPlace(end as usize);
        if self.count > MOST_COLUMNS {
            return Found::Flawed(taken, Flaw::TooManyCells);
        }
        Found::Row(taken)
    }

    fn push(&mut self, start: u32, end: u32) {
        self.count += 1;
        if self.count <= MOST_COLUMNS {
            self.cells.push((start, end));
        }
    }

    fn split_quoted(&mut self, window: &[u8], at_end: bool) -> Found {
        self.cells.clear();
        self.unquoted.resize(LONGEST_ROW + 1, 0);
        self.ends.resize(MOST_COLUMNS, 0);
        let quotes = self.quotes.get_or_insert_with(reader_of_quotes);
        quotes.reset();
        let (mut result, mut taken, mut written, mut cells) =
            quotes.read_record(window, &mut self.unquoted, &mut self.ends);
        if result == ReadRecordResult::InputEmpty {
            if !at_end && window.len() < LONGEST_ROW {
                return Found::NeedMore;
            }
            // A line end closes the row, unless a quotation mark is still open.
            let out = self.unquoted.get_mut(written..).unwrap_or_default();
            let ends = self.ends.get_mut(cells..).unwrap_or_default();
            let (closed, _, more, further) = quotes.read_record(b"\n", out, ends);
            result = closed;
            written += more;
            cells += further;
            taken = window.len();
        }
        let first_line = || {
            let end = window.iter().position(|byte| *byte == b'\n');
            end.map(|end| end + 1)
        };
        let flaw = match result {
            ReadRecordResult::Record
                if !at_end && taken == window.len() && taken == LONGEST_ROW =>
            {
                Flaw::TooLong
            }
            ReadRecordResult::Record => {
                self.set_unquoted(cells);
                let text = self.unquoted.get(..written).unwrap_or_default();
                if text.contains(&b'\n') {
                    return Found::Flawed(taken, Flaw::LineBreak);
                }
                return Found::Row(taken);
            }
            ReadRecordResult::OutputEndsFull => Flaw::TooManyCells,
            _ => Flaw::Unclosed,
        };
        // Reading goes on after the first line, so that one open quotation mark costs one row.
        match first_line() {
            Some(end) => Found::Flawed(end, flaw),
            None if at_end => Found::Flawed(window.len(), flaw),
            // Its end, and so what is to be said of it, has not been read yet.
            None if window.len() < LONGEST_ROW => Found::NeedMore,
            None => Found::Endless,
        }
    }

    fn set_unquoted(&mut self, cells: usize) {
        let (mut start, mut text) = (0, 0);
        let last = cells.saturating_sub(1);
        for (index, end) in self.ends.iter().copied().take(cells).enumerate() {
            let cell = self.unquoted.get(start..end).unwrap_or_default();
            let kept = match cell {
                [.., b'\r'] if index == last => end - 1,
                _ => end,
            };
            // Both are at most LONGEST_ROW.
            self.cells.push((start as u32, kept as u32));
            (start, text) = (end, kept);
        }
        self.count = cells;
        self.text = Text::Unquoted(text);
    }

    /// The text that the cells' positions refer to, and where it starts in `input` if it lies there.
    pub(super) fn text<'a>(&'a self, input: &'a [u8]) -> (&'a [u8], bool) {
        match self.text {
            Text::InPlace(end) => (input.get(..end).unwrap_or_default(), true),
            Text::Unquoted(end) => (self.unquoted.get(..end).unwrap_or_default(), false),
        }
    }

    pub(super) fn cells(&self) -> &[(u32, u32)] {
        &self.cells
    }
}

/// A row as it lies in the file.
pub(super) struct RawRow<'a> {
    /// What the cells' positions refer to.
    pub(super) text: &'a [u8],
    pub(super) cells: &'a [(u32, u32)],
    /// The row as it stands in the file.
    pub(super) raw: &'a [u8],
    pub(super) flaw: Option<Flaw>,
    pub(super) at: super::RowAt,
}

/// The rows of a stream.
pub(super) struct Records<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    /// Inside a line that is too long.
    skipping: bool,
    /// Of `start`.
    offset: u64,
    line: u64,
    row: u64,
    splitter: Splitter,
}

impl<R: Read> Records<R> {
    pub(super) fn new(input: R) -> io::Result<Self> {
        let mut records = Self {
            input,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            at_end: false,
            skipping: false,
            offset: 0,
            line: 1,
            row: 0,
            splitter: Splitter::new(),
        };
        while records.end < BYTE_ORDER_MARK.len() && !records.at_end {
            records.fill()?;
        }
        if records.rest().starts_with(BYTE_ORDER_MARK) {
            records.consume(BYTE_ORDER_MARK.len());
        }
        Ok(records)
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn consume(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        loop {
            match self.input.read(free) {
                Ok(0) => self.at_end = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }

    /// The next row, blank lines passed over.
    pub(super) fn next(&mut self) -> io::Result<Option<RawRow<'_>>> {
        let (taken, flaw) = loop {
            if self.skipping && !self.skip()? {
                return Ok(None);
            }
            let rest = self.buffer.get(self.start..self.end).unwrap_or_default();
            match self.splitter.split(rest, self.at_end) {
                Found::NeedMore => self.fill()?,
                Found::End => return Ok(None),
                Found::Blank(taken) => {
                    self.consume(taken);
                    self.line += 1;
                }
                Found::Row(taken) => break (taken, None),
                Found::Flawed(taken, flaw) => break (taken, Some(flaw)),
                Found::Endless => {
                    self.skipping = true;
                    break (0, Some(Flaw::TooLong));
                }
            }
        };
        let at = super::RowAt {
            offset: self.offset,
            line: self.line,
            row: self.row,
        };
        self.row += 1;
        let start = self.start;
        self.consume(taken);
        let input = self.buffer.get(start..self.end).unwrap_or_default();
        let raw = input
            .get(..if taken == 0 { LONGEST_ROW } else { taken })
            .unwrap_or(input);
        let (text, in_place) = self.splitter.text(input);
        if taken > 0 && (!in_place || flaw.is_some()) {
            let lines = raw.iter().filter(|byte| **byte == b'\n').count();
            self.line += lines.max(1) as u64;
        } else if taken > 0 {
            self.line += 1;
        }
        Ok(Some(RawRow {
            text: if flaw.is_some() { &[] } else { text },
            cells: self.splitter.cells(),
            raw,
            flaw,
            at,
        }))
    }

    /// Leaves a line that is too long; false where the stream ends first.
    fn skip(&mut self) -> io::Result<bool> {
        loop {
            let found = self.rest().iter().position(|byte| *byte == b'\n');
            if let Some(end) = found {
                self.consume(end + 1);
                self.line += 1;
                self.skipping = false;
                return Ok(true);
            }
            if self.at_end {
                return Ok(false);
            }
            self.consume(self.end - self.start);
            self.fill()?;
        }
    }
}
