//! Quoted-printable (RFC 2045 §6.7): lines of at most 76, every line break CRLF.

const LONGEST: usize = 76;
const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// How many bytes are looked at and copied at once.
const WORD: usize = 16;

/// So many plain bytes ahead, none of them a break, and the next line is full for certain.
const WINDOW: usize = LONGEST + 4;

/// Encodes text; `\n`, `\r\n` and a lone `\r` are line breaks. A space before a break and a `From `
/// that begins a line (mbox) are encoded.
///
/// A unit (a plain character, or three for an escape) goes up to column 75, to 76 where it is the
/// line's last: one column is kept for the `=` of a soft break.
pub fn quoted_printable(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + text.len() / 4 + 16);
    let mut line = Line {
        out,
        buffer: [0; LONGEST + 4 + WORD],
        column: 0,
    };
    let mut rest = text;
    let mut begins = true;
    loop {
        if begins && let (true, [first, after @ ..]) = (rest.starts_with(b"From "), rest) {
            line.escape(*first);
            rest = after;
        }
        begins = false;
        while line.column == 0
            && let Some(window) = rest.first_chunk::<WINDOW>()
            && all_plain(window)
        {
            line.whole(window);
            rest = rest.get(LONGEST - 1..).unwrap_or_default();
        }
        while let Some(word) = rest.first_chunk::<WORD>() {
            let run = plain_run(*word).min((LONGEST - 1).saturating_sub(line.column));
            line.copy(word, run);
            rest = rest.get(run..).unwrap_or_default();
            if run < WORD {
                break;
            }
        }
        let Some((&byte, after)) = rest.split_first() else {
            line.end_blank();
            line.flush(b"");
            return;
        };
        rest = after;
        match byte {
            b'\n' | b'\r' => {
                line.end_blank();
                line.flush(b"\r\n");
                begins = true;
                if let (b'\r', Some((b'\n', beyond))) = (byte, after.split_first()) {
                    rest = beyond;
                }
            }
            _ => line.unit(byte, matches!(after, [] | [b'\n' | b'\r', ..])),
        }
    }
}

/// The line being written: copied to the mail when it is whole, so that the words that it is made
/// of can be copied at a fixed length and cut short by the next one.
struct Line<'a> {
    out: &'a mut Vec<u8>,
    buffer: [u8; LONGEST + 4 + WORD],
    column: usize,
}

impl Line<'_> {
    /// A line's worth from the middle of a long line.
    fn whole(&mut self, window: &[u8; WINDOW]) {
        let mut line = [0; LONGEST + 2];
        if let (Some(place), Some(text)) = (line.get_mut(..LONGEST - 1), window.get(..LONGEST - 1))
        {
            place.copy_from_slice(text);
        }
        if let Some(place) = line.get_mut(LONGEST - 1..) {
            place.copy_from_slice(b"=\r\n");
        }
        self.out.extend_from_slice(&line);
    }

    /// The first `run` bytes of a word.
    fn copy(&mut self, word: &[u8; WORD], run: usize) {
        if let Some(place) = self.buffer.get_mut(self.column..self.column + WORD) {
            place.copy_from_slice(word);
            self.column += run;
        }
    }

    /// One byte as it is or escaped, after a soft break where it does not fit.
    fn unit(&mut self, byte: u8, last: bool) {
        let plain = is_plain(byte) && !(last && matches!(byte, b' ' | b'\t'));
        let width = if plain { 1 } else { 3 };
        if self.column + width > LONGEST - usize::from(!last) {
            self.flush(b"=\r\n");
        }
        if !plain {
            self.escape(byte);
        } else if let Some(place) = self.buffer.get_mut(self.column) {
            *place = byte;
            self.column += 1;
        }
    }

    fn escape(&mut self, byte: u8) {
        let digit = |value: u8| HEX.get(usize::from(value)).copied().unwrap_or(b'0');
        if let Some(place) = self.buffer.get_mut(self.column..self.column + 3) {
            place.copy_from_slice(&[b'=', digit(byte >> 4), digit(byte & 15)]);
            self.column += 3;
        }
    }

    /// A blank that was copied before it was known to be the line's last is taken back and escaped.
    fn end_blank(&mut self) {
        let before = self.column.wrapping_sub(1);
        if let Some(&blank @ (b' ' | b'\t')) = self.buffer.get(before) {
            self.column = before;
            self.unit(blank, true);
        }
    }

    fn flush(&mut self, end: &[u8]) {
        self.out
            .extend_from_slice(self.buffer.get(..self.column).unwrap_or_default());
        self.out.extend_from_slice(end);
        self.column = 0;
    }
}

const fn is_plain(byte: u8) -> bool {
    (byte >= b' ' && byte <= b'~' && byte != b'=') || byte == b'\t'
}

/// Whether every byte stands for itself. Without a branch, so that the compiler looks at many at once.
fn all_plain(window: &[u8; WINDOW]) -> bool {
    let odd = |byte: &u8| u8::from(byte.wrapping_sub(b' ') > b'~' - b' ') | u8::from(*byte == b'=');
    window.iter().fold(0, |seen, byte| seen | odd(byte)) == 0
}

/// How many bytes from the start stand for themselves; a tab, which is rare, ends the run. All
/// of them are looked at in one register, each in its own byte of it: no step carries into the next.
const fn plain_run(word: [u8; WORD]) -> usize {
    const ONES: u128 = u128::MAX / 255;
    const HIGH: u128 = ONES * 0x80;
    let word = u128::from_le_bytes(word);
    let low = word & !HIGH;
    // The high bit of each byte: set where the byte's low seven bits are below a space, all ones
    // (DEL), or where the byte is `=`.
    let control = !((low | HIGH) - ONES * 0x20);
    let delete = low + ONES;
    let equals = !((low ^ (ONES * 0x3d)) + (HIGH - ONES));
    let bad = (word | control | delete | equals) & HIGH;
    (bad.trailing_zeros() / 8) as usize
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

    /// One unit after the other.
    fn unit_by_unit(text: &str) -> String {
        let breaks = text.replace("\r\n", "\n").replace('\r', "\n");
        let lines = breaks.split('\n').map(|line| {
            let mut out = String::new();
            let mut column = 0;
            for (at, byte) in line.bytes().enumerate() {
                let last = at + 1 == line.len();
                let mbox = at == 0 && line.starts_with("From ");
                let escaped = mbox || !is_plain(byte) || last && b" \t".contains(&byte);
                let unit = if escaped {
                    format!("={byte:02X}")
                } else {
                    char::from(byte).to_string()
                };
                if column + unit.len() > if last { 76 } else { 75 } {
                    out.push_str("=\r\n");
                    column = 0;
                }
                out.push_str(&unit);
                column += unit.len();
            }
            out
        });
        lines.collect::<Vec<_>>().join("\r\n")
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

        #[test]
        fn lines_are_filled(text in "([ -~]|ñ|=|\t|From |[a-z ]{1,80}|\r|\n){0,60}") {
            prop_assert_eq!(encoded(&text), unit_by_unit(&text));
        }
    }
}
