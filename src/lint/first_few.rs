//! The first things of a kind, and how many more there are: memory stays flat whatever a file holds.

/// How many findings of one rule are shown for one file; the rest is one more finding.
const SHOWN: usize = 10;

/// Things that stand in lines.
#[derive(Debug)]
pub struct FirstFew<T> {
    /// Those that are shown.
    pub(super) first: Vec<T>,
    count: u64,
    /// Where the first one stands that is not kept.
    next_line: u64,
}

impl<T> Default for FirstFew<T> {
    fn default() -> Self {
        Self {
            first: Vec::new(),
            count: 0,
            next_line: 0,
        }
    }
}

impl<T> FirstFew<T> {
    /// One more, in that line; it is made only if it is kept.
    pub(super) fn add(&mut self, line: u64, thing: impl FnOnce() -> T) {
        self.count += 1;
        if self.first.len() < SHOWN {
            self.first.push(thing());
        } else if self.next_line == 0 {
            self.next_line = line;
        }
    }

    /// All of them.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// How many are not kept, and the line of their first.
    pub(super) fn more(&self) -> Option<(u64, u64)> {
        let more = self.count.saturating_sub(self.first.len() as u64);
        (more > 0).then_some((more, self.next_line))
    }
}
