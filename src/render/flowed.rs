//! `format=flowed` text (RFC 3676): paragraphs wrapped at 72 with soft line breaks.

use std::borrow::Cow;

/// Where lines are wrapped (§4.2 asks for at most 78).
const WIDTH: usize = 72;

/// Wraps rendered text: a line that is a paragraph becomes lines that end in a space, except the
/// last. Blank lines at both ends go away and several in a row become one, since conditions leave
/// them behind.
pub fn flowed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16 + 64);
    let text = match memchr::memchr(b'\t', text.as_bytes()) {
        Some(_) => Cow::Owned(tabs_expanded(text)),
        None => Cow::Borrowed(text),
    };
    let mut blanks = 0;
    for line in lines(&text) {
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
        wrap(&mut out, line);
    }
    out
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    ends.scan(0, |start, end| {
        let line = text.get(*start..end).unwrap_or_default();
        *start = end + 1;
        Some(line)
    })
}

/// Four spaces for each tab; those at a line's end go away with it.
fn tabs_expanded(text: &str) -> String {
    text.replace('\t', "    ")
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
    let bytes = text.as_bytes();
    let limit = after_columns(bytes, WIDTH).filter(|&limit| limit < bytes.len())?;
    // Nothing is broken inside the leading indentation.
    let indented = text.len() - text.trim_start().len();
    let within = memchr::memrchr(b' ', bytes.get(indented..limit).unwrap_or_default());
    match within {
        Some(at) => Some(indented + at + 1),
        None => {
            // A word longer than the line: broken after it.
            let beyond = limit.max(indented);
            let at = memchr::memchr(b' ', bytes.get(beyond..)?)?;
            Some(beyond + at + 1).filter(|&end| end < bytes.len())
        }
    }
}

/// The byte after the first so many characters, if there are as many.
fn after_columns(text: &[u8], columns: usize) -> Option<usize> {
    let continues = |byte: &u8| byte & 0xc0 == 0x80;
    let (mut at, mut missing) = (0, columns);
    while missing > 0 {
        let more = text.get(at..at + missing)?;
        at += missing;
        missing = more.iter().filter(|byte| continues(byte)).count();
    }
    let tail = text.get(at..).unwrap_or_default();
    Some(at + tail.iter().take_while(|byte| continues(byte)).count())
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

    /// Character by character.
    fn break_slowly(text: &str) -> Option<usize> {
        let indented = text.len() - text.trim_start().len();
        let spaces = text.char_indices().enumerate();
        let (mut best, mut beyond) = (None, false);
        for (column, (at, c)) in spaces {
            beyond |= column >= WIDTH;
            if beyond && best.is_some() {
                break;
            }
            if c == ' ' && at > indented {
                best = Some(at + 1);
                if beyond {
                    break;
                }
            }
        }
        best.filter(|&end| beyond && end < text.len())
    }

    proptest! {
        #[test]
        fn breaks_where_counting_breaks(text in "[ ñ]{0,90}([a-z]{1,9} |ñ{1,9} |\u{1f600}|[a-z]{60,80}| ){0,30}") {
            prop_assert_eq!(break_after(&text), break_slowly(&text));
        }

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
