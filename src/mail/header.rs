//! Header fields, written into one buffer (RFC 5322 §2.2, RFC 2047, RFC 2231, RFC 6532).
//!
//! Folds at 78 characters where there is a place to fold, never writes a line beyond 998, and
//! refuses a value with a CR, LF, NUL or any other control character: nothing that comes out of a
//! row can begin a header of its own. Decides nothing about which fields a mail has.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::address::Address;

/// Why a field cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The value has a line break or another control character.
    #[error("{field}: the value has a line break or a control character (U+{code:04X})")]
    ControlCharacter {
        /// The field's name.
        field: &'static str,
        /// The character.
        code: u32,
    },
    /// The value has a word that no line can hold (RFC 5322 §2.1.1: 998 characters).
    #[error("{field}: a word of the value is longer than a line may be")]
    TooLong {
        /// The field's name.
        field: &'static str,
    },
    /// The domain cannot be written in A-labels.
    #[error("{field}: `{domain}` is no domain")]
    Domain {
        /// The field's name.
        field: &'static str,
        /// What was given.
        domain: String,
    },
}

/// Where lines are folded (RFC 5322 §2.1.1), and the longest that may be.
const WIDTH: usize = 78;
const LONGEST_LINE: usize = 998;
/// Longest encoded word (RFC 2047 §2), and the payload that leaves: `=?utf-8?B?` + `?=` around 63.
const WORD_PAYLOAD: usize = 45;

/// A mailbox with the name that people see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox<'a> {
    /// Shown beside the address; empty: the address alone.
    pub name: &'a str,
    /// The address.
    pub address: &'a Address,
}

/// Refuses what would end a header's line.
///
/// # Errors
/// [`HeaderError::ControlCharacter`].
pub fn check(field: &'static str, value: &str) -> Result<(), HeaderError> {
    // C0, DEL and C1, and the two Unicode line separators.
    let bad = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    match value.chars().find(|&c| bad(c)) {
        Some(c) => Err(HeaderError::ControlCharacter {
            field,
            code: u32::from(c),
        }),
        None => Ok(()),
    }
}

/// Writes a field of free text: Subject, and the like. Non-ASCII text goes into encoded words.
///
/// # Errors
/// [`HeaderError`].
pub fn text(out: &mut Vec<u8>, field: &'static str, value: &str) -> Result<(), HeaderError> {
    check(field, value)?;
    let mut line = Line::start(out, field);
    // A text that looks like an encoded word would be decoded: it is encoded itself.
    if value.is_ascii() && !value.contains("=?") && !has_long_word(value) {
        line.words(value);
    } else {
        line.encoded_words(value);
    }
    line.end()
}

/// Writes a field whose value has a grammar of its own and is ASCII: Message-ID, List-Unsubscribe.
/// Folds at spaces only.
///
/// # Errors
/// [`HeaderError`].
pub fn structured(out: &mut Vec<u8>, field: &'static str, value: &str) -> Result<(), HeaderError> {
    check(field, value)?;
    let mut line = Line::start(out, field);
    line.words(value);
    line.end()
}

/// Writes a field of mailboxes: From, To, Cc, Reply-To. Nothing is written where there are none.
///
/// # Errors
/// [`HeaderError`].
pub fn mailboxes(
    out: &mut Vec<u8>,
    field: &'static str,
    list: &[Mailbox<'_>],
) -> Result<(), HeaderError> {
    if list.is_empty() {
        return Ok(());
    }
    let mut line = Line::start(out, field);
    for (n, mailbox) in list.iter().enumerate() {
        let comma = if n + 1 < list.len() { "," } else { "" };
        check(field, mailbox.name)?;
        let address = addr_spec(field, mailbox.address)?;
        if mailbox.name.is_empty() {
            line.word(&format!("{address}{comma}"));
        } else {
            line.phrase(mailbox.name);
            line.word(&format!("<{address}>{comma}"));
        }
    }
    line.end()
}

/// Writes List-Id (RFC 2919): a phrase and an identifier in angle brackets.
///
/// # Errors
/// [`HeaderError`].
pub fn phrase_and_id(
    out: &mut Vec<u8>,
    field: &'static str,
    phrase: &str,
    id: &str,
) -> Result<(), HeaderError> {
    check(field, phrase)?;
    check(field, id)?;
    let mut line = Line::start(out, field);
    if !phrase.is_empty() {
        line.phrase(phrase);
    }
    line.word(&format!("<{id}>"));
    line.end()
}

/// Writes `Content-Type` or `Content-Disposition`: a value and one parameter, by RFC 2231 (§3, §4)
/// where it is not plain ASCII or too long for a line.
///
/// # Errors
/// [`HeaderError`].
pub fn with_parameter(
    out: &mut Vec<u8>,
    field: &'static str,
    value: &str,
    name: &'static str,
    parameter: &str,
) -> Result<(), HeaderError> {
    check(field, value)?;
    check(field, parameter)?;
    let mut line = Line::start(out, field);
    line.word(&format!("{value};"));
    if parameter.is_ascii() && parameter.len() <= 60 {
        line.word(&format!("{name}={}", quoted(parameter)));
        return line.end();
    }
    let pieces = percent_pieces(parameter, 50);
    let many = pieces.len() > 1;
    let last = pieces.len().saturating_sub(1);
    for (n, piece) in pieces.iter().enumerate() {
        let charset = if n == 0 { "utf-8''" } else { "" };
        let section = if many { format!("*{n}") } else { String::new() };
        let end = if n < last { ";" } else { "" };
        line.word(&format!("{name}{section}*={charset}{piece}{end}"));
    }
    line.end()
}

/// The address as a header takes it: the local part quoted where it is no dot-atom, the domain in
/// A-labels even where the local part needs SMTPUTF8.
fn addr_spec(field: &'static str, address: &Address) -> Result<String, HeaderError> {
    check(field, address.as_str())?;
    let domain = if address.domain().is_ascii() {
        Cow::Borrowed(address.domain())
    } else {
        let ascii = idna::domain_to_ascii(address.domain()).map_err(|_| HeaderError::Domain {
            field,
            domain: address.domain().to_owned(),
        })?;
        Cow::Owned(ascii)
    };
    let local = address.local();
    let quoted_already = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
    if quoted_already || is_dot_atom(local) {
        Ok(format!("{local}@{domain}"))
    } else {
        Ok(format!("{}@{domain}", quoted(local)))
    }
}

fn is_dot_atom(text: &str) -> bool {
    let atom = |part: &str| !part.is_empty() && part.chars().all(|c| is_atext(c) || !c.is_ascii());
    text.split('.').all(atom)
}

/// RFC 5322 §3.2.3.
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

fn has_long_word(text: &str) -> bool {
    text.split(' ').any(|word| word.len() > LONGEST_LINE - 100)
}

/// RFC 2231 §7 / RFC 5987 attribute characters stay, all else is `%XX`; pieces end between
/// characters.
fn percent_pieces(text: &str, longest: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut buffer = [0; 4];
    for c in text.chars() {
        let mut shown = String::new();
        if c.is_ascii_alphanumeric() || "!#$&+-.^_`|~".contains(c) {
            shown.push(c);
        } else {
            for byte in c.encode_utf8(&mut buffer).bytes() {
                shown.push_str(&format!("%{byte:02X}"));
            }
        }
        match pieces.last_mut() {
            Some(piece) if piece.len() + shown.len() <= longest => piece.push_str(&shown),
            _ => pieces.push(shown),
        }
    }
    pieces
}

/// A field being written: knows how far the present line has come.
struct Line<'a> {
    out: &'a mut Vec<u8>,
    field: &'static str,
    column: usize,
    too_long: bool,
    empty: bool,
}

impl<'a> Line<'a> {
    fn start(out: &'a mut Vec<u8>, field: &'static str) -> Self {
        out.extend_from_slice(field.as_bytes());
        out.push(b':');
        Self {
            out,
            field,
            column: field.len() + 1,
            too_long: false,
            empty: true,
        }
    }

    /// Words separated by single spaces as given; a run of spaces stays in front of its word.
    fn words(&mut self, text: &str) {
        let mut rest = text.trim_matches(' ');
        while !rest.is_empty() {
            let spaces = rest.len() - rest.trim_start_matches(' ').len();
            let end = rest
                .get(spaces..)
                .and_then(|word| word.find(' '))
                .map_or(rest.len(), |at| at + spaces);
            let (word, after) = rest.split_at(end);
            // The first space is the one that `word` writes.
            self.word(word.get(spaces.min(1)..).unwrap_or(word));
            rest = after;
        }
    }

    /// One word after a space or a fold.
    fn word(&mut self, word: &str) {
        // A line never begins with the whole value missing: the first word stays on the first line
        // (some programs read a folded first word as an empty field), unless it would not fit 998.
        let fits = self.column + 1 + word.len() <= WIDTH;
        let first_may_stay = self.empty && self.column + 1 + word.len() <= LONGEST_LINE;
        if !fits && !first_may_stay {
            self.out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
        self.out.push(b' ');
        self.out.extend_from_slice(word.as_bytes());
        self.column += 1 + word.chars().count();
        self.too_long |= self.column > LONGEST_LINE || word.len() + 1 > LONGEST_LINE;
        self.empty = false;
    }

    /// A display name: atoms, a quoted string, or encoded words.
    fn phrase(&mut self, text: &str) {
        let atoms = |c: char| is_atext(c) || c == ' ';
        if !text.is_ascii() || text.contains("=?") || text.len() > WIDTH - 8 {
            self.encoded_words(text);
        } else if text.chars().all(atoms) && !text.starts_with(' ') && !text.contains("  ") {
            self.words(text);
        } else {
            // Folding inside a quoted string would be legal and is read wrongly by many.
            self.word(&quoted(text));
        }
    }

    /// Encoded words of at most 75 characters, none splitting a character (RFC 2047 §5).
    fn encoded_words(&mut self, text: &str) {
        let mut piece = String::new();
        // The first word shares its line with the field's name.
        let mut room = first_room(self.column);
        for c in text.chars() {
            if piece.len() + c.len_utf8() > room {
                self.encoded_word(&piece);
                piece.clear();
                room = WORD_PAYLOAD;
            }
            piece.push(c);
        }
        if !piece.is_empty() {
            self.encoded_word(&piece);
        }
    }

    fn encoded_word(&mut self, piece: &str) {
        let q = q_encoded(piece);
        let b_length = piece.len().div_ceil(3) * 4;
        // Q is readable in the raw mail; taken where it is not longer.
        if q.len() <= b_length && q.len() <= 63 {
            self.word(&format!("=?utf-8?Q?{q}?="));
        } else {
            self.word(&format!("=?utf-8?B?{}?=", STANDARD.encode(piece)));
        }
    }

    fn end(self) -> Result<(), HeaderError> {
        self.out.extend_from_slice(b"\r\n");
        if self.too_long {
            Err(HeaderError::TooLong { field: self.field })
        } else {
            Ok(())
        }
    }
}

fn first_room(column: usize) -> usize {
    let left = WIDTH.saturating_sub(column + 13) / 4 * 3;
    left.clamp(12, WORD_PAYLOAD)
}

/// RFC 2047 §4.2 with the characters that a phrase allows (§5 (3)).
fn q_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('_'),
            b'!' | b'*' | b'+' | b'-' | b'/' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("={byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn subject(value: &str) -> String {
        let mut out = Vec::new();
        text(&mut out, "Subject", value).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_begins_a_header_of_its_own() {
        for bad in [
            "a\r\nBcc: x@y.test",
            "a\nb",
            "a\rb",
            "a\0b",
            "a\u{2028}b",
            "a\u{85}b",
        ] {
            let mut out = Vec::new();
            assert!(text(&mut out, "Subject", bad).is_err(), "{bad:?}");
            assert!(out.is_empty());
            assert!(structured(&mut out, "List-Id", bad).is_err());
            assert!(with_parameter(&mut out, "Content-Type", "a/b", "name", bad).is_err());
        }
    }

    #[test]
    fn plain_text_stays_plain_and_is_folded() {
        assert_eq!(
            subject("Rueda de negocios"),
            "Subject: Rueda de negocios\r\n"
        );
        let long = subject(&"palabra ".repeat(30));
        assert!(long.split("\r\n").all(|line| line.len() <= 78));
        assert!(
            long.split("\r\n")
                .skip(1)
                .all(|line| line.is_empty() || line.starts_with(' '))
        );
    }

    #[test]
    fn what_looks_encoded_is_encoded() {
        assert!(!subject("=?utf-8?Q?x?=").contains(" =?utf-8?Q?x?="));
    }

    #[test]
    fn names_are_quoted_or_encoded() {
        let address = Address::parse("ferias@camara.example").unwrap();
        let written = |name: &str| {
            let mut out = Vec::new();
            let list = [Mailbox {
                name,
                address: &address,
            }];
            mailboxes(&mut out, "From", &list).unwrap();
            String::from_utf8(out).unwrap()
        };
        insta::assert_snapshot!(written("Camara"), @"From: Camara <ferias@camara.example>");
        insta::assert_snapshot!(written("Ferias, \"la\" C."), @r#"From: "Ferias, \"la\" C." <ferias@camara.example>"#);
        insta::assert_snapshot!(written("Cámara de Exportadores"), @"
        From: =?utf-8?Q?C=C3=A1mara_de_Exportadores?= <ferias@camara.example>
        ");
    }

    #[test]
    fn addresses_of_every_kind() {
        let written = |text: &str| {
            let address = Address::parse(text).unwrap();
            let mut out = Vec::new();
            let list = [Mailbox {
                name: "",
                address: &address,
            }];
            mailboxes(&mut out, "To", &list).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written("ana@ejemplo.test"), "To: ana@ejemplo.test\r\n");
        assert_eq!(written("ana@año.test"), "To: ana@xn--ao-zja.test\r\n");
        assert_eq!(written("josé@ejemplo.test"), "To: josé@ejemplo.test\r\n");
    }

    #[test]
    fn parameters_by_rfc_2231() {
        let written = |name: &str| {
            let mut out = Vec::new();
            with_parameter(
                &mut out,
                "Content-Disposition",
                "attachment",
                "filename",
                name,
            )
            .unwrap();
            String::from_utf8(out).unwrap()
        };
        insta::assert_snapshot!(written("factura 1.pdf"), @r#"Content-Disposition: attachment; filename="factura 1.pdf""#);
        insta::assert_snapshot!(written("año.pdf"), @"Content-Disposition: attachment; filename*=utf-8''a%C3%B1o.pdf");
        let long = written(&"ñ".repeat(40));
        assert!(long.contains("filename*0*=utf-8''") && long.contains("filename*4*="));
        assert!(long.split("\r\n").all(|line| line.len() <= 78));
    }

    proptest! {
        #[test]
        fn a_subject_reads_back(value in "[^\\p{Cc}\u{2028}\u{2029}]{0,200}") {
            let mut mail = Vec::new();
            text(&mut mail, "Subject", &value).unwrap();
            prop_assert!(mail.split(|&b| b == b'\n').all(|line| line.len() <= 80 || value.is_ascii()));
            prop_assert!(mail.is_ascii());
            mail.extend_from_slice(b"From: a@b.test\r\n\r\nx\r\n");
            let parsed = mail_parser::MessageParser::default().parse(&mail).unwrap();
            let read = parsed.subject().unwrap_or_default().to_owned();
            let single = |t: &str| t.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(single(&read), single(&value));
        }
    }
}
