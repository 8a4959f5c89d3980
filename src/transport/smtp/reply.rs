//! Reading one reply (RFC 5321, section 4.2) from what has arrived so far.
//!
//! Tolerates what relays do: a bare LF, no text after the code, octets that are not UTF-8, second
//! digits that the standard does not know (571 is common). Refuses what cannot be a reply, and
//! anything longer than [`LONGEST`]: a relay cannot make us keep its words for ever.

use super::super::Reply;

/// Octets of a whole reply, all its lines together.
pub(super) const LONGEST: usize = 16 * 1024;
/// Octets of a reply's text that are kept.
const LONGEST_TEXT: usize = 512;

/// What stands at the start of the buffer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A whole reply, and how many octets it takes.
    Whole(Reply, usize),
    /// The start of one, at most.
    Partial,
    /// No reply, and none to come. Says why.
    Malformed(String),
}

/// Reads the reply at the start of `input`.
pub(super) fn read(input: &[u8]) -> Reading {
    let mut text = String::new();
    let mut enhanced = None;
    let mut code = None;
    let mut used = 0;
    while let Some(end) = memchr::memchr(b'\n', input.get(used..).unwrap_or_default()) {
        let line = input.get(used..used + end).unwrap_or_default();
        used += end + 1;
        if used > LONGEST {
            break;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some((number, last, words)) = split(line) else {
            return Reading::Malformed(excerpt(line));
        };
        if *code.get_or_insert(number) != number {
            return Reading::Malformed(format!("codes differ: {}", excerpt(line)));
        }
        let words = String::from_utf8_lossy(words);
        append(&mut text, &mut enhanced, words.trim());
        if last {
            return Reading::Whole(Reply { code: number, text }, used);
        }
    }
    if input.len() >= LONGEST {
        return Reading::Malformed(format!("longer than {LONGEST} octets"));
    }
    let rest = input.get(used..).unwrap_or_default();
    if starts_like_a_reply(rest) {
        Reading::Partial
    } else {
        Reading::Malformed(excerpt(rest))
    }
}

/// The lines' words without their codes, as EHLO's keywords are read from them.
pub(super) fn lines(whole: &[u8]) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
    whole.split(|&octet| octet == b'\n').filter_map(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        split(line).map(|(_, _, words)| String::from_utf8_lossy(words))
    })
}

/// Code, whether the line is the last one, and words.
fn split(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    if !starts_like_a_reply(digits) {
        return None;
    }
    let code = digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match rest.split_first() {
        None => Some((code, true, b"")),
        Some((b' ', words)) => Some((code, true, words)),
        Some((b'-', words)) => Some((code, false, words)),
        Some(_) => None,
    }
}

fn starts_like_a_reply(line: &[u8]) -> bool {
    line.first()
        .is_none_or(|digit| (b'2'..=b'5').contains(digit))
        && line.iter().take(3).all(u8::is_ascii_digit)
}

/// Adds a line's words; an enhanced status that every line repeats is said once.
fn append(text: &mut String, enhanced: &mut Option<String>, words: &str) {
    let words = match enhanced {
        None => {
            let first = words.split(' ').next().unwrap_or_default();
            *enhanced = Some(if is_enhanced_status(first) {
                first.to_owned()
            } else {
                String::new()
            });
            words
        }
        Some(status) if !status.is_empty() => words
            .strip_prefix(status.as_str())
            .filter(|rest| rest.is_empty() || rest.starts_with(' '))
            .map_or(words, str::trim_start),
        Some(_) => words,
    };
    if words.is_empty() {
        return;
    }
    if !text.is_empty() && text.len() < LONGEST_TEXT {
        text.push(' ');
    }
    for character in words.chars() {
        let shown = if is_disguise(character) {
            '\u{fffd}'
        } else {
            character
        };
        if text.len() + shown.len_utf8() > LONGEST_TEXT {
            break;
        }
        text.push(shown);
    }
}

/// RFC 3463: class, subject, detail.
fn is_enhanced_status(word: &str) -> bool {
    let mut parts = word.split('.');
    let mut part = |most: usize| {
        parts.next().is_some_and(|digits| {
            (1..=most).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_digit())
        })
    };
    part(1) && part(3) && part(3) && parts.next().is_none()
}

/// Controls, and what turns the direction of a line: a reply ends up in logs and on terminals.
fn is_disguise(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The start of what came instead of a reply, fit to be shown.
fn excerpt(line: &[u8]) -> String {
    String::from_utf8_lossy(line)
        .chars()
        .take(80)
        .map(|c| if is_disguise(c) { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(input: &[u8]) -> (u16, String, usize) {
        match read(input) {
            Reading::Whole(reply, used) => (reply.code, reply.text, used),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_line() {
        assert_eq!(
            whole(b"250 2.0.0 Ok: queued as 4XYZ\r\n250 next"),
            (250, "2.0.0 Ok: queued as 4XYZ".into(), 30)
        );
    }

    #[test]
    fn no_text_bare_lf_and_codes_outside_the_standard() {
        assert_eq!(whole(b"250\r\n"), (250, String::new(), 5));
        assert_eq!(whole(b"250 \n"), (250, String::new(), 5));
        assert_eq!(whole(b"571 no\r\n").0, 571);
    }

    #[test]
    fn several_lines_say_a_repeated_status_once() {
        let (code, text, _) =
            whole(b"550-5.7.1 Our system\r\n550-5.7.1 thinks\r\n550 5.7.1 so.\r\n");
        assert_eq!((code, text.as_str()), (550, "5.7.1 Our system thinks so."));
    }

    #[test]
    fn part_of_a_reply_waits() {
        for input in [
            &b""[..],
            b"2",
            b"25",
            b"250",
            b"250 Ok",
            b"250 Ok\r",
            b"250-Ok\r\n",
            b"250-Ok\r\n250",
        ] {
            assert_eq!(read(input), Reading::Partial, "{input:?}");
        }
    }

    #[test]
    fn what_is_no_reply_is_known_early() {
        for input in [
            &b"HTTP/1.1 400 Bad"[..],
            b"\x15\x03\x01\x00\x02",
            b"150 x\r\n",
            b"650",
            b"25x",
            b"250x\r\n",
            b"\r\n",
        ] {
            assert!(matches!(read(input), Reading::Malformed(_)), "{input:?}");
        }
        assert!(matches!(read(b"250-a\r\n251 b\r\n"), Reading::Malformed(_)));
    }

    #[test]
    fn endless_replies_end() {
        let mut line = b"250 ".to_vec();
        line.resize(LONGEST, b'a');
        assert!(matches!(read(&line), Reading::Malformed(_)));
        assert!(matches!(
            read(&b"250-a\r\n".repeat(LONGEST / 7 + 1)),
            Reading::Malformed(_)
        ));
    }

    #[test]
    fn words_are_made_harmless_and_short() {
        let (_, text, _) = whole("550 a\u{1b}[31m\tb\u{202e}c\0\r\n".as_bytes());
        assert_eq!(text, "a\u{fffd}[31m\u{fffd}b\u{fffd}c\u{fffd}");
        let long = format!("550-{}\r\n550 {}\r\n", "é".repeat(300), "x".repeat(300));
        assert!(whole(long.as_bytes()).1.len() <= LONGEST_TEXT);
        assert_eq!(whole(b"550 \xff\xfe\r\n").1, "\u{fffd}\u{fffd}");
    }

    proptest! {
        #[test]
        fn any_octets_are_read_without_panic(input in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Reading::Whole(reply, used) = read(&input) {
                prop_assert!(used <= input.len());
                prop_assert!((200..600).contains(&reply.code));
            }
        }

        #[test]
        fn cut_anywhere_it_is_partial(texts in proptest::collection::vec("[ -~]{0,40}", 1..5), cut in 0usize..200) {
            let last = texts.len() - 1;
            let input: String = texts.iter().enumerate()
                .map(|(i, text)| format!("451{}{text}\r\n", if i == last { ' ' } else { '-' })).collect();
            prop_assert_eq!(whole(input.as_bytes()).2, input.len());
            let cut = cut % input.len();
            prop_assert_eq!(read(&input.as_bytes()[..cut]), Reading::Partial);
        }
    }
}
