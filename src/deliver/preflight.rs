//! A look at the set-up before a campaign goes on: nothing is claimed, let alone sent, while its relay,
//! its DNS or what it links to is not in order.
//!
//! Who looks is handed in; here stands when, and that it is once a run for each sender and address.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::watch;

use super::campaign_letters::CampaignLetters;
use super::error::StartError;
use super::run::Run;
use crate::clock::BoxFuture;
use crate::plan::content::Content;
use crate::workspace::names::SenderName;
use crate::workspace::settings::Settings;
use crate::workspace::tree::Tree;

/// So many of a campaign's documents are asked for at most: where each recipient has one of their own,
/// a sample over the whole audience.
const DOCUMENTS: usize = 1_000;

/// Looks at a set-up. Each method gives what is wrong, in words that may be kept in the ledger.
pub trait Preflight: Send + Sync {
    /// Whether a sender's relay and DNS are in order.
    fn set_up<'a>(
        &'a self,
        settings: &Settings,
        sender: &SenderName,
        tree: &Tree,
    ) -> BoxFuture<'a, Option<String>>;

    /// Whether all of these are where mails link to.
    fn published<'a>(&'a self, settings: &Settings, links: Links) -> BoxFuture<'a, Option<String>>;
}

/// What a campaign's mails link to, below where assets and documents are published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Addresses of assets.
    pub assets: BTreeSet<String>,
    /// Addresses of documents: secrets of whoever they are for.
    pub documents: BTreeSet<String>,
}

/// What was looked at in this run, in any of its rounds.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// By sender and all that its mail hangs on.
    senders: BTreeMap<String, Option<String>>,
    /// Addresses that are there.
    there: BTreeSet<String>,
}

impl Looked {
    /// What was wrong may have been mended: a new round looks again.
    pub(super) fn forget_wrong(&mut self) {
        self.senders.retain(|_, wrong| wrong.is_none());
    }
}

/// Nothing is claimed yet: whoever asks for a stop need not wait for a relay that hangs.
async fn unless_stopped<T>(
    stop: &watch::Receiver<bool>,
    looking: BoxFuture<'_, T>,
) -> Result<T, StartError> {
    let mut stop = stop.clone();
    let stopped = async {
        if stop.wait_for(|asked| *asked).await.is_err() {
            // Nobody is left who could ask.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        found = looking => Ok(found),
        () = stopped => Err(StartError::StopAsked),
    }
}

impl Run<'_> {
    /// Looks at the sender's set-up, the first time that it is asked for in a run.
    ///
    /// # Errors
    /// [`StartError::Preflight`] where the campaign is to wait for a person.
    pub(super) async fn look_at_set_up(&mut self, content: &Content) -> Result<(), StartError> {
        let Some(preflight) = self.outside.preflight else {
            return Ok(());
        };
        let name = &content.file.campaign.sender;
        // Senders and mailboxes are what was approved; relays and policy are today's.
        let mut settings = self.ground.settings.clone();
        let sender = content.sender()?;
        settings.senders.insert(name.clone(), sender.clone());
        settings.bounces = content.settings.bounces.clone();
        settings.unsubscribe = content.settings.unsubscribe.clone();
        let key = format!(
            "{name} {sender:?} {:?} {:?} {:?} {:?}",
            settings.bounces,
            settings.unsubscribe,
            settings.relays.get(&sender.relay),
            settings.policy.preflight
        );
        let found = match self.past.looked.senders.get(&key) {
            Some(found) => found.clone(),
            None => {
                let tree = Tree::at(self.ground.path, self.ground.head)?;
                let looking = preflight.set_up(&settings, name, &tree);
                let found = unless_stopped(&self.stop, looking).await?;
                self.past.looked.senders.insert(key, found.clone());
                found
            }
        };
        found.map_or(Ok(()), |why| Err(StartError::Preflight { why }))
    }

    /// Looks whether what the mails link to is there, each address once a run.
    ///
    /// # Errors
    /// [`StartError::Preflight`] where the campaign is to wait for a person.
    pub(super) async fn look_at_links(
        &mut self,
        letters: &CampaignLetters,
    ) -> Result<(), StartError> {
        let Some(preflight) = self.outside.preflight else {
            return Ok(());
        };
        let mut links = letters.links(DOCUMENTS);
        for addresses in [&mut links.assets, &mut links.documents] {
            addresses.retain(|url| !self.past.looked.there.contains(url));
        }
        if links == Links::default() {
            return Ok(());
        }
        let asked = links
            .assets
            .union(&links.documents)
            .cloned()
            .collect::<Vec<_>>();
        let looking = preflight.published(self.ground.settings, links);
        match unless_stopped(&self.stop, looking).await? {
            Some(why) => Err(StartError::Preflight { why }),
            None => {
                self.past.looked.there.extend(asked);
                Ok(())
            }
        }
    }
}
