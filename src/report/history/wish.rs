//! What a person asked for, in words and as JSON. What they told of themselves is sealed, and is not opened here.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::ledger::wish::{Wanted, Wish};

/// In one line; `local` writes times.
pub(super) fn words(wish: &Wish, local: impl Fn(Timestamp) -> String) -> String {
    let what = match &wish.what {
        Wanted::Joined { list, .. } => format!("the list {list}"),
        Wanted::Changed { list, .. } => format!("their data in the list {list}"),
        Wanted::Confirmed => "they want to go on, and their data are right".to_owned(),
        Wanted::Paused { until } => format!("no newsletters until {}", local(*until)),
        Wanted::AtMost { days: 0 } => "newsletters as they come".to_owned(),
        Wanted::AtMost { days: 1 } => "one newsletter a day at most".to_owned(),
        Wanted::AtMost { days } => format!("one newsletter in {days} days at most"),
        Wanted::Disowned => "they say that they never joined".to_owned(),
    };
    format!("{what} ({})", wish.way.name())
}

/// As JSON.
pub(super) fn value(wish: &Wish) -> Value {
    let mut value = json!({
        "at": wish.at.to_string(), "event": wish.what.name(), "way": wish.way.name(),
    });
    let mut set = |name: &str, it: Value| {
        if let Some(fields) = value.as_object_mut() {
            fields.insert(name.to_owned(), it);
        }
    };
    match &wish.what {
        Wanted::Joined {
            list,
            consent,
            client,
            ..
        } => {
            set("list", json!(list));
            set("consent", json!(consent.to_string()));
            set("client", json!(client.map(|it| it.to_string())));
        }
        Wanted::Changed { list, .. } => set("list", json!(list)),
        Wanted::Paused { until } => set("until", json!(until.to_string())),
        Wanted::AtMost { days } => set("days", json!(days)),
        Wanted::Confirmed | Wanted::Disowned => {}
    }
    value
}
