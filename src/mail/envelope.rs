//! The envelope: where one mail goes, and where its bounces come back to.

use super::address::Address;

/// What MAIL and RCPT say about one mail. There is one forward-path: every mail is one recipient's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The reverse-path (VERP: its token identifies the recipient).
    pub from: Address,
    /// The forward-path.
    pub to: Address,
    /// ENVID for delivery reports (RFC 3461): ASCII without spaces.
    pub id: String,
    /// Whether the mail's headers need SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
}

/// A mail ready to be handed to a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Where it goes.
    pub envelope: Envelope,
    /// Headers and body, CRLF line ends, not dot-stuffed, ending in CRLF.
    pub message: Vec<u8>,
}
