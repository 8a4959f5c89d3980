//! A ledger takes one key: with another everybody in it is a stranger.

#![allow(clippy::unwrap_used, missing_docs)]

mod support {
    #[allow(dead_code, reason = "shared with the tests of the branch")]
    pub(crate) mod git;
    pub(crate) mod ledger;
}

use postmerge::ledger::branch::{Batch, LedgerError, PublishError};
use postmerge::ledger::event::{Exclusion, RunId, Scope, SuppressionEvent};
use postmerge::mail::recipient_id::RecipientId;
use support::git::git;
use support::ledger::{BRANCH, House, at, fixed, publish};

fn is_other(result: &Result<(), LedgerError>, path: &str) -> bool {
    matches!(result, Err(LedgerError::OtherKey { path: it, .. }) if it == path)
}

fn suppression() -> Batch {
    Batch {
        suppressions: vec![SuppressionEvent::Suppressed {
            recipient: RecipientId([9; 12]),
            scope: Scope::All,
            reason: Exclusion::Unsubscribed,
            at: at(1),
            note: String::new(),
        }],
        ..Batch::new(RunId(1), at(1), "left".to_owned())
    }
}

#[test]
fn a_ledger_of_suppressions_alone_knows_its_key() {
    let house = House::new();
    let mut one = house.ledger("one");
    one.fetch().unwrap();
    one.use_key("00112233".to_owned()).unwrap();
    one.publish(&suppression()).unwrap();
    assert_eq!(
        git(&house.remote(), &["show", &format!("{BRANCH}:KEY")]).trim(),
        "00112233"
    );
    let mut two = house.ledger("two");
    two.fetch().unwrap();
    let refused = two.use_key("44556677".to_owned());
    assert!(is_other(&refused, "KEY"), "{refused:?}");
    two.use_key("00112233".to_owned()).unwrap();
    two.publish(&suppression()).unwrap();
}

#[test]
fn of_two_keys_that_begin_a_ledger_at_once_the_second_is_refused() {
    let house = House::new();
    let (mut one, mut two) = (house.ledger("one"), house.ledger("two"));
    for (ledger, key) in [(&mut one, "00112233"), (&mut two, "44556677")] {
        ledger.fetch().unwrap();
        ledger.use_key(key.to_owned()).unwrap();
    }
    one.publish(&suppression()).unwrap();
    let late = two.publish(&suppression());
    assert!(
        matches!(
            late,
            Err(PublishError::Ledger(LedgerError::OtherKey { .. }))
        ),
        "{late:?}"
    );
}

#[test]
fn where_the_file_is_gone_the_audiences_tell() {
    let house = House::new();
    let mut one = house.ledger("one");
    one.fetch().unwrap();
    publish(&mut one, 1, vec![fixed()]).unwrap();
    let theirs = one
        .header(&support::ledger::occurrence())
        .unwrap()
        .unwrap()
        .key;
    let refused = one.use_key("44556677".to_owned());
    let at = "campaigns/2026/rueda-agro";
    assert!(is_other(&refused, at), "{refused:?}");
    one.use_key(theirs.clone()).unwrap();
    one.publish(&suppression()).unwrap();
    assert_eq!(
        git(&house.remote(), &["show", &format!("{BRANCH}:KEY")]).trim(),
        theirs
    );
}
