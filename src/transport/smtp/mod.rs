//! SMTP over TCP: greeting, TLS and authentication as configured, then two round trips a mail.
//!
//! The connection, its buffers and its pipelining are our own, because the outcome of a mail hangs
//! on the exact octet at which a connection broke. lettre gives the vocabulary (EHLO, AUTH,
//! parameters with xtext). Never logs, never prints, and holds credentials only to send them.

mod dots;
#[cfg(fuzzing)]
pub mod fuzzing;
mod keywords;
mod opening;
mod probe;
mod reply;
mod transaction;
mod wire;

use std::fmt;
use std::time::Duration;

use crate::clock::BoxFuture;

use rustls::pki_types::ServerName;

use super::tls::{Trust, TrustError};
use super::{ConnectError, Connection, Transport};

pub use probe::{Probe, ProbeError};

/// Where a relay is and how it is spoken to.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// Host name or IP address, as the relay's certificate names it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: TlsMode,
    /// Authorities to trust besides the machine's (PEM).
    pub authorities: Option<Vec<u8>>,
    /// User and password, where the relay wants them.
    pub credentials: Option<Credentials>,
    /// What EHLO names us: a domain, or an address literal such as `[127.0.0.1]`.
    pub client_name: String,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// Whether to use PIPELINING where it is offered.
    pub pipelining: bool,
}

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// TLS from the first octet (port 465).
    Implicit,
    /// STARTTLS, required.
    StartTls,
    /// None: for a relay on the same machine.
    Plain,
}

/// User and password of a relay.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// How long to wait for what (RFC 5321, section 4.5.3.2, shorter where a person waits).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the TCP connection.
    pub connect: Duration,
    /// For the greeting, and for a TLS handshake.
    pub greeting: Duration,
    /// For the reply to a command.
    pub command: Duration,
    /// For the relay to take 64 KiB of content.
    pub data_block: Duration,
    /// For the reply to the final dot: long, because giving up here leaves a mail unknown.
    pub termination: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            greeting: Duration::from_secs(60),
            command: Duration::from_secs(60),
            data_block: Duration::from_secs(180),
            termination: Duration::from_secs(300),
        }
    }
}

impl SmtpConfig {
    /// STARTTLS required, no credentials, pipelining, the usual timeouts.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            tls: TlsMode::StartTls,
            authorities: None,
            credentials: None,
            client_name: "[127.0.0.1]".into(),
            timeouts: Timeouts::default(),
            pipelining: true,
        }
    }
}

/// Why a configuration cannot work, whatever the relay says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Neither a host name nor an address.
    #[error("`{0}` is no host name")]
    Host(String),
    /// Not fit for EHLO.
    #[error("`{0}` cannot be said in EHLO")]
    ClientName(String),
    /// Nothing to check a relay's certificate against.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// What every connection's handshake needs, made once.
struct Tls {
    trust: Trust,
    name: ServerName<'static>,
}

/// Opens SMTP connections to one relay.
pub struct Smtp {
    config: SmtpConfig,
    tls: Option<Tls>,
}

impl Smtp {
    /// Checks the configuration and loads the authorities; opens nothing.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(config: SmtpConfig) -> Result<Self, ConfigError> {
        check(&config)?;
        let trust = match config.tls {
            TlsMode::Plain => None,
            TlsMode::Implicit | TlsMode::StartTls => {
                Some(Trust::new(config.authorities.as_deref())?)
            }
        };
        Self::trusting(config, trust)
    }

    /// The same, with a trust that was made before: `config.authorities` is not looked at.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn trusting(config: SmtpConfig, trust: Option<Trust>) -> Result<Self, ConfigError> {
        check(&config)?;
        let tls = match trust {
            None => None,
            Some(trust) => Some(Tls {
                trust,
                name: ServerName::try_from(config.host.clone())
                    .map_err(|_| ConfigError::Host(config.host.clone()))?,
            }),
        };
        Ok(Self { config, tls })
    }

    /// Host and port, as errors name them.
    fn relay(&self) -> String {
        format!("{}:{}", self.config.host, self.config.port)
    }
}

/// What is wrong with a configuration's names.
fn check(config: &SmtpConfig) -> Result<(), ConfigError> {
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_graphic());
    if !plain(&config.client_name) || config.client_name.len() > 255 {
        return Err(ConfigError::ClientName(
            config.client_name.escape_debug().to_string(),
        ));
    }
    if !plain(&config.host) {
        return Err(ConfigError::Host(config.host.escape_debug().to_string()));
    }
    Ok(())
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Smtp").field(&self.config).finish()
    }
}

impl Transport for Smtp {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async {
            let connection = self.open().await?;
            Ok(Box::new(connection) as Box<dyn Connection>)
        })
    }
}
