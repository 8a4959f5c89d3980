//! A look at a relay: greeting, STARTTLS, certificate and authentication, each told for itself.
//!
//! It goes the way that a connection for mail goes, through the same code, so that what it finds is
//! what a sending would find. It says QUIT and never MAIL.

use rustls::CertificateError;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;

use super::super::socket::Socket;
use super::super::{ConnectError, Reply, tls};
use super::opening::{Handshake, may_authenticate};
use super::wire::Wire;
use super::{Smtp, TlsMode};

/// What was seen, as far as it went.
#[derive(Debug, Default)]
pub struct Probe {
    /// The greeting.
    pub greeting: Option<Reply>,
    /// Whether the relay offers STARTTLS; `None` where that was not asked.
    pub starttls: Option<bool>,
    /// The certificates that it showed, its own first; empty without TLS.
    pub chain: Vec<CertificateDer<'static>>,
    /// Whether the connection is encrypted in the end.
    pub encrypted: bool,
    /// Whether it offers AUTH PLAIN or LOGIN where a password would be sent; `None` where it did
    /// not come to that.
    pub offers_auth: Option<bool>,
    /// Whether user and password were taken.
    pub authenticated: bool,
    /// What ended it early.
    pub ended: Option<ProbeError>,
}

/// Where a probe ended.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// No greeting, or not 220.
    #[error(transparent)]
    Greeting(ConnectError),
    /// EHLO failed, before TLS or after it.
    #[error(transparent)]
    Hello(ConnectError),
    /// STARTTLS is not offered or was refused.
    #[error(transparent)]
    StartTls(ConnectError),
    /// The certificate is not good.
    #[error("the certificate is not good: {0}")]
    Certificate(CertificateError),
    /// The handshake failed of something else.
    #[error("the TLS handshake failed: {0}")]
    Handshake(String),
    /// User and password were not taken, or could not be offered.
    #[error(transparent)]
    Authentication(ConnectError),
}

impl Smtp {
    /// Looks at the relay that this connection leads to.
    pub async fn probe(&self, stream: TcpStream) -> Probe {
        let mut probe = Probe::default();
        if let Err(why) = self.look(stream, &mut probe).await {
            probe.ended = Some(why);
        }
        probe
    }

    async fn look(&self, stream: TcpStream, probe: &mut Probe) -> Result<(), ProbeError> {
        let peer = stream
            .peer_addr()
            .map_err(|why| ProbeError::Greeting(self.unreachable(why.to_string())))?
            .ip();
        let mut socket = Socket::Plain(stream);
        if self.config.tls == TlsMode::Implicit {
            socket = self.encrypt_and_note(socket, probe).await?;
        }
        let mut wire = Wire::new(socket);
        let greeting = self.answer(&mut wire, self.config.timeouts.greeting).await;
        let greeting = greeting.map_err(ProbeError::Greeting)?;
        probe.greeting = Some(greeting.clone());
        if greeting.code != 220 {
            return Err(ProbeError::Greeting(self.refused(greeting)));
        }
        let mut keywords = self.hello(&mut wire).await.map_err(ProbeError::Hello)?;
        if self.config.tls != TlsMode::Implicit {
            probe.starttls = Some(keywords.starttls);
        }
        if self.config.tls == TlsMode::StartTls {
            let bare = self.ask_for_tls(wire, keywords).await;
            let bare = bare.map_err(ProbeError::StartTls)?;
            wire = Wire::new(self.encrypt_and_note(bare, probe).await?);
            keywords = self.hello(&mut wire).await.map_err(ProbeError::Hello)?;
        }
        probe.offers_auth = Some(keywords.auth_plain || keywords.auth_login);
        if let Some(credentials) = &self.config.credentials {
            if !may_authenticate(wire.is_tls(), peer) {
                return Err(ProbeError::Authentication(self.credentials(
                    "user and password are not sent over a connection without TLS".into(),
                )));
            }
            self.authenticate(&mut wire, keywords, credentials)
                .await
                .map_err(ProbeError::Authentication)?;
            probe.authenticated = true;
        }
        wire.output.extend_from_slice(b"QUIT\r\n");
        // What it answers to that changes nothing.
        let _ = wire.flush(self.config.timeouts.command).await;
        wire.close().await;
        Ok(())
    }

    async fn encrypt_and_note(
        &self,
        socket: Socket,
        probe: &mut Probe,
    ) -> Result<Socket, ProbeError> {
        let stream = match self.handshake(socket).await {
            Ok(stream) => stream,
            Err(Handshake::NotReady) => {
                return Err(ProbeError::Handshake("no authorities are loaded".into()));
            }
            Err(Handshake::TimedOut(limit)) => {
                let limit = limit.as_secs();
                return Err(ProbeError::Handshake(format!("not done within {limit} s")));
            }
            Err(Handshake::Failed(error)) => {
                return Err(match tls::fault(&error) {
                    Some(fault) => ProbeError::Certificate(fault),
                    None => ProbeError::Handshake(error.to_string()),
                });
            }
        };
        let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
        probe.chain = shown
            .iter()
            .cloned()
            .map(CertificateDer::into_owned)
            .collect();
        probe.encrypted = true;
        Ok(Socket::Tls(Box::new(stream.into())))
    }
}
