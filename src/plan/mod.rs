//! What merging would do, worked out of the workspace and of what the ledger holds: who gets a
//! campaign. Opens no network connection, sends nothing, writes nothing.

pub mod affected;
pub mod again;
pub mod approval;
pub mod approvers;
pub mod audience;
pub mod calendar;
pub mod codeowners;
mod compile;
pub mod content;
pub mod documents;
pub mod drift;
pub mod error;
pub mod evidence;
pub mod forecast;
pub mod frequency;
pub mod lanes;
pub mod lists;
pub mod mailing;
pub mod next_sending;
mod not_now;
pub mod overlay;
pub mod own_documents;
pub mod owner;
pub mod pace;
pub mod planning;
pub mod proposal;
pub mod rates;
pub mod received;
pub mod reconfirmation;
pub mod refused;
pub mod samples;
pub mod sending;
pub mod sent;
pub mod showing;
mod turns;

pub use error::PlanError;
