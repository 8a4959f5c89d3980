//! Staying: somebody who is asked whether they are still there says yes.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use jiff::SignedDuration;
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::form;
use super::ground::Ground;
use super::page::Page;
use super::service::{Asker, Refusal, Service};
use super::words::Words;
use crate::ledger::wish::Wanted;
use crate::mail::recipient_id::RecipientId;
use crate::mail::token::{Action, Leave};

impl Service {
    fn asked(&self, token: &str) -> Result<RecipientId, Refusal> {
        let leave = Leave::verify(&self.key(), token).map_err(|_| Refusal::Link)?;
        match leave.action {
            Action::Confirm => Ok(leave.recipient),
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
        let ground = self.ground();
        let (locale, facts) = self.with_person(&who, |ground, _, rows| {
            let locale = asker.locale(Ground::language(rows), ground);
            let facts = rows.iter().map(|row| {
                form::facts(
                    &row.held.name,
                    &row.held.list,
                    &row.values,
                    Words::of(locale),
                )
            });
            (locale, facts.collect::<Vec<_>>())
        });
        let words = Words::of(locale);
        let page = Page {
            template: "button.html",
            status: StatusCode::OK,
            locale,
            title: words.confirm_title,
            content: context! {
                text => words.confirm_intro,
                facts => Value::from(Serde(facts)),
                action => self.url(&ground.settings, &format!("c/{token}")),
                button => words.confirm_button,
                link => self.preferences_url(&ground.settings, who),
                link_text => words.confirm_change,
            },
        };
        Ok(self.pages.show(&ground.settings, page))
    }

    /// Stays.
    pub(super) async fn confirm(
        &self,
        token: &str,
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        let who = self.asked(token)?;
        // Whoever presses the button twice said it once.
        let since = self.now() - SignedDuration::from_hours(1);
        let last = self.folds(|folds| folds.wishes.of(&who).confirmed());
        if last.is_none_or(|last| last < since) {
            self.record(&[self.wish_of(who, Wanted::Confirmed)]).await?;
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
}
