//! Where a worker gets a recipient's mail from.

use jiff::Timestamp;

use crate::mail::envelope::Letter;
use crate::plan::mailing::NoLetter;

/// Makes the mails of one occurrence.
pub trait Letters: Send + Sync {
    /// The mail for the recipient at `index` of the audience, dated `date`. The same recipient gets
    /// the same Message-ID every time.
    ///
    /// # Errors
    /// [`NoLetter`]: this recipient cannot be written to, whatever the relay says.
    fn letter(&self, index: u32, date: Timestamp) -> Result<Letter, NoLetter>;
}
