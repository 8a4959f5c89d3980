//! Web hosts that mails lead to: whether each answers over https with a good certificate.
//!
//! A handshake, and no request: what a page says is its owner's affair.

use std::net::SocketAddr;

use rustls::pki_types::ServerName;
use tokio::time::timeout;

use super::Surroundings;
use super::certificate;
use super::domain::listed;
use super::finding::{Check, Finding};
use super::relay::addresses;
use crate::transport::tls::{self, Trust};

/// A host, and the port that it is asked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    /// Its name in ASCII.
    pub(super) name: String,
    /// Its port, where its address names one.
    pub(super) port: Option<u16>,
    /// Whether links may also lead to hosts below it only: then it need not exist itself.
    pub(super) may_be_absent: bool,
}

impl Host {
    /// The host of an https address.
    pub(super) fn of_url(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        if !scheme.eq_ignore_ascii_case("https") {
            return None;
        }
        let authority = rest.split(['/', '?', '#']).next()?;
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let (name, port) = match authority.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, Some(port.parse().ok()?)),
            _ => (authority, None),
        };
        let name = match name.starts_with('[') {
            true => name.to_owned(),
            false => super::domain::ascii(name)?,
        };
        Some(Self {
            name,
            port,
            may_be_absent: false,
        })
    }
}

/// Looks at a host.
pub(super) async fn examine(
    around: &Surroundings,
    host: &Host,
    trust: &Result<Trust, String>,
) -> Finding {
    let name = &host.name;
    let port = host.port.unwrap_or(around.https_port);
    let found = match addresses(around.names.as_ref(), name).await {
        Ok(found) => found,
        Err(why) => return Finding::not_known(Check::Https, why.to_string()),
    };
    if found.is_empty() {
        return match host.may_be_absent {
            true => Finding::advice(
                Check::Https,
                format!(
                    "{name} has no address. That is fine where links lead only to hosts below it; those were not tried"
                ),
            ),
            false => Finding::wrong(
                Check::Https,
                format!("{name} is not in DNS: every link to it is dead"),
            ),
        };
    }
    let trust = match trust {
        Ok(trust) => trust,
        Err(why) => return Finding::not_known(Check::Https, why.clone()),
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let Ok(server) = ServerName::try_from(bare.to_owned()) else {
        return Finding::wrong(Check::Https, format!("{name} is no host name"));
    };
    let at = found.iter().map(|it| SocketAddr::new(*it, port)).collect();
    let late = || {
        Finding::wrong(
            Check::Https,
            format!(
                "{name} did not answer within {} s",
                around.step.as_secs().max(1)
            ),
        )
        .passing(true)
    };
    let stream = match timeout(around.step, around.dial.dial(at)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(why)) => {
            return Finding::wrong(
                Check::Https,
                format!(
                    "{name} ({}) does not answer at port {port}: {why}",
                    listed(&found)
                ),
            )
            .passing(true);
        }
        Err(_) => return late(),
    };
    match timeout(around.step, trust.handshake(server, stream)).await {
        Err(_) => late(),
        Ok(Ok(stream)) => {
            let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
            certificate::judge(Check::Https, name, chain, around.clock.now())
        }
        Ok(Err(error)) => match tls::fault(&error) {
            Some(fault) => certificate::fault(Check::Https, name, &fault),
            None => Finding::wrong(
                Check::Https,
                format!("{name} does not speak https at port {port}: {error}"),
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_addresses() {
        for (url, expected) in [
            (
                "https://correo.camara.example",
                Some(("correo.camara.example", None)),
            ),
            (
                "https://Correo.Cámara.example/a?b#c",
                Some(("correo.xn--cmara-xqa.example", None)),
            ),
            ("https://c.example:8443/x", Some(("c.example", Some(8443)))),
            ("https://u@c.example/", Some(("c.example", None))),
            ("https://[::1]:8443/", Some(("[::1]", Some(8443)))),
            ("https://[::1]", Some(("[::1]", None))),
            ("http://c.example", None),
            ("https://", None),
            ("https://c.example:x", None),
            ("c.example", None),
        ] {
            let host = Host::of_url(url).map(|host| (host.name, host.port));
            let expected = expected.map(|(name, port): (&str, _)| (name.to_owned(), port));
            assert_eq!(host, expected, "{url}");
        }
    }
}
