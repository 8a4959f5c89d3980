//! A campaign's mail to one's own addresses, marked, through the real relay. No claim and no outcome: the campaign's ledger does not
//! know of it, and nobody of its audience is mailed. That it was done is noted beside, by the content's digest.

use jiff::Timestamp;

use super::error::StartError;
use super::opened::Opened;
use crate::ledger::branch::Batch;
use crate::ledger::event::RunId;
use crate::ledger::test_sent::TestSent;
use crate::mail::address::Address;
use crate::mail::digest::Digest;
use crate::mail::dkim::Signer;
use crate::mail::envelope::Letter;
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::mail::recipient_id::RecipientKey;
use crate::plan::PlanError;
use crate::plan::audience::of_campaign::{Known, of_campaign};
use crate::plan::content::Content;
use crate::plan::mailing::{Mailing, Person};
use crate::plan::planning::State;
use crate::plan::samples::{Kind, choose, find};
use crate::transport::{Attempt, Transport};
use crate::workspace::settings::Locale;

/// Its tokens are another sending's, so that an answer to a test is nobody's.
const LABEL: &str = "test";

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Which campaign.
    pub campaign: CampaignId,
    /// One's own addresses.
    pub to: Vec<Address>,
    /// As whom of its audience; somebody with awkward values where absent.
    pub whom: Option<Address>,
}

/// Mails that are ready.
pub struct Prepared {
    /// What they were made of.
    pub digest: Digest,
    /// As whom, masked.
    pub whom: String,
    letters: Vec<(Address, Letter)>,
}

/// What became of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Where to.
    pub to: Address,
    /// The relay's words, or what is wrong.
    pub outcome: Result<String, String>,
}

/// Before a test's subject.
const fn mark(locale: Locale) -> &'static str {
    match locale {
        Locale::Es => "[PRUEBA]",
        Locale::It => "[PROVA]",
        Locale::En => "[TEST]",
    }
}

/// Makes the mails, of the workspace as it lies there.
///
/// # Errors
/// [`StartError`].
pub fn prepare(
    state: &State,
    wish: &Wish,
    key: &RecipientKey,
    signers: Vec<Signer>,
    now: Timestamp,
) -> Result<Prepared, StartError> {
    let id = &wish.campaign;
    let mut content = Content::of(&state.source, &state.whence, &state.workspace, id)?;
    let digest = content.digest;
    let locale = content.file.campaign.locale;
    let locale = locale.unwrap_or(content.settings.organisation.locale);
    let subject = &mut content.file.campaign.subject;
    *subject = format!("{} {subject}", mark(locale));
    let occurrence = OccurrenceId::recurring(id.clone(), LABEL)?;
    let known = Known::by_settings(key, &state.workspace.settings);
    let resolved = of_campaign(&content, &*state.source, &state.whence, &known)?;
    let (lists, audience) = (resolved.lists, resolved.audience);
    let mailing = Mailing::compile(content, &occurrence, &lists.columns(), key, signers)?;
    let sample = match &wish.whom {
        Some(address) => find(&audience, &lists, key, address),
        None => {
            let samples = choose(&mailing, &audience, &lists);
            let awkward = samples.iter().find(|it| it.kind == Kind::Awkward);
            awkward.or_else(|| samples.first()).cloned()
        }
    };
    let Some(sample) = sample else {
        return Err(PlanError::Missing {
            campaign: id.to_string(),
            what: "recipient",
            name: wish
                .whom
                .as_ref()
                .map_or_else(|| "at all".to_owned(), Address::masked),
        }
        .into());
    };
    let mut letters = Vec::with_capacity(wish.to.len());
    for (index, to) in (0_u32..).zip(&wish.to) {
        let person = Person::own(to, sample.member.as_ref(), index);
        let mut letter = mailing
            .letter(&person, now)
            .map_err(|why| StartError::Sample {
                occurrence: occurrence.to_string(),
                index,
                why: why.to_string(),
            })?;
        // Before the signature: it signs what it names, and does not name this.
        let header = format!("X-Postmerge-Test: {id}\r\n");
        letter.message.splice(0..0, header.into_bytes());
        letters.push((to.clone(), letter));
    }
    Ok(Prepared {
        digest,
        whom: sample.to.masked(),
        letters,
    })
}

/// Hands them to the relay, one after the other over one connection.
///
/// # Errors
/// [`StartError::Relay`] where the relay is not to be had.
pub async fn send(
    prepared: &Prepared,
    relay: &str,
    transport: &dyn Transport,
) -> Result<Vec<Sent>, StartError> {
    let wrong = |why: String| StartError::Relay {
        relay: relay.to_owned(),
        why,
    };
    let mut connection = None;
    let mut sent = Vec::new();
    for (to, letter) in &prepared.letters {
        let mut open = match connection.take() {
            Some(open) => open,
            None => transport
                .connect()
                .await
                .map_err(|why| wrong(why.to_string()))?,
        };
        let attempt = open.send(letter, &mut || Ok(())).await;
        if open.usable() {
            connection = Some(open);
        }
        sent.push(Sent {
            to: to.clone(),
            outcome: match attempt {
                Attempt::Accepted(reply) => Ok(reply.text),
                Attempt::Refused { reply, .. } => Err(format!("{} {}", reply.code, reply.text)),
                Attempt::Untouched(why) => Err(why.to_string()),
                Attempt::Unknown(why) => Err(format!("{why}; it may have arrived")),
            },
        });
    }
    if let Some(open) = connection {
        open.quit().await;
    }
    Ok(sent)
}

/// Notes in the ledger's branch that this content was tested.
///
/// # Errors
/// [`StartError::Publish`].
pub fn note(
    opened: &mut Opened,
    wish: &Wish,
    digest: Digest,
    accepted: u32,
    (run, now): (RunId, Timestamp),
) -> Result<(), StartError> {
    let test = TestSent {
        campaign: wish.campaign.clone(),
        digest,
        at: now,
        by: opened.repository.user_name().unwrap_or_default(),
        accepted,
    };
    opened.ledger.publish(&Batch {
        tests: vec![test],
        ..Batch::new(run, now, format!("{}: sent as a test", wish.campaign))
    })?;
    Ok(())
}
