//! The service that recipients reach over https.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::network::Network;

/// The service that recipients reach over https.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Portal {
    /// Its address, `https://…`, without a slash at the end. To try it on one's own machine `http://127.0.0.1:8025`: nothing is sent then.
    #[schemars(regex(
        pattern = r"^(https://[^/\s]+|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?)(/[^\s]*[^/\s])?$"
    ))]
    pub url: String,
    /// Where it is said how personal data are treated.
    #[serde(default)]
    #[schemars(regex(pattern = r"^https://[^\s]+$"))]
    pub privacy: Option<String>,
    /// The proxies in front of it, addresses or networks: only what these say of whom they ask for counts.
    #[serde(default = "this_machine")]
    #[schemars(with = "Vec<String>")]
    pub proxies: Vec<Network>,
    /// Who reads `/metrics` besides this machine itself: addresses or networks, `10.88.0.0/16`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub metrics: Vec<Network>,
    /// Hands out the documents that each recipient has for themselves, so many days after the mail; absent: they are published
    /// with the others.
    #[serde(default)]
    #[schemars(range(min = 1, max = 3650))]
    pub documents: Option<u16>,
}

impl Portal {
    /// Whether it is this machine's own, where recipients reach nothing.
    pub fn is_here(&self) -> bool {
        let rest = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        ["localhost", "127.0.0.1"].contains(&host)
    }
}

fn this_machine() -> Vec<Network> {
    let addresses = [
        IpAddr::from(std::net::Ipv4Addr::LOCALHOST),
        IpAddr::from(std::net::Ipv6Addr::LOCALHOST),
    ];
    addresses.map(Network::from).to_vec()
}
