//! That a list's owner was told of addresses that take no mail: when, and of which. No addresses. Each is a file of its own,
//! written once: `notices/<year>/<time>-<run>-<digest>.json`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::RunId;
use crate::mail::digest::Digest;
use crate::mail::recipient_id::RecipientId;

/// What one owner was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    version: u32,
    /// When.
    pub at: Timestamp,
    /// Who was told, by their name in the settings.
    pub owner: String,
    /// Of what.
    pub cases: Vec<Told>,
}

/// One address in one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The list.
    pub list: String,
    /// Who.
    pub recipient: RecipientId,
    /// Since when they are suppressed: who is suppressed again later is another case.
    pub since: Timestamp,
}

const VERSION: u32 = 1;

impl Notice {
    pub(super) const FOLDER: &'static str = "notices";

    /// A notice.
    pub fn new(at: Timestamp, owner: &str, cases: Vec<Told>) -> Self {
        Self {
            version: VERSION,
            at,
            owner: owner.to_owned(),
            cases,
        }
    }

    /// Its file, of the run that writes it.
    pub(super) fn path(&self, run: RunId) -> String {
        let year = self.at.strftime("%Y");
        let time = self.at.strftime("%Y%m%dT%H%M%S");
        // A run tells several owners in the same instant.
        let what = Digest::of(self.text().as_bytes());
        format!("{}/{year}/{time}-{run}-{}.json", Self::FOLDER, what.short())
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
        let notice: Self = serde_json::from_slice(text).ok()?;
        (notice.version == VERSION).then_some(notice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let told = Told {
            list: "exportadores".to_owned(),
            recipient: RecipientId([7; 12]),
            since: Timestamp::UNIX_EPOCH,
        };
        let notice = Notice::new(Timestamp::UNIX_EPOCH, "ana", vec![told]);
        let text = notice.text();
        assert_eq!(Notice::read(text.as_bytes()), Some(notice.clone()));
        let path = notice.path(RunId(7));
        assert!(
            path.starts_with("notices/1970/19700101T000000-00000007-"),
            "{path}"
        );
        let other = Notice::new(Timestamp::UNIX_EPOCH, "luis", notice.cases.clone());
        assert_ne!(other.path(RunId(7)), path);
        let newer = text.replace("\"version\":1", "\"version\":2");
        assert_eq!(Notice::read(newer.as_bytes()), None);
        assert_eq!(Notice::read(b"{"), None);
    }
}
