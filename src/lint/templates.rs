//! Compiles every campaign as sending will, once for all rules about templates, and keeps what is
//! wrong. Sends nothing, signs nothing, and needs no secret: what is compiled is thrown away.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::Context;
use super::concern::Concern;
use super::mistakes::Found;
use super::trial::Mistake;
use crate::diagnostic::file::{File, Files};
use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule};
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::mail::recipient_id::{RecipientKey, SHORTEST_SECRET};
use crate::render::{
    Body, Compiled, Ingredients, Layout, NameKind, Origin, RenderError, Text, UnknownName,
};
use crate::workspace::campaign::Campaign;
use crate::workspace::loaded::{self, CampaignFile, Loaded, TemplateFile};
use crate::workspace::parallel::{WORTH, map};
use crate::workspace::rules as loading;
use crate::workspace::settings::{Sender, Settings};
use crate::workspace::source::{Source, SourceError, WorkspacePath};

/// Larger text files are no bodies or layouts.
const LARGEST_TEXT: u64 = 4_000_000;

/// What compiling the campaigns brought.
#[derive(Default)]
pub struct Compilation {
    /// The campaigns that compile.
    pub(super) compiled: Vec<(CampaignId, Compiled)>,
    wrong: Vec<Wrong>,
    /// Texts that cannot be read.
    pub(super) findings: Vec<Diagnostic>,
}

/// A campaign that does not compile.
#[derive(Debug)]
struct Wrong {
    path: String,
    error: RenderError,
    place: Place,
    /// Columns of its lists.
    columns: Vec<String>,
    /// Whether it names the column of a list that has the addresses.
    is_address: bool,
}

/// A campaign's texts.
struct Texts<'a> {
    body: (WorkspacePath, String),
    /// `body.txt`, beside a page of one's own.
    plain: Option<(WorkspacePath, String)>,
    layout: Option<LayoutTexts<'a>>,
}

struct LayoutTexts<'a> {
    template: &'a TemplateFile,
    html: (WorkspacePath, String),
    text: Option<(WorkspacePath, String)>,
    style: Option<(WorkspacePath, String)>,
}

/// Compiles all campaigns whose parts are there; what is not is another rule's. Texts that findings
/// stand in are added to `files`.
pub(super) fn compile(
    source: &dyn Source,
    loaded: &Loaded,
    concern: &Concern<'_>,
    files: &mut Files,
) -> Compilation {
    let mut done = Compilation::default();
    let (Some(settings), Ok(key)) = (
        &loaded.settings,
        RecipientKey::from_secret(&[0; SHORTEST_SECRET]),
    ) else {
        return done;
    };
    if TimeZone::get(&settings.organisation.zone).is_err() {
        // Another rule's; nothing compiles then.
        return done;
    }
    let campaigns = loaded
        .campaigns
        .iter()
        .filter(|(id, _)| concern.campaign(id));
    let campaigns: Vec<(&CampaignId, &CampaignFile)> = campaigns.collect();
    let compiled = map(&campaigns, WORTH, |(id, file)| {
        compile_one(source, loaded, settings, &key, (*id, *file))
    });
    let mut unreadable = BTreeSet::new();
    for ((id, file), attempt) in campaigns.into_iter().zip(compiled) {
        match attempt {
            Attempt::Passed => {}
            Attempt::Unreadable(finding) => {
                // A layout is read for each campaign that has it; of links loading has told.
                let is_told = std::ptr::eq(finding.rule, &loading::LINK_NOT_FOLLOWED);
                if !is_told && unreadable.insert(finding.path.clone()) {
                    done.findings.push(*finding);
                }
            }
            Attempt::Compiled(compiled) => done.compiled.push((id.clone(), *compiled)),
            Attempt::Wrong(error, texts, columns) => {
                let (path, place) = texts.place(file, &error, files);
                done.wrong.push(Wrong {
                    is_address: is_address(loaded, file, &error),
                    path,
                    place,
                    error,
                    columns,
                });
            }
        }
    }
    done
}

/// What came of compiling one campaign.
enum Attempt<'a> {
    /// A part is not there, which is another rule's.
    Passed,
    Unreadable(Box<Diagnostic>),
    Compiled(Box<Compiled>),
    Wrong(RenderError, Box<Texts<'a>>, Vec<String>),
}

fn compile_one<'a>(
    source: &dyn Source,
    loaded: &'a Loaded,
    settings: &Settings,
    key: &RecipientKey,
    (id, file): (&CampaignId, &'a CampaignFile),
) -> Attempt<'a> {
    let sender = settings.senders.get(&file.campaign.sender);
    let (Some(sender), Some(columns)) = (sender, columns(loaded, file)) else {
        return Attempt::Passed;
    };
    let texts = match texts(source, loaded, file) {
        Ok(Some(texts)) => texts,
        Ok(None) => return Attempt::Passed,
        Err(finding) => return Attempt::Unreadable(finding),
    };
    let parts = Parts {
        settings,
        sender,
        file,
        columns: &columns,
        key,
        loaded,
    };
    match parts.compile(id, &texts) {
        Ok(compiled) => Attempt::Compiled(Box::new(compiled)),
        Err(error) => Attempt::Wrong(error, Box::new(texts), columns),
    }
}

/// A mistake with its place, whose text is kept in `files`.
pub(super) fn placed(
    source: &dyn Source,
    loaded: &Loaded,
    mistake: Mistake,
    files: &mut Files,
) -> Option<Found> {
    let file = loaded.campaigns.get(&mistake.campaign)?;
    let texts = texts(source, loaded, file).ok()??;
    let (path, place) = match mistake.title {
        Some(number) => {
            let steps = ["documents", &number.to_string(), "title"];
            (file.path.to_string(), Place::value(&steps))
        }
        None => texts.place(file, &mistake.error, files),
    };
    Some(Found {
        error: mistake.error,
        path,
        place,
        list: mistake.list,
        lines: mistake.lines,
        count: mistake.count,
    })
}

/// All columns of a campaign's lists, as sending has them; nothing where a list cannot be read.
fn columns(loaded: &Loaded, file: &CampaignFile) -> Option<Vec<String>> {
    let mut names = BTreeSet::new();
    for list in &file.campaign.audience.lists {
        names.extend(loaded.lists.get(list)?.list.columns.keys().cloned());
    }
    Some(names.into_iter().collect())
}

/// Whether a name that is not known is that of a list's column with the addresses.
fn is_address(loaded: &Loaded, file: &CampaignFile, error: &RenderError) -> bool {
    let RenderError::Unknown { name, .. } = error else {
        return false;
    };
    let lists = file.campaign.audience.lists.iter();
    let mut lists = lists.filter_map(|list| loaded.lists.get(list));
    name.kind == NameKind::Variable && lists.any(|it| it.list.address_column == name.name)
}

fn texts<'a>(
    source: &dyn Source,
    loaded: &'a Loaded,
    file: &'a CampaignFile,
) -> Result<Option<Texts<'a>>, Box<Diagnostic>> {
    let (body, is_page) = match &file.body {
        loaded::Body::Markdown(path) => (path, false),
        loaded::Body::Html(path) => (path, true),
    };
    let plain = file.folder.join("body.txt").ok();
    let plain = plain.filter(|path| is_page && loaded.paths.contains(path));
    let layout = match &file.campaign.template {
        None => None,
        Some(name) => match loaded.templates.get(name) {
            Some(template) if loaded.paths.contains(&template.html) => Some(template),
            _ => return Ok(None),
        },
    };
    let optional = |path: Option<&WorkspacePath>| path.map(|path| read(source, path)).transpose();
    Ok(Some(Texts {
        body: read(source, body)?,
        plain: optional(plain.as_ref())?,
        layout: match layout {
            Some(template) => Some(LayoutTexts {
                template,
                html: read(source, &template.html)?,
                text: optional(template.text.as_ref())?,
                style: optional(template.style.as_ref())?,
            }),
            None => None,
        },
    }))
}

fn read(
    source: &dyn Source,
    path: &WorkspacePath,
) -> Result<(WorkspacePath, String), Box<Diagnostic>> {
    let finding = |rule: &'static Rule, message: String| {
        Box::new(Diagnostic::new(rule, path, Place::File, message))
    };
    let bytes = source.read(path, LARGEST_TEXT).map_err(|error| {
        let rule = match &error {
            SourceError::TooLarge { .. } => &loading::FILE_TOO_LARGE,
            SourceError::NotRegular(_) => &loading::LINK_NOT_FOLLOWED,
            SourceError::Missing(_) | SourceError::Encrypted { .. } | SourceError::Io { .. } => {
                &loading::FILE_UNREADABLE
            }
        };
        finding(rule, error.to_string())
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let file = File::new(String::from_utf8_lossy(error.as_bytes()));
        let (line, column) = file.line_column(at);
        let message = "the file is not in UTF-8: a byte here is part of no character";
        let mut finding = finding(&loading::NOT_UTF8, message.to_owned());
        finding.place = Place::Line { line, column };
        finding.help = Some("save it again with the encoding UTF-8".to_owned());
        finding
    })?;
    Ok((path.clone(), text))
}

/// What a campaign is compiled of besides its texts.
struct Parts<'a> {
    settings: &'a Settings,
    sender: &'a Sender,
    file: &'a CampaignFile,
    columns: &'a [String],
    key: &'a RecipientKey,
    loaded: &'a Loaded,
}

impl Parts<'_> {
    fn compile(&self, id: &CampaignId, texts: &Texts<'_>) -> Result<Compiled, RenderError> {
        let campaign = &self.file.campaign;
        // Where an asset is published depends on its content; that it is there is what is asked here.
        let asset = |path: &str| {
            let publish = self.settings.publish.as_ref()?;
            let path = WorkspacePath::parse(&format!("assets/{path}")).ok()?;
            let there = self.loaded.paths.contains(&path);
            there.then(|| format!("{}/{path}", publish.url))
        };
        let body = text(&texts.body);
        let plain = texts.plain.as_ref().map(text);
        Compiled::compile(Ingredients {
            settings: self.settings,
            sender: self.sender,
            campaign,
            campaign_file: self.file.path.as_str(),
            occurrence: &OccurrenceId::single(id.clone()),
            locale: campaign.locale.unwrap_or(self.settings.organisation.locale),
            body: match &self.file.body {
                loaded::Body::Markdown(_) => Body::Markdown(body),
                loaded::Body::Html(_) => Body::Html(body, plain),
            },
            layout: texts.layout.as_ref().map(|layout| Layout {
                html: text(&layout.html),
                text: layout.text.as_ref().map(text),
                css: layout.style.as_ref().map(text),
                variables: &layout.template.template.variables,
            }),
            columns: self.columns,
            asset_url: &asset,
            // Rules of their own say better what is wrong with a link or a picture.
            keeps_broken_links: true,
            key: self.key,
            signers: Vec::new(),
        })
    }
}

fn text((path, text): &(WorkspacePath, String)) -> Text<'_> {
    Text {
        file: path.as_str(),
        text,
    }
}

impl Texts<'_> {
    /// Where a template's error stands. Its text is kept in `files`.
    fn place(
        &self,
        file: &CampaignFile,
        error: &RenderError,
        files: &mut Files,
    ) -> (String, Place) {
        let own = |place| (file.path.to_string(), place);
        let settings = |steps: &[&str]| ("postmerge.yaml".to_owned(), Place::value(steps));
        let (at, length) = match error {
            RenderError::Template { at, .. } | RenderError::TooDeep { at, .. } => (at, 0),
            RenderError::Unknown { at, name } => (at, name.name.len()),
            RenderError::Empty { at, .. } => (at, 0),
            RenderError::Address { what, .. } => {
                let sender = file.campaign.sender.as_str();
                return match *what {
                    "cc" => own(Place::value(&["cc"])),
                    "sender" => settings(&["senders", sender, "address"]),
                    "reply_to" => settings(&["senders", sender, "reply_to"]),
                    key => settings(&key.split('.').collect::<Vec<_>>()),
                };
            }
            RenderError::Setting(_) => return ("postmerge.yaml".to_owned(), Place::File),
            _ => return own(Place::File),
        };
        let layout = self.layout.iter().flat_map(|layout| {
            let optional = layout.text.iter().chain(&layout.style);
            std::iter::once(&layout.html).chain(optional)
        });
        let mut all = std::iter::once(&self.body).chain(&self.plain).chain(layout);
        let Some((path, text)) = all.find(|(path, _)| path.as_str() == &*at.file) else {
            return own(in_campaign(&file.campaign, error, at));
        };
        let kept = File::new(text.clone());
        let start = kept.byte(at.line as usize, at.column as usize);
        let place = match length {
            0 => Place::Line {
                line: at.line as usize,
                column: at.column as usize,
            },
            _ => Place::Bytes(start..start + length),
        };
        files.insert(path.as_str(), kept);
        (path.to_string(), place)
    }
}

/// The subject or the preheader, whichever has something at that place.
fn in_campaign(campaign: &Campaign, error: &RenderError, at: &Origin) -> Place {
    let line = campaign
        .subject
        .lines()
        .nth((at.line as usize).saturating_sub(1));
    let skipped = line.map(|line| line.chars().skip((at.column as usize).saturating_sub(1)));
    let begins = skipped.is_some_and(|rest| {
        let rest: String = rest.collect();
        let name = match error {
            RenderError::Unknown { name, .. } => name.name.as_str(),
            _ => "{",
        };
        rest.starts_with(name)
    });
    let named = campaign.preheader.is_none() || begins;
    Place::value(&[if named { "subject" } else { "preheader" }])
}

/// Reports what `wanted` takes of the campaigns that do not compile, once for each place.
pub(super) fn report(
    context: &Context<'_>,
    rule: &'static Rule,
    wanted: impl Fn(&RenderError) -> bool,
    out: &mut Vec<Diagnostic>,
) {
    let start = out.len();
    for wrong in context.templates.wrong.iter().filter(|w| wanted(&w.error)) {
        let message = match &wrong.error {
            RenderError::Unknown { name, .. } if wrong.is_address => format!(
                "`{}` is the column with the addresses, which texts cannot show",
                name.name
            ),
            RenderError::Template { why, .. } | RenderError::TooDeep { why, .. } => why.clone(),
            RenderError::Unknown { name, .. } => UnknownName {
                near: None,
                ..name.clone()
            }
            .to_string(),
            other => other.to_string(),
        };
        let mut finding = Diagnostic::new(rule, &wrong.path, wrong.place.clone(), message);
        if wrong.is_address {
            finding = finding.help("the mail goes to that address anyway; take the tag away");
        } else if let RenderError::Unknown { name, .. } = &wrong.error {
            finding = with_known(finding, name, &wrong.columns);
        }
        let known = out.get(start..).unwrap_or_default();
        if !known.contains(&finding) {
            out.push(finding);
        }
    }
}

fn with_known(finding: Diagnostic, name: &UnknownName, columns: &[String]) -> Diagnostic {
    let mut known: Vec<&str> = name.kind.known().to_vec();
    if name.kind == NameKind::Variable {
        known.extend(columns.iter().map(String::as_str));
    }
    let is_exact = matches!(finding.place, Place::Bytes(_));
    let mut finding = finding.did_you_mean(&name.name, known);
    if !is_exact {
        // What is underlined is a whole text, which the name must not replace.
        finding.fix = None;
    }
    finding
}
