//! What is told to people is true: links lead somewhere, the commands of all pages and of the workflows exist, the README's example
//! is the one in the repository, and the output that is shown is what `postmerge lint` and `postmerge plan` print.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use assert_cmd::Command;
use clap::Parser;
use clap::error::ErrorKind;
use postmerge::cli::Cli;
use postmerge::mail::occurrence::CampaignId;
use postmerge::plan::planning::{Request, State, plan};
use postmerge::report::plan_text;
use postmerge::workspace::Workspace;
use postmerge::workspace::folder::Folder;
use postmerge::workspace::source::Source;

/// The campaign whose lint output the README shows.
const MISTAKEN: &str = "\
subject: Rueda de negocios
sender: evento
template: boletin
audience:
  lists: [exportadores, socios]
send: {date: 2026-12-03, window: 12:00}
";

fn readme() -> String {
    fs::read_to_string("README.md").unwrap()
}

/// What stands between a fence of this language and the next fence, for each such block.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    text.split(opening.as_str())
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .collect()
}

/// Links to files and to their headings.
#[test]
fn links_lead_somewhere() {
    let mut count = 0;
    // Rules' pages show what is wrong, with links to nowhere.
    let of_ours = |(path, _): &(PathBuf, String)| {
        !path.starts_with("src")
            && !path.starts_with("docs/rules")
            && path.extension().is_some_and(|it| it == "md")
    };
    for (path, text) in pages().into_iter().filter(of_ours) {
        let targets = text.split("](").skip(1);
        for target in targets.filter_map(|rest| rest.split(')').next()) {
            let target = target.replace('\n', " ");
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            // In examples of what campaigns say.
            let is_shown =
                file.starts_with("assets/") || file.starts_with("{{") || file.starts_with("data:");
            if file.starts_with("http") || is_shown || file.contains('…') {
                continue;
            }
            let there = match file {
                "" => path.clone(),
                file => path.with_file_name(file),
            };
            assert!(there.exists(), "{}: {target}", path.display());
            let is_page = there.extension().is_some_and(|it| it == "md");
            if !heading.is_empty() && is_page {
                let page = fs::read_to_string(&there).unwrap();
                let mut headings = page
                    .lines()
                    .filter(|line| line.starts_with('#'))
                    .map(anchor);
                assert!(
                    headings.any(|it| it == heading),
                    "{}: {target}",
                    path.display()
                );
            }
            count += 1;
        }
    }
    assert!(count > 50, "the pages' links are found: {count}");
}

/// As GitHub makes it of a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// All pages for people, and the files that `init` writes, with their texts.
fn pages() -> Vec<(PathBuf, String)> {
    let mut pages = vec![PathBuf::from("README.md"), PathBuf::from("CONTRIBUTING.md")];
    for folder in ["docs", "src/cli/init/files", ".github"] {
        let files = walkdir::WalkDir::new(folder).sort_by_file_name();
        let files = files.into_iter().map(|entry| entry.unwrap().into_path());
        pages.extend(files.filter(|path| {
            let ending = path.extension().and_then(|it| it.to_str());
            matches!(ending, Some("md" | "yml" | "yaml"))
        }));
    }
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    };
    pages.into_iter().map(read).collect()
}

/// Whatever begins with the program's name, on a line of its own or between backquotes.
#[test]
fn every_command_is_one() {
    let (mut count, mut wrong) = (0, Vec::new());
    for (path, text) in pages() {
        let text = text.replace("\\\n", " ");
        let is_page = path.extension().is_some_and(|it| it == "md");
        let mut is_code = !is_page;
        let lines = text.lines().filter_map(|line| {
            let line = line.trim_start_matches(['$', ' ']);
            is_code ^= is_page && line.starts_with("```");
            is_code.then(|| line.strip_prefix("run: ").unwrap_or(line))
        });
        let inline = text.split('`').filter(|part| !part.contains('\n'));
        for command in lines.chain(inline) {
            let Some(words) = words(command) else {
                continue;
            };
            if let Err(error) = Cli::try_parse_from(&words) {
                let is_fine = match error.kind() {
                    ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
                    // A command is called by its name.
                    ErrorKind::MissingRequiredArgument => words.len() == 2,
                    _ => false,
                };
                if !is_fine {
                    wrong.push(format!("{}: `{command}`: {error}", path.display()));
                }
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 90, "the commands are found: {count}");
    assert!(readme().contains("cargo run --release -- demo\n"));
}

/// The words of a command of ours, as a shell splits them, as far as quotes go; without what is optional, stands for others
/// or is not for the program. Of alternatives the first.
fn words(command: &str) -> Option<Vec<String>> {
    let rest = command.strip_prefix("postmerge ")?;
    let is_command = rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '-');
    if !is_command || rest.contains('…') {
        return None;
    }
    let mut words = vec!["postmerge".to_owned()];
    for (number, part) in rest.split(['\'', '"']).enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
            continue;
        }
        for word in part.split_whitespace() {
            if matches!(word, "#" | "|" | "||" | "&&" | ">" | ">>" | "<" | ";")
                || word.starts_with(['#', '<', '>', ';'])
            {
                return Some(words);
            }
            words.push(word.to_owned());
        }
    }
    Some(words)
}

#[test]
fn the_campaign_shown_is_the_one_here() {
    let text = readme();
    let shown = blocks(&text, "yaml").first().copied().unwrap();
    let file = fs::read_to_string("campaigns/2026/rueda-agro/campaign.yaml").unwrap();
    let without_comment: Vec<&str> = file.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(shown, without_comment.join("\n"));
}

#[test]
fn the_lint_output_shown_is_real() {
    let text = readme();
    let after = text.split("<!-- lint-output -->").nth(1).unwrap();
    let shown = blocks(after, "text").first().copied().unwrap();
    let folder = tempfile::tempdir().unwrap();
    copy("tests/fixtures/workspace", folder.path());
    fs::write(
        folder.path().join("campaigns/rueda/campaign.yaml"),
        MISTAKEN,
    )
    .unwrap();
    let output = Command::cargo_bin("postmerge")
        .unwrap()
        .arg("-C")
        .arg(folder.path())
        .arg("lint")
        .output()
        .unwrap();
    assert_eq!(
        shown.trim(),
        String::from_utf8(output.stdout).unwrap().trim()
    );
}

#[test]
fn the_plan_shown_is_real() {
    let text = fs::read_to_string("docs/plan.md").unwrap();
    let after = text.split("<!-- plan-output -->").nth(1).unwrap();
    let shown = blocks(after, "text").first().copied().unwrap();
    let source: Arc<dyn Source> = Arc::new(Folder::new(env!("CARGO_MANIFEST_DIR")));
    let (workspace, _) = Workspace::load(&*source).as_far_as_read().unwrap();
    let only = BTreeSet::from([CampaignId::parse("2026/rueda-agro").unwrap()]);
    let made = plan(&Request {
        proposed: State {
            source,
            whence: "the workspace".to_owned(),
            workspace: Arc::new(workspace),
        },
        base: None,
        only: &only,
        ledger: None,
        key: None,
        received: &[],
        problems: &[],
        unreadable: &BTreeMap::new(),
        now: "2026-11-25T15:00:00Z".parse().unwrap(),
    })
    .unwrap();
    let zone = jiff::tz::TimeZone::get("America/Bogota").unwrap();
    assert_eq!(shown.trim(), plan_text::render(&made, &zone).trim());
}

fn copy(from: impl AsRef<Path>, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
