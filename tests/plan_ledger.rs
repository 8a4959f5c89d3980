//! What a plan knows of the ledger: what is left of campaigns that have begun.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deliver_common::*;
use jiff::Timestamp;
use postmerge::deliver::run::{Order, open};
use postmerge::mail::occurrence::CampaignId;
use postmerge::plan::planning::{Request, State, plan};
use postmerge::plan::proposal::{CampaignPlan, Plan};
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::workspace::Workspace;
use postmerge::workspace::checkout::Checkout;
use postmerge::workspace::settings::LedgerSettings;
use postmerge::workspace::source::Source;

impl House {
    /// Of the author's folder as it lies there, with the ledger as the remote has it.
    fn planned(&self, only: &[&str], now: Timestamp) -> Plan {
        let ids = |ids: &[&str]| -> Vec<CampaignId> {
            ids.iter()
                .map(|id| CampaignId::parse(id).unwrap())
                .collect()
        };
        let source: Arc<dyn Source> = Arc::new(Checkout::new(&self.author()));
        let (workspace, _) = Workspace::load(&*source).as_far_as_read().unwrap();
        let path = self.clone_of("reader");
        let ledger = open(&path, &LedgerSettings::default()).unwrap().ledger;
        plan(&Request {
            proposed: State {
                source,
                whence: "the workspace".to_owned(),
                workspace: Arc::new(workspace),
            },
            base: None,
            only: &ids(only).into_iter().collect::<BTreeSet<_>>(),
            ledger: Some(&ledger),
            key: None,
            received: &ids(&["uno", "dos"]),
            problems: &[],
            unreadable: &BTreeMap::new(),
            now,
        })
        .unwrap()
    }
}

fn one<'a>(plan: &'a Plan, id: &str) -> &'a CampaignPlan {
    let mut campaigns = plan.campaigns.iter();
    campaigns.find(|it| it.id.as_str() == id).unwrap()
}

#[test]
fn what_is_left_of_a_campaign_that_has_begun_goes_first() {
    let house = House::new(Mailboxes::new(), &people(100, &["a.test"]), "pause: 10s");
    let clock = clock();
    let order = Order {
        until: Some(at("2026-12-02T17:05:00Z")),
        ..Order::default()
    };
    let summary = house.ordered("one", 1, &clock, &order).unwrap();
    let left = line(&summary, "uno").counts.pending;
    assert!((50..90).contains(&left), "{summary:?}");
    house.campaign("dos", "");
    house.members(&people(20, &["a.test"]));
    let now = at("2026-12-02T17:10:00Z");
    for only in [&["dos"][..], &["uno", "dos"]] {
        let plan = house.planned(only, now);
        let pace = &one(&plan, "dos").sending.as_ref().unwrap().pace;
        assert_eq!(pace.beside, ["uno"]);
        // From start to start ten seconds, `uno`'s before them.
        let first = pace.first.unwrap().duration_since(now).as_secs();
        assert_eq!(first, 10 * i64::try_from(left).unwrap());
        let last = pace.last.unwrap().duration_since(now).as_secs();
        assert_eq!(last, first + 190);
    }
}
