//! Which findings hold a campaign before it starts: those that policy calls fatal.
//!
//! Looks only at what is fatal. What may pass by waiting (a relay that is away) holds nothing here:
//! `send` waits for it by itself.

use super::finding::{Check, Examination, State};
use crate::workspace::settings::PreflightCheck;

/// The checks that belong to one name in policy.
const fn checks(fatal: PreflightCheck) -> &'static [Check] {
    match fatal {
        PreflightCheck::Relay => &[
            Check::Address,
            Check::Greeting,
            Check::Encryption,
            Check::Certificate,
        ],
        // There is no way to it but through the others.
        PreflightCheck::Authentication => &[Check::Authentication],
        PreflightCheck::Dkim => &[Check::Dkim],
        PreflightCheck::Spf => &[Check::Spf],
        PreflightCheck::Dmarc => &[Check::Dmarc, Check::Alignment],
        PreflightCheck::Mx => &[Check::Mx],
        PreflightCheck::Reverse => &[Check::Reverse],
        PreflightCheck::Https => &[Check::Https],
        PreflightCheck::Publication => &[Check::Publication],
    }
}

/// Whether anything but publication is to be looked at.
pub fn looks_at_set_up(fatal: &[PreflightCheck]) -> bool {
    fatal.iter().any(|it| *it != PreflightCheck::Publication)
}

/// What is looked at.
pub fn wanted(fatal: &[PreflightCheck]) -> Vec<Check> {
    let mut wanted: Vec<Check> = fatal.iter().flat_map(|it| checks(*it)).copied().collect();
    if wanted.contains(&Check::Authentication) {
        wanted.push(Check::Address);
    }
    wanted
}

/// Why a campaign is held, where it is.
pub fn reason(found: &Examination, fatal: &[PreflightCheck]) -> Option<String> {
    let is_fatal = |check: Check| fatal.iter().any(|it| checks(*it).contains(&check));
    found.sections.iter().find_map(|section| {
        let finding = section.findings.iter().find(|finding| {
            finding.state == State::Wrong && !finding.may_pass && is_fatal(finding.check)
        })?;
        let check = finding.check.name();
        Some(format!("{}, {check}: {}", section.subject, finding.what))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::{Finding, Section, Subject};

    fn found(findings: Vec<Finding>) -> Examination {
        Examination {
            sections: vec![Section {
                subject: Subject::Relay {
                    name: "principal".into(),
                    host: "smtp.c.example".into(),
                    port: 587,
                },
                findings,
            }],
        }
    }

    #[test]
    fn only_what_is_wrong_fatal_and_does_not_pass() {
        let fatal = [PreflightCheck::Relay, PreflightCheck::Authentication];
        let held = |finding: Finding| reason(&found(vec![finding]), &fatal);
        assert_eq!(
            held(Finding::wrong(Check::Authentication, "no")).unwrap(),
            "Relay principal (smtp.c.example:587), authentication: no"
        );
        for finding in [
            Finding::wrong(Check::Spf, "no"),
            Finding::wrong(Check::Greeting, "busy").passing(true),
            Finding::advice(Check::Certificate, "soon"),
            Finding::not_known(Check::Address, "silence"),
            Finding::skipped(Check::Authentication, "no password"),
            Finding::good(Check::Greeting, "hello"),
        ] {
            assert_eq!(held(finding), None);
        }
    }

    #[test]
    fn nothing_more_than_is_fatal_is_looked_at() {
        assert_eq!(wanted(&[]), []);
        assert_eq!(wanted(&[PreflightCheck::Dkim]), [Check::Dkim]);
        let wanted = wanted(&[PreflightCheck::Authentication]);
        assert!(wanted.contains(&Check::Address), "{wanted:?}");
        assert!(!looks_at_set_up(&[PreflightCheck::Publication]));
        assert!(looks_at_set_up(&[
            PreflightCheck::Publication,
            PreflightCheck::Mx
        ]));
    }
}
