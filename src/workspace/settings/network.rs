//! An address or a network, as settings name who may do something: `10.1.2.3`, `10.88.0.0/16`, `2001:db8::/32`.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

impl Network {
    /// Whether an address is in it; an IPv4 address in IPv6's clothes is an IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let alone = || text.parse::<IpAddr>().ok().map(Self::from);
        let parsed = text.parse::<IpNet>().ok().map(Self).or_else(alone);
        parsed.ok_or_else(|| {
            format!("`{text}` is no address and no network, such as 10.1.2.3 or 10.88.0.0/16")
        })
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(IpNet::from(address.to_canonical()))
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        let net = network.0;
        match net.prefix_len() == net.max_prefix_len() {
            true => net.addr().to_string(),
            false => net.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks_are_read() {
        let holds = |network: &str, address: &str| {
            let network = Network::try_from(network.to_owned()).unwrap();
            network.contains(address.parse().unwrap())
        };
        assert!(holds("10.88.0.0/16", "10.88.3.4"));
        assert!(holds("10.88.0.0/16", "::ffff:10.88.3.4"));
        assert!(!holds("10.88.0.0/16", "10.89.3.4"));
        assert!(holds("10.1.2.3", "10.1.2.3") && !holds("10.1.2.3", "10.1.2.4"));
        assert!(holds("2001:db8::/32", "2001:db8:1::7") && !holds("2001:db8::/32", "::1"));
        // As settings could always name proxies.
        assert!(holds("::ffff:10.1.2.3", "10.1.2.3") && holds("::1", "::1"));
        let written = |text: &str| String::from(Network::try_from(text.to_owned()).unwrap());
        assert_eq!(written("10.1.2.3"), "10.1.2.3");
        assert_eq!(written("10.88.0.0/16"), "10.88.0.0/16");
        for wrong in ["", "10.88", "10.88.0.0/33", "example.org", "all"] {
            assert!(Network::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
