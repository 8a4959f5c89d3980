//! Whose link somebody follows: looked at before anything is counted. What a link of ours asks for is counted against whoever it
//! was made for, from wherever it is followed; a client answers for what it asks for without one.

use axum::extract::RawPathParams;
use serde::Deserialize;

use super::join::JOINING;
use super::service::Service;
use crate::mail::address::Address;
use crate::mail::invitation;
use crate::mail::portal_address::read_document;
use crate::mail::recipient_id::RecipientId;
use crate::mail::sealed::Sealed;
use crate::mail::token::{Action, InMail, Leave, OccurrenceTag, Use};

/// Who holds a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// The person whom it was made for.
    Person(RecipientId),
    /// The person who got this mail.
    Reader(OccurrenceTag, u32),
}

/// What is sealed in links of people who are in no list yet.
#[derive(Deserialize)]
struct Sought {
    address: String,
}

impl Service {
    /// Who holds the link of a path: by its first letter, and what stands behind.
    pub(super) fn holder(&self, path: &str, params: &RawPathParams) -> Option<Holder> {
        let key = self.key();
        let mut params = params.iter().map(|(_, value)| value);
        let token = params.next()?;
        let of = |action| {
            let leave = Leave::verify(&key, token).ok()?;
            (leave.action == action).then_some(Holder::Person(leave.recipient))
        };
        let sealed = |purpose| {
            let content = Sealed::parse(token)?.open_link(&key, purpose)?;
            let sought: Sought = serde_json::from_slice(&content).ok()?;
            let address = Address::parse(&sought.address).ok()?;
            Some(Holder::Person(key.id(&address)))
        };
        let reader = |mail: InMail| Holder::Reader(mail.occurrence, mail.index);
        match path.split('/').nth(1)? {
            "p" => of(Action::Preferences),
            "c" => of(Action::Confirm),
            "v" => InMail::verify(&key, Use::View, token, "").ok().map(reader),
            "d" => {
                let (end, path) = (params.next()?, params.next()?);
                let mail = read_document(&key, token, end, path, self.now());
                mail.ok().map(reader)
            }
            "y" => sealed(JOINING),
            "i" => sealed(invitation::PURPOSE),
            _ => None,
        }
    }
}
