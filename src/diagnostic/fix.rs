//! Fixes put into texts: byte-exact elsewhere, and never two that overlap.

use std::collections::BTreeMap;
use std::ops::Range;

use super::file::Files;
use super::unified;
use super::{Diagnostic, resolve};

/// A file with fixes put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// Its path relative to the workspace.
    pub path: String,
    /// What it holds from now on.
    pub text: String,
    /// How many fixes were put in.
    pub fixes: usize,
    /// The bytes that were replaced, in order, and what came there.
    edits: Vec<(Range<usize>, String)>,
}

impl Fixed {
    /// A file that is written anew: what differs between its first and its last changed line is one edit.
    pub fn rewritten(path: &str, old: &str, new: String) -> Self {
        let same =
            |a: &mut dyn Iterator<Item = &str>, b: &mut dyn Iterator<Item = &str>| -> usize {
                a.zip(b)
                    .take_while(|(a, b)| a == b)
                    .map(|(a, _)| a.len())
                    .sum()
            };
        let lines = |text| str::split_inclusive(text, '\n');
        let start = same(&mut lines(old), &mut lines(&new));
        let (old_rest, new_rest) = (
            old.get(start..).unwrap_or_default(),
            new.get(start..).unwrap_or_default(),
        );
        let end = same(&mut lines(old_rest).rev(), &mut lines(new_rest).rev());
        let middle = new_rest.get(..new_rest.len() - end).unwrap_or_default();
        Self {
            path: path.to_owned(),
            edits: vec![(start..old.len() - end, middle.to_owned())],
            text: new,
            fixes: 1,
        }
    }
}

/// The files that the findings' safe fixes change. Of two that overlap the first one is put in.
pub fn apply(findings: &[Diagnostic], files: &Files) -> Vec<Fixed> {
    let mut wanted: BTreeMap<&str, Vec<(Range<usize>, &str)>> = BTreeMap::new();
    for finding in findings {
        let Some(fix) = finding.fix.as_ref().filter(|fix| fix.is_safe) else {
            continue;
        };
        let Some(found) = resolve::fix(finding, fix, files) else {
            continue;
        };
        let of_file = wanted.entry(&finding.path).or_default();
        of_file.push((found.bytes, &fix.replacement));
    }
    let mut done = Vec::new();
    for (path, mut fixes) in wanted {
        let Some(file) = files.get(path) else {
            continue;
        };
        fixes.sort_by_key(|(at, _)| (at.start, at.end));
        let (mut text, mut from, mut edits) = (String::new(), 0, Vec::new());
        for (at, replacement) in fixes {
            let Some(between) = file.text().get(from..at.start).filter(|_| at.start >= from) else {
                continue;
            };
            text.push_str(between);
            text.push_str(replacement);
            from = at.end;
            edits.push((at, replacement.to_owned()));
        }
        text.push_str(file.text().get(from..).unwrap_or_default());
        if text != file.text() {
            done.push(Fixed {
                path: path.to_owned(),
                text,
                fixes: edits.len(),
                edits,
            });
        }
    }
    done
}

/// What the fixes change, as a unified diff that `git apply` and `patch -p1` take.
pub fn diff(fixed: &[Fixed], files: &Files) -> String {
    let mut out = String::new();
    for file in fixed {
        if let Some(old) = files.get(&file.path) {
            unified::write(&file.path, old.text(), &file.edits, &mut out);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::file::File;
    use super::super::place::Place;
    use super::super::tests::RULE;
    use super::*;

    fn finding(at: Range<usize>, replacement: &str) -> Diagnostic {
        Diagnostic::new(&RULE, "a.md", Place::Bytes(at.clone()), "x")
            .fix("y", Place::Bytes(at), replacement.to_owned())
            .safely()
    }

    #[test]
    fn what_overlaps_waits_and_everything_else_stays_byte_for_byte() {
        let mut files = Files::default();
        files.insert("a.md", File::new("uno dos\r\ntres\u{feff}\ncuatro"));
        let mut unsafe_one = finding(0..3, "X");
        unsafe_one.fix.as_mut().unwrap().is_safe = false;
        let findings = [
            finding(4..7, "2"),
            finding(5..9, "zz"),
            finding(17..23, "4"),
            unsafe_one,
        ];
        let fixed = apply(&findings, &files);
        assert_eq!(fixed.len(), 1);
        assert_eq!(
            (fixed[0].text.as_str(), fixed[0].fixes),
            ("uno 2\r\ntres\u{feff}\n4", 2)
        );
        let expected = [
            "--- a/a.md\n+++ b/a.md\n@@ -1,3 +1,3 @@\n",
            "-uno dos\r\n+uno 2\r\n tres\u{feff}\n",
            "-cuatro\n\\ No newline at end of file\n+4\n\\ No newline at end of file\n",
        ];
        assert_eq!(diff(&fixed, &files), expected.concat());
    }
}
