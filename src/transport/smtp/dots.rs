//! Dot-stuffing (RFC 5321, section 4.5.2): a line that starts with a dot gets another one.

use memchr::memmem;

/// Appends `message` dot-stuffed and with CRLF at its end; the final dot is the caller's.
pub(super) fn stuff(message: &[u8], out: &mut Vec<u8>) {
    out.reserve(message.len() + 64);
    let mut from = 0;
    if message.first() == Some(&b'.') {
        out.push(b'.');
    }
    for at in memmem::find_iter(message, b"\r\n.") {
        let line_start = at + 2;
        out.extend_from_slice(message.get(from..line_start).unwrap_or_default());
        out.push(b'.');
        from = line_start;
    }
    out.extend_from_slice(message.get(from..).unwrap_or_default());
    if !message.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stuffed(message: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        stuff(message, &mut out);
        out
    }

    #[test]
    fn only_at_the_start_of_lines() {
        assert_eq!(
            stuffed(b".a\r\nb.c\r\n..d\r\n.\r\n"),
            b"..a\r\nb.c\r\n...d\r\n..\r\n"
        );
        assert_eq!(stuffed(b"a\r\n.\r\n.\r\n"), b"a\r\n..\r\n..\r\n");
    }

    #[test]
    fn the_last_line_is_ended() {
        assert_eq!(stuffed(b"a"), b"a\r\n");
        assert_eq!(stuffed(b""), b"\r\n");
    }

    proptest! {
        #[test]
        fn content_can_not_end_early_and_comes_back(lines in proptest::collection::vec("[.a]{0,4}", 0..20)) {
            let message: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let message = if message.is_empty() { "\r\n".to_owned() } else { message };
            let out = stuffed(message.as_bytes());
            let text = String::from_utf8(out).unwrap();
            let back: String = text.split_inclusive("\r\n").map(|line| {
                prop_assert_ne!(line, ".\r\n");
                Ok(line.strip_prefix('.').unwrap_or(line))
            }).collect::<Result<_, _>>()?;
            prop_assert_eq!(back, message);
        }
    }
}
