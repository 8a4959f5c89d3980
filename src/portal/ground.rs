//! The workspace as the main branch has it, ready to be asked: settings, lists, and where in them each member's row is.
//!
//! Replaced as a whole when the main branch moves. Of members it keeps an id and a place, 32 bytes or so each; rows stay in
//! files without names.

use std::collections::HashMap;

use super::folds::Folds;
use crate::git::CommitId;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::mail::token::{OccurrenceTag, Scope as Tag};
use crate::plan::PlanError;
use crate::plan::lists::{Lists, WithoutKey};
use crate::plan::overlay::Overlay;
use crate::workspace::Workspace;
use crate::workspace::list::List;
use crate::workspace::members::{Members, Rows, Values};
use crate::workspace::names::ListName;
use crate::workspace::settings::{Locale, Settings};
use crate::workspace::source::{Source, WorkspacePath};

/// See the module.
pub(super) struct Ground {
    /// The commit that it is of.
    pub(super) head: CommitId,
    pub(super) settings: Settings,
    pub(super) lists: Vec<Held>,
    /// Where somebody's rows are: which list, and the row's first byte.
    index: HashMap<RecipientId, Vec<(u16, u64)>>,
    /// What occurrences' tags in links stand for.
    pub(super) occurrences: HashMap<OccurrenceTag, OccurrenceId>,
    pub(super) logo: Option<Logo>,
}

/// The organisation's logo.
pub(super) struct Logo {
    pub(super) kind: &'static str,
    pub(super) content: Vec<u8>,
}

/// A logo of more bytes is not shown.
const LARGEST_LOGO: u64 = 1_000_000;

/// A list.
pub(super) struct Held {
    pub(super) name: ListName,
    pub(super) list: List,
    rows: Rows,
}

/// Somebody in a list, as the list will be once what they asked for is in it.
pub(super) struct Membership<'a> {
    pub(super) held: &'a Held,
    pub(super) values: Values,
}

impl Ground {
    /// Reads the lists and finds everybody in them.
    ///
    /// # Errors
    /// [`PlanError`] where a list can not be read.
    pub(super) fn read(
        source: &dyn Source,
        head: CommitId,
        workspace: Workspace,
        key: &RecipientKey,
        occurrences: HashMap<OccurrenceTag, OccurrenceId>,
    ) -> Result<Self, PlanError> {
        let names: Vec<ListName> = workspace.lists.keys().cloned().collect();
        let spooled = Lists::spool(
            source,
            &head.to_string(),
            &names,
            (None, WithoutKey::Refuse),
        )?;
        let mut index: HashMap<RecipientId, Vec<(u16, u64)>> = HashMap::new();
        let mut lists = Vec::new();
        let mut buffer = String::new();
        for (number, one) in (0_u16..).zip(spooled.lists) {
            let list = one.file.list;
            let wrong = |why: String| PlanError::List {
                list: one.name.to_string(),
                why,
            };
            let rows = Rows::new(
                one.rows.try_clone().map_err(|why| wrong(why.to_string()))?,
                &list,
            )
            .map_err(|why| wrong(why.without_values()))?;
            std::io::Seek::seek(&mut &one.rows, std::io::SeekFrom::Start(0))
                .map_err(|why| wrong(why.to_string()))?;
            let mut members =
                Members::new(&one.rows, &list).map_err(|why| wrong(why.without_values()))?;
            members
                .each_address(|at, address| {
                    let id = key.id_of_ref(address, &mut buffer);
                    index.entry(id).or_default().push((number, at.offset));
                })
                .map_err(|why| wrong(why.without_values()))?;
            lists.push(Held {
                name: one.name,
                list,
                rows,
            });
        }
        let logo = workspace.settings.policy.brand.logo.as_deref();
        Ok(Self {
            head,
            logo: logo.and_then(|name| Logo::read(source, name)),
            settings: workspace.settings,
            lists,
            index,
            occurrences,
        })
    }

    /// The list of this name.
    pub(super) fn list(&self, name: &str) -> Option<&Held> {
        self.lists.iter().find(|held| held.name.as_str() == name)
    }

    /// Somebody's rows, with what they asked for since on top. A row that can not be read is none.
    pub(super) fn memberships(
        &self,
        who: &RecipientId,
        folds: &Folds,
        key: &RecipientKey,
    ) -> Vec<Membership<'_>> {
        let overlay = Overlay {
            wishes: &folds.wishes,
            key,
        };
        let places = self.index.get(who).map(Vec::as_slice).unwrap_or_default();
        let mut found = Vec::new();
        for (number, held) in (0_u16..).zip(&self.lists) {
            let place = places.iter().find(|(list, _)| *list == number);
            let row = place.and_then(|(_, offset)| held.rows.values_at(*offset).ok());
            let said = overlay.said(&held.name, &held.list, who);
            let has_row = row.is_some();
            if !has_row && said.address.is_none() {
                continue;
            }
            let mut values = row.unwrap_or_default();
            values.extend(said.values);
            found.push(Membership { held, values });
        }
        found
    }

    /// Somebody's address, where a list has it or they joined one since.
    pub(super) fn address(
        &self,
        who: &RecipientId,
        folds: &Folds,
        key: &RecipientKey,
    ) -> Option<String> {
        let places = self.index.get(who).map(Vec::as_slice).unwrap_or_default();
        let mut read = places.iter().filter_map(|(number, offset)| {
            let held = self.lists.get(usize::from(*number))?;
            held.rows.member_at(*offset).ok()
        });
        if let Some(member) = read.next() {
            return Some(member.address.as_str().to_owned());
        }
        let overlay = Overlay {
            wishes: &folds.wishes,
            key,
        };
        let mut lists = self.lists.iter();
        lists.find_map(|held| overlay.said(&held.name, &held.list, who).address)
    }

    /// The name of the topic that a token means, if any list still has it.
    pub(super) fn topic(&self, key: &RecipientKey, tag: Tag) -> Option<(String, String)> {
        let topics = self.lists.iter().flat_map(|held| &held.list.topics);
        let mut found = topics.filter(|(name, _)| Tag::topic(key, name.as_str()) == tag);
        found
            .next()
            .map(|(name, topic)| (name.to_string(), topic.title.clone()))
    }

    /// The language that somebody is addressed in, where a list says so.
    pub(super) fn language(memberships: &[Membership<'_>]) -> Option<Locale> {
        let mut told = memberships.iter().filter_map(|it| {
            let column = it.held.list.language_column.as_ref()?;
            let tag = it.values.get(column)?;
            locale(tag)
        });
        told.next()
    }
}

impl Logo {
    /// The picture of this name below `assets/`. What can not be read, or is none of the kinds that mails show, is none.
    fn read(source: &dyn Source, name: &str) -> Option<Self> {
        let name = name.trim_start_matches("assets/");
        let path = WorkspacePath::parse(&format!("assets/{name}")).ok()?;
        let content = source.read(&path, LARGEST_LOGO).ok()?;
        // By what is in it, not by its name: what a page of ours hands out is a picture.
        let kind = match content.get(..4)? {
            b"\x89PNG" => "image/png",
            [0xff, 0xd8, 0xff, _] => "image/jpeg",
            b"GIF8" => "image/gif",
            b"RIFF" => "image/webp",
            _ => return None,
        };
        Some(Self { kind, content })
    }
}

/// The locale with this tag.
pub(super) fn locale(tag: &str) -> Option<Locale> {
    [Locale::Es, Locale::It, Locale::En]
        .into_iter()
        .find(|locale| locale.tag().eq_ignore_ascii_case(tag.trim()))
}

/// What occurrences' tags stand for.
pub(super) fn tags(
    key: &RecipientKey,
    occurrences: impl IntoIterator<Item = OccurrenceId>,
) -> HashMap<OccurrenceTag, OccurrenceId> {
    let each = occurrences.into_iter();
    each.map(|id| (OccurrenceTag::of(key, &id), id)).collect()
}
