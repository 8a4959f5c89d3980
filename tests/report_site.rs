//! `report` as a user runs it, on a year of invented sendings in real repositories.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods
)]

mod support {
    pub(crate) mod git;
    pub(crate) mod invented_year;
    pub(crate) mod overlay;
}

use std::path::{Path, PathBuf};

use support::invented_year::{KEY, write};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn run(folder: &Path, key: Option<&str>, arguments: &[&str]) -> (i32, String, String) {
    let mut command = assert_cmd::Command::cargo_bin("postmerge").unwrap();
    command.args(["-C", folder.to_str().unwrap(), "report"]);
    command.args(arguments).env_remove("POSTMERGE_KEY");
    if let Some(key) = key {
        command.env("POSTMERGE_KEY", key);
    }
    let output = command.current_dir(folder).output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// Every page below a folder, and its text.
fn read(folder: &Path) -> Vec<(PathBuf, String)> {
    let pages = walkdir::WalkDir::new(folder).sort_by_file_name();
    let pages = pages.into_iter().map(Result::unwrap);
    pages
        .filter(|it| it.path().extension().is_some_and(|end| end == "html"))
        .map(|it| {
            (
                it.path().to_owned(),
                std::fs::read_to_string(it.path()).unwrap(),
            )
        })
        .collect()
}

/// For the test in a browser and for pictures: `REPORT_YEAR` says into which folder.
#[test]
#[ignore = "writes a ledger for who asks by REPORT_YEAR"]
fn the_invented_year_is_written() {
    let folder = std::env::var_os("REPORT_YEAR").unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    write(root(), Path::new(&folder));
}

#[test]
fn a_year_is_shown_with_and_without_who_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let house = folder.path();
    write(root(), house);

    let (code, out, err) = run(house, Some(KEY), &[]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert_eq!(out, "11 pages; open report/index.html\n");
    let pages = read(&house.join("report"));
    assert_eq!(pages.len(), 11);
    for (path, html) in &pages {
        let name = path.display();
        assert!(
            html.starts_with("<!DOCTYPE html>\n<html lang=\"es\">"),
            "{name}"
        );
        // The domains of large providers stand there by the settings' names; nobody's address does.
        assert!(
            !html.contains("@grancorreo") && !html.contains("@webmail"),
            "{name}"
        );
        assert!(
            !html.contains("<script") && !html.contains("src="),
            "{name}"
        );
        links_lead_somewhere(path, html);
    }
    let page = |name: &str| {
        let found = pages.iter().find(|(path, _)| path.ends_with(name));
        found.unwrap().1.as_str()
    };
    let latest = page("campaigns/boletin-trimestral@2026-~q4.html");
    assert!(latest.contains("Correos de los que nadie sabe si salieron: 7."));
    assert!(latest.contains("postmerge resolve boletin-trimestral@2026-Q4 --as sent|resend"));
    assert!(page("index.html").contains("correos de los que nadie sabe: 7"));
    assert!(page("lists.html").contains("Exportadores del Valle"));
    // Against the plan of the commit that approved it; by list, topic and column; and how the list grew.
    assert!(latest.contains("Según el plan aprobado") && latest.contains("En realidad: de"));
    assert!(latest.contains("Por lista") && latest.contains("Cursos y talleres"));
    assert!(latest.contains("Por columna: sector") && !latest.contains("Por columna: apellido"));
    let growth = page("lists.html").split_once("id=\"growth\"").unwrap().1;
    assert!(
        growth.contains("<td class=\"number\">47</td>")
            && growth.contains("<td class=\"number\">6</td>"),
        "{growth}"
    );

    // Asked again without a remote and without the key: the same sendings, no members.
    std::fs::remove_dir_all(house.join("remote.git")).unwrap();
    let (code, out, err) = run(house, None, &["--offline", "--out", "elsewhere"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let lists = std::fs::read_to_string(house.join("elsewhere/lists.html")).unwrap();
    assert!(lists.contains("solo se puede decir con la clave de la organización (POSTMERGE_KEY)"));

    let (code, _, _) = run(
        house,
        Some(KEY),
        &["--offline", "--with-addresses", "--out", "named"],
    );
    assert_eq!(code, 0);
    let named = read(&house.join("named"));
    let text: String = named.into_iter().map(|(_, html)| html).collect();
    assert!(text.contains("@grancorreo.example") && text.contains("no lo publique"));

    let (code, _, err) = run(house, None, &["--offline", "--with-addresses"]);
    assert_eq!(code, 2);
    assert!(err.contains("POSTMERGE_KEY"), "{err}");
    let (code, _, err) = run(
        house,
        Some("another key of thirty-two letters"),
        &["--offline"],
    );
    assert_eq!(code, 2, "{err}");
}

fn links_lead_somewhere(path: &Path, html: &str) {
    let mut count = 0;
    for rest in html.split("href=\"").skip(1) {
        let target = rest.split('"').next().unwrap().replace("&#x2f;", "/");
        let file = target.split('#').next().unwrap();
        if file.is_empty() || target == "data:," {
            continue;
        }
        let found = path.parent().unwrap().join(file);
        assert!(found.exists(), "{}: {target}", path.display());
        count += 1;
    }
    assert!(count >= 3, "{}", path.display());
}

#[test]
fn what_is_not_there_is_said() {
    let folder = support::overlay::base(root());
    let house = folder.path();
    let bare = house.join("remote.git");
    support::git::git(house, &["init", "-q", "--bare", bare.to_str().unwrap()]);
    support::git::git(house, &["init", "-q"]);
    support::git::git(
        house,
        &[
            "add",
            "-A",
            "--",
            "campaigns",
            "lists",
            "templates",
            "postmerge.yaml",
        ],
    );
    support::git::git(house, &["commit", "-qm", "a campaign"]);
    support::git::git(house, &["remote", "add", "origin", bare.to_str().unwrap()]);
    support::git::git(house, &["push", "-q", "origin", "main"]);

    let (code, _, err) = run(house, None, &["--offline"]);
    assert_eq!(code, 2);
    assert!(err.contains("without --offline"), "{err}");

    let (code, out, _) = run(house, None, &[]);
    assert_eq!(
        (code, out.as_str()),
        (0, "3 pages; open report/index.html\n")
    );
    let index = std::fs::read_to_string(house.join("report/index.html")).unwrap();
    assert!(index.contains("Todavía no hay registro"));

    // What is not of a report stays as it is, and nothing is written beside it; a report takes the place of a former one.
    std::fs::write(house.join("report/.postmerge-report"), {
        let mark = std::fs::read_to_string(house.join("report/.postmerge-report")).unwrap();
        format!("{mark}campaigns/gone.html\n")
    })
    .unwrap();
    std::fs::create_dir_all(house.join("report/campaigns")).unwrap();
    std::fs::write(house.join("report/campaigns/gone.html"), "old").unwrap();
    let (code, _, err) = run(house, None, &[]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(!house.join("report/campaigns/gone.html").exists());
    std::fs::write(house.join("report/index.html"), "theirs").unwrap();
    std::fs::write(house.join("report/notes.txt"), "theirs").unwrap();
    let (code, _, err) = run(house, None, &[]);
    assert_eq!(code, 2);
    assert!(
        err.contains("notes.txt") && err.contains("help: give --out"),
        "{err}"
    );
    std::fs::remove_file(house.join("report/notes.txt")).unwrap();
    std::fs::remove_file(house.join("report/.postmerge-report")).unwrap();
    let (code, _, err) = run(house, None, &[]);
    assert_eq!(code, 2);
    let index = std::fs::read_to_string(house.join("report/index.html")).unwrap();
    assert!(
        index == "theirs" && err.contains("no report has written"),
        "{err}"
    );
    std::fs::remove_dir_all(house.join("report")).unwrap();
    assert_eq!(run(house, None, &[]).0, 0);

    // Pages do not follow links out of the folder.
    std::fs::remove_file(house.join("report/index.html")).unwrap();
    std::os::unix::fs::symlink("/tmp/nowhere", house.join("report/index.html")).unwrap();
    let (code, _, err) = run(house, None, &[]);
    assert_eq!(code, 2);
    assert!(err.contains("link"), "{err}");
}
