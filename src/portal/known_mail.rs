//! What became of a mail, as its recipient is told.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::words::Words;
use crate::ledger::event::Resolution;
use crate::ledger::feedback::{Heard, Reader};
use crate::ledger::person::{Mail, Moment, What};

/// How it stands with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was selected, and nothing was settled yet.
    Waiting,
    /// The relay took it.
    Sent,
    /// A server refused it.
    Refused,
    /// It came back later.
    CameBack,
    /// It was not sent.
    LeftOut,
    /// Nobody knows.
    Unclear,
}

impl Fate {
    pub(super) const fn words(self, words: &Words) -> &'static str {
        match self {
            Self::Waiting => words.waiting,
            Self::Sent => words.sent,
            Self::Refused => words.refused_there,
            Self::CameBack => words.came_back,
            Self::LeftOut => words.left_out,
            Self::Unclear => words.unclear,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::CameBack => "came-back",
            Self::LeftOut => "not-sent",
            Self::Unclear => "unknown",
        }
    }
}

/// How it stands, and since when.
pub(super) fn fate(mail: &Mail) -> (Fate, Timestamp) {
    let mut known = (Fate::Waiting, Timestamp::UNIX_EPOCH);
    for moment in &mail.life {
        let fate = match &moment.what {
            What::Selected { .. } | What::Deferred { .. } => Fate::Waiting,
            What::Accepted(_) => Fate::Sent,
            What::Rejected(_) => Fate::Refused,
            What::Unknown(_) => Fate::Unclear,
            What::Excluded(_) => Fate::LeftOut,
            What::Resolved { resolution, .. } => match resolution {
                Resolution::Sent => Fate::Sent,
                Resolution::Resend => Fate::Waiting,
            },
            What::Heard(Heard::Bounced { .. }) => Fate::CameBack,
            What::Claimed { .. } | What::Released(_) | What::Heard(_) => continue,
        };
        known = (fate, moment.at);
    }
    known
}

/// Whether somebody who is taken for a person opened it, and followed a link.
pub(super) fn read_by_people(mail: &Mail) -> (bool, bool) {
    let heard = |wanted: fn(&Heard) -> bool| {
        let mut life = mail.life.iter();
        life.any(|moment| matches!(&moment.what, What::Heard(heard) if wanted(heard)))
    };
    let opened = heard(|it| matches!(it, Heard::Opened { by: Reader::Person }));
    let clicked = heard(|it| {
        matches!(
            it,
            Heard::Clicked {
                by: Reader::Person,
                ..
            }
        )
    });
    (opened, clicked)
}

/// For a file: all that happened to it, but who of the organisation did it.
pub(super) fn mail_json(mail: &Mail, subject: Option<&String>) -> Value {
    let (fate, at) = fate(mail);
    json!({
        "campaign": mail.occurrence.to_string(),
        "subject": subject,
        "at": at.to_string(),
        "outcome": fate.name(),
        "copy": mail.copy_of.is_some(),
        "events": mail.life.iter().filter_map(moment_json).collect::<Vec<_>>(),
    })
}

fn moment_json(moment: &Moment) -> Option<Value> {
    let (at, what) = (moment.at.to_string(), moment.what.name());
    match &moment.what {
        What::Claimed { .. } | What::Released(_) => None,
        What::Excluded(reason) => Some(json!({"at": at, "what": what, "reason": reason.name()})),
        What::Resolved { .. } => Some(json!({"at": at, "what": what})),
        What::Heard(Heard::Opened { by }) => Some(json!({"at": at, "what": what, "by": by.name()})),
        What::Heard(Heard::Clicked { by, link }) => {
            Some(json!({"at": at, "what": what, "by": by.name(), "link": link}))
        }
        other => match other.said() {
            "" => Some(json!({"at": at, "what": what})),
            said => Some(json!({"at": at, "what": what, "words": said})),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::event::{Exclusion, RecipientIndex, RunId};
    use crate::mail::refusal::Class;

    fn mail(life: Vec<What>) -> Mail {
        let life = life.into_iter().zip(1..);
        let life = life.map(|(what, second)| Moment {
            at: Timestamp::from_second(second).unwrap(),
            what,
        });
        Mail {
            occurrence: "uno".parse().unwrap(),
            index: Some(RecipientIndex(0)),
            copy_of: None,
            destination: String::new(),
            documents: Vec::new(),
            life: life.collect(),
        }
    }

    #[test]
    fn the_last_word_about_a_mail_counts_and_what_follows_it_is_told_apart() {
        let bounced = What::Heard(Heard::Bounced {
            class: Class::Hard,
            status: None,
            text: "user unknown".to_owned(),
        });
        let opened = |by| What::Heard(Heard::Opened { by });
        let clicked = What::Heard(Heard::Clicked {
            by: Reader::Person,
            link: "https://feria.example/".to_owned(),
        });
        let accepted = What::Accepted("queued as 7".to_owned());
        let resolved = |resolution| What::Resolved {
            resolution,
            by: "ana".to_owned(),
            reason: "rang Luis".to_owned(),
        };
        let unknown = What::Unknown("cut off".to_owned());
        let cases = [
            (vec![], Fate::Waiting),
            (vec![What::Released(RunId(7))], Fate::Waiting),
            (vec![accepted.clone()], Fate::Sent),
            (vec![accepted.clone(), opened(Reader::Person)], Fate::Sent),
            (vec![accepted.clone(), bounced], Fate::CameBack),
            (vec![What::Rejected("no".to_owned())], Fate::Refused),
            (vec![unknown.clone()], Fate::Unclear),
            (
                vec![unknown.clone(), resolved(Resolution::Sent)],
                Fate::Sent,
            ),
            (
                vec![unknown.clone(), resolved(Resolution::Resend)],
                Fate::Waiting,
            ),
            (vec![What::Excluded(Exclusion::Unsubscribed)], Fate::LeftOut),
        ];
        for (life, expected) in cases {
            assert_eq!(fate(&mail(life.clone())).0, expected, "{life:?}");
        }
        let read = |life| read_by_people(&mail(life));
        assert_eq!(read(vec![opened(Reader::Machine)]), (false, false));
        assert_eq!(
            read(vec![opened(Reader::Person), clicked.clone()]),
            (true, true)
        );

        // Who of the organisation said what is nobody else's.
        let life = vec![unknown, resolved(Resolution::Sent), accepted, clicked];
        let told = mail_json(&mail(life), None);
        assert!(!told.to_string().contains("Luis") && !told.to_string().contains("ana"));
        assert_eq!(told["events"][3]["link"], "https://feria.example/");
        assert_eq!(told["events"][3]["by"], "person");
    }
}
