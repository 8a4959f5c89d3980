//! How an audience differs from the one before, person by person, and when it has grown too much.

use super::audience::Audience;
use super::proposal::Drift;
use crate::mail::recipient_id::RecipientId;
use crate::workspace::campaign::Campaign;

/// Why a campaign that does not say what it expects grew too much since it was approved.
pub fn growth(
    campaign: &Campaign,
    limit: Option<u32>,
    before: u64,
    recipients: u64,
) -> Option<String> {
    let expect = campaign.audience.expect.as_ref();
    let limit = limit.filter(|_| expect.and_then(|it| it.max).is_none())?;
    let is_too_much = before > 0
        && recipients.saturating_mul(100) > before.saturating_mul(100 + u64::from(limit));
    is_too_much.then(|| {
        format!(
            "{recipients} would get it in place of {before}: that is more than {limit} % growth, and the campaign does not say how many it expects at most (`expect: {{max: …}}`)"
        )
    })
}

/// Who gets it, in order.
pub(super) fn sorted(audience: &Audience) -> Vec<RecipientId> {
    let mut ids: Vec<RecipientId> = audience.entries.iter().map(|entry| entry.id).collect();
    ids.sort_unstable();
    ids
}

/// What lies between two audiences. Both are sorted, and hold nobody twice.
pub(super) fn drift(before: &[RecipientId], now: &[RecipientId]) -> Drift {
    let (mut old, mut new) = (before.iter().peekable(), now.iter().peekable());
    let (mut joined, mut left) = (0, 0);
    loop {
        match (old.peek(), new.peek()) {
            (Some(a), Some(b)) if a == b => {
                old.next();
                new.next();
            }
            (Some(a), Some(b)) if a < b => {
                old.next();
                left += 1;
            }
            (_, Some(_)) => {
                new.next();
                joined += 1;
            }
            (Some(_), None) => {
                old.next();
                left += 1;
            }
            (None, None) => break,
        }
    }
    Drift {
        before: before.len() as u64,
        joined,
        left,
    }
}
