//! Markdown, parsed once into events that both the HTML and the text part are written from.

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::RenderError;
use super::assemble::{Assembled, Place};
use super::page::{self, Part};
use super::tags::Tags;

/// Parses Markdown in which tags are put aside. Statements come out as comments between blocks, never
/// as paragraphs or table rows of their own.
pub(super) fn parse(tags: &Tags, source: &str) -> Vec<Event<'static>> {
    let prepared = separate_statements(tags, source);
    let events = Parser::new_ext(&prepared, options())
        .map(Event::into_static)
        .collect();
    hoist_loops(tags, join_lists(tags, bare_statements(tags, events)))
}

/// What of Markdown is read besides CommonMark.
pub(super) fn options() -> Options {
    let mut options = Options::empty();
    options.insert(Options::ENABLE_TABLES);
    options.insert(Options::ENABLE_STRIKETHROUGH);
    options.insert(Options::ENABLE_SMART_PUNCTUATION);
    options
}

/// The events as HTML.
pub(super) fn html(events: &[Event<'static>]) -> String {
    let mut out = String::new();
    pulldown_cmark::html::push_html(&mut out, events.iter().cloned());
    out
}

/// A line of statements alone gets blank lines around it, so that it does not run into a paragraph
/// or a list item. In a table it stays: a blank line would end the table.
fn separate_statements(tags: &Tags, source: &str) -> String {
    let mut out = String::with_capacity(source.len() + 64);
    let mut fenced = false;
    let mut in_table = false;
    for line in source.lines() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            fenced = !fenced;
        }
        let alone = !fenced && tags.silent_only(line).is_some();
        if alone && !in_table {
            out.push('\n');
            out.push_str(line.trim());
            out.push_str("\n\n");
            continue;
        }
        if !alone {
            in_table = trimmed.starts_with('|');
        }
        out.push_str(if alone { line.trim() } else { line });
        out.push('\n');
    }
    out
}

/// Statements as [`Event::InlineHtml`] comments.
fn comments(tags: &Tags, list: &[usize]) -> Event<'static> {
    let text = list
        .iter()
        .map(|&index| format!("<!--{}-->", tags.word(index)));
    Event::InlineHtml(CowStr::from(text.collect::<String>()))
}

/// Paragraphs and table rows that hold nothing but statements become the statements.
fn bare_statements(tags: &Tags, events: Vec<Event<'static>>) -> Vec<Event<'static>> {
    let mut out: Vec<Event<'static>> = Vec::with_capacity(events.len());
    let mut opened = None;
    for event in events {
        match &event {
            Event::Start(Tag::Paragraph | Tag::TableRow) => opened = Some(out.len()),
            Event::End(TagEnd::Paragraph | TagEnd::TableRow) => {
                if let Some(start) = opened.take()
                    && let Some(list) = statements_in(tags, out.get(start..).unwrap_or_default())
                {
                    out.truncate(start);
                    out.push(comments(tags, &list));
                    continue;
                }
            }
            _ => {}
        }
        out.push(event);
    }
    out
}

fn statements_in(tags: &Tags, events: &[Event<'_>]) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    for event in events {
        match event {
            Event::Text(text) => found.extend(tags.silent_only(text)?),
            Event::SoftBreak
            | Event::Start(Tag::Paragraph | Tag::TableRow | Tag::TableCell)
            | Event::End(TagEnd::TableCell) => {}
            _ => return None,
        }
    }
    (!found.is_empty()).then_some(found)
}

/// The statements of a comment that [`comments`] made.
pub(super) fn statements_of(tags: &Tags, event: &Event<'_>) -> Option<Vec<usize>> {
    match event {
        Event::InlineHtml(text) => tags.silent_only(&text.replace("<!--", "").replace("-->", "")),
        _ => None,
    }
}

/// Two lists with statements between them are one list, with the statements between its items.
fn join_lists(tags: &Tags, events: Vec<Event<'static>>) -> Vec<Event<'static>> {
    let mut out: Vec<Event<'static>> = Vec::with_capacity(events.len());
    for event in events {
        if let Event::Start(Tag::List(second)) = &event {
            let between = out
                .iter()
                .rev()
                .take_while(|event| statements_of(tags, event).is_some())
                .count();
            let at = out.len().checked_sub(between + 1);
            let same = at.and_then(|at| out.get(at)).is_some_and(|before| {
                matches!(before, Event::End(TagEnd::List(ordered)) if *ordered == second.is_some())
            });
            if let (true, true, Some(at)) = (between > 0, same, at) {
                out.remove(at);
                continue;
            }
        }
        out.push(event);
    }
    out
}

/// A list that a `for` repeats as a whole becomes one list whose items are repeated.
fn hoist_loops(tags: &Tags, mut events: Vec<Event<'static>>) -> Vec<Event<'static>> {
    let is = |event: Option<&Event<'static>>, keyword: &str| {
        event
            .and_then(|event| statements_of(tags, event))
            .is_some_and(
                |list| matches!(list.as_slice(), [one] if tags.keyword(*one) == Some(keyword)),
            )
    };
    for at in 0..events.len().saturating_sub(1) {
        if !is(events.get(at), "for")
            || !matches!(events.get(at + 1), Some(Event::Start(Tag::List(_))))
        {
            continue;
        }
        let mut depth = 0_usize;
        let mut end = None;
        for (n, event) in events.iter().enumerate().skip(at + 1) {
            match event {
                Event::Start(Tag::List(_)) => depth += 1,
                Event::End(TagEnd::List(_)) => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                end = Some(n);
                break;
            }
        }
        if let Some(end) = end
            && is(events.get(end + 1), "endfor")
        {
            events.swap(at, at + 1);
            events.swap(end, end + 1);
        }
    }
    events
}

/// The text part, written from the events: a paragraph is one line, wrapped after rendering.
pub(super) struct TextWriter<'t> {
    tags: &'t Tags,
    out: Assembled,
    /// Open lists: the next number, or none for bullets; and whether its items are tight.
    lists: Vec<Option<u64>>,
    quotes: usize,
    links: Vec<(String, usize)>,
    images: usize,
    cell: usize,
    item_open: bool,
}

/// Rewrites a link's destination as the page's are.
type Rewrite<'a> = page::Rewrite<'a>;

impl<'t> TextWriter<'t> {
    /// Writes all events.
    pub(super) fn write(
        tags: &'t Tags,
        events: &[Event<'static>],
        rewrite: &Rewrite<'_>,
    ) -> Result<Assembled, RenderError> {
        let mut writer = Self {
            tags,
            out: Assembled::default(),
            lists: Vec::new(),
            quotes: 0,
            links: Vec::new(),
            images: 0,
            cell: 0,
            item_open: false,
        };
        for event in events {
            writer.event(event, rewrite)?;
        }
        Ok(writer.out)
    }

    fn event(&mut self, event: &Event<'static>, rewrite: &Rewrite<'_>) -> Result<(), RenderError> {
        if let Some(list) = statements_of(self.tags, event) {
            for index in list {
                self.out.tag(self.tags, index, Place::Plain, true);
            }
            return Ok(());
        }
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(*tag, rewrite)?,
            Event::Text(text) | Event::Code(text) => {
                self.out.push(self.tags, text, Place::Plain)?
            }
            Event::SoftBreak => self.out.literal(" "),
            Event::HardBreak => {
                self.out.literal("\n");
                self.indent();
            }
            Event::Rule => {
                self.block();
                self.out
                    .literal("----------------------------------------\n");
            }
            Event::Html(text) | Event::InlineHtml(text) => {
                html_as_text(self.tags, text, &mut self.out, rewrite, true)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, tag: &Tag<'static>) {
        match tag {
            Tag::Paragraph if self.item_open => self.item_open = false,
            Tag::Paragraph | Tag::CodeBlock(_) | Tag::Heading { .. } => self.block(),
            Tag::Table(_) => self.out.literal("\n"),
            Tag::BlockQuote(_) => self.quotes += 1,
            Tag::List(first) => {
                self.out.literal("\n");
                self.lists.push(*first);
            }
            Tag::Item => {
                let depth = self.lists.len().saturating_sub(1);
                self.out.literal(&"  ".repeat(depth));
                match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let text = format!("{number}. ");
                        *number += 1;
                        self.out.literal(&text);
                    }
                    _ => self.out.literal("- "),
                }
                self.item_open = true;
            }
            Tag::TableHead | Tag::TableRow => self.cell = 0,
            Tag::TableCell => {
                if self.cell > 0 {
                    self.out.literal(" | ");
                }
                self.cell += 1;
            }
            Tag::Strong => self.out.literal("*"),
            Tag::Emphasis => self.out.literal("_"),
            Tag::Link {
                dest_url,
                link_type,
                ..
            } => {
                // `<ana@camara.example>`: the page's writer makes it a link to write to.
                let scheme = match link_type {
                    LinkType::Email => "mailto:",
                    _ => "",
                };
                self.links
                    .push((format!("{scheme}{dest_url}"), self.out.source.len()));
            }
            Tag::Image { .. } => {
                self.images += 1;
                self.out.literal("[");
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, rewrite: &Rewrite<'_>) -> Result<(), RenderError> {
        match tag {
            TagEnd::Heading(level) => {
                // A heading is set apart by a line below it.
                let rule = if level as usize == 1 { "=" } else { "-" };
                self.out.literal("\n");
                self.out.literal(&rule.repeat(24));
                self.out.literal("\n");
            }
            TagEnd::Paragraph | TagEnd::TableRow | TagEnd::TableHead => self.out.literal("\n"),
            TagEnd::Item => {
                if !self.out.source.ends_with('\n') {
                    self.out.literal("\n");
                }
                self.item_open = false;
            }
            TagEnd::BlockQuote(_) => self.quotes = self.quotes.saturating_sub(1),
            TagEnd::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.out.literal("\n");
                }
            }
            TagEnd::Strong => self.out.literal("*"),
            TagEnd::Emphasis => self.out.literal("_"),
            TagEnd::Link => {
                if let Some((url, start)) = self.links.pop() {
                    self.link(&url, start, rewrite)?;
                }
            }
            TagEnd::Image => {
                self.images = self.images.saturating_sub(1);
                self.out.literal("]");
            }
            _ => {}
        }
        Ok(())
    }

    fn link(&mut self, url: &str, start: usize, rewrite: &Rewrite<'_>) -> Result<(), RenderError> {
        let url = rewrite(url)?.unwrap_or_else(|| url.to_owned());
        let text = self.out.source.get(start..).unwrap_or_default();
        // A bare address is its own text.
        if text != url && url.strip_prefix("mailto:") != Some(text) {
            self.out.literal(" <");
            self.out.push(self.tags, &url, Place::Url)?;
            self.out.literal(">");
        }
        Ok(())
    }

    /// A blank line, and the marks of what the block stands in.
    fn block(&mut self) {
        self.out.literal("\n");
        self.item_open = false;
        self.indent();
    }

    fn indent(&mut self) {
        self.out.literal(&"> ".repeat(self.quotes));
        self.out.literal(&"  ".repeat(self.lists.len()));
    }
}

/// Elements whose end is a line's end.
const BLOCKS: [&str; 16] = [
    "p",
    "div",
    "br",
    "tr",
    "table",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "blockquote",
];

/// What a page says, for a page that has no text of its own: words, links, images by their alt.
/// `fragment`: a piece of HTML within Markdown, whose line breaks are left alone.
pub(super) fn html_as_text(
    tags: &Tags,
    html: &str,
    out: &mut Assembled,
    rewrite: &Rewrite<'_>,
    fragment: bool,
) -> Result<(), RenderError> {
    let mut links: Vec<Option<String>> = Vec::new();
    for part in page::parts(html) {
        match part {
            Part::Text(text) => {
                let text = unescape(text);
                let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
                if words.is_empty() {
                    words = " ".to_owned();
                } else if text.ends_with(char::is_whitespace) {
                    words.push(' ');
                }
                if text.starts_with(char::is_whitespace)
                    && !words.starts_with(' ')
                    && !out.source.ends_with(['\n', ' '])
                {
                    out.literal(" ");
                }
                if !(words == " " && out.source.ends_with(['\n', ' '])) {
                    out.push(tags, &words, Place::Plain)?;
                }
            }
            Part::Tag(tag) => {
                let name = page::tag_name(tag);
                let bare = name.trim_start_matches('/');
                let value = |wanted: &str| {
                    page::attributes(tag)
                        .into_iter()
                        .find(|a| a.name == wanted)
                        .and_then(|a| a.value.map(unescape))
                };
                match name.as_str() {
                    "a" => links.push(value("href")),
                    "/a" => {
                        if let Some(Some(url)) = links.pop()
                            && !url.starts_with('#')
                        {
                            let url = rewrite(&url)?.unwrap_or(url);
                            out.literal(" <");
                            out.push(tags, &url, Place::Url)?;
                            out.literal(">");
                        }
                    }
                    "img" => {
                        if let Some(alt) = value("alt").filter(|alt| !alt.trim().is_empty()) {
                            out.literal("[");
                            out.push(tags, &alt, Place::Plain)?;
                            out.literal("]");
                        }
                    }
                    "li" => out.literal("- "),
                    "/td" | "/th" => out.literal(" "),
                    "/p" | "/h1" | "/h2" | "/h3" | "/ul" | "/ol" | "/table" if !fragment => {
                        out.literal("\n\n");
                    }
                    _ if BLOCKS.contains(&bare) && (name.starts_with('/') || bare == "br") => {
                        out.literal("\n");
                    }
                    _ => {}
                }
            }
            Part::Comment(_) | Part::Raw(..) => {}
        }
    }
    Ok(())
}

fn unescape(text: &str) -> String {
    text.replace("&nbsp;", "\u{a0}")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}
