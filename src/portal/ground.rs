//! The workspace as the main branch has it, ready to be asked: settings, lists, and where in them each member's row is.
//!
//! Replaced as a whole when the main branch moves. Of members it keeps an id and a place, 32 bytes or so each; rows stay in
//! files without names.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use axum::body::Bytes;

use super::folds::Folds;
use super::streamed::content_type;
use crate::git::{CommitId, GitError};
use crate::mail::occurrence::CampaignId;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::mail::token::Scope as Tag;
use crate::plan::PlanError;
use crate::plan::lists::{Lists, WithoutKey};
use crate::plan::overlay::Overlay;
use crate::workspace::Workspace;
use crate::workspace::campaign::Campaign;
use crate::workspace::document_path::DocumentPath;
use crate::workspace::encryption::Keys;
use crate::workspace::keyed::Keyed;
use crate::workspace::list::List;
use crate::workspace::loaded::LoadError;
use crate::workspace::member::Member;
use crate::workspace::members::{Members, Rows, Values, taken};
use crate::workspace::names::ListName;
use crate::workspace::settings::{Locale, Settings};
use crate::workspace::source::{Source, WorkspacePath};
use crate::workspace::tree::Tree;

/// See the module.
pub(super) struct Ground {
    /// The commit that it is of.
    pub(super) head: CommitId,
    pub(super) settings: Settings,
    pub(super) lists: Vec<Held>,
    /// Where somebody's rows are: which list, and the row's first byte.
    index: HashMap<RecipientId, Vec<(u16, u64)>>,
    /// Of each campaign its documents, and whether they are handed out no more.
    documents: HashMap<CampaignId, Vec<(DocumentPath, bool)>>,
    /// The organisation's logo: what it is, and its file.
    pub(super) logo: Option<(&'static str, Bytes)>,
}

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

/// Why the workspace at a commit cannot be stood on.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum GroundError {
    /// A file.
    #[error("commit {commit}: {source}")]
    Workspace {
        commit: CommitId,
        source: Box<LoadError>,
    },
    /// A list.
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Git(#[from] GitError),
}

/// The workspace at a commit.
///
/// # Errors
/// [`GroundError`].
pub(super) fn workspace(repository: &Path, head: CommitId) -> Result<Workspace, GroundError> {
    let read = Workspace::load(&Tree::at(repository, head)?).into_workspace();
    read.map_err(|source| GroundError::Workspace {
        commit: head,
        source,
    })
}

impl Ground {
    /// Finds everybody in the lists of a workspace that was read.
    ///
    /// # Errors
    /// [`GroundError`].
    pub(super) fn of(
        repository: &Path,
        head: CommitId,
        workspace: Workspace,
        (key, keys): (&RecipientKey, &Keys),
    ) -> Result<Self, GroundError> {
        let tree = Keyed::new(Tree::at(repository, head)?, keys.clone());
        Ok(Self::read(&tree, head, workspace, key)?)
    }

    /// Reads the lists and finds everybody in them.
    ///
    /// # Errors
    /// [`PlanError`] where a list cannot be read.
    fn read(
        source: &dyn Source,
        head: CommitId,
        workspace: Workspace,
        key: &RecipientKey,
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
        let campaigns = workspace.campaigns.iter();
        let documents = campaigns.map(|(id, file)| (id.clone(), documents(&file.campaign)));
        Ok(Self {
            head,
            logo: logo(source, &workspace.settings),
            documents: documents.filter(|(_, it)| !it.is_empty()).collect(),
            settings: workspace.settings,
            lists,
            index,
        })
    }

    /// Whether a campaign still hands out the document with this path: it stands on the main branch, names it, and says nothing
    /// else.
    pub(super) fn hands_out(&self, campaign: &CampaignId, path: &str) -> bool {
        let documents = self.documents.get(campaign).map(Vec::as_slice);
        let of_path = documents.unwrap_or_default().iter();
        let mut of_path = of_path
            .filter(|(pattern, _)| pattern.may_give(path))
            .peekable();
        of_path.peek().is_some() && of_path.all(|(_, is_revoked)| !is_revoked)
    }

    /// The names of all columns of these lists, each once.
    pub(super) fn columns(&self, names: &[ListName]) -> Vec<String> {
        let mut columns: Vec<String> = Vec::new();
        for held in names.iter().filter_map(|name| self.list(name.as_str())) {
            for name in held.list.columns.keys() {
                if !columns.contains(name) {
                    columns.push(name.clone());
                }
            }
        }
        columns
    }

    /// Somebody as the first of these lists has them that has them at all, with what they asked for since on top.
    pub(super) fn member(
        &self,
        names: &[ListName],
        who: &RecipientId,
        folds: &Folds,
        key: &RecipientKey,
    ) -> Option<Member> {
        let overlay = Overlay {
            wishes: &folds.wishes,
            key,
        };
        let places = self.index.get(who).map(Vec::as_slice).unwrap_or_default();
        names.iter().find_map(|name| {
            let number = self.lists.iter().position(|held| held.name == *name)?;
            let held = self.lists.get(number)?;
            let place = places.iter().find(|(it, _)| usize::from(*it) == number);
            let said = overlay.said(&held.name, &held.list, who);
            let row = place.and_then(|(_, offset)| {
                let member = held.rows.member_at(*offset).ok()?;
                Some((member, held.rows.values_at(*offset).ok()?))
            });
            let (address, mut values) = match row {
                Some((member, _)) if said.values.is_empty() => return Some(member),
                Some((member, values)) => (member.address.as_str().to_owned(), values),
                None => (said.address?, Values::default()),
            };
            values.extend(said.values);
            typed(&held.list, &address, &values)
        })
    }

    /// Whether any list's file has somebody.
    pub(super) fn has_row(&self, who: &RecipientId) -> bool {
        self.index.contains_key(who)
    }

    /// The list of this name.
    pub(super) fn list(&self, name: &str) -> Option<&Held> {
        self.lists.iter().find(|held| held.name.as_str() == name)
    }

    /// Somebody's rows, with what they asked for since on top. A row that cannot be read is none.
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
            Locale::of_tag(tag)
        });
        told.next()
    }
}

/// A row as a list's file would have it, read as every row is.
fn typed(list: &List, address: &str, values: &Values) -> Option<Member> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let names = list.columns.keys().map(String::as_str);
    let cells = list.columns.keys();
    let cell = |name: &String| values.get(name).map_or("", String::as_str);
    // As the list's file will take it.
    let cells: Vec<Cow<'_, str>> = cells.map(|name| taken(list, name, cell(name))).collect();
    let cells = cells.iter().map(|cell| &**cell);
    let heading = std::iter::once(list.address_column.as_str()).chain(names);
    csv.write_record(heading).ok()?;
    csv.write_record(std::iter::once(address).chain(cells))
        .ok()?;
    let text = csv.into_inner().ok()?;
    let mut members = Members::new(text.as_slice(), list).ok()?;
    let row = members.next_row().ok()??.ok()?;
    Some(row.to_member())
}

fn documents(campaign: &Campaign) -> Vec<(DocumentPath, bool)> {
    let each = campaign.documents.iter();
    let each = each.filter_map(|it| Some((DocumentPath::parse(&it.file).ok()?, it.revoked)));
    each.collect()
}

/// Larger files are no logos.
const LARGEST_LOGO: u64 = 1_000_000;

fn logo(source: &dyn Source, settings: &Settings) -> Option<(&'static str, Bytes)> {
    let logo = settings.policy.brand.logo.as_deref()?;
    let name = logo.strip_prefix("assets/").unwrap_or(logo);
    let path = WorkspacePath::parse(&format!("assets/{name}")).ok()?;
    let kind = content_type(path.file_name());
    if !kind.starts_with("image/") {
        return None;
    }
    let bytes = source.read(&path, LARGEST_LOGO).ok()?;
    Some((kind, Bytes::from(bytes)))
}
