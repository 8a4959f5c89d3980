//! A campaign's mail as some recipients will get it, to be looked at: parts, headers, pictures. Signs nothing, publishes
//! nothing; pictures come from `assets/`, none from a network.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::audience::of_campaign::{Known, of_campaign};
use super::calendar::calendar;
use super::content::Content;
use super::error::PlanError;
use super::mailing::{Mailing, Person};
use super::next_sending::{Next, next_sending};
use super::planning::State;
use super::samples::{Kind, Sample, choose, find};
use crate::mail::address::Address;
use crate::mail::digest::Digest;
use crate::mail::media_type::media_type;
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::mail::recipient_id::RecipientKey;
use crate::workspace::campaign::Tracking;
use crate::workspace::published::asset_url;
use crate::workspace::settings::Settings;
use crate::workspace::source::WorkspacePath;

/// Larger pictures are not shown.
const LARGEST_PICTURE: u64 = 5_000_000;

/// A campaign's mail to look at.
#[derive(Debug, Clone)]
pub struct Showing {
    /// Which campaign.
    pub id: CampaignId,
    /// Which sending.
    pub occurrence: OccurrenceId,
    /// Recipients' mails: the awkward ones among them.
    pub mails: Vec<Shown>,
    /// What is counted of reading.
    pub counted: Tracking,
    /// Pictures that the mails show, by the address that stands in them.
    pub pictures: BTreeMap<String, Picture>,
}

/// One recipient's mail.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Why this one; none for somebody who was asked for.
    pub kind: Option<Kind>,
    /// To whom.
    pub to: Address,
    /// The mail, or why there is none.
    pub mail: Result<Mail, String>,
}

/// A mail's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The subject.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The text part.
    pub text: String,
    /// The header, as it is written, without signatures.
    pub headers: String,
    /// Bytes of the whole mail.
    pub size: usize,
}

/// A picture's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub content: Vec<u8>,
}

/// Makes a campaign's mails for a few recipients, and for `whom` besides.
///
/// # Errors
/// [`PlanError`].
pub fn show(
    state: &State,
    id: &CampaignId,
    whom: &[Address],
    key: &RecipientKey,
    now: Timestamp,
) -> Result<Showing, PlanError> {
    let content = Content::of(&state.source, &state.whence, &state.workspace, id)?;
    let occurrence = occurrence(state, id, &content, now)?;
    let settings = &state.workspace.settings;
    let counted = content.file.campaign.counted(settings);
    let known = Known::by_settings(key, settings);
    let resolved = of_campaign(&content, &*state.source, &state.whence, &known)?;
    let (lists, audience) = (resolved.lists, resolved.audience);
    let mailing = Mailing::compile(content, &occurrence, &lists.columns(), key, Vec::new())?;
    let chosen = choose(&mailing, &audience, &lists);
    let mut mails = Vec::new();
    for address in whom {
        let Some(sample) = find(&audience, &lists, key, address) else {
            return Err(PlanError::Missing {
                campaign: id.to_string(),
                what: "recipient",
                name: address.masked(),
            });
        };
        mails.push(shown(&mailing, &sample, None, now));
    }
    for sample in chosen.iter().filter(|sample| !whom.contains(&sample.to)) {
        mails.push(shown(&mailing, sample, Some(sample.kind), now));
    }
    Ok(Showing {
        pictures: pictures(state, &mails)?,
        id: id.clone(),
        occurrence,
        counted,
        mails,
    })
}

fn occurrence(
    state: &State,
    id: &CampaignId,
    content: &Content,
    now: Timestamp,
) -> Result<OccurrenceId, PlanError> {
    let settings: &Settings = &state.workspace.settings;
    let campaign = (id, &content.file.campaign);
    let next = next_sending(settings, campaign, &calendar(settings)?, None, now)?;
    Ok(match next {
        Next::Ahead { occurrence, .. } | Next::Lapsed { occurrence, .. } => occurrence,
        Next::Over { .. } | Next::Cancelled => OccurrenceId::single(id.clone()),
    })
}

fn shown(mailing: &Mailing, sample: &Sample, kind: Option<Kind>, now: Timestamp) -> Shown {
    let person = Person::own(&sample.to, sample.member.as_ref(), 0).specimen();
    let mail = mailing.parts(&person, now).and_then(|parts| {
        let letter = mailing.letter(&person, now)?;
        let end = letter
            .message
            .windows(4)
            .position(|four| four == b"\r\n\r\n");
        let header = letter.message.get(..end.unwrap_or(0)).unwrap_or_default();
        Ok(Mail {
            subject: parts.subject,
            html: parts.html,
            text: parts.text,
            headers: String::from_utf8_lossy(header).replace("\r\n", "\n"),
            size: letter.message.len(),
        })
    });
    Shown {
        kind,
        to: sample.to.clone(),
        mail: mail.map_err(|why| why.to_string()),
    }
}

/// The files below `assets/` whose published address stands in one of the mails.
fn pictures(state: &State, mails: &[Shown]) -> Result<BTreeMap<String, Picture>, PlanError> {
    let mut found = BTreeMap::new();
    let Some(base) = state.workspace.settings.publish.as_ref().map(|it| &it.url) else {
        return Ok(found);
    };
    let pages: Vec<&str> = mails
        .iter()
        .filter_map(|it| Some(it.mail.as_ref().ok()?.html.as_str()))
        .collect();
    let shows = |text: &str| pages.iter().any(|page| page.contains(text));
    let Ok(folder) = WorkspacePath::parse("assets") else {
        return Ok(found);
    };
    for file in state
        .source
        .files(&folder)?
        .into_iter()
        .filter(|file| file.is_regular)
    {
        let Some(content_type) = content_type(file.path.file_name()) else {
            continue;
        };
        let Ok(content) = state.source.read(&file.path, LARGEST_PICTURE) else {
            continue;
        };
        let url = asset_url(base, &Digest::of(&content), file.path.file_name());
        if shows(&url) {
            found.insert(
                url,
                Picture {
                    content_type,
                    content,
                },
            );
        }
    }
    Ok(found)
}

/// The kinds of picture that mail programs show.
fn content_type(name: &str) -> Option<&'static str> {
    Some(media_type(name)).filter(|it| it.starts_with("image/"))
}
