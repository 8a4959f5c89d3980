//! Reading a message up to its final dot, whatever pieces it comes in.
//!
//! Only CRLF ends a line here: a bare LF before or after a dot ends nothing, so that a message can
//! not smuggle in a second one.

/// A message being read.
#[derive(Debug)]
pub(super) struct Content {
    message: Vec<u8>,
    limit: usize,
    too_long: bool,
    /// Whether what was read last was a CRLF, or nothing yet.
    at_line_start: bool,
}

/// A line longer than this is taken in pieces, so that the buffer stays bounded.
const LONGEST_LINE: usize = 64 * 1024;

impl Content {
    /// Keeps `limit` octets at most; what is longer is read to its end and forgotten.
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            message: Vec::new(),
            limit,
            too_long: false,
            at_line_start: true,
        }
    }

    /// Reads from the start of `input`: how many octets are used up, and whether the final dot
    /// was among them.
    pub(super) fn read(&mut self, input: &[u8]) -> (usize, bool) {
        let mut used = 0;
        loop {
            let rest = input.get(used..).unwrap_or_default();
            let line = match memchr::memchr(b'\n', rest) {
                Some(end) => rest.get(..=end).unwrap_or_default(),
                // Its CR stays behind: the LF may be yet to come.
                None if rest.len() > LONGEST_LINE => {
                    let piece = rest.strip_suffix(b"\r").unwrap_or(rest);
                    self.append(piece);
                    return (used + piece.len(), false);
                }
                None => return (used, false),
            };
            used += line.len();
            if self.at_line_start && line == b".\r\n" {
                return (used, true);
            }
            self.append(line);
        }
    }

    /// The message, or `None` where it is longer than the limit.
    pub(super) fn into_message(self) -> Option<Vec<u8>> {
        (!self.too_long).then_some(self.message)
    }

    fn append(&mut self, piece: &[u8]) {
        let unstuffed = match piece.strip_prefix(b".") {
            Some(rest) if self.at_line_start => rest,
            _ => piece,
        };
        self.at_line_start = piece.ends_with(b"\r\n");
        if self.message.len() + unstuffed.len() > self.limit {
            self.too_long = true;
            self.message = Vec::new();
            self.limit = 0;
        } else {
            self.message.extend_from_slice(unstuffed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in_pieces(input: &[u8], piece: usize) -> (Vec<u8>, usize) {
        let mut content = Content::new(1 << 20);
        let (mut start, mut end) = (0, 0);
        loop {
            end = (end + piece).min(input.len());
            let (used, done) = content.read(&input[start..end]);
            start += used;
            if done {
                return (content.into_message().unwrap(), start);
            }
            assert!(end < input.len(), "no end found");
        }
    }

    #[test]
    fn any_cut_gives_the_same() {
        let input = b"a: b\r\n\r\n..x\r\n...\r\n.y\r\n.\r\nQUIT\r\n";
        for piece in 1..input.len() {
            let (message, used) = read_in_pieces(input, piece);
            assert_eq!(message, b"a: b\r\n\r\n.x\r\n..\r\ny\r\n");
            assert_eq!(&input[used..], b"QUIT\r\n");
        }
    }

    #[test]
    fn nothing_but_crlf_dot_crlf_ends_it() {
        let input = b"a\n.\r\nb\r\n.\nc\n.\nd\r\n.\r\n";
        assert_eq!(read_in_pieces(input, 99).1, input.len());
    }

    #[test]
    fn what_is_too_long_is_read_to_its_end() {
        let mut content = Content::new(10);
        assert_eq!(content.read(b"0123456789\r\nabc\r\n.\r\nX"), (20, true));
        assert_eq!(content.into_message(), None);
        let mut content = Content::new(1 << 20);
        let long = vec![b'x'; LONGEST_LINE + 1];
        assert_eq!(content.read(&long), (long.len(), false));
        assert_eq!(content.read(b".\r\n.\r\n"), (6, true));
        assert_eq!(content.into_message().unwrap().len(), LONGEST_LINE + 4);
    }
}
