//! `lint` as a pull request has it: against a base, with fixes, acceptances, and a job's summary.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[path = "support/git.rs"]
mod git;
#[path = "support/overlay.rs"]
mod overlay;

use git::git;

/// The sound workspace as a repository, its state on `main`.
fn repository() -> tempfile::TempDir {
    let folder = overlay::base(&PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    git(folder.path(), &["init", "-q", "-b", "main"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "sound"]);
    git(folder.path(), &["checkout", "-q", "-b", "proposal"]);
    folder
}

fn lint(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postmerge"));
    command.arg("-C").arg(folder).arg("lint").args(arguments);
    command
        .env_remove("GITHUB_EVENT_PATH")
        .env_remove("GITHUB_STEP_SUMMARY");
    command.envs(environment.iter().copied()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn write(folder: &Path, path: &str, text: &str) {
    overlay::write(&folder.join(path), text.as_bytes());
}

const CAMPAIGN: &str = "subject: Aviso\nsender: eventos\ntemplate: boletin\naudience:\n  lists: [exportadores]\n\
                        send: {date: 2098-12-03, window: \"12:00\"}\n";

#[test]
fn only_what_the_branch_is_answerable_for_is_shown() {
    let folder = repository();
    let root = folder.path();
    write(
        root,
        "campaigns/vieja/campaign.yaml",
        &CAMPAIGN.replace("eventos", "nadie"),
    );
    write(root, "campaigns/vieja/body.md", "Hola.\n");
    git(root, &["add", "."]);
    git(
        root,
        &["commit", "-q", "-m", "a fault that is on main already"],
    );
    git(root, &["branch", "-q", "-f", "main"]);
    write(
        root,
        "campaigns/nueva/campaign.yaml",
        &CAMPAIGN.replace("2098", "2001"),
    );
    write(root, "campaigns/nueva/body.md", "Hola.\n");
    let all = lint(root, &[], &[]);
    assert!(
        said(&all).contains("vieja") && !said(&all).contains("date-past"),
        "{}",
        said(&all)
    );
    // Not even committed yet, and by somebody whom nobody knows.
    let change = lint(root, &["--base", "main", "--author", "stranger"], &[]);
    let text = said(&change);
    assert!(!text.contains("vieja"), "{text}");
    assert!(
        text.contains("date-past") && text.contains("list-not-owned"),
        "{text}"
    );
    assert_eq!(change.status.code(), Some(1));
    let event = root.join("event.json");
    fs::write(
        &event,
        r#"{"pull_request": {"user": {"login": "ana-example"}}}"#,
    )
    .unwrap();
    let own = lint(
        root,
        &["--base", "main"],
        &[("GITHUB_EVENT_PATH", event.to_str().unwrap())],
    );
    assert!(!said(&own).contains("list-not-owned"), "{}", said(&own));
    let unknown = lint(root, &["--base", "nowhere"], &[]);
    assert_eq!(unknown.status.code(), Some(2), "{}", said(&unknown));
    assert!(said(&unknown).contains("fetch"), "{}", said(&unknown));
    // Below a repository's top nothing would seem to have changed.
    let below = root.join("below");
    overlay::copy(
        &PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/workspace"),
        &below,
    );
    let below = lint(&below, &["--base", "main"], &[]);
    assert_eq!(below.status.code(), Some(2), "{}", said(&below));
}

#[test]
fn fixes_change_what_they_must_and_no_other_byte() {
    let folder = repository();
    let root = folder.path();
    let before =
        "Uno\r\n[a](http://camara.example/x) y [b](http://otro.example)\n\n\tfin sin salto";
    write(root, "campaigns/rueda/body.md", before);
    let diff = lint(root, &["--diff"], &[]);
    assert!(
        said(&diff).contains("-[a](http://camara.example/x)"),
        "{}",
        said(&diff)
    );
    assert!(said(&diff).contains("+[a](https://camara.example/x) y [b](http://otro.example)"));
    assert_eq!(
        fs::read_to_string(root.join("campaigns/rueda/body.md")).unwrap(),
        before
    );
    let fixed = lint(root, &["--fix"], &[]);
    assert!(fixed.status.success(), "{}", said(&fixed));
    // The organisation's own site; of another nobody knows whether it is there.
    assert_eq!(
        fs::read_to_string(root.join("campaigns/rueda/body.md")).unwrap(),
        before.replace("http://camara.example", "https://camara.example")
    );
    assert!(said(&lint(root, &["--diff"], &[])).is_empty());
}

#[test]
fn a_campaign_in_anothers_folder_is_one_of_its_own() {
    let folder = repository();
    let root = folder.path();
    write(root, "campaigns/rueda/body.md", "[a](https://bit.ly/x)\n");
    write(
        root,
        "lists/exportadores.bar.csv",
        "email\nventas@bar.example\n",
    );
    let settings = fs::read_to_string(root.join("lists/exportadores.yaml")).unwrap();
    write(root, "lists/exportadores.bar.yaml", &settings);
    git(root, &["add", "."]);
    git(
        root,
        &["commit", "-q", "-m", "faults that are on main already"],
    );
    git(root, &["branch", "-q", "-f", "main"]);
    write(root, "campaigns/rueda/hija/campaign.yaml", CAMPAIGN);
    write(
        root,
        "campaigns/rueda/hija/body.md",
        "[a](https://bit.ly/y)\n",
    );
    let seen = said(&lint(root, &["--base", "main"], &[]));
    assert!(seen.contains("campaigns/rueda/hija/body.md"), "{seen}");
    assert!(!seen.contains("campaigns/rueda/body.md"), "{seen}");
    let members = "email\nana@socios.example\nluis@socios.example\n";
    write(root, "lists/exportadores.csv", members);
    let seen = said(&lint(root, &["--base", "main"], &[]));
    assert!(seen.contains("campaigns/rueda/body.md"), "{seen}");
    assert!(!seen.contains("exportadores.bar"), "{seen}");
}

#[test]
fn severities_and_acceptances_decide_the_exit_code() {
    let folder = repository();
    let root = folder.path();
    write(root, "campaigns/rueda/body.md", "[a](https://bit.ly/x)\n");
    let code = |arguments: &[&str]| lint(root, arguments, &[]).status.code();
    assert_eq!(code(&[]), Some(1));
    let settings = fs::read_to_string(root.join("postmerge.yaml")).unwrap();
    let lowered = format!("{settings}lint: {{severity: {{link-shortened: warning}}}}\n");
    write(root, "postmerge.yaml", &lowered);
    assert_eq!(
        (code(&[]), code(&["--fail-on", "warning"])),
        (Some(0), Some(1))
    );
    write(root, "postmerge.yaml", &settings);
    let campaign = fs::read_to_string(root.join("campaigns/rueda/campaign.yaml")).unwrap();
    let allowed = format!("# postmerge: allow link-shortened -- the ministry's own\n{campaign}");
    write(root, "campaigns/rueda/campaign.yaml", &allowed);
    assert_eq!(code(&["--fail-on", "warning"]), Some(0));
    write(
        root,
        "campaigns/rueda/body.md",
        "[a](https://camara.example/x)\n",
    );
    let unused = lint(root, &[], &[]);
    assert!(
        said(&unused).contains("allowance-unused"),
        "{}",
        said(&unused)
    );
}

#[test]
fn a_job_gets_annotations_and_a_summary_and_others_get_sarif() {
    let folder = repository();
    let root = folder.path();
    write(root, "campaigns/rueda/body.md", "[a](https://bit.ly/x)\n");
    let page = root.join("summary.md");
    fs::write(&page, "before\n").unwrap();
    let job = lint(
        root,
        &["--format", "github"],
        &[("GITHUB_STEP_SUMMARY", page.to_str().unwrap())],
    );
    assert!(
        said(&job).starts_with("::error file=campaigns/rueda/body.md,line=1"),
        "{}",
        said(&job)
    );
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.starts_with("before\n## postmerge lint: 1 error\n"),
        "{page}"
    );
    let text = said(&lint(root, &["--format", "sarif"], &[]));
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    let at = |pointer| log.pointer(pointer).and_then(serde_json::Value::as_str);
    assert_eq!(at("/runs/0/results/0/ruleId"), Some("PM101"));
    assert_eq!(
        at("/runs/0/tool/driver/rules/0/name"),
        Some("link-shortened")
    );
    // A line above moves the place and not the fingerprint.
    let print = at("/runs/0/results/0/partialFingerprints/postmerge~1v1")
        .unwrap()
        .to_owned();
    write(
        root,
        "campaigns/rueda/body.md",
        "Hola.\n\n[a](https://bit.ly/x)\n",
    );
    let text = said(&lint(root, &["--format", "sarif"], &[]));
    assert!(
        text.contains(&print) && text.contains("\"startLine\": 3"),
        "{text}"
    );
}

#[test]
fn order_schema_and_typography_are_mended_at_once_and_for_good() {
    let folder = repository();
    let root = folder.path();
    write(root, "schemas/campaign.schema.json", "{}\n");
    let campaign = "\u{feff}# Ñandú\r\n\r\nsender: eventos\r\n# como en 2025\r\nsubject: Aviso ... y más\r\n\
                    template: boletin\r\naudience:\r\n  lists: [exportadores]\r\n\
                    send: {date: 2098-12-03, window: \"12:00\"}\r\n";
    write(root, "campaigns/nueva/campaign.yaml", campaign);
    let body =
        "Hola , señor  Núñez.  \r\n\r\n    a  , b\r\n\r\n`c  d` y {{ nombre  | default(\"x\") }} .";
    write(root, "campaigns/nueva/body.md", body);
    let shown = said(&lint(root, &["--diff"], &[]));
    assert!(shown.contains("+Hola, señor Núñez.  "), "{shown}");
    assert_eq!(
        fs::read_to_string(root.join("campaigns/nueva/body.md")).unwrap(),
        body,
        "--diff writes nothing"
    );
    let fixed = lint(root, &["--fix"], &[]);
    let says = said(&fixed);
    // The byte order mark, and `nombre`, which the list does not have.
    assert!(says.contains("mended, 2 left"), "{says}");
    assert_eq!(fixed.status.code(), Some(1), "an error is left: {says}");
    assert_eq!(
        fs::read_to_string(root.join("campaigns/nueva/campaign.yaml")).unwrap(),
        "\u{feff}# yaml-language-server: $schema=../../schemas/campaign.schema.json\r\n# Ñandú\r\n\r\n\
         # como en 2025\r\nsubject: Aviso … y más\r\nsender: eventos\r\ntemplate: boletin\r\naudience:\r\n  \
         lists: [exportadores]\r\nsend: {date: 2098-12-03, window: \"12:00\"}\r\n"
    );
    assert_eq!(
        fs::read_to_string(root.join("campaigns/nueva/body.md")).unwrap(),
        "Hola, señor Núñez.  \r\n\r\n    a  , b\r\n\r\n`c  d` y {{ nombre  | default(\"x\") }}."
    );
    let left = said(&lint(root, &["--diff"], &[]));
    assert_eq!(left, "", "nothing is left to mend");
}

/// Two hundred slips in one text are mended in one go, and told truly.
#[test]
fn all_slips_are_mended_however_many_there_are() {
    let folder = repository();
    let root = folder.path();
    write(root, "campaigns/rueda/body.md", &"uno , dos\n".repeat(200));
    let says = said(&lint(root, &[], &[]));
    assert!(says.contains("150 more slips stand in this text"), "{says}");
    let fixed = lint(root, &["--fix"], &[]);
    let says = said(&fixed);
    assert!(says.contains("200 mended, nothing is left"), "{says}");
    assert_eq!(fixed.status.code(), Some(0));
    assert_eq!(said(&lint(root, &[], &[])), "no findings\n");
}

#[test]
fn a_fix_leaves_what_would_become_something_else_and_code() {
    let folder = repository();
    let root = folder.path();
    let body = "Antes\n\n2026 . Fue un gran año\n\n<pre>a  b , c</pre>\n\n<code>a  b , c</code> y [a](http://camara.example \"http://camara.example\")\n";
    write(root, "campaigns/rueda/body.md", body);
    let fixed = said(&lint(root, &["--fix"], &[]));
    assert!(fixed.contains("1 mended, 1 left"), "{fixed}");
    assert_eq!(
        fs::read_to_string(root.join("campaigns/rueda/body.md")).unwrap(),
        body.replacen("(http:", "(https:", 1)
    );
}

#[test]
fn a_diff_is_a_patch() {
    let folder = repository();
    let root = folder.path();
    write(root, "schemas/campaign.schema.json", "{}\n");
    let campaign = fs::read_to_string(root.join("campaigns/rueda/campaign.yaml")).unwrap();
    write(
        root,
        "campaigns/rueda/campaign.yaml",
        &campaign.replace('\n', "\r\n"),
    );
    let lines = "uno\ndos\ntres\ncuatro\n".repeat(5);
    write(
        root,
        "campaigns/rueda/body.md",
        &format!("a , b\r\n{lines}c  d\n{lines}e , f"),
    );
    git(root, &["add", "."]);
    git(root, &["commit", "-q", "-m", "with slips"]);
    let diff = lint(root, &["--diff"], &[]);
    let patch = root.join("fix.patch");
    fs::write(&patch, &diff.stdout).unwrap();
    git(
        root,
        &[
            "-c",
            "core.autocrlf=false",
            "apply",
            "--whitespace=nowarn",
            "fix.patch",
        ],
    );
    let read = |path| fs::read_to_string(root.join(path)).unwrap();
    let applied = [
        read("campaigns/rueda/campaign.yaml"),
        read("campaigns/rueda/body.md"),
    ];
    git(root, &["checkout", "-q", "--", "campaigns"]);
    if let Ok(mut child) = Command::new("patch")
        .args(["-p1", "-s", "--binary", "-i", "fix.patch"])
        .current_dir(root)
        .spawn()
    {
        assert!(child.wait().unwrap().success());
        assert_eq!(applied[0], read("campaigns/rueda/campaign.yaml"));
        assert_eq!(applied[1], read("campaigns/rueda/body.md"));
        git(root, &["checkout", "-q", "--", "campaigns"]);
    }
    let fixed = lint(root, &["--fix"], &[]);
    assert!(said(&fixed).contains("nothing is left"), "{}", said(&fixed));
    assert_eq!(applied[0], read("campaigns/rueda/campaign.yaml"));
    assert_eq!(applied[1], read("campaigns/rueda/body.md"));
}

#[test]
fn fixing_says_what_is_left_and_takes_no_format() {
    let folder = repository();
    let root = folder.path();
    let campaign = fs::read_to_string(root.join("campaigns/rueda/campaign.yaml")).unwrap();
    write(
        root,
        "campaigns/rueda/campaign.yaml",
        &campaign.replace("sender: eventos", "sender: nadie"),
    );
    assert_eq!(lint(root, &["--fix"], &[]).status.code(), Some(1));
    for how in ["--fix", "--diff"] {
        let output = lint(root, &[how, "--format", "json"], &[]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        assert!(said(&output).contains("--format"), "{}", said(&output));
    }
    // A summary that cannot be written does not take the annotations away.
    let job = lint(
        root,
        &["--format", "github"],
        &[("GITHUB_STEP_SUMMARY", "/no/such/folder/x")],
    );
    assert_eq!(job.status.code(), Some(1));
    let annotations = String::from_utf8_lossy(&job.stdout).into_owned();
    assert!(annotations.starts_with("::error "), "{}", said(&job));
    let complaint = String::from_utf8_lossy(&job.stderr).into_owned();
    assert!(
        complaint.starts_with("warning: GITHUB_STEP_SUMMARY"),
        "{complaint}"
    );
}
