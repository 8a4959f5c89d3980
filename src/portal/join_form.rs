//! What a list asks of who joins it: the form, what of it must be filled, what they agree to, and the row that comes of it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::form::{self, Sent};
use super::ground::{Ground, Held};
use super::page::Page;
use super::service::{Refusal, Service};
use super::words::Words;
use crate::ledger::feedback::MessageKey;
use crate::workspace::list::Joining;
use crate::workspace::members::{Values, fits, taken};
use crate::workspace::settings::Locale;

impl Service {
    /// The form.
    pub(super) fn form(
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
pub(super) struct Shown<'a> {
    pub(super) invitation: Option<(&'a str, &'a str)>,
    pub(super) is_wrong: bool,
    pub(super) wrong: BTreeSet<String>,
    pub(super) given: &'a str,
    pub(super) agrees: bool,
    pub(super) agree_wrong: &'a str,
    pub(super) is_address_wrong: bool,
}

/// What is said to whoever did not agree, or to a text that this list never had.
pub(super) fn not_agreed(sent: &Sent, words: &'static Words) -> &'static str {
    match sent.get("agree") {
        Some("yes") => words.changed_consent,
        _ => words.wrong_consent,
    }
}

pub(super) fn open_list<'g>(
    ground: &'g Ground,
    name: &str,
) -> Result<(&'g Held, &'g Joining), Refusal> {
    let held = ground.list(name).ok_or(Refusal::Link)?;
    let joining = held.list.joining.as_ref().ok_or(Refusal::Link)?;
    Ok((held, joining))
}

pub(super) fn public<'g>(
    ground: &'g Ground,
    name: &str,
) -> Result<(&'g Held, &'g Joining), Refusal> {
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

/// What somebody filled in, and the columns whose values do not fit or are not there.
pub(super) fn filled(held: &Held, joining: &Joining, sent: &Sent) -> (Values, BTreeSet<String>) {
    let columns = asked_for(held, joining);
    let (values, mut wrong) = form::take(&held.name, &held.list, &columns, sent);
    wrong.extend(absent(held, &columns, &values));
    (values, wrong)
}

/// What must be said and was not sent: a form of one's own may lack a field.
fn absent<'c>(
    held: &'c Held,
    columns: &'c [&'c String],
    values: &'c Values,
) -> impl Iterator<Item = String> + 'c {
    let must =
        |column: &&&String| !values.contains_key(**column) && fits(&held.list, column, "").is_err();
    let missing = columns.iter().filter(must);
    missing.map(|column| (*column).clone())
}

/// Whether what is wrong can be put right in the form: whatever it does not ask for stays empty.
pub(super) fn can_be_mended(held: &Held, joining: &Joining, wrong: &BTreeSet<String>) -> bool {
    let asked = asked_for(held, joining);
    let is_asked = |column: &String| asked.contains(&column);
    let mut rest = wrong.iter().filter(|column| !is_asked(column));
    rest.all(|column| fits(&held.list, column, "").is_ok())
}

/// What somebody agrees to, in their language, else in another.
pub(super) fn consent(joining: &Joining, locale: Locale) -> &str {
    let texts = &joining.consent;
    let own = texts.get(locale.tag());
    own.or_else(|| texts.values().next())
        .map_or("", String::as_str)
}

/// A whole row: consent given, and the language.
///
/// # Errors
/// The columns that must be filled and are not: a list that cannot be joined like this, as lint says, or one whose topics or
/// columns are others since somebody asked.
pub(super) fn complete(
    held: &Held,
    mut values: Values,
    locale: Locale,
) -> Result<Values, BTreeSet<String>> {
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
    // A topic may have left the list since somebody asked for it: they join without.
    for (column, value) in &mut values {
        if let Cow::Owned(rest) = taken(list, column, value) {
            *value = rest;
        }
    }
    let is_wrong = |name: &&String| {
        let value = values.get(*name).map_or("", String::as_str);
        fits(list, name, value).is_err()
    };
    let wrong: BTreeSet<String> = list.columns.keys().filter(is_wrong).cloned().collect();
    match wrong.is_empty() {
        true => Ok(values),
        false => Err(wrong),
    }
}
