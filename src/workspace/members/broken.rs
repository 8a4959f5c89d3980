//! Whose a row is that has a line break in a cell. Such a row is read as nobody's member, since it may as well be several rows that
//! a stray quotation mark holds together; but who asks to be taken out of a list must not stay in it for that. So it is somebody's
//! only where nothing else can be meant: every quotation mark in its place, as many cells as columns, and no `@` but the address's.

use super::record::{Flaw, RawRow};
use super::{Columns, parsed};
use crate::mail::address::AddressRef;

/// The address of a row with a line break, where there is no doubt.
pub(super) fn address_of<'a>(columns: &Columns, raw: &RawRow<'a>) -> Option<AddressRef<'a>> {
    if raw.flaw != Some(Flaw::LineBreak) {
        return None;
    }
    let cells = cells(raw.raw.trim_ascii_end())?;
    if cells.len() != columns.width {
        return None;
    }
    let cell = *cells.get(columns.address)?;
    let ats = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'@').count();
    if ats(cell) != ats(raw.raw) {
        return None;
    }
    parsed(std::str::from_utf8(cell).ok()?).ok()
}

/// The cells without their quotation marks (RFC 4180 §2); `None` where one stands elsewhere than around a cell.
fn cells(row: &[u8]) -> Option<Vec<&[u8]>> {
    let mut cells = Vec::new();
    let mut rest = row;
    loop {
        let (cell, after) = match rest.strip_prefix(b"\"") {
            Some(quoted) => {
                let end = closing(quoted)?;
                (quoted.get(..end)?, quoted.get(end + 1..)?)
            }
            None => {
                let end = rest.iter().position(|byte| *byte == b',');
                let cell = rest.get(..end.unwrap_or(rest.len()))?;
                if cell.iter().any(|byte| matches!(byte, b'"' | b'\n' | b'\r')) {
                    return None;
                }
                (cell, rest.get(cell.len()..)?)
            }
        };
        cells.push(cell);
        match after.split_first() {
            None => return Some(cells),
            Some((b',', next)) => rest = next,
            Some(_) => return None,
        }
    }
}

/// Where a quoted cell ends. Two marks are one that stands in it.
fn closing(quoted: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += quoted.get(at..)?.iter().position(|byte| *byte == b'"')?;
        match quoted.get(at + 1) {
            Some(b'"') => at += 2,
            _ => return Some(at),
        }
    }
}
