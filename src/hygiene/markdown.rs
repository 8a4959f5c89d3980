//! The open cases as text for an issue or a comment on GitHub, in the organisation's language. Addresses are masked, unless asked for.

use super::cases::{Case, State};
use super::words::{Words, language};
use crate::diagnostic::markdown::escaped;
use crate::schedule::calendar::Calendar;
use crate::workspace::Workspace;

/// Rows shown of one list; GitHub takes 65,536 characters.
const SHOWN: usize = 100;

/// The text.
pub fn markdown(
    cases: &[Case],
    workspace: &Workspace,
    calendar: &Calendar,
    with_addresses: bool,
) -> String {
    let settings = &workspace.settings;
    let locale = settings.organisation.locale;
    let words = Words::of(locale);
    let mut out = format!("## {}\n", words.heading);
    if cases.is_empty() {
        out.push_str(&format!("\n{}\n", words.none));
    }
    for group in cases.chunk_by(|one, next| one.list == next.list) {
        let Some(first) = group.first() else { continue };
        let list = workspace.lists.get(&first.list);
        let path = list.map_or_else(String::new, |file| file.members.to_string());
        let title = list.map_or(first.list.as_str(), |file| file.list.title.as_str());
        let owner = match settings.people.get(&first.owner) {
            Some(person) if !person.github.is_empty() => format!("@{}", person.github),
            _ => escaped(first.owner.as_str()),
        };
        out.push_str(&format!(
            "\n### {}: `{path}` ({owner})\n\n| {} |\n|---:|---|---|---|---|\n",
            escaped(title),
            words.columns.join(" | ")
        ));
        for case in group.iter().take(SHOWN) {
            out.push_str(&row(case, words, locale, calendar, with_addresses));
        }
        if group.len() > SHOWN {
            out.push_str(&format!("| … | +{} | | | |\n", group.len() - SHOWN));
        }
    }
    out
}

fn row(
    case: &Case,
    words: &Words,
    locale: crate::workspace::settings::Locale,
    calendar: &Calendar,
    with_addresses: bool,
) -> String {
    let lines: Vec<String> = case.rows.iter().map(|at| at.line.to_string()).collect();
    let address = match with_addresses {
        true => case.address.as_str().to_owned(),
        false => case.address.masked(),
    };
    let departed = words.departed(case.suppressed.reason);
    let why = departed.or_else(|| case.suppressed.why(language(locale)));
    let status = case.suppressed.evidence.as_ref().and_then(|it| it.status);
    let status = status.map(|status| format!(" ({status})"));
    let until = match case.state {
        State::New => words.new.to_owned(),
        State::Overdue { .. } => words.overdue.to_owned(),
        State::Due { .. } => words.due.to_owned(),
        State::Open { until, left } => format!("{} ({left})", words.date(until)),
    };
    format!(
        "| {} | {} | {}{} | {} | {until} |\n",
        lines.join(", "),
        escaped(&address),
        why.unwrap_or(words.not_told),
        status.unwrap_or_default(),
        words.date(calendar.date_of(case.suppressed.since)),
    )
}
