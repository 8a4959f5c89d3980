//! For `fuzz/` alone: the readers of a relay's words, which nobody else reaches without a connection.

use super::{keywords as words, reply};
use crate::transport::Reply;

/// What stands at the start of some octets.
#[derive(Debug, PartialEq, Eq)]
pub enum Reading {
    /// A whole reply, and how many octets it takes.
    Whole(Reply, usize),
    /// The start of one, at most.
    Partial,
    /// No reply. Says why.
    Malformed(String),
}

/// Reads the reply at the start of `input`.
pub fn read(input: &[u8]) -> Reading {
    match reply::read(input) {
        reply::Reading::Whole(reply, used) => Reading::Whole(reply, used),
        reply::Reading::Partial => Reading::Partial,
        reply::Reading::Malformed(why) => Reading::Malformed(why),
    }
}

/// Reads a whole reply to EHLO.
pub fn keywords(whole: &[u8]) {
    let _ = words::Keywords::read(whole);
}
