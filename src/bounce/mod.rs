//! What comes back: where returned mail is read from.
//!
//! Sends nothing, and answers nobody.

pub mod mailbox;
