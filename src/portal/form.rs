//! What a form asks of somebody about one list, and what they sent back.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::words::Words;
use crate::workspace::list::{Column, ColumnType, List};
use crate::workspace::members::{Values, fits, says_yes, topics};
use crate::workspace::names::ListName;
use crate::workspace::settings::Locale;

/// A list on a page.
#[derive(Debug, Serialize)]
pub(super) struct ListView {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) purpose: String,
    pub(super) fields: Vec<Field>,
}

/// Something that can be said.
#[derive(Debug, Serialize)]
pub(super) struct Field {
    pub(super) key: String,
    pub(super) title: String,
    pub(super) kind: &'static str,
    pub(super) value: String,
    pub(super) required: bool,
    pub(super) options: Vec<Choice>,
    pub(super) topics: Vec<TopicView>,
    pub(super) wrong: Option<&'static str>,
    /// What was there when the form was shown: only what differs from it is asked for.
    pub(super) was: Option<String>,
}

/// One of several.
#[derive(Debug, Serialize)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) title: String,
}

/// A topic with its tick.
#[derive(Debug, Serialize)]
pub(super) struct TopicView {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) on: bool,
}

/// What was sent: values by field, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Sent(BTreeMap<String, Vec<String>>);

/// Values of a form at most: a list has no more columns.
const MOST: usize = 1_000;

impl Sent {
    /// Reads `application/x-www-form-urlencoded`.
    pub(super) fn parse(body: &[u8]) -> Self {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body).take(MOST) {
            values
                .entry(name.into_owned())
                .or_default()
                .push(value.into_owned());
        }
        Self(values)
    }

    /// The field's value, if it was sent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let values = self.0.get(name)?;
        values.last().map(String::as_str)
    }

    fn all(&self, name: &str) -> Option<&[String]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

/// The columns that members of a list may change themselves: topics first, which most people come for, then what must be
/// there, their language last.
pub(super) fn editable(list: &List) -> Vec<&String> {
    let columns = list.columns.iter();
    let theirs = columns.filter(|(name, column)| list.is_theirs(name, column));
    let mut theirs: Vec<_> = theirs.collect();
    theirs.sort_by_key(|(name, column)| {
        let is_language = list.language_column.as_ref() == Some(*name);
        let is_topics = column.kind == ColumnType::Topics;
        (is_language, !is_topics, !column.required)
    });
    theirs.into_iter().map(|(name, _)| name).collect()
}

/// What of `columns` was sent for a list, cleaned; and the columns whose values the list does not take.
pub(super) fn take(
    name: &ListName,
    list: &List,
    columns: &[&String],
    sent: &Sent,
) -> (Values, BTreeSet<String>) {
    let (mut values, mut wrong) = (Values::new(), BTreeSet::new());
    for column in columns {
        let Some(settings) = list.columns.get(*column) else {
            continue;
        };
        let Some(given) = sent.all(&key(name, column)) else {
            continue;
        };
        let value = match settings.kind {
            // In the list's order, each once, whatever was sent.
            ColumnType::Topics => {
                let topics = list.topics.keys().map(|topic| topic.as_str());
                let on = topics.filter(|topic| given.iter().any(|it| it == topic));
                on.collect::<Vec<_>>().join(";")
            }
            ColumnType::Number => decimal_point(one_line(given.last().map_or("", String::as_str))),
            _ => one_line(given.last().map_or("", String::as_str)),
        };
        let speaks = |tag: &String| language_tags(list, column).iter().any(|it| it == tag);
        let is_unknown_language = is_language(list, column) && !value.is_empty() && !speaks(&value);
        if fits(list, column, &value).is_err() || is_formula(&value) || is_unknown_language {
            wrong.insert((*column).clone());
        }
        values.insert((*column).clone(), value);
    }
    (values, wrong)
}

/// What a form showed of `columns`, as far as it says so.
pub(super) fn shown(name: &ListName, columns: &[&String], sent: &Sent) -> Values {
    let shown = columns.iter().filter_map(|column| {
        let was = sent.get(&format!("{WAS}{}", key(name, column)))?;
        Some(((*column).clone(), was.to_owned()))
    });
    shown.collect()
}

/// The same by field.
pub(super) fn fields(name: &ListName, values: Values) -> Values {
    let fields = values.into_iter();
    fields
        .map(|(column, value)| (key(name, &column), value))
        .collect()
}

/// A cell of topics as somebody wants it who was shown `was` and sent `value`: of what they left as it was shown, what the row
/// has by `now` holds; but for topics that somebody takes back, of which their row says nothing.
pub(super) fn chosen(
    list: &List,
    (was, value): (&str, &str),
    now: &str,
    is_back: &dyn Fn(&str) -> bool,
) -> String {
    let has = |cell: &str, topic: &str| topics(cell).any(|it| it == topic);
    let all = list.topics.keys().map(|topic| topic.as_str());
    let on = all.filter(|topic| match (has(was, topic), has(value, topic)) {
        (false, true) => true,
        (true, false) => false,
        (both, _) if is_back(topic) => both,
        _ => has(now, topic),
    });
    on.collect::<Vec<_>>().join(";")
}

/// Whether somebody left a topic, whatever their row says.
pub(super) type IsOff<'a> = dyn Fn(&str) -> bool + 'a;

/// A list as a page shows it.
pub(super) fn view(
    (name, list): (&ListName, &List),
    columns: &[&String],
    values: &Values,
    words: &'static Words,
    (wrong, is_off): (&BTreeSet<String>, &IsOff<'_>),
) -> ListView {
    let fields = columns.iter().filter_map(|column| {
        let settings = list.columns.get(*column)?;
        let value = values.get(*column).map_or("", String::as_str);
        let mut field = Field {
            key: key(name, column),
            title: title(column, settings),
            kind: kind(settings.kind),
            value: value.to_owned(),
            required: settings.required,
            options: Vec::new(),
            topics: Vec::new(),
            wrong: wrong
                .contains(*column)
                .then(|| why_wrong(settings.kind, value, words)),
            was: None,
        };
        let choice = |value: &str, title: &str| Choice {
            value: value.to_owned(),
            title: title.to_owned(),
        };
        match settings.kind {
            ColumnType::Topics => {
                let on: Vec<&str> = value.split(';').map(str::trim).collect();
                let topics = list.topics.iter();
                field.topics = topics
                    .map(|(name, topic)| TopicView {
                        name: name.to_string(),
                        title: topic.title.clone(),
                        on: on.contains(&name.as_str()) && !is_off(name.as_str()),
                    })
                    .collect();
            }
            ColumnType::Bool => {
                if let Some(says_yes) = says_yes(value) {
                    field.value = says_yes.to_string();
                } else if !settings.required {
                    field.options.push(choice("", "–"));
                }
                let both = [choice("true", words.yes), choice("false", words.no)];
                field.options.extend(both);
            }
            _ if is_language(list, column) => {
                if !settings.required || value.is_empty() {
                    field.options.push(choice("", "–"));
                }
                let mut tags = language_tags(list, column);
                // What stands there stays, unless they choose another.
                if !value.is_empty() && !tags.iter().any(|it| it == value) {
                    tags.push(value.to_owned());
                }
                let title = |tag: &String| choice(tag, language(tag).unwrap_or(tag));
                field.options.extend(tags.iter().map(title));
                field.title = words.language.to_owned();
            }
            _ if !settings.values.is_empty() => {
                if !settings.required || value.is_empty() {
                    field.options.push(choice("", "–"));
                }
                let all = settings.values.iter();
                field.options.extend(all.map(|it| choice(it, it)));
            }
            _ => {}
        }
        Some(field)
    });
    ListView {
        name: name.to_string(),
        title: list.title.clone(),
        purpose: list.purpose.clone(),
        fields: fields.collect(),
    }
}

/// Every column that is not empty, for looking at.
pub(super) fn facts(
    name: &ListName,
    list: &List,
    values: &Values,
    words: &'static Words,
) -> ListView {
    let filled = list.columns.iter().filter(|(column, settings)| {
        let value = values.get(*column).map_or("", String::as_str);
        !value.is_empty() || settings.editable
    });
    let fields = filled.map(|(column, settings)| {
        let value = values.get(column).map_or("", String::as_str);
        let is_language = list.language_column.as_ref() == Some(column);
        let is_consent = list.consent.column.as_ref() == Some(column);
        let value = match settings.kind {
            ColumnType::Topics => {
                let titles = value.split(';').map(|topic| {
                    let known = list.topics.iter().find(|(name, _)| name.as_str() == topic);
                    known.map_or(topic, |(_, topic)| topic.title.as_str())
                });
                titles.collect::<Vec<_>>().join(", ")
            }
            ColumnType::Bool => match says_yes(value) {
                Some(true) => words.yes.to_owned(),
                Some(false) => words.no.to_owned(),
                None => String::new(),
            },
            ColumnType::Date => match value.parse::<jiff::civil::Date>() {
                Ok(day) => day.strftime(words.date).to_string(),
                Err(_) => value.to_owned(),
            },
            _ if is_language => language(value).unwrap_or(value).to_owned(),
            _ => value.to_owned(),
        };
        Field {
            key: key(name, column),
            title: match settings.kind {
                ColumnType::Topics => words.topics.to_owned(),
                _ if is_language => words.language.to_owned(),
                _ if is_consent && settings.title.is_none() => words.known_consent.to_owned(),
                _ => title(column, settings),
            },
            kind: kind(settings.kind),
            value,
            required: false,
            options: Vec::new(),
            topics: Vec::new(),
            wrong: None,
            was: None,
        }
    });
    ListView {
        name: name.to_string(),
        title: list.title.clone(),
        purpose: list.purpose.clone(),
        fields: fields.collect(),
    }
}

/// What the names of fields begin with that say what a form showed.
pub(super) const WAS: &str = "was.";

impl ListView {
    /// Has the form say what it shows.
    pub(super) fn remember(&mut self) {
        for field in &mut self.fields {
            let on = field.topics.iter().filter(|topic| topic.on);
            let on: Vec<&str> = on.map(|topic| topic.name.as_str()).collect();
            field.was = Some(match field.kind {
                "topics" => on.join(";"),
                _ => field.value.clone(),
            });
        }
    }

    /// Has it say what another showed, as far as that said so; else what `fresh` shows.
    pub(super) fn remember_of(&mut self, sent: &Values, fresh: &Self) {
        for field in &mut self.fields {
            let of_field = fresh.fields.iter().find(|it| it.key == field.key);
            let was = sent.get(&field.key).cloned();
            field.was = was.or_else(|| of_field.and_then(|it| it.was.clone()));
        }
    }
}

fn why_wrong(kind: ColumnType, value: &str, words: &'static Words) -> &'static str {
    match kind {
        ColumnType::Topics => words.wrong_topics,
        _ if value.is_empty() => words.wrong_missing,
        _ if is_formula(value) => words.wrong_formula,
        ColumnType::Number => words.wrong_number,
        _ => words.wrong_field,
    }
}

/// Whether a column holds, in a text, which language somebody is addressed in.
fn is_language(list: &List, column: &String) -> bool {
    let settings = list.columns.get(column);
    list.language_column.as_ref() == Some(column)
        && settings.is_some_and(|it| it.kind == ColumnType::Text)
}

/// What a column of languages can be set to: what the list says, else what there are words in.
fn language_tags(list: &List, column: &String) -> Vec<String> {
    let values = list.columns.get(column).map(|it| it.values.clone());
    match values {
        Some(values) if !values.is_empty() => values,
        _ => Locale::ALL.map(|it| it.tag().to_owned()).to_vec(),
    }
}

/// A number as keypads of Spanish and Italian write it, with the point that lists have.
fn decimal_point(value: String) -> String {
    match value.matches([',', '.']).count() {
        1 => value.replace(',', "."),
        _ => value,
    }
}

fn key(name: &ListName, column: &str) -> String {
    format!("{name}.{column}")
}

/// What a column is called towards people: its title, else its name as a word.
fn title(column: &str, settings: &Column) -> String {
    settings.title.clone().unwrap_or_else(|| {
        let words = column.replace('_', " ");
        let mut letters = words.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters.as_str().chars()).collect()
    })
}

const fn kind(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Text => "text",
        ColumnType::Number => "number",
        ColumnType::Date => "date",
        ColumnType::Bool => "bool",
        ColumnType::Topics => "topics",
    }
}

fn language(tag: &str) -> Option<&'static str> {
    match tag {
        "es" => Some("Español"),
        "it" => Some("Italiano"),
        "en" => Some("English"),
        _ => None,
    }
}

/// Whether a spreadsheet would reckon with it: the list's owner may open the file in one. A telephone number is none.
pub(super) fn is_formula(value: &str) -> bool {
    let fine = |c: char| c.is_ascii_digit() || matches!(c, '(' | ')' | '.' | '/' | '-');
    let digits = |rest: &str| {
        let mut words = rest.split_whitespace();
        words.all(|word| without_extension(word).chars().all(fine))
    };
    match value.split_at_checked(1) {
        Some(("=" | "@", _)) => true,
        _ if value.starts_with(['＝', '＠']) => true,
        Some(("+" | "-", rest)) => !digits(rest),
        _ => false,
    }
}

/// A part of a telephone number without the word that says that an extension follows.
fn without_extension(word: &str) -> &str {
    let at = word.find(|c: char| !c.is_alphabetic());
    let (said, rest) = word
        .split_at_checked(at.unwrap_or(word.len()))
        .unwrap_or((word, ""));
    match EXTENSION.contains(&said.to_lowercase().as_str()) {
        true => rest,
        false => word,
    }
}

const EXTENSION: [&str; 7] = [
    "ext",
    "extensión",
    "extension",
    "int",
    "interno",
    "anexo",
    "x",
];

/// What somebody typed or pasted, as a cell takes it.
fn one_line(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(
            |c| match c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                true => ' ',
                false => c,
            },
        )
        .collect();
    clean.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::settings::Locale;

    #[test]
    fn facts_are_told_in_the_readers_words() {
        let list: List = serde_json::from_value(serde_json::json!({
            "title": "Socios", "owner": "ana", "purpose": "Avisos",
            "consent": {"basis": "consent", "column": "acepta"},
            "columns": {
                "acepta": {"type": "bool"}, "alta": {"type": "date", "title": "Miembro desde"},
                "idioma": {"type": "text"}, "primer_nombre": {"type": "text"},
                "cuota": {"type": "number"},
            },
            "language_column": "idioma",
        }))
        .unwrap();
        let values = [
            ("acepta", "true"),
            ("alta", "2026-12-03"),
            ("idioma", "it"),
            ("primer_nombre", "Ana"),
        ];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let values = Values::from(values);
        let told = |locale| {
            let name = ListName::new("socios");
            let view = facts(&name, &list, &values, Words::of(locale));
            let fields = view.fields.into_iter();
            let told = fields.map(|field| format!("{}: {}", field.title, field.value));
            told.collect::<Vec<_>>()
        };
        assert_eq!(
            told(Locale::En),
            [
                "Your consent: yes",
                "Miembro desde: 3 December 2026",
                "Language: Italiano",
                "Primer nombre: Ana"
            ]
        );
        assert!(told(Locale::Es).contains(&"Miembro desde: 03/12/2026".to_owned()));
    }

    #[test]
    fn what_a_spreadsheet_would_reckon_with_is_a_formula_and_a_telephone_is_none() {
        for formula in [
            "=cmd@x.test",
            "=HYPERLINK(\"https://x.test\")",
            "@SUM(A1)",
            "＝1",
            "＠x",
            "+cmd|' /C calc'!A0",
            "-2+3@x.test",
            "+1 int|x",
            "+ext(A1)",
            "+x!A1",
        ] {
            assert!(is_formula(formula), "{formula}");
        }
        for plain in [
            "",
            "ana@x.test",
            "+57 (1) 234-56.78",
            "+39 02 123456 int. 5",
            "+57 602 555 ext 12",
            "+57 602 555 EXT.12",
            "-12.5",
            "a=b",
            "Ana @ casa",
        ] {
            assert!(!is_formula(plain), "{plain}");
        }
    }
}
