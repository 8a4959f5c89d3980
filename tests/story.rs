//! The whole procedure on a real bare repository over real pushes: staff propose, lint objects, they mend it; the coordinator reads
//! the plan and merges; the window opens and the runner sends; results are in the ledger; a late edit changes nothing, a
//! revert stops the rest, and merging it again sends nothing twice.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use deliver_common::{House, Setup, at, clock, git, line, now_of, people};
use jiff::{Timestamp, ToSpan as _};
use postmerge::clock::{BoxFuture, VirtualClock};
use postmerge::deliver::due::Question;
use postmerge::deliver::opened::open;
use postmerge::deliver::progress::Silent;
use postmerge::deliver::run::{Order, Summary};
use postmerge::deliver::standings::{Wait, Which, standings};
use postmerge::git::Repository;
use postmerge::lint;
use postmerge::mail::digest::Digest;
use postmerge::mail::envelope::Letter;
use postmerge::plan::codeowners;
use postmerge::plan::planning::{Request, State, plan};
use postmerge::plan::proposal::{Change, Plan};
use postmerge::report::plan_markdown;
use postmerge::transport::in_process::InProcess;
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::transport::{Attempt, ConnectError, Connection, Transport};
use postmerge::workspace::Workspace;
use postmerge::workspace::folder::Folder;
use postmerge::workspace::settings::LedgerSettings;
use postmerge::workspace::source::Source;
use postmerge::workspace::tree::Tree;

/// Friday before: time enough for the notice.
const PROPOSED: &str = "2026-11-27T14:00:00Z";

const CAMPAIGN: &str = "subject: \"Feria de Milán, {{ nombre }}\"\nsender: eventos\ntemplate: b\npurpose: transactional\naudience: {lists: [soci]}\nsend: {date: 2026-12-02, window: \"12:00\"}\n";

/// A relay that keeps what it takes.
struct Keeps {
    inner: InProcess,
    texts: Arc<Mutex<Vec<String>>>,
}

struct Kept {
    inner: Box<dyn Connection>,
    texts: Arc<Mutex<Vec<String>>>,
}

impl Transport for Keeps {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async {
            let inner = self.inner.connect().await?;
            let texts = Arc::clone(&self.texts);
            Ok(Box::new(Kept { inner, texts }) as Box<dyn Connection>)
        })
    }
}

impl Connection for Kept {
    fn send<'a>(
        &'a mut self,
        letter: &'a Letter,
        commit: &'a mut (dyn FnMut() -> std::io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt> {
        Box::pin(async {
            let attempt = self.inner.send(letter, commit).await;
            if matches!(attempt, Attempt::Accepted(_)) {
                let text = String::from_utf8_lossy(&letter.message).into_owned();
                self.texts.lock().unwrap().push(text);
            }
            attempt
        })
    }

    fn usable(&self) -> bool {
        self.inner.usable()
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.inner.quit()
    }
}

/// Who takes part: each has a clone of their own.
struct Office {
    house: House,
    texts: Arc<Mutex<Vec<String>>>,
}

impl Office {
    fn new() -> Self {
        let house = House::new(Mailboxes::new(), &people(30, &["uno.test"]), "pause: 60s");
        house.remove("campaigns/uno");
        house.edit(
            "postmerge.yaml",
            "people: {",
            "people: {gina: {github: gina, email: g@c.test, roles: [coordinator]}, tomas: {github: tomas, email: t@c.test, roles: [administrator]}, ",
        );
        house.push("a workspace");
        Self {
            house,
            texts: Arc::default(),
        }
    }

    fn clone_of(&self, who: &str) -> PathBuf {
        let path = self.house.clone_of(who);
        git(&path, &["config", "user.name", who]);
        git(&path, &["fetch", "-q", "origin"]);
        path
    }

    /// Staff put files on a branch of theirs, and push it.
    fn propose(&self, branch: &str, files: &[(&str, &str)]) -> PathBuf {
        let staff = self.clone_of("staff");
        let known = git(&staff, &["branch", "--list", branch]);
        let start: &[&str] = match known.trim().is_empty() {
            true => &["checkout", "-q", "-b", branch, "origin/main"],
            false => &["checkout", "-q", branch],
        };
        git(&staff, start);
        for (path, text) in files {
            let file = staff.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        git(&staff, &["add", "."]);
        git(&staff, &["commit", "-q", "-m", "propose"]);
        git(&staff, &["push", "-q", "origin", branch]);
        staff
    }

    /// The coordinator merges a branch by a merge commit, as GitHub does.
    fn merge(&self, branch: &str) {
        let coordinator = self.clone_of("coordinator");
        git(
            &coordinator,
            &["checkout", "-q", "-B", "main", "origin/main"],
        );
        let from = format!("origin/{branch}");
        git(
            &coordinator,
            &["merge", "-q", "--no-ff", "-m", "Merge pull request", &from],
        );
        git(&coordinator, &["push", "-q", "origin", "main"]);
    }

    /// The runner, which may be stopped at a time of day.
    fn runs(&self, number: u32, clock: &VirtualClock, until: Option<&str>) -> Summary {
        let transport = Keeps {
            inner: InProcess::new(Arc::clone(&self.house.boxes)),
            texts: Arc::clone(&self.texts),
        };
        let setup = Setup {
            transport: Arc::new(transport),
            progress: Arc::new(Silent),
            polls: None,
        };
        let order = Order {
            question: Question::default(),
            until: until.map(at),
        };
        let run = self.house.with("runner", number, clock, &order, setup);
        run.unwrap().unwrap()
    }
}

/// Lint of a branch as the pull request's check has it, at a fixed time.
fn checked(clone: &Path, now: &str) -> Vec<&'static str> {
    let repository = Repository::open(clone).unwrap();
    let base = repository.resolve("origin/main").unwrap();
    let base = repository.where_head_left(base).unwrap();
    let changed = repository.changed_since(base).unwrap();
    let tree = Tree::at(clone, base).unwrap();
    let request = lint::Request {
        base: Some(lint::Base {
            source: &tree,
            changed: &changed,
        }),
        author: Some("ana"),
        ..lint::Request::at(at(now))
    };
    let report = lint::run(&Folder::new(clone), &request);
    let errors = report
        .findings
        .iter()
        .filter(|it| it.severity == postmerge::diagnostic::Severity::Error);
    errors.map(|it| it.rule.name).collect()
}

fn planned(clone: &Path, now: Timestamp) -> Plan {
    let state = |source: Arc<dyn Source>, whence: &str| State {
        workspace: Arc::new(Workspace::load(&*source).as_far_as_read().unwrap().0),
        source,
        whence: whence.to_owned(),
    };
    let repository = Repository::open(clone).unwrap();
    let base = repository.resolve("origin/main").unwrap();
    let base = repository.where_head_left(base).unwrap();
    let changed = repository.changed_since(base).unwrap();
    let tree: Arc<dyn Source> = Arc::new(Tree::at(clone, base).unwrap());
    plan(&Request {
        proposed: state(Arc::new(Folder::new(clone)), "the workspace"),
        base: Some((state(tree, "origin/main"), &changed)),
        only: &BTreeSet::new(),
        ledger: None,
        key: None,
        received: &[],
        problems: &[],
        unreadable: &BTreeMap::new(),
        now,
    })
    .unwrap()
}

fn proposed(office: &Office) -> Digest {
    // Staff propose; the check says what is wrong, and they mend it.
    let body = (
        "campaigns/feria/body.md",
        "Hola {{ nombre }}, el stand es el 12.\n",
    );
    let staff = office.propose(
        "feria",
        &[("campaigns/feria/campaign.yaml", CAMPAIGN), body],
    );
    assert_eq!(checked(&staff, PROPOSED), ["unknown-list"]);
    let mended = CAMPAIGN.replace("[soci]", "[socios]");
    let staff = office.propose("feria", &[("campaigns/feria/campaign.yaml", &mended)]);
    assert_eq!(checked(&staff, PROPOSED), [""; 0]);

    // The coordinator sees what merging would send.
    let plan = planned(&staff, at(PROPOSED));
    let shown = plan_markdown::render(&plan, &jiff::tz::TimeZone::get("America/Bogota").unwrap());
    assert_eq!(
        (plan.campaigns.len(), plan.campaigns[0].change),
        (1, Change::New)
    );
    let sending = plan.campaigns[0].sending.as_ref().unwrap();
    assert_eq!(sending.audience.recipients, 30);
    assert_eq!(sending.approvers[0].people, ["gina"]);
    for words in [
        "30 recipients",
        "Feria de Milán, X",
        "Wed 2026-12-02 12:00–15:00",
        "fits its window",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    sending.digest
}

/// How many got it by half past.
fn begun(office: &Office, approved: Digest, time: &VirtualClock) -> u64 {
    // Merged, and not yet due.
    let before = office.runs(1, &VirtualClock::new(at("2026-12-02T15:00:00Z")), None);
    assert_eq!((before.accepted, office.house.boxes.copies()), (0, 0));

    // The window opens. After nine minutes the machine is taken away.
    let first = office.runs(2, time, Some("2026-12-02T17:09:30Z"));
    assert!(first.accepted >= 10 && first.accepted < 30, "{first:?}");
    let state = office.house.state("feria");
    assert_eq!(state.header().unwrap().digest, approved);
    let counts = state.counts(now_of(time));
    counts.check().unwrap();
    assert_eq!(counts.accepted, first.accepted);
    let files = git(
        &office.clone_of("reader"),
        &["ls-tree", "-r", "--name-only", "origin/postmerge-ledger"],
    );
    assert!(files.contains("campaigns/feria/RESULT.md"), "{files}");
    let result = git(
        &office.clone_of("reader"),
        &["show", "origin/postmerge-ledger:campaigns/feria/RESULT.md"],
    );
    assert!(
        result.contains(&format!("| {} |", first.accepted)),
        "{result}"
    );
    first.accepted
}

fn edited(office: &Office, time: &VirtualClock) -> u64 {
    // A late edit: what has begun goes on as it was approved.
    office.propose(
        "tarde",
        &[(
            "campaigns/feria/body.md",
            "Hola {{ nombre }}, el stand es el 99.\n",
        )],
    );
    office.merge("tarde");
    let second = office.runs(3, time, Some("2026-12-02T17:15:30Z"));
    assert!(second.accepted > 0, "{second:?}");
    assert!(
        office
            .texts
            .lock()
            .unwrap()
            .iter()
            .all(|text| text.contains("el 12.") && !text.contains("el 99."))
    );
    second.accepted
}

fn reverted(office: &Office, time: &VirtualClock) {
    // A revert of the merge stops the rest, and says that some are left.
    let coordinator = office.clone_of("coordinator");
    git(
        &coordinator,
        &["checkout", "-q", "-B", "main", "origin/main"],
    );
    git(&coordinator, &["revert", "--no-edit", "-m", "1", "HEAD"]);
    git(&coordinator, &["rm", "-rq", "campaigns/feria"]);
    git(
        &coordinator,
        &["commit", "-q", "-m", "Revert: the fair is called off"],
    );
    git(&coordinator, &["push", "-q", "origin", "main"]);
    let stopped = office.runs(4, time, None);
    assert_eq!(stopped.accepted, 0, "{stopped:?}");
    let feria = line(&stopped, "feria");
    assert!(feria.held && feria.counts.pending > 0, "{feria:?}");
    let opened = open(&office.clone_of("reader"), &LedgerSettings::default()).unwrap();
    let entries = standings(&opened, &Which::All, now_of(time)).unwrap();
    assert_eq!(entries[0].waits(), [Wait::Unfinished]);
}

#[test]
fn from_a_proposal_to_the_last_mail() {
    let office = Office::new();
    let approved = proposed(&office);
    office.merge("feria");
    let time = clock();
    let first = begun(&office, approved, &time);
    let second = edited(&office, &time);
    reverted(&office, &time);

    // It is on again: the rest gets it, in later openings too, and nobody twice.
    let coordinator = office.clone_of("coordinator");
    git(&coordinator, &["revert", "--no-edit", "HEAD"]);
    git(&coordinator, &["push", "-q", "origin", "main"]);
    let next_day = VirtualClock::new(now_of(&time).checked_add(24.hours()).unwrap());
    let last = office.runs(5, &next_day, None);
    assert_eq!(first + second + last.accepted, 30, "{last:?}");
    assert_eq!(
        (
            office.house.boxes.copies(),
            office.house.boxes.taken_twice()
        ),
        (30, Vec::new())
    );
    let counts = office.house.state("feria").counts(now_of(&next_day));
    counts.check().unwrap();
    assert_eq!(
        (counts.accepted, counts.pending, counts.unknown),
        (30, 0, 0)
    );
    assert_eq!(office.texts.lock().unwrap().len(), 30);
    assert_eq!(office.runs(6, &next_day, None).accepted, 0);
}

#[test]
fn the_code_owners_follow_the_settings() {
    let office = Office::new();
    let (workspace, _) = Workspace::load(&Folder::new(office.clone_of("staff")))
        .as_far_as_read()
        .unwrap();
    let text =
        codeowners::text(&workspace.settings, &workspace.lists, &workspace.campaigns).unwrap();
    assert!(
        text.contains("@gina") && text.contains("@tomas") && text.contains("/lists/socios"),
        "{text}"
    );
}
