//! A page on which a campaign's mail is looked at: as a desktop and a telephone show it, in light and in dark, its text part,
//! its headers, several recipients, and what lint found, beside it.
//!
//! The page is one file and fetches nothing: a content security policy forbids it, pictures are in it. A mail is a stranger's
//! HTML: it stands in frames in which no script runs, its links lead nowhere, and what would make a browser connect in spite of
//! the policy is taken out.

mod offline;
mod scheme;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use minijinja::{AutoEscape, Environment, context};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::figures::size;
use super::plan_words;
use crate::diagnostic::file::Files;
use crate::diagnostic::{Diagnostic, Severity, resolve};
use crate::plan::proposal::{From, When};
use crate::plan::samples::Kind;
use crate::plan::showing::{Showing, Shown};
use crate::render::escape;
use offline::offline;
use scheme::{Scheme, in_scheme};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Characters of a line that a finding stands in.
const LONGEST_EXCERPT: usize = 160;

/// What a page shows.
pub struct Preview<'a> {
    /// The campaign's id.
    pub id: &'a str,
    /// When it goes out.
    pub when: &'a When,
    /// The organisation's zone.
    pub zone: &'a TimeZone,
    /// From whom.
    pub from: Option<&'a From>,
    /// The mails, or why there are none.
    pub showing: Result<&'a Showing, String>,
    /// What lint found about it.
    pub findings: &'a [Diagnostic],
    /// The texts that it stands in.
    pub files: &'a Files,
    /// The files' state, where the page is served and looks whether it changes.
    pub watch: Option<&'a str>,
}

/// The page. It is made of fixed parts: that it cannot be made is a mistake in them, and said in it.
pub fn render(preview: &Preview<'_>) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let safe = minijinja::Value::from_safe_string;
    let hash = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    let connect = match preview.watch {
        Some(_) => "connect-src 'self'; ",
        None => "",
    };
    let filled = environment.render_str(
        PAGE,
        context! {
            title => format!("Preview: {}", preview.id),
            when => plan_words::when(preview.when, preview.zone),
            counted => preview.showing.as_ref().ok().and_then(|it| plan_words::counting(it.counted)),
            style => safe(STYLE.to_owned()),
            script => safe(SCRIPT.to_owned()),
            script_hash => safe(format!("'sha256-{hash}'")),
            connect => safe(connect.to_owned()),
            data => safe(inside_script(&data(preview))),
        },
    );
    filled.unwrap_or_else(|why| {
        format!(
            "<!DOCTYPE html><title>Preview</title><pre>{}</pre>",
            escape(&why.to_string())
        )
    })
}

/// JSON that cannot end the script element that it stands in (HTML, 4.12.1.3).
fn inside_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

fn data(preview: &Preview<'_>) -> Value {
    let mails: Vec<Value> = match &preview.showing {
        Ok(showing) => showing.mails.iter().map(|it| mail(showing, it)).collect(),
        Err(_) => Vec::new(),
    };
    let findings: Vec<Value> = preview
        .findings
        .iter()
        .map(|it| finding(it, preview.files))
        .collect();
    json!({
        "mails": mails,
        "problem": preview.showing.as_ref().err(),
        "from": preview.from.map(|it| format!("{} <{}>", it.name, it.address)),
        "findings": findings,
        "watch": preview.watch,
    })
}

fn mail(showing: &Showing, shown: &Shown) -> Value {
    let kind = match shown.kind {
        None => "asked for",
        Some(Kind::Everybody) => "the first",
        Some(Kind::Shortest) => "shortest subject",
        Some(Kind::Longest) => "longest subject",
        Some(Kind::Awkward) => "awkward values",
    };
    let to = shown.to.as_str().to_owned();
    let label = format!("{to} ({kind})");
    match &shown.mail {
        Ok(mail) => {
            let html = with_pictures(&offline(&mail.html), showing);
            json!({
                "label": label,
                "to": to,
                "subject": mail.subject,
                "text": mail.text,
                "headers": mail.headers,
                "size": size(mail.size as u64),
                "html": {
                    "light": in_scheme(&html, Scheme::Light),
                    "dark": in_scheme(&html, Scheme::Dark),
                },
                "problem": null,
            })
        }
        Err(why) => json!({
            "label": label,
            "to": to,
            "subject": "",
            "text": "",
            "headers": "",
            "size": "",
            "html": null,
            "problem": format!("There is no mail for this recipient: {why}"),
        }),
    }
}

fn with_pictures(html: &str, showing: &Showing) -> String {
    let mut html = html.to_owned();
    for (url, picture) in &showing.pictures {
        let data = STANDARD.encode(&picture.content);
        html = html.replace(
            url.as_str(),
            &format!("data:{};base64,{data}", picture.content_type),
        );
    }
    html
}

fn finding(finding: &Diagnostic, files: &Files) -> Value {
    let at = resolve::line_column(finding, files);
    let file = files.get(&finding.path);
    let excerpt = file.zip(at).and_then(|(file, (line, _))| {
        let text = file.text().lines().nth(line.checked_sub(1)?)?;
        Some(text.chars().take(LONGEST_EXCERPT).collect::<String>())
    });
    let is_subject = excerpt.as_ref().is_some_and(|text| {
        finding.path.ends_with("/campaign.yaml")
            && (text.starts_with("subject:") || text.starts_with("preheader:"))
    });
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    json!({
        "severity": severity,
        "code": finding.rule.code,
        "rule": finding.rule.name,
        "path": finding.path,
        "line": at.map(|(line, _)| line),
        "message": finding.message,
        "why": finding.why,
        "help": finding.help,
        "excerpt": excerpt,
        "place": if is_subject { "subject" } else { "file" },
    })
}
