//! Rows taken out of a list's CSV file, every other byte left as it is: quotes, line ends, byte order mark, blank
//! lines, rows that cannot be read.
//!
//! A row that has no readable address is nobody's and stays.

use super::record::Records;
use super::{Columns, ListError, RowAt, address};
use crate::mail::address::AddressRef;
use crate::workspace::list::List;

/// A file without some of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// What the file holds then.
    pub bytes: Vec<u8>,
    /// The rows that were taken out.
    pub removed: Vec<RowAt>,
}

/// Why rows are not taken out.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file cannot be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// What is left would be read as something else: a quotation mark that is not closed reaches into another row.
    #[error(
        "line {line}: a row that cannot be read reaches into others, so that none can be taken out; `postmerge lint` shows it"
    )]
    Entangled {
        /// The first line that would be read differently.
        line: u64,
    },
}

/// `bytes` without the rows whose address `is_unwanted`.
///
/// # Errors
/// [`EditError`].
pub fn without_rows(
    bytes: &[u8],
    list: &List,
    mut is_unwanted: impl FnMut(&AddressRef<'_>) -> bool,
) -> Result<Edited, EditError> {
    let mut records = Records::new(bytes).map_err(ListError::from)?;
    let heading = records
        .next()
        .map_err(ListError::from)?
        .ok_or(ListError::NoHeading)?;
    let columns = Columns::new(list, &heading)?;
    let mut kept = Vec::with_capacity(bytes.len());
    let mut removed = Vec::new();
    // How far `bytes` is dealt with.
    let mut done = 0;
    while let Some(raw) = records.next().map_err(ListError::from)? {
        let unwanted = address(&columns, &raw).is_ok_and(|address| is_unwanted(&address));
        if !unwanted {
            continue;
        }
        let start = usize::try_from(raw.at.offset).unwrap_or(usize::MAX);
        kept.extend_from_slice(bytes.get(done..start).unwrap_or_default());
        done = start.saturating_add(raw.raw.len());
        removed.push(raw.at);
    }
    kept.extend_from_slice(bytes.get(done..).unwrap_or_default());
    check(bytes, &kept, &removed)?;
    Ok(Edited {
        bytes: kept,
        removed,
    })
}

/// Reads both, and finds the same rows in the same order, but for those that were taken out.
fn check(before: &[u8], after: &[u8], removed: &[RowAt]) -> Result<(), EditError> {
    if removed.is_empty() {
        return Ok(());
    }
    let mut old = Records::new(before).map_err(ListError::from)?;
    let mut new = Records::new(after).map_err(ListError::from)?;
    let mut gone = removed.iter().peekable();
    loop {
        let row = old.next().map_err(ListError::from)?;
        if let (Some(row), Some(next)) = (&row, gone.peek())
            && row.at.offset == next.offset
        {
            gone.next();
            continue;
        }
        let other = new.next().map_err(ListError::from)?;
        match (row, other) {
            (None, None) => return Ok(()),
            (Some(row), Some(other)) if row.raw == other.raw && row.flaw == other.flaw => {}
            (row, _) => {
                let line = row.map_or(0, |row| row.at.line);
                return Err(EditError::Entangled { line });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list() -> List {
        serde_yaml::from_str(
            "title: x\nowner: ana\npurpose: tests\nconsent: {basis: contract}\n\
             columns: {name: {type: text}, note: {type: text}}\n",
        )
        .unwrap()
    }

    fn without(text: &str, who: &str) -> Result<String, String> {
        let edited = without_rows(text.as_bytes(), &list(), |address| {
            address.to_address().as_str() == who
        });
        edited
            .map(|it| String::from_utf8(it.bytes).unwrap())
            .map_err(|why| why.to_string())
    }

    #[test]
    fn every_other_byte_stays() {
        for (before, after) in [
            (
                "email,name,note\na@x.example,A,\nb@x.example,B,\n",
                "email,name,note\nb@x.example,B,\n",
            ),
            // No line break at the end, and the last row gone.
            (
                "email,name,note\nb@x.example,B,\na@x.example,A,",
                "email,name,note\nb@x.example,B,\n",
            ),
            (
                "email,name,note\na@x.example,A,\nb@x.example,B,",
                "email,name,note\nb@x.example,B,",
            ),
            // Byte order mark, CRLF, blank lines, quotes that are not needed.
            (
                "\u{feff}email,name,note\r\n\r\n\"a@x.example\",\"A, \"\"the\"\" first\",\r\n\r\n\"b@x.example\",B,\"\"\r\n",
                "\u{feff}email,name,note\r\n\r\n\r\n\"b@x.example\",B,\"\"\r\n",
            ),
            // Blanks around the address, and a line break in a cell or in the address's own.
            (
                "email,name,note\n a@x.example ,A,\na@x.example,\"A\nB\",x\n\"a@x.example\n\",A,\nb@x.example,B,\n",
                "email,name,note\nb@x.example,B,\n",
            ),
            // Somebody's whose row ends in another one's by a stray quotation mark stays.
            (
                "email,name,note\na@x.example,\"A,\nb@x.example,B\",\n",
                "email,name,note\na@x.example,\"A,\nb@x.example,B\",\n",
            ),
            // A cell of two lines with another address: whose it is cannot be told, and it stays whole.
            (
                "email,name,note\nc@x.example,\"C\na@x.example,x\",\na@x.example,A,\n",
                "email,name,note\nc@x.example,\"C\na@x.example,x\",\n",
            ),
            // Twice the same mailbox, and a row that is wrong elsewhere.
            (
                "name,email,note\nA,a@X.example,\nA,a@x.example\nB,b@x.example,\n",
                "name,email,note\nB,b@x.example,\n",
            ),
            (
                "email,name,note\nb@x.example,B,\n",
                "email,name,note\nb@x.example,B,\n",
            ),
        ] {
            assert_eq!(without(before, "a@x.example").unwrap(), after, "{before:?}");
        }
        assert!(without("", "a@x.example").is_err());
        assert!(without("email,x,note\n", "a@x.example").is_err());
    }

    #[test]
    fn where_a_row_reaches_into_others_none_is_taken_out() {
        let text = "email,name,note\nb@x.example,\"B,\na@x.example,A,x\"y\nc@x.example,C,\n";
        let done = without(text, "a@x.example");
        // The quotation mark opens in b's row and closes in a's: both are one row that nobody can read.
        assert_eq!(done.unwrap(), text);
    }

    fn cell() -> impl Strategy<Value = String> {
        "(\"([a-z ,\n\r]|\"\"){0,6}\")|[a-z \"]{0,6}"
    }

    fn row() -> impl Strategy<Value = String> {
        let end = prop_oneof!["\n", "\r\n", "\n\n", "\r\n\r\n"];
        let address = prop_oneof![
            "[a-d]@x\\.example",
            "\"[a-d]@x\\.example\"",
            "[a-d]@X\\.example",
            "[a-z]{0,3}"
        ];
        (address, cell(), cell(), end).prop_map(|(who, a, b, end)| format!("{who},{a},{b}{end}"))
    }

    fn rows(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut records = Records::new(bytes).unwrap();
        let mut found = Vec::new();
        while let Some(row) = records.next().unwrap() {
            found.push(row.raw.to_vec());
        }
        found
    }

    proptest! {
        #[test]
        fn reading_before_less_the_rows_is_reading_after(
            rows_before in proptest::collection::vec(row(), 0..8),
            mark in any::<bool>(),
            cut in any::<bool>(),
        ) {
            let mark = if mark { "\u{feff}" } else { "" };
            let mut text = format!("{mark}email,name,note\n{}", rows_before.concat());
            if cut {
                text.truncate(text.trim_end_matches(['\r', '\n']).len());
            }
            let edited = without_rows(text.as_bytes(), &list(), |address| {
                address.to_address().as_str() == "a@x.example"
            });
            let Ok(edited) = edited else { return Ok(()) };
            // Byte for byte: the file is what was kept and what was taken out, in order.
            let mut expected = Vec::new();
            let mut records = Records::new(text.as_bytes()).unwrap();
            let mut ranges = Vec::new();
            while let Some(row) = records.next().unwrap() {
                if edited.removed.contains(&row.at) {
                    ranges.push(row.at.offset as usize..row.at.offset as usize + row.raw.len());
                } else {
                    expected.push(row.raw.to_vec());
                }
            }
            let mut left = text.clone().into_bytes();
            for range in ranges.into_iter().rev() {
                left.drain(range);
            }
            prop_assert_eq!(&edited.bytes, &left);
            prop_assert_eq!(rows(&edited.bytes), expected);
            let again = without_rows(&edited.bytes, &list(), |address| {
                address.to_address().as_str() == "a@x.example"
            });
            prop_assert!(again.is_ok_and(|it| it.removed.is_empty()));
        }
    }
}
