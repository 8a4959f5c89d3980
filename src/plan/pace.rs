//! How fast planned sendings go: the scheduler that will pace them, on virtual time.
//!
//! Sendings whose openings overlap go through the same relays to the same destinations: they are simulated together,
//! each destination's mails in order of reception. Who takes a domain's mail is told by the domain alone, as nobody
//! is asked; every mail is taken as accepted, and as taking [`MAIL_TAKES`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::error::PlanError;
use super::lanes::Lanes;
use super::sent::Sent;
use crate::schedule::calendar::Calendar;
use crate::schedule::simulate::{Road, Simulation, watch};
use crate::schedule::window::{Opening, Window};
use crate::workspace::names::RelayName;
use crate::workspace::settings::Settings;

/// So long a mail is taken to keep its connection busy.
pub const MAIL_TAKES: Duration = Duration::from_millis(300);

/// A sending to be paced.
#[derive(Debug, Clone)]
pub struct Sending {
    /// Its campaign.
    pub name: String,
    /// Its relay.
    pub relay: RelayName,
    /// Its window.
    pub window: Window,
    /// The opening that it starts in.
    pub opening: Opening,
    /// Mails by destination.
    pub mails: Vec<(String, u64)>,
}

/// How it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Pace {
    /// By destination, the most mails first.
    pub destinations: Vec<Destination>,
    /// The first mail's start.
    pub first: Option<Timestamp>,
    /// The last mail's end.
    pub last: Option<Timestamp>,
    /// Openings of its window that mails start in.
    pub openings: u64,
    /// Mails that are never sent: a cap, or a window that does not open again.
    pub unsent: u64,
    /// Campaigns that are sent in the same time.
    pub beside: Vec<String>,
}

/// Mails to one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// A provider's name, or a domain.
    pub name: String,
    /// How many.
    pub mails: u64,
    /// Milliseconds from one start to the next; none where nothing is paced.
    pub pause_ms: Option<u64>,
    /// The first one's start.
    pub first: Option<Timestamp>,
    /// The last one's end.
    pub last: Option<Timestamp>,
}

/// How each of these sendings goes, in order of reception.
///
/// # Errors
/// [`PlanError::Zone`].
pub fn pace(
    settings: &Settings,
    calendar: &Calendar,
    sendings: &[Sending],
    sent: &Sent,
    now: Timestamp,
) -> Result<Vec<Pace>, PlanError> {
    watched(settings, calendar, sendings, (sent, now), &mut |_, _| {})
}

/// The same; and hands over when each mail of which sending is done.
///
/// # Errors
/// [`PlanError::Zone`].
pub fn watched(
    settings: &Settings,
    calendar: &Calendar,
    sendings: &[Sending],
    (sent, now): (&Sent, Timestamp),
    each: &mut dyn FnMut(usize, Timestamp),
) -> Result<Vec<Pace>, PlanError> {
    let mut paces = vec![Pace::default(); sendings.len()];
    for group in together(sendings) {
        Group::new(settings, sendings, group).run(calendar, (sent, now), &mut paces, each)?;
    }
    Ok(paces)
}

/// Sendings whose openings overlap, directly or by way of others; each group in order of reception.
fn together(sendings: &[Sending]) -> Vec<Vec<usize>> {
    let mut by_start: Vec<usize> = (0..sendings.len()).collect();
    by_start.sort_by_key(|at| sendings.get(*at).map(|it| it.opening));
    let mut groups: Vec<(Timestamp, Vec<usize>)> = Vec::new();
    for at in by_start {
        let Some(sending) = sendings.get(at) else {
            continue;
        };
        match groups.last_mut() {
            Some((until, group)) if sending.opening.from < *until => {
                *until = sending.opening.until.max(*until);
                group.push(at);
            }
            _ => groups.push((sending.opening.until, vec![at])),
        }
    }
    let mut groups: Vec<Vec<usize>> = groups.into_iter().map(|(_, group)| group).collect();
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups
}

/// Whose mails are next on a lane: the sending, the destination's place in it, and how many.
type Queue = VecDeque<(usize, usize, u64)>;

struct Group<'a> {
    sendings: &'a [Sending],
    members: Vec<usize>,
    lanes: Lanes<'a>,
    queues: Vec<Queue>,
}

impl<'a> Group<'a> {
    fn new(settings: &'a Settings, sendings: &'a [Sending], members: Vec<usize>) -> Self {
        let mut group = Self {
            sendings,
            lanes: Lanes::new(settings),
            queues: Vec::new(),
            members: Vec::new(),
        };
        for at in &members {
            let Some(sending) = sendings.get(*at) else {
                continue;
            };
            let names: Vec<String> = sending.mails.iter().map(|(name, _)| name.clone()).collect();
            let lanes = group.lanes.of_occurrence(&sending.relay, &names);
            for (place, (lane, (_, mails))) in lanes.into_iter().zip(&sending.mails).enumerate() {
                if group.queues.len() <= lane {
                    group.queues.resize(lane + 1, VecDeque::new());
                }
                if let Some(queue) = group.queues.get_mut(lane) {
                    queue.push_back((*at, place, *mails));
                }
            }
        }
        group.members = members;
        group
    }

    fn run(
        mut self,
        calendar: &Calendar,
        (sent, now): (&Sent, Timestamp),
        paces: &mut [Pace],
        each: &mut dyn FnMut(usize, Timestamp),
    ) -> Result<(), PlanError> {
        let openings = self.members.iter().filter_map(|at| self.sendings.get(*at));
        let Some(from) = openings.map(|it| it.opening.from.max(now)).min() else {
            return Ok(());
        };
        let sent = &sent.as_of(calendar.date_of(from), calendar.date_of(now));
        self.lanes.count(sent);
        self.begin(paces);
        let all = self.queues.iter();
        let sum = |queue: &Queue| queue.iter().map(|it| it.2).sum();
        let mails: Vec<u64> = all.map(sum).collect();
        let simulation = Simulation {
            pacer: self.lanes.config(sent)?,
            mails,
            mail_takes: MAIL_TAKES,
            from,
        };
        let mut road = Turns {
            sendings: self.sendings,
            calendar,
            queues: std::mem::take(&mut self.queues),
            openings: BTreeMap::new(),
            used: BTreeSet::new(),
            paces,
            each,
        };
        watch(simulation, &mut road);
        for (at, _) in road.used {
            if let Some(pace) = paces.get_mut(at) {
                pace.openings += 1;
            }
        }
        for at in &self.members {
            if let Some(pace) = paces.get_mut(*at) {
                pace.destinations
                    .sort_by(|a, b| b.mails.cmp(&a.mails).then_with(|| a.name.cmp(&b.name)));
            }
        }
        Ok(())
    }

    /// What is known before the first mail.
    fn begin(&self, paces: &mut [Pace]) {
        for (lane, queue) in self.queues.iter().enumerate() {
            for (at, place, mails) in queue {
                let names = self.sendings.get(*at).map(|it| &it.mails);
                let Some((pace, (name, _))) = paces
                    .get_mut(*at)
                    .zip(names.and_then(|names| names.get(*place)))
                else {
                    continue;
                };
                pace.unsent += mails;
                let destination = Destination {
                    name: name.clone(),
                    mails: *mails,
                    pause_ms: self.lanes.pause(lane).map(milliseconds),
                    first: None,
                    last: None,
                };
                let so_far = pace.destinations.len();
                pace.destinations
                    .resize_with(so_far.max(place + 1), || Destination {
                        name: String::new(),
                        mails: 0,
                        pause_ms: None,
                        first: None,
                        last: None,
                    });
                if let Some(slot) = pace.destinations.get_mut(*place) {
                    *slot = destination;
                }
            }
        }
        for at in &self.members {
            if let Some(pace) = paces.get_mut(*at) {
                let others = self.members.iter().filter(|it| *it != at);
                let others = others.filter_map(|it| self.sendings.get(*it));
                pace.beside = others.map(|it| it.name.clone()).collect();
            }
        }
    }
}

/// Who starts mails when: each sending in its own openings, of one destination the one that came first.
struct Turns<'a> {
    sendings: &'a [Sending],
    calendar: &'a Calendar,
    queues: Vec<Queue>,
    /// Each sending's opening at the moment, or its next one.
    openings: BTreeMap<usize, Opening>,
    /// Openings in which mails start.
    used: BTreeSet<(usize, Timestamp)>,
    paces: &'a mut [Pace],
    /// Is told of every mail.
    each: &'a mut dyn FnMut(usize, Timestamp),
}

impl Turns<'_> {
    fn opening(&self, at: usize, moment: Timestamp) -> Option<Opening> {
        let sending = self.sendings.get(at)?;
        if moment < sending.opening.from {
            return Some(sending.opening);
        }
        match self.openings.get(&at) {
            Some(known) if known.until > moment => Some(*known),
            _ => self.calendar.opening_at_or_after(&sending.window, moment),
        }
    }

    fn is_open(&self, at: usize, moment: Timestamp) -> bool {
        let opening = self.openings.get(&at);
        opening.is_some_and(|opening| opening.contains(moment))
    }
}

impl Road for Turns<'_> {
    /// It lasts until one of them opens or closes.
    fn stretch(&mut self, at: Timestamp, _: &[u64]) -> Option<(Opening, Vec<u64>)> {
        self.queues
            .iter_mut()
            .for_each(|queue| queue.retain(|(.., left)| *left > 0));
        let waiting = self.queues.iter().flatten().map(|(at, ..)| *at);
        let waiting: BTreeSet<usize> = waiting.collect();
        let next = waiting
            .iter()
            .filter_map(|it| Some((*it, self.opening(*it, at)?)));
        self.openings = next.collect();
        let all = || self.openings.values();
        let from = all().map(|opening| opening.from.max(at)).min()?;
        let edges = all().flat_map(|opening| [opening.from, opening.until]);
        let until = edges.filter(|edge| *edge > from).min()?;
        let may_start = |queue: &Queue| {
            let open = queue.iter().filter(|(at, ..)| self.is_open(*at, from));
            open.map(|(.., left)| left).sum()
        };
        let offered = self.queues.iter().map(may_start).collect();
        Some((Opening { from, until }, offered))
    }

    fn mail(&mut self, lane: usize, starts: Timestamp, ends: Timestamp) {
        let queue = self.queues.get(lane).into_iter().flatten();
        let mut queue = queue.enumerate();
        let found = queue.find(|(_, (at, _, left))| *left > 0 && self.is_open(*at, starts));
        let Some((turn, (at, place, _))) = found else {
            return;
        };
        let (at, place) = (*at, *place);
        if let Some((.., left)) = self.queues.get_mut(lane).and_then(|it| it.get_mut(turn)) {
            *left -= 1;
        }
        if let Some(opening) = self.openings.get(&at) {
            self.used.insert((at, opening.from));
        }
        let Some(pace) = self.paces.get_mut(at) else {
            return;
        };
        (self.each)(at, ends);
        pace.unsent = pace.unsent.saturating_sub(1);
        pace.first.get_or_insert(starts);
        pace.last = pace.last.max(Some(ends));
        if let Some(destination) = pace.destinations.get_mut(place) {
            destination.first.get_or_insert(starts);
            destination.last = destination.last.max(Some(ends));
        }
    }
}

fn milliseconds(pause: Duration) -> u64 {
    u64::try_from(pause.as_millis()).unwrap_or(u64::MAX)
}
