//! `postmerge rules`: lists the rules, or prints the page of one.

use std::fmt::Write as _;
use std::process::ExitCode;

use super::error::CliError;
use super::status::Format;
use super::terminal::Terminal;
use crate::diagnostic::{Rule, nearest};
use crate::lint::{all_rules, pages};

/// What `rules` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postmerge rules\n  postmerge rules unknown-list\n  postmerge rules PM040"
)]
pub struct Arguments {
    /// A rule's name or code.
    pub name: Option<String>,

    /// How the list is shown.
    #[arg(long, value_enum, default_value_t = Format::Table, conflicts_with = "name")]
    pub format: Format,
}

/// Runs the command.
///
/// # Errors
/// [`CliError`] where there is no such rule.
pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitCode, CliError> {
    let all = all_rules();
    let Some(wanted) = &arguments.name else {
        terminal.print(&match arguments.format {
            Format::Table => table(&all),
            Format::Json => json(&all),
        })?;
        return Ok(ExitCode::SUCCESS);
    };
    let rule = all
        .iter()
        .find(|r| r.name == wanted || r.code.eq_ignore_ascii_case(wanted));
    match rule.and_then(|rule| pages::page(rule.name)) {
        Some(page) => {
            terminal.print(page)?;
            Ok(ExitCode::SUCCESS)
        }
        None => {
            let names: Vec<&str> = all.iter().map(|r| r.name).collect();
            let error = CliError::new(format!("there is no rule `{wanted}`"));
            Err(match nearest(wanted, &names) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("`postmerge rules` lists them all"),
            })
        }
    }
}

fn table(rules: &[&Rule]) -> String {
    let mut text = String::new();
    for rule in rules {
        let severity = rule.severity.to_string();
        let _ = writeln!(
            text,
            "{}  {:24} {severity:8} {}",
            rule.code, rule.name, rule.summary
        );
    }
    text
}

/// Keys are added, never renamed or taken away, while `version` is 1.
fn json(rules: &[&Rule]) -> String {
    let list: Vec<_> = rules
        .iter()
        .map(|rule| {
            serde_json::json!({
                "code": rule.code,
                "name": rule.name,
                "severity": rule.severity.to_string(),
                "summary": rule.summary,
            })
        })
        .collect();
    let all = serde_json::json!({"version": 1, "rules": list});
    format!("{all:#}\n")
}
