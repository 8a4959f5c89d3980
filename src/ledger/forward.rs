//! That what a person wrote was forwarded to who answers for a sender, or that what they asked for by mail was answered:
//! claimed before the mail goes out, and then done or released. By the message's key; no addresses. Each is a file of its
//! own, written once:
//! `forwards/<year>/<time>-<run>-<digest>.json`.
//!
//! Publishing has an order: of two runs that claim one message, one sees the other's claim below its own. So a message
//! is forwarded once at most; whoever finds a claim that nothing followed leaves it to a person.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::RunId;
use super::feedback::MessageKey;
use crate::mail::digest::Digest;
use crate::mail::recipient_id::RecipientId;

/// What became of some messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forward {
    version: u32,
    /// When.
    pub at: Timestamp,
    /// Whose doing, as eight hexadecimal digits.
    pub run: String,
    /// What.
    pub stage: Stage,
    /// Of which messages: their keys.
    pub messages: Vec<String>,
    /// Whom answers go to: one for each mail that is written. None where messages are forwarded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answered: Vec<RecipientId>,
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// A run is about to forward it.
    Claimed,
    /// The relay has it.
    Done,
    /// It surely did not go out: another run may.
    Released,
}

const VERSION: u32 = 1;

impl Forward {
    pub(super) const FOLDER: &'static str = "forwards";

    /// What became of these.
    pub fn new(at: Timestamp, run: RunId, stage: Stage, messages: &[MessageKey]) -> Self {
        Self {
            version: VERSION,
            at,
            run: run.to_string(),
            stage,
            messages: messages.iter().map(MessageKey::to_string).collect(),
            answered: Vec::new(),
        }
    }

    /// The same, as answers to these.
    #[must_use]
    pub fn answering(self, answered: &[RecipientId]) -> Self {
        Self {
            answered: answered.to_vec(),
            ..self
        }
    }

    /// Its file.
    pub(super) fn path(&self) -> String {
        let year = self.at.strftime("%Y");
        let time = self.at.strftime("%Y%m%dT%H%M%S");
        let what = Digest::of(self.text().as_bytes());
        format!(
            "{}/{year}/{time}-{}-{}.json",
            Self::FOLDER,
            self.run,
            what.short()
        )
    }

    /// The file's content.
    pub fn text(&self) -> String {
        // Of plain values: writing them cannot fail.
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// A file's content, read.
    pub fn read(text: &[u8]) -> Option<Self> {
        let forward: Self = serde_json::from_slice(text).ok()?;
        let is_run = forward.run.len() == 8 && forward.run.bytes().all(|b| b.is_ascii_hexdigit());
        let are_keys = forward
            .messages
            .iter()
            .all(|key| MessageKey::parse(key).is_some());
        (forward.version == VERSION && is_run && are_keys).then_some(forward)
    }
}

/// Which messages were forwarded, and which are being. The order of files does not matter.
#[derive(Debug, Default)]
pub struct Forwards {
    messages: HashMap<MessageKey, Of>,
    /// Answers by whom they went to: when, and how many more or fewer.
    answers: HashMap<RecipientId, Vec<(Timestamp, i64)>>,
}

/// Of one message.
#[derive(Debug, Default)]
struct Of {
    done: bool,
    /// Claims less releases, by run.
    claims: HashMap<String, i64>,
}

impl Forwards {
    /// Takes one in.
    pub fn apply(&mut self, forward: &Forward) {
        let keys = forward
            .messages
            .iter()
            .filter_map(|key| MessageKey::parse(key));
        for key in keys {
            let of = self.messages.entry(key).or_default();
            let claims = of.claims.entry(forward.run.clone()).or_default();
            match forward.stage {
                Stage::Claimed => *claims += 1,
                Stage::Released => *claims -= 1,
                Stage::Done => of.done = true,
            }
        }
        for who in &forward.answered {
            let count = match forward.stage {
                Stage::Claimed => 1,
                Stage::Released => -1,
                Stage::Done => continue,
            };
            let answers = self.answers.entry(*who).or_default();
            answers.push((forward.at, count));
        }
    }

    /// How many answers went to somebody since then.
    pub fn answered(&self, who: &RecipientId, since: Timestamp) -> i64 {
        let answers = self.answers.get(who).into_iter().flatten();
        let recent = answers.filter(|(at, _)| *at >= since);
        recent.map(|(_, count)| count).sum()
    }

    /// Whether the relay has it.
    pub fn is_done(&self, message: MessageKey) -> bool {
        self.messages.get(&message).is_some_and(|of| of.done)
    }

    /// Whether a run has claimed it and not released it; `besides` is not asked for.
    pub fn is_claimed(&self, message: MessageKey, besides: Option<RunId>) -> bool {
        let besides = besides.map(|run| run.to_string());
        let of = self.messages.get(&message);
        of.is_some_and(|of| {
            let mut claims = of.claims.iter();
            claims.any(|(run, count)| *count > 0 && Some(run) != besides.as_ref())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forward(run: u32, stage: Stage) -> Forward {
        Forward::new(
            Timestamp::UNIX_EPOCH,
            RunId(run),
            stage,
            &[MessageKey([7; 8])],
        )
    }

    #[test]
    fn what_is_written_is_read() {
        let one = forward(7, Stage::Claimed);
        let text = one.text();
        assert_eq!(Forward::read(text.as_bytes()), Some(one.clone()));
        let path = one.path();
        assert!(
            path.starts_with("forwards/1970/19700101T000000-00000007-"),
            "{path}"
        );
        assert_ne!(forward(7, Stage::Done).path(), path);
        for (from, to) in [
            ("\"version\":1", "\"version\":2"),
            ("00000007", "../../x7"),
            ("0707", "zz07"),
        ] {
            assert_eq!(
                Forward::read(text.replacen(from, to, 1).as_bytes()),
                None,
                "{to}"
            );
        }
    }

    #[test]
    fn answers_are_counted_by_whom_they_go_to() {
        let (ana, leo) = (RecipientId([1; 12]), RecipientId([2; 12]));
        let one = forward(1, Stage::Claimed).answering(&[ana, leo]);
        assert_eq!(Forward::read(one.text().as_bytes()), Some(one.clone()));
        assert!(!forward(1, Stage::Claimed).text().contains("answered"));
        let mut all = Forwards::default();
        all.apply(&one);
        all.apply(&forward(1, Stage::Released).answering(&[leo]));
        all.apply(&forward(1, Stage::Done).answering(&[ana]));
        let since = Timestamp::UNIX_EPOCH;
        assert_eq!(
            (all.answered(&ana, since), all.answered(&leo, since)),
            (1, 0)
        );
        let later = Timestamp::from_second(1).unwrap();
        assert_eq!(all.answered(&ana, later), 0);
    }

    #[test]
    fn a_claim_holds_until_it_is_released_or_done() {
        let key = MessageKey([7; 8]);
        let mut all = Forwards::default();
        assert!(!all.is_claimed(key, None) && !all.is_done(key));
        all.apply(&forward(1, Stage::Claimed));
        assert!(all.is_claimed(key, None) && all.is_claimed(key, Some(RunId(2))));
        assert!(!all.is_claimed(key, Some(RunId(1))));
        all.apply(&forward(1, Stage::Released));
        assert!(!all.is_claimed(key, None));
        all.apply(&forward(1, Stage::Claimed));
        all.apply(&forward(1, Stage::Done));
        assert!(all.is_done(key));
    }
}
