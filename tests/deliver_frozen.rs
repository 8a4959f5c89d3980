//! What a start froze is what is sent, and nothing else; what differs is named.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use deliver_common::*;
use postmerge::deliver::StartError;
use postmerge::deliver::at_commit;
use postmerge::deliver::frozen::{Difference, frozen_content};
use postmerge::deliver::run::open;
use postmerge::deliver::start::Ground;
use postmerge::git::Repository;
use postmerge::ledger::branch::Batch;
use postmerge::ledger::event::{AudienceEntry, AudienceHeader, Event, RunId};
use postmerge::ledger::suppressions::Suppressions;
use postmerge::ledger::wishes::Wishes;
use postmerge::mail::address::Address;
use postmerge::mail::digest::Digest;
use postmerge::mail::occurrence::CampaignId;
use postmerge::mail::recipient_id::RecipientKey;
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::workspace::encryption::Keys;
use postmerge::workspace::settings::LedgerSettings;

fn house() -> House {
    let house = House::new(Mailboxes::new(), &people(4, &["a.test"]), "pause: 1s");
    house.write("campaigns/uno/anexos/programa.txt", "Nueve de la mañana\n");
    house.push("all of it");
    house
}

fn key() -> RecipientKey {
    RecipientKey::from_secret(SECRET.as_bytes()).unwrap()
}

impl House {
    /// Edits the campaign in every part, and pushes that.
    fn edit_all(&self) {
        self.write("campaigns/uno/body.md", "Otra cosa.\n");
        self.write("campaigns/uno/anexos/programa.txt", "Diez de la mañana\n");
        self.write(
            "templates/b/layout.html",
            "<html><body><p>B</p>{{ content }}</body></html>",
        );
        let audience = "audience: {lists: [socios]";
        self.edit(
            "campaigns/uno/campaign.yaml",
            audience,
            &format!("{audience}, exclude: [p0@a.test]"),
        );
        self.push("edited");
    }

    fn head(&self) -> String {
        git(&self.author(), &["rev-parse", "HEAD"])
            .trim()
            .to_owned()
    }

    fn digest(&self, commit: &str) -> Digest {
        let author = self.author();
        let commit = Repository::open(&author).unwrap().resolve(commit).unwrap();
        let id = CampaignId::parse("uno").unwrap();
        at_commit::content(&author, commit, &id).unwrap().digest
    }

    /// Publishes a start that names this commit and that digest.
    fn starts_with(&self, commit: &str, digest: Digest) {
        let path = self.clone_of("forger");
        let mut ledger = open(&path, &LedgerSettings::default()).unwrap().ledger;
        ledger.use_key(key().fingerprint()).unwrap();
        let entry = |address: &str| AudienceEntry {
            id: key().id(&Address::parse(address).unwrap()),
            destination: 0,
            copy_of: None,
            own_document: None,
        };
        let fixed = Event::AudienceFixed {
            header: Box::new(header(commit, digest)),
            entries: people(4, &["a.test"]).iter().map(|it| entry(it)).collect(),
            excluded: Vec::new(),
        };
        let batch = Batch {
            events: vec![("uno".parse().unwrap(), fixed)],
            ..Batch::new(RunId(77), at(NOON), "uno: audience".to_owned())
        };
        ledger.publish(&batch).unwrap();
    }

    fn difference(&self, commit: &str, digest: Digest) -> Difference {
        let path = self.author();
        let opened = open(&path, &LedgerSettings::default()).unwrap();
        let ground = Ground {
            path: &path,
            repository: &opened.repository,
            head: opened.head,
            settings: &opened.workspace.settings,
            key: &key(),
            keys: &Keys::default(),
            suppressions: &Suppressions::default(),
            wishes: &Wishes::default(),
        };
        match frozen_content(&ground, &"uno".parse().unwrap(), &header(commit, digest)) {
            Err(StartError::OtherDigest { difference, .. }) => difference,
            Err(why) => panic!("{why}"),
            Ok(_) => panic!("nothing differs"),
        }
    }
}

fn header(commit: &str, digest: Digest) -> AudienceHeader {
    AudienceHeader {
        content_commit: commit.to_owned(),
        lists_commit: commit.to_owned(),
        digest,
        key: key().fingerprint(),
        sender: "eventos".to_owned(),
        at: at(NOON),
        destinations: vec!["a.test".to_owned()],
        documents: Vec::new(),
        force: None,
        reconfirmation: false,
    }
}

#[test]
fn what_differs_from_what_was_frozen_is_named_and_nothing_is_sent() {
    let house = house();
    let first = house.head();
    house.edit_all();
    let edited = house.head();
    house.campaign("dos", "");
    house.push("another campaign");
    house.starts_with(&edited, house.digest(&first));
    let summary = house.run("one", 1, &clock());
    let uno = line(&summary, "uno");
    let note = uno.note.as_deref().unwrap_or_default();
    assert!(uno.held && uno.counts.pending == 4, "{summary:?}");
    let named = "anexos/programa.txt, body.md, campaign.yaml (who gets it) and templates/b/layout.html differ from what was frozen";
    assert!(note.contains(named) && note.contains(&first), "{note}");
    assert_eq!(line(&summary, "dos").counts.accepted, 4, "the others go on");
}

#[test]
fn one_file_or_many_are_told_in_one_line() {
    let house = house();
    let first = house.head();
    house.write("campaigns/uno/body.md", "Otra cosa.\n");
    house.push("text");
    let one = house.difference(&house.head(), house.digest(&first));
    assert!(
        one.to_string()
            .starts_with("body.md differs from what was frozen"),
        "{one}"
    );
    for n in 0..9 {
        house.write(&format!("campaigns/uno/anexos/{n}.txt"), "x\n");
    }
    house.push("many");
    let many = house
        .difference(&house.head(), house.digest(&first))
        .to_string();
    let words =
        "anexos/0.txt, anexos/1.txt, anexos/2.txt, anexos/3.txt, anexos/4.txt and 5 more differ";
    assert!(many.starts_with(words), "{many}");
    let nothing = house.difference(&first, Digest::of(b"of nothing"));
    assert!(
        matches!(nothing, Difference::NotFound { shallow: false, .. }),
        "{nothing}"
    );
}

#[test]
fn a_start_that_lies_beyond_a_shallow_clones_edge_is_held_and_says_what_to_run() {
    let house = house();
    house.starts_with(&house.head(), house.digest("HEAD"));
    house.write("README.md", "Mail\n");
    house.push("between");
    house.edit_all();
    house.campaign("dos", "");
    house.push("dos");
    house.write("README.md", "Campaigns\n");
    house.push("on top");
    let url = format!("file://{}", house.path().join("remote.git").display());
    git(
        house.path(),
        &["clone", "-q", "-b", "main", "--depth", "4", &url, "shallow"],
    );
    let summary = house.run("shallow", 1, &clock());
    let uno = line(&summary, "uno");
    let note = uno.note.as_deref().unwrap_or_default();
    assert!(
        uno.held && note.contains("`git fetch --unshallow`"),
        "{summary:?}"
    );
    git(&house.clone_of("shallow"), &["fetch", "-q", "--unshallow"]);
    let summary = house.run("shallow", 2, &clock());
    assert_eq!(line(&summary, "uno").counts.accepted, 4, "{summary:?}");
}
