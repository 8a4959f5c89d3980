//! Whose approval a campaign needs before it is merged.

use serde::Serialize;

use crate::workspace::campaign::{Approval, Campaign};
use crate::workspace::settings::{Role, Settings};

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approver {
    /// In which function.
    pub role: Role,
    /// Who has it, by their names on GitHub: one of them approves.
    pub people: Vec<String>,
    /// Why it is needed.
    pub why: &'static str,
}

/// The approvals that a campaign to so many recipients needs.
pub fn approvers(settings: &Settings, campaign: &Campaign, recipients: u64) -> Vec<Approver> {
    let with = |role: Role, why| {
        let people = settings.people.values();
        let people = people.filter(|person| person.roles.contains(&role));
        Approver {
            role,
            people: people.map(|person| person.github.clone()).collect(),
            why,
        }
    };
    let mut found = vec![with(Role::Coordinator, "every campaign")];
    let above = settings.policy.management_above;
    if campaign.approval == Approval::Management {
        found.push(with(Role::Management, "the campaign asks for it"));
    } else if above.is_some_and(|above| recipients > u64::from(above)) {
        found.push(with(Role::Management, "so many recipients"));
    }
    found
}
