//! A mail as a page: as it was made, for the one person whose mail it is, with their row as the lists have it now. Nothing of it
//! runs, and its picture for opens is not in it: who reads here has followed a link.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

use super::page::answer;
use super::sent::OneMail;
use super::service::{Asker, Refusal, Service};
use crate::ledger::event::{Exclusion, Scope};
use crate::mail::recipient_id::RecipientId;
use crate::mail::token::{InMail, Use};
use crate::plan::content::addresses;
use crate::plan::mailing::Person;

/// Pictures and styles as the mail has them; no script, no form, no frame, nothing of ours within its reach.
const POLICY: &str = "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox";

impl Service {
    /// The page.
    pub(super) async fn view(
        self: &Arc<Self>,
        token: &str,
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        self.may_ask(asker)?;
        let mail = InMail::verify(&self.key(), Use::View, token, "");
        let mail = mail.map_err(|_| Refusal::Link)?;
        let html = self.with_mail(mail, Self::shown).await?;
        let mut answer = answer(StatusCode::OK, "text/html; charset=utf-8", html);
        let policy = HeaderValue::from_static(POLICY);
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        Ok(answer)
    }

    fn shown(&self, mail: &OneMail) -> Option<String> {
        let mailing = self.mailing(&mail.ground, &mail.audience)?;
        let campaign = &mailing.content().file.campaign;
        let lists = &campaign.audience.lists;
        let (ground, key) = (&mail.ground, &self.key());
        let member = self.folds(|folds| ground.member(lists, &mail.who, folds, key));
        let address = match &member {
            Some(member) => member.address.clone(),
            // Somebody whom the campaign itself names.
            None => {
                let id = mail.audience.occurrence.campaign();
                let named = addresses(id, &campaign.audience.include).ok()?;
                named.into_iter().find(|it| key.id(it) == mail.who)?
            }
        };
        let person = Person::own(&address, member.as_ref(), mail.index);
        // Not today's: what ends some days after the mail must not end later for having been looked at.
        let parts = mailing.parts(&person, mail.audience.at).ok()?;
        let portal = mailing.content().settings.portal.as_ref();
        Some(match portal {
            Some(portal) => without_picture(&parts.html, &portal.url),
            None => parts.html,
        })
    }

    /// Whether somebody asked to be forgotten, or the organisation says that they must not be written to.
    pub(super) fn is_forgotten(&self, who: &RecipientId) -> bool {
        let reason = self.folds(|folds| folds.suppressions.exact(who, &Scope::All));
        reason == Some(Exclusion::Suppressed)
    }
}

/// A page without the picture that says that it was shown.
fn without_picture(html: &str, portal: &str) -> String {
    let ours = format!("{portal}/o/");
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("<img") {
        out.push_str(before);
        let end = after.find('>').map_or(after.len(), |end| end + 1);
        let (tag, more) = after.split_at(end);
        if !tag.replace("&#x2f;", "/").contains(&ours) {
            out.push_str("<img");
            out.push_str(tag);
        }
        rest = more;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_no_picture_for_opens_and_all_others() {
        let portal = "https://p.example";
        let page = "<p><img src=\"https://docs.example/a.png\" alt=\"\"><img src=\"https:&#x2f;&#x2f;p.example&#x2f;o&#x2f;abc.gif\" alt=\"\" width=\"1\"></p><img";
        assert_eq!(
            without_picture(page, portal),
            "<p><img src=\"https://docs.example/a.png\" alt=\"\"></p><img"
        );
        let plain = "<img src=\"https://p.example/o/abc.gif\">x";
        assert_eq!(without_picture(plain, portal), "x");
    }
}
