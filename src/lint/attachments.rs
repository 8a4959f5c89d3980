//! What campaigns attach, for the rules about it.

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::workspace::campaign::{Document, DocumentDelivery};
use crate::workspace::loaded::CampaignFile;
use crate::workspace::settings::Attachments;

/// The documents that a campaign attaches, with their numbers.
pub(super) fn of(file: &CampaignFile) -> impl Iterator<Item = (usize, &Document)> {
    let all = file.campaign.documents.iter().enumerate();
    all.filter(|(_, document)| document.delivery == DocumentDelivery::Attachment)
}

/// What policy says of attachments, where it allows any.
pub(super) fn allowed<'a>(context: &Context<'a>) -> Option<&'a Attachments> {
    let settings = context.loaded.settings.as_ref()?;
    Some(&settings.policy.attachments).filter(|it| it.allowed)
}

/// Why it matters and what to do, which is the same for all of them.
pub(super) fn finding(found: Diagnostic) -> Diagnostic {
    found
        .why("attachments are what filters look at first, and a large one is refused by many servers")
        .help("hand it over `as: link`")
}
