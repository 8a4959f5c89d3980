//! A campaign that is tried on rows: what it takes to make one mail of it, and whether any mail of it is still made.

use std::cell::Cell;
use std::collections::HashSet;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use super::includes::identities;
use crate::mail::address::Address;
use crate::mail::occurrence::CampaignId;
use crate::mail::recipient_id::RecipientId;
use crate::render::{
    Compiled, Copy, Delivery, Document, MOST_STEPS, Parts, RecipientView, RenderError,
};
use crate::workspace::campaign::{Campaign, DocumentDelivery, IfMissed, Status};
use crate::workspace::loaded::{CampaignFile, Loaded};
use crate::workspace::member::Member;
use crate::workspace::settings::Settings;

/// A campaign to try.
pub(super) struct Candidate<'a> {
    pub(super) id: &'a CampaignId,
    pub(super) file: &'a CampaignFile,
    pub(super) compiled: &'a Compiled,
    /// Addresses that it leaves out by name.
    pub(super) excluded: HashSet<String>,
    /// Rows that it selects are counted up to so many.
    pub(super) needed: u64,
}

/// What is wrong, and with which document's title.
pub(super) type Failure = (RenderError, Option<usize>);

/// `send` looks so many days back for windows that were missed.
const LOOK_BACK: i64 = 62;

/// Whether no mail of it will be made any more of rows as they are now. What has started goes on with the
/// rows of its start.
fn is_over(campaign: &Campaign, today: Date, is_sent: bool) -> bool {
    let send = &campaign.send;
    let days = match send.if_missed {
        IfMissed::Next if !is_sent => LOOK_BACK,
        _ => 0,
    };
    send.every.is_none() && send.date.saturating_add(days.days()) < today
}

/// So many recipients are counted: what the campaign expects at least, one, and what policy asks about.
fn needed(campaign: &Campaign, settings: Option<&Settings>) -> u64 {
    let expect = campaign.audience.expect.as_ref();
    let management = settings.and_then(|it| it.policy.management_above);
    let least = expect.and_then(|it| it.min).unwrap_or(1).max(1);
    u64::from(least).max(management.map_or(0, |it| u64::from(it) + 1))
}

impl<'a> Candidate<'a> {
    /// `None` for a campaign of which no mail will be made any more.
    pub(super) fn of(
        (id, compiled): &'a (CampaignId, Compiled),
        loaded: &'a Loaded,
        today: Date,
        is_sent: bool,
    ) -> Option<Self> {
        let file = loaded.campaigns.get(id)?;
        let campaign = &file.campaign;
        let is_tried = campaign.status != Status::Cancelled && !is_over(campaign, today, is_sent);
        is_tried.then(|| Self {
            id,
            file,
            compiled,
            needed: needed(campaign, loaded.settings.as_ref()),
            excluded: identities(&campaign.audience.exclude),
        })
    }

    /// The mail's parts where they are wanted, or what is wrong; and how much work it was.
    pub(super) fn render(
        &self,
        to: &Address,
        member: Option<&Member>,
        wants_parts: bool,
    ) -> (Result<Option<Parts>, Failure>, u64) {
        let work = Cell::new(0);
        let made = self.made(to, member, wants_parts, &work);
        (made, work.get())
    }

    fn made(
        &self,
        to: &Address,
        member: Option<&Member>,
        wants_parts: bool,
        work: &Cell<u64>,
    ) -> Result<Option<Parts>, Failure> {
        let documents = &self.file.campaign.documents;
        let mut titles = Vec::with_capacity(documents.len());
        for (number, document) in documents.iter().enumerate() {
            titles.push(match &document.title {
                Some(title) => {
                    if title.contains("{%") {
                        // Only statements go round; nothing else says how often.
                        work.set(work.get().saturating_add(MOST_STEPS));
                    }
                    let title = self.compiled.short_text(title, member);
                    title.map_err(|error| (error, Some(number)))?
                }
                None => document.file.clone(),
            });
        }
        let views: Vec<Document<'_>> = documents
            .iter()
            .zip(&titles)
            .map(|(document, title)| Document {
                title,
                file_name: "document",
                delivery: match document.delivery {
                    DocumentDelivery::Link => Delivery::Link("https://documents.invalid/document"),
                    DocumentDelivery::Attachment => Delivery::Attachment {
                        content_type: "application/octet-stream",
                        content: &[],
                    },
                },
            })
            .collect();
        let view = RecipientView {
            envelope_to: to,
            to,
            id: RecipientId([0; 12]),
            index: 0,
            member,
            copy: Copy::To,
            is_specimen: false,
            date: Timestamp::UNIX_EPOCH,
            documents: &views,
        };
        let whole = |error| (error, None);
        let parts = self.compiled.counted_parts(&view, work).map_err(whole)?;
        if !wants_parts {
            return Ok(None);
        }
        // What a header cannot hold is found by writing one; of a campaign once is enough, as rows' values
        // come into no header but the subject, which the parts have looked at.
        self.compiled.letter(&view).map_err(whole)?;
        Ok(Some(parts))
    }
}
