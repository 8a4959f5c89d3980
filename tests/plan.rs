//! What merging would send, computed from real workspaces and repositories at a fixed time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use postmerge::deliver::at_commit;
use postmerge::git::Repository;
use postmerge::ledger::event::Exclusion;
use postmerge::mail::occurrence::CampaignId;
use postmerge::mail::recipient_id::RecipientKey;
use postmerge::plan::planning::{Request, State, plan};
use postmerge::plan::proposal::{CampaignPlan, Change, Plan, Sending};
use postmerge::report::{plan_json, plan_markdown, plan_text};
use postmerge::workspace::Workspace;
use postmerge::workspace::folder::Folder;
use postmerge::workspace::source::Source;
use postmerge::workspace::tree::Tree;

#[path = "support/git.rs"]
mod git;
#[path = "support/overlay.rs"]
mod overlay;

use git::git;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn state(source: Arc<dyn Source>, whence: &str) -> State {
    let (workspace, _) = Workspace::load(&*source).as_far_as_read().unwrap();
    State {
        source,
        whence: whence.to_owned(),
        workspace: Arc::new(workspace),
    }
}

fn now() -> Timestamp {
    "2026-11-25T15:00:00Z".parse().unwrap()
}

/// Of the folder as it lies there, compared with a commit.
fn planned(folder: &Path, base: Option<&str>, only: &[&str]) -> Plan {
    let base = base.map(|name| {
        let repository = Repository::open(folder).unwrap();
        let commit = repository.resolve(name).unwrap();
        let changed = repository.changed_since(commit).unwrap();
        let tree = Tree::at(folder, commit).unwrap();
        (state(Arc::new(tree), name), changed)
    });
    let only: BTreeSet<CampaignId> = only
        .iter()
        .map(|id| CampaignId::parse(id).unwrap())
        .collect();
    plan(&Request {
        proposed: state(Arc::new(Folder::new(folder)), "the workspace"),
        base: base
            .as_ref()
            .map(|(state, changed)| (state.clone(), changed)),
        only: &only,
        ledger: None,
        key: None,
        received: &[],
        problems: &[],
        unreadable: &BTreeMap::new(),
        now: now(),
    })
    .unwrap()
}

fn zone() -> TimeZone {
    TimeZone::get("America/Bogota").unwrap()
}

/// The sound workspace as a repository, and campaigns beside its own.
fn repository(campaigns: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = overlay::base(&root());
    git(folder.path(), &["init", "-q", "-b", "main"]);
    for (id, more) in campaigns {
        campaign(folder.path(), id, more);
    }
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "sound"]);
    folder
}

fn campaign(folder: &Path, id: &str, more: &str) {
    let text = format!(
        "subject: Aviso\nsender: eventos\ntemplate: boletin\n{more}\nsend: {{date: 2026-12-03, window: 12:00}}\n"
    );
    write(folder, &format!("campaigns/{id}/campaign.yaml"), &text);
    write(folder, &format!("campaigns/{id}/body.md"), "Hola.\n");
}

fn write(folder: &Path, path: &str, text: &str) {
    overlay::write(&folder.join(path), text.as_bytes());
}

fn list(folder: &Path, members: impl IntoIterator<Item = u32>) {
    let rows = members
        .into_iter()
        .map(|n| format!("socio{n}@socios.example\n"));
    write(
        folder,
        "lists/exportadores.csv",
        &("email\n".to_owned() + &rows.collect::<String>()),
    );
}

const TO_ALL: &str = "audience: {lists: [exportadores]}";

fn of<'a>(plan: &'a Plan, id: &str) -> &'a CampaignPlan {
    plan.campaigns
        .iter()
        .find(|it| it.id.as_str() == id)
        .unwrap()
}

fn sending<'a>(plan: &'a Plan, id: &str) -> &'a Sending {
    of(plan, id).sending.as_ref().unwrap()
}

#[test]
fn the_example_as_people_read_it() {
    let plan = planned(
        &root(),
        None,
        &[
            "2026/rueda-agro",
            "2026/flyer-navidad",
            "2026/facturas-noviembre",
        ],
    );
    insta::assert_snapshot!("plan_text", plan_text::render(&plan, &zone()));
    insta::assert_snapshot!("plan_markdown", plan_markdown::render(&plan, &zone()));
    let json: serde_json::Value = serde_json::from_str(&plan_json::render(&plan)).unwrap();
    let first = &json["campaigns"][2];
    assert_eq!(first["id"], "2026/rueda-agro");
    assert_eq!(first["sending"]["audience"]["recipients"], 313);
    assert_eq!(
        first["sending"]["audience"]["exclusions"]["excluded-address"],
        1
    );
}

#[test]
fn against_main_new_changed_and_taken_away() {
    let folder = repository(&[
        ("vieja", TO_ALL),
        ("fuera", TO_ALL),
        ("igual", "audience: {include: [ana@socios.example]}"),
    ]);
    let root = folder.path();
    list(root, 1..=10);
    git(root, &["commit", "-qam", "ten"]);
    list(root, (1..=8).chain(11..=14));
    campaign(root, "nueva", TO_ALL);
    std::fs::remove_dir_all(root.join("campaigns/fuera")).unwrap();
    let plan = planned(root, Some("HEAD"), &[]);
    let changes: Vec<(&str, Change)> = plan
        .campaigns
        .iter()
        .map(|it| (it.id.as_str(), it.change))
        .collect();
    assert_eq!(
        changes,
        [
            ("fuera", Change::Removed),
            ("nueva", Change::New),
            ("rueda", Change::Changed),
            ("vieja", Change::Changed)
        ]
    );
    let drift = sending(&plan, "vieja").audience.drift.unwrap();
    assert_eq!((drift.before, drift.joined, drift.left), (10, 4, 2));
    assert!(sending(&plan, "nueva").audience.drift.is_none());
    assert!(plan.campaigns.iter().all(|it| !it.is_stuck()));
    let shown = plan_text::render(&plan, &zone());
    assert!(
        shown.contains("vieja (changed)")
            && shown.contains("4 more and 2 fewer than the 10 before"),
        "{shown}"
    );
}

#[test]
fn a_campaign_below_another_one_changes_nothing_of_it() {
    let folder = repository(&[("fuera", TO_ALL)]);
    let root = folder.path();
    list(root, 1..=10);
    campaign(root, "fuera/va", TO_ALL);
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "one below"]);
    let digest = |id| sending(&planned(root, None, &[]), id).digest;
    let before = digest("fuera");
    std::fs::remove_dir_all(root.join("campaigns/fuera/va")).unwrap();
    campaign(root, "fuera/viene", TO_ALL);
    let plan = planned(root, Some("HEAD"), &[]);
    let changes = plan.campaigns.iter().map(|it| (it.id.as_str(), it.change));
    let expected = [("fuera/va", Change::Removed), ("fuera/viene", Change::New)];
    assert_eq!(changes.collect::<Vec<_>>(), expected);
    assert_eq!(digest("fuera"), before);
    // A file there is the outer one's where it names it.
    let named = format!("{TO_ALL}\ndocuments: [{{file: viene/programa.pdf}}]");
    write(root, "campaigns/fuera/viene/programa.pdf", "one");
    campaign(root, "fuera", &named);
    let before = digest("fuera");
    write(root, "campaigns/fuera/viene/programa.pdf", "two");
    assert_ne!(digest("fuera"), before);
}

#[test]
fn an_audience_that_grows_too_much_would_be_held() {
    let expects = "audience: {lists: [exportadores], expect: {min: 1, max: 50}}";
    let few = "audience: {lists: [exportadores], expect: {min: 30}}";
    let folder = repository(&[("crece", TO_ALL), ("espera", expects), ("poca", few)]);
    let root = folder.path();
    list(root, 1..=10);
    git(root, &["commit", "-qam", "ten"]);
    list(root, 1..=16);
    let plan = planned(root, Some("HEAD"), &[]);
    let holds = |id| sending(&plan, id).audience.holds.join("; ");
    assert!(
        holds("crece").contains("more than 50 % growth"),
        "{}",
        holds("crece")
    );
    assert_eq!(holds("espera"), "");
    assert!(holds("poca").contains("at least 30"), "{}", holds("poca"));
    assert!(of(&plan, "crece").is_stuck() && of(&plan, "espera").goes_out());
    list(root, 1..=15);
    assert_eq!(
        sending(&planned(root, Some("HEAD"), &[]), "crece")
            .audience
            .holds
            .len(),
        0
    );
}

#[test]
fn who_comes_first_to_one_destination_goes_first() {
    let folder = repository(&[("a-segunda", TO_ALL), ("b-primera", TO_ALL)]);
    list(folder.path(), 1..=100);
    std::fs::remove_dir_all(folder.path().join("campaigns/rueda")).unwrap();
    let received = ["b-primera", "a-segunda"].map(|id| CampaignId::parse(id).unwrap());
    let request = |received: &[CampaignId], only: &[&str]| {
        plan(&Request {
            proposed: state(Arc::new(Folder::new(folder.path())), "the workspace"),
            base: None,
            only: &only
                .iter()
                .map(|id| CampaignId::parse(id).unwrap())
                .collect(),
            ledger: None,
            key: None,
            received,
            problems: &[],
            unreadable: &BTreeMap::new(),
            now: now(),
        })
        .unwrap()
    };
    let both = request(&received, &["a-segunda", "b-primera"]);
    let alone = request(&received, &["a-segunda"]);
    let pace = |plan: &Plan, id: &str| sending(plan, id).pace.clone();
    let (first, second) = (pace(&both, "b-primera"), pace(&both, "a-segunda"));
    assert!(first.last < second.last && first.first < second.first);
    // Two mails at once to one destination, five seconds from start to start.
    let took = |plan: &Plan| {
        let pace = pace(plan, "a-segunda");
        pace.last
            .unwrap()
            .duration_since("2026-12-03T17:00:00Z".parse().unwrap())
            .as_secs()
    };
    assert_eq!(took(&both), 995);
    assert_eq!(second.beside, ["b-primera"]);
    // Alone on the page, and not alone on the road.
    assert_eq!(took(&alone), took(&both));
    assert!(plan_text::render(&both, &zone()).contains("in the same time: b-primera"));
}

#[test]
fn who_gets_no_copies_is_not_among_the_selected() {
    let copies = "cc: [socio1@socios.example]\nbcc: [otra@socios.example, Otra@socios.example]";
    let folder = repository(&[("copia", &format!("{TO_ALL}\n{copies}"))]);
    list(folder.path(), [1, 2, 3, 3]);
    let plan = planned(folder.path(), None, &["copia"]);
    let audience = &sending(&plan, "copia").audience;
    let excluded: u64 = audience.exclusions.values().sum();
    assert_eq!((audience.recipients, excluded, audience.mails), (3, 1, 6));
    assert_eq!(audience.lists[0].matched, audience.recipients + excluded);
    for shown in [
        plan_text::render(&plan, &zone()),
        plan_markdown::render(&plan, &zone()),
    ] {
        assert!(
            shown.contains("3 recipients, of 4 selected; 1 copy of each: 6 mails")
                && shown.contains("no copies to: 2 listed twice"),
            "{shown}"
        );
    }
    let json: serde_json::Value = serde_json::from_str(&plan_json::render(&plan)).unwrap();
    let left_out = &json["campaigns"][0]["sending"]["audience"]["copies_left_out"];
    assert_eq!(left_out["duplicate"], 2);
}

#[test]
fn who_is_invited_and_what_is_counted_is_said() {
    let more =
        format!("{TO_ALL}\ntracking: {{opens: true, clicks: true}}\ninvitation: {{list: boletin}}");
    let business = format!("{TO_ALL}\npurpose: transactional\ntracking: {{opens: true}}");
    let folder = repository(&[("unase", &more), ("factura", &business)]);
    let folder = folder.path();
    list(folder, [1, 2, 3]);
    let settings = std::fs::read_to_string(folder.join("postmerge.yaml")).unwrap();
    let portal = "portal: {url: \"https://portal.camara.example\"}\n";
    write(folder, "postmerge.yaml", &format!("{settings}{portal}"));
    let news = std::fs::read_to_string(folder.join("lists/exportadores.yaml")).unwrap();
    let joining = "joining: {consent: {es: Quiero recibirlo.}}\n";
    write(folder, "lists/boletin.yaml", &format!("{news}{joining}"));
    write(
        folder,
        "lists/boletin.csv",
        "email\nSocio2@socios.example\n",
    );
    write(
        folder,
        "campaigns/unase/body.md",
        "[Quiero recibirlo]({{ join_url }})\n",
    );
    let plan = planned(folder, None, &["unase", "factura"]);
    let audience = &sending(&plan, "unase").audience;
    assert_eq!(audience.recipients, 2);
    assert_eq!(audience.exclusions.get(&Exclusion::Member), Some(&1));
    assert_eq!(audience.holds, Vec::<String>::new());
    for (shown, lines) in [
        (
            plan_text::render(&plan, &zone()),
            [
                "  invites    to join the list boletin\n",
                "  counted    who opens it and who follows its links\n",
                "1 in the list already that they would be invited to",
            ],
        ),
        (
            plan_markdown::render(&plan, &zone()),
            [
                "- **Invites**: to join the list boletin\n",
                "- **Counted**: who opens it and who follows its links\n",
                "1 in the list already that they would be invited to",
            ],
        ),
    ] {
        for line in lines {
            assert_eq!(shown.matches(line).count(), 1, "{line}: {shown}");
        }
    }
    let json: serde_json::Value = serde_json::from_str(&plan_json::render(&plan)).unwrap();
    let of = |id: &str| {
        let all = json["campaigns"].as_array().unwrap();
        all.iter().find(|it| it["id"] == id).unwrap()["sending"].clone()
    };
    assert_eq!(of("unase")["invites_to"], "boletin");
    assert_eq!(of("unase")["counted"]["clicks"], true);
    assert_eq!(of("factura")["counted"]["opens"], false);
}

#[test]
fn what_does_not_fit_a_window_says_how_many_it_needs() {
    let folder = repository(&[]);
    let settings = std::fs::read_to_string(folder.path().join("postmerge.yaml")).unwrap();
    write(
        folder.path(),
        "postmerge.yaml",
        &settings.replace("open_for: 3h", "open_for: 1m"),
    );
    list(folder.path(), 1..=30);
    let plan = planned(folder.path(), None, &[]);
    let pace = &sending(&plan, "rueda").pace;
    assert_eq!((pace.openings, pace.unsent), (3, 0));
    assert!(plan_text::render(&plan, &zone()).contains("needs 3 openings"));
}

#[test]
fn what_stands_in_files_stays_text() {
    let folder = repository(&[]);
    let hostile = "subject: \"<img src=x> @team | \\e[31m \\u202e {{ x }}\"\nsender: eventos\ntemplate: boletin\naudience: {lists: [exportadores]}\nsend: {date: 2026-12-03, window: 12:00}\n";
    write(folder.path(), "campaigns/rueda/campaign.yaml", hostile);
    let plan = planned(folder.path(), None, &[]);
    let (text, page) = (
        plan_text::render(&plan, &zone()),
        plan_markdown::render(&plan, &zone()),
    );
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    assert!(
        !page.contains("<img") && !page.contains("@team") && !page.contains('\u{1b}'),
        "{page}"
    );
}

/// GitHub takes comments of 65,536 characters, and a terminal's reader has one life.
#[test]
fn a_plan_is_short_whatever_stands_in_files() {
    let folder = repository(&[]);
    let names: Vec<String> = (0..60).map(|n| format!("a-{n}")).collect();
    for name in &names {
        write(
            folder.path(),
            &format!("lists/{name}.yaml"),
            "title: Otros\nowner: ana\npurpose: Avisos\nconsent: {basis: consent}\n",
        );
        write(folder.path(), &format!("lists/{name}.csv"), "email\n");
    }
    let subject = |text: &str| {
        let campaign = format!(
            "subject: \"{text}\"\nsender: eventos\ntemplate: boletin\naudience: {{lists: [exportadores, {}]}}\nsend: {{date: 2026-12-03, window: 12:00}}\n",
            names.join(", ")
        );
        write(folder.path(), "campaigns/rueda/campaign.yaml", &campaign);
        let plan = planned(folder.path(), None, &[]);
        (
            plan_markdown::render(&plan, &zone()),
            plan_text::render(&plan, &zone()),
        )
    };
    for long in ["A", "@", "$#&", "ñ "] {
        let (page, text) = subject(&long.repeat(800_000 / long.len()));
        assert!(
            page.len() < 60_000 && text.len() < 20_000,
            "{long}: {} {}",
            page.len(),
            text.len()
        );
        assert!(page.contains('…') && text.contains('…'), "{page}");
        assert!(
            page.contains("| and 41 more | | | |") && text.contains("and 41 more"),
            "{page}"
        );
        assert!(page.contains("Digest") && text.contains("digest"));
    }
    // So many that not all are shown.
    let sign = "&".repeat(300);
    for n in 0..80 {
        let campaign = format!("x{n}/{}", "y".repeat(80));
        let text = format!(
            "subject: \"{sign}\"\nsender: eventos\ntemplate: boletin\n{TO_ALL}\nsend: {{date: 2026-12-03, window: 12:00}}\n"
        );
        write(
            folder.path(),
            &format!("campaigns/{campaign}/campaign.yaml"),
            &text,
        );
        write(
            folder.path(),
            &format!("campaigns/{campaign}/body.md"),
            "Hola.\n",
        );
    }
    let page = plan_markdown::render(&planned(folder.path(), None, &[]), &zone());
    assert!((40_000..60_000).contains(&page.len()), "{}", page.len());
    assert!(page.contains("campaigns are not shown here"), "{page}");
}

#[test]
fn what_nobody_sees_is_seen_on_a_terminal() {
    let folder = repository(&[]);
    let hidden = "subject: \"a\\u200bb\\u061cc\\u200fd\\u2066e\"\nsender: eventos\ntemplate: boletin\naudience: {lists: [exportadores]}\nsend: {date: 2026-12-03, window: 12:00}\n";
    write(folder.path(), "campaigns/rueda/campaign.yaml", hidden);
    let text = plan_text::render(&planned(folder.path(), None, &[]), &zone());
    assert!(
        text.contains("a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e"),
        "{text}"
    );
}

#[test]
fn the_digest_is_the_one_that_sending_finds() {
    let folder = repository(&[]);
    let plan = planned(folder.path(), None, &[]);
    let repository = Repository::open(folder.path()).unwrap();
    let head = repository.resolve("HEAD").unwrap();
    let sent =
        at_commit::content(folder.path(), head, &CampaignId::parse("rueda").unwrap()).unwrap();
    assert_eq!(sending(&plan, "rueda").digest, sent.digest);
    write(folder.path(), "campaigns/rueda/body.md", "Otra cosa.\n");
    assert_ne!(
        sending(&planned(folder.path(), None, &[]), "rueda").digest,
        sent.digest
    );
}

fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postmerge"));
    command.arg("-C").arg(folder).arg("plan").args(arguments);
    command
        .env_remove("POSTMERGE_KEY")
        .envs(environment.iter().copied());
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_command_says_what_it_does_not_know_and_exits_by_what_is_held() {
    let folder = repository(&[]);
    let root = folder.path();
    let future = std::fs::read_to_string(root.join("campaigns/rueda/campaign.yaml")).unwrap();
    write(
        root,
        "campaigns/rueda/campaign.yaml",
        &future.replace("2026-12-03", "2098-12-03"),
    );
    let done = run(root, &[], &[]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(
        said(&done).contains("The ledger is not here"),
        "{}",
        said(&done)
    );
    assert!(said(&done).contains("Plan: 1 campaign to 1 recipient."));
    let done = run(root, &["campaigns/rueda/", "--format", "json"], &[]);
    assert!(said(&done).starts_with("{\n"), "{}", said(&done));
    let done = run(root, &["rueda-agro"], &[]);
    assert_eq!(done.status.code(), Some(2));
    assert!(
        said(&done).contains("did you mean `rueda`?"),
        "{}",
        said(&done)
    );
    let done = run(root, &["--base", "main"], &[]);
    assert!(said(&done).contains("rueda (changed)"), "{}", said(&done));
    assert_eq!(
        run(root, &["--base", "nowhere"], &[]).status.code(),
        Some(2)
    );
    let done = run(root, &[], &[("POSTMERGE_KEY", "short")]);
    assert_eq!(done.status.code(), Some(2), "{}", said(&done));
    // What cannot be read is said, and does not hide the rest.
    write(root, "campaigns/rota/campaign.yaml", "subject: [\n");
    let done = run(root, &[], &[]);
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    assert!(
        said(&done).contains("rota")
            && said(&done).contains("1 campaign to 1 recipient; 1 would be held"),
        "{}",
        said(&done)
    );
    write(root, "postmerge.yaml", "nothing: [\n");
    let done = run(root, &[], &[]);
    assert_eq!(done.status.code(), Some(2));
    assert!(
        said(&done).contains("postmerge.yaml cannot be read"),
        "{}",
        said(&done)
    );
}

#[test]
fn with_the_key_whoever_left_is_left_out() {
    let folder = repository(&[]);
    let root = folder.path();
    git(root, &["init", "-q", "--bare", "remote.git"]);
    git(
        root,
        &[
            "remote",
            "add",
            "origin",
            &root.join("remote.git").display().to_string(),
        ],
    );
    list(root, 1..=3);
    let path = "campaigns/rueda/campaign.yaml";
    let rueda = std::fs::read_to_string(root.join(path)).unwrap();
    write(root, path, &rueda.replace("2026-12-03", "2098-12-03"));
    git(root, &["add", "lists", "campaigns"]);
    git(root, &["commit", "-qam", "three"]);
    git(root, &["push", "-q", "origin", "main"]);
    let key = "k".repeat(40);
    let mut suppress = Command::new(env!("CARGO_BIN_EXE_postmerge"));
    suppress.arg("-C").arg(root).env("POSTMERGE_KEY", &key);
    suppress.args([
        "suppress",
        "socio2@socios.example",
        "--reason",
        "asked by telephone",
    ]);
    let done = suppress.output().unwrap();
    assert!(done.status.success(), "{}", said(&done));
    let other = run(root, &[], &[("POSTMERGE_KEY", &"x".repeat(40))]);
    assert_eq!(other.status.code(), Some(2));
    assert!(
        said(&other).contains("help: use the key that the ledger was begun with"),
        "{}",
        said(&other)
    );
    let with = run(root, &["--format", "json"], &[("POSTMERGE_KEY", &key)]);
    let json: serde_json::Value =
        serde_json::from_slice(&with.stdout).unwrap_or_else(|_| panic!("{}", said(&with)));
    assert_eq!(
        json["campaigns"][0]["sending"]["audience"]["recipients"], 2,
        "{json:#}"
    );
    let without = said(&run(root, &[], &[]));
    assert!(
        without.contains("of 1 suppressed person in the ledger"),
        "{without}"
    );
    let other = run(root, &[], &[("POSTMERGE_KEY", &"o".repeat(40))]);
    assert_eq!(other.status.code(), Some(2), "{}", said(&other));
    // The key makes ids, and nothing that is printed.
    let id = RecipientKey::from_secret(key.as_bytes()).unwrap();
    assert!(!said(&with).contains(&id.fingerprint()) && !said(&with).contains("socio1@"));
}

#[test]
fn what_can_not_go_out_is_held_and_said() {
    let folder = repository(&[
        ("ventana", "audience: {lists: [exportadores]}"),
        ("sin-correo", TO_ALL),
        (
            "fuera",
            "audience: {lists: [exportadores], exclude_lists: [bajas]}",
        ),
        ("vieja", TO_ALL),
    ]);
    let root = folder.path();
    git(root, &["checkout", "-q", "-b", "base"]);
    let edit = |id: &str, from: &str, to: &str| {
        let path = format!("campaigns/{id}/campaign.yaml");
        let text = std::fs::read_to_string(root.join(&path)).unwrap();
        assert!(text.contains(from));
        write(root, &path, &text.replace(from, to));
    };
    edit("ventana", "window: 12:00", "window: \"13:00\"");
    edit("sin-correo", "subject: Aviso", "subject: \"a\\nb\"");
    write(
        root,
        "lists/bajas.yaml",
        &std::fs::read_to_string(root.join("lists/exportadores.yaml")).unwrap(),
    );
    write(root, "lists/bajas.csv", "email\nana@ socios.example\n");
    campaign(root, "otro-siglo", TO_ALL);
    edit("otro-siglo", "2026-12-03", "2016-12-03");
    let plan = planned(root, Some("HEAD"), &[]);
    for id in ["ventana", "sin-correo", "fuera", "otro-siglo"] {
        assert!(of(&plan, id).is_stuck(), "{id}");
    }
    let holds = |id| sending(&plan, id).audience.holds.join("; ");
    assert!(
        holds("sin-correo").contains("a mail cannot be made"),
        "{}",
        holds("sin-correo")
    );
    assert!(
        holds("fuera").contains("whoever stands there would get it"),
        "{}",
        holds("fuera")
    );
    let shown = plan_text::render(&plan, &zone());
    assert!(
        shown.contains("there is no window `13:00`") && shown.contains("would be held"),
        "{shown}"
    );
}

#[test]
fn caps_of_nothing_are_said_and_todays_mails_are_todays() {
    let folder = repository(&[]);
    let settings = std::fs::read_to_string(folder.path().join("postmerge.yaml")).unwrap();
    let capped = settings.replace("port: 587}", "port: 587, daily_cap: 0}");
    write(folder.path(), "postmerge.yaml", &capped);
    let plan = planned(folder.path(), None, &[]);
    assert!(
        sending(&plan, "rueda")
            .audience
            .holds
            .join("")
            .contains("never get their turn")
    );
    assert!(of(&plan, "rueda").is_stuck());
}

#[test]
fn two_windows_that_overlap_need_their_own_openings_only() {
    let folder = repository(&[("tarde", TO_ALL)]);
    let root = folder.path();
    let settings = std::fs::read_to_string(root.join("postmerge.yaml")).unwrap();
    let windows = "windows:\n  \"13:00\": {opens: 13:00, open_for: 8h}\n";
    write(
        root,
        "postmerge.yaml",
        &settings.replace("windows:\n", windows),
    );
    let path = "campaigns/tarde/campaign.yaml";
    let text = std::fs::read_to_string(root.join(path)).unwrap();
    write(root, path, &text.replace("window: 12:00", "window: 13:00"));
    list(root, 1..=2000);
    let plan = planned(root, None, &[]);
    let (noon, late) = (&sending(&plan, "rueda").pace, &sending(&plan, "tarde").pace);
    // Two mails in five seconds: 3 hours are 2,160 or so; both together 4,000.
    assert!(
        noon.openings <= 2 && late.openings <= 2,
        "{} {}",
        noon.openings,
        late.openings
    );
    assert_eq!((noon.unsent, late.unsent), (0, 0));
}

#[test]
fn a_date_that_can_not_be_is_held_and_not_over() {
    for date in ["9999-12-31", "9998-01-02", "2251-01-02"] {
        let folder = repository(&[("nunca", TO_ALL)]);
        let path = "campaigns/nunca/campaign.yaml";
        let text = std::fs::read_to_string(folder.path().join(path)).unwrap();
        write(folder.path(), path, &text.replace("2026-12-03", date));
        let plan = planned(folder.path(), None, &["nunca"]);
        assert!(of(&plan, "nunca").is_stuck(), "{date}");
        let said = plan_text::render(&plan, &zone());
        let why = format!("on {date} nothing can go out");
        assert!(said.contains(&why) && !said.contains("over"), "{said}");
    }
}

#[test]
fn mails_start_in_their_own_window_alone() {
    let folder = repository(&[("corta", TO_ALL)]);
    let root = folder.path();
    let settings = std::fs::read_to_string(root.join("postmerge.yaml")).unwrap();
    let windows = "windows:\n  \"12:20\": {opens: \"12:20\", open_for: 1m}\n";
    let settings = settings.replace("windows:\n", windows);
    let campaign = std::fs::read_to_string(root.join("campaigns/corta/campaign.yaml")).unwrap();
    let campaign = campaign.replace("window: 12:00", "window: \"12:20\"");
    let at = |more: &str, sender: &str| {
        write(root, "postmerge.yaml", &(settings.clone() + more));
        let text = campaign.replace("sender: eventos", sender);
        write(root, "campaigns/corta/campaign.yaml", &text);
        let plan = planned(root, None, &[]);
        let pace = sending(&plan, "corta").pace.clone();
        (
            pace.first.unwrap().to_string(),
            pace.last.unwrap().to_string(),
            pace.openings,
            plan_text::render(&plan, &zone()),
        )
    };
    list(root, 1..=4);
    let (first, last, openings, said) = at("", "sender: eventos");
    assert_eq!(
        (first.as_str(), openings),
        ("2026-12-03T17:20:00Z", 1),
        "{last}"
    );
    assert!(said.contains("fits its window"), "{said}");
    // A day's mails are the other one's, and the next day's are shared out by the clock.
    let (first, _, _, said) = at(
        "pace: {warm_up: {first_day: 4, factor: 1.0, days: 30}}\n",
        "sender: eventos",
    );
    assert_eq!(first, "2026-12-04T17:20:00Z", "{said}");
    assert!(said.contains("does not fit one window"), "{said}");
}

#[test]
fn what_git_passes_over_is_not_planned_and_an_odd_name_is_told() {
    let folder = repository(&[]);
    let root = folder.path();
    let future = std::fs::read_to_string(root.join("campaigns/rueda/campaign.yaml")).unwrap();
    write(
        root,
        "campaigns/rueda/campaign.yaml",
        &future.replace("2026-12-03", "2098-12-03"),
    );
    let digest = || {
        let done = run(root, &["--format", "json"], &[]);
        let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        json["campaigns"][0]["sending"]["digest"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let before = digest();
    write(root, ".gitignore", ".DS_Store\n");
    write(root, "campaigns/rueda/.DS_Store", "x");
    assert_eq!(digest(), before);
    write(root, "campaigns/rueda/nota.txt", "x");
    assert_ne!(digest(), before);
    write(root, "campaigns/a b/campaign.yaml", "subject: x\n");
    let done = run(root, &[], &[]);
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    assert!(
        said(&done).contains("campaigns may be missing here"),
        "{}",
        said(&done)
    );
}

#[test]
fn a_base_without_settings_is_compared_with_nothing() {
    let folder = repository(&[]);
    let root = folder.path();
    let settings = std::fs::read_to_string(root.join("postmerge.yaml")).unwrap();
    write(root, "postmerge.yaml", "organisation: [\n");
    git(root, &["commit", "-qam", "broken"]);
    git(root, &["branch", "-q", "basis"]);
    write(root, "postmerge.yaml", &settings);
    let done = run(root, &["--base", "basis"], &[]);
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    assert!(
        said(&done).contains("so nothing is compared") && said(&done).contains("rueda"),
        "{}",
        said(&done)
    );
}

#[test]
fn a_day_that_is_none_of_sending_is_said_where_the_date_is() {
    let lists = "audience: {lists: [exportadores]}";
    let workspace = repository(&[("sabado", lists), ("jueves", lists)]);
    let path = workspace.path().join("campaigns/sabado/campaign.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    overlay::write(&path, text.replace("2026-12-03", "2026-12-05").as_bytes());
    let plan = planned(workspace.path(), None, &["jueves", "sabado"]);
    let said = "moved from Saturday 2026-12-05: no business day";
    for text in [
        plan_text::render(&plan, &zone()),
        plan_markdown::render(&plan, &zone()),
    ] {
        assert!(text.contains(said), "{text}");
        assert!(!text.contains("moved from Thursday"), "{text}");
    }
    let json: serde_json::Value = serde_json::from_str(&plan_json::render(&plan)).unwrap();
    let all = json["campaigns"].as_array().unwrap();
    let moved = |id: &str| all.iter().find(|it| it["id"] == id).unwrap()["when"]["moved"].clone();
    assert_eq!(
        moved("sabado"),
        serde_json::json!({"from": "2026-12-05", "why": "no-business-day"})
    );
    assert!(moved("jueves").is_null());
}
