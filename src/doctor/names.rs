//! What DNS says about names, as the checks ask it.
//!
//! "There is no such record" is an answer, and an empty one. A server that fails or is silent gives
//! none, and then nothing is said about the set-up. Asks nothing that a check did not ask for.

use std::net::IpAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::net::{DnsError as Reply, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::time::timeout;

use crate::clock::BoxFuture;
use crate::transport::resolver::{self, DnsError, Patience};

/// DNS gave no answer: nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("DNS gave no answer about {name}: {why}")]
pub struct NoAnswer {
    /// What was asked for.
    pub name: String,
    /// What the server or the system said.
    pub why: String,
}

/// A server that takes a domain's mail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exchanger {
    /// The lower, the sooner it is tried.
    pub preference: u16,
    /// Its name in lower case, without the dot at its end; empty for "takes no mail" (RFC 7505).
    pub host: String,
}

/// Asks DNS. Names are absolute, with or without the dot at their end; lists are empty where there
/// is no such name or record, and in an order that does not change by chance.
pub trait Names: Send + Sync {
    /// The name's texts, each with its strings joined (RFC 7208, section 3.3).
    fn texts<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<String>, NoAnswer>>;

    /// Its mail exchangers.
    fn exchangers<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<Exchanger>, NoAnswer>>;

    /// Its addresses of both kinds.
    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, NoAnswer>>;

    /// The names that an address points back to.
    fn pointers(&self, address: IpAddr) -> BoxFuture<'_, Result<Vec<String>, NoAnswer>>;
}

/// Asks real servers.
#[derive(Clone)]
pub struct DnsNames {
    resolver: TokioResolver,
    limit: Duration,
}

impl DnsNames {
    /// Asks `server`, or those that the machine is configured with; no answer takes longer than
    /// `limit`.
    ///
    /// # Errors
    /// [`DnsError`].
    pub fn new(server: Option<std::net::SocketAddr>, limit: Duration) -> Result<Self, DnsError> {
        let patience = Patience {
            timeout: limit / 2,
            attempts: 2,
        };
        let resolver = match server {
            Some(server) => resolver::of_server(server, patience)?,
            None => resolver::of_system(patience)?,
        };
        Ok(Self { resolver, limit })
    }

    async fn ask(&self, name: &str, kind: RecordType) -> Result<Vec<RData>, NoAnswer> {
        let failed = |why: String| NoAnswer {
            name: name.to_owned(),
            why,
        };
        // Absolute: the machine's search list must not turn it into another name. Bytes are taken as
        // they are: records that no host may have (`_dmarc`) are asked for, too.
        let absolute = format!("{}.", name.trim_end_matches('.'));
        let Ok(absolute) = Name::from_ascii(&absolute) else {
            // What cannot be a name has no records (RFC 1035, section 3.1).
            return Ok(Vec::new());
        };
        let lookup = timeout(self.limit, self.resolver.lookup(absolute, kind));
        match lookup.await {
            Err(_) => Err(failed(format!(
                "nothing within {} s",
                self.limit.as_secs().max(1)
            ))),
            Ok(Err(error)) if error.is_no_records_found() && !is_failure(&error) => Ok(Vec::new()),
            Ok(Err(error)) => Err(failed(words(&error))),
            Ok(Ok(found)) => {
                let answers = found.answers().iter();
                Ok(answers.map(|record| record.data.clone()).collect())
            }
        }
    }
}

/// An empty answer is one only where the server says that it is sure.
fn is_failure(error: &NetError) -> bool {
    match error {
        NetError::Dns(Reply::NoRecordsFound(none)) => !matches!(
            none.response_code,
            ResponseCode::NoError | ResponseCode::NXDomain
        ),
        _ => true,
    }
}

fn words(error: &NetError) -> String {
    match error {
        NetError::Dns(Reply::ResponseCode(code)) => format!("the server answered \"{code}\""),
        NetError::Dns(Reply::NoRecordsFound(none)) => {
            format!("the server answered \"{}\"", none.response_code)
        }
        NetError::Timeout => "no server answered in time".to_owned(),
        other => other.to_string(),
    }
}

/// In lower case and without the dot at its end.
fn plain(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_lowercase()
}

impl Names for DnsNames {
    fn texts<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<String>, NoAnswer>> {
        Box::pin(async move {
            let found = self.ask(name, RecordType::TXT).await?;
            let mut texts: Vec<String> = found
                .iter()
                .filter_map(|data| match data {
                    RData::TXT(text) => {
                        let joined = text.txt_data.concat();
                        Some(String::from_utf8_lossy(&joined).into_owned())
                    }
                    _ => None,
                })
                .collect();
            texts.sort();
            Ok(texts)
        })
    }

    fn exchangers<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<Exchanger>, NoAnswer>> {
        Box::pin(async move {
            let found = self.ask(name, RecordType::MX).await?;
            let mut exchangers: Vec<Exchanger> = found
                .iter()
                .filter_map(|data| match data {
                    RData::MX(mx) => Some(Exchanger {
                        preference: mx.preference,
                        host: plain(&mx.exchange),
                    }),
                    _ => None,
                })
                .collect();
            exchangers.sort();
            Ok(exchangers)
        })
    }

    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, NoAnswer>> {
        Box::pin(async move {
            let (v4, v6) = tokio::join!(
                self.ask(name, RecordType::A),
                self.ask(name, RecordType::AAAA)
            );
            let mut addresses: Vec<IpAddr> = v4?
                .iter()
                .chain(&v6?)
                .filter_map(|data| match data {
                    RData::A(address) => Some(IpAddr::V4(address.0)),
                    RData::AAAA(address) => Some(IpAddr::V6(address.0)),
                    _ => None,
                })
                .collect();
            addresses.sort();
            addresses.dedup();
            Ok(addresses)
        })
    }

    fn pointers(&self, address: IpAddr) -> BoxFuture<'_, Result<Vec<String>, NoAnswer>> {
        Box::pin(async move {
            let name = Name::from(address).to_ascii();
            let found = self.ask(&name, RecordType::PTR).await?;
            let mut names: Vec<String> = found
                .iter()
                .filter_map(|data| match data {
                    RData::PTR(name) => Some(plain(&name.0)),
                    _ => None,
                })
                .collect();
            names.sort();
            Ok(names)
        })
    }
}
