//! How `lists` shows the lists: a table in 80 columns.

use std::fmt::Write as _;

use crate::diagnostic::counted;
use crate::hygiene::gather::Gathered;
use crate::hygiene::overview::ListHealth;

/// So many who never joined are named.
const NAMED: usize = 10;

/// Longer names stand on a line of their own.
const NAME: usize = 20;

/// The table.
pub(super) fn table(lists: &[ListHealth], gathered: &Gathered) -> String {
    if lists.is_empty() {
        return "The main branch has no lists.\n".to_owned();
    }
    let mut text = format!(
        "{:NAME$} {:10}{:>8}{:>6}{:>5}{:>5}{:>8}{:>5} {}\n",
        "list", "owner", "members", "cases", "new", "due", "overdue", "left", "confirmed"
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
            list.due,
            list.overdue,
            if list.stale { " stale" } else { "" }
        );
        text.push_str(&remarks(list));
    }
    text.push_str(&legend(lists));
    text.push_str(&disowned(gathered));
    if !gathered.corrected.is_empty() {
        let _ = writeln!(
            text,
            "\ncorrected: {}. `postmerge lists clean` lifts the suppression.",
            counted(gathered.corrected.len(), "old address", "old addresses")
        );
    }
    text
}

/// What stands below a list's line.
fn remarks(list: &ListHealth) -> String {
    let mut text = String::new();
    for (count, one, many, what) in [
        (
            list.unreadable,
            "row has",
            "rows have",
            "no address that can be read: `postmerge lint` shows where",
        ),
        (
            list.to_fold,
            "person",
            "people",
            "asked for something themselves that is not in its file yet",
        ),
        (
            list.unconfirmed,
            "member",
            "members",
            "did not confirm that they want to go on, however often asked",
        ),
        (
            list.untold,
            "case was",
            "cases were",
            "told to nobody, though it was tried: `postmerge lists notify` says why",
        ),
    ] {
        if count > 0 {
            let _ = writeln!(text, "  {} {what}", counted(count, one, many));
        }
    }
    text
}

/// What the columns mean that are not empty, and what is to be done.
fn legend(lists: &[ListHealth]) -> String {
    let mut text = String::new();
    let sum = |of: fn(&ListHealth) -> u64| lists.iter().map(of).sum::<u64>();
    if sum(|it| it.new) > 0 {
        text.push_str(
            "\nnew: their owners are not told yet. `postmerge lists notify` tells them.\n",
        );
    }
    if sum(|it| it.due) > 0 {
        text.push_str(
            "\ndue: left or complained, to be removed. `postmerge lists clean` writes the change that removes them.\n",
        );
    }
    if sum(|it| it.overdue) > 0 {
        text.push_str(
            "\noverdue: not corrected in time. `postmerge lists clean` writes the change that removes them.\n",
        );
    }
    if lists.iter().any(|it| it.days_left.is_some()) {
        text.push_str("\nleft: business days until the next one is overdue.\n");
    }
    if sum(|it| it.to_fold) > 0 {
        text.push_str(
            "\nMails go by what people asked for already; `postmerge lists clean` writes the change that\n\
             puts it into the files.\n",
        );
    }
    text
}

/// Who says that they never joined, by their ids: somebody should ask where their addresses came from.
fn disowned(gathered: &Gathered) -> String {
    let all = &gathered.never_joined;
    if all.is_empty() {
        return String::new();
    }
    let count = counted(all.len(), "person says", "people say");
    let mut text = format!(
        "\nnot theirs: {count} that they never joined. Where did the lists get their addresses? `postmerge history --recipient ID`\n\
         shows what was sent to whom:\n"
    );
    for (who, at) in all.iter().take(NAMED) {
        let _ = writeln!(text, "  {who}  {}", gathered.calendar.date_of(*at));
    }
    if let Some(more) = all.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = writeln!(text, "  and {more} more; `--format json` has all");
    }
    text
}
