//! What merging would do, worked out of the workspace and of what the ledger holds: who gets a
//! campaign. Opens no network connection, sends nothing, writes nothing.

pub mod approval;
pub mod audience;
pub mod calendar;
