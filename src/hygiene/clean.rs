//! The change that removes rows that are due or overdue: a commit on a branch of its own on top of the main branch as fetched, for review. And the
//! suppressions of old addresses whose rows were corrected are lifted.
//!
//! Neither working copy nor index is touched, and no branch is ever moved or forced: what a branch that is still open proposes already is not
//! proposed again, and what is new gets a new branch. So a second run says that there is nothing to do.
//!
//! Lists whose members' wishes are proposed first ([`super::fold::goes_first`]) wait: of one list there is one kind of change at a
//! time, since git cannot merge two that touch the same row or neighbours.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;

use super::HygieneError;
use super::cases::{Case, State};
use super::gather::{Gathered, Ground};
use super::proposal::{self, Branch};
use crate::diagnostic::is_unseen;
use crate::git::{CommitId, ObjectId, Remote, Repository};
use crate::ledger::branch::{Batch, Ledger};
use crate::ledger::event::{Lifting, RunId, Scope, SuppressionEvent};
use crate::ledger::last_word::after;
use crate::mail::recipient_id::RecipientId;
use crate::mail::refusal::Language;
use crate::workspace::names::ListName;
use crate::workspace::settings::LedgerSettings;

/// What cleaning branches are called, before the date.
pub const PREFIX: &str = "postmerge/clean-";

/// A branch that proposes a change of lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The branch.
    pub branch: String,
    /// Where it stands.
    pub commit: CommitId,
    /// How many of the rows that are to go, or of those whose wishes wait, it is about.
    pub cases: usize,
    /// In which lists.
    pub lists: BTreeSet<ListName>,
    /// Whether it was made just now.
    pub is_new: bool,
    /// Whether the remote has it.
    pub is_pushed: bool,
}

/// How cleaning is done.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The name of the branch that removes rows; made of the date where absent.
    pub branch: Option<String>,
    /// Whether it is pushed.
    pub push: bool,
}

impl Wish {
    /// Whether a change may be proposed on the branch.
    ///
    /// # Errors
    /// [`HygieneError::Branch`] where that is no branch's name, or one that git reads as something else;
    /// [`HygieneError::Reserved`] of the main branch's name and of the ledger's.
    pub fn check(&self, ledger: &LedgerSettings) -> Result<(), HygieneError> {
        let Some(name) = &self.branch else {
            return Ok(());
        };
        // `refs/heads/refs/heads/main` would be one: a branch that nobody meant.
        let is_misread = name == "HEAD" || name.starts_with("refs/");
        if is_misread || !Repository::is_reference_name(&format!("refs/heads/{name}")) {
            return Err(HygieneError::Branch(name.clone()));
        }
        match [&ledger.main, &ledger.branch].contains(&name) {
            true => Err(HygieneError::Reserved(name.clone())),
            false => Ok(()),
        }
    }
}

/// A branch that is open, and who it takes out of which list.
struct OpenBranch {
    branch: Branch,
    made_at: i64,
    removes: HashSet<(ListName, RecipientId)>,
}

/// Writes the change, and says which branches propose what is to go, the new one last. Nothing is written where all of it is proposed,
/// nor for lists that `wait`.
///
/// # Errors
/// [`HygieneError`].
pub fn propose(
    ground: &Ground<'_>,
    gathered: &Gathered,
    wait: &BTreeSet<ListName>,
    (remote, wish): (&Remote, &Wish),
    now: Timestamp,
) -> Result<Vec<Proposal>, HygieneError> {
    wish.check(&ground.workspace.settings.ledger)?;
    let repository = ground.ledger.repository();
    let going: Vec<&Case> = gathered
        .cases
        .iter()
        .filter(|case| case.state.goes_now())
        .collect();
    if going.is_empty() {
        return Ok(Vec::new());
    }
    let outward = (remote, wish.push);
    let open = open_branches(ground, remote, wish, &going)?;
    let mut proposals = Vec::new();
    let mut proposed: HashSet<(ListName, RecipientId)> = HashSet::new();
    for open in &open {
        let branch = &open.branch;
        let by_it: Vec<_> = going
            .iter()
            .filter(|case| {
                // One that is older than the case was about an earlier one.
                open.made_at >= case.suppressed.since.as_second()
                    && open.removes.contains(&(case.list.clone(), case.recipient))
            })
            .map(|case| ((case.list.clone(), case.recipient), case.rows.len()))
            .collect();
        if by_it.is_empty() {
            continue;
        }
        proposals.push(proposal::known(
            ground,
            outward,
            branch,
            (
                by_it.iter().map(|(_, rows)| rows).sum(),
                by_it.iter().map(|((list, _), _)| list.clone()).collect(),
            ),
        )?);
        proposed.extend(by_it.into_iter().map(|(case, _)| case));
    }
    let left: Vec<&Case> = going
        .into_iter()
        .filter(|case| !proposed.contains(&(case.list.clone(), case.recipient)))
        .filter(|case| !wait.contains(&case.list))
        .collect();
    if left.is_empty() {
        return Ok(proposals);
    }
    let (files, message) = change(ground, gathered, &left)?;
    let branch = name(repository, gathered, &open, wish, now)?;
    let rows = left.iter().map(|case| case.rows.len()).sum();
    let about = (rows, left.iter().map(|case| case.list.clone()).collect());
    let made = proposal::make(ground, outward, (branch, &message, &files), about, now)?;
    proposals.push(made);
    Ok(proposals)
}

/// The cleaning branches that are open, and who they take out.
fn open_branches(
    ground: &Ground<'_>,
    remote: &Remote,
    wish: &Wish,
    going: &[&Case],
) -> Result<Vec<OpenBranch>, HygieneError> {
    let repository = ground.ledger.repository();
    let prefixes: Vec<&str> = std::iter::once(PREFIX)
        .chain(wish.branch.as_deref())
        .collect();
    let lists: BTreeSet<&ListName> = going.iter().map(|case| &case.list).collect();
    let mut open = Vec::new();
    for branch in proposal::open_branches(ground, remote, &prefixes)? {
        if !branch.name.starts_with(PREFIX) && wish.branch.as_ref() != Some(&branch.name) {
            continue;
        }
        let mut removes = HashSet::new();
        for list in &lists {
            let Some(file) = ground.workspace.lists.get(*list) else {
                continue;
            };
            let there = proposal::members_at(ground, branch.commit, file)?;
            let Some(there) = there else {
                continue;
            };
            let gone = going
                .iter()
                .filter(|case| case.list == **list && !there.contains(&case.recipient));
            removes.extend(gone.map(|case| (case.list.clone(), case.recipient)));
        }
        open.push(OpenBranch {
            made_at: repository.committed_at(branch.commit)?,
            branch,
            removes,
        });
    }
    Ok(open)
}

/// The name of a branch that is nowhere yet.
fn name(
    repository: &Repository,
    gathered: &Gathered,
    open: &[OpenBranch],
    wish: &Wish,
    now: Timestamp,
) -> Result<String, HygieneError> {
    let open: Vec<Branch> = open.iter().map(|it| it.branch.clone()).collect();
    match &wish.branch {
        Some(name) if proposal::is_free(repository, name, &open)? => Ok(name.clone()),
        Some(name) => Err(HygieneError::Taken(name.clone())),
        None => {
            let first = format!("{PREFIX}{}", gathered.calendar.date_of(now));
            proposal::free_name(repository, &first, &open)
        }
    }
}

/// The lists' files without the cases' rows, and what the commit says.
fn change(
    ground: &Ground<'_>,
    gathered: &Gathered,
    cases: &[&Case],
) -> Result<(Vec<(String, ObjectId)>, String), HygieneError> {
    let mut files = Vec::new();
    let mut body = String::new();
    let mut rows = 0;
    for group in cases.chunk_by(|one, next| one.list == next.list) {
        let Some(file) = group
            .first()
            .and_then(|it| ground.workspace.lists.get(&it.list))
        else {
            continue;
        };
        let unwanted: HashSet<RecipientId> = group.iter().map(|case| case.recipient).collect();
        let (written, removed) = proposal::without(ground, file, |id| unwanted.contains(id))?;
        rows += removed;
        files.push(written);
        let path = file.members.as_str();
        body.push_str(&format!("\n{path}:\n"));
        for case in group {
            body.push_str(&evidence(case, gathered));
        }
    }
    let what = match rows {
        1 => "remove one row that takes no mail".to_owned(),
        _ => format!("remove {rows} rows that take no mail"),
    };
    let message = format!(
        "lists: {what}\n{body}\nThe addresses are suppressed already: nobody is mailed less by this. Whoever has another address\n\
         for one of them corrects the row instead; delete this branch then.\n"
    );
    Ok((files, message))
}

/// A case's lines in the commit's message, the address masked.
fn evidence(case: &Case, gathered: &Gathered) -> String {
    let calendar = &gathered.calendar;
    let why = &case.suppressed;
    let lines: Vec<String> = case.rows.iter().map(|at| at.line.to_string()).collect();
    let mut out = format!(
        "- line {}, {}: {} since {}",
        lines.join(", "),
        case.address.masked(),
        why.reason.name(),
        calendar.date_of(why.since)
    );
    if let Some(heard) = &why.evidence {
        if let Some(mail) = &heard.occurrence {
            out.push_str(&format!(", {mail}"));
        }
        if let Some(class) = heard.class {
            out.push_str(&format!(", class {class}"));
        }
        if let Some(status) = heard.status {
            out.push_str(&format!(", status {status}"));
        }
    }
    out.push('\n');
    if let Some(words) = why.why(Language::En) {
        out.push_str(&format!("  {words}.\n"));
    }
    let said = why.evidence.as_ref().map_or(&why.note, |it| &it.text);
    if !said.is_empty() {
        let one: String = said.chars().filter(|c| !is_unseen(*c)).collect();
        out.push_str(&format!("  The server said: {one}\n"));
    }
    if let State::Overdue { until } = case.state {
        let day = |at: Option<Timestamp>| at.map(|at| calendar.date_of(at));
        out.push_str(&match (day(case.told), day(case.tried)) {
            (Some(told), _) => format!("  The owner was told on {told} and had until {until}.\n"),
            (None, Some(tried)) => format!(
                "  The owner could not be told, the first time on {tried}. It could be corrected until {until}.\n"
            ),
            (None, None) => format!("  It could be corrected until {until}.\n"),
        });
    }
    out
}

/// Lifts the suppressions of old addresses whose rows were corrected; says how many.
///
/// # Errors
/// [`HygieneError`].
pub fn lift(
    ledger: &mut Ledger,
    corrected: &[RecipientId],
    (run, now): (RunId, Timestamp),
) -> Result<usize, HygieneError> {
    if corrected.is_empty() {
        return Ok(0);
    }
    let standing = ledger.suppressions()?;
    let lifted = |recipient: &RecipientId| SuppressionEvent::Lifted {
        recipient: *recipient,
        scope: Scope::All,
        what: Lifting::HardBounce,
        // Later than the bounce, by whatever clock that was noted.
        at: after(standing.last(recipient), now),
        note: "its row was corrected: it is in no list any more".to_owned(),
    };
    ledger.publish(&Batch {
        suppressions: corrected.iter().map(lifted).collect(),
        ..Batch::new(
            run,
            now,
            format!(
                "suppressions: {} lifted, corrected in the lists",
                corrected.len()
            ),
        )
    })?;
    Ok(corrected.len())
}
