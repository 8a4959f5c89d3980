//! Lints a large workspace beside named others, in one run: `cargo bench --bench lint`, `-- --quick` for
//! a smoke run. The rows' limit is the `csv` crate counting the same members; for texts
//! `markdownlint-cli2` reads the same Markdown, and `node -e 0` starts, where `NODE_MODULES` names the
//! folder that holds the first.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark measures and prints"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use postmerge::lint::{self, Request};
use postmerge::workspace::encryption::{Keys, NewKey, Recipients, encrypt};
use postmerge::workspace::folder::Folder;
use postmerge::workspace::keyed::Keyed;
use postmerge::workspace::settings::{Encryption, KeyHolder};

fn best(times: u32, mut work: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..times {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

/// A workspace of the example's templates with so many campaigns, lists and members in all.
fn workspace(folder: &Path, campaigns: usize, lists: usize, members: usize) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for part in ["templates", "assets"] {
        for entry in walkdir::WalkDir::new(root.join(part)) {
            let entry = entry.unwrap();
            let to = folder.join(entry.path().strip_prefix(&root).unwrap());
            match entry.file_type().is_dir() {
                true => fs::create_dir_all(to).unwrap(),
                false => drop(fs::copy(entry.path(), to).unwrap()),
            }
        }
    }
    fs::copy(root.join("postmerge.yaml"), folder.join("postmerge.yaml")).unwrap();
    fs::create_dir_all(folder.join("lists")).unwrap();
    let settings = fs::read_to_string(root.join("lists/exportadores.yaml")).unwrap();
    // What the example accepts is not there.
    let settings = settings.replace("postmerge: allow", "not:");
    let sectors = ["agro", "textil", "alimentos", "servicios"];
    for list in 0..lists {
        fs::write(folder.join(format!("lists/l{list}.yaml")), &settings).unwrap();
        let mut rows = String::from(
            "email,nombre,apellido,empresa,sector,agente,pais,idioma,exportaciones,consentimiento,temas,alta\n",
        );
        for n in 0..members / lists {
            let name = if n % 7 == 0 { "" } else { "Ana María" };
            let sector = sectors.get(n % 4).unwrap();
            let _ = writeln!(
                rows,
                "p{n}.{list}@d{}.example,{name},Díaz,Empresa {n} S.A.S.,{sector},A{},Colombia,es,{},sí,ferias;normativa,2021-03-0{}",
                n % 900,
                n % 7 + 1,
                n * 13 % 90_000,
                n % 9 + 1
            );
        }
        fs::write(folder.join(format!("lists/l{list}.csv")), rows).unwrap();
    }
    let body = fs::read_to_string(root.join("campaigns/2026/rueda-agro/body.md")).unwrap();
    for n in 0..campaigns {
        let campaign = folder.join(format!("campaigns/c{n}"));
        fs::create_dir_all(&campaign).unwrap();
        let yaml = format!(
            "subject: \"{{{{ nombre | default('Hola') }}}}: rueda {n}\"\npreheader: Compradores\nsender: eventos\n\
             template: boletin\naudience:\n  lists: [l{}]\n  where: sector == \"agro\"\n  topic: ferias\n\
             send: {{date: 2026-12-03, window: \"12:00\"}}\n",
            n % lists
        );
        fs::write(campaign.join("campaign.yaml"), yaml).unwrap();
        fs::write(campaign.join("body.md"), format!("{body}\nNúmero {n}.\n")).unwrap();
    }
}

fn linted(folder: &Path) {
    linted_with(folder, Keys::default());
}

fn linted_with(folder: &Path, keys: Keys) {
    let request = Request::at("2026-11-02T12:00:00Z".parse().unwrap());
    let report = lint::run(&Keyed::new(Folder::new(folder), keys), &request);
    assert!(report.findings.len() < 10, "{:#?}", report.findings);
}

fn counted(folder: &Path) -> u64 {
    let mut rows = 0;
    for entry in fs::read_dir(folder.join("lists")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "csv") {
            let mut reader = csv::Reader::from_path(path).unwrap();
            let mut record = csv::ByteRecord::new();
            while reader.read_byte_record(&mut record).unwrap() {
                rows += 1;
            }
        }
    }
    rows
}

/// Encrypts every list; gives the key.
fn encrypted(folder: &Path) -> Keys {
    let key = NewKey::generate();
    let holder = KeyHolder {
        name: "b".to_owned(),
        key: key.public,
    };
    let recipients = Recipients::of(&Encryption {
        recipients: vec![holder],
    })
    .unwrap();
    for entry in fs::read_dir(folder.join("lists")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "csv") {
            let mut bytes = Vec::new();
            encrypt(fs::File::open(&path).unwrap(), &recipients, &mut bytes).unwrap();
            fs::write(path.with_extension("csv.age"), bytes).unwrap();
            fs::remove_file(path).unwrap();
        }
    }
    Keys::parse(&key.secret).unwrap()
}

/// Commits it, as what a pull request is compared with.
fn in_git(folder: &Path) {
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["add", "."],
        &[
            "-c",
            "user.name=b",
            "-c",
            "user.email=b@b.example",
            "commit",
            "--quiet",
            "-m",
            "all",
        ],
    ] {
        assert!(ran(Command::new("git").current_dir(folder).args(arguments)));
    }
}

/// Whether it ran, and found something or not.
fn ran(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    let code = quiet.status().ok().and_then(|status| status.code());
    matches!(code, Some(0 | 1))
}

fn main() {
    let quick = std::env::args().any(|it| it == "--quick");
    let (times, rows) = if quick { (1, 20_000) } else { (5, 1_000_000) };
    let scratch = tempfile::tempdir().unwrap();

    let large = scratch.path().join("large");
    let campaigns = if quick { 50 } else { 1_000 };
    workspace(&large, campaigns, 50, rows);
    let count = best(times, || assert_eq!(counted(&large), rows as u64 / 50 * 50));
    let all = best(times, || linted(&large));
    println!("{campaigns} campaigns, 50 lists, {rows} members");
    println!("  csv, counting          {count:8.3} s");
    println!(
        "  lint, all rules        {all:8.3} s   {:.1}x (aim: at most 6x)",
        all / count
    );

    let sealed = scratch.path().join("sealed");
    workspace(&sealed, campaigns, 50, rows);
    let keys = encrypted(&sealed);
    let with_key = best(times, || linted_with(&sealed, keys.clone()));
    println!(
        "  the same, encrypted    {with_key:8.3} s   {:.2}x of lint on plain lists",
        with_key / all
    );

    in_git(&large);
    let body = large.join("campaigns/c7/body.md");
    let text = fs::read_to_string(&body).unwrap();
    fs::write(&body, format!("{text}\nUna línea más.\n")).unwrap();
    let one = best(times, || {
        let mut lint = Command::new(env!("CARGO_BIN_EXE_postmerge"));
        assert!(ran(lint
            .arg("-C")
            .arg(&large)
            .args(["lint", "--base", "main"])));
    });
    println!(
        "  lint --base main, one campaign changed, as a process {:8.1} ms",
        one * 1e3
    );

    let hundred = scratch.path().join("hundred");
    workspace(&hundred, 100, 1, 200);
    let lint = best(times, || linted(&hundred));
    println!("100 campaigns, all rules   {:8.1} ms", lint * 1e3);
    let Ok(modules) = std::env::var("NODE_MODULES") else {
        println!("  (NODE_MODULES is not set: no markdownlint-cli2, no node)");
        return;
    };
    let cli = PathBuf::from(modules).join("markdownlint-cli2/markdownlint-cli2-bin.mjs");
    let glob = format!("{}/campaigns/**/*.md", hundred.display());
    let markdownlint = best(times, || {
        assert!(ran(Command::new("node").arg(&cli).arg(&glob)));
    });
    println!(
        "  markdownlint-cli2      {:8.1} ms   {:.0}x (aim: at least 30x)",
        markdownlint * 1e3,
        markdownlint / lint
    );
    let node = best(times, || {
        assert!(ran(Command::new("node").args(["-e", "0"])))
    });
    println!("  node -e 0              {:8.1} ms", node * 1e3);
    println!(
        "  lint of one changed campaign among {campaigns}: {:.2}x of it (aim: below 1)",
        one / node
    );
}
