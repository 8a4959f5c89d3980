//! How IMAP writes mailbox names, strings and sets of messages. Speaks to nobody.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// A string in quotes; `None` where it cannot be said so (RFC 3501, section 4.3: seven bits, no line end).
pub(super) fn quoted(text: &str) -> Option<String> {
    if !text
        .bytes()
        .all(|octet| octet.is_ascii() && !octet.is_ascii_control())
    {
        return None;
    }
    Some(format!(
        "\"{}\"",
        text.replace('\\', "\\\\").replace('"', "\\\"")
    ))
}

/// A mailbox name in modified UTF-7 (RFC 3501, section 5.1.3).
pub fn modified_utf7(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut wide: Vec<u8> = Vec::new();
    for letter in name.chars() {
        if matches!(letter, ' '..='~') {
            shift(&mut out, &mut wide);
            out.push(letter);
            if letter == '&' {
                out.push('-');
            }
        } else {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                wide.extend_from_slice(&unit.to_be_bytes());
            }
        }
    }
    shift(&mut out, &mut wide);
    out
}

fn shift(out: &mut String, wide: &mut Vec<u8>) {
    if wide.is_empty() {
        return;
    }
    out.push('&');
    out.push_str(&STANDARD_NO_PAD.encode(&wide).replace('/', ","));
    out.push('-');
    wide.clear();
}

/// UIDs as a sequence set, neighbours as ranges: `3:5,9`.
pub(super) fn set(uids: &[u32]) -> String {
    let mut uids = uids.to_vec();
    uids.sort_unstable();
    uids.dedup();
    let mut out = String::new();
    let mut uids = uids.into_iter().peekable();
    while let Some(first) = uids.next() {
        let mut last = first;
        while let Some(next) = uids.next_if(|next| last.checked_add(1) == Some(*next)) {
            last = next;
        }
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(&first.to_string());
        if last != first {
            out.push(':');
            out.push_str(&last.to_string());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_the_rfc_has_them() {
        for (name, written) in [
            ("INBOX", "INBOX"),
            ("R&D", "R&-D"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Años", "A&APE-os"),
            ("✉😀", "&JwnYPd4A-"),
        ] {
            assert_eq!(modified_utf7(name), written);
        }
    }

    #[test]
    fn sets_are_short() {
        assert_eq!(set(&[9, 4, 3, 5, 4]), "3:5,9");
        assert_eq!(set(&[u32::MAX, 1]), "1,4294967295");
        assert_eq!(set(&[]), "");
    }

    #[test]
    fn what_quotes_can_not_hold_is_not_said() {
        assert_eq!(quoted(r#"a"b\c"#).unwrap(), r#""a\"b\\c""#);
        for text in ["a\r\nb", "ñ", "a\0"] {
            assert_eq!(quoted(text), None);
        }
    }
}
