//! The ledger: what was decided and what happened, as append-only events on a git branch of its own.
//!
//! Events append ([`event`]), state folds. Every segment is written once and never again; a claim is
//! *published* (pushed, never forced) before the first byte of its mails goes out. The ledger knows
//! recipients by id, never by address, and interprets no relay's reply.

pub mod event;
