//! What campaigns and templates show: links, pictures, headings and elements of every body and layout,
//! each with its bytes in the file, gathered once for all rules about content. Templates' tags stay in
//! it as they are written; a rule passes over what it can not know before a recipient is there.

mod html;
mod markdown;

use std::ops::Range;

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule};
use crate::mail::occurrence::CampaignId;
use crate::workspace::names::TemplateName;

/// Larger files are no texts of mails; another rule says so.
pub const LARGEST: u64 = 4_000_000;

/// Things of one kind that are looked at in one file.
const MOST: usize = 20_000;

/// Whose text it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A campaign's body.
    Campaign(CampaignId),
    /// A template's layout.
    Template(TemplateName),
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `body.md`.
    Markdown,
    /// `body.html`, `layout.html`.
    Html,
    /// `body.txt`, `layout.txt`, `style.css`.
    Other,
}

/// A text and what was found in it.
#[derive(Debug)]
pub struct Text {
    /// Its file.
    pub path: String,
    /// Whose.
    pub owner: Owner,
    /// How it is written.
    pub kind: Kind,
    /// The whole of it.
    pub source: String,
    /// Links, in order.
    pub links: Vec<Link>,
    /// Pictures, in order.
    pub images: Vec<Image>,
    /// Headings, in order.
    pub headings: Vec<Heading>,
    /// Opening tags of HTML, in order.
    pub elements: Vec<Element>,
    /// What people read, in pieces.
    pub shown: Vec<Range<usize>>,
    /// Style sheets inside of a page.
    pub sheets: Vec<Range<usize>>,
    /// Markdown's code, which is shown as it is written.
    pub code: Vec<Range<usize>>,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The address as it is written.
    pub url: String,
    /// The address's bytes, or the whole link's.
    pub at: Range<usize>,
    /// What people read.
    pub text: String,
    /// Whether there is a picture in it.
    pub has_image: bool,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The address as it is written.
    pub src: String,
    /// All of it.
    pub at: Range<usize>,
    /// Its words for who does not see it; `None`: none are given.
    pub alt: Option<String>,
    /// Whether HTML gives it a width and a height.
    pub is_sized: bool,
}

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// From 1.
    pub level: u8,
    /// All of it.
    pub at: Range<usize>,
}

/// An opening tag of HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its name in lower case.
    pub name: String,
    /// All of it.
    pub at: Range<usize>,
    /// Its attributes, names in lower case, values as written.
    pub attributes: Vec<(String, String)>,
}

impl Element {
    /// An attribute's value; empty where it has none.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        all.find(|(it, _)| it == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Text {
    /// Looks through a text.
    pub(super) fn read(path: String, owner: Owner, kind: Kind, source: String) -> Self {
        let mut text = Self {
            path,
            owner,
            kind,
            source,
            links: Vec::new(),
            images: Vec::new(),
            headings: Vec::new(),
            elements: Vec::new(),
            shown: Vec::new(),
            sheets: Vec::new(),
            code: Vec::new(),
        };
        match kind {
            Kind::Markdown => markdown::read(&mut text),
            Kind::Html => {
                let source = std::mem::take(&mut text.source);
                html::read(&mut text, &source, 0);
                text.source = source;
            }
            Kind::Other => {}
        }
        text
    }

    /// A finding at some bytes of it.
    pub fn finding(
        &self,
        rule: &'static Rule,
        at: &Range<usize>,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(rule, &self.path, Place::Bytes(at.clone()), message)
    }
}

/// Whether a template's tag stands in it, so that it is known only when a recipient is there.
pub fn is_dynamic(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// Where `part` stands in the bytes `within` of `source`; all of them where it does not.
fn span_of(source: &str, within: &Range<usize>, part: &str) -> Range<usize> {
    let text = source.get(within.clone()).unwrap_or_default();
    match text.rfind(part).filter(|_| !part.is_empty()) {
        Some(at) => within.start + at..within.start + at + part.len(),
        None => within.clone(),
    }
}
