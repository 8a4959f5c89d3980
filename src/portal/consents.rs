//! The texts that people agree to when they join: those that the lists have, and those that they had before, as git keeps them.
//!
//! A form says by a digest which text it showed, and so does the record of who joined: the text itself is found here, as long as
//! it stands in the branch's history. Goes back a bounded way, and reads what is new only.

use std::collections::HashMap;
use std::path::Path;

use jiff::Timestamp;

use super::form::Sent;
use super::ground::Held;
use super::service::Service;
use crate::git::{CommitId, GitError, Repository};
use crate::ledger::feedback::MessageKey;
use crate::workspace::list::{Joining, consent_texts};

/// Commits that are looked at.
const FURTHEST: usize = 20_000;

/// Longer files are no list's settings.
const LONGEST: u64 = 1_000_000;

/// See the module.
#[derive(Default)]
pub(super) struct Consents {
    known: HashMap<(String, MessageKey), Text>,
    read: Option<CommitId>,
}

/// A text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    /// When it first stood in the list's file.
    pub(super) since: Timestamp,
}

impl Consents {
    /// The text with this digest that a list has or had.
    pub(super) fn of(&self, list: &str, digest: MessageKey) -> Option<&Text> {
        self.known.get(&(list.to_owned(), digest))
    }

    /// Reads the branch as far as its new head.
    pub(super) fn news(
        repository: &Path,
        head: CommitId,
        read: Option<CommitId>,
    ) -> Result<Self, GitError> {
        let mut news = Self {
            read: Some(head),
            ..Self::default()
        };
        if read == Some(head) {
            return Ok(news);
        }
        let repository = Repository::open(repository)?;
        let versions = repository.versions(head, read, ("lists", ".yaml"), FURTHEST)?;
        for version in versions {
            let list = version.name.trim_end_matches(".yaml");
            // What this clone has not got is not known here.
            let size = repository.blob_size(version.blob);
            let Ok(true) = size.map(|size| size <= LONGEST) else {
                continue;
            };
            let Ok(content) = repository.with_blob(version.blob, <[u8]>::to_vec) else {
                continue;
            };
            let content = String::from_utf8_lossy(&content).into_owned();
            let since = Timestamp::from_second(version.since).unwrap_or(Timestamp::UNIX_EPOCH);
            for (_, text) in consent_texts(&version.name, content) {
                news.add(list, Text { text, since });
            }
        }
        Ok(news)
    }

    /// How far it was read.
    pub(super) const fn read(&self) -> Option<CommitId> {
        self.read
    }

    /// Takes in what was read.
    pub(super) fn take(&mut self, news: Self) {
        self.read = news.read;
        for ((list, _), text) in news.known {
            self.add(&list, text);
        }
    }

    fn add(&mut self, list: &str, text: Text) {
        let digest = MessageKey::of(text.text.as_bytes());
        let known = self.known.entry((list.to_owned(), digest));
        let known = known.or_insert_with(|| text.clone());
        known.since = known.since.min(text.since);
    }
}

impl Service {
    /// The text that somebody agreed to: the one that their form says it showed, where the list has it or had it. A form of one's own
    /// may hold the text itself in place of its digest.
    pub(super) fn agreed(&self, held: &Held, joining: &Joining, sent: &Sent) -> Option<MessageKey> {
        sent.get("agree").filter(|agree| *agree == "yes")?;
        let told = sent.get("consent")?.trim().replace("\r\n", "\n");
        let digest = |text: &String| MessageKey::of(text.as_bytes());
        let mut texts = joining.consent.values();
        let is_it = |text: &&String| text.trim() == told || digest(text).to_string() == told;
        if let Some(text) = texts.find(is_it) {
            return Some(digest(text));
        }
        let digest = MessageKey::parse(&told).unwrap_or_else(|| digest(&told));
        let was = self.consents(|consents| consents.of(held.name.as_str(), digest).is_some());
        was.then_some(digest)
    }

    /// Takes in the texts as far as the main branch's new head. Where history cannot be read, they are read with the next head: the
    /// texts of today are known without it, and nothing waits for those of before.
    pub(super) fn read_consents(&self, repository: &Path, head: CommitId) {
        let read = self.consents(|consents| consents.read());
        match Consents::news(repository, head, read) {
            Ok(news) => self.consents(|consents| consents.take(news)),
            Err(why) => self.log(&format!("former texts of consent are not known: {why}")),
        }
    }
}
