//! What follows from one attempt: the outcome to record, and how its destination goes on.
//!
//! Every attempt settles into exactly one of these; nothing else in the crate interprets an
//! [`Attempt`]. Decides nothing about claims and writes nothing.

use jiff::Timestamp;

use crate::ledger::event::Outcome;
use crate::ledger::reply_text::without_recipient;
use crate::schedule::pacer::Verdict;
use crate::schedule::retry::{RetryPolicy, next_try};
use crate::schedule::verdict;
use crate::transport::{Attempt, Failure, Reply};

/// What was tried before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// Refusals for now, so far.
    pub done: u16,
    /// When the first one came; of no meaning where `done` is 0.
    pub first_at: Timestamp,
}

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The relay said something, or nobody will ever know: record it.
    Outcome(Outcome),
    /// Nothing was handed over and nobody refused: the same claim serves for another try.
    Again(Failure),
    /// The journal cannot be written: nothing was sent, and nothing more may be.
    Stop(String),
    /// There is an outcome, but the journal could not note it: nothing more may be sent.
    OutcomeThenStop(Outcome, String),
}

/// Settles one attempt.
pub fn settle(attempt: Attempt, tries: Tries, policy: &RetryPolicy, now: Timestamp) -> Settled {
    match attempt {
        Attempt::Accepted(reply) => Settled::Outcome(Outcome::Accepted { reply: reply.text }),
        Attempt::Refused { reply, .. } if reply.is_transient() => {
            Settled::Outcome(later(reply.to_string(), tries, policy, now))
        }
        Attempt::Refused { reply, .. } => Settled::Outcome(Outcome::Rejected {
            reply: reply.to_string(),
        }),
        // Trying again would not help: this relay will not offer more next time.
        Attempt::Untouched(Failure::NotOffered(what)) => Settled::Outcome(Outcome::Rejected {
            reply: format!("not offered to the relay: {what}"),
        }),
        Attempt::Untouched(Failure::NotCommitted(why)) => Settled::Stop(why),
        Attempt::Untouched(failure) => Settled::Again(failure),
        Attempt::Unknown(failure) => Settled::Outcome(Outcome::Unknown {
            reason: failure.to_string(),
        }),
    }
}

impl Settled {
    /// Without the recipient's local part in what the relay said. To be judged before that.
    pub fn without_recipient(self, local: &str) -> Self {
        let masked = |text: String| without_recipient(&text, local);
        let outcome = |outcome| match outcome {
            Outcome::Accepted { reply } => Outcome::Accepted {
                reply: masked(reply),
            },
            Outcome::Deferred { reply, retry_at } => Outcome::Deferred {
                reply: masked(reply),
                retry_at,
            },
            Outcome::Rejected { reply } => Outcome::Rejected {
                reply: masked(reply),
            },
            Outcome::Unknown { reason } => Outcome::Unknown {
                reason: masked(reason),
            },
        };
        match self {
            Self::Outcome(it) => Self::Outcome(outcome(it)),
            Self::OutcomeThenStop(it, why) => Self::OutcomeThenStop(outcome(it), why),
            Self::Again(Failure::Closing(reply)) => Self::Again(Failure::Closing(Reply {
                text: masked(reply.text),
                ..reply
            })),
            other => other,
        }
    }
}

/// A refusal for now: tried again later, or final where tries or age are used up.
pub fn later(reply: String, tries: Tries, policy: &RetryPolicy, now: Timestamp) -> Outcome {
    let done = tries.done.saturating_add(1);
    let first_at = if tries.done == 0 { now } else { tries.first_at };
    match next_try(policy, done, first_at, now) {
        Some(retry_at) => Outcome::Deferred { reply, retry_at },
        None => Outcome::Rejected {
            reply: format!("gave up after {done} tries; the last answer was: {reply}"),
        },
    }
}

/// How the destination goes on after this attempt.
pub fn pace_after(attempt: &Attempt, now: Timestamp) -> Verdict {
    match attempt {
        Attempt::Accepted(_) => Verdict::Fine,
        Attempt::Untouched(Failure::Closing(reply)) if is_about_connection(reply) => Verdict::Fine,
        Attempt::Refused { reply, .. }
        | Attempt::Untouched(Failure::Closing(reply))
        | Attempt::Unknown(Failure::Closing(reply)) => of_reply(reply, now),
        // A fault of the connection to our own relay says nothing about the destination.
        Attempt::Untouched(_) | Attempt::Unknown(_) => Verdict::Fine,
    }
}

/// Whether a mail that was offered over a connection which had carried others is to be offered again at
/// once, over a new one: the relay had given the old one up. Where it closed it with words against the
/// destination's mail, offering at once is what it asked us not to do.
pub fn is_worn(attempt: &Attempt) -> bool {
    match attempt {
        Attempt::Untouched(Failure::Lost(_)) => true,
        Attempt::Untouched(Failure::Closing(reply)) => is_about_connection(reply),
        _ => false,
    }
}

/// What a 421 says that is about the connection alone: quiet for too long (RFC 3463: 4.4.2), or as
/// many mails on it as the relay takes.
const ABOUT_CONNECTION: &[&str] = &[
    "4.4.2",
    "timeout",
    "timed out",
    "idle",
    "this connection",
    "per connection",
    "this session",
    "per session",
];

fn is_about_connection(reply: &Reply) -> bool {
    let text = reply.text.to_lowercase();
    ABOUT_CONNECTION.iter().any(|words| text.contains(words))
}

fn of_reply(reply: &Reply, now: Timestamp) -> Verdict {
    verdict::judge(reply.code, &reply.text, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worn_connection_is_told_from_a_relay_that_asks_for_patience() {
        let now = Timestamp::UNIX_EPOCH;
        for (text, worn) in [
            ("4.4.2 mail.c.test Error: timeout exceeded", true),
            ("too many messages in this connection", true),
            ("Idle too long, closing", true),
            ("4.7.0 Try again later, closing connection.", false),
            ("4.7.28 unusual rate of unsolicited mail", false),
            ("Too many concurrent SMTP connections", false),
            ("4.3.2 Service not available", false),
        ] {
            let reply = Reply {
                code: 421,
                text: text.to_owned(),
            };
            let attempt = Attempt::Untouched(Failure::Closing(reply));
            assert_eq!(is_worn(&attempt), worn, "{text}");
            assert_eq!(pace_after(&attempt, now) == Verdict::Fine, worn, "{text}");
        }
        let lost = Attempt::Untouched(Failure::Lost("closed".to_owned()));
        assert!(is_worn(&lost) && pace_after(&lost, now) == Verdict::Fine);
    }
}
