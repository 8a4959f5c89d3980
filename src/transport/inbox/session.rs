//! One client's session, from greeting to QUIT.

use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::super::Reply;
use super::super::mailboxes::{AtDot, AtRcpt, message_id};
use super::super::socket::Socket;
use super::Serving;
use super::content::Content;
use super::sink::ReceivedMail;

/// A client that says nothing for this long is cut off.
const IDLE: Duration = Duration::from_secs(300);
/// RFC 4954, section 4: AUTH's lines are the longest.
const LONGEST_LINE: usize = 12 * 1024 + 2;
/// RFC 5321, section 4.5.3.1.8.
const MOST_RECIPIENTS: usize = 100;

/// Serves one client until it leaves or is cut off.
pub(super) async fn serve(stream: TcpStream, serving: &Serving) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut socket = Socket::Plain(stream);
    if serving.config.tls.as_ref().is_some_and(|tls| tls.implicit) {
        socket = encrypt(socket, serving).await?;
    }
    let mut session = Session {
        serving,
        socket,
        input: Vec::with_capacity(16 * 1024),
        output: Vec::with_capacity(512),
        authenticated: serving.config.credentials.is_none(),
        mails: 0,
        from: None,
        to: Vec::new(),
    };
    if let Some(refusal) = serving.config.mailboxes.at_connect() {
        session.say(&refusal);
        return session.flush().await;
    }
    session.answer(
        220,
        &format!("{} ESMTP postmerge inbox", serving.config.name),
    );
    session.run().await
}

async fn encrypt(socket: Socket, serving: &Serving) -> io::Result<Socket> {
    match (socket, &serving.acceptor) {
        (Socket::Plain(stream), Some(acceptor)) => {
            let stream = timeout(IDLE, acceptor.accept(stream)).await??;
            Ok(Socket::Tls(Box::new(stream.into())))
        }
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

struct Session<'a> {
    serving: &'a Serving,
    socket: Socket,
    input: Vec<u8>,
    output: Vec<u8>,
    authenticated: bool,
    mails: u32,
    from: Option<String>,
    to: Vec<String>,
}

/// What follows a command.
#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    Close,
    /// Closes without what is left to be said.
    Cut,
    Hang,
    StartTls,
}

impl Session<'_> {
    async fn run(mut self) -> io::Result<()> {
        loop {
            let Some(line) = self.line().await? else {
                return self.flush().await;
            };
            match self.command(&line).await? {
                Then::GoOn => {}
                Then::Close => {
                    self.flush().await?;
                    return self.socket.shutdown().await;
                }
                Then::Cut => return Ok(()),
                Then::Hang => {
                    tokio::time::sleep(IDLE * 10).await;
                    return Ok(());
                }
                Then::StartTls => {
                    self.flush().await?;
                    // RFC 3207: nothing that came before TLS counts after it.
                    self.input.clear();
                    self.from = None;
                    self.to.clear();
                    self.socket = encrypt(self.socket, self.serving).await?;
                }
            }
        }
    }

    /// The next command, without its line end; `None` where the client left or talks nonsense.
    async fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.input) {
                let line: Vec<u8> = self.input.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()));
            }
            if self.input.len() > LONGEST_LINE {
                self.answer(500, "5.5.2 line too long");
                return Ok(None);
            }
            if !self.fill().await? {
                return Ok(None);
            }
        }
    }

    /// Says what there is to say, then reads more; false where the client left.
    async fn fill(&mut self) -> io::Result<bool> {
        self.flush().await?;
        Ok(timeout(IDLE, self.socket.read_buf(&mut self.input)).await?? > 0)
    }

    async fn flush(&mut self) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        let latency = self.serving.config.latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        timeout(IDLE, self.socket.write_all(&self.output)).await??;
        self.output.clear();
        timeout(IDLE, self.socket.flush()).await?
    }

    fn answer(&mut self, code: u16, text: &str) {
        self.output
            .extend_from_slice(format!("{code} {text}\r\n").as_bytes());
    }

    fn say(&mut self, reply: &Reply) {
        self.answer(reply.code, &reply.text);
    }

    async fn command(&mut self, line: &str) -> io::Result<Then> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.ehlo(),
            "HELO" => {
                self.reset();
                let name = self.serving.config.name.clone();
                self.answer(250, &name);
            }
            "STARTTLS" if self.offers_starttls() => {
                self.answer(220, "2.0.0 go ahead");
                return Ok(Then::StartTls);
            }
            "AUTH" => return self.auth(rest).await,
            "MAIL" => return Ok(self.mail(rest)),
            "RCPT" => return Ok(self.rcpt(rest)),
            "DATA" => return self.data().await,
            "RSET" => {
                self.reset();
                self.answer(250, "2.0.0 Ok");
            }
            "NOOP" => self.answer(250, "2.0.0 Ok"),
            "VRFY" => self.answer(252, "2.5.2 send some mail, I'll try my best"),
            "QUIT" => {
                self.answer(221, "2.0.0 Bye");
                return Ok(Then::Close);
            }
            _ => self.answer(502, "5.5.2 command not recognised"),
        }
        Ok(Then::GoOn)
    }

    fn offers_starttls(&self) -> bool {
        self.serving.acceptor.is_some() && !self.socket.is_tls()
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    fn ehlo(&mut self) {
        self.reset();
        let config = &self.serving.config;
        let offers = config.offers;
        let size = format!("SIZE {}", offers.size);
        let auth = if offers.login_only {
            "AUTH LOGIN"
        } else {
            "AUTH PLAIN LOGIN"
        };
        let mut lines = vec![config.name.as_str(), &size];
        for (offered, keyword) in [
            (offers.pipelining, "PIPELINING"),
            (offers.eight_bit_mime, "8BITMIME"),
            (offers.smtputf8, "SMTPUTF8"),
            (offers.dsn, "DSN"),
            (self.offers_starttls(), "STARTTLS"),
            (config.credentials.is_some(), auth),
        ] {
            if offered {
                lines.push(keyword);
            }
        }
        let last = lines.pop().unwrap_or_default();
        let mut text: String = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
        text.push_str(&format!("250 {last}\r\n"));
        self.output.extend_from_slice(text.as_bytes());
    }

    async fn auth(&mut self, rest: &str) -> io::Result<Then> {
        let Some(wanted) = self.serving.config.credentials.clone() else {
            self.answer(502, "5.5.1 no authentication here");
            return Ok(Then::GoOn);
        };
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let given = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let response = if initial.is_empty() {
                    self.challenge("").await?
                } else {
                    Some(initial.to_owned())
                };
                let octets = response.and_then(|text| BASE64.decode(text).ok());
                octets.and_then(|octets| {
                    let text = String::from_utf8(octets).ok()?;
                    let mut parts = text.split('\0').skip(1).map(str::to_owned);
                    Some((parts.next()?, parts.next()?))
                })
            }
            "LOGIN" => {
                let user = self.challenge("VXNlcm5hbWU6").await?;
                let password = self.challenge("UGFzc3dvcmQ6").await?;
                let decode =
                    |text: Option<String>| String::from_utf8(BASE64.decode(text?).ok()?).ok();
                decode(user).zip(decode(password))
            }
            _ => {
                self.answer(504, "5.5.4 mechanism not supported");
                return Ok(Then::GoOn);
            }
        };
        if given.is_some_and(|(user, password)| user == wanted.user && password == wanted.password)
        {
            self.authenticated = true;
            self.answer(235, "2.7.0 authentication successful");
        } else {
            self.answer(535, "5.7.8 authentication credentials invalid");
        }
        Ok(Then::GoOn)
    }

    async fn challenge(&mut self, challenge: &str) -> io::Result<Option<String>> {
        self.answer(334, challenge);
        self.line().await
    }

    fn mail(&mut self, rest: &str) -> Then {
        if let Some(closing) = self.serving.config.mailboxes.at_mail(self.mails) {
            self.say(&closing);
            return Then::Close;
        }
        let limit = self.serving.config.offers.size;
        if !self.authenticated {
            self.answer(530, "5.7.0 authentication required");
        } else if self.from.is_some() {
            self.answer(503, "5.5.1 nested MAIL");
        } else {
            match path(rest, "FROM:") {
                None => self.answer(501, "5.5.4 syntax: MAIL FROM:<address>"),
                Some((_, parameters)) if announced_size(parameters) > limit => {
                    self.answer(552, "5.3.4 message too big");
                }
                Some((from, _)) => {
                    self.from = Some(from.to_owned());
                    self.answer(250, "2.1.0 Ok");
                }
            }
        }
        Then::GoOn
    }

    fn rcpt(&mut self, rest: &str) -> Then {
        if self.from.is_none() {
            self.answer(503, "5.5.1 MAIL first");
            return Then::GoOn;
        }
        let Some((to, _)) = path(rest, "TO:").filter(|(to, _)| !to.is_empty()) else {
            self.answer(501, "5.5.4 syntax: RCPT TO:<address>");
            return Then::GoOn;
        };
        if self.to.len() >= MOST_RECIPIENTS {
            self.answer(452, "4.5.3 too many recipients");
            return Then::GoOn;
        }
        match self.serving.config.mailboxes.at_rcpt(to) {
            AtRcpt::Accept => {
                self.to.push(to.to_owned());
                self.answer(250, "2.1.5 Ok");
            }
            AtRcpt::Refuse(reply) => self.say(&reply),
            AtRcpt::Close(reply) => {
                self.say(&reply);
                return Then::Close;
            }
            AtRcpt::Drop => return Then::Cut,
            AtRcpt::Hang => return Then::Hang,
        }
        Then::GoOn
    }

    async fn data(&mut self) -> io::Result<Then> {
        if self.to.is_empty() {
            self.answer(554, "5.5.1 no valid recipients");
            return Ok(Then::GoOn);
        }
        self.answer(354, "end with <CR><LF>.<CR><LF>");
        let mut content = Content::new(self.serving.config.offers.size);
        loop {
            let (used, done) = content.read(&self.input);
            self.input.drain(..used);
            if done {
                break;
            }
            if !self.fill().await? {
                return Ok(Then::Cut);
            }
        }
        self.mails += 1;
        let from = self.from.take().unwrap_or_default();
        let to = std::mem::take(&mut self.to);
        let Some(message) = content.into_message() else {
            self.answer(552, "5.3.4 message too big");
            return Ok(Then::GoOn);
        };
        Ok(self.deliver(ReceivedMail { from, to, message }))
    }

    /// The mailboxes' verdict; with several recipients the first that is not "accept".
    fn deliver(&mut self, mut mail: ReceivedMail) -> Then {
        let id = message_id(&mail.message);
        let mut verdict = AtDot::Accept;
        let mailboxes = &self.serving.config.mailboxes;
        mail.to.retain(|to| {
            let answer = mailboxes.at_dot(to);
            let stored = answer.is_stored();
            if verdict == AtDot::Accept {
                verdict = answer;
            }
            stored
        });
        let to = mail.to.clone();
        if !to.is_empty()
            && let Err(error) = self.serving.config.sink.store(mail)
        {
            self.answer(451, &format!("4.3.0 not stored: {}", error.kind()));
            return Then::GoOn;
        }
        for to in to {
            mailboxes.store(&to, &id);
        }
        match verdict {
            AtDot::Accept => {
                let queued = format!("2.0.0 Ok: queued as {}-{}", std::process::id(), self.mails);
                self.answer(250, &queued);
                Then::GoOn
            }
            AtDot::Refuse(reply) => {
                self.say(&reply);
                if reply.code == 421 {
                    Then::Close
                } else {
                    Then::GoOn
                }
            }
            AtDot::Drop { .. } => Then::Cut,
            AtDot::Hang { .. } => Then::Hang,
        }
    }
}

/// Reads `FROM:<path> parameters`: the path without brackets, and the parameters.
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (start, rest) = rest.split_at_checked(keyword.len())?;
    if !start.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let rest = rest.trim_start().strip_prefix('<')?;
    // A quoted local part may hold a bracket; the last one before the parameters ends the path.
    let end = rest.find("> ").unwrap_or(rest.rfind('>')?);
    let (path, parameters) = rest.split_at_checked(end)?;
    Some((path, parameters.get(1..)?.trim()))
}

fn announced_size(parameters: &str) -> usize {
    let mut words = parameters.split(' ');
    words
        .find_map(|word| {
            let (keyword, value) = word.split_once('=')?;
            let value = keyword.eq_ignore_ascii_case("SIZE").then_some(value)?;
            // Too many digits to read is too big as well.
            Some(value.parse().unwrap_or(usize::MAX))
        })
        .unwrap_or(0)
}
