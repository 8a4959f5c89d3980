//! What a domain's SPF record says about an address (RFC 7208, section 4).
//!
//! Asks what a receiver would ask and no more: lookups are counted and bounded as section 4.6.4 has
//! it. `exists`, `ptr` and macros hang on who asks or on the mail; where they could decide, the
//! answer is "not known".

use std::net::IpAddr;

use super::record::{Directive, Mechanism, Qualifier, Record, is_spf, lies_in};
use crate::clock::BoxFuture;
use crate::doctor::names::{Names, NoAnswer};

/// Terms that make a receiver ask DNS; one more, and the record is void (section 4.6.4).
pub(super) const LOOKUPS_AT_MOST: u32 = 10;

/// Lookups without an answer: one more, and receivers may call the record void (section 4.6.4).
const EMPTY_AT_MOST: u32 = 2;

/// Exchangers of one `mx` (section 4.6.4).
const EXCHANGERS_AT_MOST: usize = 10;

/// What the record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The address may send; the term that says so.
    Pass(String),
    /// It may not (`-`).
    Fail,
    /// It may not, the domain thinks (`~`).
    SoftFail,
    /// The domain does not say.
    Neutral,
    /// There is no record.
    Absent,
    /// The record is void to receivers, and why.
    Void(String),
    /// DNS gave no answer.
    NoAnswer(NoAnswer),
    /// It hangs on a term that is not evaluated here.
    NotKnown(String),
}

/// A domain's record in DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Published {
    /// One, as it is written.
    One(String),
    /// None.
    Absent,
    /// More than one, which makes all of them void (section 4.5).
    Several(Vec<String>),
}

/// Asks for a domain's record.
///
/// # Errors
/// [`NoAnswer`].
pub(super) async fn published(names: &dyn Names, domain: &str) -> Result<Published, NoAnswer> {
    let mut found = names.texts(domain).await?;
    found.retain(|text| is_spf(text));
    Ok(match found.len() {
        0 => Published::Absent,
        1 => Published::One(found.swap_remove(0)),
        _ => Published::Several(found),
    })
}

/// What the record says about `address`.
pub async fn evaluate(names: &dyn Names, domain: &str, address: IpAddr) -> Verdict {
    Walk::new(names, Some(address)).domain(domain, true).await
}

/// How many terms of the whole record make receivers ask DNS, and what makes it void to a receiver
/// that comes to its end, where something does. Stops counting soon after [`LOOKUPS_AT_MOST`].
pub(super) async fn whole(names: &dyn Names, domain: &str) -> (u32, Option<Verdict>) {
    let mut walk = Walk::new(names, None);
    let verdict = walk.domain(domain, true).await;
    let end = matches!(verdict, Verdict::Void(_) | Verdict::NoAnswer(_)).then_some(verdict);
    (walk.lookups, end)
}

struct Walk<'a> {
    names: &'a dyn Names,
    /// Whom it is about; nobody, where terms are only counted.
    address: Option<IpAddr>,
    lookups: u32,
    empty: u32,
}

/// What one mechanism came to.
enum Match {
    Yes,
    No,
    /// It is not evaluated here.
    NotKnown,
    /// It ends the whole evaluation.
    End(Verdict),
}

impl<'a> Walk<'a> {
    const fn new(names: &'a dyn Names, address: Option<IpAddr>) -> Self {
        Self {
            names,
            address,
            lookups: 0,
            empty: 0,
        }
    }

    fn domain<'b>(&'b mut self, domain: &'b str, outermost: bool) -> BoxFuture<'b, Verdict> {
        Box::pin(async move {
            let text = match published(self.names, domain).await {
                Err(why) => return Verdict::NoAnswer(why),
                Ok(Published::One(text)) => text,
                Ok(Published::Absent) if outermost => return Verdict::Absent,
                // Sections 5.2 and 6.1: whoever refers to a record must find one.
                Ok(Published::Absent) => {
                    return Verdict::Void(format!(
                        "it refers to {domain}, which has no SPF record"
                    ));
                }
                Ok(Published::Several(_)) => {
                    return Verdict::Void(format!("{domain} has several SPF records"));
                }
            };
            let record = match Record::parse(&text) {
                Ok(record) => record,
                Err(why) if outermost => return Verdict::Void(why.to_string()),
                Err(why) => return Verdict::Void(format!("in {domain}'s record {why}")),
            };
            self.record(&record, domain).await
        })
    }

    async fn record(&mut self, record: &Record, domain: &str) -> Verdict {
        // The first term that might match and is not evaluated, and whether all such would say yes.
        let mut open: Option<(String, bool)> = None;
        for directive in &record.directives {
            match self.matches(directive, domain).await {
                Match::No => {}
                Match::End(verdict) => return verdict,
                Match::NotKnown => {
                    let yes = directive.qualifier == Qualifier::Pass;
                    let (_, all_yes) = open.get_or_insert((directive.text.clone(), true));
                    *all_yes &= yes;
                }
                Match::Yes => {
                    let said = match directive.qualifier {
                        Qualifier::Pass => Verdict::Pass(directive.text.clone()),
                        Qualifier::Fail => Verdict::Fail,
                        Qualifier::SoftFail => Verdict::SoftFail,
                        Qualifier::Neutral => Verdict::Neutral,
                    };
                    return with_open(open, said);
                }
            }
        }
        let has_all = record.all().is_some();
        let rest = match &record.redirect {
            // Section 6.1: `redirect` beside `all` is ignored.
            Some(target) if !has_all => {
                if target.contains('%') {
                    return with_open(open, Verdict::NotKnown(format!("redirect={target}")));
                }
                if let Some(verdict) = self.count() {
                    return verdict;
                }
                self.domain(target, false).await
            }
            _ => Verdict::Neutral,
        };
        with_open(open, rest)
    }

    async fn matches(&mut self, directive: &Directive, domain: &str) -> Match {
        let asks = !matches!(
            directive.mechanism,
            Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..)
        );
        if asks && let Some(verdict) = self.count() {
            return Match::End(verdict);
        }
        match &directive.mechanism {
            Mechanism::All => match self.address {
                Some(_) => Match::Yes,
                None => Match::No,
            },
            Mechanism::Ip4(network, length) => self.lies_in(IpAddr::V4(*network), *length),
            Mechanism::Ip6(network, length) => self.lies_in(IpAddr::V6(*network), *length),
            Mechanism::Ptr | Mechanism::Exists(_) => Match::NotKnown,
            Mechanism::Include(target) if target.contains('%') => Match::NotKnown,
            Mechanism::A(Some(target), ..) | Mechanism::Mx(Some(target), ..)
                if target.contains('%') =>
            {
                Match::NotKnown
            }
            Mechanism::Include(target) => match self.domain(target, false).await {
                Verdict::Pass(_) => Match::Yes,
                Verdict::Fail | Verdict::SoftFail | Verdict::Neutral => Match::No,
                Verdict::NotKnown(_) => Match::NotKnown,
                end => Match::End(end),
            },
            Mechanism::A(target, v4, v6) => {
                let target = target.as_deref().unwrap_or(domain);
                self.host(target, *v4, *v6, true).await
            }
            Mechanism::Mx(target, v4, v6) => {
                let target = target.as_deref().unwrap_or(domain);
                self.exchangers(target, *v4, *v6).await
            }
        }
    }

    async fn exchangers(&mut self, domain: &str, v4: u8, v6: u8) -> Match {
        let exchangers = match self.names.exchangers(domain).await {
            Ok(exchangers) => exchangers,
            Err(why) => return Match::End(Verdict::NoAnswer(why)),
        };
        if exchangers.len() > EXCHANGERS_AT_MOST {
            return Match::End(Verdict::Void(format!(
                "{domain} has more than {EXCHANGERS_AT_MOST} mail exchangers"
            )));
        }
        if exchangers.is_empty()
            && let Some(verdict) = self.count_empty(domain)
        {
            return Match::End(verdict);
        }
        for exchanger in exchangers.iter().filter(|it| !it.host.is_empty()) {
            match self.host(&exchanger.host, v4, v6, false).await {
                Match::No => {}
                other => return other,
            }
        }
        Match::No
    }

    async fn host(&mut self, host: &str, v4: u8, v6: u8, counts: bool) -> Match {
        let addresses = match self.names.addresses(host).await {
            Ok(addresses) => addresses,
            Err(why) => return Match::End(Verdict::NoAnswer(why)),
        };
        if counts
            && addresses.is_empty()
            && let Some(verdict) = self.count_empty(host)
        {
            return Match::End(verdict);
        }
        for network in addresses {
            let length = if network.is_ipv4() { v4 } else { v6 };
            if matches!(self.lies_in(network, length), Match::Yes) {
                return Match::Yes;
            }
        }
        Match::No
    }

    fn lies_in(&self, network: IpAddr, length: u8) -> Match {
        match self.address {
            Some(address) if lies_in(address, network, length) => Match::Yes,
            _ => Match::No,
        }
    }

    fn count(&mut self) -> Option<Verdict> {
        self.lookups += 1;
        (self.lookups > LOOKUPS_AT_MOST).then(|| {
            Verdict::Void(format!(
                "it makes receivers ask DNS more than {LOOKUPS_AT_MOST} times"
            ))
        })
    }

    fn count_empty(&mut self, name: &str) -> Option<Verdict> {
        self.empty += 1;
        (self.empty > EMPTY_AT_MOST).then(|| {
            Verdict::Void(format!(
                "it names more than {EMPTY_AT_MOST} hosts that are not in DNS, {name} among them"
            ))
        })
    }
}

/// Terms that might have matched before leave open what was said, unless all say the same.
fn with_open(open: Option<(String, bool)>, said: Verdict) -> Verdict {
    match (open, said) {
        (Some((_, true)), Verdict::Pass(term)) => Verdict::Pass(term),
        (
            Some((term, _)),
            Verdict::Pass(_) | Verdict::Fail | Verdict::SoftFail | Verdict::Neutral,
        ) => Verdict::NotKnown(term),
        (_, said) => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::told::Told;

    async fn verdict(told: &Told, address: &str) -> Verdict {
        evaluate(told, "c.example", address.parse().unwrap()).await
    }

    fn spf(record: &str) -> Told {
        Told::default().text("c.example", &format!("v=spf1 {record}"))
    }

    #[tokio::test]
    async fn the_first_that_matches_counts() {
        let told = spf("-ip4:192.0.2.66 ip4:192.0.2.0/24 ip6:2001:db8::/32 ~all");
        let pass = |term: &str| Verdict::Pass(term.to_owned());
        assert_eq!(verdict(&told, "192.0.2.1").await, pass("ip4:192.0.2.0/24"));
        assert_eq!(
            verdict(&told, "2001:db8::1").await,
            pass("ip6:2001:db8::/32")
        );
        assert_eq!(verdict(&told, "192.0.2.66").await, Verdict::Fail);
        assert_eq!(verdict(&told, "203.0.113.1").await, Verdict::SoftFail);
        assert_eq!(verdict(&spf("?all"), "192.0.2.1").await, Verdict::Neutral);
        assert_eq!(
            verdict(&spf("a:x.example"), "192.0.2.1").await,
            Verdict::Neutral
        );
        assert_eq!(
            verdict(&Told::default(), "192.0.2.1").await,
            Verdict::Absent
        );
    }

    #[tokio::test]
    async fn hosts_exchangers_includes_and_redirects_are_followed() {
        let told = |record: &str| {
            spf(record)
                .address("c.example", "192.0.2.1")
                .address("mx.c.example", "192.0.2.2")
                .exchanger("c.example", 10, "mx.c.example")
                .text("_spf.p.example", "v=spf1 ip4:192.0.2.3 -all")
        };
        for (record, address, expected) in [
            ("a -all", "192.0.2.1", "a"),
            ("mx -all", "192.0.2.2", "mx"),
            ("mx/30 -all", "192.0.2.3", "mx/30"),
            ("a:mx.c.example -all", "192.0.2.2", "a:mx.c.example"),
            (
                "include:_spf.p.example -all",
                "192.0.2.3",
                "include:_spf.p.example",
            ),
            ("redirect=_spf.p.example", "192.0.2.3", "ip4:192.0.2.3"),
        ] {
            let found = verdict(&told(record), address).await;
            assert_eq!(found, Verdict::Pass(expected.to_owned()), "{record}");
            let other = verdict(&told(record), "203.0.113.9").await;
            assert_eq!(other, Verdict::Fail, "{record}");
        }
    }

    #[tokio::test]
    async fn void_records() {
        let several = spf("-all").text("c.example", "v=spf1 +all");
        let mut chain = spf("include:1.example -all");
        for n in 1..12 {
            let next = format!("v=spf1 include:{}.example -all", n + 1);
            chain = chain.text(&format!("{n}.example"), &next);
        }
        for (told, why) in [
            (several, "several SPF records"),
            (
                spf("include:missing.example -all"),
                "missing.example, which has no SPF",
            ),
            (
                spf("redirect=missing.example"),
                "missing.example, which has no SPF",
            ),
            (spf("ipv4:192.0.2.1"), "no such mechanism"),
            (spf("include:c.example -all"), "more than 10 times"),
            (chain, "more than 10 times"),
            (
                spf("a:x.example a:y.example mx:z.example -all"),
                "more than 2 hosts",
            ),
        ] {
            match verdict(&told, "192.0.2.1").await {
                Verdict::Void(found) => assert!(found.contains(why), "{found}"),
                other => panic!("{why}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn what_is_not_evaluated_leaves_it_open() {
        let not_known = |term: &str| Verdict::NotKnown(term.to_owned());
        for (record, expected) in [
            (
                "exists:%{i}.c.example -all",
                not_known("exists:%{i}.c.example"),
            ),
            (
                "ptr ip4:192.0.2.1 -all",
                Verdict::Pass("ip4:192.0.2.1".into()),
            ),
            ("-ptr ip4:192.0.2.1 -all", not_known("-ptr")),
            (
                "include:%{d}.x.example -all",
                not_known("include:%{d}.x.example"),
            ),
            (
                "redirect=%{d}.x.example",
                not_known("redirect=%{d}.x.example"),
            ),
        ] {
            assert_eq!(
                verdict(&spf(record), "192.0.2.1").await,
                expected,
                "{record}"
            );
        }
    }

    #[tokio::test]
    async fn a_server_that_fails_is_not_the_records_fault() {
        let told = spf("include:away.example -all").failing("away.example");
        let found = verdict(&told, "192.0.2.1").await;
        assert!(matches!(found, Verdict::NoAnswer(_)), "{found:?}");
    }

    #[tokio::test]
    async fn lookups_are_counted_over_the_whole_record() {
        let told = spf("ip4:192.0.2.1 a mx include:i.example ~all")
            .text("i.example", "v=spf1 a:x.example ip4:192.0.2.9 -all")
            .exchanger("c.example", 10, "mx.c.example");
        assert_eq!(whole(&told, "c.example").await, (4, None));
    }
}
