//! What is written into a folder that has files already, as a repository has that was just made on GitHub: its `.gitignore` is
//! added to and its README stays. Whatever else would be overwritten is refused.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::scaffold::Made;
use crate::cli::error::CliError;

/// The guide for the staff, where it cannot be the README.
const GUIDE: &str = "MAIL.md";

/// A file to be written.
pub(super) struct Piece {
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
    /// What people are told of it.
    pub(super) note: &'static str,
}

/// What is to be written.
///
/// # Errors
/// [`CliError`] where somebody's work would be overwritten, even where it is the same, or a link followed.
pub(super) fn pieces(folder: &Path, made: &Made) -> Result<Vec<Piece>, CliError> {
    let mut pieces = Vec::new();
    let mut in_the_way = BTreeSet::new();
    for (path, bytes) in made.files.iter() {
        let mut piece = Piece {
            path: path.to_string(),
            bytes: bytes.to_vec(),
            note: "",
        };
        match path.as_str() {
            ".gitignore" if is_file(&folder.join(".gitignore")) => {
                let old = read(&folder.join(".gitignore"))?;
                let Some(added) = added(&old, bytes) else {
                    continue;
                };
                piece.bytes = added;
                piece.note = " (yours, added to)";
                pieces.push(piece);
                continue;
            }
            "README.md" if has_readme(folder) => {
                GUIDE.clone_into(&mut piece.path);
                piece.note = " (the page for the staff; your README stays as it is)";
            }
            _ => {}
        }
        in_the_way.extend(blocking(folder, &piece.path));
        pieces.push(piece);
    }
    if in_the_way.is_empty() {
        return Ok(pieces);
    }
    let mut message = format!(
        "{} has files already that would be written:",
        folder.display()
    );
    for path in in_the_way {
        let _ = write!(message, "\n  {path}");
    }
    Err(CliError::new(message).hint("nothing was written; take another folder, or move them away"))
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|is| is.is_file())
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    fs::read(path).map_err(|why| CliError::new(format!("{}: {why}", path.display())))
}

/// Whether there is one of any kind: a second one would take its place on GitHub's page.
fn has_readme(folder: &Path) -> bool {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names = names.map(|it| it.file_name().to_string_lossy().to_lowercase());
    names.any(|name| name == "readme" || name.starts_with("readme."))
}

/// What stands where this file, or a folder above it, is to be.
fn blocking(folder: &Path, path: &str) -> Vec<String> {
    let above = path
        .match_indices('/')
        .filter_map(|(end, _)| path.get(..end));
    let blocks = |above: &&str| {
        let is = folder.join(above).symlink_metadata();
        is.is_ok_and(|is| !is.is_dir())
    };
    let mut found: Vec<String> = above.filter(blocks).map(str::to_owned).collect();
    if folder.join(path).symlink_metadata().is_ok() {
        found.push(path.to_owned());
    }
    found
}

/// `old` with our lines behind it; nothing where it has all that are patterns.
fn added(old: &[u8], ours: &[u8]) -> Option<Vec<u8>> {
    let lines = |text| <[u8]>::split(text, |byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let has: BTreeSet<&[u8]> = lines(old).collect();
    let missing: Vec<&[u8]> = lines(ours)
        .filter(|line| !line.is_empty() && !has.contains(line))
        .collect();
    if missing.iter().all(|line| line.starts_with(b"#")) {
        return None;
    }
    let end: &[u8] = match old.windows(2).any(|two| two == b"\r\n") {
        true => b"\r\n",
        false => b"\n",
    };
    let mut text = old.to_vec();
    if !text.is_empty() {
        let ends = text.ends_with(b"\n");
        text.extend(
            end.iter()
                .cycle()
                .take(end.len() * if ends { 1 } else { 2 }),
        );
    }
    for line in missing {
        text.extend_from_slice(line);
        text.extend_from_slice(end);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_added_once_and_lines_end_as_they_did() {
        let ours = b"# pages\n/preview/\n";
        let text = |old: &str| added(old.as_bytes(), ours).map(|it| String::from_utf8(it).unwrap());
        assert_eq!(text("").unwrap(), "# pages\n/preview/\n");
        assert_eq!(text("*.log").unwrap(), "*.log\n\n# pages\n/preview/\n");
        assert_eq!(
            text("*.log\r\n").unwrap(),
            "*.log\r\n\r\n# pages\r\n/preview/\r\n"
        );
        assert_eq!(text("/preview/ \r\n*.log\r\n"), None);
        let whole = text("*.log\n").unwrap();
        assert_eq!(text(&whole), None);
    }
}
