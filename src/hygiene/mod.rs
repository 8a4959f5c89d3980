//! List care: what follows for a list from mails that came back.
//!
//! A case ([`cases`]) is a member whose address takes no mail, or who left. Its list's owner is told ([`notify`]) and has some business
//! days to correct the address; then the change that removes the row is written, on a branch of its own, for review ([`clean`]). Where
//! the owner corrected it, the old address is free again ([`corrected`]). What members asked for themselves is put into the lists the same
//! way ([`fold`]). Nothing here changes a list by itself.

pub mod asked_for;
pub mod cases;
pub mod clean;
pub mod corrected;
pub mod disowned;
pub mod error;
pub mod fold;
pub mod forget;
pub mod gather;
pub mod growth;
pub mod markdown;
pub mod notify;
pub mod overview;
pub mod owners_notice;
mod proposal;
pub mod still_held;
mod while_sending;
pub mod words;

pub use error::HygieneError;
