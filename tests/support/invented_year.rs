//! A year of invented sendings of the example workspace, on real repositories: what the report's pictures and its test in a
//! browser are made from. Nothing of it was sent. The same every time, but for when owners were told, which is yesterday.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "every test uses a part, and a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postmerge::git::Remote;
use postmerge::ledger::branch::{Batch, Ledger, LedgerConfig};
use postmerge::ledger::event::{
    AudienceEntry, AudienceHeader, ClaimId, Event, Exclusion, Outcome, Ranges, RecipientIndex,
    RunId, Scope, SuppressionEvent,
};
use postmerge::ledger::feedback::{Feedback, Heard, MessageKey};
use postmerge::ledger::notice::{Notice, Told};
use postmerge::mail::address::Address;
use postmerge::mail::digest::Digest;
use postmerge::mail::occurrence::OccurrenceId;
use postmerge::mail::recipient_id::{RecipientId, RecipientKey};
use postmerge::mail::refusal::Class;

use super::{
    git::{git, git_with},
    overlay,
};

pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Id, start, a recipient of how many, per mille of hard bounces, the last mails unknown.
const SENDINGS: [(&str, &str, usize, u64, u32); 8] = [
    (
        "boletin-trimestral@2026-Q1",
        "2026-01-15T17:00:00Z",
        1,
        31,
        0,
    ),
    ("2026/carta-embajada", "2026-02-24T15:00:00Z", 9, 22, 0),
    (
        "boletin-trimestral@2026-Q2",
        "2026-04-16T17:00:00Z",
        1,
        19,
        0,
    ),
    ("2026/feria-milano", "2026-06-10T15:00:00Z", 2, 14, 0),
    (
        "boletin-trimestral@2026-Q3",
        "2026-07-16T17:00:00Z",
        1,
        11,
        0,
    ),
    ("2026/asamblea", "2026-09-02T17:00:00Z", 5, 9, 0),
    ("2026/rueda-agro", "2026-10-07T17:00:00Z", 3, 8, 0),
    (
        "boletin-trimestral@2026-Q4",
        "2026-11-12T17:00:00Z",
        1,
        7,
        7,
    ),
];

/// A multiplicative generator (Knuth's): the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

struct Member {
    id: RecipientId,
    destination: String,
}

/// Writes the workspace, its bare remote and the ledger into `folder`.
pub(crate) fn write(root: &Path, folder: &Path) {
    for part in ["campaigns", "lists", "templates", "assets"] {
        overlay::copy(&root.join(part), &folder.join(part));
    }
    std::fs::copy(root.join("postmerge.yaml"), folder.join("postmerge.yaml")).unwrap();
    let bare = folder.join("remote.git");
    let bare = bare.to_str().unwrap();
    git(folder, &["init", "-q", "--bare", bare]);
    git(folder, &["init", "-q"]);
    std::fs::write(folder.join(".gitignore"), "/remote.git\n/report\n").unwrap();
    grow(folder);
    let commit = git(folder, &["rev-parse", "HEAD"]).trim().to_owned();
    git(folder, &["remote", "add", "origin", bare]);
    git(folder, &["push", "-q", "origin", "main"]);
    let members = members(root);
    let config = LedgerConfig {
        remote: Remote {
            name: "origin".to_owned(),
            limit: Duration::from_secs(60),
        },
        branch: "postmerge-ledger".to_owned(),
        identity: None,
    };
    let mut ledger = Ledger::open(folder, config).unwrap();
    ledger.fetch().unwrap();
    let mut gone: BTreeMap<RecipientId, Timestamp> = BTreeMap::new();
    for (number, sending) in SENDINGS.iter().enumerate() {
        let made = make(number as u64, sending, (&members, &commit), &mut gone);
        let id: OccurrenceId = sending.0.parse().unwrap();
        ledger.replay(&id).unwrap();
        ledger.suppressions().unwrap();
        ledger.publish(&made).unwrap();
    }
    // Of the latest half the owner was told yesterday.
    let now = Timestamp::now();
    let yesterday = now - SignedDuration::from_hours(24);
    let told = gone
        .iter()
        .skip(4)
        .step_by(9)
        .map(|(recipient, since)| Told {
            list: "exportadores".to_owned(),
            recipient: *recipient,
            since: *since,
        });
    let notice = Notice::new(yesterday, "lucia", told.collect());
    ledger
        .publish(&Batch {
            notices: vec![notice],
            ..Batch::new(RunId(1), yesterday, "notices")
        })
        .unwrap();
}

/// Commits the workspace as the exporters' list grew month by month, up to what it is.
fn grow(folder: &Path) {
    let list = folder.join("lists/exportadores.csv");
    let all = std::fs::read_to_string(&list).unwrap();
    let mut lines: Vec<&str> = all.lines().collect();
    let heading = lines.remove(0);
    let like = lines[10].split_once(',').unwrap().1;
    for month in 0..=10 {
        let ago = SignedDuration::from_hours(24 * (31 * (10 - month) + 3));
        let (month, at) = (
            usize::try_from(month).unwrap(),
            (Timestamp::now() - ago).to_string(),
        );
        let joined = &lines[..lines.len() - (10 - month) * 47];
        let leave = (month * 6..60).map(|n| format!("baja{n}@antes.example,{like}"));
        let rows: Vec<String> = joined
            .iter()
            .map(ToString::to_string)
            .chain(leave)
            .collect();
        let text = match month {
            10 => all.clone(),
            _ => format!("{heading}\n{}\n", rows.join("\n")),
        };
        std::fs::write(&list, text).unwrap();
        git(folder, &["add", "-A"]);
        let when = [
            ("GIT_AUTHOR_DATE", at.as_str()),
            ("GIT_COMMITTER_DATE", at.as_str()),
        ];
        git_with(folder, &["commit", "-qm", "the example"], &when);
    }
}

/// The exporters' list, each with the provider that the example's settings name.
fn members(root: &Path) -> Vec<Member> {
    let key = RecipientKey::from_secret(KEY.as_bytes()).unwrap();
    let text = std::fs::read_to_string(root.join("lists/exportadores.csv")).unwrap();
    let member = |line: &str| {
        let address = Address::parse(line.split(',').next()?).ok()?;
        let (_, domain) = address.as_str().rsplit_once('@')?;
        let destination = match domain {
            "grancorreo.example" | "correo.grancorreo.example" => "grancorreo",
            "webmail.test" | "webmail-plus.test" => "webmail",
            "correovalle.example" => "correovalle",
            "postaitalia.example" => "postaitalia",
            other => other,
        };
        Some(Member {
            id: key.id(&address),
            destination: destination.to_owned(),
        })
    };
    let mut seen = std::collections::HashSet::new();
    let all = text.lines().skip(1).filter_map(member);
    all.filter(|it| seen.insert(it.id)).collect()
}

fn make(
    number: u64,
    &(name, start, every, hard, unknown): &(&str, &str, usize, u64, u32),
    (members, commit): (&[Member], &str),
    gone: &mut BTreeMap<RecipientId, Timestamp>,
) -> Batch {
    let id: OccurrenceId = name.parse().unwrap();
    let start: Timestamp = start.parse().unwrap();
    let mut dice = Dice(number * 77 + 5);
    let mut header = AudienceHeader {
        content_commit: commit.to_owned(),
        lists_commit: commit.to_owned(),
        digest: Digest::of(name.as_bytes()),
        key: RecipientKey::from_secret(KEY.as_bytes())
            .unwrap()
            .fingerprint()
            .to_owned(),
        sender: "direccion".to_owned(),
        at: start,
        destinations: Vec::new(),
        documents: Vec::new(),
        force: None,
        reconfirmation: false,
    };
    let (mut entries, mut excluded) = (Vec::new(), Vec::new());
    for member in members.iter().skip(number as usize % every).step_by(every) {
        let reason = match dice.below(1_000) {
            0..90 => Some(Exclusion::NoConsent),
            90..104 => Some(Exclusion::ExcludedList),
            104..108 => Some(Exclusion::Duplicate),
            _ if gone.contains_key(&member.id) => Some(Exclusion::HardBounce),
            _ => None,
        };
        if let Some(reason) = reason {
            excluded.push((member.id, reason));
            continue;
        }
        let known = header
            .destinations
            .iter()
            .position(|it| *it == member.destination);
        let destination = known.unwrap_or_else(|| {
            header.destinations.push(member.destination.clone());
            header.destinations.len() - 1
        });
        entries.push(AudienceEntry {
            id: member.id,
            destination: u16::try_from(destination).unwrap(),
            copy_of: None,
            own_document: None,
        });
    }
    let mut batch = batch(number, name, start);
    let people: Vec<RecipientId> = entries.iter().map(|it| it.id).collect();
    let mut events = vec![Event::AudienceFixed {
        header: Box::new(header),
        entries,
        excluded,
    }];
    let deferred = first_tries(&batch, people.len(), unknown, start, &mut dice, &mut events);
    again(&batch, &deferred, start, &mut events);
    batch.events = events
        .into_iter()
        .map(|event| (id.clone(), event))
        .collect();
    came_back(
        &mut batch,
        (&id, start, hard),
        &people,
        unknown,
        &mut dice,
        gone,
    );
    batch
}

fn batch(number: u64, name: &str, start: Timestamp) -> Batch {
    Batch::new(
        RunId(0x1a2b_0000 + u32::try_from(number).unwrap()),
        start,
        format!("{name}: sent"),
    )
}

fn outcome(claim: ClaimId, index: u32, at: Timestamp, outcome: Outcome) -> Event {
    Event::Outcome {
        claim,
        recipient: RecipientIndex(index),
        at,
        outcome,
    }
}

fn accepted(index: u32) -> Outcome {
    Outcome::Accepted {
        reply: format!("2.0.0 Ok: queued as {index:X}"),
    }
}

/// Everybody but the last ones, who stay with a run that died; who was told "not now" is given back.
fn first_tries(
    batch: &Batch,
    people: usize,
    unknown: u32,
    start: Timestamp,
    dice: &mut Dice,
    events: &mut Vec<Event>,
) -> Vec<u32> {
    let people = u32::try_from(people).unwrap();
    let claim = ClaimId {
        run: batch.run,
        sequence: 0,
    };
    events.push(Event::Claimed {
        claim,
        recipients: Ranges::from_indices(0..people),
        until: start + SignedDuration::from_hours(4),
    });
    let (mut second, mut deferred) = (0, Vec::new());
    for index in 0..people - unknown {
        second += 1 + i64::try_from(dice.below(8)).unwrap();
        let at = start + SignedDuration::from_secs(second);
        let what = match dice.below(1_000) {
            0..4 => Outcome::Rejected {
                reply: "550 5.1.1 The email account that you tried to reach does not exist"
                    .to_owned(),
            },
            4..6 => Outcome::Rejected {
                reply: "554 5.7.1 Message rejected as spam by content scanner".to_owned(),
            },
            6..60 => {
                deferred.push(index);
                Outcome::Deferred {
                    reply: "450 4.2.0 Greylisted, try again later".to_owned(),
                    retry_at: at + SignedDuration::from_mins(25),
                }
            }
            _ => accepted(index),
        };
        events.push(outcome(claim, index, at, what));
    }
    deferred
}

fn again(batch: &Batch, deferred: &[u32], start: Timestamp, events: &mut Vec<Event>) {
    if deferred.is_empty() {
        return;
    }
    let claim = ClaimId {
        run: batch.run,
        sequence: 1,
    };
    events.push(Event::Claimed {
        claim,
        recipients: Ranges::from_indices(deferred.iter().copied()),
        until: start + SignedDuration::from_hours(8),
    });
    for (number, index) in deferred.iter().enumerate() {
        let after = SignedDuration::from_secs(9_000 + 20 * i64::try_from(number).unwrap());
        events.push(outcome(claim, *index, start + after, accepted(*index)));
    }
}

/// Of the accepted, what was heard the days after.
fn came_back(
    batch: &mut Batch,
    (id, start, hard): (&OccurrenceId, Timestamp, u64),
    people: &[RecipientId],
    unknown: u32,
    dice: &mut Dice,
    gone: &mut BTreeMap<RecipientId, Timestamp>,
) {
    let bounced = |class, text: &str| Heard::Bounced {
        class,
        status: None,
        text: text.to_owned(),
    };
    let end = people.len() - unknown as usize;
    for (index, who) in people.iter().take(end).enumerate() {
        let what = match dice.below(1_000) {
            it if it < hard => bounced(
                Class::Hard,
                "550 5.1.1 User unknown in virtual mailbox table",
            ),
            it if it < hard + 4 => bounced(Class::MailboxFull, "552 5.2.2 Mailbox is over quota"),
            it if it < hard + 6 => bounced(
                Class::Blocked,
                "554 5.7.1 Service unavailable; client host blocked",
            ),
            it if it < hard + 9 => Heard::Left { scope: Scope::All },
            it if it == hard + 10 => Heard::Complained {
                kind: "abuse".to_owned(),
            },
            it if it < hard + 40 => Heard::Read,
            it if it < hard + 46 => Heard::Replied,
            _ => continue,
        };
        let at = start + SignedDuration::from_mins(30 + i64::try_from(dice.below(2_800)).unwrap());
        let reason = match &what {
            Heard::Bounced {
                class: Class::Hard, ..
            } => Some(Exclusion::HardBounce),
            Heard::Complained { .. } => Some(Exclusion::Complained),
            Heard::Left { .. } => Some(Exclusion::Unsubscribed),
            _ => None,
        };
        if let Some(reason) = reason {
            if reason == Exclusion::HardBounce {
                gone.insert(*who, at);
            }
            batch.suppressions.push(SuppressionEvent::Suppressed {
                recipient: *who,
                scope: Scope::All,
                reason,
                at,
                note: String::new(),
            });
        }
        let index = u32::try_from(index).unwrap();
        batch.feedback.push(Feedback {
            message: MessageKey::of(format!("{id} {index}").as_bytes()),
            recipient: *who,
            mail: Some((id.clone(), RecipientIndex(index))),
            at,
            what,
        });
    }
}
