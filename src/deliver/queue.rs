//! Who is still to be sent to, in which order: per lane, first who waits for a claim, then who is
//! claimed and ready; and those who were told "not now", by the time of their next try.
//!
//! A recipient is in at most one place at a time. What is in flight is not here.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use jiff::Timestamp;

/// One recipient of one of the run's occurrences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket {
    /// Which of the run's occurrences.
    pub occurrence: u16,
    /// The recipient's place in its audience.
    pub index: u32,
}

/// A recipient under a claim of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// Who.
    pub ticket: Ticket,
    /// The claim's number within the run.
    pub claim: u32,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Ticket>,
    ready: VecDeque<Ready>,
}

/// The queues of all lanes.
#[derive(Debug, Default)]
pub struct Queues {
    lanes: Vec<Lane>,
    later: BinaryHeap<Reverse<(Timestamp, usize, Ticket)>>,
    waiting: usize,
    ready: usize,
}

impl Queues {
    /// Queues for so many lanes, all empty.
    pub fn new(lanes: usize) -> Self {
        Self {
            lanes: (0..lanes).map(|_| Lane::default()).collect(),
            ..Self::default()
        }
    }

    /// Puts a recipient at the end of a lane's queue for claims.
    pub fn wait(&mut self, lane: usize, ticket: Ticket) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.waiting.push_back(ticket);
            self.waiting += 1;
        }
    }

    /// Has a recipient wait for a claim again, not before `at`.
    pub fn wait_until(&mut self, at: Timestamp, lane: usize, ticket: Ticket) {
        self.later.push(Reverse((at, lane, ticket)));
    }

    /// Moves those whose time has come to the front of their lanes' queues for claims; how many.
    pub fn wake(&mut self, now: Timestamp) -> usize {
        let before = self.waiting;
        while let Some(Reverse((at, lane, ticket))) = self.later.peek().copied() {
            if at > now {
                break;
            }
            self.later.pop();
            if let Some(lane) = self.lanes.get_mut(lane) {
                lane.waiting.push_front(ticket);
                self.waiting += 1;
            }
        }
        self.waiting - before
    }

    /// When the next of those who were told "not now" may be tried.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        self.later.peek().map(|Reverse((at, _, _))| *at)
    }

    /// Takes the next `count` of a lane's queue for claims.
    pub fn take_waiting(&mut self, lane: usize, count: usize) -> Vec<Ticket> {
        let Some(lane) = self.lanes.get_mut(lane) else {
            return Vec::new();
        };
        let taken: Vec<Ticket> = lane
            .waiting
            .drain(..count.min(lane.waiting.len()))
            .collect();
        self.waiting -= taken.len();
        taken
    }

    /// Puts back, in their old order and place, what [`Self::take_waiting`] took and no claim holds.
    pub fn put_back(&mut self, lane: usize, tickets: impl DoubleEndedIterator<Item = Ticket>) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            for ticket in tickets.rev() {
                lane.waiting.push_front(ticket);
                self.waiting += 1;
            }
        }
    }

    /// Makes a claimed recipient ready.
    pub fn make_ready(&mut self, lane: usize, ready: Ready) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.ready.push_back(ready);
            self.ready += 1;
        }
    }

    /// Puts a ready recipient, whose mail did not get off, first again.
    pub fn make_ready_first(&mut self, lane: usize, ready: Ready) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.ready.push_front(ready);
            self.ready += 1;
        }
    }

    /// Takes the next ready recipient of a lane.
    pub fn take_ready(&mut self, lane: usize) -> Option<Ready> {
        let taken = self.lanes.get_mut(lane)?.ready.pop_front();
        self.ready -= usize::from(taken.is_some());
        taken
    }

    /// Takes all ready recipients that `which` names, with their lanes: their claim is given up.
    pub fn take_all_ready(&mut self, which: impl Fn(&Ready) -> bool) -> Vec<(usize, Ready)> {
        let mut taken = Vec::new();
        for (number, lane) in self.lanes.iter_mut().enumerate() {
            lane.ready.retain(|ready| {
                let take = which(ready);
                if take {
                    taken.push((number, *ready));
                }
                !take
            });
        }
        self.ready -= taken.len();
        taken
    }

    /// Forgets everybody of an occurrence who is not under a claim; how many.
    pub fn drop_waiting(&mut self, occurrence: u16) -> usize {
        self.drop_those(|ticket| ticket.occurrence == occurrence)
    }

    /// Forgets those whom `which` names and who are not under a claim; how many.
    pub fn drop_those(&mut self, which: impl Fn(&Ticket) -> bool) -> usize {
        let before = self.waiting + self.later.len();
        for lane in &mut self.lanes {
            lane.waiting.retain(|ticket| !which(ticket));
        }
        self.later.retain(|Reverse((_, _, ticket))| !which(ticket));
        self.waiting = self.lanes.iter().map(|lane| lane.waiting.len()).sum();
        before - self.waiting - self.later.len()
    }

    /// The lanes in which somebody waits for a claim, and how many.
    pub fn waiting_by_lane(&self) -> Vec<(usize, u64)> {
        let waiting = |(number, lane): (usize, &Lane)| (number, lane.waiting.len() as u64);
        self.lanes
            .iter()
            .enumerate()
            .map(waiting)
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    /// The lanes in which anybody waits, is ready or was told "not now"; those may come twice.
    pub fn lanes_in_use(&self) -> impl Iterator<Item = usize> + '_ {
        let lanes = self.lanes.iter().enumerate();
        let now = lanes.filter(|(_, lane)| !lane.waiting.is_empty() || !lane.ready.is_empty());
        let later = self.later.iter().map(|Reverse((_, lane, _))| *lane);
        now.map(|(number, _)| number).chain(later)
    }

    /// How many of a lane wait for a claim.
    pub fn waiting_in(&self, lane: usize) -> u64 {
        self.lanes
            .get(lane)
            .map_or(0, |lane| lane.waiting.len() as u64)
    }

    /// How many wait for a claim.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many are claimed and ready.
    pub fn ready(&self) -> usize {
        self.ready
    }

    /// How many were told "not now".
    pub fn later(&self) -> usize {
        self.later.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(index: u32) -> Ticket {
        Ticket {
            occurrence: 0,
            index,
        }
    }

    #[test]
    fn what_was_taken_and_put_back_keeps_its_order() {
        let mut queues = Queues::new(1);
        (0..5).for_each(|index| queues.wait(0, ticket(index)));
        let taken = queues.take_waiting(0, 3);
        queues.put_back(0, taken.into_iter());
        assert_eq!(queues.waiting(), 5);
        let again: Vec<u32> = queues.take_waiting(0, 9).iter().map(|t| t.index).collect();
        assert_eq!(again, [0, 1, 2, 3, 4]);
        assert_eq!(queues.waiting(), 0);
    }

    #[test]
    fn a_later_try_comes_before_those_who_wait() {
        let start: Timestamp = "2026-12-03T11:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-12-03T11:15:00Z".parse().unwrap();
        let mut queues = Queues::new(1);
        queues.wait(0, ticket(7));
        queues.wait_until(later, 0, ticket(3));
        queues.wake(start);
        assert_eq!((queues.waiting(), queues.wakes_at()), (1, Some(later)));
        queues.wake(later);
        let order: Vec<u32> = queues.take_waiting(0, 2).iter().map(|t| t.index).collect();
        assert_eq!(order, [3, 7]);
    }

    #[test]
    fn an_occurrence_can_be_dropped() {
        let mut queues = Queues::new(2);
        queues.wait(0, ticket(1));
        queues.wait(
            1,
            Ticket {
                occurrence: 1,
                index: 1,
            },
        );
        assert_eq!(queues.drop_waiting(0), 1);
        assert_eq!(queues.waiting_by_lane(), [(1, 1)]);
    }
}
