//! The machine's clock.

// The one place that reads the machine's clock.
#![allow(clippy::disallowed_methods)]

use std::time::Duration;

use jiff::Timestamp;

use super::{BoxFuture, Clock, Hold};

/// The machine's clock. A wall clock may jump, so a long sleep looks again at least every
/// [`LONGEST_NAP`]: a jump makes a wake-up late by that much at most.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

const LONGEST_NAP: Duration = Duration::from_secs(5);

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            while let Ok(left) = Duration::try_from(at.duration_since(Timestamp::now())) {
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(LONGEST_NAP)).await;
            }
        })
    }

    fn hold(&self) -> Hold {
        Hold::none()
    }
}
