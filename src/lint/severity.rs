//! Severities as `postmerge.yaml` sets them.

use super::allowance::FIRST_ALLOWED;
use crate::diagnostic::{Diagnostic, Severity};
use crate::workspace::settings::{Level, Lint};

/// Gives findings the severities that the settings say, and takes away those of rules that are off.
/// What is about reading a file at all keeps its own.
pub(super) fn apply(findings: &mut Vec<Diagnostic>, settings: &Lint) {
    findings.retain_mut(|finding| {
        if finding.rule.code < FIRST_ALLOWED {
            return true;
        }
        match settings.severity.get(finding.rule.name) {
            Some(Level::Off) => return false,
            Some(Level::Warning) => finding.severity = Severity::Warning,
            Some(Level::Error) => finding.severity = Severity::Error,
            None => {}
        }
        true
    });
}
