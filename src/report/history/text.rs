//! History for people at a terminal.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::lines::{Line, Standing, Summary};
use super::{Addresses, Moment, What, queue_id, verdict, wish};
use crate::diagnostic::{cut, printable};
use crate::ledger::event::{Exclusion, Resolution, Scope, SuppressionEvent};
use crate::ledger::feedback::{Heard, Reader};
use crate::ledger::person::{Mail, Person};
use crate::mail::occurrence::OccurrenceId;
use crate::report::figures::counted;

/// Characters of somebody's words that are shown.
const LONGEST: usize = 160;

/// Columns before who a line is about.
const INDENT: usize = 11;

/// Columns for an address; a longer one stands on a line of its own.
const ADDRESS: usize = 40;

/// Everything about a person, who is called `name`.
pub fn person(person: &Person, name: &str, zone: &TimeZone) -> String {
    let mut out = format!("{name} (id {})\n", person.recipient);
    for mail in &person.mails {
        self::mail(&mut out, mail, zone);
    }
    if !person.suppressions.is_empty() {
        out.push_str("\nsuppressions\n");
        for event in &person.suppressions {
            let (at, what, words) = suppression(event);
            line(&mut out, at, what, &words, zone);
        }
    }
    if !person.heard.is_empty() {
        out.push_str("\nheard, and not known of which mail\n");
        for feedback in &person.heard {
            let words = heard(&feedback.what);
            line(&mut out, feedback.at, feedback.what.name(), &words, zone);
        }
    }
    if !person.wishes.is_empty() {
        out.push_str("\nasked for\n");
        for wish in &person.wishes {
            let words = wish::words(wish, |at| moment(at, zone));
            line(&mut out, wish.at, wish.what.name(), &words, zone);
        }
    }
    let count = person.mails.len() as u64;
    let _ = writeln!(out, "\n{}.", counted(count, "mail", "mails"));
    printable(&out)
}

fn mail(out: &mut String, mail: &Mail, zone: &TimeZone) {
    let _ = write!(out, "\n{}", mail.occurrence);
    if let Some(index) = mail.index {
        let _ = write!(out, " {index}");
    }
    if let Some(of) = mail.copy_of {
        let _ = write!(out, ", a copy of {of}'s");
    }
    if !mail.destination.is_empty() {
        let _ = write!(out, ", to {}", mail.destination);
    }
    out.push('\n');
    for moment in &mail.life {
        let words = words(moment, zone);
        line(out, moment.at, moment.what.name(), &words, zone);
    }
    for document in &mail.documents {
        let _ = writeln!(out, "  document {document}");
    }
}

fn line(out: &mut String, at: Timestamp, what: &str, words: &str, zone: &TimeZone) {
    let words = words.replace('\n', " ");
    let text = format!(
        "  {}  {what:<12} {}",
        moment(at, zone),
        cut(&words, LONGEST)
    );
    let _ = writeln!(out, "{}", text.trim_end());
}

fn words(moment: &Moment, zone: &TimeZone) -> String {
    let local = |at: Timestamp| self::moment(at, zone);
    let said = moment.what.said();
    match &moment.what {
        What::Selected {
            content_commit,
            digest,
            ..
        } => format!(
            "the audience was fixed, from commit {} (digest {})",
            cut(content_commit, 12).trim_end_matches('…'),
            digest.short()
        ),
        What::Excluded(reason) => excluded(*reason),
        What::Claimed { run, until } => format!("by run {run}, until {} at most", local(*until)),
        What::Released(run) => format!("run {run} let it go, unsent"),
        What::Deferred { retry_at, .. } => {
            format!("{said} (again at {} at the earliest)", local(*retry_at))
        }
        What::Accepted(_) => match queue_id(said) {
            Some(id) => format!("{said} (queue id {id})"),
            None => said.to_owned(),
        },
        What::Rejected(_) => with_reason(&moment.what),
        What::Unknown(_) => said.to_owned(),
        What::Resolved { resolution, by, .. } => {
            let how = match resolution {
                Resolution::Sent => "it went out",
                Resolution::Resend => "it did not go out, and is sent again",
            };
            format!("{by} says: {how}: {said}")
        }
        What::Heard(heard) => self::heard(heard),
    }
}

/// `hard: The address does not exist: 550 5.1.1 no such user`.
fn with_reason(what: &What) -> String {
    let said = what.said();
    match verdict(what) {
        Some(read) => format!("{}: {}: {said}", read.class, read.words()),
        None => said.to_owned(),
    }
}

fn excluded(reason: Exclusion) -> String {
    format!("{} ({})", reason.words(), reason.name())
}

fn heard(heard: &Heard) -> String {
    match heard {
        Heard::Bounced { .. } | Heard::Delayed { .. } => with_reason(&What::Heard(heard.clone())),
        Heard::Complained { kind } => kind.clone(),
        Heard::Left { scope } => scope_words(scope),
        Heard::Delivered => "the last server says that the mailbox has it".to_owned(),
        Heard::Relayed => "it went on to a server that reports nothing".to_owned(),
        Heard::Opened { by } => match by {
            Reader::Person => "its picture was asked for".to_owned(),
            Reader::Machine => "a machine asked for its picture".to_owned(),
        },
        Heard::Clicked { by, link } => match by {
            Reader::Person => link.clone(),
            Reader::Machine => format!("a machine, {link}"),
        },
        Heard::Read => "a receipt says that it was shown".to_owned(),
        Heard::Asked => "asked for something by mail".to_owned(),
        Heard::AutoReplied => "a machine answered".to_owned(),
        Heard::Replied => "a person answered".to_owned(),
    }
}

fn scope_words(scope: &Scope) -> String {
    match scope {
        Scope::All => "everything".to_owned(),
        Scope::Topic(topic) => format!("the topic {topic}"),
    }
}

fn suppression(event: &SuppressionEvent) -> (Timestamp, &'static str, String) {
    match event {
        SuppressionEvent::Suppressed {
            scope,
            reason,
            at,
            note,
            ..
        } => {
            let words = format!("{} ({}): {note}", scope_words(scope), reason.name());
            (
                *at,
                "suppressed",
                words.trim_end_matches([' ', ':']).to_owned(),
            )
        }
        SuppressionEvent::Lifted {
            scope, at, note, ..
        } => {
            let words = format!("{}: {note}", scope_words(scope));
            (*at, "lifted", words.trim_end_matches([' ', ':']).to_owned())
        }
    }
}

/// What stands above the lines of an occurrence.
pub fn heading(occurrence: &OccurrenceId) -> String {
    format!("{occurrence}\n")
}

/// One line, ended.
pub fn recipient(line: &Line, addresses: &Addresses, zone: &TimeZone) -> String {
    let index = line.index.map(|it| it.to_string()).unwrap_or_default();
    let id = line.recipient.to_string();
    let who = addresses.get(&line.recipient).unwrap_or(&id);
    let mut words = match line.standing {
        Standing::Excluded(reason) => excluded(reason),
        Standing::Rejected => with_reason(&What::Rejected(line.words.clone())),
        _ => line.words.clone(),
    };
    match line.deferred {
        0 => {}
        1 => words.push_str(" (once \"not now\")"),
        times => {
            let _ = write!(words, " ({times} times \"not now\")");
        }
    }
    let width = match addresses.is_empty() {
        true => id.len(),
        false => ADDRESS,
    };
    let mut out = format!("  {index:<8} ");
    // Lines are printed as they come: a longer one stands alone, and the columns stay.
    match who.chars().count() > width {
        true => {
            let _ = write!(out, "{who}\n{:INDENT$}{:width$}", "", "");
        }
        false => {
            let _ = write!(out, "{who:width$}");
        }
    }
    let _ = write!(
        out,
        "  {}  {:<9} {}",
        moment(line.at, zone),
        line.standing.name(),
        cut(words.trim(), LONGEST)
    );
    out.truncate(out.trim_end().len());
    for (at, heard) in &line.heard {
        let words = self::heard(heard);
        let words = cut(&words, LONGEST);
        let _ = write!(
            out,
            "\n{:INDENT$}{:width$}  {}  {:<9} {words}",
            "",
            "",
            moment(*at, zone),
            heard.name()
        );
    }
    // One line of a table is one line, whatever was said.
    let mut out = printable(&out);
    out.push('\n');
    out
}

/// What stands below the lines of an occurrence.
pub fn summary(summary: &Summary, zone: &TimeZone) -> String {
    let counts = &summary.counts;
    format!(
        "  {} shown; fixed {} from commit {} (digest {})\n  audience {} = accepted {} + rejected {} + excluded {} + pending {} + unknown {}\n",
        counted(summary.lines, "mail", "mails"),
        moment(summary.header.at, zone),
        printable(cut(&summary.header.content_commit, 12).trim_end_matches('…')),
        summary.header.digest.short(),
        counts.audience,
        counts.accepted,
        counts.rejected,
        counts.excluded,
        counts.pending,
        counts.unknown
    )
}

fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned(zone.clone());
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::event::RecipientIndex;
    use crate::mail::recipient_id::RecipientId;

    fn of(id: u8, index: u32) -> Line {
        let at = Timestamp::UNIX_EPOCH;
        Line {
            index: Some(RecipientIndex(index)),
            recipient: RecipientId([id; 12]),
            destination: "a.test".to_owned(),
            standing: Standing::Accepted,
            at,
            deferred: 0,
            words: "250 ok".to_owned(),
            heard: vec![(at, Heard::Delivered)],
        }
    }

    /// Every line tells its time in the same column, whoever it is about.
    #[test]
    fn lines_make_a_table_with_ids_and_with_addresses() {
        let addresses = Addresses::from([
            (RecipientId([1; 12]), "ana@a.test".to_owned()),
            (RecipientId([2; 12]), format!("{}@a.test", "x".repeat(60))),
        ]);
        for addresses in [Addresses::new(), addresses] {
            let lines = [of(1, 7), of(2, 123_456), of(3, 0)];
            let lines = lines.map(|line| recipient(&line, &addresses, &TimeZone::UTC));
            let text = lines.concat();
            let columns = text
                .lines()
                .filter_map(|line| line.find("1970-01-01 00:00"));
            let columns: Vec<usize> = columns.collect();
            assert_eq!(columns.len(), 6, "{text}");
            assert!(
                columns.iter().all(|at| Some(at) == columns.first()),
                "{text}"
            );
        }
    }
}
