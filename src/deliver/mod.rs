//! Delivery: what is due is claimed, handed to its relay at its pace, and settled; every outcome goes
//! to the journal, the ledger, and nowhere else.
//!
//! Promises kept here: never twice (no mail without a published claim), never lost (the sum is checked
//! when a run ends), what was reviewed is what is sent, late is not now.

mod approved_changes;
pub mod at_commit;
pub mod beyond;
pub mod campaign_letters;
mod claiming;
mod dispatch;
pub mod dry_run;
pub mod due;
pub mod engine;
pub mod error;
pub mod frozen;
mod hearing;
mod inbox;
mod leaving;
pub mod letters;
pub mod locate;
pub mod named;
pub mod opened;
pub mod organisation_key;
mod policy;
pub mod preflight;
mod preparing;
pub mod progress;
pub mod proof;
pub mod publisher;
pub mod publishing;
pub mod queue;
pub mod rates;
pub mod reasons;
pub mod recover;
mod refused;
pub mod relay;
pub mod resolve;
mod rounds;
pub mod run;
pub mod settle;
pub mod signers;
pub mod standings;
pub mod start;
mod stopping;
pub mod suppress;
pub mod test_sending;
mod turning;
pub mod waiting;
mod waking;
mod watching;
pub mod way_on;
pub mod worker;

pub use error::{DeliverError, StartError};
