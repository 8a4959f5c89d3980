//! A relay: whether it is to be found, greets, encrypts with a good certificate, and takes user and
//! password. Goes the way that a sending goes ([`Smtp::probe`]) and offers no mail.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::time::timeout;

use super::Surroundings;
use super::certificate;
use super::domain::listed;
use super::finding::{Check, Finding};
use super::names::{Names, NoAnswer};
use crate::transport::ConnectError;
use crate::transport::smtp::{Credentials, Probe, ProbeError, Smtp, SmtpConfig, Timeouts, TlsMode};
use crate::transport::tls::Trust;

/// User and password, as far as they are at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Login {
    /// Settings name none.
    NotWanted,
    /// These environment variables are not set.
    NotSet(Vec<String>),
    /// Both.
    Given(Credentials),
}

/// A relay as settings have it.
#[derive(Debug, Clone)]
pub(super) struct Relay {
    /// Its host name or address.
    pub(super) host: String,
    /// Its port.
    pub(super) port: u16,
    /// How the connection is encrypted.
    pub(super) tls: TlsMode,
    /// Authorities to trust besides the machine's, or why they cannot be read.
    pub(super) authorities: Result<Option<Vec<u8>>, String>,
    /// User and password.
    pub(super) login: Login,
    /// What EHLO names us.
    pub(super) client_name: String,
}

/// The addresses of a host, which may be an address itself.
///
/// # Errors
/// [`NoAnswer`].
pub(super) async fn addresses(names: &dyn Names, host: &str) -> Result<Vec<IpAddr>, NoAnswer> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse() {
        Ok(address) => Ok(vec![address]),
        Err(_) => names.addresses(host).await,
    }
}

/// The checks after the one for the address, in the table's order.
const REST: [Check; 4] = [
    Check::Greeting,
    Check::Encryption,
    Check::Certificate,
    Check::Authentication,
];

/// Looks at a relay, except SPF: at its addresses' names where `reverse` says whether they are our
/// own to mend, and at what answers there where it `connects`.
pub(super) async fn examine(
    around: &Surroundings,
    relay: &Relay,
    reverse: Option<bool>,
    connects: bool,
) -> Vec<Finding> {
    let host = &relay.host;
    if reverse.is_none() && !connects {
        return Vec::new();
    }
    let only = |finding: Finding| {
        let reverse = reverse.map(|_| Check::Reverse);
        let rest = reverse.into_iter().chain(REST);
        std::iter::once(finding)
            .chain(rest.map(|check| Finding::skipped(check, "not tried")))
            .collect()
    };
    let found = match addresses(around.names.as_ref(), host).await {
        Ok(found) => found,
        Err(why) => return only(Finding::not_known(Check::Address, why.to_string())),
    };
    if found.is_empty() {
        return only(Finding::wrong(
            Check::Address,
            format!("{host} is not in DNS: it has no address. Is its name right?"),
        ));
    }
    let reverse = async {
        let is_own = reverse?;
        Some(super::reverse::examine(around.names.as_ref(), host, &found, is_own).await)
    };
    let connect = async {
        match connects {
            true => connect(around, relay, &found).await,
            false => Vec::new(),
        }
    };
    let (reverse, mut findings) = tokio::join!(reverse, connect);
    let second = findings.len().min(1);
    findings.splice(second..second, reverse);
    findings
}

async fn connect(around: &Surroundings, relay: &Relay, addresses: &[IpAddr]) -> Vec<Finding> {
    let (host, port) = (&relay.host, relay.port);
    let only = |finding: Finding| {
        std::iter::once(finding)
            .chain(REST.map(|check| Finding::skipped(check, "not tried")))
            .collect()
    };
    let smtp = match client(around, relay) {
        Ok(smtp) => smtp,
        Err(why) => return only(Finding::wrong(Check::Address, why)),
    };
    let at = addresses.iter().map(|it| SocketAddr::new(*it, port));
    let stream = match timeout(around.step, around.dial.dial(at.collect())).await {
        Ok(Ok(stream)) => stream,
        failed => {
            let why = match failed {
                Ok(Err(why)) => why.to_string(),
                _ => format!("no answer within {} s", around.step.as_secs().max(1)),
            };
            return only(
                Finding::wrong(
                    Check::Address,
                    format!("{host} ({}) does not answer at port {port}: {why}. Is the port right, and may this machine go out there?", listed(addresses)),
                )
                .passing(true),
            );
        }
    };
    let probe = smtp.probe(stream).await;
    let mut findings = vec![Finding::good(
        Check::Address,
        format!("{host} ({}) answers at port {port}", listed(addresses)),
    )];
    findings.extend(of_probe(relay, addresses, &probe, around.clock.now()));
    findings
}

/// The client's side, or why there is none.
fn client(around: &Surroundings, relay: &Relay) -> Result<Smtp, String> {
    let mut config = SmtpConfig::new(relay.host.clone(), relay.port);
    config.tls = relay.tls;
    config.client_name = relay.client_name.clone();
    config.timeouts = Timeouts {
        connect: around.step,
        greeting: around.step,
        command: around.step,
        data_block: around.step,
        termination: around.step,
    };
    if let Login::Given(credentials) = &relay.login {
        config.credentials = Some(credentials.clone());
    }
    let trust = match relay.tls {
        TlsMode::Plain => None,
        TlsMode::Implicit | TlsMode::StartTls => {
            let extra = relay.authorities.as_ref().map_err(Clone::clone)?;
            let trust = Trust::at(extra.as_deref(), Arc::clone(&around.clock));
            Some(trust.map_err(|why| why.to_string())?)
        }
    };
    Smtp::trusting(config, trust).map_err(|why| why.to_string())
}

fn of_probe(
    relay: &Relay,
    addresses: &[IpAddr],
    probe: &Probe,
    now: jiff::Timestamp,
) -> Vec<Finding> {
    let skipped = |check| Finding::skipped(check, "not tried");
    let mut greeting = match &probe.greeting {
        Some(reply) => Finding::good(Check::Greeting, format!("\"{reply}\"")),
        None => skipped(Check::Greeting),
    };
    let mut encryption = encryption(relay, addresses, probe);
    let mut certificate = match (relay.tls, probe.encrypted) {
        (TlsMode::Plain, _) => Finding::skipped(Check::Certificate, "there is none without TLS"),
        (_, true) => certificate::judge(Check::Certificate, &relay.host, &probe.chain, now),
        (_, false) => skipped(Check::Certificate),
    };
    let mut authentication = authentication(relay, probe);
    match &probe.ended {
        None => {}
        Some(ProbeError::Greeting(why) | ProbeError::Hello(why)) => {
            greeting = Finding::wrong(Check::Greeting, why.to_string()).passing(why.may_pass());
        }
        Some(ProbeError::StartTls(why)) => {
            encryption =
                Finding::wrong(Check::Encryption, not_encrypted(why)).passing(why.may_pass());
        }
        Some(ProbeError::Handshake(why)) => {
            let hint = match relay.tls {
                TlsMode::Implicit => {
                    " Port 465 speaks TLS from its first byte; 587 and 25 do not (`tls: starttls`)"
                }
                _ => "",
            };
            let what = format!("the TLS handshake with {} failed: {why}.{hint}", relay.host);
            encryption = Finding::wrong(Check::Encryption, what);
        }
        Some(ProbeError::Certificate(fault)) => {
            certificate = certificate::fault(Check::Certificate, &relay.host, fault);
        }
        Some(ProbeError::Authentication(why)) => {
            authentication =
                Finding::wrong(Check::Authentication, refused(why)).passing(why.may_pass());
        }
    }
    vec![greeting, encryption, certificate, authentication]
}

fn encryption(relay: &Relay, addresses: &[IpAddr], probe: &Probe) -> Finding {
    let check = Check::Encryption;
    match (relay.tls, probe.encrypted, probe.starttls) {
        (TlsMode::Implicit, true, _) => Finding::good(check, "TLS from the first byte"),
        (TlsMode::StartTls, true, _) => Finding::good(check, "STARTTLS"),
        (TlsMode::StartTls, false, Some(true)) => Finding::good(check, "STARTTLS is offered"),
        (TlsMode::Plain, _, offered) => {
            if addresses.iter().all(|it| it.to_canonical().is_loopback()) {
                return Finding::good(
                    check,
                    "none (`tls: none`), and the relay is on this machine",
                );
            }
            let hint = match offered {
                Some(true) => "It offers STARTTLS: say `tls: starttls`",
                _ => "Without TLS whoever is in between reads and changes every mail",
            };
            Finding::wrong(
                check,
                format!(
                    "settings say `tls: none`, which is for a relay on the same machine only. {hint}"
                ),
            )
        }
        _ => Finding::skipped(check, "not tried"),
    }
}

fn authentication(relay: &Relay, probe: &Probe) -> Finding {
    let check = Check::Authentication;
    if probe.authenticated {
        return Finding::good(check, "the relay takes user and password");
    }
    match (&relay.login, probe.offers_auth) {
        (Login::NotWanted, _) => Finding::skipped(
            check,
            "not tried: postmerge.yaml names no `credentials` for this relay",
        ),
        (Login::NotSet(_), Some(false)) => Finding::wrong(
            check,
            "the relay offers no AUTH on this connection (neither PLAIN nor LOGIN), and `credentials` are named for it",
        ),
        (Login::NotSet(variables), _) => Finding::skipped(
            check,
            match variables.as_slice() {
                [one] => format!("not tried: {one} is not set"),
                several => format!("not tried: {} are not set", several.join(" and ")),
            },
        ),
        (Login::Given(_), _) => Finding::skipped(check, "not tried"),
    }
}

fn not_encrypted(why: &ConnectError) -> String {
    format!(
        "{why}. Nothing is sent without TLS: ask the relay's operator, or use the port that has it (587, or 465 with `tls: implicit`)"
    )
}

fn refused(why: &ConnectError) -> String {
    match why {
        ConnectError::Authentication { reply, .. } => {
            format!("the relay refuses user and password: {reply}")
        }
        other => other.to_string(),
    }
}
