//! What a relay says in reply to EHLO that it can do.

use super::reply;

/// The keywords that we make use of. All false: what HELO gives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Keywords {
    /// RFC 2920.
    pub(super) pipelining: bool,
    /// RFC 1870; `None` where the relay names no limit.
    pub(super) size: Option<u64>,
    /// Whether SIZE may be given on MAIL.
    pub(super) takes_size: bool,
    /// RFC 6152.
    pub(super) eight_bit_mime: bool,
    /// RFC 6531.
    pub(super) smtputf8: bool,
    /// RFC 3461.
    pub(super) dsn: bool,
    /// RFC 3207.
    pub(super) starttls: bool,
    /// RFC 4954, RFC 4616.
    pub(super) auth_plain: bool,
    /// The older mechanism that some providers still want.
    pub(super) auth_login: bool,
}

impl Keywords {
    /// Reads a whole reply to EHLO. The first line is the relay's name.
    pub(super) fn read(whole: &[u8]) -> Self {
        let mut keywords = Self::default();
        for line in reply::lines(whole).skip(1) {
            keywords.take(&line.to_ascii_uppercase());
        }
        keywords
    }

    fn take(&mut self, line: &str) {
        // Some old relays write `AUTH=LOGIN`.
        let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
        match words.next().unwrap_or_default() {
            "PIPELINING" => self.pipelining = true,
            "8BITMIME" => self.eight_bit_mime = true,
            "SMTPUTF8" => self.smtputf8 = true,
            "DSN" => self.dsn = true,
            "STARTTLS" => self.starttls = true,
            "SIZE" => {
                self.takes_size = true;
                // RFC 1870: zero means no fixed limit.
                self.size = words.next().and_then(|n| n.parse().ok()).filter(|&n| n > 0);
            }
            "AUTH" => {
                for word in words {
                    self.auth_plain |= word == "PLAIN";
                    self.auth_login |= word == "LOGIN";
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_postfix_says() {
        let read = Keywords::read(
            b"250-mx.camara.example PIPELINING\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-ETRN\r\n250-starttls\r\n\
              250-AUTH PLAIN CRAM-MD5\r\n250-AUTH=LOGIN\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8\r\n",
        );
        assert_eq!(
            read,
            Keywords {
                pipelining: true,
                size: Some(10_240_000),
                takes_size: true,
                eight_bit_mime: true,
                smtputf8: true,
                dsn: true,
                starttls: true,
                auth_plain: true,
                auth_login: true,
            }
        );
    }

    #[test]
    fn the_first_line_is_a_name_and_size_zero_no_limit() {
        assert_eq!(Keywords::read(b"250 DSN\r\n"), Keywords::default());
        let read = Keywords::read(b"250-x\r\n250-SIZE 0\r\n250 SIZED 7\r\n");
        assert!(read.takes_size);
        assert_eq!(read.size, None);
    }
}
