//! A pretended provider: which mailboxes accept, refuse, defer, drop or hang, and what each got.
//!
//! One policy for the in-process transport and for the inbox that speaks SMTP, so that a test can
//! run on either. It counts every copy that was taken, which is how "never twice" is proven. Rules
//! count down under one lock: two connections cannot both be "the first".

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Reply;

/// What happens to mails for one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Taken.
    Accept,
    /// This reply to RCPT.
    RefuseRcpt(Reply),
    /// This reply after the final dot.
    RefuseContent(Reply),
    /// The connection closes instead of a reply to RCPT.
    DropAtRcpt,
    /// 421 to RCPT, and the connection closes.
    CloseAtRcpt,
    /// No reply to RCPT, ever.
    HangAtRcpt,
    /// The connection closes instead of a reply to the final dot.
    DropAfterDot {
        /// Whether the mail was taken all the same.
        stored: bool,
    },
    /// No reply to the final dot, ever.
    HangAfterDot {
        /// Whether the mail was taken all the same.
        stored: bool,
    },
}

/// The policy, and what was taken under it.
#[derive(Debug, Default)]
pub struct Mailboxes {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    rules: HashMap<String, Rule>,
    /// 421 instead of a greeting, this many times more.
    busy: u32,
    mails_per_connection: Option<u32>,
    taken: HashMap<(String, String), u32>,
    copies: u64,
}

#[derive(Debug)]
struct Rule {
    verdict: Verdict,
    /// How many times more; `None`: always.
    left: Option<u32>,
}

/// What RCPT is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtRcpt {
    /// 250.
    Accept,
    /// This.
    Refuse(Reply),
    /// 421, then the connection closes.
    Close(Reply),
    /// Nothing: the connection closes.
    Drop,
    /// Nothing, and the connection stays.
    Hang,
}

/// What the final dot is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum AtDot {
    Accept,
    Refuse(Reply),
    Drop { stored: bool },
    Hang { stored: bool },
}

impl Mailboxes {
    /// Everybody accepts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Always this verdict for `mailbox`: an address, `@domain`, or `*` for everybody else.
    #[must_use]
    pub fn always(self, mailbox: &str, verdict: Verdict) -> Self {
        self.set(mailbox, verdict, None);
        self
    }

    /// This verdict the first `times` times, then mails are taken.
    #[must_use]
    pub fn first(self, mailbox: &str, times: u32, verdict: Verdict) -> Self {
        self.set(mailbox, verdict, Some(times));
        self
    }

    /// 421 instead of a greeting, for the next `times` connections.
    #[must_use]
    pub fn busy(self, times: u32) -> Self {
        self.lock().busy = times;
        self
    }

    /// 421 to MAIL once a connection has had this many mails.
    #[must_use]
    pub fn mails_per_connection(self, mails: u32) -> Self {
        self.lock().mails_per_connection = Some(mails);
        self
    }

    /// Changes a rule while connections are open. `times` as in [`Self::first`].
    pub fn set(&self, mailbox: &str, verdict: Verdict, times: Option<u32>) {
        let rule = Rule {
            verdict,
            left: times,
        };
        self.lock().rules.insert(mailbox.to_lowercase(), rule);
    }

    /// A refusal of the connection, where there is one.
    pub fn at_connect(&self) -> Option<Reply> {
        let mut inner = self.lock();
        inner.busy = inner.busy.checked_sub(1)?;
        Some(reply(421, "4.3.2 too busy, try again later"))
    }

    /// A refusal of MAIL on a connection that has had `mails` mails.
    pub fn at_mail(&self, mails: u32) -> Option<Reply> {
        let most = self.lock().mails_per_connection?;
        (mails >= most).then(|| reply(421, "4.7.0 too many mails on this connection"))
    }

    /// What RCPT is answered with.
    pub fn at_rcpt(&self, address: &str) -> AtRcpt {
        let mut inner = self.lock();
        let Some(rule) = inner.rule(address) else {
            return AtRcpt::Accept;
        };
        let answer = match &rule.verdict {
            Verdict::RefuseRcpt(reply) => AtRcpt::Refuse(reply.clone()),
            Verdict::CloseAtRcpt => AtRcpt::Close(reply(421, "4.3.2 closing")),
            Verdict::DropAtRcpt => AtRcpt::Drop,
            Verdict::HangAtRcpt => AtRcpt::Hang,
            _ => return AtRcpt::Accept,
        };
        rule.count_down();
        answer
    }

    /// What the final dot is answered with. Where [`AtDot::is_stored`], [`Self::store`] follows.
    pub fn at_dot(&self, address: &str) -> AtDot {
        let mut inner = self.lock();
        let mut answer = AtDot::Accept;
        if let Some(rule) = inner.rule(address) {
            answer = match &rule.verdict {
                Verdict::RefuseContent(reply) => AtDot::Refuse(reply.clone()),
                Verdict::DropAfterDot { stored } => AtDot::Drop { stored: *stored },
                Verdict::HangAfterDot { stored } => AtDot::Hang { stored: *stored },
                _ => AtDot::Accept,
            };
            if answer != AtDot::Accept {
                rule.count_down();
            }
        }
        answer
    }

    /// Records a copy that was taken.
    pub fn store(&self, address: &str, message_id: &str) {
        let key = (message_id.to_owned(), address.to_lowercase());
        let mut inner = self.lock();
        *inner.taken.entry(key).or_default() += 1;
        inner.copies += 1;
    }

    /// Copies of one mail that one address has taken.
    pub fn copies_of(&self, message_id: &str, address: &str) -> u32 {
        let key = (message_id.to_owned(), address.to_lowercase());
        self.lock().taken.get(&key).copied().unwrap_or_default()
    }

    /// Copies that were taken, all mails and addresses together.
    pub fn copies(&self) -> u64 {
        self.lock().copies
    }

    /// Every Message-ID and address with the copies taken, in order.
    pub fn taken(&self) -> Vec<(String, String, u32)> {
        let mut all: Vec<_> = self
            .lock()
            .taken
            .iter()
            .map(|((id, address), copies)| (id.clone(), address.clone(), *copies))
            .collect();
        all.sort();
        all
    }

    /// What was taken more than once: empty, or a promise is broken.
    pub fn taken_twice(&self) -> Vec<(String, String, u32)> {
        let mut all = self.taken();
        all.retain(|(_, _, copies)| *copies > 1);
        all
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A test that panicked elsewhere must not hide its own message behind a poisoned lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The rule in force for an address: its own, its domain's, everybody's.
    fn rule(&mut self, address: &str) -> Option<&mut Rule> {
        let address = address.to_lowercase();
        let domain = address.rfind('@').and_then(|at| address.get(at..));
        let found = [Some(address.as_str()), domain, Some("*")]
            .into_iter()
            .flatten()
            .find(|key| {
                self.rules
                    .get(*key)
                    .is_some_and(|rule| rule.left != Some(0))
            })?;
        self.rules.get_mut(found)
    }
}

impl Rule {
    fn count_down(&mut self) {
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
        }
    }
}

impl AtDot {
    /// Whether the mailbox has the mail now.
    pub const fn is_stored(&self) -> bool {
        match self {
            Self::Accept => true,
            Self::Refuse(_) => false,
            Self::Drop { stored } | Self::Hang { stored } => *stored,
        }
    }
}

impl Verdict {
    /// Refuses at RCPT.
    pub fn refuse_rcpt(code: u16, text: &str) -> Self {
        Self::RefuseRcpt(reply(code, text))
    }

    /// Refuses after the final dot.
    pub fn refuse_content(code: u16, text: &str) -> Self {
        Self::RefuseContent(reply(code, text))
    }
}

fn reply(code: u16, text: &str) -> Reply {
    Reply {
        code,
        text: text.to_owned(),
    }
}

/// The Message-ID in a message's headers, empty where there is none.
pub(super) fn message_id(message: &[u8]) -> String {
    for line in message.split(|&octet| octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_at_checked(11)
            && name.eq_ignore_ascii_case(b"message-id:")
        {
            return String::from_utf8_lossy(value).trim().to_owned();
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_rule_counts_and_runs_out() {
        let boxes = Mailboxes::new()
            .always("*", Verdict::refuse_rcpt(550, "5.1.1 unknown"))
            .first("@b.test", 1, Verdict::CloseAtRcpt)
            .first("Ana@b.test", 2, Verdict::refuse_rcpt(451, "4.2.0 later"))
            .always("ok@b.test", Verdict::Accept);
        let later = AtRcpt::Refuse(reply(451, "4.2.0 later"));
        assert_eq!(boxes.at_rcpt("ana@b.test"), later);
        assert_eq!(boxes.at_rcpt("ANA@B.test"), later);
        assert!(matches!(boxes.at_rcpt("ana@b.test"), AtRcpt::Close(_)));
        assert!(matches!(boxes.at_rcpt("ana@b.test"), AtRcpt::Refuse(r) if r.code == 550));
        assert_eq!(boxes.at_rcpt("ok@b.test"), AtRcpt::Accept);
    }

    #[test]
    fn copies_are_counted_also_where_nobody_was_told() {
        let boxes = Mailboxes::new().first("a@b.test", 1, Verdict::DropAfterDot { stored: true });
        assert_eq!(boxes.at_dot("a@b.test"), AtDot::Drop { stored: true });
        boxes.store("a@b.test", "<1@x>");
        assert!(boxes.taken_twice().is_empty());
        assert_eq!(boxes.at_dot("A@b.test"), AtDot::Accept);
        boxes.store("A@b.test", "<1@x>");
        assert_eq!(
            boxes.taken_twice(),
            [("<1@x>".into(), "a@b.test".into(), 2)]
        );
        assert_eq!(boxes.copies(), 2);
    }

    #[test]
    fn a_message_id_is_read_from_headers_only() {
        assert_eq!(
            message_id(b"From: x\r\nMESSAGE-ID: <a@b> \r\n\r\n"),
            "<a@b>"
        );
        assert_eq!(message_id(b"From: x\r\n\r\nMessage-ID: <a@b>\r\n"), "");
    }
}
