//! Somebody joins: what is put down of it, once for each link, and the page that says so.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use jiff::Timestamp;

use super::ground::Held;
use super::join_form::complete;
use super::limits::Client;
use super::preferences::lift;
use super::service::{Asker, Refusal, Service};
use super::words::Words;
use crate::ledger::event::{Exclusion, Scope};
use crate::ledger::feedback::MessageKey;
use crate::ledger::segment::Record;
use crate::ledger::wish::{Wanted, Way, Wish};
use crate::ledger::wishes::Cells;
use crate::mail::address::Address;
use crate::mail::recipient_id::RecipientId;
use crate::workspace::list::ColumnType;
use crate::workspace::members::{Values, topics};
use crate::workspace::settings::Locale;

/// Who is about to join what.
pub(super) struct Joiner {
    pub(super) address: Address,
    pub(super) values: Values,
    pub(super) consent: MessageKey,
    pub(super) client: Option<MessageKey>,
    pub(super) locale: Locale,
}

impl Service {
    /// Puts down that somebody joins.
    pub(super) async fn joins(
        &self,
        held: &Held,
        joiner: Joiner,
        key: MessageKey,
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        let who = self.key().id(&joiner.address);
        if self.folds(|folds| folds.wishes.has_joined(key, who)) {
            return self.joined_before(held, who, asker);
        }
        let cells = complete(held, joiner.values, joiner.locale);
        let row = Cells {
            recipient: who,
            at: self.moment_of(&who),
            address: Some(joiner.address.as_str().to_owned()),
            cells: cells.map_err(|_| Refusal::Link)?,
        };
        let lifted = self.lifts((who, row.at), &row.cells, held)?;
        let sealed = row.seal(&self.key()).map_err(|_| Refusal::Trouble)?;
        let wish = Wish {
            key,
            recipient: who,
            at: row.at,
            way: Way::Portal,
            what: Wanted::Joined {
                list: held.name.to_string(),
                row: sealed,
                consent: joiner.consent,
                client: joiner.client,
            },
        };
        let mut records = vec![Record::Wish(wish)];
        records.extend(lifted);
        self.record_of(who, &records).await?;
        Ok(self.welcome(held, who, asker))
    }

    fn welcome(&self, held: &Held, who: RecipientId, asker: &Asker) -> Response<Body> {
        let locale = self.locale(asker, Some(&who));
        let words = Words::of(locale);
        let text = words.welcome.replace("{list}", &held.list.title);
        let link = self.preferences_url(&self.ground().settings, who);
        let link = Some((link.as_str(), words.preferences_title));
        self.message((StatusCode::OK, locale), words.welcome_title, &text, link)
    }

    /// A link that somebody joined by is followed again: whoever is still there hears what they heard, and whoever left since hears
    /// how to come back. What the organisation said holds.
    fn joined_before(
        &self,
        held: &Held,
        who: RecipientId,
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        let (reason, is_member) = self.with_person(&who, |_, folds, rows| {
            let reason = folds.suppressions.exact(&who, &Scope::All);
            (reason, rows.iter().any(|row| row.held.name == held.name))
        });
        if reason == Some(Exclusion::Suppressed) {
            return Err(Refusal::Link);
        }
        if reason.is_none() && is_member {
            return Ok(self.welcome(held, who, asker));
        }
        let locale = self.locale(asker, Some(&who));
        let words = Words::of(locale);
        let text = words.used_link.replace("{list}", &held.list.title);
        let settings = &self.ground().settings;
        let is_public = held.list.joining.as_ref().is_some_and(|it| it.public);
        // Who is in the list's file has only to take back that they left.
        let link = match (is_member, is_public) {
            (false, true) => self.url(settings, &format!("join/{}", held.name)),
            _ => self.preferences_url(settings, who),
        };
        let link_text = match (is_member, is_public) {
            (false, true) => words.join_title,
            _ => words.preferences_title,
        };
        let link = Some((link.as_str(), link_text));
        let title = words.used_link_title;
        Ok(self.message((StatusCode::OK, locale), title, &text, link))
    }

    /// Who joins takes back that they left; what the organisation said holds, of a topic for that topic.
    fn lifts(
        &self,
        (who, at): (RecipientId, Timestamp),
        cells: &Values,
        held: &Held,
    ) -> Result<Vec<Record>, Refusal> {
        let columns = held.list.columns.iter();
        let columns = columns.filter(|(_, column)| column.kind == ColumnType::Topics);
        let wanted = columns.filter_map(|(name, _)| cells.get(name));
        let scopes = wanted
            .flat_map(|value| topics(value))
            .map(|topic| Scope::Topic(topic.to_owned()));
        let mut records = Vec::new();
        for scope in std::iter::once(Scope::All).chain(scopes) {
            match self.folds(|folds| folds.suppressions.exact(&who, &scope)) {
                None => {}
                Some(Exclusion::Suppressed) if scope == Scope::All => return Err(Refusal::Link),
                Some(Exclusion::Suppressed) => {}
                Some(_) => records.push(lift(who, scope, at)),
            }
        }
        Ok(records)
    }

    /// Keyed hash of a client: tells whether it was the same, and nothing else.
    pub(super) fn client_key(&self, client: &Client) -> MessageKey {
        MessageKey::of(&self.key().mac("client", &[client.text().as_bytes()]))
    }
}
