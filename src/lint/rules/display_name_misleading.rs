//! A sender's name says who it is.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM162",
        name: "display-name-misleading",
        severity: Severity::Error,
        summary: "A sender's name is not a name.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    for (name, sender) in &settings.senders {
        let shown = sender.name.as_str();
        let own = sender
            .address
            .rsplit_once('@')
            .map(|(_, domain)| domain.to_lowercase());
        let message = if shown.trim().is_empty() {
            "the name is empty".to_owned()
        } else if shown.contains('@')
            && !shown
                .to_lowercase()
                .contains(&sender.address.to_lowercase())
        {
            format!("`{shown}` shows another address than the sender's")
        } else if shown
            .split_whitespace()
            .any(|word| is_domain(word) && own.as_deref() != Some(&word.to_lowercase()))
        {
            format!("`{shown}` shows another domain than the sender's")
        } else if shown.chars().any(|c| {
            c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        }) {
            "the name has invisible characters".to_owned()
        } else {
            continue;
        };
        let place = Place::value(&["senders", name.as_str(), "name"]);
        out.push(
            Diagnostic::new(&CHECK.rule, "postmerge.yaml", place, message)
                .why("that is what fraud looks like: providers warn of it")
                .help("write the organisation's or the person's name"),
        );
    }
}

fn is_domain(word: &str) -> bool {
    let Some((before, last)) = word.rsplit_once('.') else {
        return false;
    };
    !before.is_empty() && last.len() >= 2 && last.chars().all(|c| c.is_ascii_lowercase())
}
