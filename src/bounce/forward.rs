//! Forwards what people wrote to who answers for the sender of the mail that they answered: as an attachment of a mail
//! of our own, because a message that is sent on unchanged is authentic to nobody (SPF, DMARC).
//!
//! Only answers that a token or Message-ID proves: what else comes into the mailbox is listed. Marked as a machine's
//! (RFC 3834); nothing of ours is forwarded, and nothing to the mailbox that it came from, so that no mail goes round.
//! Claimed on the ledger before it goes out, so that it goes out once; whoever finds a claim that nothing followed
//! leaves the message to a person: it is neither lost nor sent again.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Returned;
use super::addresses;
use super::fields::head;
use super::forward_words::Words;
use super::ingest::{IngestError, Outside};
use super::letter::Letter as Taken;
use super::mailbox::Message;
use crate::diagnostic::is_unseen;
use crate::ledger::branch::{Batch, Ledger};
use crate::ledger::feedback::MessageKey;
use crate::ledger::forward::{Forward, Stage};
use crate::mail::address::Address;
use crate::mail::dkim::Signer;
use crate::mail::envelope::Letter;
use crate::mail::mime::{Attachment, is_seven_bit};
use crate::mail::occurrence::OccurrenceId;
use crate::mail::own_letter::{OwnLetter, OwnLetterError};
use crate::render::flowed::flowed;
use crate::transport::{Attempt, Transport, hand_over};
use crate::workspace::settings::Locale;

/// Octets of what was written that are shown above the attachment.
const SHOWN: usize = 16 * 1024;
/// The field that a forwarded answer is known by.
const MARK: &str = "X-Postmerge-Forward";

/// A mail that cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("an answer cannot be forwarded: {0}")]
pub struct ForwardError(#[from] OwnLetterError);

/// How answers are forwarded.
pub struct Forwarding {
    /// By the senders' names.
    pub senders: BTreeMap<String, Desk>,
    /// Where a forwarded answer comes back to.
    pub bounces: Address,
    /// Addresses that are ours: what comes from them is no answer.
    pub own: Vec<Address>,
    /// The organisation's zone.
    pub zone: TimeZone,
}

/// Who answers for a sender, and how they are reached.
pub struct Desk {
    /// The name that is shown.
    pub name: String,
    /// The sender's address.
    pub address: Address,
    /// Where answers go.
    pub answers: Address,
    /// Who signs.
    pub signers: Vec<Signer>,
    /// The way out.
    pub transport: Arc<dyn Transport>,
}

/// A message for a person.
pub(super) struct Waiting<'a> {
    pub(super) message: &'a Message,
    pub(super) key: MessageKey,
    pub(super) returned: &'a Returned,
    /// The mail that it surely answers.
    pub(super) mail: Option<OccurrenceId>,
    /// Why a person has to read it, where it is not just that somebody wrote.
    pub(super) why: Option<&'static str>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was forwarded just now,
    Forwarded,
    /// or before.
    Before,
    /// It stays; why, where forwarding was asked for.
    Waits(Option<String>),
}

/// Forwards what can be.
///
/// # Errors
/// [`IngestError`] where the ledger cannot be read or published.
pub(super) async fn hand_on(
    outside: &Outside<'_>,
    ledger: &mut Ledger,
    waiting: &[Waiting<'_>],
    now: Timestamp,
) -> Result<Vec<Fate>, IngestError> {
    let mut fates = vec![Fate::Waits(None); waiting.len()];
    let (Some(forwarding), false) = (outside.forwarding, outside.dry_run || waiting.is_empty())
    else {
        return Ok(fates);
    };
    let before = ledger.forwards()?;
    let mut going = Vec::new();
    for (fate, one) in fates.iter_mut().zip(waiting) {
        *fate = match desk(outside, forwarding, ledger, one)? {
            _ if before.is_done(one.key) => Fate::Before,
            _ if before.is_claimed(one.key, None) => {
                Fate::Waits(Some("it may have been forwarded already".to_owned()))
            }
            Err(why) => Fate::Waits(Some(why.to_owned())),
            Ok(desk) => {
                going.push((fate, one, desk));
                continue;
            }
        };
    }
    if going.is_empty() {
        return Ok(fates);
    }
    let keys: Vec<MessageKey> = going.iter().map(|(_, one, _)| one.key).collect();
    let stage = |stage, keys: &[MessageKey]| Forward::new(now, outside.run, stage, keys);
    publish(outside, ledger, now, vec![stage(Stage::Claimed, &keys)])?;
    let claimed = ledger.forwards()?;
    let (mut done, mut released) = (Vec::new(), Vec::new());
    for (fate, one, desk) in going {
        if claimed.is_claimed(one.key, Some(outside.run)) {
            released.push(one.key);
            *fate = Fate::Waits(Some("another run forwards it".to_owned()));
            continue;
        }
        let letter = letter(outside, forwarding, desk, one, now);
        *fate = match send(letter, desk.transport.as_ref()).await {
            Ok(()) => {
                done.push(one.key);
                Fate::Forwarded
            }
            Err((why, is_sure)) => {
                if is_sure {
                    released.push(one.key);
                }
                Fate::Waits(Some(why))
            }
        };
    }
    publish(
        outside,
        ledger,
        now,
        vec![stage(Stage::Done, &done), stage(Stage::Released, &released)],
    )?;
    Ok(fates)
}

/// Who answers for what this message answers; or why nobody is written to.
fn desk<'a>(
    outside: &Outside<'_>,
    forwarding: &'a Forwarding,
    ledger: &Ledger,
    one: &Waiting<'_>,
) -> Result<Result<&'a Desk, &'static str>, IngestError> {
    let Some(mail) = &one.mail else {
        return Ok(Err("it answers no mail that is known"));
    };
    if one.message.cut {
        return Ok(Err("it is too large"));
    }
    let from = one.returned.traces.from.as_deref().unwrap_or_default();
    let is_own = forwarding.own.iter().any(|own| is_at(from, own));
    let fields = Taken::read(&one.message.bytes).fields;
    if is_own || fields.has(&MARK.to_ascii_lowercase()) {
        return Ok(Err("it comes from ourselves"));
    }
    let sender = ledger.header(mail)?.map(|header| header.sender);
    let desk = sender.and_then(|name| forwarding.senders.get(&name));
    let leaving = Address::parse(&outside.workspace.settings.unsubscribe.address);
    Ok(match desk {
        None => Err("its sender is not in the settings any more"),
        Some(desk)
            if is_at(desk.answers.as_str(), &forwarding.bounces)
                || leaving.is_ok_and(|it| is_at(desk.answers.as_str(), &it)) =>
        {
            Err("the sender's answers come here")
        }
        Some(desk) => Ok(desk),
    })
}

/// Whether an address is this one, with or without a tag.
fn is_at(address: &str, of: &Address) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let local = local.split('+').next().unwrap_or_default();
    local.eq_ignore_ascii_case(of.local()) && domain.eq_ignore_ascii_case(of.domain())
}

/// Publishes what became of messages, where it is of any.
pub(super) fn publish(
    outside: &Outside<'_>,
    ledger: &mut Ledger,
    now: Timestamp,
    mut forwards: Vec<Forward>,
) -> Result<(), IngestError> {
    forwards.retain(|forward| !forward.messages.is_empty());
    if !forwards.is_empty() {
        ledger.publish(&Batch {
            forwards,
            ..Batch::new(outside.run, now, "forwards: what people wrote")
        })?;
    }
    Ok(())
}

/// Why it was not taken, and whether that is sure.
pub(super) async fn send(
    letter: Result<Letter, impl std::fmt::Display>,
    transport: &dyn Transport,
) -> Result<(), (String, bool)> {
    let letter = letter.map_err(|why| (why.to_string(), true))?;
    let attempt = hand_over(transport, &letter).await;
    match attempt.map_err(|why| (why.to_string(), true))? {
        Attempt::Accepted(_) => Ok(()),
        Attempt::Refused { reply, .. } => Err((reply.to_string(), true)),
        Attempt::Untouched(why) => Err((why.to_string(), true)),
        Attempt::Unknown(why) => Err((format!("{why}; it may have been forwarded"), false)),
    }
}

/// The mail around an answer.
fn letter(
    outside: &Outside<'_>,
    forwarding: &Forwarding,
    desk: &Desk,
    one: &Waiting<'_>,
    now: Timestamp,
) -> Result<Letter, ForwardError> {
    let mail = one.mail.as_ref();
    let words = Words::of(locale(outside, mail));
    let taken = Taken::read(&one.message.bytes);
    let writer = ["reply-to", "from"]
        .iter()
        .find_map(|name| taken.fields.first(name).and_then(addresses::mailbox))
        .and_then(|it| Address::parse(&it).ok());
    let subject = one_line(head(&one.returned.traces.subject, 200));
    let subject = words.subject.replace("{subject}", &subject);
    let mail = mail.map(ToString::to_string).unwrap_or_default();
    let written = taken.texts.first().map(|text| shown(text));
    let answer = if writer.is_some() { words.answer } else { "" };
    let text = format!(
        "{}\n\n{}\n\n{} {answer}\n\n{}\n",
        words.opening.replace("{mail}", &mail),
        written.unwrap_or_default(),
        words.attached,
        words.automatic
    );
    // Octets that may not stand in a mail by themselves go along as a file, which mail programs open all the same.
    let is_plain = is_seven_bit(&one.message.bytes);
    let attachment = Attachment {
        file_name: words.file,
        content_type: if is_plain {
            "message/rfc822"
        } else {
            "application/octet-stream"
        },
        content: &one.message.bytes,
    };
    let letter = OwnLetter {
        name: &desk.name,
        from: &desk.address,
        to: &desk.answers,
        bounces: &forwarding.bounces,
        subject: &subject,
        text: &flowed(&text),
        html: None,
        attachments: &[attachment],
        language: None,
        reply_to: writer.as_ref(),
        mark: Some((MARK, &one.key.to_string())),
        date: &now.to_zoned(forwarding.zone.clone()),
        id: &message_id(outside, one.key),
        signers: &desk.signers,
    };
    Ok(letter.write()?)
}

/// The campaign's language, else the organisation's.
fn locale(outside: &Outside<'_>, mail: Option<&OccurrenceId>) -> Locale {
    let workspace = outside.workspace;
    let campaign = mail.and_then(|mail| workspace.campaigns.get(mail.campaign()));
    let own = campaign.and_then(|file| file.campaign.locale);
    own.unwrap_or(workspace.settings.organisation.locale)
}

/// Keyed, so that the boundary that is made of it cannot be written by whoever wrote the answer.
fn message_id(outside: &Outside<'_>, key: MessageKey) -> String {
    let mac = outside.key.mac("forward", &[&key.0]);
    mac.iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// What was written, each line marked as somebody else's, so that it cannot pass for ours.
fn shown(text: &str) -> String {
    let lines = head(text, SHOWN)
        .lines()
        .map(|line| format!("> {}", one_line(line)));
    lines.collect::<Vec<_>>().join("\n")
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            c if is_unseen(c) => ' ',
            c => c,
        })
        .collect()
}
