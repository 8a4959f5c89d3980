//! The audience of a campaign, as its content and the lists of a workspace stand.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Audience, AudienceRequest, DocumentProblem, resolve};
use crate::ledger::branch::Ledger;
use crate::ledger::suppressions::Suppressions;
use crate::ledger::wishes::Wishes;
use crate::mail::digest::Digest;
use crate::mail::recipient_id::RecipientKey;
use crate::plan::calendar::calendar;
use crate::plan::content::Content;
use crate::plan::error::PlanError;
use crate::plan::frequency::Lately;
use crate::plan::lists::{Lists, WithoutKey};
use crate::plan::overlay::Overlay;
use crate::plan::own_documents::combined;
use crate::plan::received::Received;
use crate::workspace::campaign::Purpose;
use crate::workspace::document_path::DocumentPath;
use crate::workspace::member::Member;
use crate::workspace::names::ListName;
use crate::workspace::settings::{Frequency, Settings};
use crate::workspace::source::Source;

/// Who is asked, and what is known of them.
pub struct Known<'a> {
    /// Makes the ids.
    pub key: &'a RecipientKey,
    /// Who must not be mailed; `None`: nothing is known.
    pub suppressions: Option<&'a Suppressions>,
    /// What people asked for themselves; `None`: nothing is known.
    pub wishes: Option<&'a Wishes>,
    /// Who received what; `None`: nothing is known, and nobody is left out for it.
    pub ledger: Option<&'a Ledger>,
    /// The largest audience of a campaign with copies.
    pub copies_for_at_most: u32,
    /// What becomes of encrypted lists that there is no key for.
    pub without_key: WithoutKey,
    /// How many newsletters one person gets at most, and the time.
    pub frequency: Option<(Frequency, Timestamp)>,
}

impl<'a> Known<'a> {
    /// What the settings say, and nothing of the ledger.
    pub const fn by_settings(key: &'a RecipientKey, settings: &Settings) -> Self {
        Self {
            key,
            suppressions: None,
            wishes: None,
            ledger: None,
            copies_for_at_most: settings.policy.copies_for_at_most,
            frequency: None,
            without_key: WithoutKey::Refuse,
        }
    }

    fn overlay(&self) -> Option<Overlay<'a>> {
        let key = self.key;
        self.wishes.map(|wishes| Overlay { wishes, key })
    }
}

/// Who gets a campaign, and the lists that they stand in.
pub struct Resolved {
    /// The campaign's lists, in its order.
    pub lists: Lists,
    /// Who gets it.
    pub audience: Audience,
    /// The digests of the documents that are everybody's.
    pub documents: Vec<Digest>,
    /// The lists that are encrypted and that there is no key for, excluded ones among them: whoever stands there is not looked at.
    pub not_checked: Vec<ListName>,
}

/// Resolves a campaign's audience, by the lists that `source` has; `whence` names it in errors.
///
/// # Errors
/// [`PlanError`].
pub fn of_campaign(
    content: &Content,
    source: &dyn Source,
    whence: &str,
    known: &Known<'_>,
) -> Result<Resolved, PlanError> {
    let wish = &content.file.campaign.audience;
    let how = (known.overlay(), known.without_key);
    let lists = Lists::spool(source, whence, &wish.lists, how)?;
    let excluded_lists = Lists::spool(source, whence, &wish.exclude_lists, how)?;
    let campaign = &content.file.campaign;
    let invitation = campaign.invitation.as_ref();
    let invited_to: Vec<_> = invitation.map(|it| it.list.clone()).into_iter().collect();
    let invited_to = Lists::spool(source, whence, &invited_to, how)?;
    let paths = content.document_paths()?;
    let (own, shared): (Vec<DocumentPath>, Vec<DocumentPath>) =
        paths.into_iter().partition(DocumentPath::is_per_recipient);
    let documents = shared_documents(content, &shared)?;
    let received = match known.ledger {
        Some(ledger) => Received::read(ledger, &documents, !own.is_empty())?,
        None => Received::default(),
    };
    let lately = match (known.frequency, known.ledger) {
        (Some((cap, now)), Some(ledger)) if campaign.purpose == Purpose::Marketing => {
            Lately::read(ledger, cap, &calendar(&content.settings)?, now)?
        }
        _ => Lately::default(),
    };
    let own_document = |member: &Member| own_digest(content, &own, member);
    let topic = campaign.audience.topic.as_ref().map(|topic| topic.as_str());
    let forced = campaign.force.is_some();
    let request = AudienceRequest {
        audience: &campaign.audience,
        purpose: campaign.purpose,
        cc: &campaign.cc,
        bcc: &campaign.bcc,
        copies_for_at_most: known.copies_for_at_most,
        lists: &lists.files(),
        excluded_lists: &excluded_lists.files(),
        invited_to: &invited_to.files(),
        key: known.key,
        suppressed: &|id| known.suppressions?.reason(id, topic),
        mailed_enough: &|id| lately.is_enough(id),
        received: &|id, own| !forced && received.has_all(id, documents.iter().copied().chain(own)),
        own_document: if own.is_empty() {
            None
        } else {
            Some(&own_document)
        },
    };
    let audience = resolve(&request).map_err(|source| PlanError::Audience {
        campaign: content.file.folder.to_string(),
        source: Box::new(source),
    })?;
    let mut not_checked = lists.not_checked.clone();
    not_checked.extend(excluded_lists.not_checked);
    Ok(Resolved {
        lists,
        audience,
        documents,
        not_checked,
    })
}

fn shared_documents(content: &Content, paths: &[DocumentPath]) -> Result<Vec<Digest>, PlanError> {
    let mut digests = BTreeSet::new();
    for path in paths {
        let name = path.literal().unwrap_or_default();
        let missing = || PlanError::Missing {
            campaign: content.file.folder.to_string(),
            what: "document",
            name: name.clone(),
        };
        let bytes = content.document(&name)?.ok_or_else(missing)?;
        digests.insert(Digest::of(&bytes));
    }
    Ok(digests.into_iter().collect())
}

/// The digest of a member's own document; of several, the digest of their digests.
fn own_digest(
    content: &Content,
    paths: &[DocumentPath],
    member: &Member,
) -> Result<Option<Digest>, DocumentProblem> {
    let mut digests = Vec::with_capacity(paths.len());
    for pattern in paths {
        let path = pattern
            .resolve(member)
            .map_err(|_| DocumentProblem::Missing)?;
        let bytes = content
            .document(&path)
            .map_err(|_| DocumentProblem::Unreadable(pattern.to_string()))?
            .ok_or(DocumentProblem::Missing)?;
        digests.push(Digest::of(&bytes));
    }
    Ok(combined(&digests))
}
