//! Whether a merge was approved by who may approve, as reviews on GitHub show it. Reads nothing by itself.
//!
//! Who may approve is what the main branch said *before* the merge: a proposal cannot name its own approver.

use std::collections::BTreeMap;

use super::approvers::needs_management;
use crate::workspace::campaign::Campaign;
use crate::workspace::settings::{Role, Settings};

/// A pull request that brought a commit to the main branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// Who opened it.
    pub author: String,
    /// The commit that was merged: an approval of an earlier one is not one of this.
    pub head: String,
    /// Its reviews, the oldest first.
    pub reviews: Vec<Review>,
}

/// A review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Whose.
    pub by: String,
    /// What it says.
    pub says: Says,
    /// The commit that was looked at.
    pub commit: String,
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Merge it.
    Approved,
    /// Do not.
    ChangesRequested,
    /// It was taken back.
    Dismissed,
    /// Neither yes nor no.
    Comment,
}

/// What is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// It came to the main branch in another way.
    #[error("commit {0} came to the main branch without a pull request")]
    NoPull(String),
    /// Nobody has approved what was merged.
    #[error("pull request {pull}: nobody but {author} has approved what was merged")]
    NoApproval {
        /// Which.
        pull: u64,
        /// Who opened it.
        author: String,
    },
    /// Approvals, but not by who may.
    #[error("pull request {pull}: none of those who approved it ({by}) is {role}")]
    NotByRole {
        /// Which.
        pull: u64,
        /// Who approved it.
        by: String,
        /// Who must.
        role: &'static str,
    },
    /// One person in two functions.
    #[error(
        "pull request {pull}: coordinator and management must be two people, and only {by} has approved it"
    )]
    OnePerson {
        /// Which.
        pull: u64,
        /// Who.
        by: String,
    },
}

/// What a change needs.
#[derive(Debug, Clone, Copy)]
pub enum Needs<'a> {
    /// What this campaign to so many recipients does.
    Campaign(&'a Campaign, u64),
    /// One of those who approve content, or who keep templates.
    Template,
}

/// Checks that one of the pull requests that brought `commit` was approved as it needs. `before` are the settings before the
/// merge.
///
/// # Errors
/// [`Lack`] of the last of them.
pub fn verify(
    before: &Settings,
    needs: Needs<'_>,
    commit: &str,
    pulls: &[Pull],
) -> Result<(), Lack> {
    let mut lack = Lack::NoPull(commit.to_owned());
    for pull in pulls {
        match approved(before, needs, pull) {
            Ok(()) => return Ok(()),
            Err(missing) => lack = missing,
        }
    }
    Err(lack)
}

fn approved(settings: &Settings, needs: Needs<'_>, pull: &Pull) -> Result<(), Lack> {
    let by = approvers(pull);
    if by.is_empty() {
        return Err(Lack::NoApproval {
            pull: pull.number,
            author: pull.author.clone(),
        });
    }
    let has = |name: &str, role: Role| {
        let mut people = settings.people.values();
        people.any(|person| person.github.to_lowercase() == name && person.roles.contains(&role))
    };
    let with = |role: Role| by.iter().filter(|name| has(name, role)).collect::<Vec<_>>();
    let lacks = |role| Lack::NotByRole {
        pull: pull.number,
        by: by.join(", "),
        role,
    };
    let Needs::Campaign(campaign, recipients) = needs else {
        let may = [Role::Administrator, Role::Coordinator, Role::Management];
        return match may.iter().any(|role| !with(*role).is_empty()) {
            true => Ok(()),
            false => Err(lacks("an administrator or a coordinator")),
        };
    };
    let coordinators = with(Role::Coordinator);
    if coordinators.is_empty() {
        return Err(lacks("a coordinator"));
    }
    if !needs_management(settings, campaign, recipients) {
        return Ok(());
    }
    let management = with(Role::Management);
    if management.is_empty() {
        return Err(lacks("of the management"));
    }
    match coordinators
        .iter()
        .any(|one| management.iter().any(|other| one != other))
    {
        true => Ok(()),
        false => Err(Lack::OnePerson {
            pull: pull.number,
            by: by.join(", "),
        }),
    }
}

/// Who approves of what was merged, in lower case: by the last word of each reviewer, the author aside.
fn approvers(pull: &Pull) -> Vec<String> {
    let author = pull.author.to_lowercase();
    let mut last: BTreeMap<String, &Review> = BTreeMap::new();
    for review in pull.reviews.iter().filter(|it| it.says != Says::Comment) {
        last.insert(review.by.to_lowercase(), review);
    }
    let approves = |review: &Review| review.says == Says::Approved && review.commit == pull.head;
    last.into_iter()
        .filter(|(name, review)| *name != author && approves(review))
        .map(|(name, _)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::campaign::Approval;

    fn settings() -> Settings {
        let text = "organisation: {name: C, postal_address: [Calle 10], zone: America/Bogota, locale: es}\n\
            people:\n  ana: {github: Ana, email: a@c.test, roles: [staff]}\n  \
            gina: {github: gina, email: g@c.test, roles: [coordinator]}\n  \
            tomas: {github: tomas, email: t@c.test, roles: [administrator]}\n  \
            ines: {github: ines, email: i@c.test, roles: [management, coordinator]}\n\
            senders: {}\nrelays: {}\nwindows: {}\nbounces: {address: b@c.test}\nunsubscribe: {address: u@c.test}\n\
            policy: {management_above: 100}\n";
        serde_yaml::from_str(text).unwrap()
    }

    fn campaign(approval: Approval) -> Campaign {
        let text = "subject: S\nsender: e\naudience: {lists: [l]}\nsend: {date: 2026-12-03, window: \"12:00\"}\n";
        let mut campaign: Campaign = serde_yaml::from_str(text).unwrap();
        campaign.approval = approval;
        campaign
    }

    fn pull(author: &str, reviews: &[(&str, Says, &str)]) -> Pull {
        Pull {
            number: 7,
            author: author.to_owned(),
            head: "h".to_owned(),
            reviews: reviews
                .iter()
                .map(|(by, says, commit)| Review {
                    by: (*by).to_owned(),
                    says: *says,
                    commit: (*commit).to_owned(),
                })
                .collect(),
        }
    }

    #[test]
    fn the_last_word_of_who_may_on_what_was_merged_counts() {
        use Says::{Approved, ChangesRequested, Comment, Dismissed};
        let said = |approval, recipients, author: &str, reviews: &[(&str, Says, &str)]| {
            let pulls = [pull(author, reviews)];
            let campaign = campaign(approval);
            let needs = Needs::Campaign(&campaign, recipients);
            match verify(&settings(), needs, "c", &pulls) {
                Ok(()) => "approved".to_owned(),
                Err(lack) => lack.to_string(),
            }
        };
        let plain = |author, reviews: &[(&str, Says, &str)]| {
            said(Approval::Coordinator, 5, author, reviews)
        };
        assert_eq!(plain("ana", &[("Gina", Approved, "h")]), "approved");
        assert_eq!(
            plain("ana", &[("gina", Approved, "h"), ("gina", Comment, "h")]),
            "approved"
        );
        for reviews in [
            &[][..],
            &[("gina", Comment, "h")],
            &[("gina", Approved, "older")],
            &[("gina", Approved, "h"), ("gina", ChangesRequested, "h")],
            &[("gina", Approved, "h"), ("GINA", Dismissed, "h")],
        ] {
            assert!(
                plain("ana", reviews).contains("nobody but ana"),
                "{reviews:?}"
            );
        }
        assert!(plain("Gina", &[("gina", Approved, "h")]).contains("nobody but Gina"));
        assert!(plain("gina", &[("ana", Approved, "h")]).contains("(ana) is a coordinator"));
        let both = [("gina", Approved, "h"), ("ines", Approved, "h")];
        assert_eq!(said(Approval::Management, 5, "ana", &both), "approved");
        assert!(said(Approval::Management, 5, "ana", &both[..1]).contains("of the management"));
        assert!(said(Approval::Management, 5, "ana", &both[1..]).contains("two people"));
        assert!(said(Approval::Coordinator, 101, "ana", &both[..1]).contains("of the management"));
        let plain = campaign(Approval::Coordinator);
        let none = verify(&settings(), Needs::Campaign(&plain, 5), "c", &[]);
        assert_eq!(none.unwrap_err(), Lack::NoPull("c".to_owned()));
    }

    #[test]
    fn a_template_is_approved_by_who_keeps_it_too() {
        let said = |by: &str| {
            let pulls = [pull("gina", &[(by, Says::Approved, "h")])];
            verify(&settings(), Needs::Template, "c", &pulls).map_err(|lack| lack.to_string())
        };
        assert_eq!(said("tomas"), Ok(()));
        assert_eq!(said("ines"), Ok(()));
        assert!(
            said("ana")
                .unwrap_err()
                .contains("(ana) is an administrator or a coordinator")
        );
    }
}
