//! Which commit of a branch last changed a path: what approved it, and in which order.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use git2::{ObjectType, Oid};

use super::error::GitError;
use super::repository::{CommitId, Repository};

/// The commit that last changed a path on a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The most recent first-parent commit whose entry for the path differs from its parent's: where
    /// changes come in by merging, the merge.
    pub commit: CommitId,
    /// How many first-parent steps lie between the branch's head and the commit: of two changes the
    /// one with the greater depth was received first.
    pub depth: u64,
    /// When it was committed, in seconds since 1970.
    pub committed_at: i64,
}

/// Paths as a tree, so that a folder that did not change is passed over with all that is in it.
#[derive(Default)]
struct Wanted {
    below: BTreeMap<String, Wanted>,
    /// Positions in the caller's slice.
    here: Vec<usize>,
    /// How many paths at or below are still looked for.
    open: usize,
}

/// What makes a folder below a path one of its own: a file of this name.
type Mark<'a> = Option<&'a str>;

/// An object's name, mode and kind.
type Entry = (Oid, i32, Option<ObjectType>);

impl Repository {
    /// For each path the commit that last changed it, walking `rev`'s first parents once. A path
    /// that `rev` does not have is `None`.
    ///
    /// # Errors
    /// [`GitError::Shallow`] where the clone's history ends before every path is answered.
    pub fn last_changes(
        &self,
        rev: CommitId,
        paths: &[&str],
    ) -> Result<Vec<Option<Change>>, GitError> {
        self.changes(rev, paths, None)
    }

    /// The same; but a folder below a path that holds a file called `mark` is one of its own, and what changes in it is no
    /// change of the path.
    ///
    /// # Errors
    /// [`GitError::Shallow`].
    pub fn last_own_changes(
        &self,
        rev: CommitId,
        paths: &[&str],
        mark: &str,
    ) -> Result<Vec<Option<Change>>, GitError> {
        self.changes(rev, paths, Some(mark))
    }

    fn changes(
        &self,
        rev: CommitId,
        paths: &[&str],
        mark: Mark<'_>,
    ) -> Result<Vec<Option<Change>>, GitError> {
        let edge = self.shallow_edge()?;
        let mut wanted = Wanted::default();
        let mut found = vec![None; paths.len()];
        for (position, path) in paths.iter().enumerate() {
            if self.entry(rev, path)?.is_some() {
                wanted.add(path, position);
            }
        }
        let inner = self.lock();
        let trees = Trees {
            repository: self,
            inner: &inner,
            mark,
        };
        let read = |error: git2::Error| GitError::object(format!("history of {rev}"), &error);
        let mut commit = inner.find_commit(rev.0).map_err(read)?;
        let mut depth = 0;
        while wanted.open > 0 {
            if edge.contains(&commit.id()) {
                return Err(GitError::Shallow {
                    commit: commit.id().to_string(),
                    path: wanted
                        .any()
                        .and_then(|position| paths.get(position))
                        .map_or_else(String::new, ToString::to_string),
                });
            }
            let parent = match commit.parent_count() {
                0 => None,
                _ => Some(commit.parent(0).map_err(read)?),
            };
            let change = Change {
                commit: CommitId(commit.id()),
                depth,
                committed_at: commit.time().seconds(),
            };
            let mut changed = Vec::new();
            let before = parent.as_ref().map(git2::Commit::tree_id);
            wanted.differing(&trees, Some(commit.tree_id()), before, &mut changed)?;
            for position in changed {
                if let Some(slot) = found.get_mut(position) {
                    *slot = Some(change);
                }
            }
            let Some(parent) = parent else { break };
            commit = parent;
            depth += 1;
        }
        Ok(found)
    }

    /// The commit that a branch stood at before this one; none for the first.
    ///
    /// # Errors
    /// [`GitError`] where there is no such commit, or a shallow clone does not have it.
    pub fn first_parent(&self, commit: CommitId) -> Result<Option<CommitId>, GitError> {
        let read = |error: git2::Error| GitError::object(format!("history of {commit}"), &error);
        let inner = self.lock();
        let commit = inner.find_commit(commit.0).map_err(read)?;
        if commit.parent_count() == 0 {
            return Ok(None);
        }
        Ok(Some(CommitId(commit.parent_id(0).map_err(read)?)))
    }

    /// The first of a branch's own commits: the oldest of its first parents that `main` does not have, as far as this clone goes back;
    /// none where `main` has all of it.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn first_of_its_own(
        &self,
        branch: CommitId,
        main: CommitId,
    ) -> Result<Option<CommitId>, GitError> {
        let edge = self.shallow_edge()?;
        let (mut found, mut next) = (None, Some(branch));
        while let Some(commit) = next {
            if self.is_ancestor(commit, main)? {
                break;
            }
            found = Some(commit);
            next = match edge.contains(&commit.0) {
                true => None,
                false => self.first_parent(commit)?,
            };
        }
        Ok(found)
    }

    /// For each moment (seconds since 1970) where the branch that ends at `head` stood then, walking its first parents once; `None` where
    /// it began later, or a shallow clone's history does.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn stood_at(
        &self,
        head: CommitId,
        moments: &[i64],
    ) -> Result<Vec<Option<CommitId>>, GitError> {
        let edge = self.shallow_edge()?;
        let mut order: Vec<usize> = (0..moments.len()).collect();
        let moment = |position: usize| moments.get(position).copied().unwrap_or(i64::MIN);
        order.sort_by_key(|position| moment(*position));
        let mut found = vec![None; moments.len()];
        let inner = self.lock();
        let read = |error: git2::Error| GitError::object(format!("history of {head}"), &error);
        let mut commit = inner.find_commit(head.0).map_err(read)?;
        while let Some(latest) = order.last().copied() {
            if commit.time().seconds() <= moment(latest) {
                if let Some(slot) = found.get_mut(latest) {
                    *slot = Some(CommitId(commit.id()));
                }
                order.pop();
                continue;
            }
            if commit.parent_count() == 0 || edge.contains(&commit.id()) {
                break;
            }
            commit = commit.parent(0).map_err(read)?;
        }
        Ok(found)
    }

    /// When a commit was made, in seconds since 1970.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn committed_at(&self, commit: CommitId) -> Result<i64, GitError> {
        let read = |error: git2::Error| GitError::object(format!("commit {commit}"), &error);
        let found = self.lock().find_commit(commit.0).map(|it| it.time());
        found.map(|time| time.seconds()).map_err(read)
    }

    /// The commits whose parents this clone does not have. The file is read directly, because a
    /// commit at the edge looks like the first one to whoever asks for its parents.
    pub(super) fn shallow_edge(&self) -> Result<HashSet<Oid>, GitError> {
        let path = self.common_dir().join("shallow");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(text
                .lines()
                .filter_map(|line| Oid::from_str(line.trim()).ok())
                .collect()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(HashSet::new()),
            Err(error) => Err(GitError::io(path.display().to_string(), &error)),
        }
    }
}

impl Wanted {
    fn add(&mut self, path: &str, position: usize) {
        let mut node = self;
        node.open += 1;
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            node = node.below.entry(segment.to_owned()).or_default();
            node.open += 1;
        }
        node.here.push(position);
    }

    /// Takes out the paths whose entries differ between two versions of this node's object, and
    /// says how many those were.
    fn differing(
        &mut self,
        trees: &Trees<'_>,
        now: Option<Oid>,
        before: Option<Oid>,
        changed: &mut Vec<usize>,
    ) -> Result<usize, GitError> {
        if self.open == 0 || now == before {
            return Ok(0);
        }
        let mut taken = 0;
        if !self.here.is_empty() && trees.own_differ(now, before)? {
            taken = self.here.len();
            changed.append(&mut self.here);
        }
        if self.below.is_empty() {
            self.open -= taken;
            return Ok(taken);
        }
        let now = trees.folder(now)?;
        let before = trees.folder(before)?;
        for (name, node) in &mut self.below {
            let entry = |tree: &Option<git2::Tree<'_>>| {
                let entry = tree.as_ref()?.get_name(name)?;
                Some((entry.id(), entry.filemode()))
            };
            let (new, old) = (entry(&now), entry(&before));
            // A file that only became executable, or a link of equal text, differs by its mode.
            if new.map(|it| it.0) == old.map(|it| it.0) && new != old {
                taken += node.here.len();
                node.open -= node.here.len();
                changed.append(&mut node.here);
            }
            let (new, old) = (new.map(|it| it.0), old.map(|it| it.0));
            taken += node.differing(trees, new, old, changed)?;
        }
        self.open -= taken;
        Ok(taken)
    }

    fn any(&self) -> Option<usize> {
        self.here
            .first()
            .copied()
            .or_else(|| self.below.values().find_map(Self::any))
    }
}

/// Reads folders while history is walked.
struct Trees<'a> {
    repository: &'a Repository,
    inner: &'a git2::Repository,
    mark: Mark<'a>,
}

impl Trees<'_> {
    /// Whether two versions of a path differ otherwise than in folders of their own.
    fn own_differ(&self, one: Option<Oid>, other: Option<Oid>) -> Result<bool, GitError> {
        if one == other || self.mark.is_none() {
            return Ok(one != other);
        }
        let (now, before) = (self.folder(one)?, self.folder(other)?);
        let is_file = |id: Option<Oid>, folder: &Option<_>| id.is_some() && folder.is_none();
        if is_file(one, &now) || is_file(other, &before) {
            return Ok(true);
        }
        let names = now.iter().chain(&before).flat_map(git2::Tree::iter);
        let names: BTreeSet<Vec<u8>> = names.map(|it| it.name_bytes().to_vec()).collect();
        for name in names {
            let entry = |tree: &Option<git2::Tree<'_>>| {
                let entry = tree.as_ref()?.get_name_bytes(&name)?;
                Some((entry.id(), entry.filemode(), entry.kind()))
            };
            let (new, old) = (entry(&now), entry(&before));
            if new == old {
                continue;
            }
            let (new, old) = (self.own(new)?, self.own(old)?);
            let is_folder = |it: &Option<Entry>| it.is_none_or(|it| it.2 == Some(ObjectType::Tree));
            let id = |it: Option<Entry>| it.map(|it| it.0);
            let differ = match is_folder(&new) && is_folder(&old) {
                true => self.own_differ(id(new), id(old))?,
                false => true,
            };
            if differ {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// An entry, where it is no folder of its own.
    fn own(&self, entry: Option<Entry>) -> Result<Option<Entry>, GitError> {
        if let (Some((id, _, Some(ObjectType::Tree))), Some(mark)) = (entry, self.mark)
            && let Some(folder) = self.folder(Some(id))?
            && let Some(marking) = folder.get_name(mark)
            && marking.kind() == Some(ObjectType::Blob)
        {
            return Ok(None);
        }
        Ok(entry)
    }

    /// The folder with this name, where it is one (and not a file, or another repository's commit).
    fn folder(&self, id: Option<Oid>) -> Result<Option<git2::Tree<'_>>, GitError> {
        let Some(id) = id else { return Ok(None) };
        let mut found = self.inner.find_object(id, None);
        // What a partial clone lacks may be a folder all the same: taking it for none would name a
        // wrong approval.
        if found.is_err() && self.repository.is_partial() {
            self.repository.fetch_object(id)?;
            found = self.inner.find_object(id, None);
        }
        match found {
            Ok(object) if object.kind() == Some(ObjectType::Tree) => Ok(object.into_tree().ok()),
            Ok(_) => Ok(None),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(self.repository.unreadable(id, "history", &error)),
        }
    }
}
