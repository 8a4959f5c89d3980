//! Puts an audience into the order in which it is published: by destination, so that a claim of
//! one destination's next mails is one range.

use super::{Audience, AudienceError, CopyTo, Entry, Place, Problems};
use crate::ledger::event::{AudienceEntry, Exclusion, RecipientIndex};
use crate::mail::address::Address;
use crate::mail::digest::Digest;
use crate::mail::recipient_id::RecipientId;

/// An audience in the order of its destinations, copies among them.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an arranged audience is there to be published"]
pub struct Arranged {
    /// Who gets it. Positions are the ledger's indices.
    pub entries: Vec<Entry>,
    /// The single addresses.
    pub includes: Vec<Address>,
    /// Who gets a copy of every mail.
    pub copies: Vec<CopyTo>,
    /// Who was selected, or was to get copies, and gets nothing, and why.
    pub excluded: Vec<(RecipientId, Exclusion)>,
    /// Wrong rows.
    pub problems: Problems,
    documents: Vec<Digest>,
    destination_of_domain: Vec<u16>,
}

impl Audience {
    /// Adds the copies and sorts all by destination; within one, the order of the lists stays.
    /// `destination_of_domain` has a destination for each of [`Audience::domains`].
    ///
    /// # Errors
    /// [`AudienceError::Held`] where the audience must not go out as it stands, and
    /// [`AudienceError::TooLarge`].
    pub fn arrange(self, destination_of_domain: &[u16]) -> Result<Arranged, AudienceError> {
        if let Some(hold) = self.hold {
            return Err(hold.into());
        }
        let destination = |entry: &Entry| destination_at(destination_of_domain, entry.domain);
        let mut entries = self.entries;
        if self.copies.is_empty() {
            entries.sort_by_key(destination);
        } else {
            entries = with_copies(&entries, &self.copies, destination)?;
        }
        let mut excluded = self.excluded;
        excluded.extend(self.copies_left_out);
        Ok(Arranged {
            entries,
            includes: self.includes,
            copies: self.copies,
            excluded,
            problems: self.problems,
            documents: self.documents,
            destination_of_domain: destination_of_domain.to_vec(),
        })
    }
}

fn destination_at(destination_of_domain: &[u16], domain: u32) -> u16 {
    let destination = destination_of_domain.get(domain as usize);
    destination.copied().unwrap_or_default()
}

/// Every primary with a copy for each address, sorted; a copy says which primary's mail it is of.
fn with_copies(
    primaries: &[Entry],
    copies: &[CopyTo],
    destination: impl Fn(&Entry) -> u16,
) -> Result<Vec<Entry>, AudienceError> {
    let too_large = |_| AudienceError::TooLarge;
    let all = primaries.len().saturating_mul(copies.len() + 1);
    u32::try_from(all).map_err(too_large)?;
    // Each entry with where it stood: a primary's position is what its copies refer to.
    let mut placed: Vec<(u32, Entry)> = Vec::with_capacity(all);
    placed.extend((0..).zip(primaries.iter().copied()));
    for (of, primary) in (0_u32..).zip(primaries) {
        for (to, copy) in (0_u16..).zip(copies) {
            let entry = Entry {
                id: copy.id,
                place: Place::Copy { of, to },
                domain: copy.domain,
                document: primary.document,
            };
            placed.push((u32::MAX, entry));
        }
    }
    placed.sort_by_key(|(_, entry)| destination(entry));
    let mut now_at = vec![0; primaries.len()];
    for (now, (before, _)) in (0_u32..).zip(&placed) {
        if let Some(at) = now_at.get_mut(*before as usize) {
            *at = now;
        }
    }
    let moved = placed.into_iter().map(|(_, mut entry)| {
        if let Place::Copy { of, .. } = &mut entry.place {
            *of = now_at.get(*of as usize).copied().unwrap_or_default();
        }
        entry
    });
    Ok(moved.collect())
}

impl Arranged {
    /// An entry's destination.
    pub fn destination(&self, entry: &Entry) -> u16 {
        destination_at(&self.destination_of_domain, entry.domain)
    }

    /// An entry's own document.
    pub fn own_document(&self, entry: &Entry) -> Option<Digest> {
        self.documents.get(entry.document? as usize).copied()
    }

    /// The entries as the ledger publishes them, in index order.
    pub fn ledger_entries(&self) -> impl ExactSizeIterator<Item = AudienceEntry> + '_ {
        self.entries.iter().map(|entry| AudienceEntry {
            id: entry.id,
            destination: self.destination(entry),
            copy_of: match entry.place {
                Place::Copy { of, .. } => Some(RecipientIndex(of)),
                Place::Row { .. } | Place::Include(_) => None,
            },
            own_document: self.own_document(entry),
        })
    }
}
