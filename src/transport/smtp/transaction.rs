//! One mail over an open connection, and what became of it.
//!
//! With PIPELINING (RFC 2920) MAIL, RCPT and DATA go out in one write and the content in another:
//! two round trips. The outcome is decided by position: what breaks before the final dot can have
//! reached the relay leaves the mail untouched, what breaks after it leaves it unknown.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use lettre::transport::smtp::extension::{MailBodyParameter, MailParameter, RcptParameter};
use tokio::time::timeout;

use crate::clock::BoxFuture;
use crate::mail::address::Address;
use crate::mail::envelope::{Envelope, Letter};

use super::super::{Attempt, Connection, Failure, Reply, Stage};
use super::Timeouts;
use super::dots;
use super::keywords::Keywords;
use super::wire::Wire;

/// How long a relay that stopped taking content is given to say why.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long QUIT is waited for.
const GOODBYE: Duration = Duration::from_secs(2);
/// The line that ends content.
const FINAL_DOT: &[u8] = b".\r\n";

/// An open SMTP connection.
pub(super) struct SmtpConnection {
    wire: Wire,
    keywords: Keywords,
    timeouts: Timeouts,
    usable: bool,
    /// A refused transaction is still open over there: RSET goes ahead of the next MAIL.
    reset_first: bool,
    commands: String,
}

/// What the relay said to sender, recipient and DATA.
enum Offer {
    /// It waits for the content.
    Wanted,
    /// It said no.
    Refused { reply: Reply, stage: Stage },
}

impl SmtpConnection {
    pub(super) fn new(wire: Wire, keywords: Keywords, timeouts: Timeouts) -> Self {
        Self {
            wire,
            keywords,
            timeouts,
            usable: true,
            reset_first: false,
            commands: String::new(),
        }
    }

    async fn transact(
        &mut self,
        letter: &Letter,
        commit: &mut (dyn FnMut() -> io::Result<()> + Send),
    ) -> Attempt {
        if !self.usable {
            return Attempt::Untouched(Failure::Lost("the connection was given up".into()));
        }
        if let Err(failure) = self.can_carry(letter) {
            return Attempt::Untouched(failure);
        }
        // Given up unless all goes well, also when this future is dropped half-way.
        self.usable = false;
        if let Some(failure) = self.wire.unasked() {
            return Attempt::Untouched(failure);
        }
        match self.offer(letter).await {
            Ok(Offer::Wanted) => {}
            Ok(Offer::Refused { reply, stage }) => {
                self.usable = true;
                return Attempt::Refused { reply, stage };
            }
            Err(failure) => return Attempt::Untouched(failure),
        }
        // The relay waits for content now; without any the connection can only be cut.
        if let Err(error) = commit() {
            return Attempt::Untouched(Failure::NotCommitted(error.to_string()));
        }
        self.content(&letter.message).await
    }

    /// Whether the relay offers what the mail needs. Nothing was said yet.
    fn can_carry(&self, letter: &Letter) -> Result<(), Failure> {
        let envelope = &letter.envelope;
        let unfit = |path: &Address| path.as_str().chars().any(|c| c.is_control());
        if unfit(&envelope.from) || unfit(&envelope.to) {
            return Err(Failure::NotOffered(
                "an address with control characters cannot be sent to any relay".into(),
            ));
        }
        if needs_smtputf8(envelope) && !self.keywords.smtputf8 {
            return Err(Failure::NotOffered(
                "the relay does not take internationalised addresses (SMTPUTF8)".into(),
            ));
        }
        if !letter.message.is_ascii() && !self.keywords.eight_bit_mime {
            return Err(Failure::NotOffered(
                "the relay does not take 8-bit content (8BITMIME)".into(),
            ));
        }
        match self.keywords.size {
            Some(limit) if letter.message.len() as u64 > limit => {
                Err(Failure::NotOffered(format!(
                    "the mail has {} octets, the relay takes {limit} at most (SIZE)",
                    letter.message.len()
                )))
            }
            _ => Ok(()),
        }
    }

    /// Sender, recipient, DATA.
    async fn offer(&mut self, letter: &Letter) -> Result<Offer, Failure> {
        let reset = std::mem::take(&mut self.reset_first);
        if self.keywords.pipelining {
            if reset {
                self.say("RSET");
            }
            self.say_mail(letter);
            self.say_rcpt(&letter.envelope);
            self.say("DATA");
            self.push().await?;
            if reset {
                self.reset_reply().await?;
            }
            let mail = self.reply().await?;
            let rcpt = self.reply().await?;
            let data = self.reply().await?;
            return self.judge(mail, rcpt, data).await;
        }
        if reset {
            self.say("RSET");
            self.push().await?;
            self.reset_reply().await?;
        }
        self.say_mail(letter);
        let mail = self.ask().await?;
        if !mail.is_positive() {
            return self.refused(mail, Stage::MailFrom);
        }
        self.say_rcpt(&letter.envelope);
        let rcpt = self.ask().await?;
        if !rcpt.is_positive() {
            return self.refused(rcpt, Stage::RcptTo);
        }
        self.say("DATA");
        let data = self.ask().await?;
        if data.code == 354 {
            Ok(Offer::Wanted)
        } else {
            self.refused(data, Stage::Data)
        }
    }

    /// Three replies at once (RFC 2920, section 3.1): the first refusal is the reason, and a DATA
    /// that was taken all the same is ended with a lone dot, which hands nothing over because
    /// there is no recipient.
    async fn judge(&mut self, mail: Reply, rcpt: Reply, data: Reply) -> Result<Offer, Failure> {
        let (reply, stage) = if !mail.is_positive() {
            (mail, Stage::MailFrom)
        } else if !rcpt.is_positive() {
            (rcpt.clone(), Stage::RcptTo)
        } else if data.code == 354 {
            return Ok(Offer::Wanted);
        } else {
            return self.refused(data, Stage::Data);
        };
        let offer = self.refused(reply, stage)?;
        if data.code == 354 {
            if rcpt.is_positive() {
                return Err(Failure::Protocol(
                    "DATA and RCPT were taken after MAIL was refused".into(),
                ));
            }
            self.wire.output.extend_from_slice(FINAL_DOT);
            self.push().await?;
            // 5xx is usual, 2xx is seen; either way the transaction is over.
            self.reply().await?;
            self.reset_first = false;
        }
        Ok(offer)
    }

    /// A reply that is not the wanted one.
    fn refused(&mut self, reply: Reply, stage: Stage) -> Result<Offer, Failure> {
        if !matches!(reply.code, 400..=599) {
            return Err(Failure::Protocol(format!("{reply} to {stage:?}")));
        }
        self.reset_first = true;
        Ok(Offer::Refused { reply, stage })
    }

    /// Content and final dot, then the relay's verdict.
    async fn content(&mut self, message: &[u8]) -> Attempt {
        let output = &mut self.wire.output;
        dots::stuff(message, output);
        let before_dot = output.len();
        output.extend_from_slice(FINAL_DOT);
        let written = self.wire.flush(self.timeouts.data_block).await;
        let (failure, touched) = match written.result {
            Ok(()) => match self.wire.reply(self.timeouts.termination).await {
                Ok(reply) => return self.verdict(reply),
                Err(failure) => (failure, true),
            },
            Err(failure) => {
                let touched = written.reached > before_dot;
                // A relay that refuses content half-way says so before it closes.
                if let Failure::Lost(_) = failure
                    && let Ok(reply) = self.wire.reply(LAST_WORDS).await
                {
                    if reply.code == 421 && !touched {
                        return Attempt::Untouched(Failure::Closing(reply));
                    }
                    if matches!(reply.code, 400..=599) {
                        let stage = Stage::Content;
                        return Attempt::Refused { reply, stage };
                    }
                }
                (failure, touched)
            }
        };
        if touched {
            Attempt::Unknown(failure)
        } else {
            Attempt::Untouched(failure)
        }
    }

    /// The reply to the final dot.
    fn verdict(&mut self, reply: Reply) -> Attempt {
        match reply.code {
            200..=299 => {
                self.usable = true;
                Attempt::Accepted(reply)
            }
            400..=599 => {
                self.usable = reply.code != 421;
                let stage = Stage::Content;
                Attempt::Refused { reply, stage }
            }
            _ => Attempt::Unknown(Failure::Protocol(reply.to_string())),
        }
    }

    async fn reset_reply(&mut self) -> Result<(), Failure> {
        let reply = self.reply().await?;
        if reply.is_positive() {
            Ok(())
        } else {
            Err(Failure::Protocol(format!("{reply} to RSET")))
        }
    }

    async fn ask(&mut self) -> Result<Reply, Failure> {
        self.push().await?;
        self.reply().await
    }

    async fn push(&mut self) -> Result<(), Failure> {
        self.wire.flush(self.timeouts.command).await.result
    }

    /// A reply to a command; 421 means that no other follows.
    async fn reply(&mut self) -> Result<Reply, Failure> {
        let reply = self.wire.reply(self.timeouts.command).await?;
        if reply.code == 421 {
            return Err(Failure::Closing(reply));
        }
        Ok(reply)
    }

    fn say(&mut self, command: &str) {
        self.wire.output.extend_from_slice(command.as_bytes());
        self.wire.output.extend_from_slice(b"\r\n");
    }

    fn say_mail(&mut self, letter: &Letter) {
        let envelope = &letter.envelope;
        let keywords = self.keywords;
        let mut line = std::mem::take(&mut self.commands);
        line.clear();
        // Writing into a String does not fail.
        let _ = write!(line, "MAIL FROM:<{}>", envelope.from.as_str());
        if keywords.takes_size {
            let _ = write!(line, " {}", MailParameter::Size(letter.message.len()));
        }
        if !letter.message.is_ascii() {
            let body = MailParameter::Body(MailBodyParameter::EightBitMime);
            let _ = write!(line, " {body}");
        }
        if needs_smtputf8(envelope) {
            let _ = write!(line, " {}", MailParameter::SmtpUtfEight);
        }
        if keywords.dsn {
            line.push_str(" RET=HDRS");
            // RFC 3461, section 4.4: at most 100 characters.
            if !envelope.id.is_empty() && envelope.id.len() <= 100 && is_plain(&envelope.id) {
                let id = MailParameter::Other {
                    keyword: "ENVID".into(),
                    value: Some(envelope.id.clone()),
                };
                let _ = write!(line, " {id}");
            }
        }
        self.say(&line);
        self.commands = line;
    }

    fn say_rcpt(&mut self, envelope: &Envelope) {
        let to = envelope.to.as_str();
        let mut line = std::mem::take(&mut self.commands);
        line.clear();
        let _ = write!(line, "RCPT TO:<{to}>");
        if self.keywords.dsn {
            line.push_str(" NOTIFY=FAILURE,DELAY");
            // Internationalised addresses have a form of their own (RFC 6533); ORCPT is optional.
            if is_plain(to) {
                let orcpt = RcptParameter::Other {
                    keyword: "ORCPT".into(),
                    value: Some(format!("rfc822;{to}")),
                };
                let _ = write!(line, " {orcpt}");
            }
        }
        self.say(&line);
        self.commands = line;
    }
}

impl Connection for SmtpConnection {
    fn send<'a>(
        &'a mut self,
        letter: &'a Letter,
        commit: &'a mut (dyn FnMut() -> io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt> {
        Box::pin(self.transact(letter, commit))
    }

    fn usable(&self) -> bool {
        self.usable
    }

    fn quit(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if self.usable {
                self.say("QUIT");
                // The mails are settled: whether goodbye is heard changes nothing.
                let _ = timeout(GOODBYE, async {
                    let _ = self.wire.flush(GOODBYE).await.result;
                    let _ = self.wire.reply(GOODBYE).await;
                    self.wire.close().await;
                })
                .await;
            }
        })
    }
}

/// RFC 6531: addresses or headers beyond ASCII.
fn needs_smtputf8(envelope: &Envelope) -> bool {
    envelope.smtputf8 || !envelope.from.as_str().is_ascii() || !envelope.to.as_str().is_ascii()
}

/// What xtext can hold without losing anything.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_graphic())
}
