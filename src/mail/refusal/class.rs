//! What a refusal means for the address: the classes that suppression and reports count by.

use std::fmt;

/// What a refusal means for the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// There is no such mailbox: writing again is no use.
    Hard,
    /// Something passing: writing again may arrive.
    Soft,
    /// The sender, its server or its reputation is refused, not the address.
    Blocked,
    /// The mailbox has no room.
    MailboxFull,
    /// The mail is larger than is taken.
    TooBig,
    /// What the mail says or carries is refused.
    ContentRejected,
    /// The way there is out of order: relaying, DNS, routes, TLS, loops.
    RelayProblem,
    /// Refused, and nothing says why.
    Unknown,
}

/// A name that no class has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no bounce class `{0}`")]
pub struct UnknownClass(pub String);

impl Class {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Hard,
        Self::Soft,
        Self::Blocked,
        Self::MailboxFull,
        Self::TooBig,
        Self::ContentRejected,
        Self::RelayProblem,
        Self::Unknown,
    ];

    /// Its name in files and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
            Self::Blocked => "blocked",
            Self::MailboxFull => "mailbox-full",
            Self::TooBig => "too-big",
            Self::ContentRejected => "content-rejected",
            Self::RelayProblem => "relay-problem",
            Self::Unknown => "unknown",
        }
    }

    /// Reads a name.
    ///
    /// # Errors
    /// [`UnknownClass`].
    pub fn parse(name: &str) -> Result<Self, UnknownClass> {
        Self::ALL
            .into_iter()
            .find(|class| class.name() == name)
            .ok_or_else(|| UnknownClass(name.chars().take(40).collect()))
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
