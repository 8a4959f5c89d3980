//! From nothing to a connection ready for mail: TCP, greeting, EHLO, STARTTLS, AUTH.

use std::fmt::Write as _;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials as Sasl, Mechanism};
use lettre::transport::smtp::commands::{Auth, Ehlo, Starttls};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Category, Code, Detail, Response, Severity};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::super::socket::Socket;
use super::super::{ConnectError, Failure, Reply, tls};
use super::keywords::Keywords;
use super::transaction::SmtpConnection;
use super::wire::Wire;
use super::{Credentials, Smtp, TlsMode};

impl Smtp {
    /// Opens a connection.
    pub(super) async fn open(&self) -> Result<SmtpConnection, ConnectError> {
        let (stream, peer) = self.dial().await?;
        let mut socket = Socket::Plain(stream);
        if self.config.tls == TlsMode::Implicit {
            socket = self.encrypt(socket).await?;
        }
        let mut wire = Wire::new(socket);
        let greeting = self
            .answer(&mut wire, self.config.timeouts.greeting)
            .await?;
        if greeting.code != 220 {
            return Err(self.refused(greeting));
        }
        let mut keywords = self.hello(&mut wire).await?;
        if self.config.tls == TlsMode::StartTls {
            (wire, keywords) = self.start_tls(wire, keywords).await?;
        }
        if let Some(credentials) = &self.config.credentials {
            if !may_authenticate(wire.is_tls(), peer) {
                return Err(self.credentials(
                    "user and password are not sent over a connection without TLS".into(),
                ));
            }
            self.authenticate(&mut wire, keywords, credentials).await?;
        }
        if !self.config.pipelining {
            keywords.pipelining = false;
        }
        Ok(SmtpConnection::new(wire, keywords, self.config.timeouts))
    }

    /// A TCP connection, and who it leads to.
    async fn dial(&self) -> Result<(TcpStream, IpAddr), ConnectError> {
        let limit = self.config.timeouts.connect;
        let address = (self.config.host.as_str(), self.config.port);
        let stream = match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.unreachable(error.to_string())),
            Err(_) => {
                return Err(self.unreachable(format!("no connection within {} s", limit.as_secs())));
            }
        };
        // Without this, Nagle's algorithm and delayed acknowledgements cost 40 ms a mail.
        stream
            .set_nodelay(true)
            .map_err(|error| self.unreachable(error.to_string()))?;
        let peer = stream
            .peer_addr()
            .map_err(|error| self.unreachable(error.to_string()))?;
        Ok((stream, peer.ip()))
    }

    async fn encrypt(&self, socket: Socket) -> Result<Socket, ConnectError> {
        match self.handshake(socket).await {
            Ok(stream) => Ok(Socket::Tls(Box::new(stream.into()))),
            Err(Handshake::NotReady) => Err(self.tls("no authorities are loaded".into())),
            Err(Handshake::Failed(error)) => Err(match tls::refusal(&error) {
                Some(why) => self.tls(why),
                None => self.unreachable(format!("during the TLS handshake: {error}")),
            }),
            Err(Handshake::TimedOut(limit)) => {
                Err(self.unreachable(format!("no TLS handshake within {} s", limit.as_secs())))
            }
        }
    }

    /// The handshake alone.
    pub(super) async fn handshake(
        &self,
        socket: Socket,
    ) -> Result<TlsStream<TcpStream>, Handshake> {
        let (Some(tls), Socket::Plain(stream)) = (&self.tls, socket) else {
            return Err(Handshake::NotReady);
        };
        let limit = self.config.timeouts.greeting;
        match timeout(limit, tls.trust.handshake(tls.name.clone(), stream)).await {
            Ok(done) => done.map_err(Handshake::Failed),
            Err(_) => Err(Handshake::TimedOut(limit)),
        }
    }

    /// EHLO, or HELO where the relay does not know EHLO (RFC 5321, section 3.2).
    pub(super) async fn hello(&self, wire: &mut Wire) -> Result<Keywords, ConnectError> {
        let name = &self.config.client_name;
        say(wire, &Ehlo::new(ClientId::Domain(name.clone())));
        let limit = self.config.timeouts.command;
        self.push(wire).await?;
        let (reply, keywords) = wire
            .reply_with_keywords(limit)
            .await
            .map_err(|failure| self.broke(&failure))?;
        match reply.code {
            250 => return Ok(keywords),
            500..=504 | 550 | 554 => {}
            _ => return Err(self.refused(reply)),
        }
        say(wire, &format_args!("HELO {name}\r\n"));
        let reply = self.ask(wire).await?;
        if reply.is_positive() {
            Ok(Keywords::default())
        } else {
            Err(self.refused(reply))
        }
    }

    async fn start_tls(
        &self,
        wire: Wire,
        keywords: Keywords,
    ) -> Result<(Wire, Keywords), ConnectError> {
        let socket = self.ask_for_tls(wire, keywords).await?;
        let mut wire = Wire::new(self.encrypt(socket).await?);
        // RFC 3207, section 4.2: what was said before TLS is forgotten.
        let keywords = self.hello(&mut wire).await?;
        Ok((wire, keywords))
    }

    /// STARTTLS, up to the handshake.
    pub(super) async fn ask_for_tls(
        &self,
        mut wire: Wire,
        keywords: Keywords,
    ) -> Result<Socket, ConnectError> {
        if !keywords.starttls {
            return Err(self.tls("the relay does not offer STARTTLS".into()));
        }
        say(&mut wire, &Starttls);
        let reply = self.ask(&mut wire).await?;
        if reply.is_transient() {
            return Err(self.refused(reply));
        }
        if reply.code != 220 {
            return Err(self.tls(format!("STARTTLS refused: {reply}")));
        }
        wire.into_bare_socket().ok_or_else(|| self.tls(
            "text arrived in clear between STARTTLS and TLS: somebody may be tampering with the connection".into(),
        ))
    }

    pub(super) async fn authenticate(
        &self,
        wire: &mut Wire,
        keywords: Keywords,
        credentials: &Credentials,
    ) -> Result<(), ConnectError> {
        let mechanism = match (keywords.auth_plain, keywords.auth_login) {
            (true, _) => Mechanism::Plain,
            (_, true) => Mechanism::Login,
            _ => {
                return Err(self.credentials(
                    "the relay offers no AUTH on this connection (neither PLAIN nor LOGIN)".into(),
                ));
            }
        };
        let sasl = Sasl::new(credentials.user.clone(), credentials.password.clone());
        let odd = |_| self.credentials("the relay's AUTH challenge is not understood".into());
        say(
            wire,
            &Auth::new(mechanism, sasl.clone(), None).map_err(odd)?,
        );
        let mut reply = self.ask(wire).await?;
        // LOGIN asks twice, for the user and for the password; PLAIN not at all.
        for _ in 0..2 {
            if reply.code != 334 {
                break;
            }
            let challenge = Response::new(CHALLENGE, vec![reply.text.clone()]);
            let next = Auth::new_from_response(mechanism, sasl.clone(), &challenge).map_err(odd)?;
            say(wire, &next);
            reply = self.ask(wire).await?;
        }
        match reply.code {
            235 => Ok(()),
            _ if reply.is_transient() => Err(self.refused(reply)),
            // RFC 5321, section 4.2.1: it does not know the command; or it said yes to something else.
            500 | 502 | 504 | ..=399 => Err(self.credentials(format!(
                "the relay does not do AUTH, whatever it offers: it answered {reply}"
            ))),
            _ => Err(ConnectError::Authentication {
                relay: self.relay(),
                reply,
            }),
        }
    }

    /// Sends what was said and waits for the reply.
    async fn ask(&self, wire: &mut Wire) -> Result<Reply, ConnectError> {
        self.push(wire).await?;
        self.answer(wire, self.config.timeouts.command).await
    }

    async fn push(&self, wire: &mut Wire) -> Result<(), ConnectError> {
        wire.flush(self.config.timeouts.command)
            .await
            .result
            .map_err(|failure| self.broke(&failure))
    }

    pub(super) async fn answer(
        &self,
        wire: &mut Wire,
        limit: Duration,
    ) -> Result<Reply, ConnectError> {
        wire.reply(limit)
            .await
            .map_err(|failure| self.broke(&failure))
    }

    fn broke(&self, failure: &Failure) -> ConnectError {
        self.unreachable(failure.to_string())
    }

    pub(super) fn unreachable(&self, why: String) -> ConnectError {
        ConnectError::Unreachable {
            relay: self.relay(),
            why,
        }
    }

    pub(super) fn refused(&self, reply: Reply) -> ConnectError {
        ConnectError::Refused {
            relay: self.relay(),
            reply,
        }
    }

    fn tls(&self, why: String) -> ConnectError {
        ConnectError::Tls {
            relay: self.relay(),
            why,
        }
    }

    pub(super) fn credentials(&self, why: String) -> ConnectError {
        ConnectError::Credentials {
            relay: self.relay(),
            why,
        }
    }
}

/// Why a handshake did not come about.
pub(super) enum Handshake {
    /// No authorities are loaded, or there is TLS already.
    NotReady,
    /// It broke or was broken off.
    Failed(io::Error),
    /// Not within this time.
    TimedOut(Duration),
}

/// Passwords go through TLS, or not beyond this machine, whatever its name resolves to.
pub(super) const fn may_authenticate(tls: bool, peer: IpAddr) -> bool {
    tls || peer.to_canonical().is_loopback()
}

/// 334, as lettre names it.
const CHALLENGE: Code = Code {
    severity: Severity::PositiveIntermediate,
    category: Category::Unspecified3,
    detail: Detail::Four,
};

/// Puts a command into the next write.
fn say(wire: &mut Wire, command: &impl std::fmt::Display) {
    let mut text = String::new();
    // Writing into a String does not fail.
    let _ = write!(text, "{command}");
    wire.output.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_stay_on_this_machine_without_tls() {
        for (peer, expected) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("192.0.2.1", false),
            ("2001:db8::1", false),
        ] {
            let peer = peer.parse().unwrap();
            assert_eq!(may_authenticate(false, peer), expected, "{peer}");
            assert!(may_authenticate(true, peer));
        }
    }
}
