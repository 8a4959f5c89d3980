//! What `send` looks at before a campaign goes on: the doctor's checks that policy calls fatal.

use std::sync::Arc;

use super::send::environment;
use crate::clock::{BoxFuture, Clock};
use crate::deliver::preflight::{Links, Preflight};
use crate::doctor::Surroundings;
use crate::doctor::examine::{Question, prepare};
use crate::doctor::finding::State;
use crate::doctor::preflight::{looks_at_set_up, reason, wanted};
use crate::doctor::publication::{self, Link};
use crate::workspace::names::SenderName;
use crate::workspace::settings::{PreflightCheck, Settings};
use crate::workspace::source::{Source, WorkspacePath};
use crate::workspace::tree::Tree;

/// Asks the doctor.
pub(super) struct Doctor {
    /// What the checks stand on; `None` where DNS cannot be asked at all. What cannot be looked at
    /// is not known to be wrong.
    pub around: Option<Surroundings>,
}

/// Largest file of certificate authorities.
const LARGEST_CA: u64 = 1_000_000;

impl Preflight for Doctor {
    fn set_up<'a>(
        &'a self,
        settings: &Settings,
        sender: &SenderName,
        tree: &Tree,
    ) -> BoxFuture<'a, Option<String>> {
        let fatal = settings.policy.preflight.fatal.clone();
        if !looks_at_set_up(&fatal) {
            return Box::pin(std::future::ready(None));
        }
        let Some(around) = &self.around else {
            return Box::pin(std::future::ready(None));
        };
        let only = wanted(&fatal);
        let question = Question {
            settings,
            secret: &environment,
            file: &|path| {
                let path = WorkspacePath::parse(path).map_err(|why| why.to_string())?;
                tree.read(&path, LARGEST_CA).map_err(|why| why.to_string())
            },
            sender: Some(sender.as_str()),
            relay: None,
            web: true,
            only: Some(&only),
        };
        // A sender that is not there is said by whoever needs it.
        let Ok(prepared) = prepare(&question, around) else {
            return Box::pin(std::future::ready(None));
        };
        Box::pin(async move { reason(&prepared.run().await, &fatal) })
    }

    fn published<'a>(&'a self, settings: &Settings, links: Links) -> BoxFuture<'a, Option<String>> {
        let fatal = &settings.policy.preflight.fatal;
        let around = match &self.around {
            Some(around) if fatal.contains(&PreflightCheck::Publication) => around,
            _ => return Box::pin(std::future::ready(None)),
        };
        let assets = links.assets.into_iter().map(|url| Link {
            url,
            is_secret: false,
        });
        let documents = links.documents.into_iter().map(|url| Link {
            url,
            is_secret: true,
        });
        let links = assets.chain(documents).collect();
        Box::pin(async move {
            let found = publication::examine(around, links).await;
            (found.state == State::Wrong).then_some(found.what)
        })
    }
}

/// For a sending in earnest.
pub(super) fn in_earnest(clock: &Arc<dyn Clock>) -> Doctor {
    Doctor {
        around: super::doctor::surroundings(None, Surroundings::STEP, Arc::clone(clock)).ok(),
    }
}
