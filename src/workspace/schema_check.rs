//! Checks a document against its schema, and says what is wrong in people's words at the right key.

use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind as Wrong};
use jsonschema::paths::Location;
use jsonschema::{JsonType, ValidationError, Validator};
use serde_json::Value;

use super::pattern_words;
use super::rules;
use super::schema::Kind;
use super::yaml::shorten;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::{Place, pointer};

/// Findings of one file that are worth listing.
const MOST_FINDINGS: usize = 30;

/// A schema and its compiled form; made when the first file of its kind is checked.
struct Compiled {
    schema: Value,
    validator: Option<Validator>,
}

fn compiled(kind: Kind) -> &'static Compiled {
    static ALL: [OnceLock<Compiled>; 4] = [const { OnceLock::new() }; 4];
    let [settings, campaign, list, template] = &ALL;
    let place = match kind {
        Kind::Settings => settings,
        Kind::Campaign => campaign,
        Kind::List => list,
        Kind::Template => template,
    };
    place.get_or_init(|| {
        let schema = kind.schema();
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .ok();
        Compiled { schema, validator }
    })
}

/// What is wrong with `value` as a file of `kind`.
pub(super) fn check(kind: Kind, path: &str, value: &Value) -> Vec<Diagnostic> {
    let compiled = compiled(kind);
    let mut findings = Vec::new();
    // Every schema compiles: a test holds that. Were it not so, the typed reading still refuses.
    if let Some(validator) = &compiled.validator {
        for error in validator.iter_errors(value).take(MOST_FINDINGS) {
            explain(&error, &compiled.schema, path, &mut findings);
        }
    }
    findings
}

fn explain(error: &ValidationError<'_>, schema: &Value, path: &str, out: &mut Vec<Diagnostic>) {
    let at = error.instance_path().as_str();
    match error.kind() {
        Wrong::AdditionalProperties { unexpected } => {
            let known = properties(error, schema);
            for name in unexpected.iter().take(MOST_FINDINGS) {
                let place = Place::Key(format!("{at}{}", pointer(&[name])));
                let message = format!("there is no key `{}` here", shorten(name));
                out.push(
                    Diagnostic::new(&rules::UNKNOWN_KEY, path, place, message)
                        .did_you_mean(name, known.iter().map(String::as_str)),
                );
            }
        }
        Wrong::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let message = format!("the key `{name}` is missing{}", within(at));
            let place = if at.is_empty() {
                Place::File
            } else {
                Place::Key(at.to_owned())
            };
            let mut finding = Diagnostic::new(&rules::KEY_MISSING, path, place, message);
            finding.help = description(error, schema, name)
                .map(|text| format!("add `{name}`: {}", lower_first(&text)));
            out.push(finding);
        }
        // An optional value is `anyOf` the kind and null; documented words are `oneOf` constants.
        Wrong::AnyOf { context } | Wrong::OneOfNotValid { context } => {
            branches(error, context, schema, path, out);
        }
        Wrong::Type { .. } => {
            let mut finding = simple(error, path);
            if let Some(help) = as_mapping(error, schema) {
                finding.help = Some(help);
            }
            out.push(finding);
        }
        _ => out.push(simple(error, path)),
    }
}

/// Where a text stands in place of a mapping with one key that must be there, it is that key's value: how it is written.
fn as_mapping(error: &ValidationError<'_>, schema: &Value) -> Option<String> {
    let given = error.instance().as_str()?;
    let object = object_schema(error, schema)?;
    let [key] = object.get("required")?.as_array()?.as_slice() else {
        return None;
    };
    let key = key.as_str()?;
    let properties = object.get("properties")?;
    let is_text = properties.get(key)?.get("type")?.as_str() == Some("string");
    // Whoever hands something over should see that there is a choice.
    let choice = properties.get("as").and_then(|it| it.get("default"));
    let choice = choice.and_then(Value::as_str);
    let choice = choice.map_or_else(String::new, |it| format!(", as: {it}"));
    is_text.then(|| format!("write `{{{key}: {}{choice}}}`", shorten(given)))
}

/// Of several shapes that a value may have, reports the one that was probably meant.
fn branches(
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    schema: &Value,
    path: &str,
    out: &mut Vec<Diagnostic>,
) {
    let here = |e: &ValidationError<'_>| e.instance_path() == error.instance_path();
    let is_type_error = |e: &ValidationError<'_>| matches!(e.kind(), Wrong::Type { .. }) && here(e);
    let is_word = |e: &ValidationError<'_>| {
        matches!(e.kind(), Wrong::Constant { .. } | Wrong::Enum { .. }) && here(e)
    };
    // A mapping is not a misspelt word, where a mapping may stand.
    let mapping = context
        .iter()
        .find(|branch| !branch.iter().any(|e| is_type_error(e) || is_word(e)))
        .filter(|_| error.instance().is_object());
    let words = words(context, error.instance_path());
    if mapping.is_none() && !words.is_empty() {
        let mut finding = one_of(error, &words, path);
        let wants_mapping = |e: &ValidationError<'_>| {
            matches!(
                e.kind(),
                Wrong::Type {
                    kind: TypeKind::Single(JsonType::Object)
                }
            ) && here(e)
        };
        if context.iter().flatten().any(wants_mapping) {
            finding.help = finding.help.map(|help| format!("{help}, or a mapping"));
        }
        out.push(finding);
        return;
    }
    let meant = mapping
        .or_else(|| {
            context
                .iter()
                .find(|branch| !branch.iter().any(is_type_error))
        })
        .or_else(|| context.first());
    match meant {
        Some(branch) => {
            for inner in branch {
                explain(inner, schema, path, out);
            }
        }
        None => out.push(simple(error, path)),
    }
}

/// The constants that branches, at any depth, ask for at this place.
fn words(context: &[Vec<ValidationError<'static>>], at: &Location) -> Vec<String> {
    let mut words = Vec::new();
    for inner in context.iter().flatten() {
        if inner.instance_path() != at {
            continue;
        }
        match inner.kind() {
            Wrong::Constant { expected_value } => {
                words.extend(expected_value.as_str().map(str::to_owned))
            }
            Wrong::Enum { options } => words.extend(strings(options)),
            Wrong::OneOfNotValid { context } | Wrong::AnyOf { context } => {
                words.extend(self::words(context, at));
            }
            _ => {}
        }
    }
    words
}

fn strings(options: &Value) -> impl Iterator<Item = String> + '_ {
    options
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|o| o.as_str().map(str::to_owned))
}

fn one_of(error: &ValidationError<'_>, words: &[String], path: &str) -> Diagnostic {
    let place = Place::Value(error.instance_path().as_str().to_owned());
    let given = error.instance().as_str().unwrap_or_default();
    let listed: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
    let message = format!("{} cannot stand here", shown(error.instance()));
    Diagnostic::new(&rules::SCHEMA_INVALID, path, place, message)
        .help(format!("write one of {}", listed.join(", ")))
        .did_you_mean(given, words.iter().map(String::as_str))
}

fn simple(error: &ValidationError<'_>, path: &str) -> Diagnostic {
    let place = Place::Value(error.instance_path().as_str().to_owned());
    let value = error.instance();
    let given = shown(value);
    let (message, help) = match error.kind() {
        Wrong::Type { kind } => return wrong_type(error, kind, path),
        Wrong::Enum { options } => {
            return one_of(error, &strings(options).collect::<Vec<_>>(), path);
        }
        Wrong::Format { format } => match format.as_str() {
            "date" => (
                format!("{given} is no day"),
                Some("write year, month and day, such as `2026-12-03`".to_owned()),
            ),
            _ => (format!("{given} is no {format}"), None),
        },
        Wrong::Pattern { pattern } => (
            format!("{given} is not written as it must be"),
            Some(pattern_words::words(pattern).map_or_else(
                || format!("it must match the pattern `{pattern}`"),
                str::to_owned,
            )),
        ),
        Wrong::Minimum { limit } => (
            format!("{given} is too small"),
            Some(format!("at least {limit}")),
        ),
        Wrong::Maximum { limit } => (
            format!("{given} is too large"),
            Some(format!("at most {limit}")),
        ),
        Wrong::MinLength { limit } => (
            format!("{given} is too short"),
            Some(format!("write at least {limit} characters")),
        ),
        Wrong::MaxLength { limit } => (
            format!("{given} is too long"),
            Some(format!("write at most {limit} characters")),
        ),
        Wrong::MinItems { limit } => (
            "the list is too short".to_owned(),
            Some(format!("it needs at least {limit}")),
        ),
        Wrong::UniqueItems => (
            "the list has the same entry twice".to_owned(),
            Some("take one of them away".to_owned()),
        ),
        Wrong::MinProperties { limit } => (
            "the mapping is empty".to_owned(),
            Some(format!("it needs at least {limit}")),
        ),
        Wrong::PropertyNames { error } => (
            format!(
                "the name {} is not written as it must be",
                shown(error.instance())
            ),
            Some("a name has letters, digits, `.`, `_`, `:` and `-`".to_owned()),
        ),
        _ => (error.to_string(), None),
    };
    let mut finding = Diagnostic::new(&rules::SCHEMA_INVALID, path, place, message);
    finding.help = help;
    finding
}

fn wrong_type(error: &ValidationError<'_>, kind: &TypeKind, path: &str) -> Diagnostic {
    let place = Place::Value(error.instance_path().as_str().to_owned());
    let value = error.instance();
    let wanted = match kind {
        TypeKind::Single(kind) => type_name(&kind.to_string()).to_owned(),
        TypeKind::Multiple(kinds) => {
            let kinds: Vec<String> = kinds
                .iter()
                .map(|kind| kind.to_string())
                .filter(|kind| kind != "null")
                .map(|kind| type_name(&kind).to_owned())
                .collect();
            kinds.join(" or ")
        }
    };
    let mut finding = Diagnostic::new(
        &rules::SCHEMA_INVALID,
        path,
        place,
        format!("{wanted} must stand here, not {}", shown(value)),
    );
    if wanted.contains("a text") && (value.is_number() || value.is_boolean()) {
        finding = finding.help(format!("put quotes around it: \"{value}\""));
    } else if wanted == "a list" && !value.is_null() {
        finding = finding.help("write it in brackets, such as `[one, two]`");
    }
    finding
}

fn type_name(kind: &str) -> &str {
    match kind {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "a mapping with keys of its own",
        other => other,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
        Value::String(text) => format!("`{}`", shorten(text)),
        Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
    }
}

fn within(at: &str) -> String {
    let steps: Vec<String> = crate::diagnostic::place::steps(at).collect();
    if steps.is_empty() {
        String::new()
    } else {
        format!(" in `{}`", shorten(&steps.join(".")))
    }
}

/// The keys that the schema at an `additionalProperties` error knows.
fn properties(error: &ValidationError<'_>, schema: &Value) -> Vec<String> {
    object_schema(error, schema)
        .and_then(|object| object.get("properties")?.as_object())
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}

fn description(error: &ValidationError<'_>, schema: &Value, name: &str) -> Option<String> {
    let property = object_schema(error, schema)?.get("properties")?.get(name)?;
    let text = property.get("description").or_else(|| {
        let target = property.get("$ref")?.as_str()?.strip_prefix('#')?;
        schema.pointer(target)?.get("description")
    })?;
    Some(text.as_str()?.split("\n\n").next()?.replace('\n', " "))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

/// The schema that has the keyword which failed: `schema_path` without its last step.
fn object_schema<'a>(error: &ValidationError<'_>, schema: &'a Value) -> Option<&'a Value> {
    let path = error.schema_path().as_str();
    schema.pointer(path.rsplit_once('/').map_or("", |(parent, _)| parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_compiles() {
        for kind in Kind::ALL {
            assert!(compiled(kind).validator.is_some(), "{kind:?}");
        }
    }

    #[test]
    fn a_document_without_its_braces_is_shown_with_them() {
        let campaign = serde_json::json!({
            "subject": "Aviso", "sender": "eventos", "template": "boletin",
            "audience": {"lists": ["socios"]}, "send": {"date": "2026-12-03", "window": "12:00"},
            "documents": ["agenda.pdf"],
        });
        let found = check(Kind::Campaign, "campaign.yaml", &campaign);
        let help: Vec<_> = found.iter().map(|it| it.help.as_deref()).collect();
        assert_eq!(help, [Some("write `{file: agenda.pdf, as: link}`")]);
    }

    #[test]
    fn a_pattern_is_told_in_words() {
        let root = env!("CARGO_MANIFEST_DIR");
        let text = std::fs::read_to_string(format!("{root}/postmerge.yaml")).unwrap();
        let mut settings: Value = serde_yaml::from_str(&text).unwrap();
        settings["portal"] = serde_json::json!({"url": "http://portal.example"});
        let said = format!("{:?}", check(Kind::Settings, "postmerge.yaml", &settings));
        assert!(said.contains("must begin with `https://`"), "{said}");
        assert!(!said.contains("pattern"), "{said}");
    }

    #[test]
    fn a_word_or_a_mapping_is_explained_where_it_stands() {
        let root = env!("CARGO_MANIFEST_DIR");
        let text = std::fs::read_to_string(format!("{root}/postmerge.yaml")).unwrap();
        let settings: Value = serde_yaml::from_str(&text).unwrap();
        for (then, place, words) in [
            (
                r#""delete""#,
                "/bounces/mailbox/then",
                "`flag`, or a mapping",
            ),
            (r#"{"mov": "x"}"#, "/bounces/mailbox/then", "`move`"),
            (r#"{"move": 7}"#, "/bounces/mailbox/then/move", "7"),
        ] {
            let mut settings = settings.clone();
            let then: Value = serde_json::from_str(then).unwrap();
            settings["bounces"]["mailbox"] = serde_json::json!({"maildir": "/m", "then": then});
            let found = check(Kind::Settings, "postmerge.yaml", &settings);
            let said = format!("{found:?}");
            assert!(said.contains(place) && said.contains(words), "{said}");
        }
    }
}
