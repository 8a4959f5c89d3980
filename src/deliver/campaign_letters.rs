//! The mails of one occurrence: row by row out of the spooled lists, documents out of the approved
//! commit. Nothing per recipient is kept but where its row is.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::error::StartError;
use super::letters::{Letters, NoLetter};
use super::locate::Place;
use super::material::{Cache, Content, Lists, addresses};
use super::preflight::Links;
use crate::ledger::event::RecipientIndex;
use crate::ledger::state::OccurrenceState;
use crate::mail::address::Address;
use crate::mail::digest::Digest;
use crate::mail::dkim::Signer;
use crate::mail::envelope::Letter;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientKey;
use crate::render::{
    Body, Compiled, Copy, Delivery, Document, Ingredients, Layout, RecipientView, Text,
};
use crate::workspace::campaign::DocumentDelivery;
use crate::workspace::document_path::DocumentPath;
use crate::workspace::loaded;
use crate::workspace::member::Member;
use crate::workspace::members::{ListError, Rows};
use crate::workspace::published::{asset_url, document_url};
use crate::workspace::source::{Source, WorkspacePath};

/// Assets are hashed to name them; larger ones are no pictures for a mail.
const LARGEST_ASSET: u64 = 20_000_000;

/// See the module.
pub struct CampaignLetters {
    compiled: Compiled,
    content: Content,
    key: RecipientKey,
    places: Vec<Place>,
    rows: Vec<Rows>,
    includes: Vec<Address>,
    /// Addresses of cc, then of bcc.
    copies: Vec<Address>,
    visible_copies: usize,
    /// For copies: whose mail they show.
    primaries: HashMap<u32, u32>,
    documents: Vec<(DocumentPath, DocumentDelivery, Option<String>)>,
    /// Where the mails' pictures are published.
    assets: BTreeSet<String>,
    shared: Cache,
}

/// Compiles a campaign, and gives the addresses of the assets that it shows.
///
/// # Errors
/// [`StartError::Render`] and those of reading.
pub fn compile(
    content: &Content,
    occurrence: &OccurrenceId,
    columns: &[String],
    key: &RecipientKey,
    signers: Vec<Signer>,
) -> Result<(Compiled, BTreeSet<String>), StartError> {
    let campaign = &content.file.campaign;
    let (body_path, is_markdown) = match &content.file.body {
        loaded::Body::Markdown(path) => (path, true),
        loaded::Body::Html(path) => (path, false),
    };
    let body = content.text(body_path)?;
    let beside = content.file.folder.join("body.txt").ok();
    let plain = beside
        .as_ref()
        .filter(|_| !is_markdown)
        .and_then(|path| content.text(path).ok());
    let text_of =
        |path: &Option<WorkspacePath>| path.as_ref().map(|path| content.text(path)).transpose();
    let layout = match &content.template {
        Some(template) => Some((
            template,
            content.text(&template.html)?,
            text_of(&template.text)?,
            text_of(&template.style)?,
        )),
        None => None,
    };
    let assets = RefCell::new(BTreeSet::new());
    let asset = |path: &str| {
        let url = published(content, path)?;
        assets.borrow_mut().insert(url.clone());
        Some(url)
    };
    let named = |path: &'_ Option<WorkspacePath>| {
        path.as_ref().map_or("", WorkspacePath::as_str).to_owned()
    };
    let (css_name, text_name) = layout
        .as_ref()
        .map(|(template, ..)| (named(&template.style), named(&template.text)))
        .unwrap_or_default();
    let path = content.file.path.as_str();
    let ingredients = Ingredients {
        settings: &content.settings,
        sender: content.sender()?,
        campaign,
        campaign_file: path,
        occurrence,
        locale: campaign
            .locale
            .unwrap_or(content.settings.organisation.locale),
        body: match (is_markdown, &plain) {
            (true, _) => Body::Markdown(text(body_path, &body)),
            (false, plain) => Body::Html(
                text(body_path, &body),
                plain
                    .as_ref()
                    .zip(beside.as_ref())
                    .map(|(plain, path)| text(path, plain)),
            ),
        },
        layout: layout.as_ref().map(|(template, html, plain, css)| Layout {
            html: text(&template.html, html),
            text: plain.as_ref().map(|plain| Text {
                file: &text_name,
                text: plain,
            }),
            css: css.as_ref().map(|css| Text {
                file: &css_name,
                text: css,
            }),
            variables: &template.template.variables,
        }),
        columns,
        asset_url: &asset,
        keeps_broken_links: false,
        key,
        signers,
    };
    let compiled = Compiled::compile(ingredients).map_err(|source| StartError::Render {
        campaign: occurrence.to_string(),
        source: Box::new(source),
    })?;
    Ok((compiled, assets.into_inner()))
}

/// Where an asset is published.
fn published(content: &Content, path: &str) -> Option<String> {
    let base = &content.settings.publish.as_ref()?.url;
    let path = WorkspacePath::parse(&format!("assets/{path}")).ok()?;
    let bytes = content.tree.read(&path, LARGEST_ASSET).ok()?;
    Some(asset_url(base, &Digest::of(&bytes), path.file_name()))
}

fn text<'a>(path: &'a WorkspacePath, text: &'a str) -> Text<'a> {
    Text {
        file: path.as_str(),
        text,
    }
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
        let (compiled, assets) = compile(&content, occurrence, &lists.columns(), key, signers)?;
        let places = super::locate::locate(state, &lists, &includes, &copies, key)?;
        let primaries = places
            .iter()
            .zip(0u32..)
            .filter_map(|(place, index)| match place {
                Place::Copy(of, _) => Some((index, *of)),
                _ => None,
            })
            .collect();
        let mut rows = Vec::new();
        for list in lists.lists {
            let wrong = |why: ListError| StartError::List {
                list: list.name.to_string(),
                why: why.without_values(),
            };
            rows.push(Rows::new(list.rows, &list.file.list).map_err(wrong)?);
        }
        let paths = content.document_paths()?;
        let documents = paths
            .into_iter()
            .zip(&campaign.documents)
            .map(|(path, document)| (path, document.delivery, document.title.clone()))
            .collect();
        Ok(Self {
            compiled,
            key: key.clone(),
            places,
            rows,
            includes,
            copies,
            visible_copies,
            primaries,
            documents,
            assets,
            shared: Cache::default(),
            content,
        })
    }

    /// The campaign's definition and content.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// What the mails link to: all assets, the documents for everybody, and `most` at most of those
    /// that each recipient has for themselves, over the whole audience. What can not be had is left
    /// out: it is found when the mails are made.
    pub fn links(&self, most: usize) -> Links {
        let mut documents = BTreeSet::new();
        let linked = self
            .documents
            .iter()
            .filter(|(_, delivery, _)| *delivery == DocumentDelivery::Link)
            .map(|(path, ..)| path);
        let (own, shared): (Vec<_>, Vec<_>) = linked.partition(|path| path.is_per_recipient());
        let link = |path: &DocumentPath, member: Option<&Member>| {
            let text = match member {
                Some(member) => path.resolve(member).ok()?,
                None => path.literal().ok()?,
            };
            let bytes = self.content.document(&text).ok()??;
            let file_name = text.rsplit('/').next().unwrap_or_default();
            self.url(&bytes, file_name).ok()
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
            assets: self.assets.clone(),
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

    fn documents(&self, member: Option<&Member>) -> Result<Vec<Handed>, NoLetter> {
        let mut handed = Vec::with_capacity(self.documents.len());
        for (path, delivery, title) in &self.documents {
            let missing = || NoLetter::DocumentMissing(path.to_string());
            let path_text = match member {
                Some(member) => path.resolve(member),
                None => path.literal(),
            }
            .map_err(|_| missing())?;
            let read = || self.content.document(&path_text);
            let bytes = if path.is_per_recipient() {
                read().map(|bytes| bytes.map(Arc::new))
            } else {
                self.shared.get(&path_text, read)
            };
            let bytes = bytes.map_err(|_| missing())?.ok_or_else(missing)?;
            let file_name = path_text.rsplit('/').next().unwrap_or_default().to_owned();
            let title = match title {
                Some(title) => self.filled(title, member)?,
                None => file_name.clone(),
            };
            let url = match delivery {
                DocumentDelivery::Attachment => None,
                DocumentDelivery::Link => Some(self.url(&bytes, &file_name)?),
            };
            handed.push(Handed {
                title,
                file_name,
                url,
                bytes,
            });
        }
        Ok(handed)
    }

    fn url(&self, bytes: &[u8], file_name: &str) -> Result<String, NoLetter> {
        let publish = self.content.settings.publish.as_ref();
        let base = publish.ok_or_else(|| {
            NoLetter::DocumentMissing(
                "postmerge.yaml does not say where documents are published".to_owned(),
            )
        })?;
        Ok(document_url(
            &base.url,
            &self.key,
            &Digest::of(bytes),
            file_name,
        ))
    }

    /// A document's title, with the member's values in it.
    fn filled(&self, title: &str, member: Option<&Member>) -> Result<String, NoLetter> {
        if !title.contains("{{") && !title.contains("{%") {
            return Ok(title.to_owned());
        }
        self.compiled
            .short_text(title, member)
            .map_err(|why| NoLetter::NotRenderable(why.without_values()))
    }
}

/// A document as one recipient is handed it.
struct Handed {
    title: String,
    file_name: String,
    url: Option<String>,
    bytes: Arc<Vec<u8>>,
}

impl Handed {
    fn view(&self) -> Document<'_> {
        Document {
            title: &self.title,
            file_name: &self.file_name,
            delivery: match &self.url {
                Some(url) => Delivery::Link(url),
                None => Delivery::Attachment {
                    content_type: content_type(&self.file_name),
                    content: &self.bytes,
                },
            },
        }
    }
}

/// A document's media type, by the ending of its name.
fn content_type(file_name: &str) -> &'static str {
    match file_name
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "txt" => "text/plain",
        "csv" => "text/csv",
        "ics" => "text/calendar",
        _ => "application/octet-stream",
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
        let documents = self.documents(member.as_ref())?;
        let views: Vec<Document<'_>> = documents.iter().map(Handed::view).collect();
        self.compiled
            .letter(&RecipientView {
                envelope_to: &envelope_to,
                to: &to,
                id: self.key.id(&to),
                index: of,
                member: member.as_ref(),
                copy,
                date,
                documents: &views,
            })
            .map_err(|why| NoLetter::NotRenderable(why.without_values()))
    }
}
