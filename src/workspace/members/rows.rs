//! Rows found again by their byte offset, in a file on disk that several workers read at once.

use std::fs::File;
use std::io;

use super::record::{Flaw, Found, LONGEST_ROW, RawRow, Splitter};
use super::{Columns, ListError, Members, Row, RowAt, RowError, RowFlaw, Values, check};
use crate::workspace::list::List;
use crate::workspace::member::Member;

/// A list's spooled CSV file, read at any row. Reading moves no shared position, so that `&self`
/// serves several threads.
#[derive(Debug)]
pub struct Rows {
    file: File,
    columns: Columns,
    #[cfg(not(unix))]
    turn: std::sync::Mutex<()>,
}

/// What most rows fit into, in bytes.
const USUAL: usize = 2_048;

impl Rows {
    /// Takes a CSV file and holds its heading against the list's columns.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn new(file: File, list: &List) -> Result<Self, ListError> {
        // Who wrote the file may have left its position at the end.
        io::Seek::seek(&mut &file, io::SeekFrom::Start(0))?;
        let columns = Members::new(&file, list)?.columns;
        Ok(Self {
            file,
            columns,
            #[cfg(not(unix))]
            turn: std::sync::Mutex::new(()),
        })
    }

    /// The columns.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The member whose row starts at `offset`, as [`super::Row::at`] gave it.
    ///
    /// # Errors
    /// [`RowError`]; its line and row numbers are 0, as only the offset is known here.
    pub fn member_at(&self, offset: u64) -> Result<Member, RowError> {
        self.at(offset, |row| row.to_member())
    }

    /// The cells of the row that starts at `offset`, by column, as they stand in the file.
    ///
    /// # Errors
    /// As [`Self::member_at`].
    pub fn values_at(&self, offset: u64) -> Result<Values, RowError> {
        self.at(offset, |row| {
            let names = self.columns.names.iter().enumerate();
            let cells = names.map(|(index, name)| (name.clone(), row.cell(index).to_owned()));
            cells.collect()
        })
    }

    fn at<T>(&self, offset: u64, make: impl Fn(&Row<'_>) -> T) -> Result<T, RowError> {
        let mut usual = [0; USUAL];
        let read = self.read_at(&mut usual, offset);
        let start = read.map(|read| usual.get(..read).unwrap_or_default());
        let mut splitter = Splitter::new();
        match start {
            Err(error) => Err(self.unreadable(offset, &error)),
            Ok(start) => match splitter.split(start, start.len() < USUAL) {
                Found::NeedMore => {
                    let mut whole = vec![0; LONGEST_ROW];
                    let read = self
                        .read_at(&mut whole, offset)
                        .map_err(|error| self.unreadable(offset, &error))?;
                    let start = whole.get(..read).unwrap_or_default();
                    let found = splitter.split(start, read < LONGEST_ROW);
                    self.read(&splitter, start, &found, offset, &make)
                }
                found => self.read(&splitter, start, &found, offset, &make),
            },
        }
    }

    fn read<T>(
        &self,
        splitter: &Splitter,
        input: &[u8],
        found: &Found,
        offset: u64,
        make: impl Fn(&Row<'_>) -> T,
    ) -> Result<T, RowError> {
        let flaw = match found {
            Found::Row(_) => None,
            Found::Flawed(_, flaw) => Some(*flaw),
            _ => Some(Flaw::TooLong),
        };
        let (text, _) = splitter.text(input);
        let raw = RawRow {
            text: if flaw.is_some() { &[] } else { text },
            cells: splitter.cells(),
            raw: input,
            flaw,
            at: RowAt {
                offset,
                ..RowAt::default()
            },
        };
        check(&self.columns, &raw).map(|row| make(&row))
    }

    fn unreadable(&self, offset: u64, error: &io::Error) -> RowError {
        RowError {
            at: RowAt {
                offset,
                ..RowAt::default()
            },
            column: None,
            byte: offset,
            character: 1,
            flaw: RowFlaw::Unreadable(error.to_string()),
            raw: Box::default(),
            is_address: false,
        }
    }

    /// Fills `buffer` from `offset` on as far as the file goes.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let free = buffer.get_mut(filled..).unwrap_or_default();
            match self.read_some(free, offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    #[cfg(unix)]
    fn read_some(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buffer, offset)
    }

    #[cfg(not(unix))]
    fn read_some(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        use std::io::{Read, Seek, SeekFrom};
        // The position is shared: one at a time. A panic elsewhere does not make the file wrong.
        let _turn = self
            .turn
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        (&self.file).seek(SeekFrom::Start(offset))?;
        (&self.file).read(buffer)
    }
}
