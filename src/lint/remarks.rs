//! What is worth a look in a list's sound rows, found while they are read: of each kind the first ones
//! and a count. Addresses are not kept; of every one there is a hash of eight bytes, for duplicates.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use super::Context;
use super::first_few::FirstFew;
use super::mailboxes::{DISPOSABLE, MISSPELT, ROLES};
use super::rows::{Rows, grouped};
use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule};
use crate::workspace::list::{ColumnType, List};
use crate::workspace::members::{Columns, Row};

/// What a row is remarked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The address stands in an earlier row.
    Duplicate,
    /// The mailbox of a function.
    Role,
    /// A mailbox for an hour.
    Disposable,
    /// A provider's name with a slip of the finger.
    Misspelt,
    /// A cell that a spreadsheet would run.
    Formula,
}

/// A row remarked for something: line, character, and what there is to say.
type Remarked = (u64, usize, String);

/// All remarks of a list.
#[derive(Debug, Default)]
pub struct Remarks {
    found: BTreeMap<Kind, FirstFew<Remarked>>,
    /// Hashes of the addresses so far.
    seen: HashSet<u64, BuildHasherDefault<AsIs>>,
    /// What domains are known for, in order.
    domains: Vec<(&'static str, Kind, &'static str)>,
    /// Whether what stands behind a `+` in the local part makes no other member.
    plus_is_same: bool,
    /// Columns of free text.
    texts: Vec<usize>,
    buffer: String,
}

/// What is hashed already is not hashed again.
#[derive(Debug, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Remarks {
    pub(super) fn new(list: &List, columns: &Columns, plus_is_same: bool) -> Self {
        let misspelt = MISSPELT.map(|(wrong, right)| (wrong, Kind::Misspelt, right));
        let disposable = DISPOSABLE.map(|domain| (domain, Kind::Disposable, ""));
        let mut domains: Vec<_> = misspelt.into_iter().chain(disposable).collect();
        domains.sort_unstable();
        let is_text = |name: &String| {
            let column = list.columns.get(name);
            column.is_some_and(|column| column.kind == ColumnType::Text)
        };
        let names = columns.names().iter().enumerate();
        Self {
            domains,
            plus_is_same,
            texts: names
                .filter(|(_, name)| is_text(name))
                .map(|(at, _)| at)
                .collect(),
            ..Self::default()
        }
    }

    pub(super) fn take(&mut self, row: &Row<'_>) {
        let address = row.address();
        let mut hasher = DefaultHasher::new();
        let identity = address.identity_into(&mut self.buffer);
        let (local, domain) = identity.rsplit_once('@').unwrap_or_default();
        let member = match local.split_once('+') {
            Some((before, _)) if self.plus_is_same && !before.is_empty() => before,
            _ => local,
        };
        let is_tagged = member.len() < local.len();
        (member, domain).hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            self.add(Kind::Duplicate, row, None, || {
                let but = if is_tagged {
                    ", but for what is behind its `+`"
                } else {
                    ""
                };
                format!("the address stands in an earlier row{but}")
            });
        }
        let domain = address.domain();
        let known = self
            .domains
            .binary_search_by_key(&domain, |(name, ..)| name);
        if let Some((_, kind, right)) = known.ok().and_then(|at| self.domains.get(at)).copied() {
            self.add(kind, row, None, || match right {
                "" => format!("`{domain}` gives mailboxes for an hour"),
                right => format!("`{domain}` is probably `{right}`"),
            });
        }
        let local = address.local();
        let is = |role: &str| role.len() == local.len() && role.eq_ignore_ascii_case(local);
        if ROLES.iter().any(|role| is(role)) {
            self.add(Kind::Role, row, None, || {
                format!("`{local}@…` is the mailbox of a function")
            });
        }
        for at in 0..self.texts.len() {
            let Some(&column) = self.texts.get(at) else {
                break;
            };
            let cell = row.cell(column);
            if is_formula(cell) {
                let names = row.columns().names();
                let name = names.get(column).cloned().unwrap_or_default();
                self.add(Kind::Formula, row, Some(column), || {
                    format!("the cell of `{name}` begins as a formula does")
                });
            }
        }
    }

    fn add(
        &mut self,
        kind: Kind,
        row: &Row<'_>,
        column: Option<usize>,
        text: impl FnOnce() -> String,
    ) {
        let line = row.at().line;
        let remarked = self.found.entry(kind).or_default();
        remarked.add(line, || (line, row.character(column), text()));
    }

    /// Nothing more comes: what was only for finding is given back.
    pub(super) fn done(&mut self) {
        self.seen = HashSet::default();
    }
}

/// What a spreadsheet runs when the file is opened there. A telephone number may begin with `+`.
fn is_formula(cell: &str) -> bool {
    let mut chars = cell.chars();
    match (chars.next(), chars.next()) {
        (Some('=' | '@'), Some(_)) => true,
        (Some('+' | '-'), Some(next)) => next.is_alphabetic() || next == '(',
        _ => false,
    }
}

/// Reports the rows remarked for one thing.
pub(super) fn report(
    context: &Context<'_>,
    rule: &'static Rule,
    kind: Kind,
    (why, help): (&str, &str),
    out: &mut Vec<Diagnostic>,
) {
    for (name, rows) in context.rows {
        let (Rows::Read { remarks, .. }, Some(file)) = (rows, context.loaded.lists.get(name))
        else {
            continue;
        };
        let Some(remarked) = remarks.found.get(&kind) else {
            continue;
        };
        let mut finding = |line: u64, column: usize, message: String| {
            let line = usize::try_from(line).unwrap_or(usize::MAX);
            let place = Place::Line { line, column };
            out.push(
                Diagnostic::new(rule, &file.members, place, message)
                    .why(why)
                    .help(help),
            );
        };
        for (line, character, text) in &remarked.first {
            finding(*line, *character, text.clone());
        }
        if let Some((more, line)) = remarked.more() {
            let rows = if more == 1 { "row" } else { "rows" };
            finding(
                line,
                1,
                format!("and {} more {rows} of this kind", grouped(more)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_formula;

    #[test]
    fn a_telephone_number_is_no_formula() {
        for cell in ["=1+1", "@SUM(A1)", "+cmd|x", "-(1)"] {
            assert!(is_formula(cell), "{cell}");
        }
        for cell in ["+57 300 111", "-12", "=", "a=b", "", "- Ana"] {
            assert!(!is_formula(cell), "{cell}");
        }
    }
}
