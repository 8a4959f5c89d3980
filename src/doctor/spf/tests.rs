//! The SPF check over names that the test tells.

use super::*;
use crate::doctor::finding::State;
use crate::doctor::told::Told;
use proptest::prelude::*;

fn relay(host: &str, addresses: &[&str]) -> Outgoing {
    Outgoing {
        name: "principal".to_owned(),
        host: host.to_owned(),
        addresses: Ok(addresses.iter().map(|it| it.parse().unwrap()).collect()),
    }
}

async fn examined(record: &[&str], relay: &Outgoing) -> SpfFindings {
    let mut told = Told::default();
    for record in record {
        told = told.text("c.example", record);
    }
    examine(&told, "c.example", std::slice::from_ref(relay)).await
}

fn published_value(finding: &Finding) -> &str {
    &finding.publish.as_ref().unwrap().value
}

#[tokio::test]
async fn a_good_record_that_allows_the_relay() {
    let relay = relay("smtp.c.example", &["192.0.2.1", "10.0.0.1"]);
    let found = examined(&["v=spf1 ip4:192.0.2.0/24 -all", "other"], &relay).await;
    assert_eq!(found.record[0].state, State::Good);
    assert_eq!(found.relays["principal"].state, State::Good);
    assert_eq!(
        found.relays["principal"].what,
        "c.example allows 192.0.2.1 (`ip4:192.0.2.0/24`)"
    );
}

#[tokio::test]
async fn no_record() {
    let found = examined(&[], &relay("smtp.c.example", &["192.0.2.1"])).await;
    assert_eq!(found.record[0].state, State::Wrong);
    assert_eq!(
        published_value(&found.record[0]),
        "v=spf1 a:smtp.c.example ~all"
    );
    assert!(found.relays.is_empty());
}

#[tokio::test]
async fn what_only_this_machine_knows_is_in_no_record() {
    for host in [
        "localhost",
        "mail.localhost",
        "127.0.0.1",
        "::1",
        "10.1.2.3",
        "postfix",
    ] {
        let mut inner = relay(host, &["127.0.0.1", "10.1.2.3"]);
        if !host.contains('1') {
            // Many name servers do not know them.
            inner.addresses = Err(NoAnswer {
                name: host.to_owned(),
                why: "no such name".to_owned(),
            });
        }
        let found = examined(&[], &inner).await;
        let finding = &found.record[0];
        assert_eq!(finding.state, State::Wrong);
        assert!(finding.publish.is_none(), "{finding:?}");
        assert!(finding.what.contains("name the addresses"), "{finding:?}");
        let told = Told::default();
        let outer = relay("smtp.c.example", &["192.0.2.1"]);
        let found = examine(&told, "c.example", &[inner.clone(), outer]).await;
        let finding = &found.record[0];
        assert_eq!(published_value(finding), "v=spf1 a:smtp.c.example ~all");
        let found = examined(&["v=spf1 mx -all"], &inner).await;
        assert_eq!(found.relays["principal"].state, State::Skipped, "{host}");
    }
}

#[tokio::test]
async fn a_relay_that_is_not_allowed() {
    let own = relay("smtp.c.example", &["192.0.2.1"]);
    let found = examined(&["v=spf1 mx -all"], &own).await;
    let finding = &found.relays["principal"];
    assert_eq!(finding.state, State::Wrong);
    assert_eq!(published_value(finding), "v=spf1 mx a:smtp.c.example -all");
    let foreign = relay("smtp.p.example", &["192.0.2.1"]);
    let found = examined(&["v=spf1 redirect=_spf.c.example"], &foreign).await;
    assert_eq!(found.record[0].state, State::Wrong, "{found:?}");
    assert_eq!(found.relays["principal"].state, State::Skipped);
    let found = examined(&["v=spf1 ~all"], &foreign).await;
    assert_eq!(found.relays["principal"].state, State::Advice);
    let literal = relay("192.0.2.1", &["192.0.2.1"]);
    let found = examined(&["v=spf1 ~all"], &literal).await;
    assert_eq!(
        published_value(&found.relays["principal"]),
        "v=spf1 ip4:192.0.2.1 ~all"
    );
}

#[tokio::test]
async fn several_records_become_one() {
    let relay = relay("smtp.c.example", &["192.0.2.1"]);
    let records = ["v=spf1 mx a:x.example -all", "v=spf1 mx redirect=p.example"];
    let found = examined(&records, &relay).await;
    assert_eq!(found.record[0].state, State::Wrong);
    assert_eq!(
        published_value(&found.record[0]),
        "v=spf1 mx a:x.example include:p.example ~all"
    );
}

#[tokio::test]
async fn ends_that_say_too_much_or_nothing() {
    let relay = relay("10.0.0.1", &["10.0.0.1"]);
    for (record, state, value) in [
        ("v=spf1 mx +all", State::Wrong, "v=spf1 mx ~all"),
        ("v=spf1 mx all", State::Wrong, "v=spf1 mx ~all"),
        (
            "v=spf1 ip4:192.0.2.1 ?all",
            State::Advice,
            "v=spf1 ip4:192.0.2.1 ~all",
        ),
        (
            "v=spf1 ip4:192.0.2.1",
            State::Advice,
            "v=spf1 ip4:192.0.2.1 ~all",
        ),
    ] {
        let found = examined(&[record], &relay).await;
        assert_eq!(found.record[0].state, state, "{record}");
        assert_eq!(published_value(&found.record[0]), value);
        assert_eq!(found.relays["principal"].state, State::Skipped);
    }
}

#[tokio::test]
async fn silence_is_not_a_fault() {
    let told = Told::default().failing("c.example");
    let relay = relay("smtp.c.example", &["192.0.2.1"]);
    let found = examine(&told, "c.example", &[relay]).await;
    assert_eq!(found.record[0].state, State::NotKnown);
}

proptest! {
    #[test]
    fn what_is_to_be_published_can_be_read(
        terms in proptest::collection::vec(
            prop_oneof![
                Just("a"), Just("-mx:c.example//64"), Just("ip4:192.0.2.1"), Just("?all"), Just("ALL"),
                Just("include:_spf.c.example"), Just("exists:%{i}.c.example"), Just("what=ever"),
            ],
            0..6,
        ),
        redirect in prop_oneof![Just(""), Just(" redirect=c.example"), Just(" Redirect=%{d}.example")],
    ) {
        let text = format!("v=spf1 {}{redirect}", terms.join("  "));
        prop_assert!(terms_of(&text).is_some());
        let [with_hosts, with_end, with_other] = mended(&text);
        for mended in [&with_hosts, &with_end, &with_other] {
            prop_assert!(terms_of(mended).is_some(), "{mended}");
        }
        let hosts = terms_of(&with_hosts).unwrap();
        prop_assert!(hosts.contains(&"a:smtp.c.example".to_owned()));
        let before_all = hosts.iter().position(|it| it.to_lowercase().ends_with("all"));
        let at = hosts.iter().position(|it| it == "ip6:2001:db8::1").unwrap();
        prop_assert!(before_all.is_none_or(|all| at < all), "{with_hosts}");
        let end = terms_of(&with_end).unwrap().pop();
        prop_assert_eq!(end.as_deref(), Some("~all"));
    }
}
