//! What a start froze, read again from its commit; and where that is something else, which files differ: from the commit
//! that has what was frozen, looked for among the main branch's changes of the campaign and of templates.

use std::fmt;

use super::at_commit;
use super::error::StartError;
use super::start::Ground;
use crate::diagnostic::cut;
use crate::git::{CommitId, GitError};
use crate::ledger::event::AudienceHeader;
use crate::mail::digest::Digest;
use crate::mail::occurrence::OccurrenceId;
use crate::plan::approval::{Parts, approval_parts, differing};
use crate::plan::content::Content;

/// Changes of the campaign or of templates that are looked at, the latest first.
const CHANGES: usize = 50;

/// Files that are named; the rest is counted.
const NAMED: usize = 5;

/// Characters of a file's name.
const LONGEST: usize = 60;

/// How a commit's content differs from what was frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Another commit has what was frozen.
    From {
        /// Which.
        commit: String,
        /// The files that differ: those of the campaign's folder by their path below it.
        files: Vec<String>,
        /// Whether who gets it is among what differs.
        audience: bool,
    },
    /// No commit was found that has it.
    NotFound {
        /// What was frozen.
        digest: Digest,
        /// History is cut off in this clone, and may have it.
        shallow: bool,
    },
}

/// The sending's content, as its start froze it: refuses whatever else its commit holds.
///
/// # Errors
/// [`StartError::OtherDigest`], [`StartError::FrozenGone`], and those of reading.
pub fn frozen_content(
    ground: &Ground<'_>,
    occurrence: &OccurrenceId,
    header: &AudienceHeader,
) -> Result<Content, StartError> {
    let commit = frozen_commit(ground, occurrence, &header.content_commit)?;
    let content = at_commit::content(ground.path, commit, occurrence.campaign())?;
    if content.digest == header.digest {
        return Ok(content);
    }
    Err(StartError::OtherDigest {
        occurrence: occurrence.to_string(),
        commit: header.content_commit.clone(),
        difference: difference(ground, occurrence, &content, header.digest)?,
    })
}

/// A commit that a start named, where this clone has it.
///
/// # Errors
/// [`StartError::FrozenGone`].
pub(super) fn frozen_commit(
    ground: &Ground<'_>,
    occurrence: &OccurrenceId,
    name: &str,
) -> Result<CommitId, StartError> {
    match ground.repository.resolve(name) {
        Err(GitError::NotFound { .. }) => Err(StartError::FrozenGone {
            occurrence: occurrence.to_string(),
            commit: name.to_owned(),
            shallow: ground.repository.is_shallow(),
        }),
        found => Ok(found?),
    }
}

fn difference(
    ground: &Ground<'_>,
    occurrence: &OccurrenceId,
    content: &Content,
    digest: Digest,
) -> Result<Difference, StartError> {
    let not_found = |shallow| Difference::NotFound { digest, shallow };
    let folder = content.file.folder.to_string();
    let mut rev = Some(ground.head);
    for _ in 0..CHANGES {
        let Some(at) = rev else { break };
        let changes = match ground.repository.last_changes(at, &[&folder, "templates"]) {
            Err(GitError::Shallow { .. }) => return Ok(not_found(true)),
            changes => changes?,
        };
        let Some(change) = changes.into_iter().flatten().min_by_key(|it| it.depth) else {
            break;
        };
        match at_commit::content(ground.path, change.commit, occurrence.campaign()) {
            Ok(frozen) if frozen.digest == digest => {
                return between(content, &frozen, change.commit);
            }
            // What has findings was never frozen.
            Ok(_) => {}
            Err(why) if why.holds_one() => {}
            Err(why) => return Err(why),
        }
        rev = ground.repository.first_parent(change.commit)?;
    }
    Ok(not_found(ground.repository.is_shallow()))
}

fn between(
    content: &Content,
    frozen: &Content,
    commit: CommitId,
) -> Result<Difference, StartError> {
    let own = format!("{}/", content.file.folder);
    let files = differing(&parts(content)?, &parts(frozen)?);
    let name = |path: &str| path.strip_prefix(&own).unwrap_or(path).to_owned();
    let who = |content: &Content| {
        let campaign = &content.file.campaign;
        serde_json::to_value((&campaign.audience, &campaign.cc, &campaign.bcc)).ok()
    };
    Ok(Difference::From {
        commit: commit.to_string(),
        files: files.iter().map(|path| name(path.as_str())).collect(),
        audience: who(content) != who(frozen),
    })
}

fn parts(content: &Content) -> Result<Parts, StartError> {
    let layout = content.template.as_ref().map(|template| &template.folder);
    Ok(approval_parts(&*content.source, &content.file, layout)?)
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From {
                commit,
                files,
                audience,
            } => {
                let name = |file: &String| match file.as_str() {
                    "campaign.yaml" if *audience => "campaign.yaml (who gets it)".to_owned(),
                    file => cut(file, LONGEST).into_owned(),
                };
                let mut names: Vec<String> = files.iter().take(NAMED).map(name).collect();
                let more = files.len().saturating_sub(NAMED);
                names.extend((more > 0).then(|| format!("{more} more")));
                let verb = if files.len() == 1 {
                    "differs"
                } else {
                    "differ"
                };
                let last = names.pop().unwrap_or_default();
                if !names.is_empty() {
                    write!(f, "{} and ", names.join(", "))?;
                }
                write!(
                    f,
                    "{last} {verb} from what was frozen, which commit {commit} has"
                )
            }
            Self::NotFound { digest, shallow } => {
                let digest = digest.short();
                write!(
                    f,
                    "it is not what was frozen (digest {digest}), and no commit that could be looked at is"
                )?;
                match shallow {
                    true => write!(f, ": this clone is shallow; {UNSHALLOW}"),
                    false => Ok(()),
                }
            }
        }
    }
}

const UNSHALLOW: &str =
    "run `git fetch --unshallow`, or set `fetch-depth: 0` in the workflow's checkout step";

/// Why a commit is not here, and what to do.
pub(super) fn gone(shallow: bool) -> String {
    match shallow {
        true => format!("this clone is shallow: {UNSHALLOW}"),
        false => "was the main branch rewritten? Fetch the commit from where it still is, or cancel the campaign".to_owned(),
    }
}
