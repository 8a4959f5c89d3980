//! What campaigns and templates show: links, pictures, headings and elements of every body and layout,
//! each with its bytes in the file, gathered once for all rules about content. Templates' tags stay in
//! it as they are written; a rule passes over what it cannot know before a recipient is there.

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
    /// Code, which is shown as it is written; in order.
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
    /// Whether it is a point that holds other things apart, or counts who opens the mail.
    pub is_spacer: bool,
    /// Whether it is written in HTML, where an empty text says that it is decoration.
    pub is_html: bool,
}

impl Image {
    /// Whether it says on purpose that there is nothing to see.
    pub fn is_decoration(&self) -> bool {
        self.is_html && self.alt.as_deref().is_some_and(|alt| alt.trim().is_empty())
    }
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
                let mut open = html::Open::default();
                html::read(&mut text, &source, 0, &mut open);
                open.finish(&mut text);
                text.source = source;
            }
            Kind::Other => {}
        }
        text
    }

    /// Whether all of a piece is code.
    pub fn is_code(&self, piece: &Range<usize>) -> bool {
        let before = self.code.partition_point(|code| code.start <= piece.start);
        let code = before.checked_sub(1).and_then(|last| self.code.get(last));
        code.is_some_and(|code| piece.end <= code.end)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::names::TemplateName;

    fn read(kind: Kind, source: &str) -> Text {
        let owner = Owner::Template(TemplateName::new("boletin"));
        Text::read("a".to_owned(), owner, kind, source.to_owned())
    }

    #[test]
    fn a_links_address_is_found_where_it_is_written() {
        for (source, address) in [
            ("[a](http://a.example \"http://a.example\")", 4),
            ("[http://a.example](http://a.example)", 19),
            ("[a ![b](http://a.example)](http://a.example)", 27),
            ("[`](`](<http://a.example> 'b')", 8),
            ("<http://a.example>", 1),
            (
                "<a rel=\"http://a.example\" href='http://a.example'>a</a>",
                32,
            ),
            ("<a href= http://a.example title=http://a.example>a</a>", 9),
        ] {
            let text = read(Kind::Markdown, source);
            let link = text.links.last().unwrap();
            assert_eq!(link.url, "http://a.example", "{source}");
            assert_eq!(link.at, address..address + 16, "{source}");
        }
        let text = read(Kind::Markdown, "[a][b]\n\n[b]: http://a.example\n");
        assert_eq!(text.links[0].at, 0..6, "given elsewhere");
        let text = read(Kind::Markdown, "<ana@a.example>");
        assert_eq!(text.links[0].url, "mailto:ana@a.example");
    }

    #[test]
    fn a_link_of_html_in_markdown_keeps_its_words() {
        let text = read(
            Kind::Markdown,
            "x <a href='https://a.example'>y **z**</a> w\n",
        );
        assert_eq!(text.links[0].text, "y z");
    }

    #[test]
    fn code_is_told_from_text() {
        let source = "<pre>a  b</pre>\n\n<code>c  d</code> e `f`\n\n    g\n";
        let text = read(Kind::Markdown, source);
        let shown = |is_code: bool| -> Vec<&str> {
            let of_kind = text.shown.iter().filter(|at| text.is_code(at) == is_code);
            of_kind.map(|at| source[at.clone()].trim()).collect()
        };
        assert_eq!(shown(true), ["a  b", "c  d", "`f`", "g"]);
        assert_eq!(shown(false), ["e"]);
    }
}
