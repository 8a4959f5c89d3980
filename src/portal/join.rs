//! Joining a list: on a public page, with a link that goes to the address; or by an invitation, whose link went there already.
//!
//! Until somebody opens the link nothing is stored, not even here: the link itself carries what they wrote, sealed. Whether
//! an address is a member already is told to that address alone.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};

use super::form::{self, Sent};
use super::ground::{Ground, Held};
use super::limits::Client;
use super::page::Page;
use super::post::Mail;
use super::service::{Asker, Refusal, Service};
use super::words::Words;
use crate::ledger::event::{Exclusion, Scope};
use crate::ledger::feedback::MessageKey;
use crate::ledger::segment::Record;
use crate::ledger::wish::{Wanted, Way, Wish};
use crate::ledger::wishes::Cells;
use crate::mail::address::Address;
use crate::mail::invitation::Invitation;
use crate::mail::recipient_id::RecipientId;
use crate::mail::sealed::Sealed;
use crate::workspace::list::{ColumnType, Joining};
use crate::workspace::members::{Values, fits};
use crate::workspace::settings::Locale;

/// What links that finish joining are sealed for.
const JOINING: &str = "joining";

/// How long such a link is good.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

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

/// Who is about to join what.
struct Joiner {
    address: Address,
    values: Values,
    consent: MessageKey,
    client: Option<MessageKey>,
    locale: Locale,
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

    /// Somebody wrote their address: a link goes there.
    pub(super) async fn ask_to_join(
        &self,
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
        let columns = asked_for(held, joining);
        let (values, mut wrong) = form::take(&held.name, &held.list, &columns, &sent);
        wrong.extend(absent(held, &columns, &values));
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
        if complete(held, values.clone(), locale).is_none() {
            self.log("nobody can join: a column that must be filled is not asked for");
            return Err(Refusal::Trouble);
        }
        // People do not see that field.
        if sent.get("website").is_none_or(str::is_empty) {
            let asked = self.asked_by(held, (address, values), text, (asker, locale))?;
            self.send_link(held, address, &asked, asker, locale).await?;
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
        Sealed::new(self.key(), JOINING, &content).map_err(|_| Refusal::Trouble)
    }

    async fn send_link(
        &self,
        held: &Held,
        address: &Address,
        asked: &Sealed,
        asker: &Asker,
        locale: Locale,
    ) -> Result<(), Refusal> {
        let now = self.now();
        let who = self.key().id(address);
        let limits = &self.limits;
        if !limits.mails.take(asker.client, now) || !limits.all_mails.take((), now) {
            return Err(Refusal::Slow);
        }
        // Somebody may be flooding another's mailbox: they hear nothing of it, and nothing goes out.
        if !limits.address.take(who, now) {
            return Ok(());
        }
        let (is_member, is_barred) = self.with_person(&who, |_, folds, rows| {
            let reason = folds.suppressions.exact(&who, &Scope::All);
            let is_member = rows.iter().any(|row| row.held.name == held.name);
            let is_barred = reason == Some(Exclusion::Suppressed);
            (is_member && reason.is_none(), is_barred)
        });
        if is_barred {
            return Ok(());
        }
        let words = Words::of(locale);
        let ground = self.ground();
        let filled = |text: &str| {
            text.replace("{list}", &held.list.title)
                .replace("{organisation}", &ground.settings.organisation.name)
        };
        let mail = match is_member {
            true => Mail {
                to: address,
                locale,
                subject: filled(words.member_subject),
                before: filled(words.member_already),
                link: self.preferences_url(&ground.settings, who),
                after: None,
            },
            false => Mail {
                to: address,
                locale,
                subject: filled(words.mail_subject),
                before: format!("{}\n\n{}", filled(words.mail_asked), words.mail_link),
                link: self.url(&ground.settings, &format!("y/{}", asked.as_str())),
                after: Some(words.mail_ignore.to_owned()),
            },
        };
        self.send(held, &mail).await
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
        let (held, _) = open_list(&ground, &asked.list)?;
        let locale = self.locale_asked_in(&asked, asker);
        let joiner = Joiner {
            address: Address::parse(&asked.address).map_err(|_| Refusal::Link)?,
            values: asked.values,
            consent: MessageKey::parse(&asked.consent).ok_or(Refusal::Link)?,
            client: asked.client.as_deref().and_then(MessageKey::parse),
            locale,
        };
        // The same link makes the same wish, however often it is followed.
        let key = MessageKey::of(sealed.as_bytes());
        self.joins(held, joiner, key, asker).await
    }

    /// An invitation's page.
    pub(super) fn invitation_page(
        &self,
        sealed: &str,
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        self.may_ask(asker)?;
        let ground = self.ground();
        let invitation = self.invitation(sealed)?;
        let (held, joining) = open_list(&ground, &invitation.list)?;
        let shown = Shown {
            invitation: Some((sealed, &invitation.address)),
            ..Shown::default()
        };
        let locale = self.locale(asker, None);
        Ok(self.form((held, joining), locale, &Values::new(), shown))
    }

    /// An invited person joins: the link went to their address.
    pub(super) async fn accept_invitation(
        &self,
        sealed: &str,
        body: &[u8],
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        self.may_ask(asker)?;
        let ground = self.ground();
        let invitation = self.invitation(sealed)?;
        let (held, joining) = open_list(&ground, &invitation.list)?;
        let sent = Sent::parse(body);
        let columns = asked_for(held, joining);
        let (values, mut wrong) = form::take(&held.name, &held.list, &columns, &sent);
        wrong.extend(absent(held, &columns, &values));
        let locale = self.locale(asker, None);
        let agreed = self.agreed(held, joining, &sent);
        let (true, Some(text)) = (wrong.is_empty(), agreed) else {
            let shown = Shown {
                invitation: Some((sealed, &invitation.address)),
                is_wrong: true,
                wrong,
                agrees: agreed.is_some(),
                agree_wrong: not_agreed(&sent, Words::of(locale)),
                ..Shown::default()
            };
            return Ok(self.form((held, joining), locale, &values, shown));
        };
        let joiner = Joiner {
            address: Address::parse(&invitation.address).map_err(|_| Refusal::Link)?,
            values,
            consent: text,
            client: Some(self.client_key(&asker.client)),
            locale,
        };
        // The same link and the same answers make the same wish.
        let key = MessageKey::of(&[sealed.as_bytes(), body].concat());
        self.joins(held, joiner, key, asker).await
    }

    async fn joins(
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
        self.record(&records).await?;
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

    fn opened(&self, sealed: &str) -> Result<Asked, Refusal> {
        let sealed = Sealed::parse(sealed).ok_or(Refusal::Link)?;
        let content = sealed.open(self.key(), JOINING).ok_or(Refusal::Link)?;
        let asked: Asked = serde_json::from_slice(&content).map_err(|_| Refusal::Link)?;
        let age = self.now().duration_since(asked.at);
        match age > GOOD_FOR {
            true => Err(Refusal::Link),
            false => Ok(asked),
        }
    }

    /// The language that somebody asked to join in.
    fn locale_asked_in(&self, asked: &Asked, asker: &Asker) -> Locale {
        let told = super::ground::locale(&asked.locale);
        told.unwrap_or_else(|| self.locale(asker, None))
    }

    fn invitation(&self, sealed: &str) -> Result<Invitation, Refusal> {
        let sealed = Sealed::parse(sealed).ok_or(Refusal::Link)?;
        Invitation::open(self.key(), &sealed).ok_or(Refusal::Link)
    }

    /// Keyed hash of a client: tells whether it was the same, and nothing else.
    fn client_key(&self, client: &Client) -> MessageKey {
        MessageKey::of(&self.key().mac("client", &[client.text().as_bytes()]))
    }

    fn form(
        &self,
        (held, joining): (&Held, &Joining),
        locale: Locale,
        values: &Values,
        shown: Shown<'_>,
    ) -> Response<Body> {
        let words = Words::of(locale);
        let ground = self.ground();
        let columns = asked_for(held, joining);
        let (path, address) = match shown.invitation {
            Some((sealed, address)) => (format!("i/{sealed}"), Some(address)),
            None => (format!("join/{}", held.name), None),
        };
        let list = (&held.name, &held.list);
        let view = form::view(list, &columns, values, words, (&shown.wrong, &|_| false));
        let page = Page {
            template: "join.html",
            status: match shown.is_wrong {
                true => StatusCode::UNPROCESSABLE_ENTITY,
                false => StatusCode::OK,
            },
            locale,
            title: words.join_title,
            content: context! {
                list => Value::from(Serde(view)),
                action => self.url(&ground.settings, &path),
                address => address,
                invited => address.is_some(),
                given => shown.given,
                address_wrong => shown.is_address_wrong.then_some(words.wrong_address),
                agrees => shown.agrees,
                agree_wrong => (shown.is_wrong && !shown.agrees).then_some(shown.agree_wrong),
                wrong => shown.is_wrong,
                consent => consent(joining, locale),
                consent_key => MessageKey::of(consent(joining, locale).as_bytes()).to_string(),
            },
        };
        self.pages.show(&ground.settings, page)
    }
}

/// What a form shows besides its fields.
#[derive(Default)]
struct Shown<'a> {
    invitation: Option<(&'a str, &'a str)>,
    is_wrong: bool,
    wrong: BTreeSet<String>,
    given: &'a str,
    agrees: bool,
    agree_wrong: &'a str,
    is_address_wrong: bool,
}

/// What is said to whoever did not agree, or to a text that this list never had.
fn not_agreed(sent: &Sent, words: &'static Words) -> &'static str {
    match sent.get("agree") {
        Some("yes") => words.changed_consent,
        _ => words.wrong_consent,
    }
}

fn open_list<'g>(ground: &'g Ground, name: &str) -> Result<(&'g Held, &'g Joining), Refusal> {
    let held = ground.list(name).ok_or(Refusal::Link)?;
    let joining = held.list.joining.as_ref().ok_or(Refusal::Link)?;
    Ok((held, joining))
}

fn public<'g>(ground: &'g Ground, name: &str) -> Result<(&'g Held, &'g Joining), Refusal> {
    let (held, joining) = open_list(ground, name)?;
    match joining.public {
        true => Ok((held, joining)),
        false => Err(Refusal::Link),
    }
}

fn asked_for<'l>(held: &'l Held, joining: &'l Joining) -> Vec<&'l String> {
    match &joining.ask {
        Some(columns) => {
            let known = columns.iter();
            known
                .filter(|name| held.list.columns.contains_key(*name))
                .collect()
        }
        None => form::editable(&held.list),
    }
}

/// What must be said and was not sent: a form of one's own may lack a field.
fn absent<'c>(
    held: &'c Held,
    columns: &'c [&'c String],
    values: &'c Values,
) -> impl Iterator<Item = String> + 'c {
    let must = |column: &&&String| {
        let settings = held.list.columns.get(**column);
        settings.is_some_and(|it| it.required) && !values.contains_key(**column)
    };
    let missing = columns.iter().filter(must);
    missing.map(|column| (*column).clone())
}

/// What somebody agrees to, in their language, else in another.
fn consent(joining: &Joining, locale: Locale) -> &str {
    let texts = &joining.consent;
    let own = texts.get(locale.tag());
    own.or_else(|| texts.values().next())
        .map_or("", String::as_str)
}

/// A whole row: consent given, language, and the day of joining where the list has a column for it that must be filled. `None` where
/// something that must be there is not: then the list can not be joined like this, as lint says.
fn complete(held: &Held, mut values: Values, locale: Locale) -> Option<Values> {
    let list = &held.list;
    if let Some(column) = &list.consent.column {
        values.insert(column.clone(), "true".to_owned());
    }
    if let Some(column) = &list.language_column
        && values.get(column).is_none_or(String::is_empty)
        && fits(list, column, locale.tag()).is_ok()
    {
        values.insert(column.clone(), locale.tag().to_owned());
    }
    let columns = list.columns.keys();
    let fit = |name: &String| {
        let value = values.get(name).map_or("", String::as_str);
        fits(list, name, value).is_ok()
    };
    columns.clone().all(fit).then_some(values)
}
