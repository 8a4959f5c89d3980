//! Time and sleep, handed in wherever they are needed.
//!
//! [`SystemClock`] is the machine's. [`VirtualClock`] stands still while work is under way and
//! leaps to the next wake-up when all of it waits, so that a day of paced sending runs in
//! milliseconds and the same seed gives the same day. Nothing else in the crate reads a clock.

mod system;
mod virtual_time;

use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

pub use system::SystemClock;
pub use virtual_time::VirtualClock;

/// A boxed future, as the injected traits return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The source of time.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Resolves at `at`, at once where `at` is past.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;

    /// Says that work is under way that takes no time of its own: while the hold lives, a virtual
    /// clock stands still. The machine's clock does not care.
    fn hold(&self) -> Hold;
}

/// See [`Clock::hold`]. Dropping it lets virtual time go on.
#[must_use = "dropping the hold lets virtual time go on"]
pub struct Hold(Option<Box<dyn FnOnce() + Send + Sync>>);

impl Hold {
    fn new(release: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(release)))
    }

    fn none() -> Self {
        Self(None)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(release) = self.0.take() {
            release();
        }
    }
}
