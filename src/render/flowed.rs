//! `format=flowed` text (RFC 3676): paragraphs wrapped at 72 with soft line breaks.

use std::borrow::Cow;

/// Where lines are wrapped (§4.2 asks for at most 78).
const WIDTH: usize = 72;

/// Wraps rendered text: a line that is a paragraph becomes lines that end in a space, except the
/// last. Blank lines at both ends go away and several in a row become one, since conditions leave
/// them behind.
pub(super) fn flowed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16 + 2);
    let mut blanks = 0;
    for line in text.split('\n') {
        // A trailing space would flow the line into the next one; `-- ` (§4.3) keeps its own.
        let line = if line == "-- " { line } else { line.trim_end() };
        if line.is_empty() {
            blanks += 1;
            continue;
        }
        if blanks > 0 && !out.is_empty() {
            out.push('\n');
        }
        blanks = 0;
        let line = match line.contains('\t') {
            true => Cow::Owned(line.replace('\t', "    ")),
            false => Cow::Borrowed(line),
        };
        wrap(&mut out, &line);
    }
    out
}

fn wrap(out: &mut String, line: &str) {
    let mut rest = line;
    loop {
        // §4.4: what looks quoted, stuffed or like an mbox separator is stuffed with a space.
        if rest.starts_with([' ', '>']) || rest.starts_with("From ") {
            out.push(' ');
        }
        if rest.len() <= WIDTH {
            break;
        }
        let Some(end) = break_after(rest) else { break };
        let (head, tail) = rest.split_at(end);
        out.push_str(head);
        out.push('\n');
        rest = tail;
    }
    out.push_str(rest);
    out.push('\n');
}

/// The byte after the last space that keeps the line within the width, or after the first beyond;
/// nothing where the rest fits or has no place to break.
fn break_after(text: &str) -> Option<usize> {
    let mut best = None;
    let mut columns = 0;
    let mut beyond = false;
    for (at, c) in text.char_indices() {
        columns += 1;
        // Nothing is broken inside the leading indentation.
        if c == ' '
            && text
                .get(..at)
                .is_some_and(|head| !head.trim_start().is_empty())
        {
            if columns <= WIDTH {
                best = Some(at + 1);
            } else if best.is_none() {
                // A word longer than the line: broken after it.
                return Some(at + 1).filter(|&end| end < text.len());
            }
        }
        if columns > WIDTH {
            beyond = true;
            if best.is_some() {
                break;
            }
        }
    }
    best.filter(|&end| beyond && end < text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wraps_softly() {
        let text = "palabra ".repeat(20);
        let out = flowed(&text);
        assert!(out.lines().all(|line| line.chars().count() <= 73));
        assert_eq!(out.lines().filter(|line| line.ends_with(' ')).count(), 2);
        assert_eq!(flowed("\n\na\n\n\n\nb\n\n"), "a\n\nb\n");
        assert_eq!(flowed("> a\nFrom b\n  c"), " > a\n From b\n   c\n");
        let url = format!("https://h.example/{}", "x".repeat(100));
        assert_eq!(flowed(&url), format!("{url}\n"));
    }

    proptest! {
        #[test]
        fn flows_back_together(words in proptest::collection::vec("[a-zñ>]{1,90}", 1..40)) {
            let text = words.join(" ");
            let out = flowed(&text);
            let mut joined = String::new();
            for line in out.lines() {
                joined.push_str(line.strip_prefix(' ').unwrap_or(line));
            }
            prop_assert_eq!(joined, text);
        }
    }
}
