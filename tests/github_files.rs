//! GitHub's files, this repository's and those that `postmerge init` writes: every action by its full commit, no
//! expression inside of a script, few rights, an end to every job, no token left in a checkout.
//! `tests/ci/init` has linters look at them, too.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods
)]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_yaml::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The workflows and the action of a new workspace, and this repository's, by path, with their texts.
fn files() -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let mut init = Command::cargo_bin("postmerge").unwrap();
    init.arg("init")
        .arg(folder.path())
        .args(["--zone", "Europe/Rome"]);
    init.assert().success();
    let mut found = Vec::new();
    for below in [folder.path().join(".github"), root().join(".github")] {
        for entry in walkdir::WalkDir::new(below).sort_by_file_name() {
            let path = entry.unwrap().into_path();
            let text = path.to_string_lossy();
            if text.contains("/workflows/") && path.is_file() || text.ends_with("/action.yml") {
                found.push((text.into_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() >= 6, "{found:?}");
    found
}

fn parsed(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// Every step of every job, or of an action.
fn steps(document: &Value) -> Vec<Value> {
    let jobs = document["jobs"].as_mapping().cloned().unwrap_or_default();
    let of_jobs = jobs.values().map(|job| job["steps"].clone());
    of_jobs
        .chain([document["runs"]["steps"].clone()])
        .filter_map(|steps| steps.as_sequence().cloned())
        .flatten()
        .collect()
}

#[test]
fn actions_are_pinned_and_scripts_hold_no_expressions() {
    for (path, text) in files() {
        for line in text.lines().filter_map(|line| line.split_once("uses: ")) {
            let (action, comment) = line.1.split_once(' ').unwrap();
            if action == "./.github/actions/postmerge" {
                continue;
            }
            let (_, commit) = action.split_once('@').unwrap();
            let is_full = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_full && comment.starts_with("# v"), "{path}: {action}");
        }
        for step in steps(&parsed(&text)) {
            let run = step["run"].as_str().unwrap_or_default();
            assert!(!run.contains("${{"), "{path}: {run}");
        }
    }
}

#[test]
fn rights_are_few_and_no_token_is_left_behind() {
    for (path, text) in files() {
        let document = parsed(&text);
        let Some(jobs) = document["jobs"].as_mapping() else {
            continue;
        };
        assert_eq!(
            document["permissions"].as_mapping().map(|it| it.len()),
            Some(0),
            "{path}"
        );
        for job in jobs.values() {
            assert!(job["permissions"].is_mapping(), "{path}");
            assert!(job["timeout-minutes"].as_u64().unwrap() <= 240, "{path}");
        }
        for step in steps(&document) {
            if step["uses"]
                .as_str()
                .is_some_and(|it| it.starts_with("actions/checkout@"))
            {
                assert_eq!(
                    step["with"]["persist-credentials"].as_bool(),
                    Some(false),
                    "{path}"
                );
            }
        }
        let writes = text.matches(": write").count();
        let expected = match Path::new(&path).file_name().unwrap().to_str().unwrap() {
            "send.yml" => 2,    // the ledger's branch, of each job
            "comment.yml" => 2, // comments, findings
            "hygiene.yml" => 2, // the ledger's and its own branches, proposals
            "publish.yml" => 2, // Pages
            "release.yml" => 1, // the release
            _ => 0,
        };
        assert_eq!(writes, expected, "{path}");
    }
}

#[test]
fn a_proposals_own_check_has_no_secrets() {
    for (path, text) in files() {
        let document = parsed(&text);
        let is_proposals = !document["on"]["pull_request"].is_null()
            || document["on"]
                .as_mapping()
                .is_some_and(|on| on.contains_key("pull_request"));
        assert!(!text.contains("pull_request_target"), "{path}");
        if is_proposals {
            assert!(
                !text.contains("secrets.") && !text.contains("environment:"),
                "{path}"
            );
        }
        if path.ends_with("comment.yml") {
            assert!(
                !text.contains("actions/checkout") && !text.contains("secrets."),
                "{path}"
            );
        }
    }
}

/// Whatever lies in the checkout, a proposal may have put there.
#[test]
fn what_is_kept_of_a_check_is_made_outside_of_the_checkout() {
    let (_, text) = files()
        .into_iter()
        .find(|(path, _)| path.ends_with("/check.yml"))
        .unwrap();
    let mut kept = Vec::new();
    for step in steps(&parsed(&text)) {
        let uses = step["uses"].as_str().unwrap_or_default();
        if uses.starts_with("actions/upload-artifact@") {
            kept.push(step["with"]["path"].as_str().unwrap().to_owned());
        }
        // Folders are new: `mkdir` without `-p` refuses what is there.
        let run = step["run"].as_str().unwrap_or_default();
        for line in run
            .lines()
            .filter(|line| line.contains("mkdir") || line.contains("--output"))
        {
            assert!(
                line.contains("\"$RUNNER_TEMP/") && !line.contains("-p "),
                "{line}"
            );
        }
    }
    assert_eq!(
        kept,
        ["${{ runner.temp }}/report/", "${{ runner.temp }}/preview/"]
    );
}

/// The program takes the place of the shell where it sends: else no signal of GitHub's would reach it.
#[test]
fn sending_hears_signals_and_is_never_cut_short_for_another() {
    let (_, text) = files()
        .into_iter()
        .find(|(path, _)| path.ends_with("send.yml"))
        .unwrap();
    let document = parsed(&text);
    // One sending at a time; what came back is read beside it.
    for job in ["ingest", "send"] {
        let concurrency = &document["jobs"][job]["concurrency"];
        assert_eq!(concurrency["group"], job);
        assert_eq!(concurrency["cancel-in-progress"].as_bool(), Some(false));
    }
    assert!(document["concurrency"].is_null());
    assert_eq!(document["jobs"]["send"]["needs"], "ingest");
    assert!(
        steps(&document)
            .iter()
            .any(|step| step["run"] == "exec postmerge send")
    );
    let schedule = &document["on"]["schedule"][0];
    assert_eq!(schedule["timezone"], "Europe/Rome");
    let minutes = schedule["cron"]
        .as_str()
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    assert!(
        minutes
            .split(',')
            .all(|minute| minute.parse::<u8>().unwrap() % 15 != 0)
    );
}

#[test]
fn the_action_takes_this_version_and_is_the_same_everywhere() {
    let text = fs::read_to_string(root().join("action.yml")).unwrap();
    let document = parsed(&text);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(document["inputs"]["version"]["default"], version);
    let (_, written) = files()
        .into_iter()
        .find(|(path, _)| path.ends_with("action.yml"))
        .unwrap();
    assert_eq!(text, written);
}
