//! Mass mail as code: campaigns proposed as YAML and Markdown, approved by merging, delivered at a
//! measured pace, and every mail's outcome committed back to git.
//!
//! The modules form rows (see `docs/architecture.md`); a module imports only from rows below its
//! own, and `tests/architecture.rs` holds that. Nothing here prints, exits or reads the environment
//! except [`cli`]; time, sleep, ids and the network are handed in.

pub mod cli;

pub mod bounce;
pub mod deliver;
pub mod doctor;
pub mod hygiene;
pub mod lint;
pub mod portal;
pub mod report;

pub mod plan;
pub mod render;

pub mod ledger;
pub mod schedule;
pub mod transport;
pub mod workspace;

pub mod diagnostic;
pub mod mail;

pub mod clock;
pub mod git;
