//! Any bytes as one of the workspace's YAML files: the loader and every rule read them, and what is
//! found is written out in all three forms. The first byte says which file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postmerge::diagnostic::{github, human, json};
use postmerge::lint;
use postmerge_fuzz::Memory;

const FILES: [&str; 4] = [
    "postmerge.yaml",
    "campaigns/rueda/campaign.yaml",
    "lists/exportadores.yaml",
    "templates/boletin/template.yaml",
];

fuzz_target!(|data: &[u8]| {
    let Some((which, yaml)) = data.split_first() else {
        return;
    };
    let mut workspace = Memory::workspace();
    workspace.put(FILES[usize::from(*which) % FILES.len()], yaml);
    let report = lint::run(&workspace, &lint::Request::at(jiff::Timestamp::UNIX_EPOCH));
    let shown = human::render(&report.findings, &report.files, false);
    assert!(
        !shown.contains('\u{1b}'),
        "a finding speaks to the terminal"
    );
    let commands = github::render(&report.findings, &report.files, "");
    assert_eq!(commands.lines().count(), report.findings.len());
    let document = json::render(&report.findings, &report.files);
    assert!(document.len() >= report.findings.len());
});
