//! Mails as they were made: a sending's content at the commit that it went out from, and its mail compiled once. The few that
//! are asked for lately are kept.
//!
//! Reads git and compiles, so it is asked on threads where waiting does no harm, by few at a time.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::ground::Ground;
use super::service::{Refusal, Service};
use crate::git::CommitId;
use crate::ledger::audience::Audience;
use crate::ledger::event::RecipientIndex;
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::mail::recipient_id::RecipientId;
use crate::mail::token::InMail;
use crate::plan::content::Content;
use crate::plan::mailing::Mailing;
use crate::workspace::Workspace;
use crate::workspace::campaign::Campaign;
use crate::workspace::tree::Tree;

/// Contents and mailings that are kept, of each so many.
const KEPT: usize = 6;

/// Mails and documents that are made at once.
const AT_ONCE: usize = 4;

/// See the module.
pub(super) struct Sent {
    repository: PathBuf,
    contents: Recent<OccurrenceId, Content>,
    /// A list's columns may change with the main branch.
    mailings: Recent<(OccurrenceId, CommitId), Mailing>,
    seats: Arc<Semaphore>,
}

impl Sent {
    pub(super) fn new(repository: &Path) -> Self {
        Self {
            repository: repository.to_owned(),
            contents: Recent::default(),
            mailings: Recent::default(),
            seats: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

/// One mail that went out.
pub(super) struct OneMail {
    pub(super) ground: Arc<Ground>,
    pub(super) audience: Arc<Audience>,
    pub(super) who: RecipientId,
    pub(super) index: u32,
}

impl Service {
    /// Does what takes long with one mail on a thread of its own, few at a time; whose sending is not known here yet asks again.
    /// `None`, a sending that the ledger does not have, and whoever is to be forgotten, gets the page that all wrong links get.
    pub(super) async fn with_mail<T: Send + 'static>(
        self: &Arc<Self>,
        mail: InMail,
        make: impl FnOnce(&Self, &OneMail) -> Option<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        // Somebody has the mail before the ledger that tells of it is here.
        let tag = mail.occurrence;
        if self.sendings.named(tag).is_none() {
            if !self.sendings.may_become_known(tag, self.now()) {
                return Err(Refusal::Link);
            }
            self.ask_for_round();
            return Err(Refusal::Trouble);
        }
        let seat = Arc::clone(&self.sent.seats).acquire_owned().await;
        let of = Arc::clone(self);
        let made = tokio::task::spawn_blocking(move || {
            let _seat = seat;
            let ground = of.ground();
            let occurrence = of.sendings.named(mail.occurrence)?;
            let audience = of.sendings.audience(&occurrence)?;
            let who = audience.who(RecipientIndex(mail.index))?;
            if of.is_forgotten(&who) {
                return None;
            }
            let one = OneMail {
                ground: Arc::clone(&ground),
                audience,
                who,
                index: mail.index,
            };
            make(&of, &one)
        });
        made.await
            .map_err(|_| Refusal::Trouble)?
            .ok_or(Refusal::Link)
    }

    /// A sending's content, as it went out.
    pub(super) fn content(&self, audience: &Audience) -> Option<Arc<Content>> {
        let occurrence = &audience.occurrence;
        self.sent
            .contents
            .get(occurrence, || self.read_content(audience))
    }

    fn read_content(&self, audience: &Audience) -> Option<Content> {
        let commit = CommitId::parse(&audience.content_commit)?;
        let tree = Tree::at(&self.sent.repository, commit).ok()?;
        let id = audience.occurrence.campaign();
        Content::read(Arc::new(tree), &audience.content_commit, id).ok()
    }

    /// A campaign as it stood at a commit.
    pub(super) fn campaign(&self, id: &CampaignId, commit: &str) -> Option<Campaign> {
        let tree = Tree::at(&self.sent.repository, CommitId::parse(commit)?).ok()?;
        let file = Workspace::load_campaign(&tree, id).ok()?;
        Some(file.campaign)
    }

    /// A sending's mail, compiled as it went out.
    pub(super) fn mailing(&self, ground: &Ground, audience: &Audience) -> Option<Arc<Mailing>> {
        let occurrence = &audience.occurrence;
        let of = (occurrence.clone(), ground.head);
        self.sent.mailings.get(&of, || {
            let content = self.read_content(audience)?;
            let columns = ground.columns(&content.file.campaign.audience.lists);
            Mailing::compile(content, occurrence, &columns, &self.key(), Vec::new()).ok()
        })
    }
}

/// What was asked for lately. Two who ask for the same at once may both make it.
struct Recent<K, V>(Mutex<VecDeque<(K, Arc<V>)>>);

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: PartialEq + Clone, V> Recent<K, V> {
    fn get(&self, key: &K, make: impl FnOnce() -> Option<V>) -> Option<Arc<V>> {
        if let Some(known) = self.known(key) {
            return Some(known);
        }
        let made = Arc::new(make()?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front((key.clone(), Arc::clone(&made)));
        kept.truncate(KEPT);
        Some(made)
    }

    fn known(&self, key: &K) -> Option<Arc<V>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(it, _)| it == key)?;
        let known = kept.remove(place)?;
        let value = Arc::clone(&known.1);
        kept.push_front(known);
        Some(value)
    }
}
