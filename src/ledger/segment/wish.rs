//! The lines of wishes: `wish <key> <recipient> <at> <way> <what> …`.

use std::fmt::Write as _;

use super::text::{escape, number, time, unescape};
use crate::ledger::feedback::MessageKey;
use crate::ledger::wish::{Wanted, Way, Wish};
use crate::mail::recipient_id::RecipientId;
use crate::mail::sealed::Sealed;

pub(super) fn write(out: &mut String, wish: &Wish) {
    let _ = write!(
        out,
        "wish\t{}\t{}\t{}\t{}\t{}",
        wish.key,
        wish.recipient,
        wish.at.as_millisecond(),
        wish.way.name(),
        wish.what.name(),
    );
    match &wish.what {
        Wanted::Joined {
            list,
            row,
            consent,
            client,
        } => {
            out.push('\t');
            escape(out, list);
            let _ = write!(out, "\t{}\t{consent}\t", row.as_str());
            if let Some(client) = client {
                let _ = write!(out, "{client}");
            }
        }
        Wanted::Changed { list, row } => {
            out.push('\t');
            escape(out, list);
            let _ = write!(out, "\t{}", row.as_str());
        }
        Wanted::Paused { until } => {
            let _ = write!(out, "\t{}", until.as_millisecond());
        }
        Wanted::AtMost { days } => {
            let _ = write!(out, "\t{days}");
        }
        Wanted::Confirmed | Wanted::Disowned => {}
    }
}

pub(super) fn read(fields: &str) -> Option<Wish> {
    let fields: Vec<&str> = fields.split('\t').collect();
    let [key, recipient, at, way, what, rest @ ..] = fields.as_slice() else {
        return None;
    };
    Some(Wish {
        key: MessageKey::parse(key)?,
        recipient: RecipientId::parse(recipient)?,
        at: time(at)?,
        way: Way::parse(way)?,
        what: wanted(what, rest)?,
    })
}

fn wanted(what: &str, rest: &[&str]) -> Option<Wanted> {
    Some(match (what, rest) {
        ("joined", [list, row, consent, client]) => Wanted::Joined {
            list: unescape(list)?,
            row: Sealed::parse(row)?,
            consent: MessageKey::parse(consent)?,
            client: match *client {
                "" => None,
                client => Some(MessageKey::parse(client)?),
            },
        },
        ("changed", [list, row]) => Wanted::Changed {
            list: unescape(list)?,
            row: Sealed::parse(row)?,
        },
        ("paused", [until]) => Wanted::Paused {
            until: time(until)?,
        },
        ("at-most", [days]) => Wanted::AtMost {
            days: number(days)?,
        },
        ("confirmed", []) => Wanted::Confirmed,
        ("disowned", []) => Wanted::Disowned,
        _ => return None,
    })
}
