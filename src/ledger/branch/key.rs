//! Which key the ledger's recipient ids were made with: its fingerprint, in a file of its own.
//!
//! With another key everybody is a stranger: who is suppressed would be mailed, and who has a document
//! would get it again. So a ledger takes one key, and every batch is checked against it, also where
//! two runs with different keys write the first batch at once.

use std::ops::ControlFlow;

use super::{Ledger, LedgerError};
use crate::git::{EntryKind, ObjectId};
use crate::ledger::event::AudienceHeader;
use crate::ledger::segment::{Record, Subject};
use crate::mail::occurrence::OccurrenceId;

/// The file: 8 hexadecimal digits and a line's end.
const FILE: &str = "KEY";

impl Ledger {
    /// Whatever is published from now on has ids made with the key of this fingerprint.
    ///
    /// # Errors
    /// [`LedgerError::OtherKey`] where those on the branch were made with another.
    pub fn use_key(&mut self, fingerprint: String) -> Result<(), LedgerError> {
        self.key = Some(fingerprint);
        self.key_file().map(|_| ())
    }

    /// The file to write, where a key is in use and the branch does not name it yet.
    pub(super) fn key_file(&self) -> Result<Option<(String, ObjectId)>, LedgerError> {
        let Some(ours) = &self.key else {
            return Ok(None);
        };
        let Some(theirs) = self.named_key()? else {
            self.check_audiences(ours)?;
            let id = self.write(&format!("{ours}\n"))?;
            return Ok(Some((FILE.to_owned(), id)));
        };
        match theirs == *ours {
            true => Ok(None),
            false => Err(other(FILE, &theirs, ours)),
        }
    }

    /// The fingerprint that the branch names; `None` where it names none.
    ///
    /// # Errors
    /// [`LedgerError::Git`].
    pub(in crate::ledger) fn named_key(&self) -> Result<Option<String>, LedgerError> {
        let named = match self.head {
            Some(head) => self.repository.entry(head, FILE)?,
            None => None,
        };
        let Some(entry) = named else { return Ok(None) };
        Ok(Some(match entry.kind {
            EntryKind::File => self.repository.with_blob(entry.id, |bytes| {
                String::from_utf8_lossy(bytes).trim().to_owned()
            })?,
            _ => String::new(),
        }))
    }

    /// A ledger that does not name its key (somebody removed the file) has audiences that do.
    fn check_audiences(&self, ours: &str) -> Result<(), LedgerError> {
        for occurrence in self.occurrences()? {
            match self.header(&occurrence)? {
                Some(header) if header.key != *ours => {
                    return Err(other(&format!("campaigns/{occurrence}"), &header.key, ours));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// How an occurrence was fixed; `None` before it started. Reads no further than that.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn header(&self, occurrence: &OccurrenceId) -> Result<Option<AudienceHeader>, LedgerError> {
        let subject = Subject::Occurrence(occurrence.clone());
        let mut found = None;
        self.segments(
            &subject,
            |_| true,
            |_, record| match record {
                Record::Audience { header, .. } => {
                    found = Some(*header);
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            },
        )?;
        Ok(found)
    }
}

fn other(path: &str, theirs: &str, ours: &str) -> LedgerError {
    LedgerError::OtherKey {
        path: path.to_owned(),
        theirs: theirs
            .chars()
            .filter(|c| !c.is_control())
            .take(20)
            .collect(),
        ours: ours.to_owned(),
    }
}
