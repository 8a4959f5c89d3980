//! One number of a YAML file written anew, every other byte left as it is: comments, quotes, order, line ends.
//!
//! A key that is not there gets a line of its own behind the last one. What comes out is read again, and is nothing unless it
//! says what the file said, and that number: so no shape of YAML has to be known here.

use std::ops::Range;

use super::yaml;
use crate::diagnostic::place::pointer;

/// `text` with `key`, one of the file's outermost, being `number`; `None` where that cannot be done so.
pub fn with_number(path: &str, text: &str, key: &str, number: u32) -> Option<String> {
    let before = yaml::read(path, text.to_owned());
    let mut wanted = before.value?;
    let keys = wanted.as_object_mut()?;
    let is_there = keys.insert(key.to_owned(), number.into()).is_some();
    let positions = before.file.positions();
    let edited = match positions.value(&pointer(&[key])).filter(|_| is_there) {
        Some(place) => replaced(text, place, &number.to_string())?,
        None => added(text, &positions.value("")?, &format!("{key}: {number}"))?,
    };
    let after = yaml::read(path, edited.clone());
    (after.value? == wanted).then_some(edited)
}

fn replaced(text: &str, place: Range<usize>, with: &str) -> Option<String> {
    let (before, after) = (text.get(..place.start)?, text.get(place.end..)?);
    Some([before, with, after].concat())
}

/// A line more at the end, as far indented as the others; inside the brackets of a mapping that stands in such.
fn added(text: &str, top: &Range<usize>, entry: &str) -> Option<String> {
    let rest = text.get(top.start..)?;
    if rest.starts_with('{') {
        let inside = rest.get(..rest.rfind('}')?)?;
        let inside = inside.trim_end();
        let comma = match inside.chars().next_back() {
            Some('{') => "",
            Some(',') => " ",
            _ => ", ",
        };
        let end = top.start + inside.len();
        return replaced(text, end..end, &format!("{comma}{entry}"));
    }
    let line = text.get(..top.start)?.rsplit(['\n', '\r']).next()?;
    let blank = line.trim_start_matches('\u{feff}');
    let indent = if blank.trim().is_empty() { blank } else { "" };
    let end_of_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let closing = match text.ends_with(['\n', '\r']) {
        true => "",
        false => end_of_line,
    };
    Some([text, closing, indent, entry, end_of_line].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(text: &str) -> Option<String> {
        with_number("lists/socios.yaml", text, "folded", 12)
    }

    #[test]
    fn one_number_changes_and_every_other_byte_stays() {
        for (before, after) in [
            ("title: x\n", "title: x\nfolded: 12\n"),
            ("title: x # why", "title: x # why\nfolded: 12\n"),
            (
                "# top\r\ntitle: x\r\n\r\n# end\r\n",
                "# top\r\ntitle: x\r\n\r\n# end\r\nfolded: 12\r\n",
            ),
            (
                "folded:   3   # by lists clean\ntitle: 'x'\n",
                "folded:   12   # by lists clean\ntitle: 'x'\n",
            ),
            (
                "a: {folded: 1}\n'folded': 7",
                "a: {folded: 1}\n'folded': 12",
            ),
            (
                "\u{feff}  a: 1\n  b: 2\n",
                "\u{feff}  a: 1\n  b: 2\n  folded: 12\n",
            ),
            ("a: |\n  text\n  more", "a: |\n  text\n  more\nfolded: 12\n"),
            ("a: one\n  two\n", "a: one\n  two\nfolded: 12\n"),
            ("{a: 1, b: [2]}\n", "{a: 1, b: [2], folded: 12}\n"),
            ("{a: 1,\n b: 2,\n }\n", "{a: 1,\n b: 2, folded: 12\n }\n"),
            ("{a: 1, folded: 4}", "{a: 1, folded: 12}"),
            (
                "a: 1\nb:\n- folded: 2\n",
                "a: 1\nb:\n- folded: 2\nfolded: 12\n",
            ),
        ] {
            assert_eq!(with(before).as_deref(), Some(after), "{before:?}");
        }
    }

    #[test]
    fn what_can_not_be_done_exactly_is_not_done() {
        for text in [
            "",
            "- a\n",
            "title: x\n...\n",
            "a: [1\n",
            "x: &a 1\ny: *a\n",
        ] {
            assert_eq!(with(text), None, "{text:?}");
        }
    }

    /// Lines of a list's settings, in any order, with comments.
    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            "# \\PC{0,12}",
            Just(String::new()),
            "[a-e]: ('[a-z ñ#:]{0,8}'|\"[a-z ñ#:]{0,8}\"|[a-z]{1,8})( # [a-z]{0,8})?",
            Just("columns:\n  name: {type: text} # which\n  temas:\n    type: topics".to_owned()),
            Just("purpose: >-\n  some\n  text".to_owned()),
            "folded: [0-9]{1,6}( +# .{0,8})?",
        ]
    }

    proptest! {
        #[test]
        fn it_says_the_same_and_the_number(
            lines in proptest::collection::vec(line(), 0..10), number: u32, crlf: bool, closed: bool,
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let text = lines.join("\n").replace('\n', end) + if closed { end } else { "" };
            let before = yaml::read("x", text.clone());
            prop_assume!(before.findings.is_empty());
            let Some(serde_json::Value::Object(mut keys)) = before.value else { return Ok(()) };
            let had = keys.insert("folded".to_owned(), number.into()).is_some();
            let edited = with_number("x", &text, "folded", number);
            prop_assert!(edited.is_some(), "{text:?}");
            let edited = edited.unwrap();
            prop_assert_eq!(yaml::read("x", edited.clone()).value, Some(keys.into()));
            // Once more changes nothing but the number.
            let back = with_number("x", &edited, "folded", 7).unwrap();
            prop_assert_eq!(with_number("x", &back, "folded", number).unwrap(), edited.clone());
            if !had {
                prop_assert!(edited.starts_with(&text));
            }
        }
    }
}
