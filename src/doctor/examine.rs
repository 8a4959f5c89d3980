//! Examining a set-up: what settings name is looked at side by side, and told in their order.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::afterwards::{Aligning, put_spf};
use super::dkim::Own;
use super::domain::{ascii, is_one_organisation, of_mailbox};
use super::finding::{Check, Examination, Finding, Section, Subject};
use super::relay::{Login, Relay};
use super::spf::{Outgoing, SpfFindings};
use super::web::Host;
use super::{DoctorError, Surroundings, alignment, dkim, dmarc, mx, relay, spf, web};
use crate::clock::BoxFuture;
use crate::diagnostic::nearest;
use crate::mail::dkim::{Algorithm, Signer};
use crate::transport::smtp::{Credentials, TlsMode};
use crate::transport::tls::Trust;
use crate::workspace::names::{RelayName, SenderName};
use crate::workspace::settings::{self, DkimAlgorithm, DkimKey, Settings, Tls};

/// Looked at side by side.
const AT_ONCE: usize = 16;

/// What is to be examined.
pub struct Question<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// Reads secrets: environment variables, by name.
    pub secret: &'a dyn Fn(&str) -> Option<String>,
    /// Reads a relay's `ca_file`.
    pub file: &'a dyn Fn(&str) -> Result<Vec<u8>, String>,
    /// Only this sender and its relay.
    pub sender: Option<&'a str>,
    /// Only this relay.
    pub relay: Option<&'a str>,
    /// Whether web hosts, too.
    pub web: bool,
    /// Only these checks; all where absent.
    pub only: Option<&'a [Check]>,
}

impl Question<'_> {
    fn wants(&self, check: Check) -> bool {
        self.only.is_none_or(|only| only.contains(&check))
    }
}

/// Examines it.
///
/// # Errors
/// [`DoctorError`] where settings have no such sender or relay.
pub async fn examine(
    question: &Question<'_>,
    around: &Surroundings,
) -> Result<Examination, DoctorError> {
    Ok(prepare(question, around)?.run().await)
}

/// Reads settings, secrets and files; opens nothing yet.
///
/// # Errors
/// [`DoctorError`] where settings have no such sender or relay.
pub fn prepare(question: &Question<'_>, around: &Surroundings) -> Result<Prepared, DoctorError> {
    let chosen = Chosen::of(question)?;
    let reverse_path = of_mailbox(&question.settings.bounces.address).unwrap_or_default();
    let relays = question.settings.relays.iter();
    Ok(Prepared {
        jobs: chosen.jobs(question, around, &reverse_path),
        outgoing: relays
            .map(|(name, relay)| (name.to_string(), host(&relay.host)))
            .collect(),
        reverse_path: question.wants(Check::Spf).then_some(reverse_path),
        around: around.clone(),
    })
}

/// All that an examination needs.
pub struct Prepared {
    jobs: Vec<Job>,
    /// Every relay's name and host: one SPF record is for all.
    outgoing: Vec<(String, String)>,
    /// The domain whose SPF record is looked at, where it is.
    reverse_path: Option<String>,
    around: Surroundings,
}

impl Prepared {
    /// Examines.
    pub async fn run(self) -> Examination {
        let around = self.around;
        let spf = async {
            let domain = self.reverse_path?;
            let spf = spf_of(&around, &domain, self.outgoing);
            Some(match timeout(around.whole, spf).await {
                Ok(found) => found,
                Err(_) => SpfFindings {
                    record: vec![late(Check::Spf, &around)],
                    relays: BTreeMap::new(),
                },
            })
        };
        let mut jobs = self.jobs;
        let aligning = jobs.iter_mut().filter_map(|job| job.aligning.take());
        let aligning: Vec<Aligning> = aligning.collect();
        let (mut sections, spf) = tokio::join!(together(jobs, &around), spf);
        let spf = spf.unwrap_or_default();
        for one in &aligning {
            one.put(&mut sections, &spf);
        }
        put_spf(&mut sections, spf);
        sections.retain(|section| !section.findings.is_empty());
        Examination { sections }
    }
}

/// What was asked for.
struct Chosen<'a> {
    senders: Vec<(&'a SenderName, &'a settings::Sender)>,
    relays: Vec<(&'a RelayName, &'a settings::Relay)>,
    /// Whether mailboxes, too.
    mailboxes: bool,
    hosts: bool,
}

impl<'a> Chosen<'a> {
    fn of(question: &Question<'a>) -> Result<Self, DoctorError> {
        let settings = question.settings;
        let all = question.sender.is_none() && question.relay.is_none();
        let senders: Vec<_> = match question.sender {
            None if all => settings.senders.iter().collect(),
            None => Vec::new(),
            Some(name) => {
                let found = settings.senders.iter().find(|(it, _)| it.as_str() == name);
                vec![found.ok_or_else(|| {
                    let known: Vec<&str> =
                        settings.senders.keys().map(SenderName::as_str).collect();
                    DoctorError::NoSender {
                        name: name.to_owned(),
                        nearest: nearest(name, &known).map(str::to_owned),
                    }
                })?]
            }
        };
        if let Some(name) = question.relay
            && !settings.relays.keys().any(|it| it.as_str() == name)
        {
            let known: Vec<&str> = settings.relays.keys().map(RelayName::as_str).collect();
            return Err(DoctorError::NoRelay {
                name: name.to_owned(),
                nearest: nearest(name, &known).map(str::to_owned),
            });
        }
        let takes = |name: &RelayName| {
            all || question.relay == Some(name.as_str())
                || senders.iter().any(|(_, sender)| sender.relay == *name)
        };
        Ok(Self {
            relays: settings
                .relays
                .iter()
                .filter(|(name, _)| takes(name))
                .collect(),
            mailboxes: (question.relay.is_none() || question.sender.is_some())
                && (question.wants(Check::Mx) || question.wants(Check::Spf)),
            hosts: question.web && (all || question.only.is_some()) && question.wants(Check::Https),
            senders,
        })
    }

    fn jobs(&self, question: &Question<'_>, around: &Surroundings, reverse_path: &str) -> Vec<Job> {
        let settings = question.settings;
        let mut jobs = Vec::new();
        for (name, sender) in &self.senders {
            jobs.push(sender_job(name, sender, question, around, reverse_path));
        }
        for (name, relay) in &self.relays {
            jobs.push(relay_job(name, relay, question, around, reverse_path));
        }
        if self.mailboxes {
            let boxes = [
                ("bounces", &settings.bounces.address),
                ("unsubscribe", &settings.unsubscribe.address),
            ];
            let mx = question.wants(Check::Mx);
            jobs.extend(boxes.map(|(name, address)| mailbox_job(name, address, around, mx)));
        }
        if self.hosts {
            let trust = Trust::at(around.authorities.as_deref(), Arc::clone(&around.clock));
            let trust = trust.map_err(|why| why.to_string());
            for (host, used_for) in hosts(settings) {
                jobs.push(host_job(host, used_for, around, trust.clone()));
            }
        }
        jobs
    }
}

/// Something to look at.
struct Job {
    subject: Subject,
    /// What is said of where it takes too long.
    check: Check,
    /// Of a sender, what its alignment hangs on.
    aligning: Option<Aligning>,
    work: BoxFuture<'static, Vec<Finding>>,
}

async fn together(jobs: Vec<Job>, around: &Surroundings) -> Vec<Section> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let mut sections = Vec::with_capacity(jobs.len());
    for (number, job) in jobs.into_iter().enumerate() {
        // What ends without a word (a defect) must not pass for good.
        sections.push(Section {
            subject: job.subject,
            findings: vec![Finding::not_known(job.check, "the check broke off")],
        });
        let (places, around) = (Arc::clone(&places), around.clone());
        running.spawn(async move {
            let _place = places.acquire_owned().await;
            let findings = match timeout(around.whole, job.work).await {
                Ok(findings) => findings,
                Err(_) => vec![late(job.check, &around)],
            };
            (number, findings)
        });
    }
    while let Some(ended) = running.join_next().await {
        if let Ok((number, findings)) = ended
            && let Some(section) = sections.get_mut(number)
        {
            section.findings = findings;
        }
    }
    sections
}

fn late(check: Check, around: &Surroundings) -> Finding {
    let limit = around.whole.as_secs().max(1);
    Finding::not_known(check, format!("not done within {limit} s"))
}

async fn spf_of(around: &Surroundings, domain: &str, relays: Vec<(String, String)>) -> SpfFindings {
    let mut outgoing = Vec::with_capacity(relays.len());
    for (name, host) in relays {
        let addresses = relay::addresses(around.names.as_ref(), &host).await;
        outgoing.push(Outgoing {
            name,
            host,
            addresses,
        });
    }
    spf::examine(around.names.as_ref(), domain, &outgoing).await
}

fn sender_job(
    name: &SenderName,
    sender: &settings::Sender,
    question: &Question<'_>,
    around: &Surroundings,
    reverse_path: &str,
) -> Job {
    let keys: Vec<dkim::Key> = sender
        .dkim
        .iter()
        .map(|key| our_key(key, question.secret))
        .collect();
    let signatures = sender.dkim.iter().map(|key| host(&key.domain)).collect();
    let from = of_mailbox(&sender.address);
    let answers = sender.reply_to.as_deref().and_then(of_mailbox);
    let domains = alignment::Domains {
        from: from.clone().unwrap_or_default(),
        reverse_path: reverse_path.to_owned(),
        signatures,
    };
    let known = Arc::new(OnceLock::new());
    let aligning = Aligning {
        sender: name.to_string(),
        relay: sender.relay.to_string(),
        domains: domains.clone(),
        policy: Arc::clone(&known),
    };
    let tell = known;
    let names = Arc::clone(&around.names);
    let [dkim, dmarc, mx] = [Check::Dkim, Check::Dmarc, Check::Mx].map(|it| question.wants(it));
    let work = async move {
        let names = names.as_ref();
        let mut found = Vec::new();
        for key in keys.iter().filter(|_| dkim) {
            found.push(dkim::examine(names, key).await);
        }
        if keys.is_empty() && dkim {
            found.push(Finding::skipped(
                Check::Dkim,
                "not tried: postmerge.yaml names no `dkim` for this sender",
            ));
        }
        if dmarc {
            let published = dmarc::published(names, &domains.from).await;
            found.push(dmarc::judge(&domains.from, &published));
            // Only with what is found about SPF can the rest be said.
            let policy = match published {
                Ok(dmarc::Published::Found { policy, .. }) => Some(policy),
                _ => None,
            };
            let _ = tell.set(policy);
        }
        let of_answers = answers.filter(|it| *it != domains.from);
        for domain in [Some(domains.from), of_answers].into_iter().flatten() {
            if mx {
                found.push(mx::examine(names, &domain, "answers").await);
            }
        }
        found
    };
    Job {
        subject: Subject::Sender {
            name: name.to_string(),
            address: sender.address.clone(),
        },
        check: Check::Dmarc,
        aligning: Some(aligning),
        work: Box::pin(work),
    }
}

fn our_key(key: &DkimKey, secret: &dyn Fn(&str) -> Option<String>) -> dkim::Key {
    let algorithm = match key.algorithm {
        DkimAlgorithm::RsaSha256 => Algorithm::RsaSha256,
        DkimAlgorithm::Ed25519Sha256 => Algorithm::Ed25519Sha256,
    };
    let own = match secret(&key.key_env) {
        None => Own::NotSet(key.key_env.clone()),
        Some(pem) => match Signer::from_pem(&key.domain, &key.selector, algorithm, &pem) {
            Ok(signer) => Own::Record(signer.record()),
            Err(why) => Own::Unusable(format!("our private key in {}: {why}", key.key_env)),
        },
    };
    dkim::Key {
        name: format!("{}._domainkey.{}", key.selector, host(&key.domain)),
        is_rsa: algorithm == Algorithm::RsaSha256,
        own,
    }
}

fn relay_job(
    name: &RelayName,
    relay: &settings::Relay,
    question: &Question<'_>,
    around: &Surroundings,
    reverse_path: &str,
) -> Job {
    let look_at = Relay {
        host: host(&relay.host),
        port: relay.port,
        tls: match relay.tls {
            Tls::Starttls => TlsMode::StartTls,
            Tls::Implicit => TlsMode::Implicit,
            Tls::None => TlsMode::Plain,
        },
        authorities: match &relay.ca_file {
            None => Ok(None),
            Some(file) => (question.file)(file)
                .map(Some)
                .map_err(|why| format!("`ca_file` {file}: {why}")),
        },
        login: login(relay, question.secret),
        client_name: match reverse_path.is_empty() {
            true => "localhost".to_owned(),
            false => reverse_path.to_owned(),
        },
    };
    let is_own = is_one_organisation(&look_at.host, reverse_path);
    let reverse = question.wants(Check::Reverse).then_some(is_own);
    let connects = question.wants(Check::Address);
    let around = around.clone();
    Job {
        subject: Subject::Relay {
            name: name.to_string(),
            host: relay.host.clone(),
            port: relay.port,
        },
        check: Check::Address,
        aligning: None,
        work: Box::pin(async move { relay::examine(&around, &look_at, reverse, connects).await }),
    }
}

fn login(relay: &settings::Relay, secret: &dyn Fn(&str) -> Option<String>) -> Login {
    let Some(named) = &relay.credentials else {
        return Login::NotWanted;
    };
    match (secret(&named.user_env), secret(&named.password_env)) {
        (Some(user), Some(password)) => Login::Given(Credentials { user, password }),
        (user, password) => {
            let lacking = [(user, &named.user_env), (password, &named.password_env)];
            let lacking = lacking.into_iter().filter(|(value, _)| value.is_none());
            Login::NotSet(lacking.map(|(_, name)| name.clone()).collect())
        }
    }
}

fn mailbox_job(name: &str, address: &str, around: &Surroundings, looks: bool) -> Job {
    let purpose = match name {
        "bounces" => "bounces",
        _ => "wishes to leave",
    };
    let names = Arc::clone(&around.names);
    let domain = of_mailbox(address);
    let shown = address.to_owned();
    Job {
        subject: Subject::Mailbox {
            name: name.to_owned(),
            address: address.to_owned(),
        },
        check: Check::Mx,
        aligning: None,
        work: Box::pin(async move {
            if !looks {
                return Vec::new();
            }
            vec![match domain {
                Some(domain) => mx::examine(names.as_ref(), &domain, purpose).await,
                None => Finding::wrong(Check::Mx, format!("`{shown}` is no mail address")),
            }]
        }),
    }
}

fn host_job(
    host: Host,
    used_for: String,
    around: &Surroundings,
    trust: Result<Trust, String>,
) -> Job {
    let around = around.clone();
    Job {
        subject: Subject::Host {
            name: host.name.clone(),
            used_for,
        },
        check: Check::Https,
        aligning: None,
        work: Box::pin(async move { vec![web::examine(&around, &host, &trust).await] }),
    }
}

/// The hosts that mails lead to, each once, with the keys in settings that name it.
fn hosts(settings: &Settings) -> Vec<(Host, String)> {
    let mut found: Vec<(Host, String)> = Vec::new();
    let urls = [
        ("portal", settings.portal.as_ref().map(|it| &it.url)),
        ("publish", settings.publish.as_ref().map(|it| &it.url)),
    ];
    let named = urls
        .into_iter()
        .filter_map(|(key, url)| Some((Host::of_url(url?)?, key)));
    let links = settings.policy.link_domains.iter().filter_map(|domain| {
        let host = Host {
            name: ascii(domain)?,
            port: None,
            may_be_absent: true,
        };
        Some((host, "link_domains"))
    });
    for (host, key) in named.chain(links) {
        let same = |it: &&mut (Host, String)| it.0.name == host.name && it.0.port == host.port;
        match found.iter_mut().find(same) {
            Some((_, keys)) => *keys = format!("{keys}, {key}"),
            None => found.push((host, key.to_owned())),
        }
    }
    found
}

/// In ASCII where it is a domain, as it is where not: then its check says so.
fn host(name: &str) -> String {
    ascii(name).unwrap_or_else(|| name.to_owned())
}
