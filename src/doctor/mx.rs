//! MX (RFC 5321, section 5.1; RFC 7505): whether a domain that we put into mails takes mail.
//!
//! Opens no connection to an exchanger: whether it takes mail for a mailbox is not looked at.

use std::net::IpAddr;

use super::finding::{Check, Finding};
use super::names::Names;

/// Looks at a domain; `purpose` says what arrives there, as in "bounces".
pub(super) async fn examine(names: &dyn Names, domain: &str, purpose: &str) -> Finding {
    let exchangers = match names.exchangers(domain).await {
        Ok(exchangers) => exchangers,
        Err(why) => return Finding::not_known(Check::Mx, why.to_string()),
    };
    if exchangers.is_empty() {
        return match names.addresses(domain).await {
            Err(why) => Finding::not_known(Check::Mx, why.to_string()),
            Ok(addresses) if addresses.is_empty() => Finding::wrong(
                Check::Mx,
                format!(
                    "{domain} takes no mail: it has neither an MX record nor an address, so {purpose} come back to nobody. Publish an MX record that names its mail server"
                ),
            ),
            Ok(_) => Finding::advice(
                Check::Mx,
                format!(
                    "{domain} has no MX record: mail goes to the server at its own address. Publish one that names its mail server"
                ),
            ),
        };
    }
    if exchangers.iter().all(|it| it.host.is_empty()) {
        return Finding::wrong(
            Check::Mx,
            format!(
                "{domain} says that it takes no mail (a null MX, RFC 7505), so {purpose} come back to nobody"
            ),
        );
    }
    let mut dead = Vec::new();
    let mut alive = Vec::new();
    for exchanger in exchangers.iter().filter(|it| !it.host.is_empty()) {
        let host = exchanger.host.as_str();
        // RFC 5321, section 5.1, and RFC 1035, section 3.3.9: a name, never an address.
        if host.parse::<IpAddr>().is_ok() {
            dead.push(host);
            continue;
        }
        match names.addresses(host).await {
            Err(why) => return Finding::not_known(Check::Mx, why.to_string()),
            Ok(addresses) if addresses.is_empty() => dead.push(host),
            Ok(_) => alive.push(host),
        }
    }
    match (alive.as_slice(), dead.as_slice()) {
        (alive, []) => Finding::good(
            Check::Mx,
            format!("{} takes {domain}'s mail", alive.join(", ")),
        ),
        ([], dead) => Finding::wrong(
            Check::Mx,
            format!(
                "{domain}'s mail server is not to be found: {} has no address, so {purpose} come back to nobody",
                dead.join(", ")
            ),
        ),
        (_, dead) => Finding::advice(
            Check::Mx,
            format!(
                "one of {domain}'s mail servers is not to be found: {} has no address",
                dead.join(", ")
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;
    use crate::doctor::told::Told;

    #[tokio::test]
    async fn who_takes_mail() {
        let told = Told::default;
        let named = |host: &str| told().exchanger("c.example", 10, host);
        let here = "mx.c.example";
        for (told, state, words) in [
            (
                named(here).address(here, "192.0.2.1"),
                State::Good,
                "mx.c.example takes",
            ),
            (named(here), State::Wrong, "has no address"),
            (named("192.0.2.1"), State::Wrong, "has no address"),
            (named(""), State::Wrong, "null MX"),
            (told(), State::Wrong, "bounces come back to nobody"),
            (
                told().address("c.example", "192.0.2.1"),
                State::Advice,
                "its own address",
            ),
            (
                named("gone.example")
                    .exchanger("c.example", 20, here)
                    .address(here, "192.0.2.1"),
                State::Advice,
                "gone.example has no address",
            ),
            (told().failing("c.example"), State::NotKnown, "no answer"),
            (named(here).failing(here), State::NotKnown, "no answer"),
        ] {
            let found = examine(&told, "c.example", "bounces").await;
            assert_eq!(found.state, state, "{}", found.what);
            assert!(found.what.contains(words), "{}", found.what);
        }
    }
}
