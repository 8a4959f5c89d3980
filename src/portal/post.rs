//! Mails with links: to whoever wants to join, and has to show that the address is theirs.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::ground::{Ground, Held};
use super::service::Service;
use crate::clock::BoxFuture;
use crate::git::CommitId;
use crate::mail::address::Address;
use crate::mail::dkim::Signer;
use crate::mail::own_letter::OwnLetter;
use crate::render::flowed::flowed;
use crate::render::own_body::OwnBody;
use crate::transport::{Attempt, Transport, hand_over};
use crate::workspace::names::SenderName;
use crate::workspace::settings::{Locale, Sender, Settings};

/// Opens the way to a sender's relay.
pub trait Post: Send + Sync {
    /// Its transport and who signs, as the workspace at this commit has them; or why there is none.
    fn desk<'a>(
        &'a self,
        head: CommitId,
        settings: &'a Settings,
        sender: &'a Sender,
    ) -> BoxFuture<'a, Result<Desk, String>>;
}

/// A sender's way out.
pub struct Desk {
    /// To the relay.
    pub transport: Arc<dyn Transport>,
    /// Who signs.
    pub signers: Vec<Signer>,
}

/// What such a mail says.
pub(super) struct Mail<'a> {
    pub(super) to: &'a Address,
    pub(super) locale: Locale,
    pub(super) subject: String,
    /// Before the link.
    pub(super) before: String,
    pub(super) link: String,
    /// After it.
    pub(super) after: Option<String>,
}

/// Why a mail did not go out.
pub(super) enum Unsent {
    /// It may another time.
    Now(String),
    /// The relay will not have it.
    Ever(String),
}

/// What was asked of the desk: who sends, and the way out.
pub(super) struct Way<'g> {
    sender: &'g Sender,
    desk: Desk,
}

impl Service {
    /// The way out for a list's mails; or why there is none.
    pub(super) async fn desk<'g>(
        &self,
        held: &Held,
        post: &dyn Post,
        ground: &'g Ground,
    ) -> Result<Way<'g>, String> {
        let settings = &ground.settings;
        let wanted = held.list.joining.as_ref().and_then(|it| it.sender.as_ref());
        let sender = sender(settings, wanted).ok_or("there is no sender")?;
        let desk = post.desk(ground.head, settings, sender).await?;
        Ok(Way { sender, desk })
    }

    /// Sends it through the list's sender; returns when the relay has taken it.
    pub(super) async fn send(&self, held: &Held, mail: &Mail<'_>) -> Result<(), Unsent> {
        let post = self.outside.post.as_ref();
        let post = post.ok_or_else(|| Unsent::Ever("nothing sends mails".to_owned()))?;
        let ground = self.ground();
        let settings = &ground.settings;
        let way = self.desk(held, post.as_ref(), &ground).await;
        let Way { sender, desk } = way.map_err(Unsent::Now)?;
        let parse =
            |text: &str| Address::parse(text).map_err(|why| Unsent::Ever(why.why.to_string()));
        let (from, bounces) = (parse(&sender.address)?, parse(&settings.bounces.address)?);
        let zone = TimeZone::get(&settings.organisation.zone).unwrap_or(TimeZone::UTC);
        let date = self.now().to_zoned(zone);
        let id = self.new_key();
        let mut body = OwnBody::default();
        body.say(&mail.before);
        body.link(mail.link.clone());
        body.say(mail.after.as_deref().unwrap_or_default());
        body.lines(settings.organisation.signature());
        let letter = OwnLetter {
            name: &sender.name,
            from: &from,
            to: mail.to,
            bounces: &bounces,
            subject: &mail.subject,
            text: &flowed(&body.text()),
            html: Some(&body.html(mail.locale.tag(), &mail.subject)),
            attachments: &[],
            language: Some(mail.locale.tag()),
            reply_to: None,
            mark: None,
            date: &date,
            id: &format!("portal{id}"),
            signers: &desk.signers,
        };
        let letter = letter
            .write()
            .map_err(|why| Unsent::Ever(why.to_string()))?;
        let attempt = hand_over(desk.transport.as_ref(), &letter).await;
        match attempt.map_err(|why| Unsent::Now(why.to_string()))? {
            // Unknown: it may well arrive, and a second one does no harm.
            Attempt::Accepted(_) | Attempt::Unknown(_) => Ok(()),
            Attempt::Refused { reply, .. } if reply.code >= 500 => {
                Err(Unsent::Ever(reply.code.to_string()))
            }
            Attempt::Refused { reply, .. } => Err(Unsent::Now(reply.code.to_string())),
            Attempt::Untouched(why) => Err(Unsent::Now(why.to_string())),
        }
    }
}

fn sender<'a>(settings: &'a Settings, wanted: Option<&SenderName>) -> Option<&'a Sender> {
    match wanted {
        Some(name) => settings.senders.get(name),
        None => settings.senders.values().next(),
    }
}
