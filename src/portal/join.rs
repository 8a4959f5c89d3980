//! Joining a list on its public page: a link goes to the address, and whoever has it joins.
//!
//! Until somebody opens the link nothing is stored, not even here: the link itself carries what they wrote, sealed. The answer
//! says that a mail was asked for, and is the same for everybody, at the same time: what is known of the address is looked at
//! afterwards, and told to that address alone.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};

use super::form::{self, Sent};
use super::ground::Held;
use super::join_form::{
    Shown, can_be_mended, complete, consent, filled, not_agreed, open_list, public,
};
use super::joined::Joiner;
use super::outbox::Asking;
use super::page::Page;
use super::service::{Asker, Refusal, Service};
use super::words::Words;
use crate::ledger::feedback::MessageKey;
use crate::mail::address::Address;
use crate::mail::sealed::Sealed;
use crate::workspace::members::Values;
use crate::workspace::settings::Locale;

/// What links that finish joining are sealed for.
pub(super) const JOINING: &str = "joining";

/// How long such a link is good.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What the log says of a list that lint warns of.
const IMPOSSIBLE: &str = "nobody can join: a column that must be filled is not asked for";

/// What a link that finishes joining carries.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    list: String,
    address: String,
    values: Values,
    consent: String,
    client: Option<String>,
    at: Timestamp,
    locale: String,
}

impl Service {
    /// The public page of a list.
    pub(super) fn join_page(&self, list: &str, asker: &Asker) -> Result<Response<Body>, Refusal> {
        self.may_ask(asker)?;
        let ground = self.ground();
        let (held, joining) = public(&ground, list)?;
        let locale = self.locale(asker, None);
        Ok(self.form((held, joining), locale, &Values::new(), Shown::default()))
    }

    /// Somebody wrote their address: a link goes there, after the answer.
    pub(super) async fn ask_to_join(
        self: &Arc<Self>,
        list: &str,
        body: &[u8],
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        self.may_ask(asker)?;
        let ground = self.ground();
        let (held, joining) = public(&ground, list)?;
        let locale = self.locale(asker, None);
        let words = Words::of(locale);
        let sent = Sent::parse(body);
        let (values, wrong) = filled(held, joining, &sent);
        let given = sent.get("address").unwrap_or_default().trim();
        // The list's owner may open the file in a spreadsheet.
        let address = Address::parse(given)
            .ok()
            .filter(|it| !form::is_formula(it.as_str()));
        let agreed = self.agreed(held, joining, &sent);
        let (Some(address), true, Some(text)) = (&address, wrong.is_empty(), agreed) else {
            let shown = Shown {
                is_wrong: true,
                wrong: wrong.clone(),
                given,
                agrees: agreed.is_some(),
                agree_wrong: not_agreed(&sent, words),
                is_address_wrong: address.is_none(),
                ..Shown::default()
            };
            return Ok(self.form((held, joining), locale, &values, shown));
        };
        if complete(held, values.clone(), locale).is_err() {
            self.log(IMPOSSIBLE);
            return Err(Refusal::Trouble);
        }
        // Whoever asks hears of these, whatever address they wrote.
        let seat = self.outbox.seat().ok_or(Refusal::Trouble)?;
        self.can_send(held).await?;
        // People do not see that field.
        if sent.get("website").is_none_or(str::is_empty) {
            let link = self.asked_by(held, (address, values), text, (asker, locale))?;
            let now = self.now();
            let (mails, all) = (&self.limits.mails, &self.limits.all_mails);
            if !mails.take(asker.client, now) || !all.take((), now) {
                return Err(Refusal::Slow);
            }
            let asking = Asking {
                list: held.name.clone(),
                address: address.clone(),
                link,
                locale,
            };
            self.send_later(seat, asking);
        }
        let text = words.asked.replace("{address}", address.as_str());
        Ok(self.message((StatusCode::OK, locale), words.asked_title, &text, None))
    }

    fn asked_by(
        &self,
        held: &Held,
        (address, values): (&Address, Values),
        text: MessageKey,
        (asker, locale): (&Asker, Locale),
    ) -> Result<Sealed, Refusal> {
        let asked = Asked {
            list: held.name.to_string(),
            address: address.as_str().to_owned(),
            values,
            consent: text.to_string(),
            client: Some(self.client_key(&asker.client).to_string()),
            at: self.now(),
            locale: locale.tag().to_owned(),
        };
        let content = serde_json::to_vec(&asked).map_err(|_| Refusal::Trouble)?;
        Sealed::for_link(&self.key(), JOINING, &content).map_err(|_| Refusal::Trouble)
    }

    /// The page behind the link: one button, because scanners open links.
    pub(super) fn finish_page(
        &self,
        sealed: &str,
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        self.may_ask(asker)?;
        let ground = self.ground();
        let asked = self.opened(sealed)?;
        let (held, _) = open_list(&ground, &asked.list)?;
        let locale = self.locale_asked_in(&asked, asker);
        let words = Words::of(locale);
        let text = words
            .finish_intro
            .replace("{list}", &held.list.title)
            .replace("{address}", &asked.address);
        let page = Page {
            template: "button.html",
            status: StatusCode::OK,
            locale,
            title: words.finish_title,
            content: context! {
                text => text,
                facts => Value::from(Serde([form::facts(&held.name, &held.list, &asked.values, words)])),
                action => self.url(&ground.settings, &format!("y/{sealed}")),
                button => words.finish_button,
            },
        };
        Ok(self.pages.show(&ground.settings, page))
    }

    /// Joins.
    pub(super) async fn finish(
        &self,
        sealed: &str,
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        self.may_ask(asker)?;
        let ground = self.ground();
        let asked = self.opened(sealed)?;
        let (held, joining) = open_list(&ground, &asked.list)?;
        let locale = self.locale_asked_in(&asked, asker);
        let address = Address::parse(&asked.address).map_err(|_| Refusal::Link)?;
        // The same link makes the same wish, however often it is followed.
        let key = MessageKey::of(sealed.as_bytes());
        let has_joined = self.folds(|it| it.wishes.has_joined(key, self.key().id(&address)));
        // The list is another since they asked: what it wants now is asked for anew.
        if let Err(wrong) = complete(held, asked.values.clone(), locale)
            && joining.public
            && !has_joined
        {
            if !can_be_mended(held, joining, &wrong) {
                self.log(IMPOSSIBLE);
                return Err(Refusal::Trouble);
            }
            let text = MessageKey::of(consent(joining, locale).as_bytes());
            let shown = Shown {
                is_wrong: true,
                wrong,
                given: &asked.address,
                agrees: asked.consent == text.to_string(),
                agree_wrong: Words::of(locale).changed_consent,
                ..Shown::default()
            };
            return Ok(self.form((held, joining), locale, &asked.values, shown));
        }
        let joiner = Joiner {
            address,
            values: asked.values,
            consent: MessageKey::parse(&asked.consent).ok_or(Refusal::Link)?,
            client: asked.client.as_deref().and_then(MessageKey::parse),
            locale,
        };
        self.joins(held, joiner, key, asker).await
    }

    fn opened(&self, sealed: &str) -> Result<Asked, Refusal> {
        let sealed = Sealed::parse(sealed).ok_or(Refusal::Link)?;
        let content = sealed
            .open_link(&self.key(), JOINING)
            .ok_or(Refusal::Link)?;
        let asked: Asked = serde_json::from_slice(&content).map_err(|_| Refusal::Link)?;
        let age = self.now().duration_since(asked.at);
        match age > GOOD_FOR {
            true => Err(Refusal::Link),
            false => Ok(asked),
        }
    }

    /// The language that somebody asked to join in.
    fn locale_asked_in(&self, asked: &Asked, asker: &Asker) -> Locale {
        let told = Locale::of_tag(&asked.locale);
        told.unwrap_or_else(|| self.locale(asker, None))
    }
}
