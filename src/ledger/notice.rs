//! That a list's owner was told of addresses that take no mail and of who never signed up, or could not be told: when, and of whom. No
//! addresses. Each is a file of its own, written once: `notices/<year>/<time>-<run>-<digest>.json`.

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
    /// Of which addresses that take no mail.
    pub cases: Vec<Told>,
    /// Of whom who says that they never signed up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disowned: Vec<Told>,
    /// Whether nobody could be told: it was only tried.
    #[serde(default, skip_serializing_if = "is_false")]
    pub failed: bool,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// One address in one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The list.
    pub list: String,
    /// Who.
    pub recipient: RecipientId,
    /// Since when they are suppressed, or when they said that they never signed up: who is suppressed again after a lift, or says so
    /// again, is another case.
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
            disowned: Vec::new(),
            failed: false,
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
        // What is not said is not written: older readers know these files.
        assert!(!text.contains("failed") && !text.contains("disowned"));
        let tried = Notice {
            disowned: notice.cases.clone(),
            failed: true,
            ..notice
        };
        assert_eq!(Notice::read(tried.text().as_bytes()), Some(tried));
    }
}
