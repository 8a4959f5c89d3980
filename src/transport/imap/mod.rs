//! IMAP (RFC 3501, RFC 9051) over the project's own sockets and TLS: reads the mailbox that bounces come
//! back to, and flags or moves what was read.
//!
//! async-imap frames and parses the responses; the conversation is our own, because its SEARCH and FETCH
//! take a refusal and a broken connection for an empty answer. Every step has a time limit, and whatever
//! the server says has a size limit. Decides nothing about which messages to read, never logs, never
//! prints, and holds credentials only to send them.

mod guard;
mod names;
mod opening;
mod session;

use std::fmt;
use std::time::Duration;

use rustls::pki_types::ServerName;

use super::smtp::{Credentials, TlsMode};
use super::tls::{Trust, TrustError};

pub use names::modified_utf7;
pub use session::{Fetched, Selected, Session, Wanted};

/// Where an IMAP server is and how it is spoken to.
#[derive(Debug, Clone)]
pub struct ImapConfig {
    /// Host name or IP address, as the server's certificate names it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is encrypted; not at all only on the same machine.
    pub tls: TlsMode,
    /// Authorities to trust besides the machine's (PEM).
    pub authorities: Option<Vec<u8>>,
    /// User and password.
    pub credentials: Credentials,
    /// How long to wait for what.
    pub timeouts: Timeouts,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the TCP connection, and for a TLS handshake.
    pub connect: Duration,
    /// For the whole answer to a command.
    pub command: Duration,
    /// For a batch of messages, or for having it moved.
    pub batch: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_secs(60),
            batch: Duration::from_secs(300),
        }
    }
}

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Step {
    Connect,
    Greeting,
    Capability,
    StartTls,
    Handshake,
    Login,
    Select,
    Search,
    Fetch,
    Flag,
    Move,
    Create,
    Logout,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Greeting => "waiting for its greeting",
            Self::Capability => "asking what it can do",
            Self::StartTls => "asking for TLS",
            Self::Handshake => "the TLS handshake",
            Self::Login => "logging in",
            Self::Select => "opening the folder",
            Self::Search => "searching",
            Self::Fetch => "reading messages",
            Self::Flag => "flagging messages",
            Self::Move => "moving messages",
            Self::Create => "creating the folder",
            Self::Logout => "logging out",
        })
    }
}

/// What went wrong between us and an IMAP server. `server` is host and port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImapError {
    /// No connection, or it broke before we were logged in.
    #[error("{server}: not reachable: {step}: {why}")]
    #[allow(missing_docs)]
    Unreachable {
        server: String,
        step: Step,
        why: String,
    },
    /// TLS failed or is not offered. A person must look.
    #[error("{server}: TLS: {why}")]
    #[allow(missing_docs)]
    Tls { server: String, why: String },
    /// The server did not take user and password. A person must look.
    #[error("{server}: user and password were refused: {words}")]
    #[allow(missing_docs)]
    Authentication { server: String, words: String },
    /// User and password could not even be offered. A person must look.
    #[error("{server}: {why}")]
    #[allow(missing_docs)]
    Credentials { server: String, why: String },
    /// The server said NO, BAD or BYE.
    #[error("{server}: {step}: the server said: {words}")]
    #[allow(missing_docs)]
    Refused {
        server: String,
        step: Step,
        words: String,
    },
    /// The connection broke, or nothing came in time, after we were logged in.
    #[error("{server}: {step}: {why}")]
    #[allow(missing_docs)]
    Lost {
        server: String,
        step: Step,
        why: String,
    },
    /// Not IMAP, or more than was asked for.
    #[error("{server}: {step}: the server's answer is not understood: {why}")]
    #[allow(missing_docs)]
    Protocol {
        server: String,
        step: Step,
        why: String,
    },
    /// A name that cannot be said in IMAP.
    #[error("`{0}` cannot be a folder's name")]
    Folder(String),
}

impl ImapError {
    /// Whether the connection went away under work that a new connection can take up again.
    pub const fn is_dropped(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }

    /// Whether the server refused with this response code.
    fn says(&self, code: &str) -> bool {
        matches!(self, Self::Refused { words, .. } if words.starts_with(code))
    }

    /// Whether waiting may help rather than a person.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Lost { .. } => true,
            // RFC 5530, section 3: a temporary failure.
            Self::Refused { .. } => self.says("[UNAVAILABLE]") || self.says("[INUSE]"),
            _ => false,
        }
    }
}

/// Why a configuration cannot work, whatever the server says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Neither a host name nor an address.
    #[error("`{0}` is no host name")]
    Host(String),
    /// Nothing to check a certificate against.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// Opens sessions with one IMAP server.
pub struct Imap {
    config: ImapConfig,
    tls: Option<(Trust, ServerName<'static>)>,
}

impl Imap {
    /// Checks the configuration and loads the authorities; opens nothing.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(config: ImapConfig) -> Result<Self, ConfigError> {
        let name = ServerName::try_from(config.host.clone())
            .map_err(|_| ConfigError::Host(config.host.escape_debug().to_string()))?;
        let tls = match config.tls {
            TlsMode::Plain => None,
            TlsMode::Implicit | TlsMode::StartTls => {
                Some((Trust::new(config.authorities.as_deref())?, name))
            }
        };
        Ok(Self { config, tls })
    }

    /// Connects, encrypts and logs in.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn open(&self) -> Result<Session, ImapError> {
        self.open_session().await
    }

    /// Host and port, as errors name them.
    fn server(&self) -> String {
        format!("{}:{}", self.config.host, self.config.port)
    }
}

impl fmt::Debug for Imap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Imap").field(&self.config).finish()
    }
}
