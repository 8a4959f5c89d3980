//! Pages on which a campaign's mail is looked at, as the binary writes and serves them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

#[path = "support/git.rs"]
mod git;
#[path = "support/overlay.rs"]
mod overlay;

use git::git;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn preview(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postmerge"));
    command.arg("-C").arg(folder).arg("preview").args(arguments);
    command.env_remove("CHROME").output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The page that one campaign's preview is, and the exit code.
fn page(folder: &Path, id: &str, more: &[&str]) -> (String, Option<i32>) {
    let output = tempfile::tempdir().unwrap();
    let place = output.path().display().to_string();
    let mut arguments = vec![id, "--output", &place];
    arguments.extend(more);
    let done = preview(folder, &arguments);
    let path = output.path().join(format!("{}.html", id));
    let page = fs::read_to_string(path).unwrap_or_else(|_| panic!("{}", said(&done)));
    (page, done.status.code())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, after) = text.split_once(start).unwrap();
    after.split_once(end).unwrap().0
}

fn data(page: &str) -> Value {
    serde_json::from_str(between(page, "id=\"data\">", "</script>")).unwrap()
}

#[test]
fn the_examples_page_holds_all_that_it_shows() {
    let (page, code) = page(&root(), "2026/rueda-agro", &[]);
    assert_eq!(code, Some(0));
    let data = data(&page);
    let mails = data["mails"].as_array().unwrap();
    assert!(mails.len() >= 3, "{}", mails.len());
    let first = &mails[0];
    let html = first["html"]["light"].as_str().unwrap();
    assert!(
        html.contains("data:image/png;base64,") && !html.contains("archivos.camara.example/assets")
    );
    assert!(
        first["text"]
            .as_str()
            .unwrap()
            .contains("Rueda de negocios")
    );
    assert!(
        first["headers"]
            .as_str()
            .unwrap()
            .contains("\nList-Unsubscribe: ")
    );
    assert_ne!(first["html"]["light"], first["html"]["dark"]);
    assert_eq!(data["findings"].as_array().unwrap().len(), 0);
    // Nothing is fetched, and no script runs but the page's own.
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\">");
    let script = between(&page, "<script>", "</script>");
    let hash = STANDARD.encode(Sha256::digest(script.as_bytes()));
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
        )
    );
}

#[test]
fn as_somebody_whom_the_campaign_goes_to() {
    let folder = overlay::base(&root());
    let (found, code) = page(folder.path(), "rueda", &["--as", "ANA@socios.example"]);
    assert_eq!(code, Some(0));
    assert!(
        data(&found)["mails"][0]["label"]
            .as_str()
            .unwrap()
            .ends_with("(asked for)")
    );
    let (nobody, code) = page(folder.path(), "rueda", &["--as", "nadie@socios.example"]);
    assert_eq!(code, Some(1));
    assert!(
        data(&nobody)["problem"]
            .as_str()
            .unwrap()
            .contains("there is no recipient")
    );
    assert_eq!(
        preview(folder.path(), &["rueda", "--as", "nobody"])
            .status
            .code(),
        Some(2)
    );
    assert_eq!(preview(folder.path(), &["rued"]).status.code(), Some(2));
}

#[test]
fn a_mail_that_can_not_be_made_says_why_and_what_lint_found() {
    let folder = overlay::base(&root());
    overlay::write(
        &folder.path().join("campaigns/rueda/body.md"),
        b"Hola {{ nombr }}.\n",
    );
    let (page, code) = page(folder.path(), "rueda", &[]);
    let data = data(&page);
    assert_eq!(code, Some(1));
    assert!(
        data["problem"].as_str().unwrap().contains("nombr"),
        "{data:#}"
    );
    let finding = &data["findings"][0];
    assert_eq!(
        (finding["rule"].as_str(), finding["line"].as_u64()),
        (Some("variable-unknown"), Some(1))
    );
    assert_eq!(finding["excerpt"], "Hola {{ nombr }}.");
}

#[test]
fn a_hostile_campaign_stays_data() {
    let folder = overlay::base(&root());
    let campaign = folder.path().join("campaigns/rueda/campaign.yaml");
    let text = fs::read_to_string(&campaign).unwrap();
    fs::write(
        &campaign,
        text.replace(
            "subject: Rueda de negocios",
            "subject: \"</script><script>alert(1)</script> WWW!!!\"",
        ),
    )
    .unwrap();
    let (page, _) = page(folder.path(), "rueda", &[]);
    assert_eq!(page.matches("</script>").count(), 2);
    assert_eq!(page.matches("<script").count(), 2);
    let data = data(&page);
    assert!(
        data["mails"][0]["subject"]
            .as_str()
            .unwrap()
            .starts_with("</script>")
    );
    assert!(
        data["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["place"] == "subject"),
        "{data:#}"
    );
}

#[test]
fn campaigns_of_like_names_have_pages_of_their_own() {
    let folder = overlay::base(&root());
    let campaigns = folder.path().join("campaigns");
    for id in ["a/b", "a-b"] {
        for file in ["campaign.yaml", "body.md"] {
            let bytes = fs::read(campaigns.join("rueda").join(file)).unwrap();
            overlay::write(&campaigns.join(id).join(file), &bytes);
        }
    }
    let output = folder.path().join("out");
    let place = output.display().to_string();
    let done = preview(folder.path(), &["a/b", "a-b", "--output", &place]);
    assert!(done.status.success(), "{}", said(&done));
    for (name, title) in [("a/b.html", "Preview: a/b<"), ("a-b.html", "Preview: a-b<")] {
        let page = fs::read_to_string(output.join(name)).unwrap();
        assert!(page.contains(&title.replace('/', "&#x2f;")), "{name}");
    }
}

/// A proposal can bring a link where a page, a picture or the folder is written.
#[test]
#[cfg(unix)]
fn no_link_of_a_proposal_is_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let outer = tempfile::tempdir().unwrap();
    let victim = outer.path().join("victim");
    fs::write(&victim, "untouched").unwrap();
    let browser = outer.path().join("browser");
    fs::write(
        &browser,
        "#!/bin/sh\necho '<html data-height=\"300\">'\nfor it; do case $it in --screenshot=*) echo picture >\"${it#--screenshot=}\";; esac; done\n",
    )
    .unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    let folder = overlay::base(&root());
    let top = folder.path();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postmerge"));
        command.current_dir(top).args(["preview", "rueda"]);
        command.args(arguments).env("CHROME", &browser);
        command.output().unwrap()
    };
    let refused = |done: &Output| {
        assert_eq!(done.status.code(), Some(2), "{}", said(done));
        assert!(said(done).contains("is not followed"), "{}", said(done));
        assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    };
    assert!(run(&["--png"]).status.success());
    let picture = top.join("preview/rueda-phone-dark.png");
    assert_eq!(fs::read_to_string(&picture).unwrap(), "picture\n");
    for name in ["rueda.html", "rueda-phone-dark.png"] {
        let path = top.join("preview").join(name);
        fs::remove_file(&path).unwrap();
        symlink(&victim, &path).unwrap();
        refused(&run(&["--png"]));
        fs::remove_file(&path).unwrap();
    }
    let away = outer.path().join("away");
    fs::create_dir(&away).unwrap();
    fs::remove_dir_all(top.join("preview")).unwrap();
    for to in [away.clone(), outer.path().join("new")] {
        symlink(&to, top.join("preview")).unwrap();
        for output in ["preview", "./preview/below", "lists/../preview"] {
            refused(&run(&["--output", output]));
        }
        fs::remove_file(top.join("preview")).unwrap();
    }
    assert_eq!(fs::read_dir(&away).unwrap().count(), 0);
    assert!(!outer.path().join("new").exists());
    // A link of this machine's own, outside of the workspace, is.
    symlink(&away, outer.path().join("mine")).unwrap();
    let mine = outer.path().join("mine").display().to_string();
    assert!(run(&["--output", &mine]).status.success());
    assert!(away.join("rueda.html").exists());
}

#[test]
fn a_campaign_that_the_branch_breaks_is_named() {
    let folder = overlay::base(&root());
    git(folder.path(), &["init", "-q", "-b", "main"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "sound"]);
    git(folder.path(), &["checkout", "-q", "-b", "proposal"]);
    let output = tempfile::tempdir().unwrap();
    let place = output.path().display().to_string();
    let arguments = ["--base", "main", "--output", &place];
    let done = preview(folder.path(), &arguments);
    assert_eq!(
        (done.status.code(), said(&done).as_str()),
        (Some(0), "the branch touches no campaign\n")
    );
    overlay::write(
        &folder.path().join("campaigns/rueda/campaign.yaml"),
        b"subject: [\n",
    );
    git(folder.path(), &["commit", "-q", "-a", "-m", "broken"]);
    let done = preview(folder.path(), &arguments);
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    assert!(
        said(&done).starts_with("rueda: no page: its campaign.yaml cannot be read: "),
        "{}",
        said(&done)
    );
}

/// A preview that is served; ended with the test.
struct Served(Child, String);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(folder: &Path) -> Served {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postmerge"));
    command
        .arg("-C")
        .arg(folder)
        .args(["preview", "rueda", "--serve"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = between(&line, "http://", "/").to_owned();
    Served(child, address)
}

fn get(served: &Served, path: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(&served.1).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_served_preview_changes_with_the_files() {
    let folder = overlay::base(&root());
    let served = serve(folder.path());
    let host = served.1.clone();
    let before = get(&served, "/", &host);
    assert!(
        before.starts_with("HTTP/1.1 200") && before.contains("connect-src 'self'"),
        "{before}"
    );
    let version = get(&served, "/version", &host);
    let version = version.rsplit("\r\n").next().unwrap();
    assert!(before.contains(&format!("\"watch\":\"{version}\"")));
    overlay::write(
        &folder.path().join("campaigns/rueda/body.md"),
        b"Hola y adi\xc3\xb3s.\n",
    );
    assert!(!get(&served, "/version", &host).ends_with(version));
    assert!(get(&served, "/", &host).contains("Hola y adiós."));
    // While a file is half written the page waits for it.
    overlay::write(&folder.path().join("postmerge.yaml"), b"organisation: [\n");
    assert!(get(&served, "/", &host).contains("postmerge.yaml cannot be read"));
    // Another name that points here is another site.
    assert!(get(&served, "/", "evil.example").starts_with("HTTP/1.1 403"));
    assert!(get(&served, "/version", "evil.example").starts_with("HTTP/1.1 403"));
}

#[test]
fn without_a_browser_pictures_are_refused_and_the_page_is_there() {
    let folder = overlay::base(&root());
    let output = folder.path().join("out");
    let mut command = Command::new(env!("CARGO_BIN_EXE_postmerge"));
    command
        .arg("-C")
        .arg(folder.path())
        .args(["preview", "rueda", "--png", "--output"])
        .arg(&output);
    let done = command
        .env_remove("CHROME")
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(2), "{}", said(&done));
    assert!(
        said(&done).contains("no Chromium is found") && output.join("rueda.html").exists(),
        "{}",
        said(&done)
    );
}
