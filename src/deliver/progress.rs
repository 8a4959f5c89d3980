//! What a run shows while it works. The engine says how things stand; `cli` decides what to draw.

use jiff::Timestamp;

use super::engine::Active;
use super::reasons::Trouble;

/// Is told how things stand after every step; must be cheap, and looks at the clock itself.
pub trait Progress: Send + Sync {
    /// How things stand.
    fn tick(&self, snapshot: &Snapshot<'_>);

    /// Nothing can be sent before a window opens, and the run waits for that.
    fn waits(&self, _now: Timestamp, _until: Timestamp) {}
}

/// How things stand.
pub struct Snapshot<'a> {
    /// The engine's time.
    pub now: Timestamp,
    /// Mails accepted in this run.
    pub accepted: u64,
    /// Mails with the relay right now.
    pub in_flight: usize,
    /// Claimed, and waiting for their turn.
    pub claimed: usize,
    /// Waiting for a claim.
    pub waiting: usize,
    /// Told "not now".
    pub later: usize,
    /// Recipients with an outcome of this run.
    pub settled: u64,
    /// How many destinations the run has.
    pub destinations: usize,
    /// What is being sent.
    pub occurrences: &'a [Active],
    /// The latest trouble with a relay.
    pub trouble: Option<&'a Trouble>,
}

impl Snapshot<'_> {
    /// Recipients that this run still has to do with.
    pub const fn left(&self) -> u64 {
        (self.in_flight + self.claimed + self.waiting + self.later) as u64
    }
}

/// Shows nothing.
pub struct Silent;

impl Progress for Silent {
    fn tick(&self, _: &Snapshot<'_>) {}
}
