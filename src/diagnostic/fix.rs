//! Fixes put into texts: byte-exact elsewhere, and never two that overlap.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use super::file::Files;
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
        let (mut text, mut from, mut count) = (String::new(), 0, 0);
        for (at, replacement) in fixes {
            let Some(between) = file.text().get(from..at.start).filter(|_| at.start >= from) else {
                continue;
            };
            text.push_str(between);
            text.push_str(replacement);
            from = at.end;
            count += 1;
        }
        text.push_str(file.text().get(from..).unwrap_or_default());
        if text != file.text() {
            done.push(Fixed {
                path: path.to_owned(),
                text,
                fixes: count,
            });
        }
    }
    done
}

/// What the fixes change, as a unified diff without context.
pub fn diff(fixed: &[Fixed], files: &Files) -> String {
    let mut out = String::new();
    for file in fixed {
        let Some(old) = files.get(&file.path) else {
            continue;
        };
        let _ = writeln!(out, "--- a/{0}\n+++ b/{0}", file.path);
        let old: Vec<&str> = old.text().lines().collect();
        let new: Vec<&str> = file.text.lines().collect();
        hunks(&old, &new, &mut out);
    }
    out
}

/// Fixes change single places, so lines are told apart from both ends and, where their number stayed the
/// same, one by one.
fn hunks(old: &[&str], new: &[&str], out: &mut String) {
    let same = |(a, b): &(&&str, &&str)| a == b;
    let start = old.iter().zip(new).take_while(same).count();
    let left = old.len().min(new.len()) - start;
    let end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(left)
        .take_while(same)
        .count();
    let (old_mid, new_mid) = (
        old.get(start..old.len() - end).unwrap_or_default(),
        new.get(start..new.len() - end).unwrap_or_default(),
    );
    if old_mid.len() != new_mid.len() {
        hunk(start + 1, old_mid, new_mid, out);
        return;
    }
    let mut at = 0;
    while at < old_mid.len() {
        let old_rest = old_mid.get(at..).unwrap_or_default();
        let new_rest = new_mid.get(at..).unwrap_or_default();
        let pairs = old_rest.iter().zip(new_rest);
        let differ = pairs.take_while(|(a, b)| a != b).count();
        if differ > 0 {
            let old_part = old_rest.get(..differ).unwrap_or_default();
            let new_part = new_rest.get(..differ).unwrap_or_default();
            hunk(start + at + 1, old_part, new_part, out);
        }
        at += differ.max(1);
    }
}

fn hunk(line: usize, old: &[&str], new: &[&str], out: &mut String) {
    let _ = writeln!(out, "@@ -{line},{} +{line},{} @@", old.len(), new.len());
    old.iter().for_each(|text| {
        let _ = writeln!(out, "-{text}");
    });
    new.iter().for_each(|text| {
        let _ = writeln!(out, "+{text}");
    });
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
        insta::assert_snapshot!(diff(&fixed, &files), @r"
        --- a/a.md
        +++ b/a.md
        @@ -1,1 +1,1 @@
        -uno dos
        +uno 2
        @@ -3,1 +3,1 @@
        -cuatro
        +4
        ");
    }
}
