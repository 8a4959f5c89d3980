//! SPF as we evaluate it, against an evaluator that shares no code with ours, over one DNS server.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "this file uses a part")]
mod doctor_servers;

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use doctor_servers::dns;
use mail_auth::hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts,
};
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{MessageAuthenticator, SpfResult};
use postmerge::doctor::names::DnsNames;
use postmerge::doctor::spf::{Verdict, evaluate};

/// Two of these and one of the ends make a record. No `?include` of what includes again, of several
/// records and of terms that cannot be read: there the other one departs from RFC 7208 (it lets
/// them pass, takes one, leaves them out); unit tests beside the code hold ours to the text.
const TERMS: [&str; 15] = [
    "",
    "a",
    "a/24",
    "-a:host.test",
    "~a:host.test//32",
    "mx",
    "?mx:mail.test/30",
    "ip4:192.0.2.1",
    "ip4:192.0.2.0/28",
    "-ip6:2001:db8::/32",
    "include:pass.test",
    "include:fail.test",
    "include:chain.test",
    "include:missing.test",
    "a:missing.test",
];

const ENDS: [&str; 6] = [
    "",
    "-all",
    "~all",
    "redirect=pass.test",
    "redirect=chain.test -all",
    "redirect=missing.test",
];

const ADDRESSES: [&str; 5] = [
    "192.0.2.1",
    "192.0.2.9",
    "192.0.2.200",
    "2001:db8::1",
    "203.0.113.1",
];

const ZONE: &str = r#"
host.test. 60 IN A 192.0.2.9
host.test. 60 IN AAAA 2001:db8::1
mail.test. 60 IN MX 10 host.test.
pass.test. 60 IN TXT "v=spf1 ip4:203.0.113.0/24 a:host.test -all"
fail.test. 60 IN TXT "v=spf1 -ip4:192.0.2.0/24 ?all"
chain.test. 60 IN TXT "v=spf1 include:pass.test include:fail.test ip4:192.0.2.1 ~all"
loop.test. 60 IN TXT "v=spf1 include:loop.test -all"
other.test. 60 IN TXT "v=spf10 +all"
long.test. 60 IN TXT "v=spf1 ip4:192.0.2.0/25 " "ip4:192.0.2.128/25 -all"
modifier.test. 60 IN TXT "v=spf1 what=ever a:host.test -all"
upper.test. 60 IN TXT "V=SPF1 IP4:192.0.2.1 A:HOST.test -ALL"
servfail.test. 60 IN TXT "v=spf1 include:broken.example -all"
eleven.test. 60 IN TXT "v=spf1 a:host.test a:host.test a:host.test a:host.test a:host.test a:host.test a:host.test a:host.test a:host.test a:host.test a:host.test -all"
ten.test. 60 IN TXT "v=spf1 a:host.test a:host.test a:host.test a:host.test a:host.test a:host.test a:host.test a:host.test a:host.test a:host.test -all"
"#;

const DOMAINS: [&str; 15] = [
    "pass.test",
    "fail.test",
    "chain.test",
    "loop.test",
    "other.test",
    "long.test",
    "modifier.test",
    "upper.test",
    "servfail.test",
    "eleven.test",
    "ten.test",
    "missing.test",
    "host.test",
    "mail.test",
    "none.missing.test",
];

fn peer(at: std::net::SocketAddr) -> MessageAuthenticator {
    let (mut udp, mut tcp) = (ConnectionConfig::udp(), ConnectionConfig::tcp());
    (udp.port, tcp.port) = (at.port(), at.port());
    let server = NameServerConfig::new(at.ip(), true, vec![udp, tcp]);
    let config = ResolverConfig::from_name_servers(vec![server]);
    MessageAuthenticator::new(config, ResolverOpts::default()).unwrap()
}

fn same(ours: &Verdict, theirs: SpfResult) -> bool {
    matches!(
        (ours, theirs),
        (Verdict::Pass(_), SpfResult::Pass)
            | (Verdict::Fail, SpfResult::Fail)
            | (Verdict::SoftFail, SpfResult::SoftFail)
            | (Verdict::Neutral, SpfResult::Neutral)
            | (Verdict::Absent, SpfResult::None)
            | (Verdict::Void(_), SpfResult::PermError)
            | (Verdict::NoAnswer(_), SpfResult::TempError)
    )
}

#[tokio::test]
async fn both_say_the_same() {
    let mut zone = ZONE.to_owned();
    let mut domains: Vec<(String, String)> = DOMAINS
        .iter()
        .map(|domain| ((*domain).to_owned(), String::new()))
        .collect();
    for (n, first) in TERMS.iter().enumerate() {
        for (m, second) in TERMS.iter().enumerate() {
            for (e, end) in ENDS.iter().enumerate() {
                let domain = format!("d{n}x{m}x{e}.test");
                let record = format!("v=spf1 {first} {second} {end}");
                writeln!(zone, "{domain}. 60 IN TXT \"{record}\"").unwrap();
                writeln!(zone, "{domain}. 60 IN A 192.0.2.200").unwrap();
                writeln!(zone, "{domain}. 60 IN MX 10 host.test.").unwrap();
                domains.push((domain, record));
            }
        }
    }
    let dns = dns(&zone).await;
    let names = DnsNames::new(Some(dns.at), Duration::from_secs(10)).unwrap();
    let peer = peer(dns.at);
    let mut wrong = Vec::new();
    for (turn, (domain, record)) in domains.iter().enumerate() {
        // Each record with one address, the next with the next.
        for address in ADDRESSES.iter().cycle().skip(turn % 5).take(1) {
            let ip: IpAddr = address.parse().unwrap();
            let ours = evaluate(&names, domain, ip).await;
            let sender = format!("a@{domain}");
            let parameters =
                SpfParameters::verify_mail_from(ip, "host.test", "receiver.test", &sender);
            let theirs = peer.verify_spf(parameters).await.result();
            if !same(&ours, theirs) {
                wrong.push(format!(
                    "{domain} ({record}) {address}: {ours:?}, {theirs:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}: {:#?}", wrong.len(), wrong);
}
