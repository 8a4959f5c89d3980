//! The two branches, as whoever runs the portal reaches them. The ledger is asked apart from the main branch: what people asked
//! for reaches it whatever somebody merged. Reads neither.

use crate::git::CommitId;
use crate::ledger::branch::Ledger;

/// Reaches both branches.
pub trait Branches: Send + Sync {
    /// The ledger, fetched.
    ///
    /// # Errors
    /// [`FetchError`].
    fn ledger(&self) -> Result<Ledger, FetchError>;

    /// The main branch's head, fetched.
    ///
    /// # Errors
    /// [`FetchError`].
    fn head(&self) -> Result<CommitId, FetchError>;

    /// Both as they were fetched last, without asking anybody. `None` where nothing ever was.
    fn kept(&self) -> Option<(Ledger, CommitId)>;
}

/// Why a branch cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The remote does not answer; what was fetched last is what there is.
    #[error("{0}")]
    Away(String),
    /// The repository, or what is on the branch.
    #[error("{0}")]
    Wrong(String),
}

/// Both branches to start from: fetched, or as they were fetched last where they cannot be. Then also why.
///
/// Where the ledger's history was rewritten that is so, too: what people ask for is put down and waits until somebody says which
/// history holds. A portal that did not start would keep them from leaving; it sends nothing to whom only the ledger knows.
///
/// # Errors
/// [`FetchError`] where nothing was ever fetched.
pub(super) fn starting(
    branches: &dyn Branches,
) -> Result<(Ledger, CommitId, Option<FetchError>), FetchError> {
    let fetched = branches.ledger();
    match fetched.and_then(|ledger| Ok((ledger, branches.head()?))) {
        Ok((ledger, head)) => Ok((ledger, head, None)),
        Err(why) => match branches.kept() {
            Some((ledger, head)) => Ok((ledger, head, Some(why))),
            None => Err(why),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Away(bool);

    impl Branches for Away {
        fn ledger(&self) -> Result<Ledger, FetchError> {
            Err(match self.0 {
                true => FetchError::Away("no route".to_owned()),
                false => FetchError::Wrong("it was rewritten".to_owned()),
            })
        }

        fn head(&self) -> Result<CommitId, FetchError> {
            Err(FetchError::Away("no route".to_owned()))
        }

        fn kept(&self) -> Option<(Ledger, CommitId)> {
            None
        }
    }

    #[test]
    fn nobody_starts_from_nothing() {
        assert!(matches!(starting(&Away(true)), Err(FetchError::Away(_))));
        assert!(matches!(starting(&Away(false)), Err(FetchError::Wrong(_))));
    }
}
