//! `postmerge init` as a user runs it: what it writes has no findings, and can be tried at once.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::fs;
use std::path::Path;
use std::process::Command;

#[path = "support/git.rs"]
mod git;

use git::git;

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_postmerge"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("GITHUB_EVENT_PATH")
        .env("POSTMERGE_KEY", "0123456789abcdef0123456789abcdef")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The id of the only campaign: its year is this one or the next.
fn campaign(folder: &Path) -> String {
    let only = |folder: &Path| {
        let mut entries = fs::read_dir(folder).unwrap();
        let path = entries.next().unwrap().unwrap().path();
        assert!(entries.next().is_none());
        path
    };
    let found = only(&only(&folder.join("campaigns")));
    let below = found.strip_prefix(folder.join("campaigns")).unwrap();
    below.to_str().unwrap().to_owned()
}

#[test]
fn in_every_language_it_is_clean_and_can_be_tried_at_once() {
    for language in ["es", "it", "en"] {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("new/mail");
        let (code, said, wrong) = run(
            outer.path(),
            &[
                "init",
                "new/mail",
                "--language",
                language,
                "--zone",
                "Europe/Rome",
                "--domain",
                "camara.example",
                "--name",
                "Cámara “Müller & Söhne”: {{ nadie }}",
                "--github",
                "Camara-Example/mail",
                "--administrator",
                "tomas-example",
            ],
        );
        assert_eq!((code, wrong.as_str()), (0, ""), "{said}");
        assert_eq!(
            run(&folder, &["lint", "--fail-on", "warning"]),
            (0, "no findings\n".to_owned(), String::new())
        );
        assert_eq!(run(&folder, &["codeowners", "--check"]).0, 0);
        let bare = outer.path().join("remote.git");
        let bare = bare.to_str().unwrap();
        git(&folder, &["init", "-q", "--bare", bare]);
        git(&folder, &["init", "-q", "-b", "main"]);
        git(&folder, &["add", "."]);
        git(&folder, &["commit", "-q", "-m", "a new workspace"]);
        git(&folder, &["remote", "add", "origin", bare]);
        git(&folder, &["push", "-q", "origin", "main"]);
        let id = campaign(&folder);
        // Pages with recipients' values are not committed by mistake.
        assert_eq!(run(&folder, &["preview", &id]).0, 0);
        assert!(folder.join(format!("preview/{id}.html")).is_file());
        assert_eq!(git(&folder, &["status", "--short"]), "");
        let (code, said, wrong) = run(&folder, &["send", "--campaign", &id, "--now", "--dry-run"]);
        assert_eq!((code, wrong.as_str()), (0, ""), "{said}");
        assert!(
            said.contains("  4          0 ") && said.contains("would be sent now"),
            "{said}"
        );
        // A proposal of the administrator's, as a pull request has it.
        git(&folder, &["checkout", "-q", "-b", "proposal"]);
        let body = folder.join(format!("campaigns/{id}/body.md"));
        let text = fs::read_to_string(&body).unwrap();
        fs::write(&body, text + "\nP. D. www\n").unwrap();
        let change = ["lint", "--base", "main", "--author", "tomas-example"];
        assert_eq!(run(&folder, &change).0, 0);
    }
}

#[test]
fn what_it_says() {
    let outer = tempfile::tempdir().unwrap();
    let (code, said, _) = run(outer.path(), &["init", "mail", "--zone", "UTC"]);
    assert_eq!(code, 0);
    let id = campaign(&outer.path().join("mail"));
    let said = said.replace(&id, "YEAR/welcome");
    insta::assert_snapshot!(said, @"
    A workspace in mail:
      .gitattributes
      .github/CODEOWNERS
      .github/actions/postmerge/action.yml
      .github/dependabot.yml
      .github/workflows/check.yml
      .github/workflows/comment.yml
      .github/workflows/hygiene.yml
      .github/workflows/publish.yml
      .github/workflows/send.yml
      .gitignore
      README.md
      assets/logo.png
      campaigns/YEAR/welcome/body.md
      campaigns/YEAR/welcome/campaign.yaml
      lists/members.csv
      lists/members.yaml
      postmerge.yaml
      schemas/campaign.schema.json
      schemas/list.schema.json
      schemas/settings.schema.json
      schemas/template.schema.json
      templates/newsletter/layout.html
      templates/newsletter/layout.txt
      templates/newsletter/style.css
      templates/newsletter/template.yaml

    What to do next:
      1. In postmerge.yaml: the postal address, the mail server, your name on GitHub. Then `postmerge codeowners`.
      2. Put your members into the list; those in it are invented. Then `postmerge lint`.
      3. Make it a repository, push it to its main branch, and see what would go out:
           export POSTMERGE_KEY=$(openssl rand -hex 32)   # keep it: it cannot be changed later
           postmerge send --campaign YEAR/welcome --now --dry-run
      4. Publish the logo, pictures and documents that mails link to: the workflow Publish, or `postmerge publish`.
         Until they are there, `send` holds the campaign.
      5. From there to the first real sending: https://github.com/postmerge/postmerge/blob/main/docs/operations.md
    ");
}

#[test]
fn nothing_is_overwritten() {
    let outer = tempfile::tempdir().unwrap();
    let read = |path: &str| fs::read_to_string(outer.path().join(path)).unwrap();
    fs::create_dir_all(outer.path().join("lists")).unwrap();
    for path in ["README.md", "MAIL.md", ".gitignore", "lists/members.csv"] {
        fs::write(outer.path().join(path), "mine").unwrap();
    }
    let (code, said, wrong) = run(outer.path(), &["init"]);
    assert_eq!((code, said.as_str()), (2, ""));
    assert_eq!(
        wrong,
        "error: . has files already that would be written:\n  MAIL.md\n  lists/members.csv\n  \
         help: nothing was written; take another folder, or move them away\n"
    );
    assert!(!outer.path().join("postmerge.yaml").exists());
    assert_eq!(
        (read("README.md"), read(".gitignore")),
        ("mine".to_owned(), "mine".to_owned())
    );
}

#[test]
fn a_repository_that_was_just_made_on_github_keeps_what_it_has() {
    for readme in ["README.md", "readme.rst"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        git(folder, &["init", "-q", "-b", "main"]);
        for (path, text) in [
            (readme, "# mail\n"),
            ("LICENSE", "MIT\n"),
            (".gitignore", "*.log"),
        ] {
            fs::write(folder.join(path), text).unwrap();
        }
        git(folder, &["add", "."]);
        git(folder, &["commit", "-q", "-m", "Initial commit"]);
        let (code, said, wrong) = run(folder, &["init", "--zone", "UTC"]);
        assert_eq!((code, wrong.as_str()), (0, ""), "{said}");
        let read = |path: &str| fs::read_to_string(folder.join(path)).unwrap();
        assert_eq!(
            (read(readme), read("LICENSE")),
            ("# mail\n".to_owned(), "MIT\n".to_owned())
        );
        let ignored = read(".gitignore");
        assert!(
            ignored.starts_with("*.log\n\n#") && ignored.ends_with("\n*.key\n"),
            "{ignored}"
        );
        assert!(read("MAIL.md").starts_with("# Mail of Your Organisation"));
        assert!(readme == "README.md" || !folder.join("README.md").exists());
        assert!(
            said.contains("  .gitignore (yours, added to)\n")
                && said
                    .contains("  MAIL.md (the page for the staff; your README stays as it is)\n"),
            "{said}"
        );
        let lint = run(folder, &["lint", "--fail-on", "warning"]);
        assert_eq!(lint.1, "no findings\n");
    }
}

#[test]
fn what_can_not_be_is_refused_before_anything_is_written() {
    for wrong in [
        ["--name", "a\nb"],
        ["--name", "news@camara.example"],
        ["--domain", "https://camara.example"],
        ["--zone", "Mars"],
        ["--github", "camara"],
        ["--administrator", "@tomas"],
    ] {
        let outer = tempfile::tempdir().unwrap();
        let (code, said, complaint) = run(outer.path(), &["init", "mail", wrong[0], wrong[1]]);
        assert_eq!((code, said.as_str()), (2, ""), "{wrong:?}");
        assert!(complaint.starts_with("error: "), "{complaint}");
        assert!(!outer.path().join("mail").exists(), "{wrong:?}");
    }
}

#[test]
#[cfg(unix)]
fn no_link_is_followed() {
    let (outer, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(elsewhere.path(), outer.path().join("lists")).unwrap();
    let (code, _, complaint) = run(outer.path(), &["init"]);
    assert_eq!(code, 2);
    assert!(complaint.contains("\n  lists\n"), "{complaint}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    assert!(!outer.path().join("postmerge.yaml").exists());
}
