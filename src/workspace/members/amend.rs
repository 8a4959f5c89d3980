//! Changes of a list's CSV file: other values in some rows' cells, new rows at the end, every other byte left as it is.
//!
//! The file is read as a stream and the changes are few, so memory holds those only. A row that cannot be read, or has
//! not as many cells as there are columns, is left as it is; so is a cell whose new value its column does not take. A topic
//! that left the list since somebody wished for it takes nothing else of the wish with it.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::record::{RawRow, Records};
use super::{Columns, LONGEST_CELL, ListError, address, has_control, place};
use crate::mail::address::{Address, AddressRef};
use crate::workspace::list::List;

/// Values by column.
pub type Values = BTreeMap<String, String>;

/// A row to be put at a file's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRow {
    /// The address.
    pub address: String,
    /// The other cells; what is not named stays empty.
    pub values: Values,
}

/// A row with other cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRow {
    /// On which line of the file.
    pub line: u64,
    /// Whose it is.
    pub address: Address,
    /// The columns whose cells change.
    pub columns: Vec<String>,
}

/// What is to be changed in a file, found by reading it.
#[derive(Debug, Clone)]
pub struct Amendments {
    /// Bytes of the file, ascending and disjoint, and what stands there instead.
    edits: Vec<Edit>,
    /// What comes after the file's last byte.
    added: Vec<u8>,
    /// Rows with another cell.
    pub changed: Vec<ChangedRow>,
    /// Whose rows are new.
    pub new: Vec<Address>,
    /// So many rows the list does not take.
    pub refused: u64,
    end: End,
    columns: Columns,
}

/// Bytes of the file, and what stands there instead.
type Edit = (Range<u64>, Vec<u8>);

impl Amendments {
    /// Whether the file stays as it is.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.added.is_empty()
    }

    /// Reads a file and finds what changes: `change` is asked for each row. Who is there is known then, and
    /// [`Self::add`] puts in who is not.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn find<R: Read>(
        input: R,
        list: &List,
        mut change: impl FnMut(&AddressRef<'_>) -> Option<Values>,
    ) -> Result<Self, ListError> {
        let mut records = Records::new(input)?;
        let heading = records.next()?.ok_or(ListError::NoHeading)?;
        let columns = Columns::new(list, &heading)?;
        let mut found = Self {
            edits: Vec::new(),
            added: Vec::new(),
            changed: Vec::new(),
            new: Vec::new(),
            refused: 0,
            end: End::of(heading.raw),
            columns,
        };
        while let Some(row) = records.next()? {
            found.end = found.end.then(&row);
            let Ok(address) = address(&found.columns, &row) else {
                continue;
            };
            let Some(values) = change(&address) else {
                continue;
            };
            if row.cells.len() != found.columns.width {
                continue;
            }
            let (edits, columns) = edits(&found.columns, &row, &values);
            if edits.is_empty() {
                continue;
            }
            found.changed.push(ChangedRow {
                line: row.at.line,
                address: address.to_address(),
                columns,
            });
            found.edits.extend(edits);
        }
        Ok(found)
    }

    /// Puts rows at the file's end, but those that the list does not take: without an address, or a value that must be
    /// there.
    pub fn add(&mut self, rows: impl IntoIterator<Item = NewRow>) {
        for row in rows {
            let line = line(&self.columns, &row);
            let (Some(line), Ok(address)) = (line, Address::parse(&row.address)) else {
                self.refused += 1;
                continue;
            };
            if self.added.is_empty() && !self.end.is_closed {
                self.added.extend_from_slice(self.end.text);
            }
            self.added.extend_from_slice(line.as_bytes());
            self.added.extend_from_slice(self.end.text);
            self.new.push(address);
        }
    }

    /// Writes the changed file.
    ///
    /// # Errors
    /// Those of reading and writing.
    pub fn write<S: Read + Seek>(&self, source: &mut S, out: &mut impl Write) -> io::Result<()> {
        let mut done = source.seek(SeekFrom::Start(0))?;
        for (range, with) in &self.edits {
            let before = range.start.saturating_sub(done);
            io::copy(&mut source.by_ref().take(before), out)?;
            out.write_all(with)?;
            done = source.seek(SeekFrom::Start(range.end))?;
        }
        io::copy(source, out)?;
        out.write_all(&self.added)
    }
}

/// How the last row that was read ends, so that new ones end alike.
#[derive(Debug, Clone, Copy)]
struct End {
    text: &'static [u8],
    is_closed: bool,
}

impl End {
    /// How the next row ends. A last one that is not closed tells nothing: the one before it does.
    fn then(self, next: &RawRow<'_>) -> Self {
        match Self::of(next.raw) {
            Self {
                is_closed: false, ..
            } => Self {
                text: self.text,
                is_closed: false,
            },
            closed => closed,
        }
    }

    fn of(row: &[u8]) -> Self {
        match row {
            [.., b'\r', b'\n'] => Self {
                text: b"\r\n",
                is_closed: true,
            },
            [.., b'\n'] => Self {
                text: b"\n",
                is_closed: true,
            },
            _ => Self {
                text: b"\n",
                is_closed: false,
            },
        }
    }
}

/// A row's edits in the order in which they stand, and the columns that they are in.
fn edits(columns: &Columns, row: &RawRow<'_>, values: &Values) -> (Vec<Edit>, Vec<String>) {
    let mut found = Vec::new();
    let mut names = Vec::new();
    for (name, value) in values {
        let Some(position) = columns.position(name) else {
            continue;
        };
        let (Some(check), Some(place)) = (
            columns.checks.get(position),
            columns.places.get(position).copied(),
        ) else {
            continue;
        };
        let value = &*check.taken(value);
        let now = row.cells.get(place);
        let now = now.and_then(|(start, end)| row.text.get(*start as usize..*end as usize));
        if now == Some(value.as_bytes()) || !is_fit(value) || check.check(value).is_err() {
            continue;
        }
        let Some(range) = place::range_of(row.raw, place) else {
            continue;
        };
        let was_quoted = row.raw.get(range.start) == Some(&b'"');
        let at = |byte: usize| row.at.offset + byte as u64;
        let with = match was_quoted {
            true => quoted(value),
            false => written(value),
        };
        found.push((at(range.start)..at(range.end), with.into_bytes()));
        names.push(name.clone());
    }
    found.sort_by_key(|(range, _)| range.start);
    (found, names)
}

/// A new row without its end; `None` where a value does not fit, or one that must be there is not.
fn line(columns: &Columns, row: &NewRow) -> Option<String> {
    let mut cells = vec![String::new(); columns.width];
    let parsed = AddressRef::parse(&row.address).ok();
    *cells.get_mut(columns.address)? = parsed.map(|_| written(&row.address))?;
    for (name, (check, place)) in columns
        .names
        .iter()
        .zip(columns.checks.iter().zip(&columns.places))
    {
        let value = &*check.taken(row.values.get(name).map_or("", String::as_str));
        if !is_fit(value) || check.check(value).is_err() {
            return None;
        }
        *cells.get_mut(*place)? = written(value);
    }
    Some(cells.join(","))
}

fn is_fit(value: &str) -> bool {
    value.len() <= LONGEST_CELL && !has_control(value)
}

/// A cell as it is written: in quotation marks where it must be (RFC 4180 §2).
fn written(value: &str) -> String {
    match value.contains([',', '"']) {
        true => quoted(value),
        false => value.to_owned(),
    }
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::workspace::members::Members;

    fn list() -> List {
        serde_yaml::from_str(
            "title: x\nowner: ana\npurpose: tests\nconsent: {basis: contract}\ntopics: {ferias: {title: F}, becas: {title: B}}\n\
             columns: {name: {type: text, required: true}, yes: {type: bool}, temas: {type: topics}}\n",
        )
        .unwrap()
    }

    fn values(pairs: &[(&str, &str)]) -> Values {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    fn amended(text: &str, changes: &[(&str, &str)], new: &[NewRow]) -> String {
        let change = |address: &AddressRef<'_>| {
            (address.to_address().as_str() == "a@x.example").then(|| values(changes))
        };
        let mut found = Amendments::find(text.as_bytes(), &list(), change).unwrap();
        found.add(new.iter().cloned());
        let mut out = Vec::new();
        found.write(&mut Cursor::new(text), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_cell_changes_and_every_other_byte_stays() {
        for (before, changes, after) in [
            (
                "email,name,yes,temas\na@x.example,A,sí,ferias\nb@x.example,B,,\n",
                &[("temas", "ferias;becas"), ("name", "Ana, the first")][..],
                "email,name,yes,temas\na@x.example,\"Ana, the first\",sí,ferias;becas\nb@x.example,B,,\n",
            ),
            // Quotes, CRLF, byte order mark, no line end after the last row.
            (
                "\u{feff}name,email,temas,yes\r\n\r\n\"A \"\"x\"\"\",\"a@x.example\",,\"1\"",
                &[("name", "B"), ("yes", "no"), ("temas", "becas")],
                "\u{feff}name,email,temas,yes\r\n\r\n\"B\",\"a@x.example\",becas,\"no\"",
            ),
            // What a column does not take, what is no column, what is there already.
            (
                "email,name,yes,temas\na@x.example,A,sí,\n",
                &[("yes", "perhaps"), ("who", "x"), ("name", "A")],
                "email,name,yes,temas\na@x.example,A,sí,\n",
            ),
            (
                "email,name,yes,temas\na@x.example,A,sí,\n",
                &[("name", "")],
                "email,name,yes,temas\na@x.example,A,sí,\n",
            ),
            (
                "email,name,yes,temas\na@x.example,A,sí,\n",
                &[("name", "x\ny")],
                "email,name,yes,temas\na@x.example,A,sí,\n",
            ),
            // A topic that left the list: what else was said of topics holds, in new rows as well.
            (
                "email,name,yes,temas\na@x.example,A,sí,ferias;becas\n",
                &[("temas", "otro; becas ")],
                "email,name,yes,temas\na@x.example,A,sí,becas\n",
            ),
            (
                "email,name,yes,temas\na@x.example,A,sí,ferias\n",
                &[("temas", "otro")],
                "email,name,yes,temas\na@x.example,A,sí,\n",
            ),
            // A row of another width is nobody's to mend here.
            (
                "email,name,yes,temas\na@x.example,A\n",
                &[("name", "B")],
                "email,name,yes,temas\na@x.example,A\n",
            ),
        ] {
            assert_eq!(amended(before, changes, &[]), after, "{before:?}");
        }
    }

    #[test]
    fn a_new_row_ends_as_the_others_do() {
        let row = |address: &str, name: &str| NewRow {
            address: address.to_owned(),
            // One of the topics left the list.
            values: values(&[("name", name), ("yes", "true"), ("temas", "otro;ferias")]),
        };
        for (before, after) in [
            (
                "email,name,yes,temas\n",
                "email,name,yes,temas\nn@x.example,\"N, \"\"the\"\"\",true,ferias\n",
            ),
            (
                "email,name,yes,temas\r\nb@x.example,B,,\r\n",
                "email,name,yes,temas\r\nb@x.example,B,,\r\nn@x.example,\"N, \"\"the\"\"\",true,ferias\r\n",
            ),
            (
                "email,temas,yes,name\nb@x.example,,,B",
                "email,temas,yes,name\nb@x.example,,,B\nn@x.example,ferias,true,\"N, \"\"the\"\"\"\n",
            ),
            (
                "email,name,yes,temas\r\nb@x.example,B,,",
                "email,name,yes,temas\r\nb@x.example,B,,\r\nn@x.example,\"N, \"\"the\"\"\",true,ferias\r\n",
            ),
        ] {
            let new = [
                row("n@x.example", "N, \"the\""),
                // Without what the list requires, or without an address, there is no row.
                row("m@x.example", ""),
                row("nobody", "N"),
            ];
            assert_eq!(amended(before, &[], &new), after);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(name in "\\PC{1,20}", temas in "(ferias|becas|ferias;becas)?", cut: bool) {
            prop_assume!(!has_control(&name));
            let mut text = "email,name,yes,temas\nz@x.example,Z,,\na@x.example,A,,\n".to_owned();
            if cut {
                text.pop();
            }
            let new = NewRow {
                address: "n@x.example".to_owned(),
                values: values(&[("name", &name), ("temas", &temas)]),
            };
            let after = amended(&text, &[("name", &name), ("temas", &temas)], &[new]);
            let mut members = Members::new(after.as_bytes(), &list()).unwrap();
            let mut rows = Vec::new();
            while let Some(row) = members.next_row().unwrap() {
                let row = row.unwrap();
                rows.push([row.address_cell(), row.cell(0), row.cell(1)].map(str::to_owned));
            }
            let wanted = [["z@x.example", "Z", ""], ["a@x.example", &name, &temas], ["n@x.example", &name, &temas]];
            prop_assert_eq!(rows, wanted.map(|row| row.map(str::to_owned)));
        }
    }
}
