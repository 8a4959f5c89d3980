//! Delivery: what is due is claimed, handed to its relay at its pace, and settled; every outcome goes
//! to the journal, the ledger, and nowhere else.
//!
//! Promises kept here: never twice (no mail without a published claim), never lost (the sum is checked
//! when a run ends), what was reviewed is what is sent, late is not now.

pub mod claiming;
pub mod dispatch;
pub mod engine;
pub mod letters;
pub mod progress;
pub mod publisher;
pub mod queue;
pub mod settle;
pub mod worker;

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// An event does not fit what happened before: a defect here, or two writers.
    #[error("{occurrence}: {source}; nothing more is sent")]
    Contradiction {
        /// Which occurrence.
        occurrence: String,
        /// What does not fit.
        source: crate::ledger::state::Contradiction,
    },
    /// The sum does not hold: a defect.
    #[error("{occurrence}: {source}; nothing more is sent")]
    Sum {
        /// Which occurrence.
        occurrence: String,
        /// What does not add up.
        source: crate::ledger::state::Unbalanced,
    },
    /// The journal could not be written.
    #[error("the journal can not be written: {0}")]
    Journal(#[from] std::io::Error),
}
