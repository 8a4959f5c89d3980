//! From nothing to a session: TCP, greeting, STARTTLS, login.
//!
//! Reads octet by octet, so that nothing that was said before TLS can be taken for what is said
//! under it (RFC 9051, section 6.2.1). A server's words never show the password, should it repeat it.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::guard::{Excess, Guard, printable};
use super::names::quoted;
use super::session::Session;
use super::{Imap, ImapError, Step};
use crate::transport::smtp::{Credentials, TlsMode};
use crate::transport::socket::Socket;
use crate::transport::tls;

/// More than any server says before and while it lets us in.
const REPLY_AT_MOST: u64 = 64 * 1024;

/// A connection before it is a session.
struct Door {
    stream: Guard<Socket>,
    tags: u32,
}

/// What a tagged response said.
enum Said {
    Ok,
    No,
    Bad,
    /// It closes the connection.
    Bye,
}

impl Imap {
    pub(super) async fn open_session(&self) -> Result<Session, ImapError> {
        let (stream, peer) = self.dial().await?;
        // A mailbox is somebody's post, with or without a password before it.
        if self.config.tls == TlsMode::Plain && !peer.to_canonical().is_loopback() {
            return Err(self.bad_tls(format!(
                "{peer} is not this machine: a mailbox is not read without TLS"
            )));
        }
        let mut socket = Socket::Plain(stream);
        if self.config.tls == TlsMode::Implicit {
            socket = self.encrypt(socket).await?;
        }
        let mut door = Door {
            stream: Guard::new(socket),
            tags: 0,
        };
        let mut known = self.greeting(&mut door).await?;
        if self.config.tls == TlsMode::StartTls {
            door = self.start_tls(door, known).await?;
            known = false;
        }
        let mut capabilities = self.capabilities(&mut door).await?;
        if !known {
            self.login(&mut door, &capabilities, &self.config.credentials)
                .await?;
            // Some servers offer MOVE and UIDPLUS only to whom they know.
            capabilities = self.capabilities(&mut door).await?;
        }
        Ok(Session::new(
            self.server(),
            self.config.timeouts,
            door.stream,
            door.tags,
            &capabilities,
        ))
    }

    async fn dial(&self) -> Result<(TcpStream, IpAddr), ImapError> {
        let limit = self.config.timeouts.connect;
        let address = (self.config.host.as_str(), self.config.port);
        let opened = async {
            let stream = TcpStream::connect(address).await?;
            // Commands and answers are small: without this each waits for the other's acknowledgement.
            stream.set_nodelay(true)?;
            let peer = stream.peer_addr()?;
            Ok::<_, std::io::Error>((stream, peer.ip()))
        };
        match timeout(limit, opened).await {
            Ok(opened) => {
                opened.map_err(|error| self.unreachable(Step::Connect, error.to_string()))
            }
            Err(_) => Err(self.unreachable(Step::Connect, late(limit))),
        }
    }

    async fn encrypt(&self, socket: Socket) -> Result<Socket, ImapError> {
        let (Some((trust, name)), Socket::Plain(stream)) = (&self.tls, socket) else {
            return Err(self.bad_tls("no authorities are loaded".into()));
        };
        let limit = self.config.timeouts.connect;
        match timeout(limit, trust.handshake(name.clone(), stream)).await {
            Ok(Ok(stream)) => Ok(Socket::Tls(Box::new(stream.into()))),
            Ok(Err(error)) => Err(match tls::refusal(&error) {
                Some(why) => self.bad_tls(why),
                None => self.unreachable(Step::Handshake, error.to_string()),
            }),
            Err(_) => Err(self.unreachable(Step::Handshake, late(limit))),
        }
    }

    /// Whether the server knows us already (PREAUTH).
    async fn greeting(&self, door: &mut Door) -> Result<bool, ImapError> {
        door.stream.expect(REPLY_AT_MOST, REPLY_AT_MOST);
        let line = self.line(door, Step::Greeting).await?;
        let (kind, words) = untagged(&line);
        match kind.as_str() {
            "OK" => Ok(false),
            "PREAUTH" if self.config.tls == TlsMode::StartTls => Err(self.bad_tls(
                "the server says that it knows us before TLS: somebody may be tampering with the connection".into(),
            )),
            "PREAUTH" => Ok(true),
            "BYE" => Err(self.refused(Step::Greeting, words)),
            _ => Err(self.odd(Step::Greeting, format!("`{}` is no greeting", printable(&line)))),
        }
    }

    async fn start_tls(&self, mut door: Door, known: bool) -> Result<Door, ImapError> {
        let capabilities = self.capabilities(&mut door).await?;
        if known || !has(&capabilities, "STARTTLS") {
            return Err(self.bad_tls("the server does not offer STARTTLS".into()));
        }
        let (said, words) = self
            .ask(&mut door, Step::StartTls, "STARTTLS", None)
            .await?;
        if !matches!(said, Said::Ok) {
            return Err(self.bad_tls(format!("STARTTLS refused: {words}")));
        }
        let socket = self.encrypt(door.stream.into_inner()).await?;
        Ok(Door {
            stream: Guard::new(socket),
            tags: door.tags,
        })
    }

    async fn capabilities(&self, door: &mut Door) -> Result<Vec<String>, ImapError> {
        let mut found = Vec::new();
        let tag = self.say(door, Step::Capability, "CAPABILITY").await?;
        loop {
            let line = self.line(door, Step::Capability).await?;
            if let Some((said, words)) = tagged(&tag, &line) {
                return match said {
                    Said::Ok => Ok(found),
                    _ => Err(self.refused(Step::Capability, words)),
                };
            }
            let (kind, words) = untagged(&line);
            match kind.as_str() {
                "CAPABILITY" => found.extend(words.split_whitespace().map(str::to_ascii_uppercase)),
                "BYE" => return Err(self.refused(Step::Capability, words)),
                _ => {}
            }
        }
    }

    async fn login(
        &self,
        door: &mut Door,
        capabilities: &[String],
        credentials: &Credentials,
    ) -> Result<(), ImapError> {
        let Credentials { user, password } = credentials;
        let plain = STANDARD.encode(format!("\0{user}\0{password}"));
        let (command, challenged) = if has(capabilities, "AUTH=PLAIN") {
            // RFC 4959: what would be asked for goes along at once.
            if has(capabilities, "SASL-IR") {
                (format!("AUTHENTICATE PLAIN {plain}"), None)
            } else {
                ("AUTHENTICATE PLAIN".into(), Some(plain.as_str()))
            }
        } else if has(capabilities, "LOGINDISABLED") {
            return Err(self.credentials(
                "the server takes no password on this connection (neither AUTH=PLAIN nor LOGIN)",
            ));
        } else if let (Some(user), Some(password)) = (quoted(user), quoted(password)) {
            (format!("LOGIN {user} {password}"), None)
        } else {
            return Err(self.credentials(
                "the server knows LOGIN only, which cannot carry user and password that are not ASCII",
            ));
        };
        let scrub = |words: String| match password.as_str() {
            "" => words,
            secret => words.replace(secret, "…").replace(&plain, "…"),
        };
        match self.ask(door, Step::Login, &command, challenged).await {
            Ok((Said::Ok, _)) => Ok(()),
            // RFC 5530, section 3: not the password's fault.
            Ok((said, words))
                if matches!(said, Said::Bye) || words.starts_with("[UNAVAILABLE]") =>
            {
                Err(self.refused(Step::Login, scrub(words)))
            }
            Ok((_, words)) => Err(ImapError::Authentication {
                server: self.server(),
                words: printable(scrub(words).as_bytes()),
            }),
            Err(error) => Err(error),
        }
    }

    /// One command and its tagged answer; `challenged` is what it gets that asks on.
    async fn ask(
        &self,
        door: &mut Door,
        step: Step,
        command: &str,
        mut challenged: Option<&str>,
    ) -> Result<(Said, String), ImapError> {
        let tag = self.say(door, step, command).await?;
        loop {
            let line = self.line(door, step).await?;
            if let Some(answer) = tagged(&tag, &line) {
                return Ok(answer);
            }
            if line.first() == Some(&b'+') {
                // `*` breaks a dialogue off that wants more than we have (RFC 9051, section 6.2.2).
                self.write(
                    door,
                    step,
                    &format!("{}\r\n", challenged.take().unwrap_or("*")),
                )
                .await?;
                continue;
            }
            let (kind, words) = untagged(&line);
            if kind == "BYE" {
                return Ok((Said::Bye, words));
            }
        }
    }

    async fn say(&self, door: &mut Door, step: Step, command: &str) -> Result<String, ImapError> {
        door.tags += 1;
        let tag = format!("p{}", door.tags);
        door.stream.expect(REPLY_AT_MOST, REPLY_AT_MOST);
        self.write(door, step, &format!("{tag} {command}\r\n"))
            .await?;
        Ok(tag)
    }

    async fn write(&self, door: &mut Door, step: Step, text: &str) -> Result<(), ImapError> {
        let limit = self.config.timeouts.command;
        let written = async {
            door.stream.write_all(text.as_bytes()).await?;
            door.stream.flush().await
        };
        match timeout(limit, written).await {
            Ok(done) => done.map_err(|error| self.unreachable(step, error.to_string())),
            Err(_) => Err(self.unreachable(step, late(limit))),
        }
    }

    async fn line(&self, door: &mut Door, step: Step) -> Result<Vec<u8>, ImapError> {
        let limit = self.config.timeouts.command;
        let whole = async {
            let mut line = Vec::new();
            loop {
                match door.stream.read_u8().await? {
                    b'\n' => return Ok::<_, std::io::Error>(line),
                    octet => line.push(octet),
                }
            }
        };
        match timeout(limit, whole).await {
            Ok(Ok(line)) => Ok(line),
            Ok(Err(error)) => Err(match excess(&error) {
                Some(excess) => self.odd(step, excess.to_string()),
                None if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    self.unreachable(step, "the server closed the connection".into())
                }
                None => self.unreachable(step, error.to_string()),
            }),
            Err(_) => Err(self.unreachable(step, late(limit))),
        }
    }

    fn unreachable(&self, step: Step, why: String) -> ImapError {
        ImapError::Unreachable {
            server: self.server(),
            step,
            why,
        }
    }

    fn bad_tls(&self, why: String) -> ImapError {
        ImapError::Tls {
            server: self.server(),
            why,
        }
    }

    fn refused(&self, step: Step, words: String) -> ImapError {
        ImapError::Refused {
            server: self.server(),
            step,
            words: printable(words.as_bytes()),
        }
    }

    fn credentials(&self, why: &str) -> ImapError {
        ImapError::Credentials {
            server: self.server(),
            why: why.to_owned(),
        }
    }

    fn odd(&self, step: Step, why: String) -> ImapError {
        ImapError::Protocol {
            server: self.server(),
            step,
            why,
        }
    }
}

/// What a read failed of, where the server said too much.
pub(super) fn excess(error: &std::io::Error) -> Option<Excess> {
    error.get_ref()?.downcast_ref::<Excess>().copied()
}

pub(super) fn late(limit: Duration) -> String {
    format!("nothing within {} s", limit.as_secs())
}

fn has(capabilities: &[String], wanted: &str) -> bool {
    capabilities.iter().any(|offered| offered == wanted)
}

/// An untagged line's kind and the rest.
fn untagged(line: &[u8]) -> (String, String) {
    let line = String::from_utf8_lossy(line);
    let line = line.strip_prefix("* ").unwrap_or_default().trim_end();
    let (kind, words) = line.split_once(' ').unwrap_or((line, ""));
    (kind.to_ascii_uppercase(), words.to_owned())
}

/// What a line with this tag says; `None` where it has another.
fn tagged(tag: &str, line: &[u8]) -> Option<(Said, String)> {
    let line = String::from_utf8_lossy(line);
    let said = line.strip_prefix(tag)?.strip_prefix(' ')?.trim_end();
    let (kind, words) = said.split_once(' ').unwrap_or((said, ""));
    let kind = match kind.to_ascii_uppercase().as_str() {
        "OK" => Said::Ok,
        "NO" => Said::No,
        _ => Said::Bad,
    };
    Some((kind, words.to_owned()))
}
