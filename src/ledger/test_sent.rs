//! That a campaign was sent, marked, to one's own addresses: of which content, when, by whom, and how many the relay took. No
//! addresses. Each is a file of its own, written once: `tests/<campaign>/<digest>-<run>.json`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mail::digest::Digest;
use crate::mail::occurrence::CampaignId;

/// A test sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestSent {
    /// Of which campaign.
    pub campaign: CampaignId,
    /// Of which content: what an approval approves.
    pub digest: Digest,
    /// When.
    pub at: Timestamp,
    /// By whom, as git knows them.
    pub by: String,
    /// How many mails the relay took.
    pub accepted: u32,
}

/// As it stands in its file.
#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    digest: Digest,
    at: Timestamp,
    by: String,
    accepted: u32,
}

const VERSION: u32 = 1;

impl TestSent {
    /// The folder of a campaign's tests.
    pub(super) fn folder(campaign: &CampaignId) -> String {
        format!("tests/{campaign}")
    }

    /// The file's name, of the run that writes it.
    pub(super) fn file_name(&self, run: impl std::fmt::Display) -> String {
        format!("{}-{run}.json", self.digest)
    }

    /// The file's content.
    pub(super) fn text(&self) -> String {
        let file = File {
            version: VERSION,
            digest: self.digest,
            at: self.at,
            by: self.by.clone(),
            accepted: self.accepted,
        };
        // Of plain values: writing them cannot fail.
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Whether a file says that content of this digest was sent and taken.
    pub(super) fn is_of(text: &[u8], digest: Digest) -> bool {
        let file: Result<File, _> = serde_json::from_slice(text);
        file.is_ok_and(|it| it.version == VERSION && it.digest == digest && it.accepted > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let test = TestSent {
            campaign: CampaignId::parse("2026/rueda").unwrap(),
            digest: Digest::of(b"one"),
            at: Timestamp::UNIX_EPOCH,
            by: "Ana \"la\" Ruiz".to_owned(),
            accepted: 2,
        };
        assert!(TestSent::is_of(test.text().as_bytes(), Digest::of(b"one")));
        assert!(!TestSent::is_of(test.text().as_bytes(), Digest::of(b"two")));
        let none = TestSent {
            accepted: 0,
            ..test
        };
        assert!(!TestSent::is_of(none.text().as_bytes(), Digest::of(b"one")));
        assert!(!TestSent::is_of(b"{", Digest::of(b"one")));
    }
}
