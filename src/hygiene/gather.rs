//! What cases are made of, read once: suppressions and what was heard from the ledger, rows from the lists as the main branch has them.
//!
//! Of rows only those are kept whose address is suppressed: memory grows with bounces, not with lists.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::HygieneError;
use super::asked_for::AskedFor;
use super::cases::{AlreadyTold, Case, Row, Suppressed, cases, makes_case};
use super::corrected::{Line, corrected};
use super::disowned::{Disowned, disowned};
use super::while_sending;
use crate::git::{CommitId, GitError};
use crate::ledger::branch::Ledger;
use crate::ledger::event::{Exclusion, Scope, SuppressionEvent};
use crate::ledger::suppressions::Suppressions;
use crate::mail::address::AddressRef;
use crate::mail::digest::Digest;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::plan::calendar::calendar;
use crate::plan::reconfirmation::Asked;
use crate::schedule::calendar::Calendar;
use crate::workspace::Workspace;
use crate::workspace::encryption::Keys;
use crate::workspace::keyed::Keyed;
use crate::workspace::list::List;
use crate::workspace::loaded::ListFile;
use crate::workspace::members::{Members, RowAt};
use crate::workspace::names::ListName;
use crate::workspace::source::{Source, SourceError};
use crate::workspace::tree::Tree;

/// Bounces older than this are not looked up in history any more: whoever is in no list since is gone.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(24 * 180);

/// What is reckoned from: the main branch and the ledger, both as fetched.
pub struct Ground<'a> {
    /// The checkout.
    pub path: &'a Path,
    /// The main branch's head.
    pub head: CommitId,
    /// The workspace there.
    pub workspace: &'a Workspace,
    /// The ledger.
    pub ledger: &'a Ledger,
    /// What recipients' ids are made with.
    pub key: &'a RecipientKey,
    /// What encrypted lists are read with.
    pub keys: Keys,
}

impl Ground<'_> {
    /// The files of a commit, with the keys for those that are encrypted.
    pub(super) fn files_at(&self, commit: CommitId) -> Result<Keyed<Tree>, GitError> {
        Ok(Keyed::new(Tree::at(self.path, commit)?, self.keys.clone()))
    }
}

/// Everything that is known of cases.
pub struct Gathered {
    /// The organisation's days.
    pub calendar: Calendar,
    /// The cases.
    pub cases: Vec<Case>,
    /// Who says that they never joined any list, and when, the latest first.
    pub never_joined: Vec<(RecipientId, Timestamp)>,
    /// Their rows.
    pub disowned: Vec<Disowned>,
    /// How many rows with an address each list has, and how many without.
    pub members: BTreeMap<ListName, (u64, u64)>,
    /// How many of each list's members did not confirm that they want to go on, however often asked.
    pub unconfirmed: BTreeMap<ListName, u64>,
    /// Who bounced and stands in no list any more, because the row has another address now: the old one's suppression can go.
    pub corrected: Vec<RecipientId>,
    /// Who must not be mailed.
    pub suppressions: Suppressions,
    /// What members asked for themselves.
    pub asked_for: AskedFor,
}

impl Gathered {
    /// Of whom nothing is put into a list: they left, complained, were forgotten, or their address takes no mail; but for who has
    /// a row there whose address can still be corrected.
    pub(super) fn gone_from(&self, list: &ListName) -> impl Fn(&RecipientId) -> bool + '_ {
        let of_list = self.cases.iter().filter(|case| case.list == *list);
        let correctable = of_list.filter(|case| !case.state.goes_now());
        let correctable: HashSet<RecipientId> = correctable.map(|case| case.recipient).collect();
        move |who| {
            let is_suppressed = self.suppressions.exact(who, &Scope::All).is_some();
            is_suppressed && !correctable.contains(who)
        }
    }

    /// Whose wishes are to be put into a list's file.
    pub fn waiting(&self, name: &ListName, list: &List) -> Vec<RecipientId> {
        let is_gone = self.gone_from(name);
        let mut found = self.asked_for.since_folded(name, list);
        found.retain(|who| !is_gone(who));
        found
    }
}

/// Reads everything.
///
/// # Errors
/// [`HygieneError`].
pub fn gather(ground: &Ground<'_>, now: Timestamp) -> Result<Gathered, HygieneError> {
    let calendar = calendar(&ground.workspace.settings)?;
    let (suppressions, suppressed) = suppressed(ground.ledger)?;
    let tree = ground.files_at(ground.head)?;
    let asked_for = AskedFor::read(ground.ledger)?;
    let policy = &ground.workspace.settings.policy;
    let answered = |who: &RecipientId| asked_for.wishes.of(who).confirmed();
    let asked = Asked::read(ground.ledger, answered, policy.reconfirmation, now)?;
    let never_joined = asked_for.disowned(&suppressions);
    let said: HashMap<RecipientId, Timestamp> = never_joined.iter().copied().collect();
    let (mut rows, mut not_theirs) = (Vec::new(), Vec::new());
    let (mut members, mut unconfirmed) = (BTreeMap::new(), BTreeMap::new());
    for (name, file) in &ground.workspace.lists {
        let mut found = 0;
        let counted = read_list(&tree, (name, file), ground.key, |at, id, address| {
            found += u64::from(asked.is_unconfirmed(&id, now));
            let row = || Row {
                list: name.clone(),
                at,
                recipient: id,
                address: address.to_address(),
            };
            if suppressed.contains_key(&id) {
                rows.push(row());
            }
            if said.contains_key(&id) {
                not_theirs.push(row());
            }
        })?;
        members.insert(name.clone(), counted);
        unconfirmed.insert(name.clone(), found);
    }
    let told = AlreadyTold::of(&ground.ledger.notices()?);
    let policy = &policy.hygiene;
    let lists = |name: &ListName| ground.workspace.lists.get(name).map(|file| &file.list);
    let cases = cases(&suppressed, &rows, &told, lists, (&calendar, policy), now);
    let in_lists: HashSet<RecipientId> = rows.iter().map(|row| row.recipient).collect();
    let vanished: Vec<(RecipientId, Timestamp)> = suppressed
        .iter()
        .filter(|(id, it)| {
            it.reason == Exclusion::HardBounce
                && !in_lists.contains(id)
                && now.duration_since(it.since) <= LOOKED_BACK
        })
        .map(|(id, it)| (*id, it.since))
        .collect();
    // A row whose address cannot be read may be the old one.
    let corrected = match members.values().all(|(_, unreadable)| *unreadable == 0) {
        true => find_corrected(ground, &tree, vanished)?,
        false => Vec::new(),
    };
    Ok(Gathered {
        calendar,
        cases,
        disowned: disowned(&said, &not_theirs, &told),
        never_joined,
        members,
        unconfirmed,
        corrected,
        suppressions,
        asked_for,
    })
}

/// Who must not be mailed; and who not at all and why, with what was heard.
fn suppressed(
    ledger: &Ledger,
) -> Result<(Suppressions, HashMap<RecipientId, Suppressed>), HygieneError> {
    let mut fold = Suppressions::default();
    let mut notes: HashMap<(RecipientId, i64), String> = HashMap::new();
    ledger.suppression_events(|event| {
        fold.apply(&event);
        if let SuppressionEvent::Suppressed {
            recipient,
            scope: Scope::All,
            at,
            note,
            ..
        } = event
            && !note.is_empty()
        {
            notes.insert((recipient, at.as_millisecond()), note);
        }
    })?;
    let mut found: HashMap<RecipientId, Suppressed> = HashMap::new();
    for (id, reason, since) in fold.for_everything() {
        if makes_case(reason) {
            let note = notes.remove(&(id, since.as_millisecond()));
            let why = Suppressed {
                reason,
                since,
                note: note.unwrap_or_default(),
                evidence: None,
            };
            found.insert(id, why);
        }
    }
    ledger.feedback(0, |feedback| {
        if let Some(why) = found.get_mut(&feedback.recipient) {
            why.hear(feedback);
        }
    })?;
    while_sending::hear(ledger, &mut found)?;
    Ok((fold, found))
}

fn list_error(name: &ListName, why: impl ToString) -> HygieneError {
    HygieneError::List {
        list: name.to_string(),
        why: why.to_string(),
    }
}

/// Hands a list's rows to `take`; counts those with an address and without.
fn read_list(
    tree: &dyn Source,
    (name, file): (&ListName, &ListFile),
    key: &RecipientKey,
    mut take: impl FnMut(RowAt, RecipientId, &AddressRef<'_>),
) -> Result<(u64, u64), HygieneError> {
    let input = match file.open(tree) {
        Ok(input) => input,
        // No file, no members: `postmerge lint` says so.
        Err(SourceError::Missing(_)) => return Ok((0, 0)),
        Err(why) => return Err(why.into()),
    };
    let mut members =
        Members::new(input, &file.list).map_err(|why| list_error(name, why.without_values()))?;
    let mut readable = 0;
    let mut buffer = String::new();
    let read = members.each_address(|at, address| {
        readable += 1;
        take(at, key.id_of_ref(address, &mut buffer), address);
    });
    let unreadable = read.map_err(|why| list_error(name, why))?;
    Ok((readable, unreadable))
}

/// Which of those who bounced and are in no list now have another address in their row.
fn find_corrected(
    ground: &Ground<'_>,
    tree: &dyn Source,
    vanished: Vec<(RecipientId, Timestamp)>,
) -> Result<Vec<RecipientId>, HygieneError> {
    let moments: Vec<i64> = vanished.iter().map(|(_, at)| at.as_second()).collect();
    let repository = ground.ledger.repository();
    let stood = repository.stood_at(ground.head, &moments)?;
    let mut by_commit: BTreeMap<CommitId, HashSet<RecipientId>> = BTreeMap::new();
    for ((id, _), commit) in vanished.iter().zip(stood) {
        // Where history ends before that nobody can say; the suppression stays.
        if let Some(commit) = commit.filter(|commit| *commit != ground.head) {
            by_commit.entry(commit).or_default().insert(*id);
        }
    }
    // Each version of a list is compared once, with all who are sought in it.
    let mut versions: HashMap<(ListName, crate::git::ObjectId), (CommitId, HashSet<RecipientId>)> =
        HashMap::new();
    for (commit, sought) in by_commit {
        for (name, file) in &ground.workspace.lists {
            let now = repository.entry(ground.head, file.members.as_str())?;
            let now = now.map(|entry| entry.id);
            let mut then = None;
            // It may have been encrypted since.
            for path in file.both_paths() {
                then = then.or(repository.entry(commit, &path)?.map(|entry| entry.id));
            }
            if let Some(then) = then.filter(|then| Some(*then) != now) {
                let version = versions.entry((name.clone(), then));
                let (_, all) = version.or_insert_with(|| (commit, HashSet::new()));
                all.extend(sought.iter().copied());
            }
        }
    }
    let mut found = HashSet::new();
    for ((name, _), (commit, sought)) in versions {
        let before = ground.files_at(commit)?;
        // A list that could not be read then has nothing to say.
        let Ok(old) = Workspace::load_list(&before, &name) else {
            continue;
        };
        let Some(file) = ground.workspace.lists.get(&name) else {
            continue;
        };
        let (Some(old), Some(new)) = (
            lines(&before, &old, ground.key),
            lines(tree, file, ground.key),
        ) else {
            continue;
        };
        found.extend(corrected(&old, &new, &sought));
    }
    let mut found: Vec<RecipientId> = found.into_iter().collect();
    found.sort_unstable();
    Ok(found)
}

/// A list's rows for comparing; `None` where it cannot be read.
fn lines(tree: &dyn Source, file: &ListFile, key: &RecipientKey) -> Option<Vec<Line>> {
    let mut members = Members::new(file.open(tree).ok()?, &file.list).ok()?;
    let mut found = Vec::new();
    let mut buffer = String::new();
    let mut rest = String::new();
    while let Some(row) = members.next_row().ok()? {
        let Ok(row) = row else { continue };
        rest.clear();
        let mut is_empty = true;
        for (column, name) in row.columns().names().iter().enumerate() {
            let cell = row.cell(column);
            is_empty &= cell.is_empty();
            // Cells hold no control characters.
            rest.extend([name.as_str(), "\u{1}", cell, "\u{2}"]);
        }
        found.push(Line {
            id: key.id_of_ref(row.address(), &mut buffer),
            rest: (!is_empty).then(|| Digest::of(rest.as_bytes())),
        });
    }
    Some(found)
}
