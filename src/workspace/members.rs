//! A list's members: its CSV file read row by row, each row checked against the list's columns.
//!
//! A row that is wrong is an error of that row, and reading goes on with the next. Nothing is
//! allocated per row while rows are right, and memory never grows with the list. Rows are found
//! again by their byte offset: [`Rows`].

mod amend;
mod broken;
mod cell;
mod columns;
mod edit;
mod place;
mod record;
mod rows;

use std::io::{self, Read};

use super::list::{ColumnType, List};
use super::member::Member;
use crate::mail::address::{AddressError, AddressRef};

pub use amend::{Amendments, ChangedRow, NewRow, Values};
pub use cell::topics;
pub(in crate::workspace) use cell::{bool, date, number};
pub use columns::{Columns, HeadingProblem, fits, is_same, says_yes, taken};
pub(in crate::workspace) use columns::{nearest, suggest};
pub use edit::{EditError, Edited, without_rows};
use record::{Flaw, RawRow, Records};
pub use record::{LONGEST_ROW, MOST_COLUMNS};
pub use rows::Rows;

/// Longest cell, in bytes.
pub const LONGEST_CELL: usize = 4_096;
/// How much of an unreadable row its error keeps, in bytes.
const KEPT: usize = 1_024;

/// Where a row stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct RowAt {
    /// Its first byte: [`Rows::member_at`] finds it by this.
    pub offset: u64,
    /// Its first line; the heading is usually line 1.
    pub line: u64,
    /// Its number among the rows, the first member's being 1.
    pub row: u64,
}

/// Why a whole list cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file has no heading row.
    #[error("the file is empty: its first row must name the columns")]
    NoHeading,
    /// The heading row is not readable.
    #[error("the first row must name the columns, on one line of UTF-8 text")]
    HeadingNotText,
    /// The heading row is longer than any row may be.
    #[error(
        "the first row has more than {LONGEST_ROW} bytes or {MOST_COLUMNS} columns: perhaps its line does not end"
    )]
    HeadingTooLong,
    /// The heading row and the list's columns differ.
    #[error("the heading row does not fit the list: {}", joined(.0))]
    Heading(Vec<HeadingProblem>),
    /// The system refused.
    #[error("reading stopped: {0}")]
    Io(#[from] io::Error),
}

impl ListError {
    /// What is wrong, without what stands in the file: a first row that names no columns is a member's.
    pub fn without_values(&self) -> String {
        match self {
            Self::Heading(problems) => format!(
                "the heading row does not fit the list ({} columns are wrong)",
                problems.len()
            ),
            other => other.to_string(),
        }
    }
}

fn joined(problems: &[HeadingProblem]) -> String {
    let texts: Vec<_> = problems.iter().take(10).map(ToString::to_string).collect();
    texts.join("; ")
}

/// What is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {} (row {}{}): {flaw}", at.line, at.row, in_column(.column.as_deref()))]
pub struct RowError {
    /// Where the row stands.
    pub at: RowAt,
    /// The column, where it is one column's fault.
    pub column: Option<String>,
    /// The cell's first byte in the file; the row's, where no one cell is at fault.
    pub byte: u64,
    /// Where that is in the row's first line: characters, counted from 1.
    pub character: usize,
    /// What is wrong.
    pub flaw: RowFlaw,
    raw: Box<[u8]>,
    is_address: bool,
}

fn in_column(column: Option<&str>) -> String {
    column
        .map(|name| format!(", column `{name}`"))
        .unwrap_or_default()
}

/// What can be wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowFlaw {
    /// More or fewer cells than columns.
    #[error("it has {found} cells, and the heading names {expected} columns")]
    Width {
        /// How many it has.
        found: usize,
        /// How many are expected.
        expected: usize,
    },
    /// More cells than are ever read.
    #[error("it has more than {MOST_COLUMNS} cells")]
    TooManyCells,
    /// Longer than any row may be.
    #[error("it has more than {LONGEST_ROW} bytes; perhaps a quotation mark is not closed")]
    TooLong,
    /// A quotation mark opens a cell and none closes it.
    #[error("a cell starts with a quotation mark that is not closed")]
    Unclosed,
    /// A cell goes over several lines.
    #[error("a cell has a line break: every cell must be on one line")]
    LineBreak,
    /// A cell has NUL or another control character.
    #[error("the cell has a control character (U+{0:04X})")]
    Control(u32),
    /// Not UTF-8.
    #[error("the cell is not UTF-8 text: save the file as UTF-8")]
    NotUtf8,
    /// A cell of more than [`LONGEST_CELL`] bytes.
    #[error("the cell has {0} bytes; at most {LONGEST_CELL} are allowed")]
    CellTooLong(usize),
    /// The address is none.
    #[error("{0}")]
    Address(String),
    /// The system refused to read it again.
    #[error("reading stopped: {0}")]
    Unreadable(String),
    /// The text does not fit its column.
    #[error("{0}")]
    Cell(String),
}

impl RowError {
    /// What is wrong and where, without what stands in the row.
    pub fn without_values(&self) -> String {
        let flaw = match &self.flaw {
            RowFlaw::Address(_) => "there is no e-mail address".to_owned(),
            RowFlaw::Cell(_) => "the cell does not fit its column".to_owned(),
            other => other.to_string(),
        };
        let column = in_column(self.column.as_deref());
        format!(
            "line {} (row {}{column}): {flaw}",
            self.at.line, self.at.row
        )
    }

    /// The row's bytes, shortened.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Whether the address itself is at fault: it is none, or its cell cannot be read.
    pub fn is_about_address(&self) -> bool {
        self.is_address
    }
}

/// A checked row, still lying in the reader's buffer.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    columns: &'a Columns,
    text: &'a str,
    cells: &'a [(u32, u32)],
    address: AddressRef<'a>,
    at: RowAt,
    raw: &'a [u8],
}

/// A row, as far as it can be read.
#[derive(Debug)]
pub enum Known<'a> {
    /// All of it.
    Row(Row<'a>),
    /// Something is wrong with it; whose it is can be told.
    Wrong {
        /// Where it stands.
        at: RowAt,
        /// Whose it is.
        address: AddressRef<'a>,
        /// The row as it stands in the file.
        raw: &'a [u8],
    },
    /// Nobody can say whose it is.
    Nobodys(RowError),
}

/// An address with where its row stands, or what is wrong with the row.
type PlacedAddress<'a> = Result<(RowAt, AddressRef<'a>), RowError>;

/// Reads a list's rows one after the other.
pub struct Members<R> {
    records: Records<R>,
    columns: Columns,
}

impl<R: Read> Members<R> {
    /// Reads the heading row and holds it against the list's columns.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn new(input: R, list: &List) -> Result<Self, ListError> {
        let mut records = Records::new(input)?;
        let heading = records.next()?.ok_or(ListError::NoHeading)?;
        let columns = Columns::new(list, &heading)?;
        Ok(Self { records, columns })
    }

    /// The columns.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The next row, or what is wrong with it.
    ///
    /// # Errors
    /// [`ListError::Io`]; a wrong row is not an error of the list.
    pub fn next_row(&mut self) -> Result<Option<Result<Row<'_>, RowError>>, ListError> {
        let raw = self.records.next()?;
        Ok(raw.map(|raw| check(&self.columns, &raw)))
    }

    /// The next row's address, whatever its other cells hold: for a list that is excluded, where a
    /// wrong cell elsewhere must not let anybody back in.
    ///
    /// # Errors
    /// [`ListError::Io`].
    pub fn next_address(&mut self) -> Result<Option<Result<AddressRef<'_>, RowError>>, ListError> {
        let row = self.next_placed_address()?;
        Ok(row.map(|row| row.map(|(_, address)| address)))
    }

    /// The next row, and whose it is where it is wrong and that can be told all the same, with the row as it stands.
    ///
    /// # Errors
    /// [`ListError::Io`].
    pub fn next_known(&mut self) -> Result<Option<Known<'_>>, ListError> {
        let Some(raw) = self.records.next()? else {
            return Ok(None);
        };
        Ok(Some(match check(&self.columns, &raw) {
            Ok(row) => Known::Row(row),
            Err(why) => match address(&self.columns, &raw) {
                Ok(address) => Known::Wrong {
                    at: raw.at,
                    address,
                    raw: raw.raw,
                },
                Err(_) => Known::Nobodys(why),
            },
        }))
    }

    /// As [`Self::next_address`], with where the row stands.
    ///
    /// # Errors
    /// [`ListError::Io`].
    fn next_placed_address(&mut self) -> Result<Option<PlacedAddress<'_>>, ListError> {
        let raw = self.records.next()?;
        Ok(raw.map(|raw| address(&self.columns, &raw).map(|address| (raw.at, address))))
    }

    /// Hands every row's address to `take`; says how many rows have none that can be read.
    ///
    /// # Errors
    /// [`ListError::Io`].
    pub fn each_address(
        &mut self,
        mut take: impl FnMut(RowAt, &AddressRef<'_>),
    ) -> Result<u64, ListError> {
        let mut unreadable = 0;
        while let Some(row) = self.next_placed_address()? {
            match row {
                Ok((at, address)) => take(at, &address),
                Err(_) => unreadable += 1,
            }
        }
        Ok(unreadable)
    }
}

impl<'a> Row<'a> {
    /// Who.
    pub fn address(&self) -> &AddressRef<'a> {
        &self.address
    }

    /// Where it stands.
    pub fn at(&self) -> RowAt {
        self.at
    }

    /// The list's columns.
    pub fn columns(&self) -> &'a Columns {
        self.columns
    }

    /// The text of the column with this position in [`Columns::names`]; empty for any other.
    pub fn cell(&self, column: usize) -> &'a str {
        let place = self.columns.places.get(column);
        place.map_or("", |place| text_at(self.text, self.cells, *place))
    }

    /// Whether the `bool` column with this position says yes.
    pub fn says_yes(&self, column: usize) -> bool {
        cell::bool(self.cell(column)) == Some(true)
    }

    /// Whether the column of topics with this position has a topic.
    pub fn has_topic(&self, column: usize, topic: &str) -> bool {
        cell::topics(self.cell(column)).any(|name| name == topic)
    }

    /// Where a column's cell begins in the row's first line, the address's where none is said: characters,
    /// counted from 1.
    pub fn character(&self, column: Option<usize>) -> usize {
        let place = match column {
            Some(column) => self.columns.places.get(column).copied(),
            None => Some(self.columns.address),
        };
        let start = place.map_or(0, |place| place::start_of(self.raw, place));
        place::column(self.raw, start)
    }

    /// The address as it stands in the row.
    pub fn address_cell(&self) -> &'a str {
        text_at(self.text, self.cells, self.columns.address)
    }

    /// The row with typed values, on its own.
    pub fn to_member(&self) -> Member {
        let checks = self.columns.checks.iter().enumerate();
        Member {
            address: self.address.to_address(),
            columns: self.columns.names.clone(),
            values: checks
                .map(|(index, check)| cell::value(check.kind, self.cell(index)))
                .collect(),
        }
    }
}

fn text_at<'a>(text: &'a str, cells: &[(u32, u32)], place: usize) -> &'a str {
    cells
        .get(place)
        .and_then(|(start, end)| text.get(*start as usize..*end as usize))
        .unwrap_or_default()
}

fn refuse_flaw(columns: &Columns, raw: &RawRow<'_>) -> Result<(), RowError> {
    let flaw = match raw.flaw {
        None => return Ok(()),
        Some(Flaw::TooLong) => RowFlaw::TooLong,
        Some(Flaw::Unclosed) => RowFlaw::Unclosed,
        Some(Flaw::LineBreak) => RowFlaw::LineBreak,
        Some(Flaw::TooManyCells) => RowFlaw::TooManyCells,
    };
    let place = match flaw {
        RowFlaw::Unclosed | RowFlaw::LineBreak => place::unfinished(raw.raw),
        _ => None,
    };
    Err(row_error(columns, raw, place, flaw))
}

/// Whose a row is, whatever else is wrong with it.
fn address<'a>(columns: &Columns, raw: &RawRow<'a>) -> Result<AddressRef<'a>, RowError> {
    if let Some(address) = broken::address_of(columns, raw) {
        return Ok(address);
    }
    refuse_flaw(columns, raw)?;
    let wrong = |flaw| row_error(columns, raw, Some(columns.address), flaw);
    let cell = raw.cells.get(columns.address);
    let cell = cell.and_then(|(start, end)| raw.text.get(*start as usize..*end as usize));
    let text =
        std::str::from_utf8(cell.unwrap_or_default()).map_err(|_| wrong(RowFlaw::NotUtf8))?;
    parsed(text).map_err(|error| wrong(RowFlaw::Address(error.to_string())))
}

/// An address with blanks around it is written to nobody, and is somebody's all the same.
fn parsed(cell: &str) -> Result<AddressRef<'_>, AddressError> {
    AddressRef::parse(cell.trim())
}

fn check<'a>(columns: &'a Columns, raw: &RawRow<'a>) -> Result<Row<'a>, RowError> {
    let wrong = |place: Option<usize>, flaw| row_error(columns, raw, place, flaw);
    refuse_flaw(columns, raw)?;
    let Ok(text) = std::str::from_utf8(raw.text) else {
        return Err(find_malformed(columns, raw));
    };
    if has_control(text) {
        return Err(find_control(columns, raw, text));
    }
    if raw.cells.len() != columns.width {
        return Err(wrong(
            None,
            RowFlaw::Width {
                found: raw.cells.len(),
                expected: columns.width,
            },
        ));
    }
    let address = text_at(text, raw.cells, columns.address);
    let address = AddressRef::parse(address)
        .map_err(|e| wrong(Some(columns.address), RowFlaw::Address(e.to_string())))?;
    for (check, place) in columns.checks.iter().zip(&columns.places) {
        let cell = text_at(text, raw.cells, *place);
        if cell.len() > LONGEST_CELL {
            return Err(wrong(Some(*place), RowFlaw::CellTooLong(cell.len())));
        }
        check
            .check(cell)
            .map_err(|why| wrong(Some(*place), RowFlaw::Cell(why)))?;
    }
    Ok(Row {
        columns,
        text,
        cells: raw.cells,
        address,
        at: raw.at,
        raw: raw.raw,
    })
}

fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Control characters, and Unicode's own line ends. Looks at characters only where bytes give cause.
fn has_control(text: &str) -> bool {
    let mut suspect = false;
    for byte in text.bytes() {
        // C2 begins U+0080 to U+009F, E2 begins U+2028.
        suspect |= byte < 0x20 || byte == 0x7f || byte == 0xc2 || byte == 0xe2;
    }
    suspect && text.chars().any(is_control)
}

#[cold]
fn row_error(columns: &Columns, raw: &RawRow<'_>, place: Option<usize>, flaw: RowFlaw) -> RowError {
    let start = place.map_or(0, |place| place::start_of(raw.raw, place));
    RowError {
        at: raw.at,
        column: place.and_then(|p| columns.name_at(p)).map(str::to_owned),
        byte: raw.at.offset + start as u64,
        character: place::column(raw.raw, start),
        flaw,
        raw: raw.raw.get(..KEPT).unwrap_or(raw.raw).into(),
        is_address: place == Some(columns.address),
    }
}

#[cold]
fn find_malformed(columns: &Columns, raw: &RawRow<'_>) -> RowError {
    let place = raw.cells.iter().position(|(start, end)| {
        let cell = raw.text.get(*start as usize..*end as usize);
        std::str::from_utf8(cell.unwrap_or_default()).is_err()
    });
    row_error(columns, raw, place, RowFlaw::NotUtf8)
}

#[cold]
fn find_control(columns: &Columns, raw: &RawRow<'_>, text: &str) -> RowError {
    let cells = raw.cells.iter().enumerate();
    let found = cells
        .filter_map(|(place, (start, end))| {
            let cell = text.get(*start as usize..*end as usize)?;
            Some((place, cell.chars().find(|c| is_control(*c))?))
        })
        .next();
    match found {
        Some((place, '\r' | '\n')) => row_error(columns, raw, Some(place), RowFlaw::LineBreak),
        Some((place, c)) => row_error(columns, raw, Some(place), RowFlaw::Control(c.into())),
        None => row_error(columns, raw, None, RowFlaw::LineBreak),
    }
}

/// The type of a list's column; text for the address, nothing for a name that is no column.
pub(in crate::workspace) fn column_type(list: &List, name: &str) -> Option<ColumnType> {
    if name == list.address_column {
        return Some(ColumnType::Text);
    }
    list.columns.get(name).map(|column| column.kind)
}

#[cfg(test)]
mod tests;
