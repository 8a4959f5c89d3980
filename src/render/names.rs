//! Names that templates use and that must be there. Filters and tests are looked up when a campaign is
//! compiled, in every branch: the engine looks only where a value passes.

use std::fmt;

use super::RenderError;
use super::context::OWN;
use super::engine::{FILTERS, TESTS};
use super::tags::{Kind, Origin, Tag, Tags};

/// A name that means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// What it stands for.
    pub kind: NameKind,
    /// The name.
    pub name: String,
    /// The one that was probably meant.
    pub near: Option<String>,
}

/// What a name in a template stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// A column, or something that postmerge says of the mail.
    Variable,
    /// What stands behind a `|`.
    Filter,
    /// What stands behind an `is`.
    Test,
}

impl NameKind {
    /// What there is of it, less the columns.
    pub fn known(self) -> &'static [&'static str] {
        match self {
            Self::Variable => &OWN,
            Self::Filter => &FILTERS,
            Self::Test => &TESTS,
        }
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.kind {
            NameKind::Variable => {
                write!(
                    f,
                    "`{name}` is neither a column of the lists nor a variable"
                )
            }
            NameKind::Filter => write!(f, "there is no filter `{name}`"),
            NameKind::Test => write!(f, "there is no test `{name}`"),
        }?;
        match &self.near {
            Some(near) => write!(f, "; did you mean `{near}`?"),
            None => Ok(()),
        }
    }
}

/// The one of `known` that `name` was probably meant to be.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The measure is quadratic, and a hostile name may be long.
    if name.len() > 128 {
        return None;
    }
    known
        .into_iter()
        .map(|other| (strsim::damerau_levenshtein(other, name), other))
        .min()
        .filter(|(distance, _)| *distance <= 2)
        .map(|(_, other)| other)
}

/// What other template languages call our filters, where no slip of the finger leads there.
fn elsewhere(kind: NameKind, name: &str) -> Option<&'static str> {
    if kind != NameKind::Filter {
        return None;
    }
    Some(match name {
        "upcase" | "uppercase" | "toUpperCase" => "upper",
        "downcase" | "lowercase" | "toLowerCase" => "lower",
        "titlecase" | "title_case" => "title",
        "capitalise" | "ucfirst" => "capitalize",
        "strip" => "trim",
        "size" | "count" => "length",
        "currency" => "money",
        "strftime" | "date_format" => "date",
        _ => return None,
    })
}

/// That every filter and test that a tag names is there.
pub(super) fn check(tags: &Tags) -> Result<(), RenderError> {
    let live = tags
        .list
        .iter()
        .filter(|tag| matches!(tag.kind, Kind::Expression(_) | Kind::Statement(_)));
    for tag in live {
        for (kind, at, name) in named(&tag.source) {
            let known = kind.known();
            if !known.contains(&name) {
                let near = elsewhere(kind, name).or_else(|| nearest(name, known.iter().copied()));
                return Err(unknown(kind, name, near, place(tag, at)));
            }
        }
    }
    Ok(())
}

pub(super) fn unknown(kind: NameKind, name: &str, near: Option<&str>, at: Origin) -> RenderError {
    RenderError::Unknown {
        at,
        name: UnknownName {
            kind,
            name: name.to_owned(),
            near: near.map(str::to_owned),
        },
    }
}

/// The place of a byte of a tag.
pub(super) fn place(tag: &Tag, at: usize) -> Origin {
    tag.origin.after(tag.source.get(..at).unwrap_or_default())
}

/// The filters and tests of a tag, with their places in it. What stands in quotes is passed over.
fn named(source: &str) -> Vec<(NameKind, usize, &str)> {
    let mut found = Vec::new();
    let mut wanted = None;
    let mut quote: Option<char> = None;
    let (mut escaped, mut dotted) = (false, false);
    let mut skip_to = 0;
    for (at, c) in source.char_indices() {
        if at < skip_to {
            continue;
        }
        if let Some(open) = quote {
            quote = (escaped || c != open).then_some(open);
            escaped = !escaped && c == '\\';
            continue;
        }
        if c.is_alphabetic() || c == '_' {
            let rest = source.get(at..).unwrap_or_default();
            let word = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .map_or(rest, |end| rest.get(..end).unwrap_or_default());
            skip_to = at + word.len();
            match (wanted, word) {
                (Some(NameKind::Test), "not") => {}
                (Some(kind), name) => {
                    found.push((kind, at, name));
                    wanted = None;
                }
                (None, "is") if !dotted => wanted = Some(NameKind::Test),
                (None, _) => {}
            }
        } else if matches!(c, '"' | '\'') {
            quote = Some(c);
            wanted = None;
        } else if c == '|' {
            wanted = Some(NameKind::Filter);
        } else if !c.is_whitespace() {
            wanted = None;
        }
        dotted = c == '.';
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_and_tests_are_found_and_strings_are_not() {
        let all = |source| -> Vec<(usize, &str)> {
            let names = named(source).into_iter();
            names.map(|(_, at, name)| (at, name)).collect()
        };
        assert_eq!(
            all("{{ a|upper | default('x|y is z') }}"),
            [(5, "upper"), (13, "default")]
        );
        assert_eq!(all("{% if a is not defined and b.is %}"), [(15, "defined")]);
        assert_eq!(
            all(r#"{{ "a\"|b"|trim ~ 'é'|lower }}"#),
            [(11, "trim"), (23, "lower")]
        );
        assert_eq!(
            all("{% for x in list|first is odd %}"),
            [(17, "first"), (26, "odd")]
        );
        assert_eq!(all("{{ this ~ island }}"), []);
    }

    #[test]
    fn other_languages_names_lead_to_filters_that_there_are() {
        for name in [
            "upcase",
            "downcase",
            "titlecase",
            "ucfirst",
            "strip",
            "size",
            "currency",
            "strftime",
        ] {
            let meant = elsewhere(NameKind::Filter, name).unwrap();
            assert!(
                FILTERS.contains(&meant) && !FILTERS.contains(&name),
                "{name}"
            );
        }
        assert_eq!(elsewhere(NameKind::Test, "upcase"), None);
    }
}
