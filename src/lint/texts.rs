//! Reads every body and layout once for the rules about content, several at a time; and the file of code owners.

use super::concern::Concern;
use super::content::{Kind, LARGEST, Owner, Text};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::file::{File, Files};
use crate::plan::codeowners;
use crate::workspace::loaded::{Body, Loaded};
use crate::workspace::parallel::{WORTH, map};
use crate::workspace::source::{Source, WorkspacePath};
use crate::workspace::text;

/// The texts that can be read, and what is wrong with their characters; what cannot be read is another rule's.
/// They are kept in `files`, so that excerpts can be shown and acceptances found.
pub(super) fn read(
    source: &dyn Source,
    loaded: &Loaded,
    concern: &Concern<'_>,
    files: &mut Files,
) -> (Vec<Text>, Vec<Diagnostic>) {
    let mut wanted: Vec<(WorkspacePath, Owner, Kind)> = Vec::new();
    for (id, file) in loaded
        .campaigns
        .iter()
        .filter(|(id, _)| concern.campaign(id))
    {
        let (path, kind) = match &file.body {
            Body::Markdown(path) => (path, Kind::Markdown),
            Body::Html(path) => (path, Kind::Html),
        };
        wanted.push((path.clone(), Owner::Campaign(id.clone()), kind));
        let plain = file.folder.join("body.txt").ok();
        wanted.extend(
            plain
                .filter(|path| kind == Kind::Html && loaded.paths.contains(path))
                .map(|path| (path, Owner::Campaign(id.clone()), Kind::Other)),
        );
    }
    for (name, file) in &loaded.templates {
        let owner = || Owner::Template(name.clone());
        wanted.push((file.html.clone(), owner(), Kind::Html));
        let more = file.text.iter().chain(&file.style);
        wanted.extend(more.map(|path| (path.clone(), owner(), Kind::Other)));
    }
    let read = map(&wanted, WORTH, |(path, owner, kind)| {
        let bytes = source.read(path, LARGEST).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let odd = text::byte_order_mark(path, &text).into_iter();
        let odd: Vec<Diagnostic> = odd.chain(text::control_character(path, &text)).collect();
        let kept = File::new(text.as_str());
        // As many blanks, before which a heading is still one.
        let text = match text.strip_prefix(text::MARK) {
            Some(rest) => format!("   {rest}"),
            None => text,
        };
        let text = Text::read(path.to_string(), owner.clone(), *kind, text);
        Some((text, kept, odd))
    });
    let (mut texts, mut findings) = (Vec::new(), Vec::new());
    for (text, kept, odd) in read.into_iter().flatten() {
        files.insert(text.path.clone(), kept);
        texts.push(text);
        findings.extend(odd);
    }
    let owners = WorkspacePath::parse(codeowners::PATH).ok();
    let owners = owners.and_then(|path| source.read(&path, LARGEST).ok());
    if let Some(text) = owners.and_then(|bytes| String::from_utf8(bytes).ok()) {
        files.insert(codeowners::PATH, File::new(text));
    }
    (texts, findings)
}
