//! `postmerge demo` on a small workspace: really killed, really resumed, nobody gets a second copy.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

const SETTINGS: &str = r#"
organisation:
  name: Cámara
  postal_address: [Avenida 4]
  zone: America/Bogota
  locale: es
people:
  ana: {github: ana, email: ana@camara.example, roles: [staff, coordinator, management, administrator], lists: [socios]}
senders:
  eventos: {name: Cámara, address: eventos@camara.example, relay: principal}
relays:
  principal: {host: smtp.camara.example, port: 587, tls: starttls}
windows:
  "12:00": {opens: "12:00", open_for: 3h}
bounces: {address: rebotes@camara.example}
unsubscribe: {address: bajas@camara.example}
"#;

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn workspace(root: &Path) {
    write(root, "postmerge.yaml", SETTINGS);
    write(
        root,
        "lists/socios.yaml",
        "title: Socios\nowner: ana\npurpose: Noticias.\nconsent: {basis: consent}\ncolumns:\n  nombre: {type: text, required: true}\nconfirmed: 2026-09-15\n",
    );
    let mut rows = String::from("email,nombre\n");
    for number in 0..24 {
        rows.push_str(&format!(
            "socio{number}@p{}.example,Socio {number}\n",
            number % 4
        ));
    }
    write(root, "lists/socios.csv", &rows);
    write(
        root,
        "templates/boletin/layout.html",
        "<!DOCTYPE html><html><head><title>{{ subject }}</title></head><body>{{ content }}<p>{{ organisation.name }}, {{ organisation.postal_address[0] }} <a href=\"{{ unsubscribe_url }}\">Baja</a></p></body></html>",
    );
    write(root, "templates/boletin/template.yaml", "title: Boletín\n");
    for (id, date) in [("uno", "2026-12-03"), ("dos", "2026-12-04")] {
        write(
            root,
            &format!("campaigns/{id}/campaign.yaml"),
            &format!(
                "subject: \"Noticias {id}\"\nsender: eventos\ntemplate: boletin\nlocale: es\naudience: {{lists: [socios]}}\nsend: {{date: {date}, window: \"12:00\"}}\n"
            ),
        );
        write(
            root,
            &format!("campaigns/{id}/body.md"),
            "Hola, {{ nombre }}.\n",
        );
    }
}

#[test]
fn nobody_gets_a_second_copy() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("own");
    workspace(&root);
    let out = folder.path().join("out");
    let demo = || {
        Command::new(env!("CARGO_BIN_EXE_postmerge"))
            .arg("-C")
            .arg(&root)
            .args(["demo", "--kill-after", "7", "--out"])
            .arg(&out)
            .output()
            .unwrap()
    };
    let done = demo();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(said.contains(" 0 duplicates"), "{said}");
    assert!(said.contains("\nresume "), "{said}");
    let sums: Vec<u64> = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("together"))
        .unwrap()
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect();
    let [audience, rest @ ..] = sums.as_slice() else {
        panic!("{said}")
    };
    assert_eq!(*audience, 48, "{said}");
    assert_eq!(*audience, rest.iter().sum::<u64>(), "{said}");
    assert!(rest.last().is_some_and(|unknown| *unknown <= 16), "{said}");
    assert!(
        said.lines()
            .all(|line| line.chars().count() <= 80 || line.contains('/')),
        "{said}"
    );
    for path in [
        "index.html",
        "inbox/uno",
        "results/dos.md",
        "workspace/.git",
        "runs/01.txt",
    ] {
        assert!(out.join(path).exists(), "{path}");
    }
    let page = fs::read_to_string(out.join("index.html")).unwrap();
    assert!(page.contains("Noticias uno") && !page.contains("http://"));
    let log = Command::new("git")
        .arg("-C")
        .arg(out.join("remote.git"))
        .args(["log", "--oneline", "postmerge-ledger"])
        .output()
        .unwrap();
    assert!(log.status.success() && !log.stdout.is_empty());
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("own");
    workspace(&root);
    let done = Command::new(env!("CARGO_BIN_EXE_postmerge"))
        .arg("-C")
        .arg(&root)
        .args(["demo", "--out"])
        .arg(&root)
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("not empty"));
    assert!(root.join("postmerge.yaml").is_file());
}
