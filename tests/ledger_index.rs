//! The index answers as a plain scan of the ledger does: over random ledgers, built at once or step by step, whatever
//! happens to its files, and with two at it at once.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support {
    pub(crate) mod git;
    pub(crate) mod ledger;
}

use std::collections::BTreeMap;
use std::path::PathBuf;

use postmerge::ledger::branch::{Batch, Ledger};
use postmerge::ledger::event::{
    AudienceEntry, ClaimId, Event, Exclusion, Outcome, Ranges, RecipientIndex, Resolution, RunId,
    Scope, SuppressionEvent,
};
use postmerge::ledger::feedback::{Feedback, Heard, MessageKey};
use postmerge::ledger::index::{Index, Mentions, scan};
use postmerge::ledger::state::{OccurrenceState, Status};
use postmerge::mail::occurrence::OccurrenceId;
use postmerge::mail::recipient_id::RecipientId;
use proptest::prelude::*;
use support::ledger::{BRANCH, House, at, fixed};

/// Who there is: several in one bucket, and one of whom nothing is ever said.
const PEOPLE: u8 = 14;

fn person(number: u8) -> RecipientId {
    let mut id = [number; 12];
    id[0] = number % 3;
    RecipientId(id)
}

/// Draws from a seed: a failing case is told by it.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn person(&mut self) -> RecipientId {
        person(u8::try_from(self.below(u64::from(PEOPLE))).unwrap())
    }
}

struct World {
    house: House,
    ledger: Ledger,
    dice: Dice,
    states: BTreeMap<OccurrenceId, OccurrenceState>,
    claims: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        let house = House::new();
        let ledger = house.ledger("writer");
        Self {
            house,
            ledger,
            dice: Dice(seed),
            states: BTreeMap::new(),
            claims: 0,
        }
    }

    /// A batch of things that may happen.
    fn step(&mut self) {
        let mut events = Vec::new();
        for id in ["2026/rueda", "boletin@2026-Q4", "boletin@2027-Q1"] {
            if self.dice.below(3) == 0 {
                continue;
            }
            let id: OccurrenceId = id.parse().unwrap();
            let ours = self.events(&id);
            events.extend(ours.into_iter().map(|event| (id.clone(), event)));
        }
        let mut suppressions = Vec::new();
        let mut feedback = Vec::new();
        if self.dice.below(3) == 0 {
            suppressions.push(SuppressionEvent::Suppressed {
                recipient: self.dice.person(),
                scope: Scope::All,
                reason: Exclusion::Complained,
                at: at(1),
                note: String::new(),
            });
        }
        for _ in 0..self.dice.below(4) {
            feedback.push(Feedback {
                message: MessageKey([1; 8]),
                recipient: self.dice.person(),
                mail: None,
                at: at(1),
                what: Heard::Replied,
            });
        }
        for occurrence in self.states.keys() {
            self.ledger.replay(occurrence).unwrap();
        }
        self.ledger.fetch().unwrap();
        let batch = Batch {
            events,
            suppressions,
            feedback,
            ..Batch::new(RunId(1), at(10), "batch".to_owned())
        };
        self.ledger.publish(&batch).unwrap();
    }

    fn events(&mut self, id: &OccurrenceId) -> Vec<Event> {
        let mut events = Vec::new();
        if !self.states.contains_key(id) {
            events.push(self.audience());
        }
        let state = self.states.entry(id.clone()).or_default();
        events.iter().for_each(|event| state.apply(event).unwrap());
        for _ in 0..self.dice.below(6) {
            let state = self.states.get_mut(id).unwrap();
            if let Some(event) = next(state, &mut self.dice, &mut self.claims) {
                state.apply(&event).unwrap();
                events.push(event);
            }
        }
        events
    }

    fn audience(&mut self) -> Event {
        let Event::AudienceFixed { header, .. } = fixed() else {
            unreachable!("it is one");
        };
        let entries = (0..1 + self.dice.below(9)).map(|_| AudienceEntry {
            id: self.dice.person(),
            destination: 0,
            copy_of: None,
            own_document: None,
        });
        let entries = entries.collect();
        let excluded = (0..self.dice.below(3)).map(|_| (self.dice.person(), Exclusion::Duplicate));
        Event::AudienceFixed {
            header,
            entries,
            excluded: excluded.collect(),
        }
    }

    fn folder(&self, checkout: &str) -> PathBuf {
        let git = self.house.folder.path().join(checkout).join(".git");
        git.join("postmerge/index").join(BRANCH)
    }

    /// Something happens to the files of the index, as it may to any cache.
    fn damage(&mut self, checkout: &str) {
        let folder = self.folder(checkout);
        let bucket = folder.join(format!("{:02x}", self.dice.below(3)));
        let state = folder.join("state");
        let target = match self.dice.below(2) {
            0 => bucket.clone(),
            _ => state.clone(),
        };
        let Ok(mut bytes) = std::fs::read(&target) else {
            return;
        };
        let place = usize::try_from(self.dice.below(bytes.len().max(1) as u64)).unwrap();
        match self.dice.below(7) {
            0 => bytes.truncate(place),
            1 => bytes.iter_mut().skip(place).take(1).for_each(|it| *it ^= 4),
            2 => bytes.extend(b"cut off while it was written"),
            3 => return std::fs::remove_file(target).unwrap(),
            4 => bytes.iter_mut().skip(place).for_each(|it| *it = 0),
            5 => return drop(std::fs::copy(folder.join("00"), folder.join("01"))),
            _ => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                bytes = text
                    .replace("postmerge-index 1", "postmerge-index 2")
                    .into();
            }
        }
        std::fs::write(target, bytes).unwrap();
    }

    /// What is right.
    fn scanned(&self) -> Vec<Mentions> {
        let scanned = (0..=PEOPLE).map(|number| scan(&self.ledger, &person(number)).unwrap());
        scanned.collect()
    }

    fn check(&self, checkout: &str, right: &[Mentions]) {
        let mut ledger = self.house.ledger(checkout);
        if ledger.head() != self.ledger.head() {
            ledger.fetch().unwrap();
        }
        let mut index = Index::open(&ledger).unwrap();
        for (number, right) in (0..).zip(right) {
            let found = index.find(&ledger, &person(number)).unwrap();
            assert_eq!(found, *right, "{number} in {checkout}");
            assert!(number < PEOPLE || found.is_empty());
        }
    }
}

/// Something that may happen in this state, if the dice find it.
fn next(state: &OccurrenceState, dice: &mut Dice, claims: &mut u32) -> Option<Event> {
    let all: Vec<_> = state.statuses().collect();
    let (index, status) = *all.get(usize::try_from(dice.below(all.len() as u64)).unwrap())?;
    Some(match status {
        Status::Pending | Status::Deferred { .. } if dice.below(5) == 0 => Event::Excluded {
            recipient: index,
            at: at(3),
            reason: Exclusion::LeftList,
        },
        Status::Pending | Status::Deferred { .. } => {
            let free =
                |status: &Status| matches!(status, Status::Pending | Status::Deferred { .. });
            let free = all
                .iter()
                .filter(|(_, it)| free(it))
                .map(|(index, _)| index.0);
            let some: Vec<u32> = free.filter(|_| dice.below(2) == 0).collect();
            let recipients = Ranges::from_indices(some.into_iter().chain([index.0]));
            *claims += 1;
            Event::Claimed {
                claim: ClaimId {
                    run: RunId(1),
                    sequence: *claims,
                },
                recipients,
                until: at(600),
            }
        }
        Status::Claimed { claim } if dice.below(5) == 0 => Event::Released {
            claim,
            recipients: Ranges::from_indices([index.0]),
        },
        Status::Claimed { claim } => {
            let reply = "250 ok".to_owned();
            let outcome = match dice.below(4) {
                0 => Outcome::Accepted { reply },
                1 => Outcome::Rejected { reply },
                2 => Outcome::Unknown { reason: reply },
                _ => Outcome::Deferred {
                    reply,
                    retry_at: at(60),
                },
            };
            Event::Outcome {
                claim,
                recipient: RecipientIndex(index.0),
                at: at(5),
                outcome,
            }
        }
        Status::Unknown => Event::Resolved {
            recipients: Ranges::from_indices([index.0]),
            resolution: match dice.below(2) {
                0 => Resolution::Sent,
                _ => Resolution::Resend,
            },
            by: "Ana".to_owned(),
            reason: "log".to_owned(),
            at: at(9),
        },
        _ => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn it_answers_as_a_scan_does(seed in any::<u64>(), steps in 2..5_u32) {
        let mut world = World::new(seed);
        for _ in 0..steps {
            world.step();
            let right = world.scanned();
            // This one goes on each time; that one's files are spoilt before it does, and after.
            world.check("one", &right);
            for _ in 0..7 {
                world.damage("other");
                world.check("other", &right);
            }
        }
        world.check("at-once", &world.scanned());
    }
}

#[test]
fn two_at_it_at_once_spoil_nothing() {
    let mut world = World::new(7);
    for _ in 0..3 {
        world.step();
    }
    let world = &world;
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let ledger = world.house.ledger("writer");
                let mut index = Index::open(&ledger).unwrap();
                let found = index.find(&ledger, &person(1)).unwrap();
                assert_eq!(found, scan(&ledger, &person(1)).unwrap());
            });
        }
    });
}

#[test]
fn what_is_new_is_read_and_nothing_twice() {
    let mut world = World::new(3);
    world.step();
    world.check("one", &world.scanned());
    let state = || std::fs::read_to_string(world.folder("one").join("state")).unwrap();
    let before = state();
    world.check("one", &world.scanned());
    assert_eq!(state(), before);
    let rows = |text: &str| -> u64 {
        let buckets = text
            .lines()
            .filter_map(|line| line.strip_prefix("bucket\t"));
        buckets
            .map(|fields| fields.split('\t').next().unwrap().parse::<u64>().unwrap())
            .sum()
    };
    world.step();
    world.check("one", &world.scanned());
    world.check("at-once", &world.scanned());
    let at_once = std::fs::read_to_string(world.folder("at-once").join("state")).unwrap();
    let step_by_step = std::fs::read_to_string(world.folder("one").join("state")).unwrap();
    assert!(rows(&step_by_step) > rows(&before));
    assert_eq!(rows(&step_by_step), rows(&at_once));
}

/// Nothing is there yet.
#[test]
fn an_empty_ledger_knows_nobody() {
    let house = House::new();
    let ledger = house.ledger("one");
    let mut index = Index::open(&ledger).unwrap();
    assert!(index.find(&ledger, &person(1)).unwrap().is_empty());
}
