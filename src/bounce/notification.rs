//! Notifications of sending providers that arrive as JSON in a mail (Amazon SES by way of SNS).

use serde_json::Value;

use super::addresses;
use super::fields::head;
use super::{Action, Complaint, RECIPIENTS, Reported};
use crate::mail::refusal::{Status, classify};

/// Octets of JSON that are read.
const LOOKED_AT: usize = 128 * 1024;

/// What a notification tells.
pub(super) enum Told {
    /// What became of a mail.
    Report(Vec<Reported>),
    /// An objection.
    Complaint(Complaint),
}

/// Reads the first JSON object of a text as a notification.
pub(super) fn read(text: &str) -> Option<Told> {
    if !(text.contains("notificationType") || text.contains("eventType")) {
        return None;
    }
    let start = text.find('{')?;
    let json = head(text.get(start..)?, LOOKED_AT);
    // Old servers break lines that are too long with an exclamation mark, a line's end and a blank.
    let mut object = first_object(json)
        .or_else(|| first_object(&json.replace("!\r\n ", "").replace("!\n ", "")))?;
    // SNS wraps the notification as text.
    if let Some(inner) = object.get("Message").and_then(Value::as_str) {
        object = serde_json::from_str(inner).ok()?;
    }
    let kind = object
        .get("notificationType")
        .or_else(|| object.get("eventType"))?
        .as_str()?;
    let list = |of: &str, name: &str| -> Vec<Value> {
        object
            .get(of)
            .and_then(|o| o.get(name))
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    match kind {
        "Bounce" => {
            let kind = object
                .pointer("/bounce/bounceType")
                .and_then(Value::as_str)
                .unwrap_or_default();
            Some(Told::Report(
                list("bounce", "bouncedRecipients")
                    .iter()
                    .take(RECIPIENTS)
                    .filter_map(|r| reported(r, kind))
                    .collect(),
            ))
        }
        "Delivery" => Some(Told::Report(
            list("delivery", "recipients")
                .iter()
                .take(RECIPIENTS)
                .filter_map(|r| {
                    let address = addresses::first(r.as_str()?)?;
                    Some(Reported {
                        address: Some(address),
                        action: Action::Delivered,
                        status: None,
                        verdict: classify(None, None, ""),
                        text: String::new(),
                    })
                })
                .collect(),
        )),
        "Complaint" => Some(Told::Complaint(Complaint {
            feedback: object
                .pointer("/complaint/complaintFeedbackType")
                .and_then(Value::as_str)
                .unwrap_or("abuse")
                .to_ascii_lowercase(),
            addresses: list("complaint", "complainedRecipients")
                .iter()
                .take(RECIPIENTS)
                .filter_map(|r| r.get("emailAddress")?.as_str().and_then(addresses::first))
                .collect(),
        })),
        _ => None,
    }
}

fn first_object(json: &str) -> Option<Value> {
    let mut objects = serde_json::Deserializer::from_str(json).into_iter::<Value>();
    objects.next()?.ok()
}

fn reported(recipient: &Value, kind: &str) -> Option<Reported> {
    let text = |name: &str| {
        recipient
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let address = addresses::first(text("emailAddress"))?;
    let words = text("diagnosticCode");
    let status = Status::parse(text("status").trim());
    let verdict = classify(None, status, words);
    let fallback = if kind == "Transient" {
        Action::Delayed
    } else {
        Action::Failed
    };
    Some(Reported {
        address: Some(address),
        action: Action::parse(text("action")).unwrap_or(fallback),
        status: verdict.status,
        verdict,
        text: head(words, 2048)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
    })
}
