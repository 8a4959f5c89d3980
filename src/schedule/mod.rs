//! When mail goes out, and how fast: pure state and arithmetic.
//!
//! Nothing here reads a clock, sleeps, or opens a file or connection: the moment is handed in and
//! decisions are handed back, so that a day of sending is a loop over numbers. Times of day are in
//! the organisation's zone ([`calendar::Calendar`]); everything that is compared is a
//! [`jiff::Timestamp`].

pub mod calendar;
pub mod claim_ahead;
pub mod occurrence;
pub mod pacer;
pub mod provider;
pub mod retry;
pub mod simulate;
pub mod verdict;
pub mod window;
