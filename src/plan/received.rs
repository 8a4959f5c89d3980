//! Who already received which documents.

use std::collections::HashSet;

use super::error::PlanError;
use crate::ledger::branch::Ledger;
use crate::mail::digest::Digest;
use crate::mail::recipient_id::RecipientId;

/// Who already received which documents.
#[derive(Default)]
pub struct Received {
    /// By recipient and document.
    pairs: HashSet<(RecipientId, Digest)>,
}

impl Received {
    /// Everybody who received, or is about to receive, one of `documents`, or one of their own, in any occurrence so far.
    ///
    /// # Errors
    /// [`PlanError::Ledger`].
    pub fn read(ledger: &Ledger, documents: &[Digest], own: bool) -> Result<Self, PlanError> {
        let mut received = Self::default();
        if documents.is_empty() && !own {
            return Ok(received);
        }
        for occurrence in ledger.occurrences()? {
            let state = ledger.look(&occurrence)?;
            let Some(header) = state.header() else {
                continue;
            };
            let common: Vec<Digest> = header
                .documents
                .iter()
                .filter(|d| documents.contains(d))
                .copied()
                .collect();
            for (index, status) in state.statuses() {
                // Who is still to be sent to gets them there.
                if !status.has_or_will_get() {
                    continue;
                }
                let Some(id) = state.ids().get(index.0 as usize) else {
                    continue;
                };
                let own_document = if own { state.own_document(index) } else { None };
                let documents = common.iter().copied().chain(own_document);
                received
                    .pairs
                    .extend(documents.map(|document| (*id, document)));
            }
        }
        Ok(received)
    }

    /// Whether somebody has all of these.
    pub fn has_all(&self, who: &RecipientId, documents: impl IntoIterator<Item = Digest>) -> bool {
        let mut any = false;
        for document in documents {
            if !self.pairs.contains(&(*who, document)) {
                return false;
            }
            any = true;
        }
        any
    }
}
