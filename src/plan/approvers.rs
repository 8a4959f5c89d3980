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

/// The approvals that a campaign to so many recipients needs; to how many may not be known.
pub fn approvers(
    settings: &Settings,
    campaign: &Campaign,
    recipients: Option<u64>,
) -> Vec<Approver> {
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
    if campaign.approval == Approval::Management {
        found.push(with(Role::Management, "the campaign asks for it"));
        return found;
    }
    let above = settings.policy.management_above;
    match recipients {
        Some(recipients) if needs_management(settings, campaign, recipients) => {
            found.push(with(Role::Management, "so many recipients"));
        }
        None if above.is_some() => {
            let why = "needed above a number of recipients, which is not checked: encrypted";
            found.push(with(Role::Management, why));
        }
        _ => {}
    }
    found
}

/// Whether the management must approve it, too.
pub fn needs_management(settings: &Settings, campaign: &Campaign, recipients: u64) -> bool {
    let above = settings.policy.management_above;
    campaign.approval == Approval::Management
        || above.is_some_and(|above| recipients > u64::from(above))
}
