//! How lists grew: how many members they had at the end of each month, and how many joined and left since the month before, by the
//! history of the main branch.
//!
//! Bounded: of each list at most one version a month is read, each as a stream, and none twice; of two months at a time eight bytes a row
//! are kept. Needs no key of the organisation's, as months are compared with each other only. Where history does not reach, or a list
//! could not be read then, nothing is said; but where that is for want of the key that it is encrypted to.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::HygieneError;
use crate::git::{CommitId, Entry, Repository};
use crate::workspace::Workspace;
use crate::workspace::encryption::Keys;
use crate::workspace::keyed::Keyed;
use crate::workspace::loaded::ListFile;
use crate::workspace::members::Members;
use crate::workspace::names::ListName;
use crate::workspace::source::SourceError;
use crate::workspace::tree::Tree;

/// Months that are looked back.
pub const MONTHS: i64 = 12;

/// A list at the end of a month, or now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// The month's first day.
    pub month: Date,
    /// Rows with an address, each address once.
    pub members: u64,
    /// Of these, who were not there a month before; `None` where that is not known.
    pub joined: Option<u64>,
    /// Who were there a month before and are not any more.
    pub left: Option<u64>,
}

/// How a list grew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grown {
    /// The oldest month first.
    pub months: Vec<Month>,
    /// Whether there are months of which nothing is known, as the list was encrypted and the key is not here.
    pub encrypted: bool,
}

/// The last months of every list that is in `workspace`, which is the main branch at `head`; the oldest first, the present one last.
///
/// # Errors
/// [`HygieneError`] where the repository cannot be read.
pub fn growth(
    path: &Path,
    repository: &Repository,
    (head, workspace): (CommitId, &Workspace),
    keys: &Keys,
    (zone, now): (&TimeZone, Timestamp),
) -> Result<BTreeMap<ListName, Grown>, HygieneError> {
    let months = months(zone, now);
    let ends: Vec<i64> = months.iter().map(|(_, end)| *end).collect();
    let stood = repository.stood_at(head, &ends)?;
    let hasher = RandomState::new();
    let mut found = BTreeMap::new();
    for (name, file) in &workspace.lists {
        let mut grown = Grown::default();
        let of_list = &mut grown.months;
        let mut before: Option<(crate::git::ObjectId, Option<Vec<u64>>)> = None;
        for ((month, _), commit) in months.iter().zip(&stood) {
            let entry = match commit {
                Some(commit) => entry(repository, *commit, file)?,
                None => None,
            };
            let (Some(commit), Some(entry)) = (commit, entry) else {
                before = None;
                continue;
            };
            let is_same = before.as_ref().is_some_and(|(id, _)| *id == entry.id);
            if is_same {
                let members = before.as_ref().and_then(|(_, members)| members.as_ref());
                of_list.extend(members.map(|members| Month {
                    month: *month,
                    members: members.len() as u64,
                    joined: Some(0),
                    left: Some(0),
                }));
                continue;
            }
            let files = Keyed::new(Tree::at(path, *commit)?, keys.clone());
            let members = match members(&files, name, &hasher) {
                Read::Members(members) => Some(members),
                Read::Nothing => None,
                Read::Encrypted => {
                    grown.encrypted = true;
                    None
                }
            };
            if let Some(members) = &members {
                let old = before.as_ref().and_then(|(_, old)| old.as_ref());
                let changed = old.map(|old| changed(old, members));
                of_list.push(Month {
                    month: *month,
                    members: members.len() as u64,
                    joined: changed.map(|(joined, _)| joined),
                    left: changed.map(|(_, left)| left),
                });
            }
            before = Some((entry.id, members));
        }
        found.insert(name.clone(), grown);
    }
    Ok(found)
}

/// Months by their first days, the oldest first, each with its last second; the present one ends now.
fn months(zone: &TimeZone, now: Timestamp) -> Vec<(Date, i64)> {
    let today = now.to_zoned(zone.clone()).date();
    let mut months = Vec::new();
    for back in (0..=MONTHS).rev() {
        let Ok(month) = today.first_of_month().checked_sub(back.months()) else {
            continue;
        };
        let next = month.checked_add(1.month()).ok();
        let next = next.and_then(|next| next.to_zoned(zone.clone()).ok());
        let end = next.map_or(i64::MAX, |next| next.timestamp().as_second() - 1);
        months.push((month, end.min(now.as_second())));
    }
    months
}

/// A list's rows at a commit, where it has any: they may have been encrypted, or not, since.
fn entry(
    repository: &Repository,
    commit: CommitId,
    file: &ListFile,
) -> Result<Option<Entry>, HygieneError> {
    for path in file.both_paths() {
        if let Some(entry) = repository.entry(commit, &path)? {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}

/// A list as it was.
enum Read {
    /// What stands for each member's address, sorted, each once.
    Members(Vec<u64>),
    /// It could not be read then.
    Nothing,
    /// It cannot be read here.
    Encrypted,
}

fn members(files: &Keyed<Tree>, name: &ListName, hasher: &RandomState) -> Read {
    let Ok(file) = Workspace::load_list(files, name) else {
        return Read::Nothing;
    };
    let input = match file.open(files) {
        Ok(input) => input,
        Err(SourceError::Encrypted { .. }) => return Read::Encrypted,
        Err(_) => return Read::Nothing,
    };
    let Ok(mut members) = Members::new(input, &file.list) else {
        return Read::Nothing;
    };
    let mut all = Vec::new();
    let mut buffer = String::new();
    let read = members.each_address(|_, address| {
        all.push(hasher.hash_one(address.identity_into(&mut buffer)));
    });
    all.sort_unstable();
    all.dedup();
    match read {
        Ok(_) => Read::Members(all),
        Err(_) => Read::Nothing,
    }
}

/// How many are in `new` only, and in `old` only; both are sorted.
fn changed(old: &[u64], new: &[u64]) -> (u64, u64) {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    let (mut joined, mut left) = (0, 0);
    loop {
        match (old.peek(), new.peek()) {
            (None, None) => return (joined, left),
            (Some(a), Some(b)) if a == b => {
                old.next();
                new.next();
            }
            (Some(a), Some(b)) if a < b => {
                left += 1;
                old.next();
            }
            (Some(_), None) => {
                left += 1;
                old.next();
            }
            (_, Some(_)) => {
                joined += 1;
                new.next();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_month_ends_at_the_zones_midnight_and_the_present_one_now() {
        let zone = TimeZone::fixed(jiff::tz::offset(-5));
        let now: Timestamp = "2026-03-01T04:59:59Z".parse().unwrap();
        let months = months(&zone, now);
        assert_eq!(months.len(), 13);
        assert_eq!(months[0].0, jiff::civil::date(2025, 2, 1));
        let ends = |at: &str| at.parse::<Timestamp>().unwrap().as_second();
        assert_eq!(months[11].1, ends("2026-02-01T04:59:59Z"));
        assert_eq!(months[12], (jiff::civil::date(2026, 2, 1), now.as_second()));
    }

    proptest! {
        #[test]
        fn who_joined_and_who_left(old: BTreeSet<u8>, new: BTreeSet<u8>) {
            let sorted = |all: &BTreeSet<u8>| all.iter().map(|it| u64::from(*it)).collect::<Vec<_>>();
            let found = changed(&sorted(&old), &sorted(&new));
            let wanted = (new.difference(&old).count() as u64, old.difference(&new).count() as u64);
            prop_assert_eq!(found, wanted);
        }
    }
}
