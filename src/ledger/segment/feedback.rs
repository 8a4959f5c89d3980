//! The lines of what came back: `heard <message> <recipient> <at> <occurrence> <index> <what> <class> <status> <words>`, with
//! empty fields where there is nothing.

use std::fmt::Write as _;

use super::text::{escape, number, scope, time, unescape, write_scope};
use crate::ledger::event::RecipientIndex;
use crate::ledger::feedback::{Feedback, Heard, MessageKey, Reader};
use crate::ledger::reply_text::reply_text;
use crate::mail::recipient_id::RecipientId;
use crate::mail::refusal::{Class, Status};

pub(super) fn write(out: &mut String, feedback: &Feedback) {
    let at = feedback.at.as_millisecond();
    let _ = write!(
        out,
        "heard\t{}\t{}\t{at}\t",
        feedback.message, feedback.recipient
    );
    if let Some((occurrence, index)) = &feedback.mail {
        let _ = write!(out, "{occurrence}\t{}", index.0);
    } else {
        out.push('\t');
    }
    out.push('\t');
    out.push_str(feedback.what.name());
    match &feedback.what {
        Heard::Bounced {
            class,
            status,
            text,
        }
        | Heard::Delayed {
            class,
            status,
            text,
        } => {
            let _ = write!(out, "\t{}\t", class.name());
            if let Some(status) = status {
                let _ = write!(out, "{status}");
            }
            out.push('\t');
            escape(out, &reply_text(text));
        }
        Heard::Complained { kind } => {
            out.push('\t');
            escape(out, &reply_text(kind));
        }
        Heard::Opened { by } => {
            let _ = write!(out, "\t{}", by.name());
        }
        Heard::Clicked { by, link } => {
            let _ = write!(out, "\t{}\t", by.name());
            escape(out, link);
        }
        Heard::Left { scope } => {
            out.push('\t');
            write_scope(out, scope);
        }
        Heard::Delivered
        | Heard::Relayed
        | Heard::Read
        | Heard::Asked
        | Heard::AutoReplied
        | Heard::Replied => {}
    }
}

pub(super) fn read(fields: &str) -> Option<Feedback> {
    let fields: Vec<&str> = fields.split('\t').collect();
    let [message, recipient, at, occurrence, index, what, rest @ ..] = fields.as_slice() else {
        return None;
    };
    let mail = match (*occurrence, *index) {
        ("", "") => None,
        (occurrence, index) => Some((occurrence.parse().ok()?, RecipientIndex(number(index)?))),
    };
    Some(Feedback {
        message: MessageKey::parse(message)?,
        recipient: RecipientId::parse(recipient)?,
        mail,
        at: time(at)?,
        what: heard(what, rest)?,
    })
}

fn heard(what: &str, rest: &[&str]) -> Option<Heard> {
    Some(match (what, rest) {
        ("bounced", [class, status, text]) => Heard::Bounced {
            class: Class::parse(class).ok()?,
            status: read_status(status)?,
            text: unescape(text)?,
        },
        ("delayed", [class, status, text]) => Heard::Delayed {
            class: Class::parse(class).ok()?,
            status: read_status(status)?,
            text: unescape(text)?,
        },
        ("complained", [kind]) => Heard::Complained {
            kind: unescape(kind)?,
        },
        ("opened", [by]) => Heard::Opened {
            by: Reader::parse(by)?,
        },
        ("clicked", [by, link]) => Heard::Clicked {
            by: Reader::parse(by)?,
            link: unescape(link)?,
        },
        ("left", [what]) => Heard::Left {
            scope: scope(what)?,
        },
        ("delivered", []) => Heard::Delivered,
        ("relayed", []) => Heard::Relayed,
        ("read", []) => Heard::Read,
        ("asked", []) => Heard::Asked,
        ("auto-replied", []) => Heard::AutoReplied,
        ("replied", []) => Heard::Replied,
        _ => return None,
    })
}

fn read_status(text: &str) -> Option<Option<Status>> {
    match text {
        "" => Some(None),
        text => Status::parse(text).map(Some),
    }
}
