//! The mails of one occurrence: row by row out of the spooled lists, documents out of the approved
//! commit. Nothing per recipient is kept but where its row is.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::error::StartError;
use super::letters::Letters;
use super::locate::Place;
use super::preflight::Links;
use crate::ledger::event::RecipientIndex;
use crate::ledger::state::OccurrenceState;
use crate::mail::address::Address;
use crate::mail::dkim::Signer;
use crate::mail::envelope::Letter;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientKey;
use crate::plan::PlanError;
use crate::plan::content::{Content, addresses};
use crate::plan::lists::Lists;
use crate::plan::mailing::{Mailing, NoLetter, Person};
use crate::render::Copy;
use crate::workspace::document_path::DocumentPath;
use crate::workspace::member::Member;
use crate::workspace::members::{ListError, Rows};

/// See the module.
pub struct CampaignLetters {
    mailing: Mailing,
    places: Vec<Place>,
    rows: Vec<Rows>,
    includes: Vec<Address>,
    /// Addresses of cc, then of bcc.
    copies: Vec<Address>,
    visible_copies: usize,
    /// For copies: whose mail they show.
    primaries: HashMap<u32, u32>,
}

impl CampaignLetters {
    /// The letters of an occurrence whose audience is in `state`.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(
        occurrence: &OccurrenceId,
        content: Content,
        lists: Lists,
        state: &OccurrenceState,
        key: &RecipientKey,
        signers: Vec<Signer>,
    ) -> Result<Self, StartError> {
        let campaign = &content.file.campaign;
        let id = occurrence.campaign();
        let includes = addresses(id, &campaign.audience.include)?;
        let mut copies = addresses(id, &campaign.cc)?;
        let visible_copies = copies.len();
        copies.extend(addresses(id, &campaign.bcc)?);
        let places = super::locate::locate(state, &lists, &includes, &copies, key)?;
        let primaries = places
            .iter()
            .zip(0u32..)
            .filter_map(|(place, index)| match place {
                Place::Copy(of, _) => Some((index, *of)),
                _ => None,
            })
            .collect();
        let mailing = Mailing::compile(content, occurrence, &lists.columns(), key, signers)?;
        let mut rows = Vec::new();
        for list in lists.lists {
            let wrong = |why: ListError| PlanError::List {
                list: list.name.to_string(),
                why: why.without_values(),
            };
            rows.push(Rows::new(list.rows, &list.file.list).map_err(wrong)?);
        }
        Ok(Self {
            mailing,
            places,
            rows,
            includes,
            copies,
            visible_copies,
            primaries,
        })
    }

    /// The campaign's definition and content.
    pub fn content(&self) -> &Content {
        self.mailing.content()
    }

    /// What the mails link to: all assets, the documents for everybody, and `most` at most of those
    /// that each recipient has for themselves, over the whole audience. What cannot be had is left
    /// out: it is found when the mails are made.
    pub fn links(&self, most: usize) -> Links {
        let mut documents = BTreeSet::new();
        let linked = self.mailing.linked_documents();
        let (own, shared): (Vec<_>, Vec<_>) = linked.partition(|path| path.is_per_recipient());
        let link = |path: &DocumentPath, member: Option<&Member>| {
            self.mailing.document_address(path, member)
        };
        documents.extend(shared.iter().filter_map(|path| link(path, None)));
        if !own.is_empty() {
            let people = (most / own.len()).max(1);
            let step = self.places.len().div_ceil(people).max(1);
            for index in (0u32..).step_by(step).take(people) {
                if let Ok((_, member)) = self.person(index) {
                    let theirs = own.iter().filter_map(|path| link(path, member.as_ref()));
                    documents.extend(theirs);
                }
            }
        }
        Links {
            assets: self.mailing.assets().clone(),
            documents,
        }
    }

    /// Recipients whose rows are nowhere any more.
    pub fn lost(&self) -> impl Iterator<Item = RecipientIndex> + '_ {
        let lost = |(place, index): (&Place, u32)| {
            (*place == Place::Lost).then_some(RecipientIndex(index))
        };
        self.places.iter().zip(0u32..).filter_map(lost)
    }

    fn person(&self, index: u32) -> Result<(Address, Option<Member>), NoLetter> {
        let gone = || NoLetter::RowUnreadable("the row is not there any more".to_owned());
        match self.places.get(index as usize).ok_or_else(gone)? {
            Place::Row(list, offset) => {
                let rows = self.rows.get(usize::from(*list)).ok_or_else(gone)?;
                let member = rows
                    .member_at(*offset)
                    .map_err(|why| NoLetter::RowUnreadable(why.without_values()))?;
                Ok((member.address.clone(), Some(member)))
            }
            Place::Include(number) => {
                let address = self.includes.get(usize::from(*number)).ok_or_else(gone)?;
                Ok((address.clone(), None))
            }
            Place::Copy(..) | Place::Lost => Err(gone()),
        }
    }
}

impl Letters for CampaignLetters {
    fn letter(&self, index: u32, date: Timestamp) -> Result<Letter, NoLetter> {
        let of = self.primaries.get(&index).copied().unwrap_or(index);
        let (to, member) = self.person(of)?;
        let (envelope_to, copy) = match self.places.get(index as usize) {
            Some(Place::Copy(_, number)) => {
                let number = usize::from(*number);
                let address = self
                    .copies
                    .get(number)
                    .cloned()
                    .unwrap_or_else(|| to.clone());
                let place = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
                if number < self.visible_copies {
                    (address, Copy::Cc(place(number)))
                } else {
                    (address, Copy::Bcc(place(number - self.visible_copies)))
                }
            }
            _ => (to.clone(), Copy::To),
        };
        let person = Person {
            to: &to,
            member: member.as_ref(),
            index: of,
            envelope_to: &envelope_to,
            copy,
            is_specimen: false,
        };
        self.mailing.letter(&person, date)
    }
}
