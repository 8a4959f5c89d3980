//! How deep a page's elements stand inside each other. What writes the page with its styles goes down into
//! them by recursion, so a body of ten thousand `>` would end the whole program; it is refused before.
//!
//! The page is read by the parser that the inliner has, so that both see the same elements; of the sources
//! only the place is taken that is probably meant. Nothing here recurses.

use std::borrow::Cow;
use std::cell::{Ref, RefCell};

use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName, local_name, ns, parse_document};
use pulldown_cmark::{Event, Parser};

use super::RenderError;
use super::markdown::options;
use super::page::{Part, parts, tag_name};
use super::tags::position;
use super::view::{Body, Ingredients, Text};

/// Deeper than tables for layouts go, in old newsletters as well; a worker's stack holds many times as much.
pub(super) const DEEPEST: usize = 200;

/// Refuses a page that is too deep, at the place where that begins.
///
/// # Errors
/// [`RenderError::TooDeep`].
pub(super) fn check(given: &Ingredients<'_>, page: &str) -> Result<(), RenderError> {
    if depth(page) <= DEEPEST {
        return Ok(());
    }
    let (body, inside) = match given.body {
        Body::Markdown(body) => (body, of_markdown(body.text)),
        Body::Html(body, _) => (body, of_html(body.text)),
    };
    let around = given
        .layout
        .as_ref()
        .map(|it| (it.html, of_html(it.html.text)));
    let (Text { file, text }, place) = match around {
        Some((layout, around)) if around.depth > inside.depth => (layout, around),
        _ => (body, inside),
    };
    Err(RenderError::TooDeep {
        at: position(&file.into(), text, place.at),
        why: format!("elements stand inside each other more than {DEEPEST} levels deep"),
    })
}

/// The deepest place of a source, as far as can be told from it alone.
#[derive(Default)]
struct Deepest {
    depth: usize,
    at: usize,
}

impl Deepest {
    /// Where it first is too deep, else where it is deepest.
    fn meet(&mut self, depth: usize, at: usize) {
        if depth > self.depth {
            if self.depth <= DEEPEST {
                self.at = at;
            }
            self.depth = depth;
        }
    }

    fn meet_html(&mut self, html: &str, start: usize, depth: &mut usize) {
        let mut at = start;
        for part in parts(html) {
            if let Part::Tag(tag) = part {
                if tag_name(tag).starts_with('/') {
                    *depth = depth.saturating_sub(1);
                } else if !is_void(&tag_name(tag)) {
                    *depth += 1;
                    self.meet(*depth, at);
                }
            }
            at += part.source().len();
        }
    }
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area" | "base" | "br" | "col" | "embed" | "hr" | "img" | "input" | "link" | "meta" | "wbr"
    )
}

fn of_html(source: &str) -> Deepest {
    let mut found = Deepest::default();
    found.meet_html(source, 0, &mut 0);
    found
}

fn of_markdown(source: &str) -> Deepest {
    let mut found = Deepest::default();
    let mut depth = 0_usize;
    for (event, at) in Parser::new_ext(source, options()).into_offset_iter() {
        match event {
            Event::Start(_) => {
                depth += 1;
                found.meet(depth, at.start);
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Html(html) | Event::InlineHtml(html) => {
                found.meet_html(&html, at.start, &mut depth);
            }
            _ => {}
        }
    }
    found
}

/// Read at once: what is too deep by then is not read further, as each tag looks through all that are open.
const PIECE: usize = 4_096;

/// How deep the elements of a page are; of one that is too deep, more than [`DEEPEST`].
fn depth(page: &str) -> usize {
    if page.matches('<').nth(DEEPEST / 8).is_none() {
        // One tag brings at most a table's `tbody` and `tr` along, or the page's `html`, `head` and `body`.
        return 0;
    }
    let mut parser = parse_document(Tree::default(), ParseOpts::default());
    let mut rest = page;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        parser.process(StrTendril::from_slice(piece));
        let met = parser.tokenizer.sink.sink.0.borrow().deepest;
        if met > DEEPEST {
            return met;
        }
        rest = after;
    }
    parser.finish()
}

/// The tree with nothing but its shape. A node is its number, from 1; 0 is the document.
#[derive(Default)]
struct Tree(RefCell<Nodes>);

struct Nodes {
    document: Node,
    below: Vec<Node>,
    /// As deep as one was when it was put there.
    deepest: usize,
}

struct Node {
    name: QualName,
    parent: Option<usize>,
    depth: usize,
    /// All that were put below it; those that have another parent by now are passed over.
    children: Vec<usize>,
}

impl Node {
    fn new(name: QualName) -> Self {
        Self {
            name,
            parent: None,
            depth: 0,
            children: Vec::new(),
        }
    }
}

impl Default for Nodes {
    fn default() -> Self {
        Self {
            document: Node::new(no_name()),
            below: Vec::new(),
            deepest: 0,
        }
    }
}

impl Nodes {
    fn get(&self, number: usize) -> &Node {
        let below = number.checked_sub(1).and_then(|at| self.below.get(at));
        below.unwrap_or(&self.document)
    }

    fn get_mut(&mut self, number: usize) -> &mut Node {
        let below = number.checked_sub(1).and_then(|at| self.below.get_mut(at));
        below.unwrap_or(&mut self.document)
    }

    fn put(&mut self, child: usize, parent: usize) {
        let depth = self.get(parent).depth + 1;
        self.deepest = self.deepest.max(depth);
        let node = self.get_mut(child);
        (node.parent, node.depth) = (Some(parent), depth);
        self.get_mut(parent).children.push(child);
    }
}

fn no_name() -> QualName {
    QualName::new(None, ns!(), local_name!(""))
}

impl Tree {
    fn add(&self, name: QualName) -> usize {
        let below = &mut self.0.borrow_mut().below;
        below.push(Node::new(name));
        below.len()
    }

    fn parent(&self, number: usize) -> Option<usize> {
        self.0.borrow().get(number).parent
    }
}

impl TreeSink for Tree {
    type Handle = usize;
    type Output = usize;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> usize {
        let nodes = self.0.into_inner();
        let mut is_met = vec![false; nodes.below.len() + 1];
        let mut open = vec![(0, 0)];
        let mut deepest = 0;
        while let Some((number, depth)) = open.pop() {
            deepest = deepest.max(depth);
            for child in &nodes.get(number).children {
                let is_here = nodes.get(*child).parent == Some(number);
                if let Some(met) = is_met.get_mut(*child).filter(|met| is_here && !**met) {
                    *met = true;
                    open.push((*child, depth + 1));
                }
            }
        }
        deepest
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        0
    }

    fn elem_name<'a>(&'a self, target: &'a usize) -> Ref<'a, QualName> {
        Ref::map(self.0.borrow(), |nodes| &nodes.get(*target).name)
    }

    fn create_element(&self, name: QualName, _: Vec<Attribute>, _: ElementFlags) -> usize {
        self.add(name)
    }

    fn create_comment(&self, _: StrTendril) -> usize {
        self.add(no_name())
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> usize {
        self.add(no_name())
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        if let NodeOrText::AppendNode(child) = child {
            self.0.borrow_mut().put(child, *parent);
        }
    }

    fn append_based_on_parent_node(&self, at: &usize, before: &usize, child: NodeOrText<usize>) {
        let parent = self.parent(*at).unwrap_or(*before);
        self.append(&parent, child);
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &usize) -> usize {
        *target
    }

    fn same_node(&self, one: &usize, other: &usize) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &usize, child: NodeOrText<usize>) {
        if let Some(parent) = self.parent(*sibling) {
            self.append(&parent, child);
        }
    }

    fn add_attrs_if_missing(&self, _: &usize, _: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &usize) {
        self.0.borrow_mut().get_mut(*target).parent = None;
    }

    fn reparent_children(&self, from: &usize, to: &usize) {
        let mut nodes = self.0.borrow_mut();
        for child in std::mem::take(&mut nodes.get_mut(*from).children) {
            if nodes.get(child).parent == Some(*from) {
                nodes.put(child, *to);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_of_the_inliner_is_asked() {
        let n = 300;
        for (deep, page) in [
            (true, "<div>".repeat(n)),
            (true, "<b>".repeat(n)),
            // An end tag that does not count there, a quotation mark that opens nothing, a comment that ends early.
            (true, "<div><table><tr><td></div>".repeat(n)),
            (true, format!("<a =\">{}", "<i>".repeat(n))),
            (true, format!("<!-- --!>{}", "<i>".repeat(n))),
            (true, format!("<svg><title>{}", "<i>".repeat(n))),
            (false, "<p>".repeat(n)),
            (false, "<ul><li>a<li>b</ul><br>".repeat(n)),
            (
                false,
                "<div><table><tr><td>a</td></tr></table></div>".repeat(n),
            ),
            (false, "<b><p></b></p>".repeat(n)),
            (false, String::new()),
        ] {
            let start: String = page.chars().take(60).collect();
            assert_eq!(depth(&page) > DEEPEST, deep, "{start} {}", depth(&page));
        }
    }
}
