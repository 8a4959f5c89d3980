//! History as JSON, whose keys stay while `version` is 1: `docs/history.md` tells them. A document comes in pieces, so that
//! no more than one mail is in memory.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::lines::{Line, Standing, Summary};
use super::{Addresses, Moment, What, queue_id, verdict, wish};
use crate::ledger::event::{Resolution, Scope, SuppressionEvent};
use crate::ledger::feedback::{Feedback, Heard};
use crate::ledger::person::{Mail, Person};
use crate::mail::digest::Digest;
use crate::mail::occurrence::OccurrenceId;

/// The document's beginning, up to its first mail. `question`: what was asked, by name.
pub fn beginning(head: &str, now: Timestamp, question: (&str, &str)) -> String {
    let mut out = "{".to_owned();
    for (name, value) in first_fields(head, now, question) {
        out.push_str(&format!("\"{name}\":{value},"));
    }
    out.push_str("\"mails\":[");
    out
}

fn first_fields(
    head: &str,
    now: Timestamp,
    (kind, what): (&str, &str),
) -> [(&'static str, Value); 4] {
    [
        ("version", json!(1)),
        ("at", json!(now.to_string())),
        ("ledger", json!(head)),
        ("question", json!({ kind: what })),
    ]
}

/// All of a person's history, as [`beginning`], [`mail`] and [`end_of_person`] write it.
pub fn of_person(head: &str, now: Timestamp, person: &Person, address: Option<&str>) -> Value {
    let id = person.recipient.to_string();
    let mails = person.mails.iter().map(mail_value);
    let first = first_fields(head, now, ("recipient", &id)).into_iter();
    let fields = first
        .chain([("mails", Value::from(mails.collect::<Vec<_>>()))])
        .chain(last_fields(person, address));
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    Value::Object(fields.collect())
}

/// One mail of a list of them.
pub fn line(
    occurrence: &OccurrenceId,
    line: &Line,
    addresses: &Addresses,
    is_first: bool,
) -> String {
    let mut mail = json!({
        "occurrence": occurrence.to_string(),
        "index": line.index.map(|it| it.0),
        "recipient": line.recipient.to_string(),
        "address": addresses.get(&line.recipient),
        "destination": line.destination,
        "status": line.standing.name(),
        "at": line.at.to_string(),
        "deferred": line.deferred,
        "words": line.words,
    });
    if let Some(fields) = mail.as_object_mut() {
        match line.standing {
            Standing::Excluded(reason) => set(fields, "reason", reason.name()),
            Standing::Rejected | Standing::Deferred => {
                refusal(fields, &What::Rejected(line.words.clone()));
            }
            Standing::Accepted => set(fields, "queue_id", queue_id(&line.words)),
            _ => {}
        }
        let (read, back): (Vec<_>, Vec<_>) =
            line.heard.iter().partition(|(_, heard)| heard.is_reading());
        let values = |all: Vec<&(Timestamp, Heard)>| -> Vec<Value> {
            let all = all.into_iter();
            all.map(|(at, heard)| self::heard(*at, heard)).collect()
        };
        set(fields, "came_back", values(back));
        set(fields, "reading", values(read));
    }
    item(&mail, is_first)
}

/// One mail of a person's, with its life.
pub fn mail(mail: &Mail, is_first: bool) -> String {
    item(&mail_value(mail), is_first)
}

fn mail_value(mail: &Mail) -> Value {
    let documents = mail.documents.iter().map(Digest::to_string);
    let life = mail.life.iter().map(moment);
    json!({
        "occurrence": mail.occurrence.to_string(),
        "index": mail.index.map(|it| it.0),
        "copy_of": mail.copy_of.map(|it| it.0),
        "destination": mail.destination,
        "documents": documents.collect::<Vec<_>>(),
        "life": life.collect::<Vec<_>>(),
    })
}

fn item(value: &Value, is_first: bool) -> String {
    let comma = if is_first { "" } else { "," };
    format!("{comma}\n{value}")
}

/// The document's end, after a person's mails.
pub fn end_of_person(person: &Person, address: Option<&str>) -> String {
    let mut out = "\n]".to_owned();
    for (name, value) in last_fields(person, address) {
        out.push_str(&format!(",\"{name}\":{value}"));
    }
    out.push_str("}\n");
    out
}

fn last_fields(person: &Person, address: Option<&str>) -> [(&'static str, Value); 5] {
    let suppressions = person.suppressions.iter().map(suppression);
    let heard = person.heard.iter().map(unplaced);
    let wishes = person.wishes.iter().map(wish::value);
    [
        ("recipient", json!(person.recipient.to_string())),
        ("address", json!(address)),
        ("suppressions", Value::from_iter(suppressions)),
        ("heard", Value::from_iter(heard)),
        ("wishes", Value::from_iter(wishes)),
    ]
}

/// The document's end, after lines.
pub fn end_of_lines(summaries: &[Summary]) -> String {
    let occurrences = summaries.iter().map(|it| {
        let counts = &it.counts;
        json!({
            "occurrence": it.occurrence.to_string(),
            "fixed": it.header.at.to_string(),
            "content_commit": it.header.content_commit,
            "lists_commit": it.header.lists_commit,
            "digest": it.header.digest.to_string(),
            "shown": it.lines,
            "counts": {
                "audience": counts.audience, "accepted": counts.accepted,
                "rejected": counts.rejected, "excluded": counts.excluded,
                "pending": counts.pending, "unknown": counts.unknown,
            },
        })
    });
    let occurrences = Value::from(occurrences.collect::<Vec<_>>());
    format!("\n],\"occurrences\":{occurrences}}}\n")
}

fn set(fields: &mut Map<String, Value>, name: &str, value: impl serde::Serialize) {
    fields.insert(name.to_owned(), json!(value));
}

/// Class, status and reason of what can be read as a refusal.
fn refusal(fields: &mut Map<String, Value>, what: &What) {
    if let Some(read) = verdict(what) {
        set(fields, "class", read.class.name());
        set(
            fields,
            "status_code",
            read.verdict.status.map(|it| it.to_string()),
        );
        set(fields, "reason", read.verdict.reason.name());
        set(fields, "plain", read.words());
    }
}

fn moment(moment: &Moment) -> Value {
    let mut fields = Map::new();
    set(&mut fields, "at", moment.at.to_string());
    set(&mut fields, "event", moment.what.name());
    match &moment.what {
        What::Selected {
            content_commit,
            lists_commit,
            digest,
        } => {
            set(&mut fields, "content_commit", content_commit);
            set(&mut fields, "lists_commit", lists_commit);
            set(&mut fields, "digest", digest.to_string());
        }
        What::Excluded(reason) => set(&mut fields, "reason", reason.name()),
        What::Claimed { run, until } => {
            set(&mut fields, "run", run.to_string());
            set(&mut fields, "until", until.to_string());
        }
        What::Released(run) => set(&mut fields, "run", run.to_string()),
        What::Deferred { retry_at, .. } => set(&mut fields, "retry_at", retry_at.to_string()),
        What::Accepted(reply) => set(&mut fields, "queue_id", queue_id(reply)),
        What::Resolved { resolution, by, .. } => {
            let how = match resolution {
                Resolution::Sent => "sent",
                Resolution::Resend => "resend",
            };
            set(&mut fields, "as", how);
            set(&mut fields, "by", by);
        }
        What::Heard(Heard::Left { scope }) => set(&mut fields, "topic", topic(scope)),
        What::Heard(Heard::Opened { by }) => set(&mut fields, "by", by.name()),
        What::Heard(Heard::Clicked { by, link }) => {
            set(&mut fields, "by", by.name());
            set(&mut fields, "link", link);
        }
        What::Rejected(_) | What::Unknown(_) | What::Heard(_) => {}
    }
    refusal(&mut fields, &moment.what);
    if !moment.what.said().is_empty() {
        set(&mut fields, "words", moment.what.said());
    }
    Value::Object(fields)
}

fn heard(at: Timestamp, heard: &Heard) -> Value {
    moment(&Moment {
        at,
        what: What::Heard(heard.clone()),
    })
}

/// About a mail that is not known, or of an audience that they are not in.
fn unplaced(feedback: &Feedback) -> Value {
    let mut value = heard(feedback.at, &feedback.what);
    if let (Some(fields), Some((occurrence, index))) = (value.as_object_mut(), &feedback.mail) {
        set(fields, "occurrence", occurrence.to_string());
        set(fields, "index", index.0);
    }
    value
}

/// `null`: everything.
fn topic(scope: &Scope) -> Option<&str> {
    match scope {
        Scope::All => None,
        Scope::Topic(topic) => Some(topic),
    }
}

fn suppression(event: &SuppressionEvent) -> Value {
    match event {
        SuppressionEvent::Suppressed {
            scope,
            reason,
            at,
            note,
            ..
        } => json!({
            "at": at.to_string(), "event": "suppressed", "topic": topic(scope),
            "reason": reason.name(), "words": note,
        }),
        SuppressionEvent::Lifted {
            scope, at, note, ..
        } => json!({
            "at": at.to_string(), "event": "lifted", "topic": topic(scope), "words": note,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::recipient_id::RecipientId;

    /// What is written piece by piece is what is composed.
    #[test]
    fn a_persons_document_is_the_same_in_pieces_and_whole() {
        let mail = |index| Mail {
            occurrence: "2026/rueda".parse().unwrap(),
            index: Some(crate::ledger::event::RecipientIndex(index)),
            copy_of: None,
            destination: "a.\"test".to_owned(),
            documents: Vec::new(),
            life: vec![Moment {
                at: Timestamp::UNIX_EPOCH,
                what: What::Accepted("250 \u{1}\n\"ok\"".to_owned()),
            }],
        };
        let person = Person {
            recipient: RecipientId([7; 12]),
            mails: vec![mail(1), mail(2)],
            suppressions: vec![SuppressionEvent::Suppressed {
                recipient: RecipientId([7; 12]),
                scope: Scope::All,
                reason: crate::ledger::event::Exclusion::Suppressed,
                at: Timestamp::UNIX_EPOCH,
                note: "\\".to_owned(),
            }],
            heard: Vec::new(),
            wishes: Vec::new(),
        };
        let (now, id) = (Timestamp::UNIX_EPOCH, person.recipient.to_string());
        let mut text = beginning("abc", now, ("recipient", &id));
        for (number, mail) in person.mails.iter().enumerate() {
            text.push_str(&super::mail(mail, number == 0));
        }
        text.push_str(&end_of_person(&person, Some("a@b.test")));
        let whole = of_person("abc", now, &person, Some("a@b.test"));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), whole);
    }
}
