//! SPF (RFC 7208): whether the record of the reverse-path's domain is good, and allows each relay's
//! addresses.
//!
//! A relay may hand mail on from other addresses than those it takes it at; only its operator knows
//! those. So what is not allowed is wrong for a relay of one's own, and advice for somebody else's.

mod evaluate;
mod record;

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::domain::{is_one_organisation, is_public, listed};
use super::finding::{Check, Finding};
use super::names::{Names, NoAnswer};
use evaluate::{LOOKUPS_AT_MOST, Published, published, whole};
pub use evaluate::{Verdict, evaluate};
use record::{Mechanism, Qualifier, Record};

/// A relay, as SPF sees it.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    /// What settings call it.
    pub(super) name: String,
    /// Its host name or address.
    pub(super) host: String,
    /// Where mail comes from, as far as its name tells.
    pub(super) addresses: Result<Vec<IpAddr>, NoAnswer>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct SpfFindings {
    /// About the record.
    pub(super) record: Vec<Finding>,
    /// About each relay, by what settings call it.
    pub(super) relays: BTreeMap<String, Finding>,
}

/// Looks at the record of `domain` and what it says about the relays.
pub(super) async fn examine(names: &dyn Names, domain: &str, relays: &[Outgoing]) -> SpfFindings {
    let mut found = SpfFindings::default();
    let text = match published(names, domain).await {
        Ok(Published::One(text)) => text,
        Ok(Published::Absent) => {
            found.record.push(absent(domain, relays));
            return found;
        }
        Ok(Published::Several(texts)) => {
            found.record.push(
                Finding::wrong(
                    Check::Spf,
                    format!(
                        "{domain} has {} SPF records. With more than one, receivers go by none: make one of them",
                        texts.len()
                    ),
                )
                .publish_text(domain, merged(&texts), texts.clone()),
            );
            return found;
        }
        Err(why) => {
            found
                .record
                .push(Finding::not_known(Check::Spf, why.to_string()));
            return found;
        }
    };
    let mut missing = Vec::new();
    for relay in relays {
        let (finding, is_missing) = covered(names, domain, relay).await;
        if is_missing {
            missing.push(relay.host.as_str());
        }
        found.relays.insert(relay.name.clone(), finding);
    }
    let extended = extended(&text, &missing);
    for relay in relays
        .iter()
        .filter(|it| missing.contains(&it.host.as_str()))
    {
        if let Some(finding) = found.relays.remove(&relay.name) {
            let finding = finding.publish_text(domain, extended.clone(), vec![text.clone()]);
            found.relays.insert(relay.name.clone(), finding);
        }
    }
    found.record = of_record(names, domain, &text).await;
    found
}

/// There is no record: one with all relays that others can look up. What the rest sends from only people know.
fn absent(domain: &str, relays: &[Outgoing]) -> Finding {
    let (seen, hidden): (Vec<&Outgoing>, Vec<_>) = relays.iter().partition(|it| is_seen(it));
    let mut what = format!("{domain} has no SPF record: receivers cannot tell who may send for it");
    if !hidden.is_empty() {
        let mut hosts: Vec<&str> = hidden.iter().map(|it| it.host.as_str()).collect();
        hosts.dedup();
        what.push_str(&format!(
            ". {} cannot be named in it, because the world cannot reach it: name the addresses that its mail comes from in the end, such as `ip4:203.0.113.5`",
            hosts.join(", ")
        ));
    }
    let finding = Finding::wrong(Check::Spf, what);
    match seen.is_empty() {
        // A record without anybody would make all mail look forged.
        true => finding,
        false => {
            let hosts = seen.iter().map(|it| it.host.as_str());
            finding.publish_text(domain, fresh(hosts), Vec::new())
        }
    }
}

/// Whether receivers can look the relay up: not where it is this machine, or one of an inner network.
fn is_seen(relay: &Outgoing) -> bool {
    let host = relay.host.trim_end_matches('.').to_ascii_lowercase();
    if let Ok(address) = host.parse::<IpAddr>() {
        return is_public(address);
    }
    // RFC 6761, section 6.3; and a name without a dot is one of an inner network.
    let is_inner = !host.contains('.') || host.ends_with(".localhost") || host == LOCAL;
    let addresses = relay.addresses.as_ref();
    !is_inner && addresses.map_or(true, |all| all.iter().any(|it| is_public(*it)))
}

/// What many systems call themselves.
const LOCAL: &str = "localhost.localdomain";

/// What there is to say about the record itself.
async fn of_record(names: &dyn Names, domain: &str, text: &str) -> Vec<Finding> {
    let record = match Record::parse(text) {
        Ok(record) => record,
        Err(why) => {
            return vec![Finding::wrong(
                Check::Spf,
                format!("{domain} has an SPF record that is void to receivers: {why}"),
            )];
        }
    };
    let mut found = Vec::new();
    let (lookups, end) = whole(names, domain).await;
    match end {
        Some(Verdict::Void(why)) => found.push(Finding::wrong(
            Check::Spf,
            format!("{domain}'s SPF record is void to receivers: {why}"),
        )),
        Some(Verdict::NoAnswer(why)) => {
            found.push(Finding::not_known(Check::Spf, why.to_string()));
        }
        _ => {}
    }
    match record.all() {
        Some(Qualifier::Pass) => found.push(
            Finding::wrong(
                Check::Spf,
                format!("{domain}'s SPF record ends in `+all`: it lets anybody in the world send for it"),
            )
            .publish_text(domain, with_soft_all(text), vec![text.to_owned()]),
        ),
        Some(Qualifier::Neutral) => found.push(
            Finding::advice(
                Check::Spf,
                format!("{domain}'s SPF record ends in `?all`, which says nothing about anybody else: `~all` does"),
            )
            .publish_text(domain, with_soft_all(text), vec![text.to_owned()]),
        ),
        None if record.redirect.is_none() => found.push(
            Finding::advice(
                Check::Spf,
                format!("{domain}'s SPF record does not say what of anybody else: let it end in `~all`"),
            )
            .publish_text(domain, with_soft_all(text), vec![text.to_owned()]),
        ),
        _ => {}
    }
    let is_ptr = |it: &record::Directive| it.mechanism == Mechanism::Ptr;
    if record.directives.iter().any(is_ptr) {
        found.push(Finding::advice(
            Check::Spf,
            format!("{domain}'s SPF record has `ptr`, which is slow and not to be used any more (RFC 7208, section 5.5)"),
        ));
    }
    if found.is_empty() {
        found.push(Finding::good(
            Check::Spf,
            format!("{domain} has an SPF record ({lookups} lookups of at most {LOOKUPS_AT_MOST})"),
        ));
    }
    found
}

/// Whether a relay's addresses are allowed, and whether the record lacks it.
async fn covered(names: &dyn Names, domain: &str, relay: &Outgoing) -> (Finding, bool) {
    let host = &relay.host;
    let addresses: Vec<IpAddr> = match &relay.addresses {
        _ if !is_seen(relay) => Vec::new(),
        Ok(all) => all.iter().copied().filter(|it| is_public(*it)).collect(),
        Err(why) => return (Finding::not_known(Check::Spf, why.to_string()), false),
    };
    if addresses.is_empty() {
        let what = format!(
            "not tried: {host} has no address that the world can reach. See to it that {domain}'s SPF record allows the one that your mail comes from"
        );
        return (Finding::skipped(Check::Spf, what), false);
    }
    let mut refused = Vec::new();
    let mut by = None;
    for address in &addresses {
        match evaluate(names, domain, *address).await {
            Verdict::Pass(term) => by = Some(term),
            Verdict::Fail | Verdict::SoftFail | Verdict::Neutral => refused.push(*address),
            Verdict::Absent | Verdict::Void(_) => {
                let what = format!("not tried: {domain}'s SPF record is not in order");
                return (Finding::skipped(Check::Spf, what), false);
            }
            Verdict::NoAnswer(why) => {
                return (Finding::not_known(Check::Spf, why.to_string()), false);
            }
            Verdict::NotKnown(term) => {
                let what = format!(
                    "whether {domain} allows {address} hangs on `{term}`, which is not evaluated here"
                );
                return (Finding::not_known(Check::Spf, what), false);
            }
        }
    }
    match by {
        Some(term) if refused.is_empty() => {
            let what = format!("{domain} allows {} (`{term}`)", listed(&addresses));
            (Finding::good(Check::Spf, what), false)
        }
        _ => {
            let refused = listed(&refused);
            let is_own = host.parse::<IpAddr>().is_ok() || is_one_organisation(host, domain);
            let finding = match is_own {
                true => Finding::wrong(
                    Check::Spf,
                    format!(
                        "{domain}'s SPF record does not allow {refused}, which {host} has: its mail looks forged"
                    ),
                ),
                false => Finding::advice(
                    Check::Spf,
                    format!(
                        "{domain}'s SPF record does not allow {refused}, which {host} has. Its operator may send from other addresses: ask what your SPF record must include"
                    ),
                ),
            };
            (finding, true)
        }
    }
}

fn term(host: &str) -> String {
    match host.parse() {
        Ok(IpAddr::V4(address)) => format!("ip4:{address}"),
        Ok(IpAddr::V6(address)) => format!("ip6:{address}"),
        Err(_) => format!("a:{host}"),
    }
}

/// A record where there is none.
fn fresh<'a>(hosts: impl Iterator<Item = &'a str>) -> String {
    let mut terms = Vec::new();
    for term in hosts.map(term) {
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
    format!("v=spf1 {} ~all", terms.join(" "))
}

/// The record with these hosts, before whatever it says about everybody else.
fn extended(text: &str, hosts: &[&str]) -> String {
    let mut terms: Vec<String> = record::terms(text).map(str::to_owned).collect();
    let is_end = |it: &String| {
        let it = it.to_ascii_lowercase();
        it.trim_start_matches(['+', '-', '~', '?']) == "all" || it.starts_with("redirect=")
    };
    let at = terms.iter().position(is_end).unwrap_or(terms.len());
    let mut new: Vec<String> = Vec::new();
    for term in hosts.iter().map(|host| term(host)) {
        if !new.contains(&term) {
            new.push(term);
        }
    }
    terms.splice(at..at, new);
    terms.join(" ")
}

/// The record, ending in `~all`.
fn with_soft_all(text: &str) -> String {
    let kept = record::terms(text).filter(|it| {
        !it.trim_start_matches(['+', '-', '~', '?'])
            .eq_ignore_ascii_case("all")
    });
    let kept: Vec<&str> = kept.collect();
    format!("{} ~all", kept.join(" "))
}

/// One record that says what several said.
fn merged(texts: &[String]) -> String {
    let mut terms: Vec<&str> = Vec::new();
    let said = texts.iter().flat_map(|text| record::terms(text).skip(1));
    for term in said {
        let is_all = term
            .trim_start_matches(['+', '-', '~', '?'])
            .eq_ignore_ascii_case("all");
        // A redirect counts only where nothing else stands: what it leads to is included instead.
        if !is_all && !terms.contains(&term) {
            terms.push(term);
        }
    }
    let terms: Vec<String> = terms
        .iter()
        .map(|term| match term.split_once('=') {
            Some((name, target)) if name.eq_ignore_ascii_case("redirect") => {
                format!("include:{target}")
            }
            _ => (*term).to_owned(),
        })
        .collect();
    match terms.is_empty() {
        true => "v=spf1 ~all".to_owned(),
        false => format!("v=spf1 {} ~all", terms.join(" ")),
    }
}

/// The mechanisms of a record, as they are written.
#[cfg(any(test, fuzzing))]
pub(super) fn terms_of(text: &str) -> Option<Vec<String>> {
    let record = record::is_spf(text).then(|| Record::parse(text).ok())??;
    Some(record.directives.into_iter().map(|it| it.text).collect())
}

/// All that may be published in a record's place.
#[cfg(any(test, fuzzing))]
pub(super) fn mended(text: &str) -> [String; 3] {
    let other = "v=spf1 include:other.example ~all";
    [
        extended(text, &["smtp.c.example", "2001:db8::1"]),
        with_soft_all(text),
        merged(&[text.to_owned(), other.to_owned()]),
    ]
}

#[cfg(test)]
#[path = "spf/tests.rs"]
mod tests;
