//! A recipient's preferences: topics, own data, how often, a pause, leaving and coming back; and what is known of them.

use std::collections::{BTreeMap, BTreeSet};

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::folds::Folds;
use super::form::{self, ListView, Sent};
use super::ground::{Ground, Membership};
use super::leave::NOTE;
use super::page::{Page, answer};
use super::reach::Reach;
use super::service::{Asker, Refusal, Service};
use super::words::Words;
use crate::ledger::event::{Lifting, Scope, SuppressionEvent};
use crate::ledger::segment::Record;
use crate::ledger::wish::{Wanted, Way, Wish};
use crate::ledger::wishes::Cells;
use crate::mail::portal_address;
use crate::mail::recipient_id::RecipientId;
use crate::mail::token::{Action, Leave};
use crate::workspace::list::ColumnType;
use crate::workspace::members::{Values, fits, is_same, topics};
use crate::workspace::settings::Settings;

/// Longest pause, in weeks.
const LONGEST_PAUSE: i64 = 52;

/// How often, in days.
const OFTEN: [u16; 4] = [0, 7, 30, 90];

/// What somebody sent that cannot be taken as it is: it is shown to them again, nothing of it lost.
#[derive(Default)]
struct Tried {
    /// By list: the values, and the columns whose values cannot be taken.
    lists: BTreeMap<String, (Values, BTreeSet<String>)>,
    often: Option<u16>,
    /// What the form had shown, by field.
    was: Values,
    was_often: Option<u16>,
}

impl Tried {
    fn is_wrong(&self) -> bool {
        self.lists.values().any(|(_, wrong)| !wrong.is_empty())
    }
}

impl Service {
    /// Somebody's own page.
    pub(super) fn preferences_url(&self, settings: &Settings, who: RecipientId) -> String {
        let base = settings.portal.as_ref().map_or("", |it| it.url.as_str());
        portal_address::preferences(base, &self.key(), who, None)
    }

    /// Whose preferences a link is for; of who was forgotten nothing is shown.
    pub(super) fn whose(&self, token: &str) -> Result<RecipientId, Refusal> {
        let who = self.link(token)?.recipient;
        match self.is_erased(&who) {
            true => Err(Refusal::Link),
            false => Ok(who),
        }
    }

    fn link(&self, token: &str) -> Result<Leave, Refusal> {
        let leave = Leave::verify(&self.key(), token).map_err(|_| Refusal::Link)?;
        match leave.action {
            Action::Preferences => Ok(leave),
            _ => Err(Refusal::Link),
        }
    }

    /// The page.
    pub(super) fn preferences_page(
        &self,
        token: &str,
        is_saved: bool,
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        self.may_ask(asker)?;
        let who = self.whose(token)?;
        Ok(self.page_of(who, is_saved, None, asker))
    }

    fn page_of(
        &self,
        who: RecipientId,
        is_saved: bool,
        tried: Option<&Tried>,
        asker: &Asker,
    ) -> Response<Body> {
        let now = self.now();
        let (locale, content) = self.with_person(&who, |ground, folds, rows| {
            let locale = asker.locale(Ground::language(rows), ground);
            let words = Words::of(locale);
            let held = folds.wishes.of(&who);
            let was_often = held.at_most().unwrap_or(0);
            let at_most = tried.and_then(|it| it.often).unwrap_or(was_often);
            let titles = [
                words.frequency_any,
                words.frequency_week,
                words.frequency_month,
                words.frequency_quarter,
            ];
            // What they wish may be none of these: it stays, unless they choose another.
            let other = Some(was_often).filter(|days| !OFTEN.contains(days));
            let often: Vec<_> = OFTEN
                .into_iter()
                .zip(titles)
                .chain(other.map(|days| (days, words.frequency_kept)))
                .map(|(days, title)| context! { value => days, title => title, on => days == at_most })
                .collect();
            let reach = Reach::of(&who, ground, folds, rows);
            let is_off = folds.suppressions.exact(&who, &Scope::All).is_some();
            let is_unconfirmed = self.is_unconfirmed(&who, held.confirmed());
            let paused = held.paused_until(now).map(|until| {
                let date = date(&ground.settings, until, words);
                words.paused_until.replace("{date}", &date)
            });
            let content = context! {
                lists => Value::from(Serde(views(rows, folds, &who, words, tried))),
                address => ground.address(&who, folds, &self.key()),
                action => self.preferences_url(&ground.settings, who),
                saved => is_saved,
                wrong => tried.is_some(),
                often => often,
                was_often => tried.and_then(|it| it.was_often).unwrap_or(was_often),
                gone => reach.text(words),
                is_off => is_off,
                may_rejoin => reach == Reach::Off,
                joins => (reach == Reach::Nowhere).then(|| self.open_lists(ground)),
                unconfirmed => is_unconfirmed && reach == Reach::Mailed,
                paused => paused,
            };
            (locale, content)
        });
        let page = Page {
            template: "preferences.html",
            status: match tried {
                None => StatusCode::OK,
                Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
            },
            locale,
            title: Words::of(locale).preferences_title,
            content,
        };
        self.pages.show(&self.ground().settings, page)
    }

    /// What somebody sent.
    pub(super) async fn preferences(
        self: &Arc<Self>,
        token: &str,
        body: &[u8],
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        let sent = Sent::parse(body);
        let does = sent.get("do");
        // Leaving is heard always: from many people behind one address, too, and from whoever is known no more.
        let leaves_all = matches!(does, Some("leave" | "disown"));
        if !leaves_all {
            self.may_ask(asker)?;
        }
        let link = self.link(token)?;
        let who = link.recipient;
        if !leaves_all && self.is_erased(&who) {
            return Err(Refusal::Link);
        }
        let leaves = (who, link.mailing);
        let wish = |what| self.wish_of(who, what);
        match does {
            Some("save") => {
                let (mut records, tried) = self.changes(who, &sent);
                if tried.is_wrong() {
                    return Ok(self.page_of(who, false, Some(&tried), asker));
                }
                // Whoever looks at all of it and saves it says that it is right.
                let is_answered = records.iter().any(|it| matches!(it, Record::Wish(_)));
                if !is_answered && !self.has_just_answered(&who) {
                    records.push(wish(Wanted::Confirmed));
                }
                self.record_of(who, &records).await?;
            }
            Some("leave") => self.leave_records(leaves, &Scope::All).await?,
            Some("disown") => {
                // Said once, so it needs no limit; whoever came back since may say it again.
                let is_said = self.has_disowned(&who);
                self.leave_records(leaves, &Scope::All).await?;
                if !is_said {
                    self.record(&[wish(Wanted::Disowned)]).await?;
                }
            }
            Some("rejoin") => self.come_back(who).await?,
            Some("confirm") => self.stays(who).await?,
            Some("pause") => {
                let weeks = sent.get("weeks").and_then(|weeks| weeks.parse().ok());
                let weeks = weeks.unwrap_or(4_i64).clamp(1, LONGEST_PAUSE);
                let until = self.now() + SignedDuration::from_hours(weeks * 7 * 24);
                self.record_of(who, &[wish(Wanted::Paused { until })])
                    .await?;
            }
            Some("resume") => {
                let until = self.now();
                self.record_of(who, &[wish(Wanted::Paused { until })])
                    .await?;
            }
            _ => return Err(Refusal::Link),
        }
        // A reload must not send it again.
        let there = self.preferences_url(&self.ground().settings, who);
        let mut answer = answer(StatusCode::SEE_OTHER, "text/plain", "");
        if let Ok(there) = HeaderValue::from_str(&format!("{there}?saved")) {
            answer.headers_mut().insert(header::LOCATION, there);
        }
        Ok(answer)
    }

    /// Whether somebody said that they never joined, and is gone.
    fn has_disowned(&self, who: &RecipientId) -> bool {
        self.folds(|folds| {
            let is_gone = folds.suppressions.exact(who, &Scope::All).is_some();
            is_gone && folds.wishes.of(who).disowned().is_some()
        })
    }

    pub(super) fn wish_of(&self, who: RecipientId, what: Wanted) -> Record {
        self.wish_at(who, self.moment_of(&who), what)
    }

    fn wish_at(&self, who: RecipientId, at: Timestamp, what: Wanted) -> Record {
        Record::Wish(Wish {
            key: self.new_key(),
            recipient: who,
            at,
            way: Way::Portal,
            what,
        })
    }

    /// Lifts what somebody themselves, or a server, said, which another portal may know of and this one not yet; what the
    /// organisation said stays.
    async fn come_back(&self, who: RecipientId) -> Result<(), Refusal> {
        let reason = self.folds(|folds| folds.suppressions.exact(&who, &Scope::All));
        if reason.is_some_and(|reason| !reason.is_own()) {
            return Err(Refusal::Link);
        }
        let lift = lift(who, Scope::All, self.moment_of(&who));
        let stays = self.wish_of(who, Wanted::Confirmed);
        self.record_of(who, &[lift, stays]).await
    }

    /// What differs from what the form showed: changed rows, lifted topics, how often. A form that does not say what it showed
    /// showed what holds.
    fn changes(&self, who: RecipientId, sent: &Sent) -> (Vec<Record>, Tried) {
        let at = self.moment_of(&who);
        let (mut records, mut tried) = (Vec::new(), Tried::default());
        self.with_person(&who, |_, folds, rows| {
            let given: Vec<Given<'_>> = rows.iter().map(|row| Given::of(row, sent)).collect();
            let lifted = given.iter().flat_map(|it| it.taken_back(folds, &who));
            let lifted: BTreeSet<Scope> = lifted.collect();
            for mut given in given {
                let name = &given.row.held.name;
                let cells = given.cells(&lifted);
                tried.was.extend(form::fields(name, given.shown));
                tried
                    .lists
                    .insert(name.to_string(), (given.values, given.wrong));
                if cells.is_empty() {
                    continue;
                }
                let cells = Cells {
                    recipient: who,
                    at,
                    address: None,
                    cells,
                };
                if let Ok(sealed) = cells.seal(&self.key()) {
                    let list = name.to_string();
                    records.push(self.wish_at(who, at, Wanted::Changed { list, row: sealed }));
                }
            }
            records.extend(lifted.into_iter().map(|scope| lift(who, scope, at)));
            let days = |name| sent.get(name).and_then(|days| days.parse().ok());
            tried.often = days("often").filter(|days| OFTEN.contains(days));
            tried.was_often = days("was.often");
            let was = tried.was_often.or(folds.wishes.of(&who).at_most());
            if let Some(days) = tried.often.filter(|days| was.unwrap_or(0) != *days) {
                records.push(self.wish_at(who, at, Wanted::AtMost { days }));
            }
        });
        (records, tried)
    }
}

/// What somebody sent about one of their rows.
struct Given<'r> {
    row: &'r Membership<'r>,
    values: Values,
    /// The columns whose values cannot be taken.
    wrong: BTreeSet<String>,
    /// What the form had shown.
    shown: Values,
}

impl<'r> Given<'r> {
    fn of(row: &'r Membership<'r>, sent: &Sent) -> Self {
        let (name, list) = (&row.held.name, &row.held.list);
        let columns = form::editable(list);
        let (values, wrong) = form::take(name, list, &columns, sent);
        Self {
            row,
            values,
            wrong,
            shown: form::shown(name, &columns, sent),
        }
    }

    /// What a column's cell holds by now, and what of it was shown, if the form says so.
    fn cell(&self, column: &str) -> (&str, Option<&str>) {
        let now = self.row.values.get(column).map_or("", String::as_str);
        (now, self.shown.get(column).map(String::as_str))
    }

    fn is_topics(&self, column: &str) -> bool {
        let column = self.row.held.list.columns.get(column);
        column.is_some_and(|it| it.kind == ColumnType::Topics)
    }

    /// The topics that somebody left and takes back. Where the row has by now what they were not shown, another portal knows that
    /// they left it.
    fn taken_back(&self, folds: &Folds, who: &RecipientId) -> Vec<Scope> {
        let mut found = Vec::new();
        for (column, value) in &self.values {
            if !self.is_topics(column) {
                continue;
            }
            let (now, was) = self.cell(column);
            let is_new = |topic: &&str| was.is_none_or(|was| !has(was, topic));
            found.extend(topics(value).filter(is_new).filter_map(|topic| {
                let scope = Scope::Topic(topic.to_owned());
                let is_lifted = match folds.suppressions.exact(who, &scope) {
                    Some(reason) => reason.is_own(),
                    None => was.is_some() && has(now, topic),
                };
                is_lifted.then_some(scope)
            }));
        }
        found
    }

    /// The cells that are to be others. Somebody leaves a topic in all lists: one that is `lifted` is in each what the form says,
    /// also where they left it unticked.
    fn cells(&mut self, lifted: &BTreeSet<Scope>) -> Values {
        let list = &self.row.held.list;
        let is_back = |topic: &str| lifted.contains(&Scope::Topic(topic.to_owned()));
        let (mut cells, mut untouched) = (Values::new(), Vec::new());
        for (column, value) in &self.values {
            let (now, was) = self.cell(column);
            let is_topics = self.is_topics(column);
            let stays_off = is_topics && topics(now).any(|it| is_back(it) && !has(value, it));
            if !stays_off && is_same(list, column, was.unwrap_or(now), value) {
                untouched.push(column.clone());
                continue;
            }
            let cell = match was {
                Some(was) if is_topics => {
                    let cell = form::chosen(list, (was, value), now, &is_back);
                    // What others changed since may leave nothing where something must be.
                    Some(cell).filter(|cell| fits(list, column, cell).is_ok())
                }
                _ => None,
            };
            cells.insert(column.clone(), cell.unwrap_or_else(|| value.clone()));
        }
        self.wrong.retain(|column| !untouched.contains(column));
        cells
    }
}

fn has(cell: &str, topic: &str) -> bool {
    topics(cell).any(|it| it == topic)
}

/// Somebody takes back that they left, or that their address took no mail.
pub(super) fn lift(who: RecipientId, scope: Scope, at: Timestamp) -> Record {
    Record::Suppression(SuppressionEvent::Lifted {
        recipient: who,
        scope,
        what: Lifting::Own,
        at,
        note: NOTE.to_owned(),
    })
}

fn views(
    rows: &[Membership<'_>],
    folds: &Folds,
    who: &RecipientId,
    words: &'static Words,
    tried: Option<&Tried>,
) -> Vec<ListView> {
    let none = (Values::new(), BTreeSet::new());
    let is_off = |topic: &str| {
        let scope = Scope::Topic(topic.to_owned());
        tried.is_none() && folds.suppressions.exact(who, &scope).is_some()
    };
    let view = |row: &Membership<'_>| {
        let (name, list) = (&row.held.name, &row.held.list);
        let columns = form::editable(list);
        let show = |values: &Values, wrong: &BTreeSet<String>| {
            form::view((name, list), &columns, values, words, (wrong, &is_off))
        };
        let mut fresh = show(&row.values, &none.1);
        fresh.remember();
        let Some(tried) = tried else {
            return fresh;
        };
        let (sent, wrong) = tried.lists.get(name.as_str()).unwrap_or(&none);
        let mut values = row.values.clone();
        values.extend(sent.clone());
        let mut view = show(&values, wrong);
        view.remember_of(&tried.was, &fresh);
        view
    };
    rows.iter().map(view).collect()
}

pub(super) fn date(settings: &Settings, at: Timestamp, words: &Words) -> String {
    let zone = TimeZone::get(&settings.organisation.zone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime(words.date).to_string()
}
