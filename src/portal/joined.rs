//! Somebody joins: what is put down of it, once for each link, and the page that says so.

use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::ground::Held;
use super::join_form::complete;
use super::limits::Client;
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
use crate::workspace::members::Values;
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
            return Ok(self.welcome(held, who, asker));
        }
        let cells = complete(held, joiner.values, joiner.locale);
        let row = Cells {
            recipient: who,
            at: self.moment(),
            address: Some(joiner.address.as_str().to_owned()),
            cells: cells.ok_or(Refusal::Link)?,
        };
        let lifted = self.lifts(who, &row.cells, held)?;
        let sealed = row.seal(self.key()).map_err(|_| Refusal::Trouble)?;
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

    /// Who joins takes back that they left; what the organisation said holds.
    fn lifts(&self, who: RecipientId, cells: &Values, held: &Held) -> Result<Vec<Record>, Refusal> {
        let topics = held.list.columns.iter();
        let topics = topics.filter(|(_, column)| column.kind == ColumnType::Topics);
        let topics = topics.filter_map(|(name, _)| cells.get(name));
        let scopes = topics
            .flat_map(|value| value.split(';'))
            .map(|topic| Scope::Topic(topic.to_owned()));
        let mut records = Vec::new();
        for scope in std::iter::once(Scope::All).chain(scopes) {
            match self.folds(|folds| folds.suppressions.exact(&who, &scope)) {
                None => {}
                Some(Exclusion::Suppressed) => return Err(Refusal::Link),
                Some(_) => records.push(self.lift(who, scope)),
            }
        }
        Ok(records)
    }

    /// Keyed hash of a client: tells whether it was the same, and nothing else.
    pub(super) fn client_key(&self, client: &Client) -> MessageKey {
        MessageKey::of(&self.key().mac("client", &[client.text().as_bytes()]))
    }
}
