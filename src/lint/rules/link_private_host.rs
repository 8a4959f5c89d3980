//! Links lead to the public web.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::target::{Target, target};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM103",
        name: "link-private-host",
        severity: Severity::Error,
        summary: "A link leads to a machine that recipients cannot reach.",
    },
    run,
};

/// Names that are nobody's on the public internet (RFC 6761, RFC 6762, RFC 9476, and usage).
const PRIVATE: [&str; 7] = [
    "localhost",
    "local",
    "internal",
    "lan",
    "intranet",
    "corp",
    "home",
];

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        for link in &text.links {
            let Target::Web { host, has_user, .. } = target(&link.url) else {
                continue;
            };
            let why = match host.as_str() {
                "" => "the link has no host".to_owned(),
                _ if has_user => format!("a user name stands before the host `{host}`"),
                _ if host.chars().all(|c| c.is_ascii_digit() || c == '.')
                    || host.starts_with('[') =>
                {
                    format!("`{host}` is a number, not a name")
                }
                _ if is_private(&host) => format!("`{host}` is a name in a private network"),
                _ => continue,
            };
            out.push(
                text.finding(&CHECK.rule, &link.at, why)
                    .why("recipients cannot reach it, or should not trust it; filters reject numbers and user names")
                    .help("write the page's public address"),
            );
        }
    }
}

fn is_private(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    !host.contains('.') || PRIVATE.contains(&last)
}
