//! When a recipient that was refused for now is tried again.

use std::time::Duration;

use jiff::Timestamp;

/// How a refusal for now (4xx, RFC 5321 §4.2.1) is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Before the second try; doubled before each further one.
    pub after: Duration,
    /// Tries in all.
    pub tries: u16,
    /// No try later than this after the first.
    pub give_up_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            after: Duration::from_secs(900),
            tries: 6,
            give_up_after: Duration::from_secs(2 * 86_400),
        }
    }
}

/// When the next try is due after `tries_done` of them, the first at `first_at`, the last just now.
/// `None`: give up. Never earlier than `now`.
pub fn next_try(
    policy: &RetryPolicy,
    tries_done: u16,
    first_at: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    if tries_done >= policy.tries {
        return None;
    }
    let doublings = u32::from(tries_done.saturating_sub(1)).min(30);
    let wait = policy.after.checked_mul(1 << doublings)?;
    let at = now.checked_add(wait).ok()?;
    let last = first_at
        .checked_add(policy.give_up_after)
        .unwrap_or(Timestamp::MAX);
    (at <= last).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    #[test]
    fn waits_double_until_tries_or_time_are_up() {
        let policy = RetryPolicy::default();
        let first: Timestamp = "2026-12-03T17:00:00Z".parse().unwrap();
        let mut now = first;
        let mut waited = Vec::new();
        for done in 1.. {
            let Some(at) = next_try(&policy, done, first, now) else {
                break;
            };
            waited.push(at.duration_since(now).as_mins());
            now = at;
        }
        assert_eq!(waited, [15, 30, 60, 120, 240]);
        assert_eq!(next_try(&policy, 1, first, first + 48.hours()), None);
        let last = first + 48.hours() - 15.minutes();
        assert_eq!(next_try(&policy, 1, first, last), Some(first + 48.hours()));
    }

    #[test]
    fn the_ends_of_numbers_give_up() {
        let policy = RetryPolicy {
            after: Duration::MAX,
            tries: u16::MAX,
            give_up_after: Duration::MAX,
        };
        let at: Timestamp = "2026-12-03T17:00:00Z".parse().unwrap();
        assert_eq!(next_try(&policy, 1, at, at), None);
        assert_eq!(next_try(&policy, u16::MAX - 1, at, at), None);
    }
}
