//! What of a member's row decides whether a mail can be made of it. Most columns matter by being empty
//! or not: `{{ nombre }}` works out for any name or for none. Where a value is asked (`{% if … %}`), put
//! into a link as its beginning, or read (`| date` on a text), the value itself matters. So whoever tries
//! rows need not try those that differ in nothing that matters.
//!
//! Errs on the side of a value that matters.

use std::collections::BTreeSet;

use super::compile::Compiled;
use crate::workspace::list::ColumnType;

/// Columns by how they matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependence {
    /// Those that matter by being empty or not.
    pub emptiness: BTreeSet<String>,
    /// Those whose values matter.
    pub values: BTreeSet<String>,
}

impl Compiled {
    /// What matters of a row whose columns have these types. `more`: templates besides the mail's own,
    /// such as documents' titles.
    pub fn dependence<'a>(
        &'a self,
        more: impl IntoIterator<Item = &'a str>,
        kind: impl Fn(&str) -> Option<ColumnType>,
    ) -> Dependence {
        let mut found = Dependence::default();
        let own = self.templates.iter().map(|(_, it)| it.source.as_str());
        for source in own.chain(more) {
            for tag in tags(source) {
                match plain(tag) {
                    Some((name, filters)) if filters.iter().all(|it| fits(it, kind(name))) => {
                        found.emptiness.insert(name.to_owned());
                    }
                    _ if asked(tag).is_some() => {
                        found.emptiness.extend(asked(tag).map(str::to_owned));
                    }
                    _ => found.values.extend(words(tag).map(str::to_owned)),
                }
            }
        }
        // What is used and was not found (a brace in a text, say) is careful to be tried.
        let used = self.names.iter().take(self.columns);
        let unseen = used.filter(|name| !found.emptiness.contains(*name));
        found.values.extend(unseen.cloned());
        found.values.retain(|name| kind(name).is_some());
        found
            .emptiness
            .retain(|name| kind(name).is_some() && !found.values.contains(name));
        found
    }
}

/// Whether a filter works out for every value of a type.
fn fits(filter: &str, kind: Option<ColumnType>) -> bool {
    match filter {
        "default" | "upper" | "lower" | "capitalize" | "title" | "trim" | "length" | "first"
        | "last" | "round" | "abs" | "initial" | "url_part" => true,
        "date" => kind == Some(ColumnType::Date),
        "number" | "money" => kind == Some(ColumnType::Number),
        _ => false,
    }
}

/// What stands between a template's braces, expressions with `{` in front.
fn tags(source: &str) -> impl Iterator<Item = &str> {
    let mut rest = source;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find('{')?;
            let after = rest.get(at + 1..)?;
            let (closing, is_expression) = match after.chars().next() {
                Some('{') => ("}}", true),
                Some('%') => ("%}", false),
                _ => {
                    rest = after;
                    continue;
                }
            };
            let inner = after.get(1..)?;
            let end = inner.find(closing).unwrap_or(inner.len());
            let tag = inner.get(..end)?;
            rest = inner.get(end..)?;
            // A statement is never plain; its first brace says so.
            return Some(match is_expression {
                true => tag,
                false => after.get(..end + 1)?,
            });
        }
    })
}

/// A name and its filters, where a tag is nothing else: `nombre | default("x") | upper`.
fn plain(tag: &str) -> Option<(&str, Vec<&str>)> {
    let tag = tag.trim_matches(|c: char| c == '-' || c == '+' || c.is_whitespace());
    // As a link's parts are put: `(nombre|default("x"))|url_part`.
    let (inner, outer) = match tag.strip_prefix('(').and_then(|it| it.rsplit_once(')')) {
        Some((inner, outer)) if outer.trim_start().starts_with('|') => (inner, outer),
        _ => (tag, ""),
    };
    let (name, mut rest) = word(inner)?;
    let mut filters = Vec::new();
    for more in [outer, ""] {
        while !rest.trim().is_empty() {
            let (filter, after) = word(rest.trim_start().strip_prefix('|')?)?;
            filters.push(filter);
            rest = match after.strip_prefix('(') {
                None => after,
                Some(arguments) => literal_arguments(arguments)?,
            };
        }
        rest = more;
    }
    Some((name, filters))
}

/// The name in `if nombre is defined`, which asks nothing else.
fn asked(tag: &str) -> Option<&str> {
    let statement = tag.strip_prefix('%')?;
    let statement = statement.trim_matches(|c: char| c == '-' || c == '+' || c.is_whitespace());
    let mut words = statement.split_whitespace();
    let (keyword, name, is) = (words.next()?, words.next()?, words.next()?);
    let mut test = words.next()?;
    if test == "not" {
        test = words.next()?;
    }
    let is_whole = matches!(keyword, "if" | "elif") && is == "is" && words.next().is_none();
    let is_name = name.chars().all(is_word);
    (is_whole && is_name && matches!(test, "defined" | "undefined")).then_some(name)
}

fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let begins = word.chars().next()?;
    (begins.is_alphabetic() || begins == '_').then_some((word, rest))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What stands behind arguments that are numbers and texts only.
fn literal_arguments(text: &str) -> Option<&str> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), '\\') => return None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, ')') => return text.get(at + 1..),
            (None, _) if c.is_ascii_digit() || matches!(c, '.' | ',' | ' ' | '-') => {}
            (None, _) => return None,
        }
    }
    None
}

fn words(tag: &str) -> impl Iterator<Item = &str> {
    tag.split(|c| !is_word(c)).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_filters_are_plain_and_nothing_else_is() {
        for (tag, expected) in [
            (" nombre ", Some(("nombre", vec![]))),
            ("- nombre|upper -", Some(("nombre", vec!["upper"]))),
            (
                "nombre | default(\"a ) b\") | title",
                Some(("nombre", vec!["default", "title"])),
            ),
            (
                " (nombre|default('x'))|url_part ",
                Some(("nombre", vec!["default", "url_part"])),
            ),
            ("importe | money(\"EUR\")", Some(("importe", vec!["money"]))),
            ("nombre | default(apodo)", None),
            ("nombre ~ apodo", None),
            ("nombre if x", None),
            ("organisation.name", None),
            ("\"x\"", None),
            ("% if nombre ", None),
            ("", None),
        ] {
            assert_eq!(plain(tag), expected, "{tag}");
        }
    }

    #[test]
    fn asking_whether_a_value_is_there_asks_nothing_else() {
        for (tag, expected) in [
            ("% if nombre is defined ", Some("nombre")),
            ("%- elif x is not undefined -", Some("x")),
            ("% if x is defined and y ", None),
            ("% if x ", None),
            (" x is defined ", None),
        ] {
            assert_eq!(asked(tag), expected, "{tag}");
        }
    }

    #[test]
    fn tags_are_found() {
        let source = "a {b} {{ c }}{% if d %}{{e}} {{ open";
        let found: Vec<&str> = tags(source).collect();
        assert_eq!(found, [" c ", "% if d ", "e", " open"]);
    }
}
