//! Whether a row's address was corrected, or the row is gone.
//!
//! The ledger knows no addresses, so this is read from two versions of a list: as it stood when the address bounced, and as it is. A row was
//! corrected where a new address stands in a row whose other cells are those of the old one and of no other, or where new addresses
//! stand between the same neighbours in the place of as many old ones. In doubt it is gone, and the old address stays suppressed.

use std::collections::{HashMap, HashSet};

use crate::mail::digest::Digest;
use crate::mail::recipient_id::RecipientId;

/// A row: who, and a digest of its other cells where they can be read and are not all empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Who.
    pub id: RecipientId,
    /// The rest of the row.
    pub rest: Option<Digest>,
}

/// Which of `sought`, who stand in `old` and not in `new`, have another address in `new`.
pub fn corrected(
    old: &[Line],
    new: &[Line],
    sought: &HashSet<RecipientId>,
) -> HashSet<RecipientId> {
    let there_now: HashMap<RecipientId, usize> = (0..).zip(new).map(|(n, it)| (it.id, n)).collect();
    let there_before: HashSet<RecipientId> = old.iter().map(|line| line.id).collect();
    let mut found = HashSet::new();
    let mut rests: HashMap<Digest, u32> = HashMap::new();
    for rest in old.iter().filter_map(|line| line.rest) {
        *rests.entry(rest).or_default() += 1;
    }
    let fresh: HashSet<Digest> = new
        .iter()
        .filter(|line| !there_before.contains(&line.id))
        .filter_map(|line| line.rest)
        .collect();
    let is_same_row = |line: &Line| {
        let rest = line.rest.filter(|rest| rests.get(rest) == Some(&1));
        rest.is_some_and(|rest| fresh.contains(&rest))
    };
    // Stretches of old rows that are gone, each between two neighbours that are still there.
    let mut before = None;
    let mut gone: Vec<&Line> = Vec::new();
    let mut close = |gone: &mut Vec<&Line>, before: Option<usize>, after: usize| {
        let from = before.map_or(0, |at| at + 1);
        let between = new.get(from..after).unwrap_or_default();
        let all_fresh = between.iter().all(|it| !there_before.contains(&it.id));
        let replaced = all_fresh && between.len() == gone.len();
        for line in gone.drain(..).filter(|line| sought.contains(&line.id)) {
            if replaced || is_same_row(line) {
                found.insert(line.id);
            }
        }
    };
    for line in old {
        match there_now.get(&line.id) {
            Some(&at) => {
                close(&mut gone, before, at);
                before = Some(at);
            }
            None => gone.push(line),
        }
    }
    close(&mut gone, before, new.len());
    found.retain(|id| !there_now.contains_key(id));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        text.split_whitespace()
            .map(|word| {
                let (who, rest) = word.split_once(':').unwrap_or((word, ""));
                Line {
                    id: RecipientId([who.as_bytes()[0]; 12]),
                    rest: (!rest.is_empty()).then(|| Digest::of(rest.as_bytes())),
                }
            })
            .collect()
    }

    fn of(old: &str, new: &str, who: &str) -> bool {
        let id = RecipientId([who.as_bytes()[0]; 12]);
        corrected(&lines(old), &lines(new), &HashSet::from([id])).contains(&id)
    }

    #[test]
    fn a_row_is_known_by_its_other_cells_or_its_place() {
        for (old, new, is_corrected) in [
            // Another address in the same row.
            ("a:1 b:2 c:3", "a:1 x:2 c:3", true),
            // And moved, and another row gone.
            ("a:1 b:2 c:3", "c:3 x:2", true),
            // The other cells were corrected, too.
            ("a:1 b:2 c:3", "a:1 x:9 c:3", true),
            ("a:1 b:2", "a:1 x:9", true),
            ("b:2", "x:9", true),
            ("a b c", "a x c", true),
            // Gone.
            ("a:1 b:2 c:3", "a:1 c:3", false),
            ("a:1 b:2 c:3", "", false),
            // Gone, and somebody else is new elsewhere.
            ("a:1 b:2 c:3", "a:1 c:3 x:9", false),
            // Two gone, one new between: nobody can say whose it is.
            ("a:1 b:2 d:4 c:3", "a:1 x:9 c:3", false),
            // What many rows share tells nothing.
            ("a:1 b:1 c:1", "a:1 c:1 x:1", false),
            // Still there.
            ("a:1 b:2", "b:2 a:1", false),
            // The new address was in the list before.
            ("a:1 b:2 c:3", "a:1 c:2", false),
        ] {
            assert_eq!(of(old, new, "b"), is_corrected, "{old} -> {new}");
        }
        assert!(!of("a:1", "a:1 x:2", "b"));
    }
}
