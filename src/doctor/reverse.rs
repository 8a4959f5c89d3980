//! Reverse DNS of a relay: whether its addresses have names (PTR, RFC 1035, section 3.5), and the
//! names lead back to them (RFC 1912, section 2.1).
//!
//! Only whoever has an address can give it a name. A foreign relay may send from other addresses, so
//! what is wrong with it is advice.

use std::net::IpAddr;

use super::domain::{is_public, listed};
use super::finding::{Check, DnsRecord, Finding, RecordKind};
use super::names::Names;

/// Looks at the addresses that `host` has.
pub(super) async fn examine(
    names: &dyn Names,
    host: &str,
    addresses: &[IpAddr],
    is_own: bool,
) -> Finding {
    let public: Vec<IpAddr> = addresses
        .iter()
        .copied()
        .filter(|it| is_public(*it))
        .collect();
    if public.is_empty() {
        let what = format!(
            "not tried: {} is not an address that the world can reach",
            listed(addresses)
        );
        return Finding::skipped(Check::Reverse, what);
    }
    let mut good = Vec::new();
    for address in public {
        match of_address(names, host, address).await {
            Ok(name) => good.push(format!("{address} is {name}")),
            Err(finding) if is_own || finding.state != super::finding::State::Wrong => {
                return finding;
            }
            Err(finding) => {
                let what = format!(
                    "{}. Its operator may send from other addresses, and can mend it",
                    finding.what
                );
                return Finding::advice(Check::Reverse, what);
            }
        }
    }
    Finding::good(
        Check::Reverse,
        format!("{}, there and back", good.join("; ")),
    )
}

/// The name that leads back to the address.
async fn of_address(names: &dyn Names, host: &str, address: IpAddr) -> Result<String, Finding> {
    let silent = |why: super::names::NoAnswer| Finding::not_known(Check::Reverse, why.to_string());
    let wrong = |what: String, instead_of: Vec<String>| {
        let finding = Finding::wrong(Check::Reverse, what);
        match host.parse::<IpAddr>() {
            Ok(_) => finding,
            Err(_) => finding.publish(DnsRecord {
                name: reverse_name(address),
                kind: RecordKind::Ptr,
                value: format!("{host}."),
                instead_of,
            }),
        }
    };
    let pointers = names.pointers(address).await.map_err(silent)?;
    if pointers.is_empty() {
        let what = format!("{address} has no name (PTR): many receivers refuse mail from such");
        return Err(wrong(what, Vec::new()));
    }
    for name in &pointers {
        if names
            .addresses(name)
            .await
            .map_err(silent)?
            .contains(&address)
        {
            return Ok(name.clone());
        }
    }
    let what = format!(
        "{address} is named {}, and that name does not lead back to it",
        pointers.join(", ")
    );
    Err(wrong(what, pointers))
}

/// Where an address's name stands: `10.2.0.192.in-addr.arpa` (RFC 1035, section 3.5; RFC 3596).
fn reverse_name(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let mut name = String::with_capacity(72);
            for octet in v6.octets().iter().rev() {
                name.push_str(&format!("{:x}.{:x}.", octet & 15, octet >> 4));
            }
            name + "ip6.arpa"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;
    use crate::doctor::told::Told;

    async fn examined(told: &Told, address: &str, is_own: bool) -> Finding {
        examine(told, "smtp.c.example", &[address.parse().unwrap()], is_own).await
    }

    #[tokio::test]
    async fn there_and_back() {
        let told = Told::default()
            .pointer("192.0.2.1", "other.example")
            .pointer("192.0.2.1", "smtp.c.example")
            .address("smtp.c.example", "192.0.2.1");
        let found = examined(&told, "192.0.2.1", true).await;
        assert_eq!(found.state, State::Good);
        assert_eq!(found.what, "192.0.2.1 is smtp.c.example, there and back");
    }

    #[tokio::test]
    async fn no_name_or_one_that_leads_elsewhere() {
        let elsewhere = Told::default()
            .pointer("2001:db8::1", "x.example")
            .address("x.example", "2001:db8::2");
        for (told, words, instead_of) in [
            (Told::default(), "has no name", 0),
            (elsewhere, "does not lead back", 1),
        ] {
            let found = examined(&told, "2001:db8::1", true).await;
            assert_eq!(found.state, State::Wrong);
            assert!(found.what.contains(words), "{}", found.what);
            let record = found.publish.unwrap();
            assert_eq!(
                record.name,
                "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
            );
            assert_eq!(record.value, "smtp.c.example.");
            assert_eq!(record.instead_of.len(), instead_of);
            let foreign = examined(&told, "2001:db8::1", false).await;
            assert_eq!((foreign.state, foreign.publish), (State::Advice, None));
        }
        assert_eq!(
            reverse_name("192.0.2.10".parse().unwrap()),
            "10.2.0.192.in-addr.arpa"
        );
    }

    #[tokio::test]
    async fn inside_and_silent() {
        let told = Told::default().failing("192.0.2.1");
        assert_eq!(
            examined(&told, "127.0.0.1", true).await.state,
            State::Skipped
        );
        assert_eq!(
            examined(&told, "192.0.2.1", false).await.state,
            State::NotKnown
        );
    }
}
