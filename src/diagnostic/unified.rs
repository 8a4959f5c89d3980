//! Changes of a text as a unified diff with three lines of context, which `git apply` and `patch -p1` take: byte
//! for byte, with carriage returns, and with a word about a last line without an end.

use std::fmt::Write as _;
use std::ops::Range;

/// Lines that are shown around a change.
const CONTEXT: usize = 3;

/// Lines that become others.
struct Change<'t> {
    /// The old ones' numbers, from 0.
    at: Range<usize>,
    old: Vec<&'t str>,
    new: Vec<String>,
}

/// Writes what `edits`, in order and not overlapping, make of `text`.
pub(super) fn write(path: &str, text: &str, edits: &[(Range<usize>, String)], out: &mut String) {
    let changes = changes(text, edits);
    if changes.is_empty() {
        return;
    }
    // A name with a space ends at the tab.
    let end = if path.contains(' ') { "\t" } else { "" };
    let _ = writeln!(out, "--- a/{path}{end}\n+++ b/{path}{end}");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut rest = changes.as_slice();
    // How many lines more there are than before, up to here.
    let mut shift = 0_isize;
    while !rest.is_empty() {
        let near = |pair: &[Change<'_>]| match pair {
            [one, next] => next.at.start <= one.at.end + 2 * CONTEXT,
            _ => false,
        };
        let together = 1 + rest.windows(2).take_while(|pair| near(pair)).count();
        let (hunk, after) = rest.split_at(together);
        shift += write_hunk(&lines, hunk, shift, out);
        rest = after;
    }
}

/// How many lines more there are behind it.
fn write_hunk(lines: &[&str], hunk: &[Change<'_>], shift: isize, out: &mut String) -> isize {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
        return 0;
    };
    let start = first.at.start.saturating_sub(CONTEXT);
    let end = lines.len().min(last.at.end + CONTEXT);
    let taken: usize = hunk.iter().map(|it| it.old.len()).sum();
    let given: usize = hunk.iter().map(|it| it.new.len()).sum();
    let count = end - start;
    let new_count = count - taken + given;
    // Of nothing the line before is named.
    let number = |from: usize, count: usize| if count == 0 { from } else { from + 1 };
    let new_start = start.saturating_add_signed(shift);
    let _ = writeln!(
        out,
        "@@ -{},{count} +{},{new_count} @@",
        number(start, count),
        number(new_start, new_count)
    );
    let mut at = start;
    for change in hunk {
        for text in lines.get(at..change.at.start).unwrap_or_default() {
            line(' ', text, out);
        }
        change.old.iter().for_each(|text| line('-', text, out));
        change.new.iter().for_each(|text| line('+', text, out));
        at = change.at.end;
    }
    for text in lines.get(at..end).unwrap_or_default() {
        line(' ', text, out);
    }
    given.cast_signed() - taken.cast_signed()
}

fn line(sign: char, text: &str, out: &mut String) {
    out.push(sign);
    out.push_str(text);
    if !text.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

/// The lines that the edits touch, those that stay the same left out.
fn changes<'t>(text: &'t str, edits: &[(Range<usize>, String)]) -> Vec<Change<'t>> {
    let mut found = Vec::new();
    let mut number = 0;
    let mut counted = 0;
    let mut edits = edits.iter().peekable();
    while let Some((at, replacement)) = edits.next() {
        let start = text.get(..at.start).and_then(|it| it.rfind('\n'));
        let start = start.map_or(0, |it| it + 1);
        let mut end = line_end(text, at.end);
        let mut new = text.get(start..at.start).unwrap_or_default().to_owned();
        new.push_str(replacement);
        let mut from = at.end;
        while let Some((next, more)) = edits.next_if(|(next, _)| next.start < end) {
            new.push_str(text.get(from..next.start).unwrap_or_default());
            new.push_str(more);
            from = next.end;
            end = line_end(text, next.end);
        }
        new.push_str(text.get(from..end).unwrap_or_default());
        let skipped = text.get(counted..start).unwrap_or_default();
        number += skipped.bytes().filter(|byte| *byte == b'\n').count();
        counted = start;
        let old = text.get(start..end).unwrap_or_default();
        found.extend(trimmed(number, old, &new));
    }
    found
}

fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.find('\n').map_or(text.len(), |it| at + it + 1)
}

fn trimmed<'t>(number: usize, old: &'t str, new: &str) -> Option<Change<'t>> {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(&new).take_while(same).count();
    let left = old.len().min(new.len()) - head;
    let ends = old.iter().rev().zip(new.iter().rev());
    let tail = ends.take(left).take_while(same).count();
    let old: Vec<&str> = old.get(head..old.len() - tail)?.to_vec();
    let new = new.get(head..new.len() - tail)?;
    let start = number + head;
    (!old.is_empty() || !new.is_empty()).then(|| Change {
        at: start..start + old.len(),
        old,
        new: new.iter().map(|it| (*it).to_owned()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(text: &str, edits: &[(Range<usize>, &str)]) -> String {
        let edits: Vec<_> = edits
            .iter()
            .map(|(at, new)| (at.clone(), (*new).to_owned()))
            .collect();
        let mut out = String::new();
        write("a.md", text, &edits, &mut out);
        out.replacen("--- a/a.md\n+++ b/a.md\n", "", 1)
    }

    #[test]
    fn lines_are_counted_as_patch_counts_them() {
        assert_eq!(
            diff("a\nb\n", &[(0..0, "new\n")]),
            "@@ -1,2 +1,3 @@\n+new\n a\n b\n"
        );
        assert_eq!(diff("", &[(0..0, "new\n")]), "@@ -0,0 +1,1 @@\n+new\n");
        assert_eq!(diff("a\n", &[(0..2, "")]), "@@ -1,1 +0,0 @@\n-a\n");
        assert_eq!(diff("a\n", &[(0..1, "a")]), "", "nothing changes");
        let text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        assert_eq!(
            diff(text, &[(0..0, "0\n"), (16..17, "nine")]),
            "@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -6,4 +7,4 @@\n 6\n 7\n 8\n-9\n+nine\n"
        );
        assert_eq!(
            diff(text, &[(0..1, "x"), (1..1, "y"), (14..15, "z")]),
            "@@ -1,9 +1,9 @@\n-1\n+xy\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+z\n 9\n"
        );
    }

    #[test]
    fn blocks_that_change_places_keep_what_they_share() {
        assert_eq!(
            diff("b\r\na\r\nc", &[(0..6, "a\r\nb\r\n")]),
            "@@ -1,3 +1,3 @@\n-b\r\n-a\r\n+a\r\n+b\r\n c\n\\ No newline at end of file\n"
        );
    }
}
