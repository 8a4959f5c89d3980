//! Leaving: a page with one button, and what the button and RFC 8058's one-click do. Looking changes nothing: scanners follow
//! every link of every mail.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use minijinja::context;

use super::page::{Page, answer};
use super::service::{Asker, Refusal, Service};
use super::words::Words;
use crate::ledger::event::{Exclusion, RecipientIndex, Scope, SuppressionEvent};
use crate::ledger::feedback::{Feedback, Heard};
use crate::ledger::segment::Record;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;
use crate::mail::token::{Action, Leave, MailingTag, Scope as Tag};

/// What suppressions that people ask for on the portal say.
pub(super) const NOTE: &str = "on the portal";

/// How long somebody's leaving waits for the ledger to tell in which mail the link stood.
const SOON: Duration = Duration::from_millis(500);

/// What a link for leaving is about.
struct Wish {
    who: RecipientId,
    /// The mailing that the link stood in.
    mailing: Option<MailingTag>,
    scope: Scope,
    /// What the topic is called towards people.
    topic: Option<String>,
}

impl Service {
    fn wish(&self, token: &str) -> Result<Wish, Refusal> {
        let leave = Leave::verify(&self.key(), token).map_err(|_| Refusal::Link)?;
        if leave.action != Action::Unsubscribe {
            return Err(Refusal::Link);
        }
        // A topic that no list has any more cannot be left by itself; whoever wants out is let out.
        let topic = match leave.scope {
            Tag::All => None,
            tag => self.ground().topic(&self.key(), tag),
        };
        Ok(Wish {
            who: leave.recipient,
            mailing: leave.mailing,
            scope: topic
                .as_ref()
                .map_or(Scope::All, |(name, _)| Scope::Topic(name.clone())),
            topic: topic.map(|(_, title)| title),
        })
    }

    /// The page with the button. There is no limit to it: nobody is kept from leaving by whoever else is behind their address.
    pub(super) fn leave_page(&self, token: &str, asker: &Asker) -> Result<Response<Body>, Refusal> {
        let wish = self.wish(token)?;
        let locale = self.locale(asker, Some(&wish.who));
        let words = Words::of(locale);
        let ground = self.ground();
        let text = match &wish.topic {
            Some(topic) => words.leave_topic.replace("{topic}", topic),
            None => words.leave_all.to_owned(),
        };
        let page = Page {
            template: "button.html",
            status: StatusCode::OK,
            locale,
            title: words.leave_title,
            content: context! {
                text => text,
                action => self.url(&ground.settings, &format!("u/{token}")),
                button => words.leave_button,
                link => self.preferences_url(&ground.settings, wish.who),
                link_text => words.leave_rather,
            },
        };
        Ok(self.pages.show(&ground.settings, page))
    }

    /// Leaves at once; who has left already has left.
    pub(super) async fn leave(
        self: &Arc<Self>,
        token: &str,
        body: &[u8],
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        let wish = self.wish(token)?;
        self.leave_records((wish.who, wish.mailing), &wish.scope)
            .await?;
        // RFC 8058 §3.1: a mail program's, which nobody looks at.
        if body == b"List-Unsubscribe=One-Click" {
            return Ok(answer(
                StatusCode::OK,
                "text/plain; charset=utf-8",
                "unsubscribed\n",
            ));
        }
        let locale = self.locale(asker, Some(&wish.who));
        let words = Words::of(locale);
        let text = match &wish.topic {
            Some(topic) => words.left_topic.replace("{topic}", topic),
            None => words.left_all.to_owned(),
        };
        let link = self.preferences_url(&self.ground().settings, wish.who);
        let link = Some((link.as_str(), words.left_back));
        Ok(self.message((StatusCode::OK, locale), words.left_title, &text, link))
    }

    /// Puts down that somebody leaves, unless they did here since the last round. That the ledger says so already does not count:
    /// another portal, or a person, may have taken it back meanwhile. Only who goes on and on saying it is not heard any more.
    pub(super) async fn leave_records(
        self: &Arc<Self>,
        (who, mailing): (RecipientId, Option<MailingTag>),
        scope: &Scope,
    ) -> Result<(), Refusal> {
        let wish = (who, scope.clone());
        if self.left(|left| left.contains(&wish)) {
            return Ok(());
        }
        let has_left = self.folds(|folds| folds.suppressions.exact(&who, scope).is_some());
        if !self.limits.records.take(who, self.now()) && has_left {
            return Ok(());
        }
        let mail = self.mail_of(who, mailing).await;
        let (at, key) = (self.moment_of(&who), self.new_key());
        let records = [
            Record::Feedback(Feedback {
                message: key,
                recipient: who,
                mail,
                at,
                what: Heard::Left {
                    scope: scope.clone(),
                },
            }),
            Record::Suppression(SuppressionEvent::Suppressed {
                recipient: who,
                scope: scope.clone(),
                reason: Exclusion::Unsubscribed,
                at,
                note: NOTE.to_owned(),
            }),
        ];
        self.record(&records).await?;
        self.left(|left| left.insert(wish));
        Ok(())
    }

    /// The mail in which a link stood. Nobody's leaving depends on it: where the ledger that is known here does not tell, or not
    /// soon, it is counted for no mailing.
    async fn mail_of(
        self: &Arc<Self>,
        who: RecipientId,
        mailing: Option<MailingTag>,
    ) -> Option<(OccurrenceId, RecipientIndex)> {
        let occurrences = self.sendings.of_mailing(mailing?);
        let of = Arc::clone(self);
        let look = async move {
            for occurrence in occurrences {
                let audience = of.audience(&occurrence).await;
                if let Some(index) = audience.and_then(|it| it.index_of(&who)) {
                    return Some((occurrence, index));
                }
            }
            None
        };
        found(look, SOON).await
    }
}

/// What is found, if it is found within `soon`. The search goes on without whoever waited: others want to know the same, and the
/// ledger is not read anew for each of them.
async fn found<T: Send + 'static>(
    search: impl Future<Output = Option<T>> + Send + 'static,
    soon: Duration,
) -> Option<T> {
    let mut search = Box::pin(search);
    // Mostly it is known already.
    let known = poll_fn(|context| Poll::Ready(search.as_mut().poll(context)));
    if let Poll::Ready(found) = known.await {
        return found;
    }
    let searched = tokio::time::timeout(soon, tokio::spawn(search)).await;
    searched.ok()?.ok()?
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn nobody_waits_long_for_what_is_not_known_and_the_search_goes_on() {
        let at_once = Duration::ZERO;
        assert_eq!(found(async { Some(1) }, at_once).await, Some(1));
        let (tell, told) = oneshot::channel();
        let (ended, end) = oneshot::channel();
        let search = async {
            let told: Option<u8> = told.await.ok();
            let _ = ended.send(told);
            told
        };
        assert_eq!(found(search, at_once).await, None);
        tell.send(7).unwrap();
        assert_eq!(end.await, Ok(Some(7)));
        let later = async {
            tokio::task::yield_now().await;
            Some(2)
        };
        assert_eq!(found(later, Duration::MAX).await, Some(2));
    }
}
