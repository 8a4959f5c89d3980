//! The answer to one person: what was done, and what they can ask for, each as a link that writes the mail (RFC 6068).

use jiff::Timestamp;

use super::answer::AnswerDesk;
use super::answer_words::Words;
use super::asks::{Ask, Asked};
use super::people::{People, Person};
use crate::ledger::event::Scope;
use crate::ledger::suppressions::Suppressions;
use crate::mail::envelope::Letter;
use crate::mail::own_letter::{OwnLetter, OwnLetterError};
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::mail::token::{self, Action, Leave};
use crate::render::flowed::flowed;
use crate::render::own_body::OwnBody;
use crate::workspace::settings::Settings;

/// What an answer is made of.
pub(super) struct Answer<'a> {
    /// What they asked: at least one thing.
    pub(super) asks: &'a [&'a Ask],
    pub(super) who: RecipientId,
    pub(super) person: &'a Person,
    pub(super) people: &'a People,
    pub(super) standing: &'a Suppressions,
    pub(super) settings: &'a Settings,
    pub(super) key: &'a RecipientKey,
    pub(super) now: Timestamp,
}

impl Answer<'_> {
    /// The mail.
    ///
    /// # Errors
    /// [`OwnLetterError`].
    pub(super) fn letter(&self, desk: &AnswerDesk) -> Result<Letter, OwnLetterError> {
        let own = self.people.language(self.person);
        let locale = own.unwrap_or(self.settings.organisation.locale);
        let words = Words::of(locale);
        let (subject, mut body) = self.body(words, desk);
        body.say_once(words.automatic);
        body.lines(self.settings.organisation.signature());
        let date = self.now.to_zoned(desk.zone.clone());
        OwnLetter {
            name: &desk.name,
            from: &desk.address,
            to: &self.person.address,
            bounces: &desk.bounces,
            subject,
            text: &flowed(&body.text()),
            html: Some(&body.html(locale.tag(), subject)),
            attachments: &[],
            language: Some(locale.tag()),
            reply_to: None,
            mark: None,
            date: &date,
            id: &self.id(),
            signers: &desk.signers,
        }
        .write()
    }

    /// Keyed, so that the boundary that is made of it cannot be foreseen.
    fn id(&self) -> String {
        let keys: Vec<&[u8]> = self.asks.iter().map(|ask| ask.key.0.as_slice()).collect();
        let mac = self.key.mac("answer", &keys);
        let hex: String = mac.iter().take(16).map(|b| format!("{b:02x}")).collect();
        format!("answer{hex}")
    }

    fn body(&self, words: &'static Words, desk: &AnswerDesk) -> (&'static str, OwnBody) {
        let have_left = self.asks.iter().all(|ask| match &ask.what {
            Asked::Leave(scope) => self.is_off(scope),
            _ => false,
        });
        match have_left {
            _ if !self.person.is_listed => (words.preferences_subject, self.unlisted(words)),
            true => (words.left_subject, self.leaving(words, desk)),
            false => (words.preferences_subject, self.preferences(words, desk)),
        }
    }

    /// That no list has them, and how they come back.
    fn unlisted(&self, words: &'static Words) -> OwnBody {
        let mut body = OwnBody::default();
        body.say_once(words.unlisted);
        let base = self.settings.portal.as_ref().map(|it| it.url.as_str());
        let lists = base.map(|base| (base, self.people.open_lists()));
        let links = lists.into_iter().flat_map(|(base, lists)| {
            let base = base.trim_end_matches('/');
            lists.map(move |(name, list)| (&list.title, format!("{base}/join/{name}")))
        });
        let links: Vec<_> = links.collect();
        body.say_once(match links.is_empty() {
            true => words.write_to_us,
            false => words.join_again,
        });
        for (title, link) in links {
            body.offer(one_line(title), link);
        }
        body
    }

    /// That they left, and how to undo it.
    fn leaving(&self, words: &'static Words, desk: &AnswerDesk) -> OwnBody {
        let mut body = OwnBody::default();
        self.done(&mut body, words);
        body.say_once(words.mistake);
        for ask in self.asks {
            if let Asked::Leave(scope) = &ask.what {
                let title = match scope {
                    Scope::All => words.want_again.to_owned(),
                    Scope::Topic(name) => self.about(words.want_topic, name),
                };
                body.offer(title, self.link(desk, Action::Want, scope));
            }
        }
        body
    }

    /// What holds now, and every choice.
    fn preferences(&self, words: &'static Words, desk: &AnswerDesk) -> OwnBody {
        let mut body = OwnBody::default();
        self.done(&mut body, words);
        let everything = |action| self.link(desk, action, &Scope::All);
        if self.is_off(&Scope::All) {
            let left = Asked::Leave(Scope::All);
            if !self.asks.iter().any(|ask| ask.what == left) {
                body.say_once(words.gone);
            }
            body.say_once(words.choices);
            body.offer(words.want_again.to_owned(), everything(Action::Want));
            return body;
        }
        let held = self.people.wishes.of(&self.who);
        let paused = held.paused_until(self.now);
        if let Some(until) = paused {
            let date = until.to_zoned(desk.zone.clone()).strftime(words.date);
            body.say_once(&words.paused.replace("{date}", &date.to_string()));
        }
        body.say_once(words.choices);
        let is_off = |topic: &str| self.is_off(&Scope::Topic(topic.to_owned()));
        for topic in self.people.topics(self.person, is_off) {
            let (action, title) = match topic.on {
                true => (Action::Unsubscribe, words.leave_topic),
                false => (Action::Want, words.want_topic),
            };
            let scope = Scope::Topic(topic.name);
            let title = title.replace("{topic}", &one_line(&topic.title));
            body.offer(title, self.link(desk, action, &scope));
        }
        let (action, title) = match paused {
            Some(_) => (Action::Resume, words.resume),
            None => (Action::Pause, words.pause),
        };
        body.offer(title.to_owned(), everything(action));
        body.offer(words.confirm.to_owned(), everything(Action::Confirm));
        body.offer(words.leave_all.to_owned(), everything(Action::Unsubscribe));
        body
    }

    /// What was done, as far as it holds: what somebody said later may be otherwise.
    fn done(&self, body: &mut OwnBody, words: &'static Words) {
        let paused = self.people.wishes.of(&self.who).paused_until(self.now);
        for ask in self.asks {
            let text = match &ask.what {
                Asked::Leave(scope) if self.is_off(scope) => match scope {
                    Scope::All => words.left_all.to_owned(),
                    Scope::Topic(name) => self.about(words.left_topic, name),
                },
                Asked::Want(Scope::All) if !self.is_off(&Scope::All) => words.wanted_all.to_owned(),
                Asked::Want(Scope::Topic(name))
                    if self.standing.reason(&self.who, Some(name)).is_none() =>
                {
                    self.about(words.wanted_topic, name)
                }
                Asked::Resume if paused.is_none() => words.resumed.to_owned(),
                Asked::Confirm if !self.is_off(&Scope::All) => words.confirmed.to_owned(),
                _ => continue,
            };
            body.say_once(&text);
        }
    }

    fn is_off(&self, scope: &Scope) -> bool {
        self.standing.exact(&self.who, scope).is_some()
    }

    fn about(&self, text: &str, topic: &str) -> String {
        text.replace("{topic}", &one_line(self.people.title(topic)))
    }

    fn link(&self, desk: &AnswerDesk, action: Action, scope: &Scope) -> String {
        let scope = match scope {
            Scope::All => token::Scope::All,
            Scope::Topic(name) => token::Scope::topic(self.key, name),
        };
        let leave = Leave {
            action,
            scope,
            recipient: self.who,
            mailing: None,
        };
        leave.mailto(self.key, &desk.mailbox)
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
