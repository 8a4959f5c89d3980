//! Lanes: one for each relay and destination that has mail in this run, and the pace of each.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::calendar::calendar;
use super::error::PlanError;
use super::sent::Sent;
use crate::schedule::pacer::{LaneConfig, Pacer, PacerConfig, RelayLimits};
use crate::schedule::provider::{Destination, ProviderConfig, Providers};
use crate::transport::exchanger::Exchangers;
use crate::workspace::names::RelayName;
use crate::workspace::settings::{Pace, Relay, Settings};

/// Without a pace, a worker is given so many mails ahead, so that it never waits for the engine.
const AHEAD: u16 = 16;

/// The providers that `postmerge.yaml` and the built-in table know.
pub fn providers(pace: &Pace) -> Providers {
    let own: Vec<ProviderConfig> = pace
        .providers
        .iter()
        .map(|(name, provider)| ProviderConfig {
            name: name.to_string(),
            domains: provider.domains.clone(),
            mx: provider.mx.clone(),
            pause: provider.pause.map(|pause| pause.0),
            at_once: provider.connections,
            daily_cap: provider.daily_cap,
        })
        .collect();
    Providers::new(pace.pause.0, pace.built_in_providers, &own)
}

/// The destinations of these domains: their names, and for each domain its destination. Asks for a
/// domain's exchanger only where the domain alone does not tell.
pub async fn destinations(
    providers: &Providers,
    domains: &[String],
    exchangers: &dyn Exchangers,
) -> (Vec<String>, Vec<u16>) {
    let mut grouped = Grouped::default();
    let mut answers = true;
    for group in domains.chunks(LOOK_UPS) {
        let exchangers = if answers {
            ask(providers, group, exchangers).await
        } else {
            vec![None; group.len()]
        };
        // A whole group without one answer: there is no DNS here, and each group takes seconds.
        answers &= group.len() < LOOK_UPS || exchangers.iter().any(Option::is_some);
        for (domain, exchanger) in group.iter().zip(exchangers) {
            grouped.add(providers.destination(domain, exchanger.as_deref()).name);
        }
    }
    (grouped.names, grouped.of_domain)
}

/// Destinations, each once, and each domain's.
#[derive(Default)]
struct Grouped {
    names: Vec<String>,
    positions: HashMap<String, u16>,
    of_domain: Vec<u16>,
}

impl Grouped {
    fn add(&mut self, name: String) {
        let next = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        let names = &mut self.names;
        let position = *self.positions.entry(name.clone()).or_insert_with(|| {
            // Past what 16 bits count, the rest shares the last lane: slower, never faster.
            if next < u16::MAX {
                names.push(name);
            }
            next.min(u16::MAX - 1)
        });
        self.of_domain.push(position);
    }
}

/// The same by the domains alone, asking nobody.
pub fn destinations_offline(providers: &Providers, domains: &[String]) -> (Vec<String>, Vec<u16>) {
    let mut grouped = Grouped::default();
    for domain in domains {
        grouped.add(providers.destination(domain, None).name);
    }
    (grouped.names, grouped.of_domain)
}

/// Look-ups under way at once.
const LOOK_UPS: usize = 32;

async fn ask(
    providers: &Providers,
    domains: &[String],
    exchangers: &dyn Exchangers,
) -> Vec<Option<String>> {
    let mut waiting: Vec<_> = domains
        .iter()
        .map(|domain| {
            let known = providers.knows_domain(domain);
            (!known).then(|| exchangers.best(domain))
        })
        .collect();
    let mut found = vec![None; waiting.len()];
    std::future::poll_fn(|context| {
        let mut pending = false;
        for (slot, answer) in waiting.iter_mut().zip(&mut found) {
            if let Some(future) = slot {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(exchanger) => {
                        *answer = exchanger;
                        *slot = None;
                    }
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending {
            std::task::Poll::Pending
        } else {
            std::task::Poll::Ready(())
        }
    })
    .await;
    found
}

/// The lanes of a run, as they are being made.
pub struct Lanes<'a> {
    settings: &'a Settings,
    providers: Providers,
    relays: Vec<RelayName>,
    by_name: HashMap<(usize, String), usize>,
    configs: Vec<LaneConfig>,
    names: Vec<String>,
    sent_today: Vec<u32>,
}

impl<'a> Lanes<'a> {
    /// No lanes yet.
    pub fn new(settings: &'a Settings) -> Self {
        Self {
            settings,
            providers: providers(&settings.pace),
            relays: Vec::new(),
            by_name: HashMap::new(),
            configs: Vec::new(),
            names: Vec::new(),
            sent_today: Vec::new(),
        }
    }

    /// The relay's place among the run's relays.
    fn relay(&mut self, name: &RelayName) -> usize {
        match self.relays.iter().position(|known| known == name) {
            Some(place) => place,
            None => {
                self.relays.push(name.clone());
                self.sent_today.push(0);
                self.relays.len() - 1
            }
        }
    }

    /// For each of an occurrence's destinations, its lane through that relay.
    pub fn of_occurrence(&mut self, relay: &RelayName, destinations: &[String]) -> Vec<usize> {
        let relay = self.relay(relay);
        destinations
            .iter()
            .map(|name| self.lane(relay, name))
            .collect()
    }

    /// What was sent today already counts for the caps, whichever occurrence it belonged to.
    pub fn count(&mut self, sent: &Sent) {
        for ((relay, destination), mails) in &sent.today {
            let Some(relay) = self.relays.iter().position(|known| known == relay) else {
                continue;
            };
            if let Some(sum) = self.sent_today.get_mut(relay) {
                *sum = sum.saturating_add(*mails);
            }
            let lane = self.by_name.get(&(relay, destination.clone()));
            if let Some(config) = lane.and_then(|lane| self.configs.get_mut(*lane)) {
                config.sent_today = config.sent_today.saturating_add(*mails);
            }
        }
    }

    fn lane(&mut self, relay: usize, name: &str) -> usize {
        let next = self.configs.len();
        let lane = *self.by_name.entry((relay, name.to_owned())).or_insert(next);
        if lane == next {
            let found = self.destination_named(name);
            self.configs.push(LaneConfig {
                relay,
                pause: found.pause,
                at_once: if self.settings.pace.enabled {
                    found.at_once
                } else {
                    u16::MAX
                },
                daily_cap: found.daily_cap,
                sent_today: 0,
                large: found.large,
            });
            self.names.push(name.to_owned());
        }
        lane
    }

    /// A destination is known by a provider's name, or by its domain.
    fn destination_named(&self, name: &str) -> Destination {
        self.providers
            .named(name)
            .unwrap_or_else(|| self.providers.destination(name, None))
    }

    /// The run's relays in order, each with its settings.
    pub fn relays(&self) -> Vec<(RelayName, &'a Relay)> {
        let settings = |name: &RelayName| {
            self.settings
                .relays
                .get(name)
                .map(|relay| (name.clone(), relay))
        };
        self.relays.iter().filter_map(settings).collect()
    }

    /// From one mail's start to the next one's in a lane.
    pub fn pause(&self, lane: usize) -> Option<std::time::Duration> {
        let paced = self.settings.pace.enabled;
        self.configs.get(lane).filter(|_| paced).map(|it| it.pause)
    }

    /// For each lane, its relay.
    pub fn lane_relays(&self) -> Vec<usize> {
        self.configs.iter().map(|config| config.relay).collect()
    }

    /// For each lane, its relay and its destination.
    pub fn keys(&self) -> Vec<(RelayName, String)> {
        let relays = self.configs.iter().map(|it| self.relays.get(it.relay));
        let keys = relays.zip(&self.names);
        keys.filter_map(|(relay, name)| Some((relay?.clone(), name.clone())))
            .collect()
    }

    /// The names of the lanes' destinations.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The pacer for these lanes. `sent` says on how many days each relay sent before.
    ///
    /// # Errors
    /// [`PlanError::Zone`].
    pub fn pacer(&self, now: Timestamp, sent: &Sent) -> Result<Pacer, PlanError> {
        Ok(Pacer::new(self.config(sent)?, now))
    }

    /// What that pacer is made of.
    ///
    /// # Errors
    /// [`PlanError::Zone`].
    pub fn config(&self, sent: &Sent) -> Result<PacerConfig, PlanError> {
        let pace = &self.settings.pace;
        let relays = self.relays().into_iter().zip(&self.sent_today);
        Ok(PacerConfig {
            enabled: pace.enabled,
            calendar: calendar(self.settings)?,
            relays: relays
                .map(|((name, relay), sent_today)| RelayLimits {
                    connections: if pace.enabled {
                        relay.connections
                    } else {
                        relay.connections.saturating_mul(AHEAD)
                    },
                    daily_cap: relay.daily_cap,
                    warm_up: warm_up(pace, sent.days.get(&name).map_or(0, BTreeSet::len)),
                    sent_today: *sent_today,
                })
                .collect(),
            lanes: self.configs.clone(),
        })
    }
}

/// The caps of the days that are left of the warm-up, today's first.
fn warm_up(pace: &Pace, sending_days: usize) -> Vec<u32> {
    let sending_days = u16::try_from(sending_days).unwrap_or(u16::MAX);
    let Some(warm_up) = &pace.warm_up else {
        return Vec::new();
    };
    let cap = |day: u16| {
        let grown = f64::from(warm_up.first_day) * warm_up.factor.powi(i32::from(day));
        // Saturating: a cap that no `u32` holds is none.
        grown.min(f64::from(u32::MAX)) as u32
    };
    (sending_days..warm_up.days).map(cap).collect()
}
