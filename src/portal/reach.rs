//! Whether somebody gets mail at all; where not, what they can do about it.

use minijinja::{Value, context};

use super::folds::Folds;
use super::ground::{Ground, Membership};
use super::service::Service;
use super::words::Words;
use crate::ledger::event::Scope;
use crate::mail::recipient_id::RecipientId;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// They do, as they wish.
    Mailed,
    /// They left, or a server said that they cannot be reached: they can take it back.
    Off,
    /// The organisation does not write to them.
    Barred,
    /// No list has them: to come back is to join.
    Nowhere,
}

impl Reach {
    /// How somebody with these rows stands.
    pub(super) fn of(
        who: &RecipientId,
        ground: &Ground,
        folds: &Folds,
        rows: &[Membership<'_>],
    ) -> Self {
        let reason = folds.suppressions.exact(who, &Scope::All);
        match reason {
            Some(reason) if !reason.is_own() => Self::Barred,
            // A row that cannot be read is there all the same.
            _ if rows.is_empty() && !ground.has_row(who) => Self::Nowhere,
            Some(_) => Self::Off,
            None => Self::Mailed,
        }
    }

    /// What is said of it.
    pub(super) const fn text(self, words: &Words) -> Option<&'static str> {
        match self {
            Self::Mailed => None,
            Self::Off => Some(words.gone_now),
            Self::Barred => Some(words.blocked),
            Self::Nowhere => Some(words.nowhere),
        }
    }
}

impl Service {
    /// The lists that anybody may join, each a link.
    pub(super) fn open_lists(&self, ground: &Ground) -> Vec<Value> {
        let lists = ground.lists.iter();
        let open = lists.filter(|held| held.list.joining.as_ref().is_some_and(|it| it.public));
        let links = open.map(|held| {
            let url = self.url(&ground.settings, &format!("join/{}", held.name));
            context! { url => url, title => held.list.title.as_str() }
        });
        links.collect()
    }
}
