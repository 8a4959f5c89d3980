//! Addresses (RFC 5321, 5322, 6531): parsed once, then a type of their own.

use std::fmt;

/// An address that can be written to.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// As given, the domain in lower-case A-labels.
    text: String,
    /// Byte offset of the `@`.
    at: usize,
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

impl Address {
    /// Reads `local@domain` without angle brackets, comments or display name.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        // Being built: this is a placeholder for the real grammar.
        let wrong = |why| AddressError {
            text: text.to_owned(),
            why,
        };
        let at = text.rfind('@').ok_or_else(|| wrong("it has no @"))?;
        Ok(Self {
            text: text.to_owned(),
            at,
        })
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

    /// What two spellings of one mailbox have in common: everything lower-case.
    pub fn identity(&self) -> std::borrow::Cow<'_, str> {
        self.text.to_lowercase().into()
    }

    /// For logs: `m…@example.test`.
    pub fn masked(&self) -> String {
        let first = self.local().chars().next().unwrap_or('…');
        format!("{first}…@{}", self.domain())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
