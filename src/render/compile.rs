//! A campaign's files made into templates, once.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use jiff::tz::TimeZone;
use minijinja::{Environment, Value};

use super::RenderError;
use super::additions::{footer_html, footer_text, preheader_html};
use super::assemble::{Assembled, Place};
use super::content_place::around_content;
use super::context::OWN;
use super::links::rewrite;
use super::markdown::{self, TextWriter};
use super::names::{self, NameKind};
use super::page::{self, Frame};
use super::personal::{Counting, Personal, picture_html};
use super::standing::Standing;
use super::tags::{Origin, Piece, Tags};
use super::view::{Body, Ingredients, Text};
use super::{depth, inline_styles, remarks};
use crate::mail::dkim::Signer;
use crate::mail::recipient_id::RecipientKey;
use crate::mail::token::OccurrenceTag;

/// A campaign ready to be written to each of its recipients.
pub struct Compiled {
    pub(super) env: Environment<'static>,
    pub(super) templates: Vec<(&'static str, Assembled)>,
    /// Where a subject without tags needs no engine.
    pub(super) subject: Option<String>,
    pub(super) has_preheader: bool,
    /// Columns that some template uses, then the names of [`super::letter`].
    pub(super) names: Arc<[String]>,
    pub(super) columns: usize,
    pub(super) standing: Standing,
    pub(super) personal: Personal,
    pub(super) zone: TimeZone,
    pub(super) key: RecipientKey,
    pub(super) occurrence: crate::mail::occurrence::OccurrenceId,
    pub(super) tag: OccurrenceTag,
    pub(super) signers: Vec<Signer>,
    pub(super) copies: (usize, usize),
}

/// Largest source file that is compiled.
const LARGEST_SOURCE: usize = 2_000_000;

/// The campaign's files with tags put aside.
struct Aside {
    tags: Tags,
    body: String,
    body_text: Option<String>,
    layout: Option<String>,
    layout_text: Option<String>,
    css: String,
    subject: String,
    preheader: Option<String>,
}

impl Compiled {
    /// Compiles a campaign.
    ///
    /// # Errors
    /// [`RenderError`], with file, line and column where a template is wrong.
    pub fn compile(given: Ingredients<'_>) -> Result<Self, RenderError> {
        let standing = Standing::of(&given)?;
        let zone = TimeZone::get(&given.settings.organisation.zone)
            .map_err(|why| RenderError::Setting(format!("organisation.zone: {why}")))?;
        let aside = put_aside(&given)?;
        names::check(&aside.tags)?;
        let tags = &aside.tags;
        let rewrite = |url: &str| rewrite(&given, tags, url);

        let (body_html, body_text) = match given.body {
            Body::Markdown(_) => {
                let events = markdown::parse(tags, &aside.body);
                (
                    markdown::html(&events),
                    TextWriter::write(tags, &events, &rewrite)?,
                )
            }
            Body::Html(..) => {
                let mut text = Assembled::default();
                match &aside.body_text {
                    Some(own) => text.push(tags, own, Place::Plain)?,
                    None => markdown::html_as_text(tags, &aside.body, &mut text, &rewrite, false)?,
                }
                (aside.body.clone(), text)
            }
        };
        let (html, personal) = html_part(&given, &aside, &body_html, &rewrite)?;
        let text = text_part(&given, &aside, body_text)?;
        let mut subject = Assembled::default();
        subject.push(tags, &aside.subject, Place::Plain)?;
        let plain_subject = tags
            .pieces(&aside.subject)
            .iter()
            .all(|piece| matches!(piece, Piece::Text(_)))
            .then(|| aside.subject.clone());
        let mut templates = vec![("html", html), ("text", text), ("subject", subject)];
        if let Some(preheader) = &aside.preheader {
            let mut assembled = Assembled::default();
            assembled.push(tags, preheader, Place::Plain)?;
            templates.push(("preheader", assembled));
        }

        let env = fill_environment(&given, &templates)?;
        let columns = used_columns(&given, &aside, &env, (&templates, &personal))?;
        let mut names = columns.clone();
        names.extend(["subject", "preheader", "unsubscribe_url", "documents"].map(String::from));
        names.extend(personal.names());
        Ok(Self {
            env,
            templates,
            subject: plain_subject,
            has_preheader: aside.preheader.is_some(),
            columns: columns.len(),
            names: names.into(),
            standing,
            personal,
            zone,
            tag: OccurrenceTag::of(given.key, given.occurrence),
            key: given.key.clone(),
            occurrence: given.occurrence.clone(),
            copies: (given.campaign.cc.len(), given.campaign.bcc.len()),
            signers: given.signers,
        })
    }

    /// The columns that its texts use, in order.
    pub fn columns(&self) -> &[String] {
        self.names.get(..self.columns).unwrap_or_default()
    }

    /// An engine's error, said of the source.
    pub(super) fn explain(&self, part: &str, error: &minijinja::Error) -> RenderError {
        let assembled = self.templates.iter().find(|(name, _)| *name == part);
        explain(assembled.map(|(_, assembled)| assembled), part, error)
    }
}

fn put_aside(given: &Ingredients<'_>) -> Result<Aside, RenderError> {
    let (body, own_text) = match given.body {
        Body::Markdown(body) => (body, None),
        Body::Html(body, text) => (body, text),
    };
    let layout = given.layout.as_ref();
    let campaign = |text| Text {
        file: given.campaign_file,
        text,
    };
    let subject = campaign(given.campaign.subject.as_str());
    let preheader = given.campaign.preheader.as_deref().map(campaign);
    let files = [
        Some(body),
        own_text,
        layout.map(|l| l.html),
        layout.and_then(|l| l.text),
        layout.and_then(|l| l.css),
        Some(subject),
        preheader,
    ];
    let mut sources = Vec::new();
    for file in files.iter().flatten() {
        if file.text.len() > LARGEST_SOURCE {
            return Err(RenderError::TooLarge {
                part: "a source file",
                limit: LARGEST_SOURCE,
            });
        }
        sources.push(file.text);
    }
    let mut tags = Tags::for_sources(&sources);
    let mut aside = |file: Option<Text<'_>>| {
        file.map(|file| tags.put_aside(file.file, file.text))
            .transpose()
    };
    Ok(Aside {
        body: aside(Some(body))?.unwrap_or_default(),
        body_text: aside(own_text)?,
        layout: aside(layout.map(|l| l.html))?,
        layout_text: aside(layout.and_then(|l| l.text))?,
        css: aside(layout.and_then(|l| l.css))?.unwrap_or_default(),
        subject: aside(Some(subject))?.unwrap_or_default(),
        preheader: aside(preheader)?,
        tags,
    })
}

/// A page around a body that has no layout.
const BARE_PAGE: (&str, &str) = (
    "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
     content=\"width=device-width\"></head><body>",
    "</body></html>",
);

fn html_part(
    given: &Ingredients<'_>,
    aside: &Aside,
    body: &str,
    rewrite: &page::Rewrite<'_>,
) -> Result<(Assembled, Personal), RenderError> {
    let tags = &aside.tags;
    let page = match (&aside.layout, given.body) {
        (Some(layout), _) => {
            let file = given.layout.as_ref().map_or("layout.html", |l| l.html.file);
            let (before, after) = around_content(tags, layout, file, true)?;
            format!("{before}{body}{after}")
        }
        (None, Body::Html(..)) => body.to_owned(),
        (None, Body::Markdown(_)) => format!("{}{body}{}", BARE_PAGE.0, BARE_PAGE.1),
    };
    let css_file = given
        .layout
        .as_ref()
        .and_then(|l| l.css)
        .map_or("style.css", |css| css.file);
    let silent = tags
        .pieces(&aside.css)
        .into_iter()
        .find_map(|piece| match piece {
            Piece::Tag(index) if tags.is_silent(index) => tags.get(index),
            _ => None,
        });
    if let Some(tag) = silent {
        let why = "a style sheet can hold values, not conditions";
        return Err(RenderError::template(&tag.origin, why.into()));
    }
    let shielded = page::shield(tags, &remarks::taken_out_of_page(&page))?;
    depth::check(given, &shielded)?;
    let inlined =
        inline_styles::inline(&shielded, &remarks::taken_out_of_css(&aside.css), css_file)?;
    let mut counting = Counting::of(given, tags);
    let frame = Frame {
        lang: given.locale.tag(),
        after_body: preheader_html(tags, aside.preheader.is_some()),
        before_end: footer_html(given, tags) + &picture_html(given, tags),
    };
    let page = page::unshield(tags, &inlined, &frame, rewrite, &mut counting)?;
    Ok((page, Personal::of(given, tags, counting)))
}

fn text_part(
    given: &Ingredients<'_>,
    aside: &Aside,
    body: Assembled,
) -> Result<Assembled, RenderError> {
    let tags = &aside.tags;
    let mut out = Assembled::default();
    match &aside.layout_text {
        None => out.append(body),
        Some(layout) => {
            let file = given
                .layout
                .as_ref()
                .and_then(|l| l.text)
                .map_or("layout.txt", |t| t.file);
            let (before, after) = around_content(tags, layout, file, false)?;
            out.push(tags, before, Place::Plain)?;
            out.append(body);
            out.push(tags, after, Place::Plain)?;
        }
    }
    let has_own_text = aside.layout_text.is_some();
    out.template(&footer_text(given, tags, has_own_text));
    Ok(out)
}

fn fill_environment(
    given: &Ingredients<'_>,
    templates: &[(&'static str, Assembled)],
) -> Result<Environment<'static>, RenderError> {
    let mut env = super::engine::environment(given.locale);
    let organisation = &given.settings.organisation;
    env.add_global(
        "organisation",
        Value::from_pairs([
            ("name", Value::from(organisation.name.as_str())),
            (
                "postal_address",
                Value::from(organisation.postal_address.join(", ")),
            ),
            (
                "postal_lines",
                organisation
                    .postal_address
                    .iter()
                    .map(String::as_str)
                    .collect(),
            ),
            (
                "website",
                organisation
                    .website
                    .as_deref()
                    .map_or(Value::UNDEFINED, Value::from),
            ),
        ]),
    );
    env.add_global(
        "sender",
        Value::from_pairs([
            ("name", Value::from(given.sender.name.as_str())),
            ("address", Value::from(given.sender.address.as_str())),
        ]),
    );
    let brand = &given.settings.policy.brand;
    let logo = brand
        .logo
        .as_deref()
        .and_then(|logo| (given.asset_url)(logo.strip_prefix("assets/").unwrap_or(logo)));
    let first = |list: &[String]| {
        list.first()
            .map_or(Value::UNDEFINED, |v| Value::from(v.as_str()))
    };
    env.add_global(
        "brand",
        Value::from_pairs([
            ("colour", first(&brand.colours)),
            (
                "colours",
                brand.colours.iter().map(String::as_str).collect(),
            ),
            ("font", first(&brand.fonts)),
            ("fonts", brand.fonts.iter().map(String::as_str).collect()),
            ("logo", logo.map_or(Value::UNDEFINED, Value::from)),
        ]),
    );
    env.add_global("locale", Value::from(given.locale.tag()));
    for (name, value) in given.layout.iter().flat_map(|layout| layout.variables) {
        env.add_global(name.clone(), Value::from(value.as_str()));
    }
    for (name, assembled) in templates {
        env.add_template_owned(*name, assembled.source.clone())
            .map_err(|error| explain(Some(assembled), name, &error))?;
    }
    Ok(env)
}

/// The columns that templates use; a name that is neither column nor variable is an error.
fn used_columns(
    given: &Ingredients<'_>,
    aside: &Aside,
    env: &Environment<'_>,
    (templates, personal): (&[(&'static str, Assembled)], &Personal),
) -> Result<Vec<String>, RenderError> {
    let of = |part: &str| match env.get_template(part) {
        Ok(template) => template.undeclared_variables(false),
        Err(_) => HashSet::new(),
    };
    let mut used: BTreeSet<String> = templates.iter().flat_map(|(part, _)| of(part)).collect();
    let variables = given.layout.as_ref().map(|layout| layout.variables);
    let is_variable = |name: &str| {
        OWN.contains(&name) || variables.is_some_and(|variables| variables.contains_key(name))
    };
    used.retain(|name| !is_variable(name) && !personal.is_ours(name));
    if let Some(unknown) = used.iter().find(|name| !given.columns.contains(name)) {
        let known = given.columns.iter().map(String::as_str).chain(OWN);
        let near = names::nearest(unknown, known);
        // A tag of another part may have it as the name of something else.
        let uses = |(part, _): &&(&str, Assembled)| of(part).contains(unknown);
        let by = templates.iter().find(uses).map(|(_, assembled)| assembled);
        let origins: Vec<&Origin> = by.iter().flat_map(|it| it.origins()).collect();
        return Err(match aside.tags.user(unknown, &origins) {
            Some((tag, at)) => {
                names::unknown(NameKind::Variable, unknown, near, names::place(tag, at))
            }
            None => RenderError::Setting(format!("`{unknown}` is not known to the layout")),
        });
    }
    Ok(used.into_iter().collect())
}

pub(super) fn explain(
    assembled: Option<&Assembled>,
    part: &str,
    error: &minijinja::Error,
) -> RenderError {
    let offset = error.range().map(|range| range.start);
    let origin = assembled
        .and_then(|assembled| assembled.origin(offset.unwrap_or(0)))
        .cloned()
        .unwrap_or_else(|| Origin {
            file: part.into(),
            line: 1,
            column: 1,
        });
    let why = match (error.kind(), error.detail()) {
        (minijinja::ErrorKind::UndefinedError, detail) => {
            let name = assembled
                .zip(error.range())
                .and_then(|(assembled, range)| empty_name(&assembled.source, range));
            if let Some(name) = name {
                let name = name.to_owned();
                return RenderError::Empty { at: origin, name };
            }
            detail.map_or_else(
                || "a value is empty here: give a `default`, or ask with `if`".to_owned(),
                str::to_owned,
            )
        }
        (minijinja::ErrorKind::OutOfFuel, _) => super::engine::TOO_LONG.to_owned(),
        (minijinja::ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    RenderError::Template { at: origin, why }
}

/// Words of the template language.
const KEYWORDS: [&str; 14] = [
    "if", "elif", "else", "for", "in", "not", "and", "or", "is", "set", "true", "false", "none",
    "loop",
];

/// The name of the value that was found to be empty, where an error about `range` of `source` tells:
/// where several stand there nobody knows which it was.
fn empty_name(source: &str, range: std::ops::Range<usize>) -> Option<&str> {
    let mut at = source.get(range.clone())?;
    let before = source.get(..range.start)?;
    if before.trim_end().ends_with('|') {
        // A filter met it: what it was given stands at the tag's beginning.
        at = before.rsplit_once("{{")?.1;
        at = at.split('|').next()?;
    }
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let mut quoted = false;
    let mut names = at.split(['"', '\'']).flat_map(|part| {
        quoted = !quoted;
        let part = if quoted { part } else { "" };
        part.split(|c| !is_word(c))
    });
    let is_name = |word: &&str| {
        let begins = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
        begins && !KEYWORDS.contains(word)
    };
    let first = names.by_ref().find(is_name)?;
    names
        .filter(is_name)
        .all(|word| word == first)
        .then_some(first)
}

#[cfg(test)]
mod tests {
    use super::empty_name;

    #[test]
    fn the_empty_value_is_named_where_there_is_one() {
        for (source, part, expected) in [
            ("{{ nombre }}", "nombre", Some("nombre")),
            ("{{ (nombre|trim) }}", "trim", Some("nombre")),
            (
                "{% if sector == \"agro\" %}",
                "if sector == \"agro\"",
                Some("sector"),
            ),
            ("{% if a and b %}", "if a and b", None),
            (
                "{{ organisation.website }}",
                "organisation.website",
                Some("organisation.website"),
            ),
            ("{{ 1 + 2 }}", "1 + 2", None),
        ] {
            let start = source.find(part).unwrap();
            let found = empty_name(source, start..start + part.len());
            assert_eq!(found, expected, "{source}");
        }
    }
}
