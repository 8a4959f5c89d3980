//! Enhanced status codes (RFC 3463): `class.subject.detail`.

use std::fmt;

/// An enhanced status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Status {
    class: u8,
    subject: u16,
    detail: u16,
}

impl Status {
    /// Reads `5.1.1`, and nothing around it. Class 2, 4 or 5; up to three digits each (RFC 3463
    /// section 2).
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.splitn(3, '.');
        let mut number = |most: usize| {
            let digits = numbers.next()?;
            let sound =
                (1..=most).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            sound.then(|| digits.parse::<u16>().ok()).flatten()
        };
        let (class, subject, detail) = (number(1)?, number(3)?, number(3)?);
        let class = u8::try_from(class).ok().filter(|c| [2, 4, 5].contains(c))?;
        Some(Self {
            class,
            subject,
            detail,
        })
    }

    /// The first one in a server's words that says something: `5.0.0` only where there is no other. Parts of
    /// host numbers and versions are none.
    pub fn find(text: &str) -> Option<Self> {
        let mut vague = None;
        for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || ".-_@".contains(c))) {
            // `550-5.7.1` and `5.1.1.` are usual; `192.5.1.1` is a host.
            let word = word.trim_end_matches(['.', '-']);
            let word = match word.split_once('-') {
                Some((code, rest)) if code.len() == 3 => rest,
                _ => word,
            };
            match Self::parse(word) {
                Some(status) if !status.is_vague() => return Some(status),
                Some(status) => vague = vague.or(Some(status)),
                None => {}
            }
        }
        vague
    }

    /// 2, 4 or 5: went well, tried again, given up.
    pub fn class(self) -> u8 {
        self.class
    }

    /// Other or undefined: subject and detail are both 0 (RFC 3463 section 3.1).
    pub fn is_vague(self) -> bool {
        self.subject == 0 && self.detail == 0
    }

    /// Whether a pattern such as `5.1.1`, `x.2.2`, `5.7.x` or `5.7.7xx` holds.
    pub(super) fn is_like(self, pattern: &str) -> bool {
        let mut wanted = pattern.split('.');
        [u16::from(self.class), self.subject, self.detail]
            .into_iter()
            .all(|number| match wanted.next() {
                Some("x") => true,
                Some(digits) => is_number(number, digits),
                None => false,
            })
    }
}

/// Whether a number is written so, `x` for any digit.
fn is_number(number: u16, digits: &str) -> bool {
    let number = number.to_string();
    number.len() == digits.len()
        && number
            .bytes()
            .zip(digits.bytes())
            .all(|(digit, wanted)| wanted == b'x' || wanted == digit)
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}
