//! Starting an occurrence: its audience is resolved once, published, and fixed for good.

use std::path::Path;

use jiff::Timestamp;

use super::at_commit;
use super::error::StartError;
use crate::git::{CommitId, Repository};
use crate::ledger::branch::Ledger;
use crate::ledger::event::{AudienceHeader, Event};
use crate::ledger::suppressions::Suppressions;
use crate::ledger::wishes::Wishes;
use crate::mail::digest::Digest;
use crate::mail::recipient_id::RecipientKey;
use crate::plan::PlanError;
use crate::plan::audience::of_campaign::{Known, Moment};
use crate::plan::audience::{Arranged, Audience};
use crate::plan::content::Content;
use crate::plan::lanes::{destinations, providers};
use crate::plan::overlay::Overlay;
use crate::transport::exchanger::Exchangers;
use crate::workspace::encryption::Keys;
use crate::workspace::settings::Settings;

/// What a start reads from.
pub struct Ground<'a> {
    /// The repository's folder.
    pub path: &'a Path,
    /// The repository.
    pub repository: &'a Repository,
    /// The main branch's head: lists and operational settings come from it.
    pub head: CommitId,
    /// The settings at the head.
    pub settings: &'a Settings,
    /// The organisation's key.
    pub key: &'a RecipientKey,
    /// What encrypted lists are read with.
    pub keys: &'a Keys,
    /// Who must not be mailed.
    pub suppressions: &'a Suppressions,
    /// What people asked for themselves.
    pub wishes: &'a Wishes,
}

impl<'a> Ground<'a> {
    /// What lies over the lists.
    pub(super) const fn overlay(&self) -> Overlay<'a> {
        Overlay {
            wishes: self.wishes,
            key: self.key,
        }
    }
}

/// Resolves an occurrence's audience as the lists stand at the head.
///
/// # Errors
/// [`StartError`].
pub fn audience(
    ground: &Ground<'_>,
    ledger: &Ledger,
    content: &Content,
    now: Timestamp,
) -> Result<(Audience, Vec<Digest>), StartError> {
    let known = Known {
        suppressions: Some(ground.suppressions),
        wishes: Some(ground.wishes),
        ledger: Some(ledger),
        moment: Some(Moment { now, sent: now }),
        ..Known::by_settings(ground.key, ground.settings)
    };
    let resolved = at_commit::audience(ground, ground.head, content, &known)?;
    Ok((resolved.audience, resolved.documents))
}

/// The event that fixes an audience.
///
/// # Errors
/// [`PlanError::Audience`] where the campaign's expectation holds it back.
pub async fn fix(
    ground: &Ground<'_>,
    content: &Content,
    audience: Audience,
    documents: Vec<Digest>,
    exchangers: &dyn Exchangers,
    now: Timestamp,
) -> Result<Event, StartError> {
    let campaign = &content.file.campaign;
    let providers = providers(&ground.settings.pace);
    let (names, of_domain) = destinations(&providers, &audience.domains, exchangers).await;
    let arranged: Arranged =
        audience
            .arrange(&of_domain)
            .map_err(|source| PlanError::Audience {
                campaign: content.file.folder.to_string(),
                source: Box::new(source),
            })?;
    let header = AudienceHeader {
        content_commit: content.whence.clone(),
        lists_commit: ground.head.to_string(),
        digest: content.digest,
        key: ground.key.fingerprint(),
        sender: campaign.sender.to_string(),
        at: now,
        destinations: names,
        documents,
        force: campaign.force.as_ref().map(|force| force.reason.clone()),
        reconfirmation: campaign.reconfirmation.is_some(),
    };
    Ok(Event::AudienceFixed {
        header: Box::new(header),
        entries: arranged.ledger_entries().collect(),
        excluded: arranged.excluded,
    })
}
