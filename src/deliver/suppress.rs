//! Suppressing an address by hand, and lifting it again. The ledger gets the recipient id; the
//! address stays here.

use jiff::Timestamp;

use super::error::StartError;
use super::opened::Opened;
use crate::ledger::branch::Batch;
use crate::ledger::event::{Exclusion, Lifting, RunId, Scope, SuppressionEvent};
use crate::ledger::last_word::after;
use crate::ledger::reply_text::reply_text;
use crate::mail::address::Address;
use crate::mail::recipient_id::RecipientKey;

/// What a person wants.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Who.
    pub address: Address,
    /// For what.
    pub scope: Scope,
    /// Why, in words.
    pub reason: String,
    /// Lift instead of suppress.
    pub lift: bool,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It must not be mailed from now on.
    Suppressed,
    /// It must not be mailed already, for this reason; nothing was published.
    Already(Exclusion),
    /// It may be mailed again.
    Lifted {
        /// Why it was suppressed until now.
        was: Exclusion,
        /// Why it still is, for everything.
        still: Option<Exclusion>,
    },
    /// There was nothing to lift; nothing was published.
    NothingToLift {
        /// Why it is suppressed all the same, by a wider suppression.
        still: Option<Exclusion>,
    },
}

/// Suppresses or lifts.
///
/// # Errors
/// [`StartError`]; among them that the ledger's ids were made with another key: the suppression would
/// hold nobody back.
pub fn suppress(
    opened: &mut Opened,
    key: &RecipientKey,
    wish: &Wish,
    run: RunId,
    now: Timestamp,
) -> Result<Done, StartError> {
    opened.ledger.use_key(key.fingerprint())?;
    let recipient = key.id(&wish.address);
    let suppressions = opened.ledger.suppressions()?;
    let topic = match &wish.scope {
        Scope::All => None,
        Scope::Topic(name) => Some(name.as_str()),
    };
    let everything = suppressions.reason(&recipient, None);
    let exact = suppressions.exact(&recipient, &wish.scope);
    let still = topic.and(everything);
    // A person's word holds, however far ahead the clock was by which something else was said.
    let at = after(suppressions.last(&recipient), now);
    let note = reply_text(&wish.reason);
    // A person's word is noted also where a bounce came before it: that one is lifted when the row is corrected.
    if let (false, Some(reason)) = (wish.lift, exact.or(everything))
        && reason != Exclusion::HardBounce
    {
        return Ok(Done::Already(reason));
    }
    let (event, done) = match (wish.lift, exact) {
        (false, _) => (
            SuppressionEvent::Suppressed {
                recipient,
                scope: wish.scope.clone(),
                reason: Exclusion::Suppressed,
                at,
                note,
            },
            Done::Suppressed,
        ),
        (true, None) => return Ok(Done::NothingToLift { still }),
        (true, Some(was)) => (
            SuppressionEvent::Lifted {
                recipient,
                scope: wish.scope.clone(),
                what: Lifting::Everything,
                at,
                note,
            },
            Done::Lifted { was, still },
        ),
    };
    let what = if wish.lift { "lifted" } else { "suppressed" };
    opened.ledger.publish(&Batch {
        suppressions: vec![event],
        ..Batch::new(run, now, format!("suppressions: one {what} by hand"))
    })?;
    Ok(done)
}
