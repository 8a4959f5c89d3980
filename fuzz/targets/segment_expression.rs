//! Any text as a campaign's `where`, held against a list and asked of two rows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postmerge::workspace::members::Members;
use postmerge::workspace::segment::{Expression, Segment};
use postmerge_fuzz::{HEADING, LIST};

const ROWS: &str =
    "ana@x.example,Ana,agro,C1,100.5,2026-01-15,sí,ferias; cursos\nb@y.example,,,C2,,,,\n";

fuzz_target!(|text: &str| {
    let parsed = Expression::parse(text);
    let segment = match Segment::compile(text, &LIST) {
        Ok(segment) => segment,
        Err(error) => {
            assert!(
                text.get(error.span.clone()).is_some(),
                "{text:?}: {error:?}"
            );
            return;
        }
    };
    assert!(parsed.is_ok());
    let csv = [HEADING, ROWS].concat();
    let mut members = Members::new(csv.as_bytes(), &LIST).expect("the heading fits");
    while let Some(row) = members.next_row().expect("memory is readable") {
        segment.matches(&row.expect("both rows are sound"));
    }
});
