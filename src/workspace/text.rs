//! What is wrong with the characters of any text file of a workspace, YAML, body or layout.

use super::rules;
use super::source::WorkspacePath;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::Place;

/// The byte order mark, which editors of old put before UTF-8.
pub const MARK: char = '\u{feff}';

/// A mark that a file starts with.
pub fn byte_order_mark(path: &WorkspacePath, text: &str) -> Option<Diagnostic> {
    let message = "the file starts with a byte order mark";
    let finding = || Diagnostic::new(&rules::BYTE_ORDER_MARK, path, Place::File, message);
    text.starts_with(MARK)
        .then(|| finding().help("save it as UTF-8 without BOM; it is read nevertheless"))
}

/// The first character that no text has: what YAML 1.2.2 section 5.1 does not count as printable.
pub fn control_character(path: &WorkspacePath, text: &str) -> Option<Diagnostic> {
    let odd = |at: usize, c: char| {
        c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}') || c == MARK && at > 0
    };
    let (at, c) = text.char_indices().find(|(at, c)| odd(*at, *c))?;
    let place = Place::Bytes(at..at + c.len_utf8());
    let message = format!("a control character (U+{:04X}) stands here", u32::from(c));
    Some(
        Diagnostic::new(&rules::CONTROL_CHARACTER, path, place, message)
            .help("delete it; it came from a copy or a damaged file"),
    )
}
