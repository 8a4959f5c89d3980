//! How much one client, and all together, may ask for that costs something or smells of guessing: pages without a token, wrong
//! tokens, mails with links. What carries a token of ours is counted against whoever holds it and never against a client: an
//! office has one address, and mailbox providers look at the links of thousands of people from one.
//!
//! Token buckets; memory is bounded, whoever was not heard of for long is forgotten first.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::ledger::feedback::MessageKey;
use crate::mail::recipient_id::RecipientId;

/// Clients that are remembered at most.
const CLIENTS: usize = 20_000;

/// As how many clients a site's network of IPv6 counts: it holds 65,536 networks that count alone.
const OF_A_SITE: f64 = 8.0;

/// A clock that was set back by more was wrong before: what is remembered of a time that did not come is forgotten.
const AHEAD: SignedDuration = SignedDuration::from_mins(1);

/// Whom a request is counted against: an address, of IPv6 its network of 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Client(IpAddr);

/// What is counted of clients: of IPv6 also of the network of 48 bits that one site has.
pub(super) struct ClientLimits {
    near: Limits<Client>,
    sites: Limits<Client>,
}

/// What is counted of mails to an address: those for one list, and all.
pub(super) struct AddressLimits {
    of_list: Limits<(RecipientId, MessageKey)>,
    all: Limits<RecipientId>,
}

/// A bucket: holds `burst`, refills `per_minute`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rate {
    /// So many at once.
    pub(super) burst: f64,
    /// So many a minute in the long run.
    pub(super) per_minute: f64,
}

/// Buckets by `K`.
pub(super) struct Limits<K> {
    rate: Rate,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Timestamp,
}

impl Client {
    /// The client of an address.
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::from([a, b, c, d, 0, 0, 0, 0])
            }
            v4 => v4,
        })
    }

    /// Its bytes, for hashing.
    pub(super) fn text(&self) -> String {
        self.0.to_string()
    }

    /// The site that its network belongs to.
    fn site(self) -> Option<Self> {
        match self.0 {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                Some(Self(IpAddr::from([a, b, c, 0, 0, 0, 0, 0])))
            }
        }
    }
}

impl ClientLimits {
    pub(super) fn new(rate: Rate) -> Self {
        let of_a_site = Rate {
            burst: rate.burst * OF_A_SITE,
            per_minute: rate.per_minute * OF_A_SITE,
        };
        Self {
            near: Limits::new(rate),
            sites: Limits::new(of_a_site),
        }
    }

    /// Takes one out of a client's bucket, and of its site's; whether there was one.
    pub(super) fn take(&self, who: Client, now: Timestamp) -> bool {
        self.near.take(who, now) && who.site().is_none_or(|site| self.sites.take(site, now))
    }
}

impl AddressLimits {
    pub(super) fn new(of_list: Rate, all: Rate) -> Self {
        Self {
            of_list: Limits::new(of_list),
            all: Limits::new(all),
        }
    }

    /// Takes one out of the bucket of an address for a list, and of its whole; whether there was one.
    pub(super) fn take(&self, who: (RecipientId, MessageKey), now: Timestamp) -> bool {
        if !self.of_list.take(who, now) {
            return false;
        }
        let may = self.all.take(who.0, now);
        if !may {
            self.of_list.give_back(who);
        }
        may
    }

    /// What was taken was not used.
    pub(super) fn give_back(&self, who: (RecipientId, MessageKey)) {
        self.of_list.give_back(who);
        self.all.give_back(who.0);
    }
}

impl<K: std::hash::Hash + Eq + Copy> Limits<K> {
    /// Everybody begins with a full bucket.
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            rate,
            buckets: Mutex::default(),
        }
    }

    /// Takes one out of `who`'s bucket; whether there was one.
    pub(super) fn take(&self, who: K, now: Timestamp) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CLIENTS && !buckets.contains_key(&who) {
            self.forget(&mut buckets, now);
        }
        let bucket = buckets.entry(who).or_insert(Bucket {
            left: self.rate.burst,
            at: now,
        });
        bucket.turn_back(now);
        bucket.left = self.refilled(bucket, now);
        bucket.at = bucket.at.max(now);
        let may = bucket.left >= 1.0;
        if may {
            bucket.left -= 1.0;
        }
        may
    }

    /// Puts one back that was taken and not used.
    fn give_back(&self, who: K) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(&who) {
            bucket.left = (bucket.left + 1.0).min(self.rate.burst);
        }
    }

    fn refilled(&self, bucket: &Bucket, now: Timestamp) -> f64 {
        let passed = now.duration_since(bucket.at).as_secs_f64().max(0.0);
        (bucket.left + passed * self.rate.per_minute / 60.0).min(self.rate.burst)
    }

    /// Whose bucket is full again is as good as never seen; where that is not enough, the older half goes.
    fn forget(&self, buckets: &mut HashMap<K, Bucket>, now: Timestamp) {
        buckets.values_mut().for_each(|it| it.turn_back(now));
        buckets.retain(|_, bucket| self.refilled(bucket, now) < self.rate.burst);
        if buckets.len() >= CLIENTS {
            let mut times: Vec<Timestamp> = buckets.values().map(|it| it.at).collect();
            let middle = times.len() / 2;
            let (_, median, _) = times.select_nth_unstable(middle);
            let median = *median;
            buckets.retain(|_, bucket| bucket.at > median);
        }
    }
}

impl Bucket {
    /// Else nothing would be refilled until the clock is where it was.
    fn turn_back(&mut self, now: Timestamp) {
        if self.at.duration_since(now) > AHEAD {
            self.at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_bucket_empties_and_refills() {
        let limits = Limits::new(Rate {
            burst: 3.0,
            per_minute: 6.0,
        });
        let took = |who: u8, second| limits.take(who, at(second));
        assert_eq!([0, 0, 0, 0].map(|s| took(1, s)), [true, true, true, false]);
        assert!(took(2, 0));
        assert!(!took(1, 9));
        assert!(took(1, 10));
        // A clock that was set back gives nothing and takes nothing.
        assert!(!took(1, 5));
        assert_eq!([1_000, 1_000].map(|s| took(1, s)), [true, true]);
    }

    #[test]
    fn memory_is_bounded_and_the_guilty_are_not_forgotten_for_strangers() {
        let limits = Limits::new(Rate {
            burst: 1.0,
            per_minute: 60.0,
        });
        assert!(limits.take(u32::MAX, at(0)));
        for n in 0..3 * CLIENTS as u32 {
            limits.take(n, at(i64::from(n) / 1_000));
        }
        assert!(limits.buckets.lock().unwrap().len() <= CLIENTS);
        assert_eq!(
            Client::of("2001:db8::1:2".parse().unwrap()),
            Client::of("2001:db8::ffff".parse().unwrap())
        );
        assert_eq!(
            Client::of("::ffff:10.0.0.1".parse().unwrap()),
            Client::of("10.0.0.1".parse().unwrap())
        );
    }
    #[test]
    fn a_clock_that_was_ahead_keeps_nobody_out() {
        let limits = Limits::new(Rate {
            burst: 1.0,
            per_minute: 1.0,
        });
        assert!(limits.take(1, at(90_000)) && !limits.take(1, at(90_000)));
        assert!(!limits.take(1, at(0)));
        assert!(limits.take(1, at(60)));
    }

    #[test]
    fn an_address_has_a_bucket_for_each_list_and_one_for_all() {
        let rate = |burst| Rate {
            burst,
            per_minute: 0.0,
        };
        let limits = AddressLimits::new(rate(2.0), rate(3.0));
        let who = |list: &str| (RecipientId([1; 12]), MessageKey::of(list.as_bytes()));
        let take = |list| limits.take(who(list), at(0));
        assert_eq!([take("a"), take("a"), take("a")], [true, true, false]);
        assert_eq!([take("b"), take("b")], [true, false]);
        limits.give_back(who("a"));
        // What the address's bucket refused was not taken from the list's.
        assert_eq!([take("b"), take("b")], [true, false]);
    }

    #[test]
    fn a_site_counts_as_a_few_clients_however_many_networks_it_has() {
        let limits = ClientLimits::new(Rate {
            burst: 5.0,
            per_minute: 0.5,
        });
        let network = |site: &str, n: u16| Client::of(format!("{site}:{n:x}::1").parse().unwrap());
        let may = |site, n| limits.take(network(site, n), at(0));
        assert_eq!(
            [1; 6].map(|n| may("2001:db8:1", n)),
            [true, true, true, true, true, false]
        );
        let taken = (2..1_000).filter(|n| may("2001:db8:1", *n)).count();
        assert_eq!(taken, 35);
        assert!(may("2001:db8:2", 1));
        let v4 = |n: u8| Client::of(IpAddr::from([10, 0, 0, n]));
        assert!((0..200).all(|n| limits.take(v4(n), at(0))));
    }
}
