//! `postmerge doctor` against a real DNS server, a relay that speaks SMTP, and TLS servers, all on
//! loopback; the clock stands at a day of 2026.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod doctor_servers;
mod scripted_relay;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use doctor_servers::{Authority, Dns, Led, dns, nothing, web};
use postmerge::clock::VirtualClock;
use postmerge::doctor::Surroundings;
use postmerge::doctor::examine::{Question, examine};
use postmerge::doctor::finding::{Check, Examination, Finding, State, Subject};
use postmerge::doctor::names::DnsNames;
use postmerge::mail::dkim::{Algorithm, Signer};
use postmerge::transport::inbox::{Inbox, InboxConfig, InboxTls, MemorySink, RunningInbox};
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::transport::smtp::Credentials;
use postmerge::workspace::settings::Settings;
use scripted_relay::Step::{Close, Hang, Hear, Say};
use scripted_relay::relay;

const NOW: &str = "2026-12-02T17:00:00Z";

/// RFC 8463, appendix A.2, as PKCS#8.
const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

const SETTINGS: &str = "
organisation: {name: C, postal_address: [Calle 10], zone: America/Bogota, locale: es}
senders:
  eventos:
    name: E
    address: eventos@camara.example
    relay: principal
    dkim: [{domain: camara.example, selector: pm, algorithm: ed25519-sha256, key_env: DKIM_KEY}]
relays:
  principal:
    host: smtp.camara.example
    port: 587
    ca_file: ca.pem
    credentials: {user_env: SMTP_USER, password_env: SMTP_PASSWORD}
windows: {}
bounces: {address: rebotes@camara.example}
unsubscribe: {address: bajas@camara.example}
portal: {url: https://correo.camara.example}
publish: {url: https://correo.camara.example/archivos}
policy: {link_domains: [feria.example]}
";

/// A zone in which all is well.
const ZONE: &str = r#"
camara.example. 60 IN TXT "v=spf1 a:smtp.camara.example include:_spf.camara.example -all"
_spf.camara.example. 60 IN TXT "v=spf1 ip4:198.51.100.0/24 -all"
pm._domainkey.camara.example. 60 IN TXT "v=DKIM1; k=ed25519; " "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
_dmarc.camara.example. 60 IN TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc@camara.example"
camara.example. 60 IN MX 10 mx.camara.example.
mx.camara.example. 60 IN A 192.0.2.20
smtp.camara.example. 60 IN A 192.0.2.10
10.2.0.192.in-addr.arpa. 60 IN PTR smtp.camara.example.
correo.camara.example. 60 IN CNAME web.camara.example.
web.camara.example. 60 IN A 192.0.2.30
feria.example. 60 IN A 192.0.2.30
"#;

/// What a test changes.
struct House {
    settings: String,
    zone: String,
    secrets: BTreeMap<&'static str, &'static str>,
    authority: Authority,
    relay: Option<SocketAddr>,
    web: Option<SocketAddr>,
    now: &'static str,
    step: Duration,
}

/// Keeps what serves alive.
struct Served {
    _dns: Dns,
    around: Surroundings,
}

impl House {
    fn new() -> Self {
        Self {
            settings: SETTINGS.to_owned(),
            zone: ZONE.to_owned(),
            secrets: BTreeMap::from([
                ("DKIM_KEY", ED25519),
                ("SMTP_USER", "ana"),
                ("SMTP_PASSWORD", "secret"),
            ]),
            authority: Authority::new("ours"),
            relay: None,
            web: None,
            now: NOW,
            step: Duration::from_secs(10),
        }
    }

    /// Lines of the zone that contain this, replaced.
    fn zone_line(mut self, containing: &str, line: &str) -> Self {
        let lines: Vec<&str> = self
            .zone
            .lines()
            .map(|it| if it.contains(containing) { line } else { it })
            .collect();
        assert_ne!(lines, self.zone.lines().collect::<Vec<_>>(), "{containing}");
        self.zone = lines.join("\n");
        self
    }

    fn settings_with(mut self, old: &str, new: &str) -> Self {
        assert!(self.settings.contains(old));
        self.settings = self.settings.replace(old, new);
        self
    }

    async fn serve(&self) -> Served {
        let dns = dns(&self.zone).await;
        let mut led = Led::default();
        let at = |text: &str, port| (text.parse().unwrap(), port);
        if let Some(relay) = self.relay {
            for port in [587, 465] {
                led.ways.insert(at("192.0.2.10", port), relay);
                led.ways.insert(at("203.0.113.10", port), relay);
            }
        }
        if let Some(web) = self.web {
            led.ways.insert(at("192.0.2.30", 443), web);
        }
        Served {
            around: Surroundings {
                names: Arc::new(DnsNames::new(Some(dns.at), self.step).unwrap()),
                dial: Arc::new(led),
                clock: Arc::new(VirtualClock::new(self.now.parse().unwrap())),
                step: self.step,
                whole: self.step * 6,
                https_port: 443,
                authorities: Some(self.authority.pem.clone()),
            },
            _dns: dns,
        }
    }

    async fn examined(&self) -> Examination {
        self.examined_for(None, None, true).await
    }

    async fn examined_for(
        &self,
        sender: Option<&str>,
        relay: Option<&str>,
        web: bool,
    ) -> Examination {
        let settings: Settings = serde_yaml::from_str(&self.settings).unwrap();
        let served = self.serve().await;
        let question = Question {
            settings: &settings,
            secret: &|name| self.secrets.get(name).map(|it| (*it).to_owned()),
            file: &|file| match file {
                "ca.pem" => Ok(self.authority.pem.clone()),
                _ => Err("there is no such file".to_owned()),
            },
            sender,
            relay,
            web,
            only: None,
        };
        examine(&question, &served.around).await.unwrap()
    }

    /// A relay with this certificate, and a web host with a good one.
    async fn with_relay(mut self, tls: Option<InboxTls>) -> (Self, RunningInbox) {
        let mut config =
            InboxConfig::new(Arc::new(Mailboxes::new()), Arc::new(MemorySink::default()));
        config.tls = tls;
        config.credentials = Some(Credentials {
            user: "ana".into(),
            password: "secret".into(),
        });
        let inbox = Inbox::start(config).await.unwrap();
        self.relay = Some(inbox.addr);
        let names = ["correo.camara.example", "feria.example"];
        let certificate = self.authority.certificate(&names, (2027, 6, 1));
        self.web = Some(web(&certificate, nothing).await);
        (self, inbox)
    }

    fn relay_certificate(&self) -> Option<InboxTls> {
        let names = ["smtp.camara.example"];
        Some(self.authority.certificate(&names, (2027, 6, 1)))
    }
}

/// All in order, as `with_relay` has it.
async fn good_house() -> (House, RunningInbox) {
    let house = House::new();
    let certificate = house.relay_certificate();
    house.with_relay(certificate).await
}

fn kind(subject: &Subject) -> &str {
    match subject {
        Subject::Sender { .. } => "sender",
        Subject::Relay { .. } => "relay",
        Subject::Mailbox { name, .. } => name,
        Subject::Host { name, .. } => name,
    }
}

/// The first finding of a check about a subject.
fn of<'a>(found: &'a Examination, subject: &str, check: Check) -> &'a Finding {
    found
        .sections
        .iter()
        .filter(|section| kind(&section.subject) == subject)
        .flat_map(|section| &section.findings)
        .find(|finding| finding.check == check)
        .unwrap_or_else(|| panic!("{subject} has no {check:?}: {found:#?}"))
}

fn told(found: &Examination) -> String {
    let mut text = String::new();
    for section in &found.sections {
        text.push_str(&format!("{}\n", section.subject));
        for finding in &section.findings {
            let (state, check, what) = (finding.state, finding.check.name(), &finding.what);
            text.push_str(&format!("  {state:?} {check}: {what}\n"));
        }
    }
    text
}

#[tokio::test]
async fn where_all_is_well() {
    let (house, _inbox) = good_house().await;
    let found = house.examined().await;
    insta::assert_snapshot!(told(&found), @r#"
Sender eventos (eventos@camara.example)
  Good dkim: the key at pm._domainkey.camara.example is ours (Ed25519)
  Good dmarc: _dmarc.camara.example says `p=quarantine`, with reports
  Good alignment: SPF and DKIM both speak for camara.example
  Good mx: mx.camara.example takes camara.example's mail
Relay principal (smtp.camara.example:587)
  Good address: smtp.camara.example (192.0.2.10) answers at port 587
  Good reverse: 192.0.2.10 is smtp.camara.example, there and back
  Good spf: camara.example allows 192.0.2.10 (`a:smtp.camara.example`)
  Good greeting: "220 inbox.test ESMTP postmerge inbox"
  Good encryption: STARTTLS
  Good certificate: smtp.camara.example's certificate is good until 2027-06-01
  Good authentication: the relay takes user and password
Mailbox of bounces (rebotes@camara.example)
  Good mx: mx.camara.example takes camara.example's mail
  Good spf: camara.example has an SPF record (2 lookups of at most 10)
Mailbox of unsubscribe (bajas@camara.example)
  Good mx: mx.camara.example takes camara.example's mail
Host correo.camara.example (portal, publish)
  Good https: correo.camara.example's certificate is good until 2027-06-01
Host feria.example (link_domains)
  Good https: feria.example's certificate is good until 2027-06-01
"#);
    assert!(found.publish().is_empty());
    assert_eq!(
        found,
        house.examined().await,
        "in an order that does not change"
    );
}

#[tokio::test]
async fn one_sender_or_one_relay() {
    let (house, _inbox) = good_house().await;
    let kinds = |found: &Examination| -> Vec<String> {
        let kinds = found.sections.iter().map(|it| kind(&it.subject).to_owned());
        kinds.collect()
    };
    let found = house.examined_for(Some("eventos"), None, true).await;
    assert_eq!(kinds(&found), ["sender", "relay", "bounces", "unsubscribe"]);
    let found = house.examined_for(None, Some("principal"), true).await;
    assert_eq!(kinds(&found), ["relay"]);
    let found = house.examined_for(None, None, false).await;
    assert_eq!(kinds(&found), ["sender", "relay", "bounces", "unsubscribe"]);
}

#[tokio::test]
async fn what_dns_lacks_is_said_word_for_word() {
    let (house, _inbox) = good_house().await;
    let house = house
        .zone_line("v=spf1 a:", "")
        .zone_line("_domainkey", "")
        .zone_line("_dmarc", "")
        .zone_line("PTR", "")
        .zone_line("IN MX", "");
    let found = house.examined().await;
    let records: Vec<(&str, &str)> = found
        .publish()
        .iter()
        .map(|it| (it.name.as_str(), it.value.as_str()))
        .collect();
    let signer = Signer::from_pem("camara.example", "pm", Algorithm::Ed25519Sha256, ED25519);
    assert_eq!(
        records,
        [
            (
                "pm._domainkey.camara.example",
                signer.unwrap().record().as_str()
            ),
            ("_dmarc.camara.example", "v=DMARC1; p=none"),
            ("10.2.0.192.in-addr.arpa", "smtp.camara.example."),
            ("camara.example", "v=spf1 a:smtp.camara.example ~all"),
        ]
    );
    for (subject, check) in [
        ("sender", Check::Dkim),
        ("sender", Check::Dmarc),
        ("sender", Check::Mx),
        ("relay", Check::Reverse),
        ("bounces", Check::Spf),
        ("bounces", Check::Mx),
        ("unsubscribe", Check::Mx),
    ] {
        assert_eq!(of(&found, subject, check).state, State::Wrong, "{check:?}");
    }
}

#[tokio::test]
async fn dns_records_that_are_there_and_wrong() {
    let (house, _inbox) = good_house().await;
    let loops = "camara.example. 60 IN TXT \"v=spf1 include:a.example -all\"\n\
        a.example. 60 IN TXT \"v=spf1 include:b.example -all\"\n\
        b.example. 60 IN TXT \"v=spf1 include:a.example -all\"";
    let several = "camara.example. 60 IN TXT \"v=spf1 mx -all\"\n\
        camara.example. 60 IN TXT \"v=spf1 a:smtp.camara.example -all\"";
    let elsewhere = "10.2.0.192.in-addr.arpa. 60 IN PTR other.example.";
    for (containing, line, subject, check, words) in [
        (
            "v=spf1 a:",
            loops,
            "bounces",
            Check::Spf,
            "more than 10 times",
        ),
        (
            "v=spf1 a:",
            several,
            "bounces",
            Check::Spf,
            "has 2 SPF records",
        ),
        (
            "v=spf1 a:",
            "camara.example. 60 IN TXT \"v=spf1 mx -all\"",
            "relay",
            Check::Spf,
            "does not allow 192.0.2.10",
        ),
        (
            "_domainkey",
            "pm._domainkey.camara.example. 60 IN TXT \"v=DKIM1; p=\"",
            "sender",
            Check::Dkim,
            "revoked",
        ),
        (
            "IN MX",
            "camara.example. 60 IN MX 0 .",
            "bounces",
            Check::Mx,
            "null MX",
        ),
        (
            "IN PTR",
            elsewhere,
            "relay",
            Check::Reverse,
            "does not lead back",
        ),
        (
            "smtp.camara.example. 60",
            "",
            "relay",
            Check::Address,
            "is not in DNS",
        ),
        (
            "web.camara.example. 60",
            "",
            "correo.camara.example",
            Check::Https,
            "is not in DNS",
        ),
    ] {
        let mut changed = House::new().zone_line(containing, line);
        (changed.relay, changed.web) = (house.relay, house.web);
        let found = changed.examined().await;
        let finding = of(&found, subject, check);
        assert_eq!(finding.state, State::Wrong, "{words}: {finding:?}");
        assert!(finding.what.contains(words), "{}", finding.what);
    }
}

#[tokio::test]
async fn a_dns_server_that_fails_or_is_silent_says_nothing_about_the_set_up() {
    for (name, words) in [
        ("broken.example", "Server Failure"),
        ("silent.example", "in time"),
    ] {
        let mut house = House::new().settings_with("camara.example", name);
        house.step = Duration::from_millis(200);
        let found = house.examined().await;
        let finding = of(&found, "sender", Check::Dmarc);
        assert_eq!(finding.state, State::NotKnown);
        let silence = finding.what.contains(words) || finding.what.contains("nothing within");
        assert!(silence, "{}", finding.what);
        for (subject, check) in [
            ("sender", Check::Dkim),
            ("relay", Check::Address),
            ("bounces", Check::Spf),
        ] {
            assert_eq!(of(&found, subject, check).state, State::NotKnown);
        }
        assert!(found.publish().is_empty(), "{:#?}", found.publish());
    }
}

#[tokio::test]
async fn certificates_of_relays() {
    let theirs = Authority::new("theirs");
    let names = ["smtp.camara.example"];
    for (certificate, state, words) in [
        (None, State::Wrong, "expired on 2026-12-01: renew it"),
        (
            Some(("mail.other.example", (2027, 6, 1))),
            State::Wrong,
            "shows a certificate for mail.other.example, not for smtp.camara.example",
        ),
        (
            Some(("smtp.camara.example", (2026, 12, 20))),
            State::Advice,
            "good only until 2026-12-20, 17 days more",
        ),
        (
            Some(("", (2027, 6, 1))),
            State::Wrong,
            "nobody whom this machine trusts",
        ),
    ] {
        let house = House::new();
        let certificate = match certificate {
            None => house.authority.certificate(&names, (2026, 12, 1)),
            Some(("", until)) => theirs.certificate(&names, until),
            Some((name, until)) => house.authority.certificate(&[name], until),
        };
        let (house, _inbox) = house.with_relay(Some(certificate)).await;
        let found = house.examined().await;
        let finding = of(&found, "relay", Check::Certificate);
        assert_eq!(finding.state, state, "{}", finding.what);
        assert!(finding.what.contains(words), "{}", finding.what);
        // A password is not given to a relay that nobody vouches for.
        let authentication = of(&found, "relay", Check::Authentication).state;
        let expected = match state {
            State::Advice => State::Good,
            _ => State::Skipped,
        };
        assert_eq!(authentication, expected);
    }
}

#[tokio::test]
async fn relays_without_starttls_or_with_tls_at_once() {
    let (house, _inbox) = House::new().with_relay(None).await;
    let finding = of(&house.examined().await, "relay", Check::Encryption).clone();
    assert_eq!(finding.state, State::Wrong);
    assert!(
        finding.what.contains("does not offer STARTTLS"),
        "{}",
        finding.what
    );
    let house = house.settings_with("port: 587", "port: 465\n    tls: implicit");
    let finding = of(&house.examined().await, "relay", Check::Encryption).clone();
    assert_eq!(finding.state, State::Wrong);
    assert!(finding.what.contains("tls: starttls"), "{}", finding.what);
    let house = house
        .settings_with("port: 465\n    tls: implicit", "port: 587\n    tls: none")
        .settings_with(
            "    credentials: {user_env: SMTP_USER, password_env: SMTP_PASSWORD}\n",
            "",
        );
    let finding = of(&house.examined().await, "relay", Check::Encryption).clone();
    assert_eq!(finding.state, State::Wrong);
    assert!(
        finding.what.contains("on the same machine only"),
        "{}",
        finding.what
    );
    let certificate = house
        .authority
        .certificate(&["smtp.camara.example"], (2027, 6, 1));
    let house = House {
        settings: SETTINGS.to_owned(),
        ..house
    }
    .settings_with("port: 587", "port: 465\n    tls: implicit");
    let implicit = InboxTls {
        implicit: true,
        ..certificate
    };
    let (house, _inbox) = house.with_relay(Some(implicit)).await;
    let found = house.examined().await;
    for check in [
        Check::Encryption,
        Check::Certificate,
        Check::Greeting,
        Check::Authentication,
    ] {
        assert_eq!(of(&found, "relay", check).state, State::Good, "{check:?}");
    }
}

#[tokio::test]
async fn user_and_password() {
    let (mut house, _inbox) = good_house().await;
    house.secrets.insert("SMTP_PASSWORD", "wrong");
    let finding = of(&house.examined().await, "relay", Check::Authentication).clone();
    assert_eq!((finding.state, finding.may_pass), (State::Wrong, false));
    assert!(
        finding
            .what
            .starts_with("the relay refuses user and password: 535"),
        "{}",
        finding.what
    );
    house.secrets.remove("SMTP_PASSWORD");
    let finding = of(&house.examined().await, "relay", Check::Authentication).clone();
    assert_eq!(finding.state, State::Skipped);
    assert_eq!(finding.what, "not tried: SMTP_PASSWORD is not set");
    house.secrets.clear();
    let found = house.examined().await;
    let finding = of(&found, "relay", Check::Authentication);
    assert_eq!(
        finding.what,
        "not tried: SMTP_USER and SMTP_PASSWORD are not set"
    );
    assert_eq!(of(&found, "sender", Check::Dkim).state, State::Skipped);
}

#[tokio::test]
async fn relays_that_are_away_busy_or_hang() {
    let mut house = House::new();
    house.step = Duration::from_millis(200);
    let found = house.examined().await;
    let finding = of(&found, "relay", Check::Address);
    assert_eq!((finding.state, finding.may_pass), (State::Wrong, true));
    assert!(
        finding.what.contains("does not answer at port 587"),
        "{}",
        finding.what
    );
    for (script, check, may_pass, words) in [
        (vec![Hang], Check::Greeting, true, "no reply within"),
        (vec![Close], Check::Greeting, true, "closed the connection"),
        (
            vec![Say("421 too busy\r\n"), Hang],
            Check::Greeting,
            true,
            "421 too busy",
        ),
        (
            vec![Say("554 go away\r\n"), Hang],
            Check::Greeting,
            false,
            "554 go away",
        ),
        (
            vec![
                Say("220 relay.test\r\n"),
                Hear("EHLO"),
                Say("250-relay.test\r\n250 STARTTLS\r\n"),
                Hear("STARTTLS"),
                Say("220 go\r\n"),
                Hang,
            ],
            Check::Encryption,
            false,
            "TLS handshake",
        ),
    ] {
        let (at, served) = relay(script).await;
        house.relay = Some(at);
        let found = house.examined().await;
        let finding = of(&found, "relay", check);
        assert_eq!(finding.state, State::Wrong, "{words}: {}", finding.what);
        assert_eq!(finding.may_pass, may_pass, "{words}");
        assert!(finding.what.contains(words), "{}", finding.what);
        served.abort();
    }
}

#[tokio::test]
async fn web_hosts() {
    let (mut house, _inbox) = good_house().await;
    let theirs = Authority::new("theirs");
    let names = ["correo.camara.example", "feria.example"];
    for (certificate, state, words) in [
        (
            house.authority.certificate(&names, (2026, 12, 1)),
            State::Wrong,
            "expired on 2026-12-01",
        ),
        (
            house.authority.certificate(&names, (2026, 12, 10)),
            State::Advice,
            "7 days more",
        ),
        (
            house.authority.certificate(&["x.example"], (2027, 6, 1)),
            State::Wrong,
            "for x.example, not for",
        ),
        (
            theirs.certificate(&names, (2027, 6, 1)),
            State::Wrong,
            "nobody whom this machine trusts",
        ),
    ] {
        house.web = Some(web(&certificate, nothing).await);
        let found = house.examined().await;
        for host in names {
            let finding = of(&found, host, Check::Https);
            assert_eq!(finding.state, state, "{}", finding.what);
            assert!(finding.what.contains(words), "{}", finding.what);
        }
    }
    house.web = None;
    let found = house.examined().await;
    let finding = of(&found, "feria.example", Check::Https);
    assert_eq!((finding.state, finding.may_pass), (State::Wrong, true));
    let house = house.zone_line("feria.example. 60", "");
    let finding = of(&house.examined().await, "feria.example", Check::Https).clone();
    assert_eq!(finding.state, State::Advice);
}
