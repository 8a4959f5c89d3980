//! A few recipients whose mails show how a campaign comes out: the shortest and the longest subject, and the one whose
//! values are most likely to go wrong. Looks at so many rows and no more, spread over all.

use jiff::Timestamp;

use super::audience::{Audience, Entry, Place};
use super::lists::{Lists, Spooled};
use super::mailing::{Mailing, NoLetter, Person};
use crate::mail::address::Address;
use crate::mail::recipient_id::RecipientKey;
use crate::render::Compiled;
use crate::workspace::member::{Member, Value};
use crate::workspace::members::Rows;

/// Rows that are looked at.
const LOOKED_AT: usize = 20_000;

/// Why somebody was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The first: the subject is the same for everybody.
    Everybody,
    /// The subject with the fewest characters.
    Shortest,
    /// The one with the most.
    Longest,
    /// Values that are empty, or that hold signs with a meaning in HTML, or letters beyond ASCII.
    Awkward,
}

/// Somebody to look at.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Why.
    pub kind: Kind,
    /// Whom the mail is to.
    pub to: Address,
    /// The row; none for a single address.
    pub member: Option<Member>,
}

/// What a sample's subject reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Why this one.
    pub kind: Kind,
    /// To whom, masked.
    pub to: String,
    /// As it will be read, or why there is no mail.
    pub text: Result<String, NoLetter>,
}

/// Chooses recipients by their subjects, and by the values that the mail uses.
pub fn choose(mailing: &Mailing, audience: &Audience, lists: &Lists) -> Vec<Sample> {
    let rows = rows(lists);
    let compiled = mailing.compiled();
    let step = audience.entries.len().div_ceil(LOOKED_AT).max(1);
    let mut found = Found::default();
    for entry in audience.entries.iter().step_by(step) {
        if let Some((to, member)) = person(audience, &rows, entry) {
            found.look(compiled, to, member);
        }
    }
    found.samples(compiled.has_one_subject())
}

/// Somebody of the audience by their address.
pub fn find(
    audience: &Audience,
    lists: &Lists,
    key: &RecipientKey,
    address: &Address,
) -> Option<Sample> {
    let id = key.id(address);
    let entry = audience.entries.iter().find(|entry| entry.id == id)?;
    let (to, member) = person(audience, &rows(lists), entry)?;
    Some(Sample {
        kind: Kind::Everybody,
        to,
        member,
    })
}

fn rows(lists: &Lists) -> Vec<Option<Rows>> {
    let open = |list: &Spooled| {
        let file = list.rows.try_clone().ok()?;
        Rows::new(file, &list.file.list).ok()
    };
    lists.lists.iter().map(open).collect()
}

fn person(
    audience: &Audience,
    rows: &[Option<Rows>],
    entry: &Entry,
) -> Option<(Address, Option<Member>)> {
    match entry.place {
        Place::Row { list, offset } => {
            let rows = rows.get(usize::from(list))?.as_ref()?;
            let member = rows.member_at(offset).ok()?;
            Some((member.address.clone(), Some(member)))
        }
        Place::Include(number) => {
            let address = audience.includes.get(usize::try_from(number).ok()?)?;
            Some((address.clone(), None))
        }
        Place::Copy { .. } => None,
    }
}

#[derive(Default)]
struct Found {
    shortest: Option<(usize, Address, Option<Member>)>,
    longest: Option<(usize, Address, Option<Member>)>,
    awkward: Option<(u32, Address, Option<Member>)>,
}

impl Found {
    fn look(&mut self, compiled: &Compiled, to: Address, member: Option<Member>) {
        let subject = compiled.subject(member.as_ref());
        let length = subject
            .as_ref()
            .map_or(0, |subject| subject.chars().count());
        let values = compiled.columns().iter().map(|name| {
            member
                .as_ref()
                .map_or(0, |member| awkwardness(&shown(member, name)))
        });
        let awkward = values.sum::<u32>() + if subject.is_err() { NO_MAIL } else { 0 };
        let (shortest, longest) = (&mut self.shortest, &mut self.longest);
        if shortest.as_ref().is_none_or(|(best, ..)| length < *best) {
            *shortest = Some((length, to.clone(), member.clone()));
        }
        if longest.as_ref().is_none_or(|(best, ..)| length > *best) {
            *longest = Some((length, to.clone(), member.clone()));
        }
        if awkward > 0
            && self
                .awkward
                .as_ref()
                .is_none_or(|(best, ..)| awkward > *best)
        {
            self.awkward = Some((awkward, to, member));
        }
    }

    /// Each person once.
    fn samples(self, has_one_subject: bool) -> Vec<Sample> {
        let of = |kind, found: Option<(Address, Option<Member>)>| {
            found.map(|(to, member)| Sample { kind, to, member })
        };
        let bare =
            |it: Option<(usize, Address, Option<Member>)>| it.map(|(_, to, member)| (to, member));
        let awkward = self.awkward.map(|(_, to, member)| (to, member));
        let all = [
            of(Kind::Shortest, bare(self.shortest)),
            of(Kind::Longest, bare(self.longest)),
            of(Kind::Awkward, awkward),
        ];
        let mut samples: Vec<Sample> = Vec::new();
        for mut sample in all.into_iter().flatten() {
            if has_one_subject && sample.kind == Kind::Shortest {
                sample.kind = Kind::Everybody;
            }
            if samples.iter().all(|known| known.to != sample.to) {
                samples.push(sample);
            }
        }
        samples
    }
}

/// A value about as a text shows it.
fn shown(member: &Member, name: &str) -> String {
    let position = member.columns.iter().position(|column| column == name);
    match position.and_then(|at| member.values.get(at)) {
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Date(date)) => date.to_string(),
        Some(Value::Bool(yes)) => yes.to_string(),
        Some(Value::Topics(topics)) => topics.join(", "),
        Some(Value::Empty) | None => String::new(),
    }
}

/// As awkward as can be: there is no mail at all.
const NO_MAIL: u32 = 1_000;

/// How likely a value is to come out wrong.
fn awkwardness(value: &str) -> u32 {
    if value.trim().is_empty() {
        return 8;
    }
    let has = |wanted: fn(char) -> bool| value.chars().any(wanted);
    let weighed = [
        (has(|c| matches!(c, '<' | '>' | '&' | '"' | '{' | '}')), 4),
        (has(|c| u32::from(c) > 0x024f), 3),
        (has(|c| c == '\'' || c == '\u{2019}'), 2),
        (!value.is_ascii(), 1),
        (value.chars().count() > 40, 1),
        (value != value.trim(), 1),
    ];
    weighed
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, weight)| weight)
        .sum()
}

/// Why of one of these no mail can be made.
pub fn failure(mailing: &Mailing, samples: &[Sample], date: Timestamp) -> Option<NoLetter> {
    let failed = |sample: &Sample| {
        let person = Person::own(&sample.to, sample.member.as_ref(), 0);
        mailing.letter(&person, date).err()
    };
    samples.iter().find_map(failed)
}

/// The subjects of these samples.
pub fn subjects(mailing: &Mailing, samples: &[Sample], date: Timestamp) -> Vec<Subject> {
    let subject = |sample: &Sample| {
        let person = Person::own(&sample.to, sample.member.as_ref(), 0);
        Subject {
            kind: sample.kind,
            to: sample.to.masked(),
            text: mailing.parts(&person, date).map(|parts| parts.subject),
        }
    };
    let most = match mailing.compiled().has_one_subject() {
        true => 1,
        false => samples.len(),
    };
    samples.iter().take(most).map(subject).collect()
}
