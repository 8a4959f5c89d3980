//! A relay without sockets: the engine's tests run on it in virtual time.
//!
//! It answers at once. Where a real relay would hang it reports the timeout that would follow.

use std::io;
use std::sync::Arc;

use crate::clock::BoxFuture;
use crate::mail::envelope::Letter;

use super::mailboxes::{AtDot, AtRcpt, Mailboxes, message_id};
use super::{Attempt, ConnectError, Connection, Failure, Reply, Stage, Transport};

/// Hands mails to [`Mailboxes`] directly.
#[derive(Debug, Clone)]
pub struct InProcess {
    mailboxes: Arc<Mailboxes>,
}

/// The seconds that a hanging relay's timeouts are reported with: before and after the dot.
const TIMEOUTS: (u64, u64) = (60, 300);

impl InProcess {
    /// A relay in front of these mailboxes.
    pub const fn new(mailboxes: Arc<Mailboxes>) -> Self {
        Self { mailboxes }
    }
}

impl Transport for InProcess {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async {
            if let Some(reply) = self.mailboxes.at_connect() {
                return Err(ConnectError::Refused {
                    relay: "in-process".into(),
                    reply,
                });
            }
            Ok(Box::new(Open {
                mailboxes: Arc::clone(&self.mailboxes),
                mails: 0,
                usable: true,
            }) as Box<dyn Connection>)
        })
    }
}

struct Open {
    mailboxes: Arc<Mailboxes>,
    mails: u32,
    usable: bool,
}

impl Open {
    fn attempt(
        &mut self,
        letter: &Letter,
        commit: &mut (dyn FnMut() -> io::Result<()> + Send),
    ) -> Attempt {
        if !self.usable {
            return Attempt::Untouched(lost());
        }
        if let Some(reply) = self.mailboxes.at_mail(self.mails) {
            self.usable = false;
            return Attempt::Untouched(Failure::Closing(reply));
        }
        let to = letter.envelope.to.as_str();
        match self.mailboxes.at_rcpt(to) {
            AtRcpt::Accept => {}
            AtRcpt::Refuse(reply) => {
                let stage = Stage::RcptTo;
                return Attempt::Refused { reply, stage };
            }
            AtRcpt::Close(reply) => return self.broken(Failure::Closing(reply)),
            AtRcpt::Drop => return self.broken(lost()),
            AtRcpt::Hang => return self.broken(Failure::TimedOut(TIMEOUTS.0)),
        }
        if let Err(error) = commit() {
            return self.broken(Failure::NotCommitted(error.to_string()));
        }
        self.mails += 1;
        let answer = self.mailboxes.at_dot(to);
        if answer.is_stored() {
            self.mailboxes.store(to, &message_id(&letter.message));
        }
        match answer {
            AtDot::Accept => Attempt::Accepted(Reply {
                code: 250,
                text: "2.0.0 taken".into(),
            }),
            AtDot::Refuse(reply) => {
                self.usable = reply.code != 421;
                let stage = Stage::Content;
                Attempt::Refused { reply, stage }
            }
            AtDot::Drop { .. } => {
                self.usable = false;
                Attempt::Unknown(lost())
            }
            AtDot::Hang { .. } => {
                self.usable = false;
                Attempt::Unknown(Failure::TimedOut(TIMEOUTS.1))
            }
        }
    }

    fn broken(&mut self, failure: Failure) -> Attempt {
        self.usable = false;
        Attempt::Untouched(failure)
    }
}

fn lost() -> Failure {
    Failure::Lost("the relay closed the connection".into())
}

impl Connection for Open {
    fn send<'a>(
        &'a mut self,
        letter: &'a Letter,
        commit: &'a mut (dyn FnMut() -> io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt> {
        Box::pin(async { self.attempt(letter, commit) })
    }

    fn usable(&self) -> bool {
        self.usable
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}
