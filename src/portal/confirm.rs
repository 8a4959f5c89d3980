//! Staying: somebody who is asked whether they are still there says yes.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use jiff::SignedDuration;
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::folds::Folds;
use super::form;
use super::ground::{Ground, Membership};
use super::page::Page;
use super::reach::Reach;
use super::service::{Asker, Refusal, Service};
use super::words::Words;
use crate::ledger::wish::Wanted;
use crate::mail::recipient_id::RecipientId;
use crate::mail::token::{Action, Leave};

/// Within so long a second press of a button is the first one's.
const TWICE: SignedDuration = SignedDuration::from_mins(1);

impl Service {
    /// Whose link it is; of who was forgotten nothing is shown, and nothing is asked of them.
    fn asked(&self, token: &str) -> Result<RecipientId, Refusal> {
        let leave = Leave::verify(&self.key(), token).map_err(|_| Refusal::Link)?;
        match leave.action {
            Action::Confirm if !self.is_erased(&leave.recipient) => Ok(leave.recipient),
            _ => Err(Refusal::Link),
        }
    }

    /// What is known, and one button.
    pub(super) fn confirm_page(
        &self,
        token: &str,
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        self.may_ask(asker)?;
        let who = self.asked(token)?;
        Ok(self.staying(who, token, asker))
    }

    /// Whether somebody can stay: who gets no mail whatever they say is told so, and what they can do about it.
    fn staying(&self, who: RecipientId, token: &str, asker: &Asker) -> Response<Body> {
        let ground = self.ground();
        let (locale, facts, reach) = self.with_person(&who, |ground, folds, rows| {
            let locale = asker.locale(Ground::language(rows), ground);
            let facts = rows.iter().map(|row| {
                form::facts(
                    &row.held.name,
                    &row.held.list,
                    &row.values,
                    Words::of(locale),
                )
            });
            let reach = Reach::of(&who, ground, folds, rows);
            (locale, facts.collect::<Vec<_>>(), reach)
        });
        let words = Words::of(locale);
        let preferences = self.preferences_url(&ground.settings, who);
        let (text, action, button, does) = match (reach, reach.text(words)) {
            (Reach::Off, Some(text)) => (text, preferences.clone(), words.rejoin, Some("rejoin")),
            (_, Some(text)) => {
                let link = Some((preferences.as_str(), words.preferences_title));
                return self.message((StatusCode::OK, locale), words.confirm_title, text, link);
            }
            (_, None) => {
                let action = self.url(&ground.settings, &format!("c/{token}"));
                (words.confirm_intro, action, words.confirm_button, None)
            }
        };
        let page = Page {
            template: "button.html",
            status: StatusCode::OK,
            locale,
            title: words.confirm_title,
            content: context! {
                text => text,
                facts => Value::from(Serde(facts)),
                action => action,
                button => button,
                does => does,
                link => preferences,
                link_text => words.confirm_change,
            },
        };
        self.pages.show(&ground.settings, page)
    }

    /// Stays.
    pub(super) async fn confirm(
        &self,
        token: &str,
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        let who = self.asked(token)?;
        self.stays(who).await?;
        let reach = |ground: &Ground, folds: &Folds, rows: &[Membership<'_>]| {
            Reach::of(&who, ground, folds, rows)
        };
        if self.with_person(&who, reach) != Reach::Mailed {
            return Ok(self.staying(who, token, asker));
        }
        let locale = self.locale(asker, Some(&who));
        let words = Words::of(locale);
        let link = self.preferences_url(&self.ground().settings, who);
        let link = Some((link.as_str(), words.preferences_title));
        Ok(self.message(
            (StatusCode::OK, locale),
            words.confirmed_title,
            words.confirmed,
            link,
        ))
    }

    /// Puts down that somebody stays.
    pub(super) async fn stays(&self, who: RecipientId) -> Result<(), Refusal> {
        match self.has_just_answered(&who) {
            true => Ok(()),
            false => {
                let stays = self.wish_of(who, Wanted::Confirmed);
                self.record_of(who, &[stays]).await
            }
        }
    }

    /// Whoever presses a button twice said it once. No longer than it takes to press it: who changed something an hour ago may have
    /// been asked since.
    pub(super) fn has_just_answered(&self, who: &RecipientId) -> bool {
        let since = self.now() - TWICE;
        let last = self.folds(|folds| folds.wishes.of(who).confirmed());
        last.is_some_and(|last| last >= since)
    }
}
