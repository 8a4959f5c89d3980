//! Findings as SARIF 2.1.0, for GitHub's code scanning and other viewers.
//!
//! A result's fingerprint is made of rule, file, message and the text that is underlined, not of the
//! line: it stays the same when lines are put in above. Equal ones in a file are numbered.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::file::Files;
use super::{Diagnostic, Rule, Severity, resolve};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The log, with a line break at its end. `prefix` is the workspace's folder inside the repository, as
/// for [`super::github::render`].
pub fn render(findings: &[Diagnostic], files: &Files, prefix: &str) -> String {
    let rules: BTreeMap<&str, &Rule> = findings.iter().map(|it| (it.rule.code, it.rule)).collect();
    let index: BTreeMap<&str, usize> = rules.keys().copied().zip(0..).collect();
    let mut seen = BTreeMap::new();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| result(finding, files, prefix, &index, &mut seen))
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "postmerge",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.values().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    // Only strings and numbers: serialising them cannot fail.
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn described(rule: &Rule) -> Value {
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn result(
    finding: &Diagnostic,
    files: &Files,
    prefix: &str,
    index: &BTreeMap<&str, usize>,
    seen: &mut BTreeMap<String, u32>,
) -> Value {
    let found = resolve::finding(finding, files);
    let region = match (&found, resolve::line_column(finding, files)) {
        (Some(found), _) => Some(json!({
            "startLine": found.line,
            "startColumn": found.column,
            "endLine": found.end_line,
            "endColumn": found.end_column,
        })),
        (None, Some((line, column))) => Some(json!({"startLine": line, "startColumn": column})),
        (None, None) => None,
    };
    let location = json!({"uri": uri(&format!("{prefix}{}", finding.path))});
    let physical = match region {
        Some(region) => json!({"artifactLocation": location, "region": region}),
        None => json!({"artifactLocation": location}),
    };
    let marked = found
        .and_then(|found| files.get(&finding.path)?.text().get(found.bytes))
        .unwrap_or_default();
    let parts = [finding.rule.code, &finding.path, &finding.message, marked];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: String = hash
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let number = seen.entry(digest.clone()).or_default();
    *number += 1;
    json!({
        "ruleId": finding.rule.code,
        "ruleIndex": index.get(finding.rule.code),
        "level": level(finding.severity),
        "message": {"text": finding.in_full()},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {"postmerge/v1": format!("{digest}:{number}")},
    })
}

/// RFC 3986: a path's characters that a URI cannot have are encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'@' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
