//! Senders have the organisation's own domain.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::mailboxes::FREE;
use crate::lint::target::{is_below, own_domains};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM160",
        name: "from-domain-foreign",
        severity: Severity::Error,
        summary: "A sender's address is not of the organisation's domain.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let own = own_domains(settings);
    for (name, sender) in &settings.senders {
        let Some((_, domain)) = sender.address.rsplit_once('@') else {
            continue;
        };
        let domain = domain.to_lowercase();
        let is_signed = sender.dkim.iter().any(|key| is_below(&domain, &key.domain));
        let message = if FREE.contains(&domain.as_str()) {
            format!("`{domain}` is a provider of free mailboxes")
        } else if !is_signed && !own.iter().any(|it| is_below(&domain, it)) {
            format!("`{domain}` is neither among the organisation's domains nor signed for")
        } else {
            continue;
        };
        let place = Place::value(&["senders", name.as_str(), "address"]);
        out.push(
            Diagnostic::new(&CHECK.rule, "postmerge.yaml", place, message)
                .why("providers refuse mail whose domain does not authenticate it (DMARC), and free ones forbid it to others")
                .help("use an address of the organisation's own domain"),
        );
    }
}
