//! What trying the rows brought, with its places, for the rules that report it.

use crate::diagnostic::place::Place;
use crate::render::RenderError;
use crate::workspace::names::ListName;

/// A mail that does not work out for some of its recipients.
#[derive(Debug)]
pub struct Found {
    /// What is wrong.
    pub error: RenderError,
    /// The file of the campaign or its template.
    pub path: String,
    /// Where in it.
    pub place: Place,
    /// The list with the rows; `None`: single addresses.
    pub list: Option<ListName>,
    /// The first rows' lines.
    pub lines: Vec<u64>,
    /// How many there are.
    pub count: u64,
}

/// `3 rows of lists/socios.csv that it would go to: lines 3, 7 and 9`.
pub(super) fn who(found: &Found) -> String {
    let Some(list) = &found.list else {
        return "the addresses in `include`, which have no row".to_owned();
    };
    let rows = if found.count == 1 { "row" } else { "rows" };
    format!(
        "{} {rows} of lists/{list}.csv that it would go to: {}",
        found.count,
        lines(&found.lines, found.count)
    )
}

/// `lines 3, 7 and 9`, of so many.
pub(super) fn lines(first: &[u64], count: u64) -> String {
    let lines: Vec<String> = first.iter().map(ToString::to_string).collect();
    let more = count.saturating_sub(lines.len() as u64);
    match (lines.split_last(), more) {
        (Some((last, [])), 0) => format!("line {last}"),
        (Some((last, before)), 0) => format!("lines {} and {last}", before.join(", ")),
        _ => format!("lines {} and {more} more", lines.join(", ")),
    }
}
