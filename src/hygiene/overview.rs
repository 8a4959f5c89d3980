//! How every list stands, for the administrator's table.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;

use super::cases::State;
use super::gather::Gathered;
use crate::workspace::Workspace;

/// A list's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListHealth {
    /// Its name.
    pub list: String,
    /// Who answers for it.
    pub owner: String,
    /// Rows with an address.
    pub members: u64,
    /// Rows without one that can be read.
    pub unreadable: u64,
    /// Cases, all states together.
    pub cases: u64,
    /// Of which the owner was not told yet.
    pub new: u64,
    /// Of which nobody could be told, though it was tried.
    pub untold: u64,
    /// Of which the owner did not correct the row in time.
    pub overdue: u64,
    /// Rows of who left or complained, which are to be removed: there is nothing that an owner could have done.
    pub due: u64,
    /// The first day on which another one's time is over.
    pub next: Option<Date>,
    /// Business days after today, up to then.
    pub days_left: Option<u32>,
    /// People whose own wishes are not in the file yet.
    pub to_fold: u64,
    /// Members who did not confirm that they want to go on, however often asked.
    pub unconfirmed: u64,
    /// When the members were asked last.
    pub confirmed: Option<Date>,
    /// Whether that is too long ago.
    pub stale: bool,
}

/// Every list, by name.
pub fn overview(gathered: &Gathered, workspace: &Workspace, now: Timestamp) -> Vec<ListHealth> {
    let months = workspace.settings.lint.limits.stale_after_months;
    let today = gathered.calendar.date_of(now);
    let limit = today.checked_sub(i64::from(months).months()).ok();
    let of_list = |(name, file): (&crate::workspace::names::ListName, _)| {
        let file: &crate::workspace::loaded::ListFile = file;
        let (members, unreadable) = gathered.members.get(name).copied().unwrap_or_default();
        let mut health = ListHealth {
            list: name.to_string(),
            owner: file.list.owner.to_string(),
            members,
            unreadable,
            cases: 0,
            new: 0,
            untold: 0,
            overdue: 0,
            due: 0,
            next: None,
            days_left: None,
            to_fold: gathered.waiting(name, &file.list).len() as u64,
            unconfirmed: gathered.unconfirmed.get(name).copied().unwrap_or(0),
            confirmed: file.list.confirmed,
            stale: file
                .list
                .confirmed
                .is_some_and(|it| limit.is_some_and(|limit| it < limit)),
        };
        for case in gathered.cases.iter().filter(|case| case.list == *name) {
            health.cases += 1;
            health.untold += u64::from(case.told.is_none() && case.tried.is_some());
            match case.state {
                State::New => health.new += 1,
                State::Due { .. } => health.due += 1,
                State::Overdue { .. } => health.overdue += 1,
                State::Open { until, left } => {
                    if health.next.is_none_or(|next| until < next) {
                        (health.next, health.days_left) = (Some(until), Some(left));
                    }
                }
            }
        }
        health
    };
    workspace.lists.iter().map(of_list).collect()
}
