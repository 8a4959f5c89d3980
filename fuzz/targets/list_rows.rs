//! Any bytes as a list's rows: read whole, in single bytes, and each row again by its offset; all
//! must agree. A first byte of `h` puts the right heading before the rest.
#![no_main]

use std::io::{self, Read, Write};

use libfuzzer_sys::fuzz_target;
use postmerge::workspace::member::Member;
use postmerge::workspace::members::{Members, RowAt, RowError, Rows};
use postmerge_fuzz::{HEADING, LIST};

/// Gives one byte at a time, so that every row is cut everywhere.
struct Single<'a>(&'a [u8]);

impl Read for Single<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let one = buffer.len().min(1);
        self.0.read(&mut buffer[..one])
    }
}

type Read1 = (RowAt, Result<Member, RowError>);

fn rows(input: impl Read) -> Option<Vec<Read1>> {
    let mut members = Members::new(input, &LIST).ok()?;
    let mut all = Vec::new();
    while let Some(row) = members.next_row().expect("memory is readable") {
        all.push(match row {
            Ok(row) => {
                let cells = (0..row.columns().names().len()).map(|column| row.cell(column));
                for cell in cells.chain([row.address_cell()]) {
                    assert!(!cell.contains(['\r', '\n', '\0']), "{cell:?}");
                }
                (row.at(), Ok(row.to_member()))
            }
            Err(error) => {
                assert!(!error.to_string().contains(['\r', '\n', '\0']), "{error}");
                (error.at, Err(error))
            }
        });
    }
    Some(all)
}

fuzz_target!(|data: &[u8]| {
    let bytes = match data.split_first() {
        Some((b'h', rest)) => [HEADING.as_bytes(), rest].concat(),
        _ => data.to_vec(),
    };
    let whole = rows(bytes.as_slice());
    assert_eq!(whole, rows(Single(&bytes)), "cut into single bytes");
    let Some(whole) = whole else { return };
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(&bytes).expect("room on the disk");
    let again = Rows::new(file, &LIST).expect("the heading was read before");
    for (at, row) in whole {
        match (row, again.member_at(at.offset)) {
            (Ok(before), Ok(now)) => assert_eq!(before, now),
            (Err(_), Err(_)) => {}
            (before, now) => panic!("{at:?}: {before:?}, and by its offset {now:?}"),
        }
    }
});
