//! How `lists` shows the lists: a table in 80 columns.

use std::fmt::Write as _;

use crate::hygiene::gather::Gathered;
use crate::hygiene::overview::ListHealth;

/// Longer names stand on a line of their own.
const NAME: usize = 20;

/// The table.
pub(super) fn table(lists: &[ListHealth], gathered: &Gathered) -> String {
    if lists.is_empty() {
        return "The main branch has no lists.\n".to_owned();
    }
    let mut text = format!(
        "{:NAME$} {:10}{:>8}{:>6}{:>5}{:>5}{:>8}{:>5} {}\n",
        "list", "owner", "members", "cases", "new", "due", "overdue", "days", "confirmed"
    );
    for list in lists {
        let mut name = list.list.as_str();
        if name.len() > NAME {
            let _ = writeln!(text, "{name}");
            name = "";
        }
        let days = list.days_left.map_or("-".to_owned(), |it| it.to_string());
        let confirmed = list.confirmed.map_or("-".to_owned(), |it| it.to_string());
        let _ = writeln!(
            text,
            "{name:NAME$} {:10}{:>8}{:>6}{:>5}{:>5}{:>8}{days:>5} {confirmed}{}",
            list.owner,
            list.members,
            list.cases,
            list.new,
            list.departed,
            list.overdue,
            if list.stale { " stale" } else { "" }
        );
        if list.unreadable > 0 {
            let _ = writeln!(
                text,
                "  {} rows have no address that can be read: `postmerge lint` shows them",
                list.unreadable
            );
        }
        if list.to_fold > 0 {
            let _ = writeln!(
                text,
                "  {} asked for something themselves that is not in its file yet",
                list.to_fold
            );
        }
        if list.unconfirmed > 0 {
            let _ = writeln!(
                text,
                "  {} did not confirm that they want to go on, however often asked",
                list.unconfirmed
            );
        }
    }
    let sum = |of: fn(&ListHealth) -> u64| lists.iter().map(of).sum::<u64>();
    if sum(|it| it.new) > 0 {
        text.push_str(
            "\nnew: their owners are not told yet. `postmerge lists notify` tells them.\n",
        );
    }
    if sum(|it| it.departed) > 0 {
        text.push_str(
            "\ndue: left or complained, to be removed. `postmerge lists clean` writes the change that removes them.\n",
        );
    }
    if sum(|it| it.overdue) > 0 {
        text.push_str(
            "\noverdue: not corrected in time. `postmerge lists clean` writes the change that removes them.\n",
        );
    }
    if sum(|it| it.to_fold) > 0 {
        text.push_str(
            "\nMails go by what people asked for already; `postmerge lists clean` writes the change that\n\
             puts it into the files.\n",
        );
    }
    if !gathered.corrected.is_empty() {
        let _ = writeln!(
            text,
            "\ncorrected: {} old addresses; `postmerge lists clean` lifts their suppressions.",
            gathered.corrected.len()
        );
    }
    text
}
