//! Quoted-printable (RFC 2045 §6.7): lines of at most 76, every line break CRLF.

const LONGEST: usize = 76;
const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Encodes text; `\n`, `\r\n` and a lone `\r` are line breaks. A space before a break and a `From `
/// that begins a line (mbox) are encoded.
pub fn quoted_printable(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + text.len() / 16 + 16);
    let mut rest = text;
    loop {
        let length = break_position(rest);
        let (line, after) = rest.split_at(length);
        encode_line(out, line);
        rest = match after {
            [] => return,
            [b'\r', b'\n', beyond @ ..] | [_, beyond @ ..] => beyond,
        };
        out.extend_from_slice(b"\r\n");
    }
}

/// One line without its break. A unit (a plain character, or three for an escape) goes up to column
/// 75, to 76 where it is the line's last: one column is kept for the `=` of a soft break.
fn encode_line(out: &mut Vec<u8>, line: &[u8]) {
    let (mut rest, last) = match line.split_last() {
        Some((&last @ (b' ' | b'\t'), before)) => (before, Some(last)),
        _ => (line, None),
    };
    let mut column = 0;
    if let (true, [first, after @ ..]) = (line.starts_with(b"From "), rest) {
        escape(out, *first);
        column = 3;
        rest = after;
    }
    loop {
        let run = plain_run(rest, LONGEST - column);
        if run == rest.len() && last.is_none() {
            out.extend_from_slice(rest);
            return;
        }
        let run = run.min(LONGEST - 1 - column);
        let (plain, left) = rest.split_at(run);
        out.extend_from_slice(plain);
        column += run;
        let Some((&byte, after)) = left.split_first() else {
            break;
        };
        rest = left;
        let room = if after.is_empty() && last.is_none() {
            LONGEST
        } else {
            LONGEST - 1
        };
        if is_plain(byte) || column + 3 > room {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        } else {
            escape(out, byte);
            column += 3;
            rest = after;
        }
    }
    if let Some(space) = last {
        if column + 3 > LONGEST {
            out.extend_from_slice(b"=\r\n");
        }
        escape(out, space);
    }
}

/// Where the first CR or LF stands, or the end.
fn break_position(text: &[u8]) -> usize {
    let mut skipped = 0;
    for chunk in text.chunks_exact(16) {
        let mut found = false;
        for &byte in chunk {
            found |= (byte == b'\n') | (byte == b'\r');
        }
        if found {
            break;
        }
        skipped += 16;
    }
    let tail = text.get(skipped..).unwrap_or_default();
    let within = tail.iter().position(|&byte| matches!(byte, b'\n' | b'\r'));
    skipped + within.unwrap_or(tail.len())
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    let digit = |value: u8| HEX.get(usize::from(value)).copied().unwrap_or(b'0');
    out.extend_from_slice(&[b'=', digit(byte >> 4), digit(byte & 15)]);
}

const fn is_plain(byte: u8) -> bool {
    (byte >= b' ' && byte <= b'~' && byte != b'=') || byte == b'\t'
}

/// How many bytes from the start stand for themselves, at most `longest`. Sixteen at a time: the
/// inner loop has no branch, so the compiler makes vector instructions of it.
fn plain_run(text: &[u8], longest: usize) -> usize {
    let text = text.get(..longest).unwrap_or(text);
    let mut run = 0;
    for chunk in text.chunks_exact(16) {
        let mut bad = false;
        for &byte in chunk {
            bad |= !(b' '..=b'~').contains(&byte) | (byte == b'=');
        }
        if bad {
            break;
        }
        run += 16;
    }
    let tail = text.get(run..).unwrap_or_default();
    run + tail.iter().take_while(|&&byte| is_plain(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        quoted_printable(&mut out, text.as_bytes());
        String::from_utf8(out).unwrap()
    }

    /// Written from the RFC alone, for the test.
    fn decoded(text: &str) -> Vec<u8> {
        let text = text.replace("=\r\n", "");
        let mut out = Vec::new();
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            if byte == b'=' {
                let pair = [bytes.next().unwrap(), bytes.next().unwrap()];
                let pair = std::str::from_utf8(&pair).unwrap();
                out.push(u8::from_str_radix(pair, 16).unwrap());
            } else {
                out.push(byte);
            }
        }
        out
    }

    #[test]
    fn the_ugly_ones() {
        assert_eq!(encoded("año = 1"), "a=C3=B1o =3D 1");
        assert_eq!(encoded("a \nb\t"), "a=20\r\nb=09");
        assert_eq!(encoded(" \n"), "=20\r\n");
        assert_eq!(encoded("a\rb\r\nc\n"), "a\r\nb\r\nc\r\n");
        assert_eq!(encoded("From me\n"), "=46rom me\r\n");
        assert_eq!(encoded("\0"), "=00");
        assert_eq!(encoded(&"x".repeat(76)), "x".repeat(76));
        assert_eq!(
            encoded(&"x".repeat(77)),
            format!("{}=\r\nxx", "x".repeat(75))
        );
    }

    proptest! {
        #[test]
        fn reads_back_and_keeps_its_lines_short(text in "([ -~]|ñ|=|[ \t]|\r?\n|\u{1f600}){0,300}") {
            let coded = encoded(&text);
            prop_assert!(coded.is_ascii());
            for line in coded.split("\r\n") {
                prop_assert!(line.len() <= 76, "{}", line.len());
                prop_assert!(!line.contains(['\r', '\n']));
                prop_assert!(!line.ends_with([' ', '\t']));
            }
            let breaks = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
            prop_assert_eq!(decoded(&coded), breaks.into_bytes());
        }
    }
}
