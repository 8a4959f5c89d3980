//! History as CSV (RFC 4180), for spreadsheets. What a relay or a stranger said may look like a formula: such a cell gets
//! an apostrophe before it, so that no spreadsheet computes it. One that is set to Spanish or Italian begins a cell at every semicolon,
//! quotation marks or not: what follows one is taken for a cell, too.

use super::lines::{Line, Standing};
use super::{Addresses, Moment, Refusal, What, queue_id, verdict, wish};
use crate::ledger::event::{Resolution, Scope, SuppressionEvent};
use crate::ledger::feedback::{Heard, Reader};
use crate::ledger::person::{Person, when};
use crate::mail::occurrence::OccurrenceId;

/// The columns of a list of mails.
const LINES: [&str; 19] = [
    "occurrence",
    "index",
    "recipient",
    "address",
    "destination",
    "status",
    "at",
    "deferred",
    "class",
    "reason",
    "words",
    "came_back",
    "came_back_at",
    "came_back_class",
    "came_back_words",
    "opened",
    "opened_by_machine",
    "clicked",
    "clicked_by_machine",
];

/// The columns of a person's history: a row for everything that happened.
const MOMENTS: [&str; 12] = [
    "occurrence",
    "index",
    "recipient",
    "address",
    "at",
    "event",
    "class",
    "status_code",
    "reason",
    "queue_id",
    "by",
    "words",
];

/// The heading of a list of mails.
pub fn lines_heading() -> String {
    row(LINES)
}

/// One mail of a list. Of what came back the last is told.
pub fn line(occurrence: &OccurrenceId, line: &Line, addresses: &Addresses) -> String {
    let read = match line.standing {
        Standing::Rejected | Standing::Deferred => verdict(&What::Rejected(line.words.clone())),
        _ => None,
    };
    let reason = match line.standing {
        Standing::Excluded(reason) => reason.name(),
        _ => reason(read),
    };
    let mut back = line.heard.iter().filter(|(_, it)| !it.is_reading());
    let last = back.next_back();
    let heard = last.map(|(_, heard)| What::Heard(heard.clone()));
    row([
        &occurrence.to_string(),
        &line.index.map(|it| it.0.to_string()).unwrap_or_default(),
        &line.recipient.to_string(),
        addresses.get(&line.recipient).map_or("", String::as_str),
        &line.destination,
        line.standing.name(),
        &line.at.to_string(),
        &line.deferred.to_string(),
        class(read),
        reason,
        &line.words,
        heard.as_ref().map_or("", What::name),
        &last.map(|(at, _)| at.to_string()).unwrap_or_default(),
        class(heard.as_ref().and_then(verdict)),
        heard.as_ref().map_or("", What::said),
        &opened(line, Reader::Person),
        &opened(line, Reader::Machine),
        &clicked(line, Reader::Person),
        &clicked(line, Reader::Machine),
    ])
}

/// When it was opened first.
fn opened(line: &Line, who: Reader) -> String {
    let mut all = line.heard.iter();
    let first = all.find(|(_, heard)| matches!(heard, Heard::Opened { by } if *by == who));
    first.map(|(at, _)| at.to_string()).unwrap_or_default()
}

/// The links that were followed.
fn clicked(line: &Line, who: Reader) -> String {
    let links = line.heard.iter().filter_map(|(_, heard)| match heard {
        Heard::Clicked { by, link } if *by == who => Some(link.as_str()),
        _ => None,
    });
    links.collect::<Vec<_>>().join(" ")
}

/// A person's whole history, heading included.
pub fn person(person: &Person, address: Option<&str>) -> String {
    let mut out = row(MOMENTS);
    let id = person.recipient.to_string();
    let who = [id.as_str(), address.unwrap_or_default()];
    for mail in &person.mails {
        let occurrence = mail.occurrence.to_string();
        let index = mail.index.map(|it| it.0.to_string()).unwrap_or_default();
        for moment in &mail.life {
            out.push_str(&self::moment([&occurrence, &index], who, moment));
        }
    }
    for feedback in &person.heard {
        let moment = Moment {
            at: feedback.at,
            what: What::Heard(feedback.what.clone()),
        };
        out.push_str(&self::moment(["", ""], who, &moment));
    }
    for wish in &person.wishes {
        let [id, address] = who;
        let (at, words) = (wish.at.to_string(), wish::words(wish, |at| at.to_string()));
        out.push_str(&row([
            "",
            "",
            id,
            address,
            &at,
            wish.what.name(),
            "",
            "",
            "",
            "",
            wish.way.name(),
            &words,
        ]));
    }
    for event in &person.suppressions {
        let (what, scope, reason, note) = match event {
            SuppressionEvent::Suppressed {
                scope,
                reason,
                note,
                ..
            } => ("suppressed", scope, reason.name(), note),
            SuppressionEvent::Lifted { scope, note, .. } => ("lifted", scope, "", note),
        };
        let [id, address] = who;
        let words = with_topic(scope, note);
        let at = when(event).to_string();
        out.push_str(&row([
            "", "", id, address, &at, what, "", "", reason, "", "", &words,
        ]));
    }
    out
}

fn moment([occurrence, index]: [&str; 2], [id, address]: [&str; 2], moment: &Moment) -> String {
    let read = verdict(&moment.what);
    let (mut id_there, mut by, mut why) = (String::new(), String::new(), reason(read));
    let mut words = moment.what.said().to_owned();
    match &moment.what {
        What::Selected { content_commit, .. } => words = content_commit.clone(),
        What::Excluded(reason) => why = reason.name(),
        What::Claimed { run, .. } | What::Released(run) => by = run.to_string(),
        What::Accepted(reply) => id_there = queue_id(reply).unwrap_or_default().to_owned(),
        What::Resolved {
            resolution,
            by: person,
            ..
        } => {
            by.clone_from(person);
            why = match resolution {
                Resolution::Sent => "sent",
                Resolution::Resend => "resend",
            };
        }
        What::Heard(Heard::Left { scope }) => words = with_topic(scope, ""),
        What::Heard(Heard::Opened { by: who }) => by = who.name().to_owned(),
        What::Heard(Heard::Clicked { by: who, link }) => {
            by = who.name().to_owned();
            words.clone_from(link);
        }
        _ => {}
    }
    let status = read.map(|read| read.status()).unwrap_or_default();
    row([
        occurrence,
        index,
        id,
        address,
        &moment.at.to_string(),
        moment.what.name(),
        class(read),
        &status,
        why,
        &id_there,
        &by,
        &words,
    ])
}

fn class(read: Option<Refusal>) -> &'static str {
    read.map_or("", |read| read.class.name())
}

fn reason(read: Option<Refusal>) -> &'static str {
    read.map_or("", |read| read.verdict.reason.name())
}

fn with_topic(scope: &Scope, note: &str) -> String {
    match scope {
        Scope::All => note.to_owned(),
        Scope::Topic(topic) => format!("topic {topic}: {note}")
            .trim_end_matches([' ', ':'])
            .to_owned(),
    }
}

/// One row, ended as RFC 4180 wants it.
fn row<const N: usize>(cells: [&str; N]) -> String {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // A vector takes everything, so that neither can fail.
    let _ = writer.write_record(cells.map(harmless));
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a spreadsheet would compute gets an apostrophe before it, wherever it may take a cell to begin.
fn harmless(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len() + 1);
    for part in cell.split_inclusive([';', '\t', '\n', '\r']) {
        // Some let go of blanks and quotation marks first.
        let bare = part.trim_start_matches([' ', '\u{a0}', '"', '\'']);
        let is_formula = bare.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
        let is_marked = part.starts_with('\'');
        if (is_formula && !is_marked) || part.starts_with(['\t', '\r']) && out.is_empty() {
            out.push('\'');
        }
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_a_row_is_one() {
        assert_eq!(
            row(["=1+1", "+a", "-b", "@c", "\td", "\re", "a,\"b\"", "a\nb"]),
            "'=1+1,'+a,'-b,'@c,'\td,\"'\re\",\"a,\"\"b\"\"\",\"a\nb\"\r\n"
        );
        assert_eq!(row(["'=1", "a; b", "1-2"]), "'=1,a; b,1-2\r\n");
    }

    /// However a spreadsheet cuts a row into cells, none is computed.
    #[test]
    fn no_cell_is_a_formula_where_semicolons_part_them() {
        let ugly = [
            "550 x;=HYPERLINK(\"http://e.test\";\"a\")",
            "a; =1+1;;+2;\"=3\"",
            "b\t=4\r\n@SUM(A1)\n-5",
            "c;\u{a0}=6;＝7",
        ];
        let text = row(ugly);
        for cell in text.split([';', '\t', '\n', '\r']) {
            let cell = cell.trim_start_matches([' ', '\u{a0}', '"']);
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '＝']),
                "{cell}: {text}"
            );
        }
        // What a row holds can still be read.
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes());
        let read = reader.records().next().unwrap().unwrap();
        let plain: Vec<String> = read.iter().map(|cell| cell.replace('\'', "")).collect();
        assert_eq!(plain, ugly);
    }
}
