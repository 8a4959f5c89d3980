//! A clock that leaps: time passes only when everybody waits for it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use jiff::Timestamp;

use super::{BoxFuture, Clock, Hold};

/// Virtual time. It leaps to the earliest wake-up as soon as no [`Hold`] lives and a sleeper is
/// polled or the last hold is dropped.
///
/// Invariant: `now` never goes back, and never passes a sleeper that has not been woken.
#[derive(Clone)]
pub struct VirtualClock(Arc<Mutex<State>>);

struct State {
    now: Timestamp,
    holds: usize,
    next: u64,
    sleepers: BTreeMap<(Timestamp, u64), Waker>,
}

impl VirtualClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(State {
            now: start,
            holds: 0,
            next: 0,
            sleepers: BTreeMap::new(),
        })))
    }

    /// Moves time to `at`, waking who slept until then; never back.
    pub fn advance_to(&self, at: Timestamp) {
        let due = {
            let mut state = self.state();
            state.now = state.now.max(at);
            state.take_due()
        };
        wake(due);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Leaps to the earliest wake-up where nothing holds time, and hands out who is to be woken.
    fn leap(&mut self) -> Vec<Waker> {
        if self.holds > 0 {
            return Vec::new();
        }
        if let Some((&(at, _), _)) = self.sleepers.first_key_value() {
            self.now = self.now.max(at);
        }
        self.take_due()
    }

    fn take_due(&mut self) -> Vec<Waker> {
        let mut due = Vec::new();
        while let Some(entry) = self.sleepers.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            due.push(entry.remove());
        }
        due
    }
}

/// Called without the lock: waking or dropping a waker may drop a task, and its sleeps lock.
fn wake(due: Vec<Waker>) {
    due.into_iter().for_each(Waker::wake);
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let key = {
            let mut state = self.state();
            state.next += 1;
            (at, state.next)
        };
        Box::pin(Sleep {
            clock: self.clone(),
            key,
        })
    }

    fn hold(&self) -> Hold {
        self.state().holds += 1;
        let clock = self.clone();
        Hold::new(move || {
            let due = {
                let mut state = clock.state();
                state.holds = state.holds.saturating_sub(1);
                state.leap()
            };
            wake(due);
        })
    }
}

struct Sleep {
    clock: VirtualClock,
    key: (Timestamp, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (due, replaced, ready) = {
            let mut state = self.clock.state();
            let replaced = state.sleepers.insert(self.key, context.waker().clone());
            let due = if state.now >= self.key.0 {
                // Whoever else sleeps is polled again after this task's next step, and leaps then.
                state.sleepers.remove(&self.key);
                state.sleepers.values().cloned().collect()
            } else {
                state.leap()
            };
            (due, replaced, state.now >= self.key.0)
        };
        drop(replaced);
        wake(due);
        if ready {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let forgotten = self.clock.state().sleepers.remove(&self.key);
        drop(forgotten);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    fn start() -> Timestamp {
        "2026-12-03T11:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn a_day_passes_at_once() {
        let clock = VirtualClock::new(start());
        clock.sleep_until(start() + 24.hours()).await;
        assert_eq!(clock.now(), start() + 24.hours());
    }

    #[tokio::test]
    async fn time_stands_still_while_held() {
        let clock = VirtualClock::new(start());
        let hold = clock.hold();
        let sleeper = tokio::spawn(clock.sleep_until(start() + 1.hour()));
        tokio::task::yield_now().await;
        assert_eq!(clock.now(), start());
        drop(hold);
        sleeper.await.unwrap();
        assert_eq!(clock.now(), start() + 1.hour());
    }

    #[tokio::test]
    async fn the_earliest_sleeper_wakes_first() {
        let clock = VirtualClock::new(start());
        let hold = clock.hold();
        let late = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep_until(start() + 2.hours()).await;
                clock.now()
            }
        });
        let early = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep_until(start() + 1.hour()).await;
                clock.now()
            }
        });
        tokio::task::yield_now().await;
        drop(hold);
        assert_eq!(early.await.unwrap(), start() + 1.hour());
        assert_eq!(late.await.unwrap(), start() + 2.hours());
    }

    #[tokio::test]
    async fn a_cancelled_sleep_is_forgotten() {
        let clock = VirtualClock::new(start());
        {
            let hold = clock.hold();
            let mut sleep = clock.sleep_until(start() + 1.hour());
            let _ = futures_poll(&mut sleep).await;
            drop(sleep);
            drop(hold);
        }
        assert_eq!(clock.now(), start());
    }

    async fn futures_poll(future: &mut BoxFuture<'static, ()>) -> bool {
        std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
    }
}
