//! What a plan knows of the ledger: what went out already under another name, and what is left of campaigns that have begun.
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
use jiff::tz::TimeZone;
use postmerge::clock::VirtualClock;
use postmerge::deliver::run::{Order, open};
use postmerge::mail::occurrence::CampaignId;
use postmerge::plan::planning::{Request, State, plan};
use postmerge::plan::proposal::{CampaignPlan, Plan, When};
use postmerge::report::{plan_json, plan_markdown, plan_text};
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

    fn rename(&self, from: &str, to: &str) {
        let folder = self.author().join("campaigns");
        std::fs::rename(folder.join(from), folder.join(to)).unwrap();
    }
}

fn one<'a>(plan: &'a Plan, id: &str) -> &'a CampaignPlan {
    let mut campaigns = plan.campaigns.iter();
    campaigns.find(|it| it.id.as_str() == id).unwrap()
}

/// `uno` went out to four.
fn sent() -> (House, VirtualClock) {
    let house = House::new(Mailboxes::new(), &people(4, &["a.test"]), "pause: 1s");
    let clock = clock();
    assert_eq!(house.run("one", 1, &clock).accepted, 4);
    (house, clock)
}

#[test]
fn a_renamed_folder_would_be_held_and_all_renderings_say_as_what_it_went_out() {
    let (house, clock) = sent();
    house.rename("uno", "uno-bis");
    let plan = house.planned(&[], now_of(&clock));
    let bis = one(&plan, "uno-bis");
    assert!(bis.is_stuck() && !bis.goes_out());
    let zone = TimeZone::get("America/Bogota").unwrap();
    let (text, page) = (
        plan_text::render(&plan, &zone),
        plan_markdown::render(&plan, &zone),
    );
    let words = "it went out on 2026-12-02 as uno, from a folder with the same files";
    assert!(text.contains(&format!("HELD       {words}")), "{text}");
    assert!(
        page.contains("**It would be held:** it went out on 2026-12-02 as uno"),
        "{page}"
    );
    let json: serde_json::Value = serde_json::from_str(&plan_json::render(&plan)).unwrap();
    let campaign = &json["campaigns"][0];
    assert_eq!(
        campaign["sent_before"],
        serde_json::json!({"occurrence": "uno", "on": "2026-12-02", "how": "folder-renamed"})
    );
    assert_eq!(campaign["stuck"], true);
    // `send` holds it by the same words.
    house.push("renamed");
    let summary = house.run("one", 2, &clock);
    let note = line(&summary, "uno-bis").note.clone().unwrap_or_default();
    assert!(note.contains(words.trim_start_matches("it ")), "{note}");
    assert_eq!(house.boxes.copies(), 4);
    // With a reason it goes out; with another text it is another campaign.
    let definition = "campaigns/uno-bis/campaign.yaml";
    house.edit(
        definition,
        "sender:",
        "force: {reason: salió con un error}\nsender:",
    );
    assert!(one(&house.planned(&[], now_of(&clock)), "uno-bis").goes_out());
    house.edit(definition, "force: {reason: salió con un error}\n", "");
    house.write("campaigns/uno-bis/body.md", "Otra cosa.\n");
    let plan = house.planned(&[], now_of(&clock));
    assert!(one(&plan, "uno-bis").goes_out());
}

#[test]
fn another_period_would_be_held_and_what_is_moved_later_was_not_missed() {
    let (house, clock) = sent();
    house.edit(
        "campaigns/uno/campaign.yaml",
        "send: {",
        "send: {every: month, ",
    );
    let plan = house.planned(&[], now_of(&clock));
    let uno = one(&plan, "uno");
    let before = uno
        .sent_before()
        .map(ToString::to_string)
        .unwrap_or_default();
    assert!(
        before.contains("as uno, before `every` was changed"),
        "{before}"
    );
    assert!(uno.is_stuck());
    house.edit("campaigns/uno/campaign.yaml", "every: month, ", "");
    house.rename("uno", "uno-bis");
    let plan = house.planned(&[], at("2026-12-04T17:00:00Z"));
    let bis = one(&plan, "uno-bis");
    assert!(
        matches!(bis.when, When::SentBefore(_)) && !bis.is_stuck(),
        "{bis:?}"
    );
    let text = plan_text::render(&plan, &TimeZone::UTC);
    assert!(
        text.contains("not: it went out on 2026-12-02 as uno"),
        "{text}"
    );
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
