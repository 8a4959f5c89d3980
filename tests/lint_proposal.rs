//! What a pull request cannot do: grant itself what it needs, or break what it does not touch without being told.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[path = "support/git.rs"]
mod git;
#[path = "support/overlay.rs"]
mod overlay;

use git::git;

/// The sound workspace as a repository with `change` made on a branch of its own.
fn proposal(change: impl FnOnce(&Path)) -> tempfile::TempDir {
    let folder = overlay::base(&PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    let root = folder.path();
    replace(root, "postmerge.yaml", "windows:", "# windows\nwindows:");
    replace(
        root,
        "postmerge.yaml",
        "senders:",
        "  bob: {github: bob, email: bob@camara.example, roles: [staff]}\nsenders:",
    );
    git(root, &["init", "-q", "-b", "main"]);
    git(root, &["add", "."]);
    git(root, &["commit", "-q", "-m", "sound"]);
    git(root, &["checkout", "-q", "-b", "proposal"]);
    change(root);
    folder
}

fn lint(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postmerge"));
    command.arg("-C").arg(folder).arg("lint").args(arguments);
    command
        .env_remove("GITHUB_EVENT_PATH")
        .env_remove("GITHUB_STEP_SUMMARY");
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn by_bob(folder: &tempfile::TempDir) -> String {
    said(&lint(folder.path(), &["--base", "main", "--author", "bob"]))
}

fn replace(root: &Path, path: &str, from: &str, to: &str) {
    let path = root.join(path);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn write(root: &Path, path: &str, text: &str) {
    overlay::write(&root.join(path), text.as_bytes());
}

const CAMPAIGN: &str = "subject: Aviso\nsender: eventos\ntemplate: boletin\naudience:\n  lists: [exportadores]\n\
                        send: {date: 2098-12-03, window: \"12:00\"}\n";

fn new_campaign(root: &Path) {
    write(root, "campaigns/nueva/campaign.yaml", CAMPAIGN);
    write(root, "campaigns/nueva/body.md", "Hola.\n");
}

#[test]
fn nobody_grants_themselves_a_list() {
    let settings = "postmerge.yaml";
    type Change = fn(&Path);
    let changes: [Change; 6] = [
        |_| {},
        |root| {
            replace(
                root,
                "postmerge.yaml",
                "bob@camara.example, roles: [staff]",
                "bob@camara.example, roles: [staff], lists: [exportadores]",
            )
        },
        |root| {
            replace(
                root,
                "postmerge.yaml",
                "bob@camara.example, roles: [staff]",
                "bob@camara.example, roles: [administrator]",
            )
        },
        |root| replace(root, "postmerge.yaml", "github: ana-example", "github: bob"),
        |root| replace(root, "lists/exportadores.yaml", "owner: ana", "owner: bob"),
        |root| {
            let off = "lint: {severity: {list-not-owned: off}}\nwindows:";
            replace(root, "postmerge.yaml", "windows:\n", &format!("{off}\n"));
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let folder = proposal(|root| {
            new_campaign(root);
            change(root);
        });
        let text = by_bob(&folder);
        assert!(text.contains("error[PM170"), "{number}: {text}");
    }
    // What main says already counts.
    let folder = proposal(|root| {
        replace(
            root,
            settings,
            "bob@camara.example, roles: [staff]",
            "bob@camara.example, roles: [staff], lists: [exportadores]",
        );
        git(root, &["commit", "-q", "-am", "granted"]);
        git(root, &["branch", "-q", "-f", "main"]);
        new_campaign(root);
    });
    assert!(!by_bob(&folder).contains("PM170"), "{}", by_bob(&folder));
    // A list of one's own is one's own.
    let folder = proposal(|root| {
        new_campaign(root);
        replace(
            root,
            "campaigns/nueva/campaign.yaml",
            "[exportadores]",
            "[socios]",
        );
        fs::copy(
            root.join("lists/exportadores.csv"),
            root.join("lists/socios.csv"),
        )
        .unwrap();
        fs::copy(
            root.join("lists/exportadores.yaml"),
            root.join("lists/socios.yaml"),
        )
        .unwrap();
        replace(root, "lists/socios.yaml", "owner: ana", "owner: bob");
    });
    assert!(!by_bob(&folder).contains("PM170"), "{}", by_bob(&folder));
}

#[test]
fn a_proposal_does_not_loosen_what_it_is_held_to() {
    let folder = proposal(|root| {
        let policy = "policy: {management_above: 0}\nnotice: {business_days: 300}\nwindows:\n";
        replace(root, "postmerge.yaml", "windows:\n", policy);
        git(root, &["commit", "-q", "-am", "strict"]);
        git(root, &["branch", "-q", "-f", "main"]);
        replace(
            root,
            "postmerge.yaml",
            policy,
            "notice: {business_days: 0}\nwindows:\n",
        );
        new_campaign(root);
        let soon = jiff::Zoned::now()
            .date()
            .checked_add(jiff::Span::new().days(30));
        replace(
            root,
            "campaigns/nueva/campaign.yaml",
            "2098-12-03",
            &soon.unwrap().to_string(),
        );
    });
    let text = by_bob(&folder);
    assert!(text.contains("PM175") && text.contains("PM171"), "{text}");
}

#[test]
fn what_breaks_elsewhere_is_told() {
    let folder = proposal(|root| drop(git(root, &["rm", "-q", "-r", "lists", "campaigns"])));
    let output = lint(folder.path(), &["--base", "main"]);
    assert!(said(&output).contains("PM040"), "{}", said(&output));
    assert_eq!(output.status.code(), Some(1));
    // Its `campaign.yaml` is as it was.
    let folder = proposal(|root| drop(git(root, &["rm", "-q", "campaigns/rueda/body.md"])));
    let output = lint(folder.path(), &["--base", "main"]);
    assert!(
        said(&output).contains("campaigns/rueda"),
        "{}",
        said(&output)
    );
    assert_eq!(output.status.code(), Some(1));
    // What was wrong before is none of the change's.
    let folder = proposal(|root| {
        write(root, "campaigns/vieja/campaign.yaml", CAMPAIGN);
        git(root, &["add", "."]);
        git(root, &["commit", "-q", "-m", "without a body"]);
        git(root, &["branch", "-q", "-f", "main"]);
        write(root, "campaigns/rueda/body.md", "Hola a todos.\n");
    });
    assert!(said(&lint(folder.path(), &[])).contains("vieja"));
    let text = said(&lint(folder.path(), &["--base", "main"]));
    assert!(!text.contains("vieja"), "{text}");
}

#[test]
fn an_acceptance_in_a_proposal_outlives_it() {
    let folder = proposal(|root| {
        new_campaign(root);
        let allowed = format!(
            "# postmerge: allow notice-too-short, list-not-owned -- the fair moved\n{CAMPAIGN}"
        );
        write(root, "campaigns/nueva/campaign.yaml", &allowed);
    });
    let text = said(&lint(folder.path(), &[]));
    assert!(!text.contains("allowance-unused"), "{text}");
}

/// Tomorrow's campaign, on main already.
fn due(root: &Path) {
    new_campaign(root);
    let tomorrow = jiff::Zoned::now().date().tomorrow().unwrap();
    replace(
        root,
        "campaigns/nueva/campaign.yaml",
        "2098-12-03",
        &tomorrow.to_string(),
    );
    replace(
        root,
        "postmerge.yaml",
        "windows:\n",
        "notice: {business_days: 5}\nwindows:\n",
    );
    // Whatever day it is, this one has time.
    replace(
        root,
        "campaigns/rueda/campaign.yaml",
        "2026-12-03",
        "2098-12-03",
    );
    git(root, &["add", "."]);
    git(root, &["commit", "-q", "-m", "due"]);
    git(root, &["branch", "-q", "-f", "main"]);
}

#[test]
fn notice_counts_for_whatever_recipients_get() {
    for path in ["campaigns/nueva/body.md", "campaigns/nueva/programa.pdf"] {
        let folder = proposal(|root| {
            due(root);
            write(root, path, "Hola a todos.\n");
        });
        let text = by_bob(&folder);
        assert!(text.contains("PM171"), "{path}: {text}");
    }
    let folder = proposal(|root| {
        due(root);
        write(root, "campaigns/rueda/body.md", "Hola a todos.\n");
        write(root, "campaigns/nueva/otra/campaign.yaml", CAMPAIGN);
        write(root, "campaigns/nueva/otra/body.md", "Hola.\n");
    });
    assert!(!by_bob(&folder).contains("PM171"), "{}", by_bob(&folder));
}

#[test]
fn what_can_not_be_compared_is_said() {
    let folder = proposal(|_| {});
    let root = folder.path();
    let output = lint(root, &["--author", "bob"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("--base"), "{}", said(&output));
    git(root, &["checkout", "-q", "--orphan", "other"]);
    git(root, &["commit", "-q", "-m", "nothing in common"]);
    let output = lint(root, &["--base", "main"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("git fetch --unshallow"),
        "{}",
        said(&output)
    );
    assert!(
        said(&output).contains("fetch-depth: 0"),
        "{}",
        said(&output)
    );
}
