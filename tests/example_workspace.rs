//! The example workspace at the repository's root: every file parses into its type, refers only to
//! what exists, shows every kind of campaign, and names nobody real.
//!
//! This reads files by `serde_yaml` and `csv` alone, so that it also checks the loader's own reading.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skips"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, Weekday};
use postmerge::workspace::campaign::{Campaign, DocumentDelivery, Priority, Purpose};
use postmerge::workspace::list::{Column, ColumnType, List};
use postmerge::workspace::settings::Settings;
use postmerge::workspace::template::Template;
use serde::de::DeserializeOwned;

type Row = BTreeMap<String, String>;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str) -> Vec<PathBuf> {
    walkdir::WalkDir::new(root().join(folder))
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

fn named(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = files(folder);
    found.retain(|path| path.to_string_lossy().ends_with(ending));
    found
}

fn parse<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap();
    let comment = text.lines().next().unwrap();
    let schema = comment
        .strip_prefix("# yaml-language-server: $schema=")
        .unwrap_or_else(|| panic!("{}: opens without its schema", path.display()));
    let target = path.parent().unwrap().join(schema);
    let up = schema.matches("../").count();
    let depth = path.strip_prefix(root()).unwrap().components().count() - 1;
    assert_eq!(up, depth, "{}: {schema} is not in schemas/", path.display());
    assert!(target.to_string_lossy().contains("schemas/"), "{schema}");
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn settings() -> Settings {
    parse(&root().join("postmerge.yaml"))
}

fn campaigns() -> BTreeMap<String, Campaign> {
    named("campaigns", "campaign.yaml")
        .into_iter()
        .map(|path| {
            let folder = path
                .parent()
                .unwrap()
                .strip_prefix(root().join("campaigns"));
            (folder.unwrap().display().to_string(), parse(&path))
        })
        .collect()
}

fn lists() -> BTreeMap<String, (List, Vec<Row>)> {
    named("lists", ".yaml")
        .into_iter()
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let mut reader = csv::Reader::from_path(path.with_extension("csv")).unwrap();
            (
                name,
                (
                    parse(&path),
                    reader.deserialize().map(Result::unwrap).collect(),
                ),
            )
        })
        .collect()
}

fn cell_is_right(column: &Column, list: &List, cell: &str) -> bool {
    if cell.is_empty() {
        return !column.required;
    }
    let allowed = column.values.is_empty() || column.values.iter().any(|value| value == cell);
    allowed
        && match column.kind {
            ColumnType::Text => !cell.contains(['\n', '\r']),
            ColumnType::Number => cell.parse::<f64>().is_ok(),
            ColumnType::Date => cell.parse::<Date>().is_ok(),
            ColumnType::Bool => {
                ["true", "false", "yes", "no", "sí", "si", "1", "0"].contains(&cell)
            }
            ColumnType::Topics => cell.split(';').all(|topic| list.topics.contains_key(topic)),
        }
}

#[test]
fn members_fit_their_lists_columns() {
    let lists = lists();
    for (name, (list, rows)) in &lists {
        let mut seen = BTreeSet::new();
        for (number, row) in rows.iter().enumerate() {
            let line = number + 2;
            let address = &row[&list.address_column];
            assert!(seen.insert(address.to_lowercase()), "{name}:{line}: twice");
            assert_eq!(row.len(), list.columns.len() + 1, "{name}:{line}");
            for (title, column) in &list.columns {
                let cell = &row[title];
                assert!(
                    cell_is_right(column, list, cell),
                    "{name}.csv:{line}: {title} is `{cell}`"
                );
            }
        }
    }
    let sizes = lists
        .iter()
        .map(|(name, (_, rows))| (name.as_str(), rows.len()));
    assert_eq!(
        sizes.collect::<Vec<_>>(),
        [("clientes", 40), ("exportadores", 2000), ("socios", 60)]
    );
}

#[test]
fn members_show_what_a_real_list_has() {
    let lists = lists();
    let rows = &lists["exportadores"].1;
    let any = |test: fn(&Row) -> bool| rows.iter().any(test);
    assert!(
        any(|row| row["email"]
            .split('@')
            .next()
            .is_some_and(|local| !local.is_ascii())),
        "SMTPUTF8"
    );
    assert!(
        any(|row| row["email"]
            .split('@')
            .nth(1)
            .is_some_and(|domain| !domain.is_ascii())),
        "IDN"
    );
    assert!(any(|row| row["apellido"].contains('\'')), "apostrophe");
    assert!(any(|row| row["empresa"].contains('<')), "angle bracket");
    assert!(any(|row| row["empresa"].contains('"')), "quote");
    assert!(any(|row| row["nombre"].is_empty()), "empty");
    assert!(any(|row| row["empresa"].chars().count() > 120), "long");
    assert!(any(|row| row["consentimiento"] == "false"), "no consent");
    let exporters: BTreeSet<&str> = rows.iter().map(|row| row["email"].as_str()).collect();
    for other in ["clientes", "socios"] {
        assert!(
            lists[other]
                .1
                .iter()
                .any(|row| exporters.contains(row["email"].as_str())),
            "{other}"
        );
    }
}

#[test]
fn campaigns_refer_to_what_exists() {
    let (settings, lists) = (settings(), lists());
    let templates: BTreeSet<String> = named("templates", "template.yaml")
        .iter()
        .map(|path| {
            path.parent()
                .unwrap()
                .file_name()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    for (id, campaign) in campaigns() {
        let folder = root().join("campaigns").join(&id);
        assert!(
            settings.senders.contains_key(&campaign.sender),
            "{id}: sender"
        );
        assert!(
            settings.windows.contains_key(&campaign.send.window),
            "{id}: window"
        );
        for list in campaign
            .audience
            .lists
            .iter()
            .chain(&campaign.audience.exclude_lists)
        {
            let (list, _) = lists
                .get(list.as_str())
                .unwrap_or_else(|| panic!("{id}: {list}"));
            if let Some(topic) = &campaign.audience.topic {
                assert!(list.topics.contains_key(topic), "{id}: {topic}");
            }
        }
        match &campaign.template {
            Some(template) => {
                assert!(templates.contains(template.as_str()), "{id}: template");
                assert!(folder.join("body.md").is_file(), "{id}: body");
            }
            None => assert!(folder.join("body.html").is_file(), "{id}: body"),
        }
        let date = campaign.send.date;
        let free = settings
            .organisation
            .holidays
            .iter()
            .any(|holiday| holiday.date == date);
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        assert!(!free && !weekend, "{id}: {date} is no business day");
    }
    for sender in settings.senders.values() {
        assert!(settings.relays.contains_key(&sender.relay));
    }
    for (name, (list, _)) in &lists {
        let owner = &settings.people[&list.owner];
        assert!(
            owner.lists.iter().any(|owned| owned.as_str() == name),
            "{name}: owner"
        );
    }
}

#[test]
fn every_document_is_there_for_every_member() {
    let (lists, tag) = (lists(), "{{ cliente_id }}");
    let mut wanted = BTreeSet::new();
    for (id, campaign) in campaigns() {
        for document in &campaign.documents {
            let at = |name: &str| root().join("campaigns").join(&id).join(name);
            if !document.file.contains("{{") {
                wanted.insert(at(&document.file));
                continue;
            }
            assert!(document.file.contains(tag), "{id}: {}", document.file);
            let attached = document.delivery == DocumentDelivery::Attachment;
            let theirs = lists["clientes"]
                .1
                .iter()
                .filter(|row| (row["adjunta"] == "true") == attached);
            wanted.extend(theirs.map(|row| at(&document.file.replace(tag, &row["cliente_id"]))));
        }
    }
    let there: BTreeSet<PathBuf> = named("campaigns", ".pdf").into_iter().collect();
    assert_eq!(wanted, there);
    for path in there {
        let data = fs::read(&path).unwrap();
        assert!(
            data.starts_with(b"%PDF-1.4\n") && data.ends_with(b"%%EOF\n"),
            "{}",
            path.display()
        );
        assert!(data.len() < 4_000, "{}", path.display());
    }
}

#[test]
fn every_kind_of_campaign_is_there() {
    let all = campaigns();
    let any = |test: &dyn Fn(&Campaign) -> bool| all.values().any(test);
    assert!(
        any(&|c| c.audience.filter.is_some() && c.audience.topic.is_some()),
        "segment with topic"
    );
    assert!(
        any(&|c| c.purpose == Purpose::Transactional),
        "transactional"
    );
    let one_each = |c: &Campaign, delivery| {
        c.documents
            .iter()
            .any(|d| d.file.contains("{{") && d.delivery == delivery)
    };
    assert!(
        any(&|c| one_each(c, DocumentDelivery::Link)),
        "one each, linked"
    );
    assert!(
        any(&|c| one_each(c, DocumentDelivery::Attachment)),
        "one each, attached"
    );
    assert!(any(&|c| c.documents.len() >= 3), "several documents");
    assert!(any(&|c| c.template.is_none()), "a whole page");
    assert!(any(&|c| c.send.every.is_some()), "recurring");
    let letter = |c: &Campaign| {
        c.purpose == Purpose::Individual
            && !c.cc.is_empty()
            && !c.bcc.is_empty()
            && c.priority == Priority::High
    };
    assert!(any(&letter), "individual");
}

#[test]
fn templates_hold_their_parts() {
    for path in named("templates", "template.yaml") {
        let template: Template = parse(&path);
        assert!(!template.title.is_empty());
        for layout in ["layout.html", "layout.txt"] {
            let text = fs::read_to_string(path.with_file_name(layout)).unwrap();
            assert_eq!(
                text.matches("{{ content }}").count(),
                1,
                "{}: {layout}",
                path.display()
            );
            for name in template.variables.keys() {
                assert!(
                    text.contains(&format!("{{{{ {name} }}}}")),
                    "{}: {name}",
                    path.display()
                );
            }
        }
        let html = fs::read_to_string(path.with_file_name("layout.html")).unwrap();
        assert!(
            html.contains("lang=\"{{ locale }}\"")
                && html.contains("alt=\"{{ organisation.name }}\"")
        );
    }
}

#[test]
fn images_are_there_and_small() {
    let images = named("assets", ".png");
    for path in &images {
        let data = fs::read(path).unwrap();
        assert!(
            data.starts_with(b"\x89PNG") && data.len() <= 120_000,
            "{}",
            path.display()
        );
    }
    let names: BTreeSet<String> = images
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let mut used = BTreeSet::new();
    for path in files("campaigns").into_iter().chain(files("templates")) {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for part in text.split("assets/").skip(1) {
            let end = part.find(['"', ')']).unwrap();
            used.insert(part.get(..end).unwrap().to_owned());
        }
    }
    assert_eq!(used, names);
}

/// A mistaken real run must not reach a stranger: RFC 2606 reserves `.example` and `.test`.
#[test]
fn every_domain_is_reserved() {
    let mut texts = vec![root().join("postmerge.yaml")];
    texts.extend(
        ["campaigns", "lists", "templates"]
            .into_iter()
            .flat_map(files),
    );
    let mut wrong = Vec::new();
    for path in texts
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e != "pdf" && e != "css"))
    {
        let text = fs::read_to_string(path).unwrap();
        for (at, mark) in text.match_indices(['@', ':']).filter(|(at, mark)| {
            *mark == "@"
                || text
                    .get(at + 1..)
                    .is_some_and(|rest| rest.starts_with("//"))
        }) {
            let rest = text.get(at + mark.len()..).unwrap().trim_start_matches('/');
            let domain: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
                .collect();
            // `@media` and `{{ … }}` are no addresses.
            if domain.contains('.')
                && !domain.trim_end_matches('.').ends_with(".example")
                && !domain.ends_with(".test")
            {
                wrong.push(format!("{}: {domain}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
