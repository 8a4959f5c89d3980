//! Where a cell stands in a row as the file has it, quotation marks and all. Asked only of rows that
//! are wrong, so it reads the row again rather than being remembered for every row.

use std::ops::Range;

/// A cell's end as RFC 4180 has it: quotation marks count only at a cell's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    Quoted,
    /// After a quotation mark inside quotes: the end of them, or half of a doubled one.
    Closed,
}

/// The cells of a row, one after the other.
struct Cells<'a> {
    raw: &'a [u8],
    at: usize,
}

/// One cell.
struct Found {
    start: usize,
    end: usize,
    /// A line ends inside its quotes.
    has_break: bool,
    /// Its quotes are not closed.
    is_open: bool,
}

impl Iterator for Cells<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        let start = self.at;
        let rest = self.raw.get(start..)?;
        let (mut state, mut has_break, mut end) = (State::Start, false, self.raw.len());
        // After the row nothing follows.
        self.at = usize::MAX;
        for (at, byte) in rest.iter().enumerate() {
            state = match (state, byte) {
                (State::Quoted, b'"') => State::Closed,
                (State::Quoted, b'\n') => {
                    has_break = true;
                    State::Quoted
                }
                (State::Quoted, _) | (State::Start | State::Closed, b'"') => State::Quoted,
                (_, b',') => {
                    self.at = start + at + 1;
                    end = start + at;
                    state = State::Plain;
                    break;
                }
                (_, b'\n') => {
                    end = start + at;
                    break;
                }
                _ => State::Plain,
            };
        }
        Some(Found {
            start,
            end,
            has_break,
            is_open: state == State::Quoted,
        })
    }
}

/// The first byte of the cell with this place, counted from 0; the row's first where there is none.
pub(super) fn start_of(raw: &[u8], place: usize) -> usize {
    let cell = Cells { raw, at: 0 }.nth(place);
    cell.map_or(0, |cell| cell.start)
}

/// The bytes of the cell with this place, quotation marks and all, without the row's end.
pub(super) fn range_of(raw: &[u8], place: usize) -> Option<Range<usize>> {
    let Found { start, end, .. } = Cells { raw, at: 0 }.nth(place)?;
    let is_last = !matches!(raw.get(end), Some(b','));
    let end = match raw.get(start..end) {
        Some([.., b'\r']) if is_last => end - 1,
        _ => end,
    };
    Some(start..end)
}

/// The place of the first cell over several lines, or else of the one whose quotes are not closed.
pub(super) fn unfinished(raw: &[u8]) -> Option<usize> {
    let mut cells = Cells { raw, at: 0 };
    cells.position(|cell| cell.has_break || cell.is_open)
}

/// The column of a byte in a row's line: characters, counted from 1; bytes that are no UTF-8 count too.
pub(super) fn column(raw: &[u8], byte: usize) -> usize {
    let before = raw.get(..byte).unwrap_or(raw);
    String::from_utf8_lossy(before).chars().count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_behind_quotes() {
        let raw = b"a,\"b, \"\"c\"\",\",d\"e,f\r\n";
        let starts: Vec<_> = Cells { raw, at: 0 }.map(|cell| cell.start).collect();
        assert_eq!(starts, [0, 2, 14, 18]);
        assert_eq!(start_of(raw, 9), 0);
        assert_eq!(range_of(raw, 1), Some(2..13));
        assert_eq!(range_of(raw, 3), Some(18..19));
        assert_eq!(range_of(raw, 4), None);
        assert_eq!(unfinished(raw), None);
        assert_eq!(unfinished(b"a,b,\"c\nd\",e\n"), Some(2));
        assert_eq!(unfinished(b"a,\"b,c\n"), Some(1));
        assert_eq!(start_of(b"a,", 1), 2, "an empty last cell");
        assert_eq!(column("ñu,é".as_bytes(), 4), 4);
    }
}
