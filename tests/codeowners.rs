//! `postmerge codeowners` and its lint rule, as a user runs them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "support/git.rs"]
mod git;
#[path = "support/overlay.rs"]
mod overlay;

use git::git;

const FILE: &str = ".github/CODEOWNERS";

/// The sound workspace with an administrator and somebody of the management.
fn workspace() -> tempfile::TempDir {
    let folder = overlay::base(&PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    change(folder.path(), "postmerge.yaml", "people:\n", PEOPLE);
    folder
}

const PEOPLE: &str = "people:\n  \
    tomas: {github: tomas-example, email: tomas@camara.example, roles: [administrator]}\n  \
    ines: {github: ines-example, email: ines@camara.example, roles: [management]}\n";

fn change(root: &Path, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(root.join(file)).unwrap();
    assert!(text.contains(from), "{file}: {from}");
    fs::write(root.join(file), text.replace(from, to)).unwrap();
}

fn run(root: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_postmerge"))
        .arg("-C")
        .arg(root)
        .args(arguments)
        .env_remove("GITHUB_EVENT_PATH")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(said).unwrap(),
    )
}

#[test]
fn the_file_is_written_checked_and_printed() {
    let folder = workspace();
    let root = folder.path();
    let (code, said) = run(root, &["codeowners", "--check"]);
    assert_eq!(code, 1);
    assert!(
        said.contains("+* @tomas-example\n")
            && said.ends_with("`postmerge codeowners` writes it\n"),
        "{said}"
    );
    assert!(!root.join(FILE).exists(), "--check writes nothing");
    let (_, printed) = run(root, &["codeowners", "--stdout"]);
    assert_eq!(run(root, &["codeowners"]), (0, format!("{FILE} written\n")));
    assert_eq!(fs::read_to_string(root.join(FILE)).unwrap(), printed);
    let up_to_date = (0, format!("{FILE} is up to date\n"));
    assert_eq!(run(root, &["codeowners"]), up_to_date);
    assert_eq!(run(root, &["codeowners", "--check"]), up_to_date);
    assert_eq!(run(root, &["lint"]), (0, "no findings\n".to_owned()));
    change(root, "postmerge.yaml", "ana-example", "ana-otra");
    let (code, said) = run(root, &["codeowners", "--check"]);
    assert_eq!(code, 1);
    assert!(
        said.contains("-/lists/exportadores.csv @ana-example @tomas-example\n"),
        "{said}"
    );
    assert!(
        said.contains("+/lists/exportadores.csv @ana-otra @tomas-example\n"),
        "{said}"
    );
    let (code, said) = run(root, &["lint"]);
    assert!(
        code == 1 && said.contains("PM195 codeowners-outdated"),
        "{said}"
    );
    assert_eq!(run(root, &["lint", "--fix"]).0, 0);
    assert_eq!(run(root, &["codeowners", "--check"]), up_to_date, "mended");
}

#[test]
fn who_can_not_be_asked_is_said() {
    let folder = workspace();
    let root = folder.path();
    change(root, "postmerge.yaml", "administrator", "coordinator");
    let (code, said) = run(root, &["codeowners"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("nobody among `people` is an administrator"),
        "{said}"
    );
    fs::write(root.join("lists/exportadores.yaml"), "title: [").unwrap();
    let (code, said) = run(root, &["codeowners"]);
    assert_eq!(code, 2);
    assert!(said.contains("`postmerge lint` shows where"), "{said}");
}

#[test]
#[cfg(unix)]
fn no_link_is_followed_when_writing() {
    let folder = workspace();
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join(".github")).unwrap();
    let (code, said) = run(folder.path(), &["codeowners"]);
    assert_eq!(code, 2);
    assert!(said.contains("is a symbolic link"), "{said}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn a_file_of_ones_own_is_not_replaced_by_fix() {
    let folder = workspace();
    overlay::write(&folder.path().join(FILE), b"* @tomas-example\n");
    let (code, said) = run(folder.path(), &["lint"]);
    assert!(
        code == 1 && said.contains("was not written by `postmerge codeowners`"),
        "{said}"
    );
    run(folder.path(), &["lint", "--fix"]);
    let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
    assert_eq!(text, "* @tomas-example\n");
}

#[test]
fn a_change_answers_for_what_it_brings() {
    let folder = workspace();
    let root = folder.path();
    run(root, &["codeowners"]);
    // On main it is out of date already, through somebody else's list.
    change(
        root,
        FILE,
        "/lists/exportadores.csv @ana-example",
        "/lists/exportadores.csv",
    );
    git(root, &["init", "-q", "-b", "main"]);
    git(root, &["add", "."]);
    git(root, &["commit", "-q", "-m", "main"]);
    git(root, &["checkout", "-q", "-b", "proposal"]);
    let lint = || {
        run(
            root,
            &["lint", "--base", "main", "--author", "tomas-example"],
        )
    };
    let campaign = "subject: Aviso\nsender: eventos\ntemplate: boletin\naudience: {lists: [exportadores]}\n\
                    send: {date: 2098-12-03, window: \"12:00\"}\n";
    let path = root.join("campaigns/nueva/campaign.yaml");
    overlay::write(&root.join("campaigns/nueva/body.md"), b"Hola.\n");
    overlay::write(&path, campaign.as_bytes());
    let (code, said) = lint();
    assert!(code == 0 && !said.contains("PM195"), "{said}");
    overlay::write(
        &path,
        (campaign.to_owned() + "approval: management\n").as_bytes(),
    );
    let (code, said) = lint();
    assert!(code == 1 && said.contains("PM195"), "{said}");
}
