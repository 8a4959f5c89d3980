//! Handing mails to a relay: one trait, an SMTP and an in-process implementation.
//!
//! Says for every mail exactly one [`Attempt`]; decides nothing about when or whether to try again.
//! Whether a failure left the mail untouched or unknown is decided here and nowhere else.

pub mod exchanger;
pub mod imap;
pub mod in_process;
pub mod inbox;
pub mod mailboxes;
pub mod resolver;
pub mod smtp;
mod socket;
pub mod tls;

use std::fmt;
use std::io;

use crate::clock::BoxFuture;
use crate::mail::envelope::Letter;

/// Opens connections to one relay.
pub trait Transport: Send + Sync {
    /// Opens a connection, ready for mail: greeted, encrypted and authenticated as configured.
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>>;
}

/// An open connection to a relay.
pub trait Connection: Send {
    /// Offers one mail. `commit` is called at most once, after the relay has taken sender and
    /// recipient and before the first byte of content goes out; where it fails, no content goes out.
    /// A mail whose future is dropped after `commit` is unknown, and its connection not usable.
    fn send<'a>(
        &'a mut self,
        letter: &'a Letter,
        commit: &'a mut (dyn FnMut() -> io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt>;

    /// Whether another mail may be offered on it.
    fn usable(&self) -> bool;

    /// Says QUIT and closes; errors do not matter any more.
    fn quit(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// Hands one mail over on a connection of its own. What is noted down of it is the caller's business: nothing is before.
///
/// # Errors
/// [`ConnectError`] where no connection is to be had: the mail was not touched.
pub async fn hand_over(
    transport: &dyn Transport,
    letter: &Letter,
) -> Result<Attempt, ConnectError> {
    let mut connection = transport.connect().await?;
    let attempt = connection.send(letter, &mut || Ok(())).await;
    if connection.usable() {
        connection.quit().await;
    }
    Ok(attempt)
}

/// A relay's reply: code, and its words on one line, control characters replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// Enhanced status and text, the lines joined by a space.
    pub text: String,
}

/// At which point a refusal came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Stage {
    MailFrom,
    RcptTo,
    Data,
    /// After the final dot.
    Content,
}

/// What became of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// 2xx after the final dot.
    Accepted(Reply),
    /// The relay said no: 4xx for now, 5xx for good. Not handed over.
    Refused {
        /// What it said.
        reply: Reply,
        /// To what.
        stage: Stage,
    },
    /// Not handed over, and the relay did not say why: the connection broke before the final dot,
    /// or the relay cannot carry such a mail (a size, an address). Safe to try again.
    Untouched(Failure),
    /// The connection broke after the final dot, before the reply: nobody knows.
    Unknown(Failure),
}

/// A fault of a connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The peer closed or reset, or the system refused.
    #[error("connection lost: {0}")]
    Lost(String),
    /// No reply in time.
    #[error("no reply within {0} s")]
    TimedOut(u64),
    /// The relay said 421: it is about to close.
    #[error("relay is closing: {0}")]
    Closing(Reply),
    /// Not an SMTP reply.
    #[error("not an SMTP reply: {0}")]
    Protocol(String),
    /// The relay does not offer what this mail needs (SIZE, SMTPUTF8).
    #[error("{0}")]
    NotOffered(String),
    /// `commit` failed: nothing was sent.
    #[error("journal could not be written: {0}")]
    NotCommitted(String),
}

/// Why a connection is not to be had. Holds the campaign; burns no recipient.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConnectError {
    /// No TCP connection, or it broke before the relay was ready.
    #[error("{relay}: not reachable: {why}")]
    Unreachable {
        /// Host and port.
        relay: String,
        /// The system's words.
        why: String,
    },
    /// TLS failed or is not offered. A person must look.
    #[error("{relay}: TLS: {why}")]
    Tls {
        /// Host and port.
        relay: String,
        /// What is wrong with the certificate or the handshake.
        why: String,
    },
    /// The relay did not take user and password. A person must look.
    #[error("{relay}: authentication refused: {reply}")]
    Authentication {
        /// Host and port.
        relay: String,
        /// What it said.
        reply: Reply,
    },
    /// User and password could not even be offered: no mechanism in common, or no TLS to
    /// protect them. A person must look.
    #[error("{relay}: {why}")]
    Credentials {
        /// Host and port.
        relay: String,
        /// What is missing.
        why: String,
    },
    /// The relay refused before any mail was offered: its greeting, or its answer to EHLO,
    /// STARTTLS or AUTH, where that says to try again later.
    #[error("{relay}: not ready: {reply}")]
    Refused {
        /// Host and port.
        relay: String,
        /// What it said.
        reply: Reply,
    },
}

impl Reply {
    /// 2xx.
    pub const fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// 4xx.
    pub const fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

impl ConnectError {
    /// Whether waiting may help (the relay is away or busy) rather than a person.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { reply, .. } => reply.is_transient(),
            Self::Tls { .. } | Self::Authentication { .. } | Self::Credentials { .. } => false,
        }
    }
}
