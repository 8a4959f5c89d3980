//! Rows: every way in which one can be wrong.

use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::workspace::member::Value;

fn list() -> List {
    serde_yaml::from_str(
        r#"
title: Exportadores
owner: ana
purpose: tests
consent: {basis: consent, column: consentimiento}
columns:
  nombre: {type: text, required: true}
  sector: {type: text, values: [agro, textil]}
  saldo: {type: number}
  alta: {type: date}
  consentimiento: {type: bool}
  temas: {type: topics}
topics: {ferias: {title: Ferias}, cursos: {title: Cursos}}
"#,
    )
    .unwrap()
}

const HEADING: &str = "email,nombre,sector,saldo,alta,consentimiento,temas";

/// One line for each row: its address, or what is wrong.
fn read(csv: impl AsRef<[u8]>) -> Vec<String> {
    read_in_steps(csv.as_ref(), usize::MAX)
}

/// Gives its bytes a few at a time, as a pipe may.
struct Steps<'a>(&'a [u8], usize);

impl Read for Steps<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.1.min(buffer.len());
        Read::read(&mut self.0, &mut buffer[..size])
    }
}

fn read_in_steps(csv: &[u8], step: usize) -> Vec<String> {
    let mut members = Members::new(Steps(csv, step), &list()).unwrap();
    let mut lines = Vec::new();
    while let Some(row) = members.next_row().unwrap() {
        lines.push(match row {
            Ok(row) => row.to_member().address.as_str().to_owned(),
            Err(error) => error.to_string(),
        });
    }
    lines
}

fn with_rows(rows: &[&str]) -> String {
    std::iter::once(HEADING)
        .chain(rows.iter().copied())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_row_becomes_a_typed_member() {
    let csv = format!(
        "\u{feff}{HEADING}\r\nAna@X.example,\"O'Higgins, \"\"Ana\"\"\",agro,12.50,2026-12-03,SÍ,ferias; cursos\r\n\r\nb@x.example,B,,,,,\r\n"
    );
    let list = list();
    let mut members = Members::new(csv.as_bytes(), &list).unwrap();
    let names = members.columns().names().clone();
    let row = members.next_row().unwrap().unwrap().unwrap();
    assert_eq!(
        row.at(),
        RowAt {
            offset: 56,
            line: 2,
            row: 1
        }
    );
    let member = row.to_member();
    assert_eq!(member.address.as_str(), "Ana@x.example");
    let value = |name: &str| &member.values[names.iter().position(|n| n == name).unwrap()];
    assert_eq!(
        *value("nombre"),
        Value::Text("O'Higgins, \"Ana\"".to_owned())
    );
    assert_eq!(*value("saldo"), Value::Number(12.5));
    assert_eq!(*value("alta"), Value::Date(jiff::civil::date(2026, 12, 3)));
    assert_eq!(*value("consentimiento"), Value::Bool(true));
    assert_eq!(
        *value("temas"),
        Value::Topics(vec!["ferias".to_owned(), "cursos".to_owned()])
    );
    let row = members.next_row().unwrap().unwrap().unwrap();
    assert_eq!(row.at().line, 4);
    assert_eq!(
        row.to_member()
            .values
            .iter()
            .filter(|v| **v == Value::Empty)
            .count(),
        5
    );
    assert!(members.next_row().unwrap().is_none());
}

#[test]
fn a_wrong_row_is_an_error_of_that_row_alone() {
    let long = format!("l@x.example,{},,,,,", "x".repeat(LONGEST_CELL + 1));
    let csv = with_rows(&[
        "a@x.example,A,agro,1,2026-01-01,no,",
        "nobody,B,,,,,",
        "c@x.example,,,,,,",
        "d@x.example,D,agr,,,,",
        "e@x.example,E,,\"1,5\",,,",
        "f@x.example,F,,,03/12/2026,,",
        "g@x.example,G,,,,maybe,",
        "h@x.example,H,,,,,feria",
        "i@x.example,I",
        "j@x.example,J,,,,,,,",
        "k@x.example,\"two\nlines\",,,,,",
        "m@x.example,nul\0,,,,,",
        "n@x.example,tab\t,,,,,",
        "o@x.example,lone\rreturn,,,,,",
        &long,
        "p@x.example,next\u{85}line,,,,,",
        "z@x.example,\u{202b}עברית 🎉,,,,,ferias",
    ]);
    insta::assert_snapshot!(read(&csv).join("\n"), @r#"
    a@x.example
    line 3 (row 2, column `email`): `nobody` is no e-mail address: it has no @
    line 4 (row 3, column `nombre`): is empty, and must not be
    line 5 (row 4, column `sector`): `agr` is not among the column's values: did you mean `agro`?
    line 6 (row 5, column `saldo`): `1,5` is not a number such as 1250.50, with a point before the decimals
    line 7 (row 6, column `alta`): `03/12/2026` is not a day such as 2026-12-03
    line 8 (row 7, column `consentimiento`): `maybe` is not true, false, yes, no, sí, si, 1 or 0
    line 9 (row 8, column `temas`): `feria` is not a topic of this list: did you mean `ferias`?
    line 10 (row 9): it has 2 cells, and the heading names 7 columns
    line 11 (row 10): it has 9 cells, and the heading names 7 columns
    line 12 (row 11, column `nombre`): a cell has a line break: every cell must be on one line
    line 14 (row 12, column `nombre`): the cell has a control character (U+0000)
    line 15 (row 13, column `nombre`): the cell has a control character (U+0009)
    line 16 (row 14, column `nombre`): a cell has a line break: every cell must be on one line
    line 17 (row 15, column `nombre`): the cell has 4097 bytes; at most 4096 are allowed
    line 18 (row 16, column `nombre`): the cell has a control character (U+0085)
    z@x.example
    "#);
}

#[test]
fn bytes_that_are_not_utf_8_and_their_place() {
    let mut csv = with_rows(&["a@x.example,Jos"]).into_bytes();
    csv.extend(b"\xe9,,,,,\nb@x.example,B,,,,,");
    let list = list();
    let mut members = Members::new(csv.as_slice(), &list).unwrap();
    let error = members.next_row().unwrap().unwrap().unwrap_err();
    assert_eq!(error.flaw, RowFlaw::NotUtf8);
    assert_eq!(error.column.as_deref(), Some("nombre"));
    assert_eq!(
        error.byte as usize,
        HEADING.len() + 1 + "a@x.example,".len()
    );
    assert_eq!(error.character, 13);
    assert!(members.next_row().unwrap().unwrap().is_ok());
}

#[test]
fn the_heading_is_held_against_the_list() {
    let problem = |csv: &str| match Members::new(csv.as_bytes(), &list()) {
        Ok(_) => panic!("{csv}"),
        Err(error) => error.to_string(),
    };
    insta::assert_snapshot!(problem("email,nombre,Sector,saldo,alta,consentimiento,nombre,edad"), @r#"
    the heading row does not fit the list: the column `Sector` is not among the list's columns: did you mean `sector`?; the column `nombre` is there twice; the column `edad` is not among the list's columns; the column `sector` is missing; the column `temas` is missing
    "#);
    assert_eq!(problem(""), ListError::NoHeading.to_string());
    assert_eq!(problem("\u{feff}\r\n\n"), ListError::NoHeading.to_string());
    assert_eq!(
        problem("email,\"nom\nbre\""),
        ListError::HeadingNotText.to_string()
    );
}

#[test]
fn an_open_quotation_mark_costs_one_row_and_bounded_memory() {
    let mut csv = with_rows(&["a@x.example,\"open,,,,,", "b@x.example,B,,,,,"]);
    for row in 0..5_000 {
        csv.push_str(&format!("\nc{row}@x.example,C,,,,,"));
    }
    let lines = read(&csv);
    assert_eq!(lines.len(), 5_002);
    assert_eq!(
        lines[0],
        "line 2 (row 1, column `nombre`): a cell starts with a quotation mark that is not closed"
    );
    assert_eq!(lines[1], "b@x.example");
    // The same at the end of the file.
    let lines = read(with_rows(&[
        "a@x.example,\"open,,,,,",
        "b@x.example,B,,,,,",
    ]));
    assert_eq!(lines[1..], ["b@x.example"]);
}

#[test]
fn a_line_without_end_is_passed_over() {
    let endless = format!("a@x.example,{},,,,,", "x".repeat(1_000_000));
    let quoted = format!("a@x.example,\"{}\",,,,,", "x".repeat(1_000_000));
    let lines = read(with_rows(&[
        &endless,
        "b@x.example,B,,,,,",
        &quoted,
        "c@x.example,C,,,,,",
    ]));
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[0].contains("more than 65536 bytes"));
    assert_eq!(lines[1], "b@x.example");
    assert!(lines[2].starts_with("line 4 (row 3)"), "{}", lines[2]);
    assert_eq!(lines[3], "c@x.example");
    let many = ",".repeat(2_000);
    let lines = read(with_rows(&[
        &many,
        &format!("\"a\"{many}"),
        "c@x.example,C,,,,,",
    ]));
    assert!(lines[0].ends_with("more than 512 cells"));
    assert!(lines[1].ends_with("more than 512 cells"));
    assert_eq!(lines[2], "c@x.example");
}

#[test]
fn an_excluded_list_needs_only_addresses() {
    let csv = with_rows(&["a@x.example,,wro\0ng,x,y,z,w", "b@x.example", ",B,,,,,"]);
    let list = list();
    let mut members = Members::new(csv.as_bytes(), &list).unwrap();
    assert!(members.next_address().unwrap().unwrap().is_ok());
    assert!(members.next_address().unwrap().unwrap().is_ok());
    assert!(members.next_address().unwrap().unwrap().is_err());
}

#[test]
fn rows_are_found_again_by_several_threads() {
    let mut file = tempfile::tempfile().unwrap();
    let mut csv = HEADING.to_owned();
    for row in 0..500 {
        // Some do not fit the first read.
        let name = if row % 50 == 0 {
            "n".repeat(4_000)
        } else {
            format!("\"N, {row}\"")
        };
        csv.push_str(&format!("\r\na{row}@x.example,{name},agro,{row},,,ferias"));
    }
    file.write_all(csv.as_bytes()).unwrap();
    let list = list();
    let rows = Rows::new(file, &list).unwrap();
    let mut members = Members::new(csv.as_bytes(), &list).unwrap();
    let mut expected = Vec::new();
    while let Some(row) = members.next_row().unwrap() {
        let row = row.unwrap();
        expected.push((row.at().offset, row.to_member()));
    }
    assert_eq!(expected.len(), 500);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (offset, member) in expected.iter().rev() {
                    assert_eq!(rows.member_at(*offset).unwrap(), *member);
                }
            });
        }
    });
    assert!(rows.member_at(3).is_err());
    assert!(rows.member_at(u64::MAX).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_their_end(bytes in prop::collection::vec(prop::sample::select(b"a@x.example,\"\r\n\0\xc3\xa9;1".to_vec()), 0..300), step in 1..40_usize) {
        let mut csv = HEADING.as_bytes().to_vec();
        csv.push(b'\n');
        csv.extend(&bytes);
        // However the bytes arrive, the rows are the same.
        prop_assert_eq!(read_in_steps(&csv, step), read(&csv));
    }

    #[test]
    fn cells_are_what_the_csv_crate_reads(rows in prop::collection::vec(prop::collection::vec("[a-z \",éñ;.]{0,12}", 6), 1..20)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(HEADING.split(',')).unwrap();
        for row in &rows {
            writer.write_record(std::iter::once("a@x.example").chain(row.iter().map(String::as_str))).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let mut records = Records::new(text.as_slice()).unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_slice());
        for theirs in reader.byte_records() {
            let theirs = theirs.unwrap();
            let ours = records.next().unwrap().unwrap();
            prop_assert_eq!(Some(ours.at.offset), theirs.position().map(|p| p.byte()));
            let cells: Vec<_> = ours.cells.iter().map(|(s, e)| &ours.text[*s as usize..*e as usize]).collect();
            prop_assert_eq!(cells, theirs.iter().collect::<Vec<_>>());
        }
        prop_assert!(records.next().unwrap().is_none());
    }
}

/// Found by fuzzing: what is wrong with a row did depend on how much of it had been read.
#[test]
fn too_many_cells_are_that_however_they_come_in() {
    let many = format!("a@x.example{}\nb@x.example,B,,,,,", ",\"x\"".repeat(600));
    let csv = with_rows(&[&many]);
    let whole = read(&csv);
    assert!(whole[0].contains("more than 512 cells"), "{}", whole[0]);
    for step in [1, 7, 600] {
        assert_eq!(read_in_steps(csv.as_bytes(), step), whole, "{step}");
    }
}
