//! The ledger: what was decided and what happened, as append-only events on a git branch of its own.
//!
//! Events append ([`event`]), state folds ([`state`]). Every segment ([`segment`]) is written once
//! and never again; a claim is *published* (pushed, never forced) before the first byte of its mails
//! goes out ([`branch`]). What a run did and could not publish yet is in its [`journal`]. The ledger
//! knows recipients by id, never by address ([`reply_text`]), and interprets no relay's reply.

pub mod audience;
pub mod branch;
pub mod event;
pub mod feedback;
pub mod forward;
pub mod index;
pub mod journal;
pub mod last_word;
pub mod notice;
pub mod person;
pub mod reading;
pub mod reply_text;
pub mod result_page;
pub mod segment;
pub mod state;
pub mod suppressions;
pub mod test_sent;
pub mod wish;
pub mod wishes;
