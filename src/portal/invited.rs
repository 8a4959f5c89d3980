//! Joining by an invitation, whose link went to the address already: whoever has it joins with one form.

use axum::body::Body;
use axum::http::Response;

use super::form::Sent;
use super::join_form::{Shown, filled, not_agreed, open_list};
use super::joined::Joiner;
use super::service::{Asker, Refusal, Service};
use super::words::Words;
use crate::ledger::feedback::MessageKey;
use crate::mail::address::Address;
use crate::mail::invitation::Invitation;
use crate::mail::sealed::Sealed;
use crate::workspace::members::Values;

impl Service {
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
        let (values, wrong) = filled(held, joining, &sent);
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

    fn invitation(&self, sealed: &str) -> Result<Invitation, Refusal> {
        let sealed = Sealed::parse(sealed).ok_or(Refusal::Link)?;
        Invitation::open(&self.key(), &sealed).ok_or(Refusal::Link)
    }
}
