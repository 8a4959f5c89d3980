//! The part of resolving where one row matters to another, or the ledger to a row: duplicates,
//! exclusions, suppression, documents. The order of the questions is the order of the reasons.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::mpsc::sync_channel;

use super::reading::{Batch, Domains, Reading, Selected, list_error, open};
use super::{
    Audience, AudienceError, AudienceRequest, CopyTo, DocumentProblem, Entry, Hold, Place, Problems,
};
use crate::ledger::event::Exclusion;
use crate::mail::address::Address;
use crate::mail::digest::Digest;
use crate::mail::recipient_id::RecipientId;
use crate::workspace::members::{ListError, Rows};
use crate::workspace::names::ListName;

/// Batches on their way from the reading thread.
const UNDER_WAY: usize = 8;

type Ids = HashSet<RecipientId, BuildHasherDefault<IdHasher>>;

/// An id is a keyed hash already: nobody without the key can choose ids that collide.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn write_usize(&mut self, _length: usize) {}
}

/// Finds out who gets a campaign.
///
/// # Errors
/// [`AudienceError`]. Wrong rows are no error: they are counted among the exclusions.
pub fn resolve(request: &AudienceRequest<'_>) -> Result<Audience, AudienceError> {
    let mut resolving = Resolving::new(request)?;
    let reading = Reading {
        audience: request.audience,
        purpose: request.purpose,
        key: request.key,
        problems: std::mem::take(&mut resolving.problems),
    };
    let lists = request.lists;
    let done = std::thread::scope(|scope| {
        let (to, from) = sync_channel(UNDER_WAY);
        let reader = scope.spawn(move || reading.run(lists, &to));
        let taken = from.iter().try_for_each(|batch| resolving.take_all(&batch));
        // Lets the reader end where taking failed.
        drop(from);
        let done = reader.join();
        taken?;
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    resolving.includes()?;
    resolving.copies()?;
    let mut per_list = done.counts;
    for (count, selected) in per_list.iter_mut().zip(&resolving.selected) {
        count.selected = *selected;
    }
    let hold = resolving.hold()?;
    Ok(Audience {
        entries: resolving.entries,
        domains: resolving.domains.into_names(),
        documents: resolving.documents,
        includes: resolving.includes,
        copies: resolving.copies,
        excluded: resolving.excluded,
        copies_left_out: resolving.copies_left_out,
        per_list,
        problems: done.problems,
        hold,
    })
}

struct Resolving<'a> {
    request: &'a AudienceRequest<'a>,
    seen: Ids,
    excluded_addresses: Ids,
    excluded_members: Ids,
    /// Who is in the list that is invited to.
    members: Ids,
    /// Rows of excluded lists that cannot be read.
    unreadable: Option<(ListName, u64)>,
    /// For rows' own documents: each list's rows, where needed.
    rows: Vec<Rows>,
    entries: Vec<Entry>,
    domains: Domains,
    documents: Vec<Digest>,
    includes: Vec<Address>,
    copies: Vec<CopyTo>,
    excluded: Vec<(RecipientId, Exclusion)>,
    copies_left_out: Vec<(RecipientId, Exclusion)>,
    selected: Vec<u64>,
    problems: Problems,
}

impl<'a> Resolving<'a> {
    fn new(request: &'a AudienceRequest<'a>) -> Result<Self, AudienceError> {
        let mut problems = Problems::default();
        let mut excluded_addresses = Ids::default();
        for address in addresses("audience.exclude", &request.audience.exclude)? {
            excluded_addresses.insert(request.key.id(&address));
        }
        let (mut excluded_members, mut members_of_it) = (Ids::default(), Ids::default());
        let mut unreadable: Option<(ListName, u64)> = None;
        let mut identity = String::new();
        let excluded = request.excluded_lists.iter().map(|list| (list, false));
        let invited_to = request.invited_to.iter().map(|list| (list, true));
        for (list, is_invited_to) in excluded.chain(invited_to) {
            let mut members = open(list)?;
            while let Some(row) = members.next_address().map_err(|e| list_error(list, e))? {
                match row {
                    Ok(address) => {
                        let id = request.key.id_of_ref(&address, &mut identity);
                        match is_invited_to {
                            true => members_of_it.insert(id),
                            false => excluded_members.insert(id),
                        };
                    }
                    Err(error) => {
                        unreadable.get_or_insert_with(|| (list.name.clone(), 0)).1 += 1;
                        problems.add(list, error);
                    }
                }
            }
        }
        let with_documents = request
            .lists
            .iter()
            .filter(|_| request.own_document.is_some());
        let rows = with_documents.map(|list| {
            let file = list.rows.try_clone().map_err(ListError::Io);
            let rows = file.and_then(|file| Rows::new(file, list.list));
            rows.map_err(|error| list_error(list, error))
        });
        Ok(Self {
            request,
            seen: Ids::default(),
            excluded_addresses,
            excluded_members,
            members: members_of_it,
            unreadable,
            rows: rows.collect::<Result<_, _>>()?,
            entries: Vec::new(),
            domains: Domains::default(),
            documents: Vec::new(),
            includes: Vec::new(),
            copies: Vec::new(),
            excluded: Vec::new(),
            copies_left_out: Vec::new(),
            selected: vec![0; request.lists.len()],
            problems,
        })
    }

    fn take_all(&mut self, batch: &Batch) -> Result<(), AudienceError> {
        let mut rows = batch.iter();
        rows.try_for_each(|(row, domain)| self.take(row, domain))
    }

    fn take(&mut self, row: &Selected, domain: &str) -> Result<(), AudienceError> {
        let wrong = Some(Exclusion::AddressInvalid) == row.against
            || Some(Exclusion::NotRenderable) == row.against;
        if let Some(reason) = row.against.filter(|_| wrong) {
            self.excluded.push((row.id, reason));
            return Ok(());
        }
        let place = Place::Row {
            list: row.list,
            offset: row.offset,
        };
        let before = self.entries.len();
        self.consider(row.id, place, domain, row.against)?;
        if let Some(selected) = self.selected.get_mut(usize::from(row.list)) {
            *selected += (self.entries.len() - before) as u64;
        }
        Ok(())
    }

    /// Takes somebody in, or notes why not.
    fn consider(
        &mut self,
        id: RecipientId,
        place: Place,
        domain: &str,
        against: Option<Exclusion>,
    ) -> Result<(), AudienceError> {
        let reason = match self.seen.insert(id) {
            false => Some(Exclusion::Duplicate),
            true => self
                .named(&id)
                .or(against)
                .or_else(|| (self.request.suppressed)(&id))
                .or_else(|| (self.request.not_now)(&id)),
        };
        let document = match reason {
            Some(reason) => Err(reason),
            None => self.document(&id, place)?,
        };
        match document {
            Err(reason) => self.excluded.push((id, reason)),
            Ok(document) => self.entries.push(Entry {
                id,
                place,
                domain: self.domains.index(domain),
                document,
            }),
        }
        Ok(())
    }

    fn named(&self, id: &RecipientId) -> Option<Exclusion> {
        if self.excluded_addresses.contains(id) {
            Some(Exclusion::ExcludedAddress)
        } else if self.excluded_members.contains(id) {
            Some(Exclusion::ExcludedList)
        } else if self.members.contains(id) {
            Some(Exclusion::Member)
        } else {
            None
        }
    }

    /// The recipient's own document, or why there is nothing to send.
    fn document(
        &mut self,
        id: &RecipientId,
        place: Place,
    ) -> Result<Result<Option<u32>, Exclusion>, AudienceError> {
        let digest = match self.request.own_document {
            None => None,
            Some(own_document) => {
                let Place::Row { list, offset } = place else {
                    // A single address has no columns to name a document.
                    return Ok(Err(Exclusion::DocumentMissing));
                };
                let rows = self.rows.get(usize::from(list));
                let Some(Ok(member)) = rows.map(|rows| rows.member_at(offset)) else {
                    return Ok(Err(Exclusion::NotRenderable));
                };
                match own_document(&member) {
                    Ok(digest) => digest,
                    Err(DocumentProblem::Missing) => return Ok(Err(Exclusion::DocumentMissing)),
                    Err(DocumentProblem::Unreadable(why)) => {
                        return Err(AudienceError::Document(why));
                    }
                }
            }
        };
        if (self.request.received)(id, digest) {
            return Ok(Err(Exclusion::DocumentReceived));
        }
        let Some(digest) = digest else {
            return Ok(Ok(None));
        };
        let index = u32::try_from(self.documents.len()).map_err(|_| AudienceError::TooLarge)?;
        self.documents.push(digest);
        Ok(Ok(Some(index)))
    }

    fn includes(&mut self) -> Result<(), AudienceError> {
        self.includes = addresses("audience.include", &self.request.audience.include)?;
        for (index, address) in self.includes.clone().iter().enumerate() {
            let index = u32::try_from(index).map_err(|_| AudienceError::TooLarge)?;
            let id = self.request.key.id(address);
            self.consider(id, Place::Include(index), address.domain(), None)?;
        }
        Ok(())
    }

    /// Who gets copies: each address once, nobody who gets the mail anyway, nobody who must not.
    fn copies(&mut self) -> Result<(), AudienceError> {
        let cc = addresses("cc", self.request.cc)?.into_iter();
        let bcc = addresses("bcc", self.request.bcc)?.into_iter();
        for (hidden, address) in cc.map(|a| (false, a)).chain(bcc.map(|a| (true, a))) {
            let id = self.request.key.id(&address);
            let twice = self.copies.iter().any(|copy| copy.id == id)
                || self.entries.iter().any(|entry| entry.id == id);
            let reason = match twice {
                true => Some(Exclusion::Duplicate),
                false => self.named(&id).or_else(|| (self.request.suppressed)(&id)),
            };
            match reason {
                Some(reason) => self.copies_left_out.push((id, reason)),
                None => self.copies.push(CopyTo {
                    id,
                    domain: self.domains.index(address.domain()),
                    address,
                    hidden,
                }),
            }
        }
        u16::try_from(self.copies.len())
            .map(|_| ())
            .map_err(|_| AudienceError::TooLarge)
    }

    fn hold(&self) -> Result<Option<Hold>, AudienceError> {
        let found = u32::try_from(self.entries.len()).map_err(|_| AudienceError::TooLarge)?;
        if let (Some((list, rows)), true) = (&self.unreadable, found > 0) {
            let (list, rows) = (list.clone(), *rows);
            return Ok(Some(Hold::ExcludedUnreadable { list, rows }));
        }
        let expect = self.request.audience.expect.as_ref();
        let (min, max) = (expect.and_then(|e| e.min), expect.and_then(|e| e.max));
        let allowed = self.request.copies_for_at_most;
        let with_copies = !self.request.cc.is_empty() || !self.request.bcc.is_empty();
        Ok(match (min, max) {
            _ if found == 0 => Some(Hold::Empty),
            (Some(min), _) if found < min => Some(Hold::TooFew { found, min }),
            (_, Some(max)) if found > max => Some(Hold::TooMany { found, max }),
            _ if with_copies && found > allowed => Some(Hold::TooManyForCopies { found, allowed }),
            _ => None,
        })
    }
}

fn addresses(key: &'static str, texts: &[String]) -> Result<Vec<Address>, AudienceError> {
    let addresses = texts.iter().map(|text| Address::parse(text));
    addresses
        .collect::<Result<_, _>>()
        .map_err(|error| AudienceError::Address { key, error })
}
