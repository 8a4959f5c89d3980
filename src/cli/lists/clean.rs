//! `postmerge lists clean`: the change that removes rows that are due or overdue, the change that puts in what members asked for
//! themselves, and the lift of corrected addresses' suppressions.

use std::collections::BTreeSet;
use std::process::ExitCode;

use serde_json::json;

use super::{Cli, CliError, Format, Here, Terminal, failed};
use crate::cli::send::new_run_id;
use crate::deliver::opened::remote;
use crate::diagnostic::counted;
use crate::hygiene::cases::{Case, State};
use crate::hygiene::clean::{Proposal, Wish, lift, propose};
use crate::hygiene::fold;
use crate::hygiene::gather::Gathered;
use crate::workspace::names::ListName;

/// What `lists clean` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Writes the change that removes rows whose address takes no mail and whose time is over, and rows of people who left \
        or complained: a commit on a branch of its own on top of the main branch as just fetched, with the evidence in its message, \
        for review. No other byte of the lists changes; folder and index are not touched. What an open branch proposes already is \
        not proposed again.\n\n\
        A second branch brings the lists up to date with what people asked for themselves: rows of who joined, cells that members \
        changed, nothing else; and `folded` in each list's YAML says how much of it is in the file then. Mails go by it already. Of \
        one list there is one of the two at a time, whichever waited longer: the other follows once it is merged.\n\n\
        Where a row has another address now, the suppression of the old one is lifted in the ledger.",
    after_help = "Examples:\n  \
        postmerge lists clean --dry-run          what would be removed and put in\n  \
        postmerge lists clean                    write the branches, and say how to propose them\n  \
        postmerge lists clean --push             and push them\n\n\
        Exit codes: 0 done, or nothing to do; 2 could not run."
)]
pub(super) struct Arguments {
    /// What the branch that removes rows is called; `postmerge/clean-<date>` where absent.
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,

    /// Say what would be done; write and publish nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// Push the branches.
    #[arg(long)]
    pub push: bool,

    /// How it is shown.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Runs the command.
pub(super) fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let mut here = Here::open(cli, false)?;
    let wish = Wish {
        branch: arguments.branch.clone(),
        push: arguments.push,
    };
    // Before anything is lifted.
    let settings = &here.opened.workspace.settings;
    wish.check(&settings.ledger).map_err(failed)?;
    let gathered = here.gather()?;
    let mut done = Done::default();
    if !arguments.dry_run {
        let now = (new_run_id(), here.now);
        done.lifted = lift(&mut here.opened.ledger, &gathered.corrected, now).map_err(failed)?;
        let remote = remote(&here.opened.workspace.settings.ledger);
        let (ground, now) = (here.ground(), here.now);
        let how = (&remote, &wish);
        let first = fold::goes_first(&ground, &gathered, &remote).map_err(failed)?;
        done.removing = propose(&ground, &gathered, &first, how, now).map_err(failed)?;
        let lists =
            |proposals: &[Proposal]| proposals.iter().flat_map(|it| it.lists.clone()).collect();
        let removing: BTreeSet<ListName> = lists(&done.removing);
        done.folding = fold::propose(&ground, &gathered, &removing, how, now).map_err(failed)?;
        let folding: BTreeSet<ListName> = lists(&done.folding);
        let waiting = waiting(&here, &gathered).into_iter().map(|(list, _)| list);
        done.not_folded = waiting.filter(|it| !folding.contains(it)).collect();
        done.not_cleaned = first.difference(&removing).cloned().collect();
    }
    let text = match arguments.format {
        Format::Json => as_json(&here, &gathered, &done),
        Format::Table => words(&here, &gathered, &done, arguments.dry_run),
    };
    terminal.print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// What was done.
#[derive(Default)]
struct Done {
    removing: Vec<Proposal>,
    folding: Vec<Proposal>,
    lifted: usize,
    /// Lists whose rows are removed once what members asked for is in them.
    not_cleaned: BTreeSet<ListName>,
    /// Lists that get what members asked for once rows are removed.
    not_folded: BTreeSet<ListName>,
}

/// How many people's wishes each list waits for.
fn waiting(here: &Here, gathered: &Gathered) -> Vec<(ListName, usize)> {
    let lists = here.opened.workspace.lists.iter();
    let people = lists.map(|(name, file)| {
        let waiting = gathered.waiting(name, &file.list);
        (name.clone(), waiting.len())
    });
    people.filter(|(_, people)| *people > 0).collect()
}

fn words(here: &Here, gathered: &Gathered, done: &Done, dry_run: bool) -> String {
    let mut out = removals(here, gathered, done.lifted, dry_run);
    for proposal in &done.removing {
        let rows = proposal.cases;
        out.push_str(&match proposal.is_new {
            true => format!(
                "\n{} removed on the new branch ",
                counted(rows, "row is", "rows are")
            ),
            false => format!(
                "\nThe removal of {} waits for review on the branch ",
                counted(rows, "row", "rows")
            ),
        });
        out.push_str(&how_to_propose(here, proposal));
    }
    for list in &done.not_cleaned {
        out.push_str(&format!(
            "\n{}: rows are removed once what members asked for is merged, or its branch deleted.\n",
            here.path_of(list)
        ));
    }
    let waiting = waiting(here, gathered);
    if !waiting.is_empty() {
        out.push('\n');
    }
    for (list, people) in waiting {
        out.push_str(&format!(
            "  {}: {} asked for something themselves that is not in it yet\n",
            here.path_of(&list),
            counted(people, "person", "people")
        ));
    }
    for proposal in &done.folding {
        out.push_str(match proposal.is_new {
            true => "\nIt is put in on the new branch ",
            false => "\nIt waits for review on the branch ",
        });
        out.push_str(&how_to_propose(here, proposal));
    }
    for list in &done.not_folded {
        out.push_str(&format!(
            "\n{}: it is put in once the removal of rows is merged, or its branch deleted.\n",
            here.path_of(list)
        ));
    }
    out
}

/// The branch's name, and what is left to do.
fn how_to_propose(here: &Here, proposal: &Proposal) -> String {
    let ledger = &here.opened.workspace.settings.ledger;
    let branch = &proposal.branch;
    let mut out = format!("{branch}.\n");
    match proposal.is_pushed {
        false => out.push_str(&format!(
            "Propose it:\n  git push {} {branch}\n",
            ledger.remote
        )),
        true if proposal.is_new => out.push_str("It is pushed. Propose it:\n"),
        true => return out,
    }
    out.push_str(&format!(
        "  gh pr create --base {} --head {branch} --fill\n",
        ledger.main
    ));
    out
}

fn removals(here: &Here, gathered: &Gathered, lifted: usize, dry_run: bool) -> String {
    let mut out = String::new();
    let going = gathered.cases.iter().filter(|case| case.state.goes_now());
    let mut count = 0;
    for case in going {
        count += 1;
        let lines: Vec<String> = case.rows.iter().map(|at| at.line.to_string()).collect();
        out.push_str(&format!(
            "  {}, line {}: {}: {} since {}\n",
            here.path_of(&case.list),
            lines.join(", "),
            case.address.masked(),
            case.suppressed.reason.name(),
            gathered.calendar.date_of(case.suppressed.since)
        ));
    }
    if count == 0 {
        out.push_str("No row is to be removed.\n");
    }
    if lifted > 0 {
        let (one, many) = (
            "suppression of an address that was corrected is lifted",
            "suppressions of addresses that were corrected are lifted",
        );
        out.push_str(&format!("{}.\n", counted(lifted, one, many)));
    }
    if dry_run && !gathered.corrected.is_empty() {
        let (one, many) = (
            "suppression of an address that was corrected",
            "suppressions of addresses that were corrected",
        );
        let corrected = counted(gathered.corrected.len(), one, many);
        out.push_str(&format!("{corrected} would be lifted.\n"));
    }
    out
}

fn as_json(here: &Here, gathered: &Gathered, done: &Done) -> String {
    let rows = |wanted: fn(State) -> bool| -> Vec<_> {
        let cases = gathered.cases.iter().filter(|case| wanted(case.state));
        let row = |case: &Case| {
            let lines: Vec<u64> = case.rows.iter().map(|at| at.line).collect();
            json!({
                "list": case.list.as_str(),
                "lines": lines,
                "address": case.address.masked(),
                "reason": case.suppressed.reason.name(),
                "since": case.suppressed.since.to_string(),
            })
        };
        cases.map(row).collect()
    };
    let branches = |proposals: &[Proposal]| -> Vec<_> {
        let branch = |it: &Proposal| {
            json!({
                "branch": it.branch,
                "commit": it.commit.to_string(),
                "cases": it.cases,
                "new": it.is_new,
                "pushed": it.is_pushed,
            })
        };
        proposals.iter().map(branch).collect()
    };
    let waiting: Vec<_> = waiting(here, gathered)
        .into_iter()
        .map(|(list, people)| json!({"list": list.as_str(), "people": people}))
        .collect();
    let names = |lists: &BTreeSet<ListName>| -> Vec<String> {
        lists.iter().map(ToString::to_string).collect()
    };
    let document = json!({
        "version": 1,
        "due": rows(|state| matches!(state, State::Due { .. })),
        "overdue": rows(|state| matches!(state, State::Overdue { .. })),
        "branches": branches(&done.removing),
        "corrected": gathered.corrected.len(),
        "lifted": done.lifted,
        "waiting": waiting,
        "fold_branches": branches(&done.folding),
        "removed_later": names(&done.not_cleaned),
        "put_in_later": names(&done.not_folded),
    });
    format!("{document:#}\n")
}
