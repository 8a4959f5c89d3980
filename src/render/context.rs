//! What a template can name: the member's columns, and what postmerge says about the mail.

use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};

use super::view::Document;
use crate::workspace::member::{Member, Value as Cell};

/// Names that are not columns; a column of the same name is not seen.
pub(super) const OWN: [&str; 12] = [
    "subject",
    "preheader",
    "organisation",
    "sender",
    "brand",
    "unsubscribe_url",
    "preferences_url",
    "view_url",
    "join_url",
    "locale",
    "documents",
    "loop",
];

/// One recipient's values: only those that the campaign's templates use.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) names: Arc<[String]>,
    pub(super) values: Vec<Value>,
}

impl Object for Context {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let at = self.names.iter().position(|name| name == key)?;
        self.values
            .get(at)
            .filter(|value| !value.is_undefined())
            .cloned()
    }
}

/// The value of a member's column; undefined for an empty cell, and where there is no member.
pub(super) fn cell(member: Option<&Member>, name: &str) -> Value {
    let Some(member) = member else {
        return Value::UNDEFINED;
    };
    let at = member.columns.iter().position(|column| column == name);
    match at.and_then(|at| member.values.get(at)) {
        None | Some(Cell::Empty) => Value::UNDEFINED,
        Some(Cell::Text(text)) => Value::from(text.as_str()),
        Some(Cell::Number(number)) => number_value(*number),
        Some(Cell::Date(day)) => Value::from(day.to_string()),
        Some(Cell::Bool(yes)) => Value::from(*yes),
        Some(Cell::Topics(topics)) => topics.iter().map(String::as_str).collect(),
    }
}

/// An integral number is an integer, so that it prints and counts as one.
fn number_value(number: f64) -> Value {
    // 2⁵³: beyond it not every integer is a float.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[allow(clippy::cast_possible_truncation)]
        return Value::from(number as i64);
    }
    Value::from(number)
}

/// The documents as templates see them.
pub(super) fn documents(list: &[Document<'_>]) -> Value {
    list.iter()
        .map(|document| {
            let url = match document.delivery {
                super::view::Delivery::Link(url) => Value::from(url),
                super::view::Delivery::Attachment { .. } => Value::UNDEFINED,
            };
            Value::from_pairs([
                ("title", Value::from(document.title)),
                ("file_name", Value::from(document.file_name)),
                ("attached", Value::from(url.is_undefined())),
                ("url", url),
            ])
        })
        .collect()
}
