//! The texts that findings stand in, kept for excerpts.

use std::collections::BTreeMap;
use std::ops::Range;

use super::position::Positions;

/// A file's text, the starts of its lines, and where its keys and values stand.
#[derive(Debug, Clone, Default)]
pub struct File {
    text: String,
    lines: Vec<usize>,
    /// How many characters begin before each of the blocks of [`BLOCK`] bytes: a line may have megabytes, and
    /// thousands of findings.
    characters: Vec<usize>,
    positions: Positions,
}

/// Bytes whose characters are counted together.
const BLOCK: usize = 1_024;

/// Files by path relative to the workspace.
#[derive(Debug, Clone, Default)]
pub struct Files(BTreeMap<String, File>);

impl File {
    /// A file of `text`, without YAML positions.
    pub fn new(text: impl Into<String>) -> Self {
        Self::with_positions(text.into(), Positions::default())
    }

    /// A file of `text` with where its keys and values stand.
    pub fn with_positions(text: String, positions: Positions) -> Self {
        Self {
            lines: line_starts(&text),
            characters: characters(&text),
            text,
            positions,
        }
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where its keys and values stand.
    pub fn positions(&self) -> &Positions {
        &self.positions
    }

    /// Line (from 1) and column (from 1, in characters) of a byte.
    pub fn line_column(&self, byte: usize) -> (usize, usize) {
        let byte = floor(&self.text, byte);
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let column = self.characters_before(byte) - self.characters_before(start);
        (line, column + 1)
    }

    /// How many characters begin before a byte.
    fn characters_before(&self, byte: usize) -> usize {
        let block = byte / BLOCK;
        let counted = self.characters.get(block).copied().unwrap_or_default();
        let rest = self.text.as_bytes().get(block * BLOCK..byte);
        counted + rest.map_or(0, beginnings)
    }

    /// The byte of a line (from 1) and column (from 1, in characters); the line's or the text's end
    /// where there is no such column or line.
    pub fn byte(&self, line: usize, column: usize) -> usize {
        let span = self.line_span(line);
        self.text
            .get(span.clone())
            .and_then(|text| text.char_indices().nth(column.saturating_sub(1)))
            .map_or(span.end, |(at, _)| span.start + at)
    }

    /// The bytes of a line (from 1) without its break.
    pub fn line_span(&self, line: usize) -> Range<usize> {
        let end_of_text = self.text.len();
        let start = self
            .lines
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(end_of_text);
        let next = self.lines.get(line).copied().unwrap_or(end_of_text);
        let trimmed = self
            .text
            .get(start..next)
            .map_or(0, |text| text.trim_end_matches(['\n', '\r']).len());
        start..start + trimmed
    }
}

// YAML 1.2.2 section 5.4: LF, CR LF and a lone CR end a line.
fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (at, byte) in bytes.iter().enumerate() {
        let lone = *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        if *byte == b'\n' || lone {
            starts.push(at + 1);
        }
    }
    starts
}

fn characters(text: &str) -> Vec<usize> {
    let blocks = text.as_bytes().chunks(BLOCK);
    let counts = std::iter::once(0).chain(blocks.map(beginnings));
    let mut sum = 0;
    let add = |count| {
        sum += count;
        sum
    };
    counts.map(add).collect()
}

/// How many characters begin in these bytes of UTF-8.
fn beginnings(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// The nearest character boundary at or before `byte`.
pub(super) fn floor(text: &str, byte: usize) -> usize {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

impl Files {
    /// Keeps a file.
    pub fn insert(&mut self, path: impl Into<String>, file: File) {
        self.0.insert(path.into(), file);
    }

    /// A file by path.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.0.get(path)
    }

    /// All files with their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &File)> {
        self.0.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// Takes over all files of `more`.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_go_there_and_back() {
        let file = File::new("ab\r\nñu\rx\n\nend");
        for (byte, line, column) in [(0, 1, 1), (4, 2, 1), (6, 2, 2), (8, 3, 1), (11, 5, 1)] {
            assert_eq!(file.line_column(byte), (line, column), "byte {byte}");
            assert_eq!(file.byte(line, column), byte);
        }
        assert_eq!(file.line_column(5), (2, 1), "inside ñ");
        assert_eq!(file.line_column(999), (5, 4));
        assert_eq!(file.byte(99, 1), 14);
        assert_eq!(file.byte(1, 99), 2, "the break is not part of the line");
        assert_eq!(file.line_span(4), 10..10);
    }

    #[test]
    fn columns_of_a_very_long_line_are_counted_in_blocks() {
        let text = format!("a\n{}x", "ñ😀".repeat(1_000));
        let file = File::new(text.as_str());
        for (count, (byte, _)) in text.char_indices().enumerate().skip(2) {
            assert_eq!(file.line_column(byte), (2, count - 1));
        }
        assert_eq!(file.line_column(text.len()), (2, 2_002));
    }
}
