//! How `doctor` shows findings: a block each for senders, relays, mailboxes and hosts, then what to
//! publish in DNS; or JSON whose keys stay.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::doctor::finding::{DnsRecord, Examination, Finding, State};

/// What a terminal shows on one line at least.
const WIDTH: usize = 79;

/// Where the words begin.
const INDENT: usize = 26;

/// The table.
pub(super) fn table(found: &Examination, coloured: bool) -> String {
    let mut text = String::new();
    for section in &found.sections {
        let _ = writeln!(text, "{}", plain(&section.subject.to_string()));
        for finding in &section.findings {
            line(&mut text, finding, coloured);
        }
        text.push('\n');
    }
    let records = found.publish();
    if !records.is_empty() {
        text.push_str("Publish in DNS, word for word (each value on one line):\n\n");
        for record in records {
            publish(&mut text, record);
        }
    }
    text.push_str(&sum(found));
    text
}

fn line(text: &mut String, finding: &Finding, coloured: bool) {
    let (mark, colour) = match finding.state {
        State::Good => ("good", "32"),
        State::Advice => ("advice", "33"),
        State::Wrong => ("WRONG", "1;31"),
        State::NotKnown => ("?", "35"),
        State::Skipped => ("-", "2"),
    };
    let shown = format!("{mark:8}");
    let shown = match coloured {
        true => format!("\u{1b}[{colour}m{shown}\u{1b}[0m"),
        false => shown,
    };
    let _ = write!(text, "  {shown}{:16}", finding.check.name());
    wrap(text, &finding.what);
}

/// Words over as many lines as they need. A word that is longer than a line is not broken: it may be
/// a name that somebody copies.
fn wrap(text: &mut String, words: &str) {
    let mut column = INDENT;
    for (n, word) in words.split(' ').enumerate() {
        let width = word.chars().count();
        if n > 0 && column + 1 + width > WIDTH {
            let _ = write!(text, "\n{:INDENT$}", "");
            column = INDENT;
        } else if n > 0 {
            text.push(' ');
            column += 1;
        }
        // What DNS and relays say ends up on a terminal.
        text.extend(word.chars().map(harmless));
        column += width;
    }
    text.push('\n');
}

fn harmless(character: char) -> char {
    match character {
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        control if control.is_control() => '\u{fffd}',
        other => other,
    }
}

fn plain(text: &str) -> String {
    text.chars().map(harmless).collect()
}

fn publish(text: &mut String, record: &DnsRecord) {
    let _ = writeln!(text, "  name      {}", plain(&record.name));
    let _ = writeln!(text, "  type      {}", record.kind);
    let _ = writeln!(text, "  value     {}", plain(&record.value));
    for old in &record.instead_of {
        let _ = writeln!(text, "  replaces  {}", plain(old));
    }
    text.push('\n');
}

fn sum(found: &Examination) -> String {
    let counts = [
        (State::Good, "good"),
        (State::Advice, "with advice"),
        (State::Wrong, "wrong"),
        (State::NotKnown, "not known"),
        (State::Skipped, "not tried"),
    ];
    let words: Vec<String> = counts
        .iter()
        .map(|(state, word)| (found.count(*state), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    match words.is_empty() {
        true => "Nothing to check.\n".to_owned(),
        false => format!("{}.\n", words.join(", ")),
    }
}

/// One JSON document.
pub(super) fn json(found: &Examination, at: Timestamp) -> String {
    let value: Value = json!({
        "version": 1,
        "at": at.to_string(),
        "sections": found.sections,
        "publish": found.publish(),
    });
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::{Check, Section, Subject};

    fn found() -> Examination {
        Examination {
            sections: vec![Section {
                subject: Subject::Relay {
                    name: "principal".into(),
                    host: "smtp.c.example".into(),
                    port: 587,
                },
                findings: vec![
                    Finding::good(Check::Address, "smtp.c.example (192.0.2.1) answers at port 587"),
                    Finding::wrong(Check::Greeting, "a\u{1b}[2J\u{202e}b"),
                    Finding::advice(Check::Spf, "c.example's SPF record does not allow 192.0.2.1, which smtp.c.example has. Its operator may send from other addresses")
                        .publish_text("c.example", "v=spf1 a:smtp.c.example ~all".into(), vec!["v=spf1 ~all".into()]),
                    Finding::skipped(Check::Authentication, "not tried: PASSWORD is not set"),
                    Finding::not_known(Check::Reverse, "DNS gave no answer"),
                ],
            }],
        }
    }

    #[test]
    fn for_people() {
        insta::assert_snapshot!(table(&found(), false), @r#"
Relay principal (smtp.c.example:587)
  good    address         smtp.c.example (192.0.2.1) answers at port 587
  WRONG   greeting        a�[2J�b
  advice  spf             c.example's SPF record does not allow 192.0.2.1,
                          which smtp.c.example has. Its operator may send from
                          other addresses
  -       authentication  not tried: PASSWORD is not set
  ?       reverse         DNS gave no answer

Publish in DNS, word for word (each value on one line):

  name      c.example
  type      TXT
  value     v=spf1 a:smtp.c.example ~all
  replaces  v=spf1 ~all

1 good, 1 with advice, 1 wrong, 1 not known, 1 not tried.
"#);
    }

    #[test]
    fn colours_change_nothing_else() {
        let coloured = table(&found(), true);
        let mut plain = String::new();
        for (n, part) in coloured.split('\u{1b}').enumerate() {
            match n {
                0 => plain.push_str(part),
                _ => plain.push_str(part.split_once('m').unwrap().1),
            }
        }
        assert_eq!(plain, table(&found(), false));
    }

    #[test]
    fn for_programs() {
        let text = json(&found(), "2026-12-02T17:00:00Z".parse().unwrap());
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["version"], 1);
        assert_eq!(value["sections"][0]["subject"]["kind"], "relay");
        assert_eq!(value["sections"][0]["findings"][4]["state"], "not-known");
        assert_eq!(value["publish"][0]["kind"], "TXT");
    }

    #[test]
    fn nothing_at_all() {
        assert_eq!(table(&Examination::default(), false), "Nothing to check.\n");
    }
}
