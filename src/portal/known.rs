//! What is known of somebody, as a page and as a file: their rows, what they agreed to, what they asked for and left, the mails
//! that they got and what became of them.
//!
//! Reads the ledger, where the index says that they are spoken of: the latest mails only, one person after the other, on a thread
//! where waiting does no harm. Other people's words about them (notes, reasons) are not shown.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;
use serde_json::json;

use super::form;
use super::ground::Ground;
use super::known_mail::{fate, mail_json, read_by_people};
use super::page::{Page, answer};
use super::preferences::date;
use super::service::{Asker, Refusal, Service};
use super::words::Words;
use crate::ledger::event::{Exclusion, Scope, SuppressionEvent};
use crate::ledger::index::{Index, IndexError};
use crate::ledger::person::{Person, What, latest, person, when};
use crate::ledger::wish::{Wanted, Wish};
use crate::ledger::wishes::{Cells, Joined};
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;
use crate::render::short_text::subject;

/// Mails that are shown: whoever wants to know of older ones asks.
const MOST_MAILS: usize = 100;

/// What the ledger knows.
struct Found {
    person: Person,
    /// Mails that are not in it.
    older: usize,
    subjects: HashMap<OccurrenceId, String>,
}

/// What somebody asked for, in words.
#[derive(Serialize)]
struct Told {
    date: String,
    text: String,
}

/// What somebody agreed to.
struct Consent {
    list: String,
    title: String,
    at: Timestamp,
    joined: Joined,
    /// What it said and since when, where that is still known.
    text: Option<(String, Timestamp)>,
}

impl Service {
    /// The page.
    pub(super) async fn known_page(
        self: &Arc<Self>,
        token: &str,
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        let (who, found) = self.found(token, asker).await?;
        let locale = self.locale(asker, Some(&who));
        let words = Words::of(locale);
        let now = self.now();
        let content = self.with_person(&who, |ground, folds, rows| {
            let day = |at| date(&ground.settings, at, words);
            let facts = rows.iter();
            let facts =
                facts.map(|row| form::facts(&row.held.name, &row.held.list, &row.values, words));
            let held = folds.wishes.of(&who);
            let paused = held.paused_until(now);
            let paused = paused.map(|until| words.paused_until.replace("{date}", &day(until)));
            let gone = folds.suppressions.exact(&who, &Scope::All);
            let consents = self.consents_of(ground, &folds.wishes.joined(&who).collect::<Vec<_>>());
            let consents = consents.iter().map(|it| it.shown(words, &day));
            let left = left(ground, |scope| folds.suppressions.exact(&who, scope));
            let left = left.into_iter().map(|(_, title)| title);
            context! {
                address => ground.address(&who, folds, &self.key()),
                action => self.preferences_url(&ground.settings, who),
                facts => Value::from(Serde(facts.collect::<Vec<_>>())),
                consents => consents.collect::<Vec<_>>(),
                left => left.collect::<Vec<_>>(),
                paused => paused,
                gone => gone.map(|reason| match reason.is_own() {
                    true => words.gone_now,
                    false => words.blocked,
                }),
                asked => Value::from(Serde(told(ground, &found.person, words))),
                mails => found.mails(words, &day),
                older => match found.older {
                    0 => None,
                    1 => Some(words.known_older_one.to_owned()),
                    older => Some(words.known_older.replace("{count}", &older.to_string())),
                },
            }
        });
        let page = Page {
            template: "known.html",
            status: StatusCode::OK,
            locale,
            title: words.known,
            content,
        };
        Ok(self.pages.show(&self.ground().settings, page))
    }

    /// The same as a file.
    pub(super) async fn export(
        self: &Arc<Self>,
        token: &str,
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        let (who, found) = self.found(token, asker).await?;
        let now = self.now();
        let known = self.with_person(&who, |ground, folds, rows| {
            let held = folds.wishes.of(&who);
            let lists = rows.iter().map(|row| {
                json!({
                    "list": row.held.list.title,
                    "purpose": row.held.list.purpose,
                    "data": row.values,
                })
            });
            let consents = self.consents_of(ground, &folds.wishes.joined(&who).collect::<Vec<_>>());
            let left = left(ground, |scope| folds.suppressions.exact(&who, scope));
            let left = left.iter().map(|(name, title)| json!({"topic": name, "title": title}));
            let mails = found.person.mails.iter();
            let mails = mails.map(|mail| mail_json(mail, found.subjects.get(&mail.occurrence)));
            let heard = found.person.heard.iter();
            let heard = heard.map(|it| json!({"at": it.at.to_string(), "what": it.what.name()}));
            json!({
                "organisation": ground.settings.organisation.name,
                "exported": now.to_string(),
                "address": ground.address(&who, folds, &self.key()),
                "id": who.to_string(),
                "lists": lists.collect::<Vec<_>>(),
                "consents": consents.iter().map(Consent::json).collect::<Vec<_>>(),
                "not_mailed": folds.suppressions.exact(&who, &Scope::All).map(Exclusion::name),
                "topics_left": left.collect::<Vec<_>>(),
                "paused_until": held.paused_until(now).map(|it| it.to_string()),
                "one_newsletter_in_days": held.at_most(),
                "last_confirmed": held.confirmed().map(|it| it.to_string()),
                "asked": found.person.wishes.iter().map(|it| self.wish_json(it)).collect::<Vec<_>>(),
                "suppressions": found.person.suppressions.iter().map(suppression_json).collect::<Vec<_>>(),
                "mails": mails.collect::<Vec<_>>(),
                "older_mails": found.older,
                "heard": heard.collect::<Vec<_>>(),
            })
        });
        let text = serde_json::to_string_pretty(&known).unwrap_or_default();
        let mut answer = answer(StatusCode::OK, "application/json", text);
        let name = HeaderValue::from_static("attachment; filename=\"data.json\"");
        answer
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, name);
        Ok(answer)
    }

    /// Whose link it is, and what the ledger knows of them.
    async fn found(
        self: &Arc<Self>,
        token: &str,
        asker: &Asker,
    ) -> Result<(RecipientId, Found), Refusal> {
        self.may_ask(asker)?;
        let who = self.whose(token)?;
        let seat = Arc::clone(&self.looking).acquire_owned().await;
        let of = Arc::clone(self);
        let found = tokio::task::spawn_blocking(move || {
            let _seat = seat;
            of.look(who).map_err(|why| why.to_string())
        });
        let found = found.await.unwrap_or_else(|why| Err(why.to_string()));
        let found = found.map_err(|why| {
            self.metrics.failed();
            self.log(&format!("what is known of somebody cannot be read: {why}"));
            Refusal::Trouble
        })?;
        Ok((who, found))
    }

    fn look(&self, who: RecipientId) -> Result<Found, IndexError> {
        let ledger = self.sendings.ledger().ok_or_else(no_ledger)?;
        let mentions = Index::open(&ledger)?.find(&ledger, &who)?;
        let (mentions, older) = latest(&ledger, mentions, MOST_MAILS)?;
        let person = person(&ledger, &who, &mentions)?;
        let ground = self.ground();
        let mut subjects = HashMap::new();
        for mail in &person.mails {
            let commit = mail.life.iter().find_map(|moment| match &moment.what {
                What::Selected { content_commit, .. } => Some(content_commit),
                _ => None,
            });
            let subject = commit.and_then(|it| self.subject(&ground, &mail.occurrence, it, &who));
            if let Some(subject) = subject {
                subjects.insert(mail.occurrence.clone(), subject);
            }
        }
        Ok(Found {
            person,
            older,
            subjects,
        })
    }

    /// A mail's subject, with somebody's row as it is now.
    fn subject(
        &self,
        ground: &Ground,
        occurrence: &OccurrenceId,
        commit: &str,
        who: &RecipientId,
    ) -> Option<String> {
        let campaign = self.campaign(occurrence.campaign(), commit)?;
        let lists = &campaign.audience.lists;
        let member = self.folds(|folds| ground.member(lists, who, folds, &self.key()));
        let locale = campaign
            .locale
            .unwrap_or(ground.settings.organisation.locale);
        subject(&campaign.subject, locale, member.as_ref())
    }

    fn consents_of(&self, ground: &Ground, joined: &[(&str, Timestamp, Joined)]) -> Vec<Consent> {
        let each = joined.iter().map(|(list, at, joined)| {
            let text = self.consents(|it| it.of(list, joined.consent).cloned());
            Consent {
                list: (*list).to_owned(),
                title: list_title(ground, list),
                at: *at,
                joined: *joined,
                text: text.map(|it| (it.text, it.since)),
            }
        });
        each.collect()
    }

    fn wish_json(&self, wish: &Wish) -> serde_json::Value {
        let mut one = json!({
            "at": wish.at.to_string(),
            "what": wish.what.name(),
            "by": wish.way.name(),
        });
        let cells = |row| Cells::open(row, &self.key()).map(|it| it.cells);
        let more = match &wish.what {
            Wanted::Joined { list, row, .. } | Wanted::Changed { list, row } => {
                json!({"list": list, "data": cells(row)})
            }
            Wanted::Paused { until } => json!({"until": until.to_string()}),
            Wanted::AtMost { days } => json!({"days": days}),
            Wanted::Confirmed | Wanted::Disowned => json!({}),
        };
        if let (Some(one), Some(more)) = (one.as_object_mut(), more.as_object()) {
            one.extend(more.clone());
        }
        one
    }
}

fn no_ledger() -> IndexError {
    IndexError::Io {
        path: std::path::PathBuf::new(),
        why: std::io::Error::other("there is no ledger yet"),
    }
}

impl Found {
    /// The latest first; who was left out before a mail was made got none.
    fn mails(&self, words: &Words, day: &dyn Fn(Timestamp) -> String) -> Vec<Value> {
        let mails = self.person.mails.iter().rev();
        let mails = mails.filter(|mail| mail.index.is_some() && mail.copy_of.is_none());
        let each = mails.map(|mail| {
            let (fate, at) = fate(mail);
            let (opened, clicked) = read_by_people(mail);
            let mut said = vec![fate.words(words)];
            said.extend(opened.then_some(words.opened));
            said.extend(clicked.then_some(words.clicked));
            let subject = self.subjects.get(&mail.occurrence).cloned();
            context! {
                date => day(at),
                subject => subject.unwrap_or_else(|| mail.occurrence.to_string()),
                fate => said.join(" · "),
            }
        });
        each.collect()
    }
}

impl Consent {
    fn shown(&self, words: &Words, day: &dyn Fn(Timestamp) -> String) -> Value {
        let version = self.joined.consent.to_string();
        let lead = words.known_joined.replace("{list}", &self.title);
        let version = match &self.text {
            Some((_, since)) => words.known_text_since.replace("{date}", &day(*since)),
            None => words.known_text_lost.to_owned(),
        }
        .replace("{version}", &version);
        let client = self.joined.client;
        context! {
            lead => lead.replace("{date}", &day(self.at)),
            text => self.text.as_ref().map(|(text, _)| text.trim().to_owned()),
            version => version,
            client => client.map(|it| words.known_from.replace("{client}", &it.to_string())),
        }
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "list": self.list,
            "at": self.at.to_string(),
            "by": self.joined.way.name(),
            "text": self.text.as_ref().map(|(text, _)| text),
            "text_since": self.text.as_ref().map(|(_, since)| since.to_string()),
            "text_digest": self.joined.consent.to_string(),
            "client": self.joined.client.map(|it| it.to_string()),
        })
    }
}

fn list_title(ground: &Ground, name: &str) -> String {
    let held = ground.list(name);
    held.map_or(name, |held| held.list.title.as_str())
        .to_owned()
}

fn topic_title(ground: &Ground, name: &str) -> String {
    let mut topics = ground.lists.iter().flat_map(|held| &held.list.topics);
    let found = topics.find(|(topic, _)| topic.as_str() == name);
    found
        .map_or(name, |(_, topic)| topic.title.as_str())
        .to_owned()
}

/// The topics of the lists that somebody left, by name and title.
fn left(ground: &Ground, reason: impl Fn(&Scope) -> Option<Exclusion>) -> Vec<(String, String)> {
    let topics = ground.lists.iter().flat_map(|held| &held.list.topics);
    let mut left: Vec<(String, String)> = topics
        .filter(|(name, _)| reason(&Scope::Topic(name.to_string())).is_some())
        .map(|(name, topic)| (name.to_string(), topic.title.clone()))
        .collect();
    left.sort();
    left.dedup_by(|one, other| one.0 == other.0);
    left
}

/// What somebody asked for, and what became of it, the latest first.
fn told(ground: &Ground, person: &Person, words: &Words) -> Vec<Told> {
    let day = |at| date(&ground.settings, at, words);
    let wishes = person.wishes.iter();
    let wishes = wishes.map(|wish| (wish.at, wish_words(ground, wish, words)));
    let events = person.suppressions.iter();
    let events = events.map(|event| (when(event), event_words(ground, event, words)));
    let mut all: Vec<(Timestamp, String)> = wishes.chain(events).collect();
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let told = all.into_iter();
    told.map(|(at, text)| Told {
        date: day(at),
        text,
    })
    .collect()
}

fn wish_words(ground: &Ground, wish: &Wish, words: &Words) -> String {
    match &wish.what {
        Wanted::Joined { list, .. } => words
            .told_joined
            .replace("{list}", &list_title(ground, list)),
        Wanted::Changed { list, .. } => words
            .told_changed
            .replace("{list}", &list_title(ground, list)),
        Wanted::Confirmed => words.told_confirmed.to_owned(),
        Wanted::Paused { until } if *until <= wish.at => words.told_resumed.to_owned(),
        Wanted::Paused { until } => {
            let until = date(&ground.settings, *until, words);
            words.told_paused.replace("{date}", &until)
        }
        Wanted::AtMost { days: 0 } => words.told_often.to_owned(),
        Wanted::AtMost { days } => words.told_at_most.replace("{count}", &days.to_string()),
        Wanted::Disowned => words.told_disowned.to_owned(),
    }
}

fn event_words(ground: &Ground, event: &SuppressionEvent, words: &Words) -> String {
    let topic = |text: &str, name: &str| text.replace("{topic}", &topic_title(ground, name));
    match event {
        SuppressionEvent::Suppressed { scope, reason, .. } => match scope {
            Scope::Topic(name) => topic(words.told_left_topic, name),
            Scope::All if *reason == Exclusion::Unsubscribed => words.told_left.to_owned(),
            Scope::All => words.told_stopped.to_owned(),
        },
        SuppressionEvent::Lifted { scope, .. } => match scope {
            Scope::Topic(name) => topic(words.told_back_topic, name),
            Scope::All => words.told_back.to_owned(),
        },
    }
}

fn suppression_json(event: &SuppressionEvent) -> serde_json::Value {
    let (what, scope, reason) = match event {
        SuppressionEvent::Suppressed { scope, reason, .. } => {
            ("suppressed", scope, Some(reason.name()))
        }
        SuppressionEvent::Lifted { scope, .. } => ("lifted", scope, None),
    };
    let topic = match scope {
        Scope::All => None,
        Scope::Topic(topic) => Some(topic),
    };
    json!({"at": when(event).to_string(), "what": what, "topic": topic, "reason": reason})
}
