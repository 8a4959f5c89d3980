//! Which server takes a domain's mail (MX, RFC 5321 §5.1).
//!
//! The answer only sorts recipients by provider for the pace; no mail is ever sent to it. So every
//! failure is "not known", and nothing is tried twice. The caller bounds how many it asks for at
//! once; answers are kept for as long as DNS allows.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;

use super::resolver::{self, DnsError, Patience};
use crate::clock::BoxFuture;

/// One lookup takes no longer than this.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Finds exchangers.
pub trait Exchangers: Send + Sync {
    /// The name of the domain's most preferred exchanger, in lower case and without the dot at its
    /// end. `None` where it has none (RFC 7505's null MX too) or it could not be found out.
    fn best<'a>(&'a self, domain: &'a str) -> BoxFuture<'a, Option<String>>;
}

/// Knows none: for work without a network.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoExchangers;

impl Exchangers for NoExchangers {
    fn best<'a>(&'a self, _domain: &'a str) -> BoxFuture<'a, Option<String>> {
        Box::pin(std::future::ready(None))
    }
}

/// Asks DNS.
#[derive(Clone)]
pub struct DnsExchangers(TokioResolver);

/// Asked once: what is not known now is not worth waiting for.
const PATIENCE: Patience = Patience {
    timeout: TIMEOUT,
    attempts: 1,
};

impl DnsExchangers {
    /// Asks the servers that the machine is configured with.
    ///
    /// # Errors
    /// [`DnsError`] where the machine's configuration cannot be read.
    pub fn from_system() -> Result<Self, DnsError> {
        resolver::of_system(PATIENCE).map(Self)
    }

    /// Asks this server only.
    ///
    /// # Errors
    /// [`DnsError`] where no resolver can be made.
    pub fn from_server(server: SocketAddr) -> Result<Self, DnsError> {
        resolver::of_server(server, PATIENCE).map(Self)
    }
}

impl Exchangers for DnsExchangers {
    fn best<'a>(&'a self, domain: &'a str) -> BoxFuture<'a, Option<String>> {
        Box::pin(async move {
            // Absolute: the machine's search list must not turn it into another domain.
            let name = format!("{}.", domain.trim_end_matches('.'));
            let lookup = tokio::time::timeout(TIMEOUT, self.0.mx_lookup(name));
            let found = lookup.await.ok()?.ok()?;
            let exchangers = found
                .answers()
                .iter()
                .filter_map(|record| match &record.data {
                    RData::MX(mx) => Some((mx.preference, mx.exchange.to_ascii().to_lowercase())),
                    _ => None,
                });
            // Equal preferences: the first by name, so that the answer does not change by chance.
            let (_, best) = exchangers.min()?;
            let best = best.trim_end_matches('.');
            (!best.is_empty()).then(|| best.to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::UdpSocket;

    /// A name in a DNS message (RFC 1035 §3.1).
    fn encoded(name: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        for label in name.split('.').filter(|label| !label.is_empty()) {
            bytes.push(u8::try_from(label.len()).unwrap());
            bytes.extend(label.bytes());
        }
        bytes.push(0);
        bytes
    }

    /// Repeats the question and answers it (RFC 1035 §4.1); `None` for silence.
    fn reply(query: &[u8]) -> Option<Vec<u8>> {
        let end = 12 + query[12..].iter().position(|byte| *byte == 0)? + 5;
        let question = &query[12..end];
        let asked = String::from_utf8_lossy(question).to_lowercase();
        let (code, answers): (u8, &[(u16, &str)]) = if asked.contains("camara") {
            (
                0,
                &[
                    (20, "backup.example"),
                    (10, "ASPMX.L.Google.com"),
                    (10, "zz.example"),
                ],
            )
        } else if asked.contains("nullmx") {
            (0, &[(0, "")])
        } else if asked.contains("silent") {
            return None;
        } else {
            (3, &[])
        };
        let mut reply = query[..2].to_vec();
        reply.extend([
            0x81,
            0x80 | code,
            0,
            1,
            0,
            u8::try_from(answers.len()).unwrap(),
            0,
            0,
            0,
            0,
        ]);
        reply.extend(question);
        for (preference, name) in answers {
            let name = encoded(name);
            reply.extend([0xc0, 12, 0, 15, 0, 1, 0, 0, 0, 60]);
            reply.extend(u16::try_from(name.len() + 2).unwrap().to_be_bytes());
            reply.extend(preference.to_be_bytes());
            reply.extend(name);
        }
        Some(reply)
    }

    async fn server() -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut query = [0; 1500];
            while let Ok((length, peer)) = socket.recv_from(&mut query).await {
                if let Some(reply) = reply(&query[..length]) {
                    let _ = socket.send_to(&reply, peer).await;
                }
            }
        });
        address
    }

    #[tokio::test]
    async fn the_most_preferred_is_found() {
        let dns = DnsExchangers::from_server(server().await).unwrap();
        let best = dns.best("camara.example").await;
        assert_eq!(best.as_deref(), Some("aspmx.l.google.com"));
        assert_eq!(dns.best("camara.example.").await, best);
    }

    #[tokio::test]
    async fn what_is_not_known_is_none() {
        let dns = DnsExchangers::from_server(server().await).unwrap();
        for domain in [
            "missing.example",
            "nullmx.example",
            "",
            "..",
            "a b",
            "ñ.example",
        ] {
            assert_eq!(dns.best(domain).await, None, "{domain}");
        }
        assert_eq!(NoExchangers.best("camara.example").await, None);
    }

    #[tokio::test]
    async fn a_silent_server_is_not_waited_for() {
        let dns = DnsExchangers::from_server(server().await).unwrap();
        let answer = tokio::time::timeout(TIMEOUT * 2, dns.best("silent.example")).await;
        assert_eq!(answer, Ok(None));
    }
}
