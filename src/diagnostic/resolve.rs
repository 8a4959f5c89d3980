//! From a symbolic place to bytes, line and column: the one place where that happens.

use std::ops::Range;

use serde::Serialize;

use super::file::{File, Files, floor};
use super::place::Place;
use super::{Diagnostic, Fix};

/// A place in a text; lines and columns count from 1, columns in characters, the end excluded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resolved {
    /// The bytes.
    pub bytes: Range<usize>,
    /// Where it starts.
    pub line: usize,
    /// Where it starts.
    pub column: usize,
    /// Where it ends.
    pub end_line: usize,
    /// Where it ends.
    pub end_column: usize,
}

/// Where a finding stands; none for a file as a whole, or one whose text is not kept.
pub fn finding(finding: &Diagnostic, files: &Files) -> Option<Resolved> {
    in_file(&finding.place, files.get(&finding.path)?)
}

/// What a fix replaces.
pub fn fix(finding: &Diagnostic, fix: &Fix, files: &Files) -> Option<Resolved> {
    in_file(&fix.place, files.get(&finding.path)?)
}

/// Line and column of a finding for `path:line:column`, where they are known without the text too.
pub fn line_column(finding: &Diagnostic, files: &Files) -> Option<(usize, usize)> {
    if let Some(found) = self::finding(finding, files) {
        return Some((found.line, found.column));
    }
    match finding.place {
        Place::Line { line, column } => Some((line, column)),
        _ => None,
    }
}

fn in_file(place: &Place, file: &File) -> Option<Resolved> {
    let positions = file.positions();
    let bytes = match place {
        Place::File => return None,
        Place::Key(pointer) => positions
            .key(pointer)
            .or_else(|| positions.value(pointer))?,
        Place::Value(pointer) => positions.value(pointer)?,
        Place::Bytes(bytes) => bytes.clone(),
        Place::Cell { row, column } => cell(file.text(), *row, *column)?,
        Place::Line { line, column } => {
            let start = file.byte(*line, *column);
            let next = file
                .text()
                .get(start..)
                .and_then(|rest| rest.chars().next())
                .filter(|c| !matches!(c, '\n' | '\r'))
                .map_or(start, |c| start + c.len_utf8());
            start..next
        }
    };
    let start = floor(file.text(), bytes.start);
    let end = floor(file.text(), bytes.end).max(start);
    let (line, column) = file.line_column(start);
    let (end_line, end_column) = file.line_column(end);
    Some(Resolved {
        bytes: start..end,
        line,
        column,
        end_line,
        end_column,
    })
}

/// The bytes of a CSV cell, quotes included (RFC 4180, LF accepted).
fn cell(text: &str, row: u64, column: usize) -> Option<Range<usize>> {
    let (mut at_row, mut at_column, mut start) = (1_u64, 0_usize, 0_usize);
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' | b'\n' if !quoted => {
                if (at_row, at_column) == (row, column) {
                    return Some(start..trim_cr(text, start, at));
                }
                start = at + 1;
                if byte == b',' {
                    at_column += 1;
                } else if at_row == row {
                    // The row is too short for the column: its end is where the cell is missing.
                    let end = trim_cr(text, 0, at);
                    return Some(end..end);
                } else {
                    at_row += 1;
                    at_column = 0;
                }
            }
            _ => {}
        }
    }
    ((at_row, at_column) == (row, column)).then(|| start..trim_cr(text, start, text.len()))
}

fn trim_cr(text: &str, start: usize, end: usize) -> usize {
    match text.get(start..end) {
        Some(cell) if cell.ends_with('\r') => end - 1,
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_cells() {
        let text = "email,name\r\na@x.test,\"Núñez, \"\"P\"\"\"\r\nb@x.test\nc@x.test,C";
        let at = |row, column| cell(text, row, column).and_then(|span| text.get(span));
        assert_eq!(at(1, 1), Some("name"));
        assert_eq!(at(2, 0), Some("a@x.test"));
        assert_eq!(at(2, 1), Some("\"Núñez, \"\"P\"\"\""));
        assert_eq!(at(3, 1), Some(""), "a short row's end");
        assert_eq!(at(4, 1), Some("C"));
        assert_eq!(at(5, 0), None);
    }

    #[test]
    fn a_place_outside_the_text_does_no_harm() {
        let file = File::new("ñ");
        let found = in_file(&Place::Bytes(1..900), &file).unwrap();
        assert_eq!(found.bytes, 0..2);
        let found = in_file(&Place::Line { line: 9, column: 9 }, &file).unwrap();
        assert_eq!(found.bytes, 2..2);
        assert_eq!(in_file(&Place::Value("/a".to_owned()), &file), None);
    }
}
