//! Checks of a set-up: DNS of senders, relays and mailboxes, certificates, the relays themselves.
//!
//! Each check has a file of its own and gives [`finding::Finding`]s; nothing here prints, changes
//! anything or offers a mail. DNS, connections, time and secrets are handed in, every wait is
//! bounded, and the order of what is found does not hang on who answers first.

mod afterwards;
mod alignment;
mod certificate;
pub mod dial;
mod dkim;
mod dmarc;
mod domain;
pub mod examine;
pub mod finding;
#[cfg(fuzzing)]
pub mod fuzzing;
mod mx;
pub mod names;
pub mod preflight;
pub mod publication;
mod relay;
mod reverse;
pub mod spf;
mod tags;
#[cfg(test)]
mod told;
mod web;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;

/// What the checks stand on.
#[derive(Clone)]
pub struct Surroundings {
    /// DNS.
    pub names: Arc<dyn names::Names>,
    /// Connections.
    pub dial: Arc<dyn dial::Dial>,
    /// Whether certificates are good still.
    pub clock: Arc<dyn Clock>,
    /// One step takes no longer: an answer, a connection, a handshake.
    pub step: Duration,
    /// And all steps about one sender, relay, mailbox or host together no longer than this.
    pub whole: Duration,
    /// The port of https hosts whose address names none.
    pub https_port: u16,
    /// Authorities to trust besides the machine's for https (PEM).
    pub authorities: Option<Vec<u8>>,
}

impl Surroundings {
    /// A step's usual length.
    pub const STEP: Duration = Duration::from_secs(10);
}

/// What cannot be examined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DoctorError {
    /// No such sender.
    #[error("postmerge.yaml has no sender `{name}`")]
    NoSender {
        /// As it was asked for.
        name: String,
        /// The one that may be meant.
        nearest: Option<String>,
    },
    /// No such relay.
    #[error("postmerge.yaml has no relay `{name}`")]
    NoRelay {
        /// As it was asked for.
        name: String,
        /// The one that may be meant.
        nearest: Option<String>,
    },
}
