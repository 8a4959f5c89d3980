//! A campaign's mail for one person after the other: the compiled text, and the documents that each is handed. Keeps
//! nothing of anybody.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::compile::compile;
use super::content::Content;
use super::error::PlanError;
use crate::mail::address::Address;
use crate::mail::digest::Digest;
use crate::mail::dkim::Signer;
use crate::mail::envelope::Letter;
use crate::mail::media_type::media_type;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::portal_address::{SPECIMEN, document, document_end};
use crate::mail::recipient_id::RecipientKey;
use crate::mail::token::{InMail, OccurrenceTag};
use crate::render::{Compiled, Copy, Delivery, Document, Parts, RecipientView, RenderError};
use crate::workspace::campaign::DocumentDelivery;
use crate::workspace::document_path::DocumentPath;
use crate::workspace::member::Member;
use crate::workspace::published::document_url;

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

/// See the module.
pub struct Mailing {
    compiled: Compiled,
    /// Where its pictures are published.
    assets: BTreeSet<String>,
    content: Content,
    key: RecipientKey,
    tag: OccurrenceTag,
    documents: Vec<(DocumentPath, DocumentDelivery, Option<String>)>,
    shared: Cache,
}

/// Whose mail it is.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// Who the mail is to.
    pub to: &'a Address,
    /// The row, where there is one.
    pub member: Option<&'a Member>,
    /// Their index in the audience.
    pub index: u32,
    /// Where this copy goes.
    pub envelope_to: &'a Address,
    /// Whose copy.
    pub copy: Copy,
    /// Whether it is only shown: its links open nobody's page, and nothing of it is counted.
    pub is_specimen: bool,
}

impl<'a> Person<'a> {
    /// Somebody's own mail, not a copy.
    pub const fn own(to: &'a Address, member: Option<&'a Member>, index: u32) -> Self {
        Self {
            to,
            member,
            index,
            envelope_to: to,
            copy: Copy::To,
            is_specimen: false,
        }
    }

    /// The same, only to be shown.
    #[must_use]
    pub const fn specimen(self) -> Self {
        Self {
            is_specimen: true,
            ..self
        }
    }
}

impl Mailing {
    /// Compiles the mail of `content` to recipients with these columns.
    ///
    /// # Errors
    /// [`PlanError::Render`], [`PlanError::Missing`] where a document's path is none, and those of reading.
    pub fn compile(
        content: Content,
        occurrence: &OccurrenceId,
        columns: &[String],
        key: &RecipientKey,
        signers: Vec<Signer>,
    ) -> Result<Self, PlanError> {
        let (compiled, assets) = compile(&content, occurrence, columns, key, signers)?;
        let paths = content.document_paths()?;
        let documents = paths
            .into_iter()
            .zip(&content.file.campaign.documents)
            .map(|(path, document)| (path, document.delivery, document.title.clone()))
            .collect();
        Ok(Self {
            compiled,
            assets,
            key: key.clone(),
            tag: OccurrenceTag::of(key, occurrence),
            documents,
            shared: Cache::default(),
            content,
        })
    }

    /// Where the pictures that it shows are published.
    pub const fn assets(&self) -> &BTreeSet<String> {
        &self.assets
    }

    /// The paths of documents that it links to where they are published.
    pub fn linked_documents(&self) -> impl Iterator<Item = &DocumentPath> {
        let linked = self.documents.iter();
        let linked = linked.filter(|(path, delivery, _)| {
            *delivery == DocumentDelivery::Link && self.handed_out(path).is_none()
        });
        linked.map(|(path, ..)| path)
    }

    /// Where a document is published; a member's own, where the path asks for one.
    pub fn document_address(&self, path: &DocumentPath, member: Option<&Member>) -> Option<String> {
        let text = match member {
            Some(member) => path.resolve(member).ok()?,
            None => path.literal().ok()?,
        };
        let bytes = self.content.document(&text).ok()??;
        let file_name = text.rsplit('/').next().unwrap_or_default();
        self.url(&bytes, file_name).ok()
    }

    /// The campaign's definition and content.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// What it was compiled to.
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// A person's mail, dated `date`.
    ///
    /// # Errors
    /// [`NoLetter`]: this person cannot be written to, whatever the relay says.
    pub fn letter(&self, person: &Person<'_>, date: Timestamp) -> Result<Letter, NoLetter> {
        self.made(person, date, |view| self.compiled.letter(view))
    }

    /// The same mail's parts, before they are written and signed: for looking.
    ///
    /// # Errors
    /// [`NoLetter`].
    pub fn parts(&self, person: &Person<'_>, date: Timestamp) -> Result<Parts, NoLetter> {
        self.made(person, date, |view| self.compiled.parts(view))
    }

    fn made<T>(
        &self,
        person: &Person<'_>,
        date: Timestamp,
        make: impl FnOnce(&RecipientView<'_>) -> Result<T, RenderError>,
    ) -> Result<T, NoLetter> {
        let documents = self.documents(person, date)?;
        let views: Vec<Document<'_>> = documents.iter().map(Handed::view).collect();
        make(&RecipientView {
            envelope_to: person.envelope_to,
            to: person.to,
            id: self.key.id(person.to),
            index: person.index,
            member: person.member,
            copy: person.copy,
            is_specimen: person.is_specimen,
            date,
            documents: &views,
        })
        .map_err(|why| NoLetter::NotRenderable(why.without_values()))
    }

    fn documents(&self, person: &Person<'_>, date: Timestamp) -> Result<Vec<Handed>, NoLetter> {
        let member = person.member;
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
                DocumentDelivery::Link => Some(match self.handed_out(path) {
                    Some((portal, days)) => self.own_url(portal, days, person, date, &path_text),
                    None => self.url(&bytes, &file_name)?,
                }),
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

    /// The portal and for how many days it hands this document out, where it does.
    fn handed_out(&self, path: &DocumentPath) -> Option<(&str, u16)> {
        let portal = self.content.settings.portal.as_ref()?;
        let days = portal.documents?;
        path.is_per_recipient().then_some((&portal.url, days))
    }

    fn own_url(
        &self,
        portal: &str,
        days: u16,
        person: &Person<'_>,
        date: Timestamp,
        path: &str,
    ) -> String {
        if person.is_specimen {
            return format!("{portal}/d/{SPECIMEN}");
        }
        let mail = InMail {
            occurrence: self.tag,
            index: person.index,
        };
        document(portal, &self.key, mail, document_end(date, days), path)
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
                    content_type: media_type(&self.file_name),
                    content: &self.bytes,
                },
            },
        }
    }
}

/// Digests of files that were read before: a document for everybody is read once.
#[derive(Default)]
pub struct Cache(std::sync::Mutex<HashMap<String, Arc<Vec<u8>>>>);

impl Cache {
    /// The bytes at `path`, read by `read` the first time.
    ///
    /// # Errors
    /// What `read` says.
    pub fn get<E>(
        &self,
        path: &str,
        read: impl FnOnce() -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Option<Arc<Vec<u8>>>, E> {
        let mut known = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(bytes) = known.get(path) {
            return Ok(Some(Arc::clone(bytes)));
        }
        let Some(bytes) = read()? else {
            return Ok(None);
        };
        let bytes = Arc::new(bytes);
        known.insert(path.to_owned(), Arc::clone(&bytes));
        Ok(Some(bytes))
    }
}
