//! Where a worker gets a recipient's mail from.

use jiff::Timestamp;

use crate::mail::envelope::Letter;

/// Makes the mails of one occurrence.
pub trait Letters: Send + Sync {
    /// The mail for the recipient at `index` of the audience, dated `date`. The same recipient gets
    /// the same Message-ID every time.
    ///
    /// # Errors
    /// [`NoLetter`]: this recipient can not be written to, whatever the relay says.
    fn letter(&self, index: u32, date: Timestamp) -> Result<Letter, NoLetter>;
}

/// Why there is no mail for a recipient. The texts come into the ledger and into logs: they name places
/// and never hold what stands in the recipient's row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoLetter {
    /// The member's row is no longer where the audience was taken from, or their own document is
    /// not there.
    #[error("document missing: {0}")]
    DocumentMissing(String),
    /// The template does not work out for this row.
    #[error("not renderable: {0}")]
    NotRenderable(String),
    /// The row could not be read.
    #[error("row not readable: {0}")]
    RowUnreadable(String),
}
