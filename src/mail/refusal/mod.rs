//! What a server says when it refuses a mail, and what that means.

use std::fmt;

/// What kind of refusal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// The address does not exist or takes no mail.
    Hard,
    /// Passes, or may.
    Soft,
    /// The sender is not wanted: reputation, a block list, too much at once.
    Blocked,
    /// The mailbox is full.
    MailboxFull,
    /// The mail is larger than the server takes.
    TooBig,
    /// What the mail says is not wanted: spam, a virus, a forbidden attachment.
    ContentRejected,
    /// Routes, DNS, TLS, rights at the relay: nobody's mailbox.
    RelayProblem,
    /// The server does not say.
    Unknown,
}

/// An enhanced status code (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Status {
    /// 2, 4 or 5.
    pub class: u8,
    /// What it is about.
    pub subject: u16,
    /// The detail.
    pub detail: u16,
}

impl Class {
    /// Every class.
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

    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
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

    /// The class with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

impl Status {
    /// Reads `5.1.1`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let number = |part: Option<&str>| -> Option<u16> {
            let part = part?;
            let digits = !part.is_empty() && part.len() <= 3;
            (digits && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse().ok())
                .flatten()
        };
        let class = match parts.next()? {
            "2" => 2,
            "4" => 4,
            "5" => 5,
            _ => return None,
        };
        let status = Self {
            class,
            subject: number(parts.next())?,
            detail: number(parts.next())?,
        };
        parts.next().is_none().then_some(status)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}
