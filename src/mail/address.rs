//! Addresses (RFC 5321, 5322, 6531): parsed once, then a type of their own.
//!
//! What is accepted is what can be written to over SMTP: `local@domain` without display name, angle
//! brackets or comments, with a domain of at least two labels. Domains become lower-case A-labels;
//! a quoted local part that needs no quotes loses them, so that one mailbox has one spelling. Not
//! done: Unicode normalisation of local parts, which RFC 6531 leaves to the receiving server.

mod grammar;

use std::borrow::Cow;
use std::fmt;

/// An address that can be written to.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// As given, the domain in lower-case A-labels.
    text: String,
    /// Byte offset of the `@`.
    at: usize,
}

/// An address that still lies in the text it was read from: what reading a million rows uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressRef<'a> {
    local: Cow<'a, str>,
    domain: Cow<'a, str>,
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no e-mail address: {why}")]
pub struct AddressError {
    /// The text, shortened and without control characters.
    pub text: String,
    /// What is wrong.
    pub why: &'static str,
}

/// How much of a wrong address an error repeats, in characters.
const SHOWN: usize = 80;

impl Address {
    /// Reads `local@domain` without angle brackets, comments or display name.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        AddressRef::parse(text).map(|address| address.to_address())
    }

    /// The address as it goes into an envelope.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`.
    pub fn local(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// The domain, lower-case, internationalised labels as A-labels (`xn--…`).
    pub fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }

    /// Whether the local part has other than ASCII characters, so that the relay must offer SMTPUTF8.
    pub fn needs_smtputf8(&self) -> bool {
        !self.local().is_ascii()
    }

    /// What two spellings of one mailbox have in common: everything lower-case. RFC 5321 section
    /// 2.4 lets a server tell `A@` from `a@`; none is known that does, and mailing twice is worse.
    pub fn identity(&self) -> Cow<'_, str> {
        if !self.text.is_ascii() {
            self.text.to_lowercase().into()
        } else if self.text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.text.to_ascii_lowercase().into()
        } else {
            Cow::Borrowed(&self.text)
        }
    }

    /// For logs: `m…@example.test`.
    pub fn masked(&self) -> String {
        let first = self.local().chars().next().unwrap_or('…');
        format!("{first}…@{}", self.domain())
    }
}

impl<'a> AddressRef<'a> {
    /// Reads an address as [`Address::parse`] does. Nothing is allocated for an address of ASCII
    /// characters with a lower-case domain.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &'a str) -> Result<Self, AddressError> {
        grammar::parse(text)
            .map(|(local, domain)| Self { local, domain })
            .map_err(|why| AddressError {
                text: text
                    .chars()
                    .map(|c| if c.is_control() { '\u{fffd}' } else { c })
                    .take(SHOWN)
                    .collect(),
                why,
            })
    }

    /// What stands before the `@`.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The domain in lower-case A-labels.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The address on its own.
    pub fn to_address(&self) -> Address {
        let mut text = String::with_capacity(self.local.len() + 1 + self.domain.len());
        text.push_str(&self.local);
        text.push('@');
        text.push_str(&self.domain);
        Address {
            text,
            at: self.local.len(),
        }
    }

    /// Puts into `buffer`, in place of what it held, what [`Address::identity`] gives.
    pub fn identity_into<'b>(&self, buffer: &'b mut String) -> &'b str {
        buffer.clear();
        buffer.push_str(&self.local);
        buffer.push('@');
        buffer.push_str(&self.domain);
        if buffer.is_ascii() {
            buffer.make_ascii_lowercase();
        } else {
            *buffer = buffer.to_lowercase();
        }
        buffer
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests;
