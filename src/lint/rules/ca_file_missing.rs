//! The `ca_file` of a relay or of the bounce mailbox must be a file of the workspace.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::settings::Bounces;
use crate::workspace::source::WorkspacePath;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM036",
        name: "ca-file-missing",
        severity: Severity::Error,
        summary: "The file with a certificate authority is not there.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let relays = settings.relays.iter().filter_map(|(name, relay)| {
        let file = relay.ca_file.as_deref()?;
        Some((file, vec!["relays", name.as_str(), "ca_file"], LEFT_UNSENT))
    });
    let mailbox = ca_file(&settings.bounces).map(|file| (file, CA_FILE.to_vec(), LEFT_UNREAD));
    for (file, steps, why) in relays.chain(mailbox) {
        // A path that leaves the workspace is another rule's.
        let Ok(path) = WorkspacePath::parse(file) else {
            continue;
        };
        if let Err(error) = context.source.size(&path) {
            let place = Place::value(&steps);
            out.push(
                Diagnostic::new(&CHECK.rule, "postmerge.yaml", place, error.to_string()).why(why),
            );
        }
    }
}

const LEFT_UNSENT: &str = "without it the relay's certificate is not trusted, and nothing is sent";
const LEFT_UNREAD: &str =
    "without it the IMAP server's certificate is not trusted, and no bounce is read";

/// Where the bounce mailbox's server has its `ca_file`.
pub(super) const CA_FILE: [&str; 4] = ["bounces", "mailbox", "imap", "ca_file"];

pub(super) fn ca_file(bounces: &Bounces) -> Option<&str> {
    bounces.mailbox.as_ref()?.imap.as_ref()?.ca_file.as_deref()
}
