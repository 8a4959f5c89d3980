//! Findings: what is wrong, where, why it matters and what to do about it.
//!
//! A [`Diagnostic`] names its place symbolically ([`place::Place`]); bytes, lines and columns are
//! found in one place ([`resolve`]), and text is made once, at the edge ([`human`], [`json`],
//! [`github`], [`sarif`], [`summary`]), as strings: nothing here prints. Limits: an excerpt shows one line; a place that
//! cannot be found falls back to the file as a whole, never to a wrong line.

pub mod file;
pub mod fix;
pub mod github;
pub mod human;
pub mod json;
pub mod markdown;
pub mod place;
pub mod position;
pub mod resolve;
pub mod sarif;
pub mod summary;
mod unified;

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use place::Place;

/// How bad a finding is. The order is from mild to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Works, but is worth a look.
    Warning,
    /// Must be mended before the campaign can be merged.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// What a finding is an instance of. Every rule has a page, `docs/rules/<name>.md`.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// `PM` and three digits; never reused for another rule.
    pub code: &'static str,
    /// In kebab case.
    pub name: &'static str,
    /// How bad its findings are.
    pub severity: Severity,
    /// What it finds, in one sentence.
    pub summary: &'static str,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What it is an instance of.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// The file, relative to the workspace.
    pub path: String,
    /// Where in the file.
    pub place: Place,
    /// What is wrong, in one line.
    pub message: String,
    /// What stands beside the underlined text, where that helps.
    pub label: Option<String>,
    /// Why it matters.
    pub why: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// A replacement that mends it.
    pub fix: Option<Fix>,
}

/// A replacement that mends a finding, in the finding's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, such as `write \`exportadores\``.
    pub title: String,
    /// What is replaced.
    pub place: Place,
    /// By what.
    pub replacement: String,
    /// Whether it can be put in without anybody looking: it changes nothing that people read in another way.
    pub is_safe: bool,
}

impl Diagnostic {
    /// Message, label, why and what to do, for places that show one text.
    pub fn in_full(&self) -> String {
        let mut text = self.message.clone();
        if let Some(label) = &self.label {
            text.push_str(&format!(" ({label})"));
        }
        for more in [&self.why, &self.help].into_iter().flatten() {
            text.push('\n');
            text.push_str(more);
        }
        text
    }

    /// A finding of `rule` with the rule's severity.
    pub fn new(
        rule: &'static Rule,
        path: impl fmt::Display,
        place: Place,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            severity: rule.severity,
            path: path.to_string(),
            place,
            message: bounded(message.into()),
            label: None,
            why: None,
            help: None,
            fix: None,
        }
    }

    /// With a word beside the underlined text.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(bounded(label.into()));
        self
    }

    /// With why it matters.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(bounded(why.into()));
        self
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(bounded(help.into()));
        self
    }

    /// With a replacement that mends it.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, place: Place, replacement: String) -> Self {
        self.fix = Some(Fix {
            title: bounded(title.into()),
            place,
            replacement,
            is_safe: false,
        });
        self
    }

    /// Its fix can be put in without anybody looking.
    #[must_use]
    pub fn safely(mut self) -> Self {
        if let Some(fix) = &mut self.fix {
            fix.is_safe = true;
        }
        self
    }

    /// With "did you mean" where one of `known` is near to `given`, and else with what there is.
    #[must_use]
    pub fn did_you_mean<'a>(
        mut self,
        given: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut known: Vec<&str> = known.into_iter().collect();
        known.sort_unstable();
        if let Some(near) = nearest(given, &known) {
            self.label = Some(format!("did you mean `{near}`?"));
            self.fix = Some(Fix {
                title: format!("write `{near}`"),
                place: self.place.clone(),
                replacement: near.to_owned(),
                is_safe: false,
            });
        } else if !known.is_empty() && self.help.is_none() {
            let shown: Vec<String> = known.iter().take(12).map(|k| format!("`{k}`")).collect();
            let more = known.len().saturating_sub(shown.len());
            let rest = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            self.help = Some(bounded(format!("there are {}{rest}", shown.join(", "))));
        }
        self
    }
}

/// A character as it may be shown: controls, those of Unicode Standard Annex 9 that reorder what follows, and those that
/// nobody sees, could speak to a terminal or make a text read as another one. Joiners stay: letters and emojis are written
/// with them.
fn visible(c: char) -> char {
    match is_unseen(c) {
        true => '\u{fffd}',
        false => c,
    }
}

/// Whether a character is none that people read: see [`printable`].
pub fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
    ) || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e001f}')
        || c.is_control()
}

/// A stranger's text as a terminal may show it, on one line or several.
pub fn printable(text: &str) -> String {
    let kept = |c| match c {
        '\n' => c,
        c => visible(c),
    };
    text.chars().map(kept).collect()
}

/// Longer texts of findings are cut.
const LONGEST: usize = 1_000;

/// What is quoted from a file is cut here, where the whole is longer than people read.
const LONGEST_QUOTE: usize = 120;

/// A text of a finding, bounded: it may quote an address of a megabyte. Quotations, in backquotes, are cut first, so
/// that what is said of them stays.
fn bounded(text: String) -> String {
    if text.len() <= 2 * LONGEST_QUOTE {
        return text;
    }
    let mut out = String::with_capacity(LONGEST + 8);
    for (number, part) in text.split('`').enumerate() {
        if number > 0 {
            out.push('`');
        }
        match number % 2 {
            1 => out.push_str(&cut(part, LONGEST_QUOTE)),
            _ => out.push_str(part),
        }
    }
    cut(&out, LONGEST).into_owned()
}

/// A text, or as many characters of it and a sign that there are more.
pub fn cut(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// The one of `known` that `given` was probably meant to be.
pub fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    // Jaro-Winkler favours a common beginning, as slips of the finger have; below 0.8 suggestions
    // puzzle more than they help. A hostile name may be long, and the measure is quadratic.
    if given.len() > 128 {
        return None;
    }
    known
        .iter()
        .filter(|k| k.len() <= 128)
        .map(|k| {
            (
                strsim::jaro_winkler(&given.to_lowercase(), &k.to_lowercase()),
                *k,
            )
        })
        .filter(|(near, _)| *near >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

/// A number with a comma between thousands.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and its noun: `1 row`, `2 rows`.
pub fn counted(count: impl TryInto<u64>, one: &str, many: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// How many findings there are of each severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
}

impl Counts {
    /// Counts `findings`.
    pub fn of(findings: &[Diagnostic]) -> Self {
        let errors = findings
            .iter()
            .filter(|f| f.severity == Severity::Error)
            .count();
        Self {
            errors,
            warnings: findings.len().saturating_sub(errors),
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = || counted(self.errors, "error", "errors");
        let warnings = || counted(self.warnings, "warning", "warnings");
        match (self.errors, self.warnings) {
            (0, 0) => f.write_str("no findings"),
            (_, 0) => f.write_str(&errors()),
            (0, _) => f.write_str(&warnings()),
            _ => write!(f, "{}, {}", errors(), warnings()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) static RULE: Rule = Rule {
        code: "PM998",
        name: "for-tests",
        severity: Severity::Error,
        summary: "A rule of the tests.",
    };

    #[test]
    fn a_number_has_its_noun() {
        let rows = |count: usize| counted(count, "row", "rows");
        assert_eq!(
            [0, 1, 2, 1_234_567].map(rows),
            ["0 rows", "1 row", "2 rows", "1,234,567 rows"]
        );
    }

    #[test]
    fn suggests_only_what_is_near() {
        let known = ["exportadores", "competidores", "prensa"];
        assert_eq!(nearest("exportadors", &known), Some("exportadores"));
        assert_eq!(nearest("Prensa", &known), Some("prensa"));
        assert_eq!(nearest("zzz", &known), None);
        assert_eq!(nearest(&"e".repeat(1000), &known), None);
    }

    #[test]
    fn lists_what_there_is_where_nothing_is_near() {
        let known: Vec<String> = (0..20).map(|n| format!("k{n:02}")).collect();
        let finding = Diagnostic::new(&RULE, "a.yaml", Place::File, "m")
            .did_you_mean("zzz", known.iter().map(String::as_str));
        assert!(
            finding.help.unwrap().ends_with("`k11` and 8 more"),
            "and not all twenty"
        );
    }

    #[test]
    fn a_quotation_is_cut_and_what_is_said_of_it_stays() {
        let long = "x".repeat(150_000);
        let finding = Diagnostic::new(&RULE, "a.md", Place::File, format!("`{long}` is odd"))
            .help(long.clone())
            .fix(format!("write `{long}`"), Place::File, long);
        assert!(finding.message.ends_with("x…` is odd") && finding.message.len() < 200);
        assert!(finding.help.unwrap().len() < 1_100);
        let fix = finding.fix.unwrap();
        assert_eq!(
            (fix.title.len() < 200, fix.replacement.len()),
            (true, 150_000)
        );
    }
}
