//! Mails with links: to whoever wants to join, and has to show that the address is theirs.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::ground::Held;
use super::service::{Refusal, Service};
use super::words::Words;
use crate::clock::BoxFuture;
use crate::git::CommitId;
use crate::mail::address::Address;
use crate::mail::dkim::Signer;
use crate::mail::own_letter::OwnLetter;
use crate::render::escape;
use crate::render::flowed::flowed;
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

impl Service {
    /// Sends it through the list's sender; returns when the relay has taken it.
    pub(super) async fn send(&self, held: &Held, mail: &Mail<'_>) -> Result<(), Refusal> {
        let trouble = |why: String| {
            self.metrics.failed();
            self.log(&format!("a mail with a link could not be sent: {why}"));
            Refusal::Trouble
        };
        let post = self.outside.post.as_ref().ok_or(Refusal::Link)?;
        let ground = self.ground();
        let settings = &ground.settings;
        let wanted = held.list.joining.as_ref().and_then(|it| it.sender.as_ref());
        let sender =
            sender(settings, wanted).ok_or_else(|| trouble("there is no sender".into()))?;
        let desk = post
            .desk(ground.head, settings, sender)
            .await
            .map_err(trouble)?;
        let parse = |text: &str| Address::parse(text).map_err(|why| trouble(why.why.to_string()));
        let (from, bounces) = (parse(&sender.address)?, parse(&settings.bounces.address)?);
        let zone = TimeZone::get(&settings.organisation.zone).unwrap_or(TimeZone::UTC);
        let date = self.now().to_zoned(zone);
        let id = self.new_key();
        let postal = settings.organisation.postal_address.join("\n");
        let name = &settings.organisation.name;
        let mut text = format!("{}\n\n{}\n", mail.before, mail.link);
        if let Some(after) = &mail.after {
            text.push_str(&format!("\n{after}\n"));
        }
        text.push_str(&format!("\n{name}\n{postal}\n"));
        let letter = OwnLetter {
            name: &sender.name,
            from: &from,
            to: mail.to,
            bounces: &bounces,
            subject: &mail.subject,
            text: &flowed(&text),
            html: Some(&html(mail, name, &settings.organisation.postal_address)),
            attachments: &[],
            language: Some(Words::of(mail.locale).lang),
            reply_to: None,
            mark: None,
            date: &date,
            id: &format!("portal{id}"),
            signers: &desk.signers,
        };
        let letter = letter.write().map_err(|why| trouble(why.to_string()))?;
        let attempt = hand_over(desk.transport.as_ref(), &letter).await;
        match attempt.map_err(|why| trouble(why.to_string()))? {
            // Unknown: it may well arrive, and a second one does no harm.
            Attempt::Accepted(_) | Attempt::Unknown(_) => Ok(()),
            Attempt::Refused { reply, .. } => Err(trouble(format!("{}", reply.code))),
            Attempt::Untouched(why) => Err(trouble(why.to_string())),
        }
    }
}

fn sender<'a>(settings: &'a Settings, wanted: Option<&SenderName>) -> Option<&'a Sender> {
    match wanted {
        Some(name) => settings.senders.get(name),
        None => settings.senders.values().next(),
    }
}

fn html(mail: &Mail<'_>, name: &str, postal: &[String]) -> String {
    let link = escape(&mail.link);
    let mut out = format!(
        "<!DOCTYPE html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head><body style=\"font-family:sans-serif;line-height:1.5\">\
         <p>{}</p><p><a href=\"{link}\">{link}</a></p>",
        Words::of(mail.locale).lang,
        escape(&mail.subject),
        escape(&mail.before),
    );
    if let Some(after) = &mail.after {
        out.push_str(&format!("<p>{}</p>", escape(after)));
    }
    let lines: Vec<String> = postal.iter().map(|line| escape(line)).collect();
    out.push_str(&format!(
        "<p>{}<br>{}</p></body></html>",
        escape(name),
        lines.join("<br>")
    ));
    out
}
