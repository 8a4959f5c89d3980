//! Lists cared for on real repositories, in virtual time: owners told, rows removed on a branch, old addresses freed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deliver_common::{House, SECRET, at, git, people};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use postmerge::clock::BoxFuture;
use postmerge::deliver::opened::{Opened, open};
use postmerge::git::{CommitText, Identity, Remote};
use postmerge::hygiene::HygieneError;
use postmerge::hygiene::cases::State;
use postmerge::hygiene::clean::{Proposal, Wish, lift, propose};
use postmerge::hygiene::forget;
use postmerge::hygiene::gather::{Gathered, Ground, gather};
use postmerge::hygiene::growth::growth;
use postmerge::hygiene::markdown::markdown;
use postmerge::hygiene::notify::{Sent, owners_notices, send};
use postmerge::hygiene::overview::overview;
use postmerge::hygiene::owners_notice::Letterhead;
use postmerge::ledger::branch::Batch;
use postmerge::ledger::event::{
    AudienceEntry, AudienceHeader, ClaimId, Event, Exclusion, Lifting, Outcome, Ranges,
    RecipientIndex, RunId, Scope, SuppressionEvent,
};
use postmerge::ledger::feedback::{Feedback, Heard, MessageKey};
use postmerge::ledger::wish::{Wanted, Way, Wish as MemberWish};
use postmerge::mail::address::Address;
use postmerge::mail::digest::Digest;
use postmerge::mail::envelope::Letter;
use postmerge::mail::occurrence::OccurrenceId;
use postmerge::mail::recipient_id::RecipientKey;
use postmerge::mail::refusal::{Class, Status};
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::transport::{Attempt, ConnectError, Connection, Reply, Stage, Transport};
use postmerge::workspace::Workspace;
use postmerge::workspace::encryption::Keys;
use postmerge::workspace::keyed::Keyed;
use postmerge::workspace::names::{ListName, PersonName};
use postmerge::workspace::settings::LedgerSettings;
use postmerge::workspace::tree::Tree;

/// Somebody leaves.
fn left(address: &str, when: &str) -> SuppressionEvent {
    SuppressionEvent::Suppressed {
        recipient: key().id(&Address::parse(address).unwrap()),
        scope: Scope::All,
        reason: Exclusion::Unsubscribed,
        at: at(when),
        note: String::new(),
    }
}

fn key() -> RecipientKey {
    RecipientKey::from_secret(SECRET.as_bytes()).unwrap()
}

/// Five members, of whom p0, p2 and p4 are at `a.test`; Tuesday, 8 December is a holiday.
fn house() -> House {
    let house = House::new(
        Mailboxes::new(),
        &people(5, &["a.test", "b.test"]),
        "pause: 1s",
    );
    house.edit(
        "postmerge.yaml",
        "locale: es}",
        "locale: es, holidays: [{date: 2026-12-08, name: Inmaculada}]}",
    );
    house.push("a holiday");
    house
}

/// One clone, opened as a command does.
struct Office {
    path: PathBuf,
    opened: Opened,
    key: RecipientKey,
    keys: Keys,
}

impl Office {
    fn new(house: &House, clone: &str) -> Self {
        let path = house.clone_of(clone);
        let mut opened = open(&path, &LedgerSettings::default()).unwrap();
        opened.ledger.use_key(key().fingerprint()).unwrap();
        Self {
            path,
            opened,
            key: key(),
            keys: house.keys.clone(),
        }
    }

    fn ground(&self) -> Ground<'_> {
        Ground {
            path: &self.path,
            head: self.opened.head,
            workspace: &self.opened.workspace,
            ledger: &self.opened.ledger,
            key: &self.key,
            keys: self.keys.clone(),
        }
    }

    fn gather(&self, now: Timestamp) -> Gathered {
        gather(&self.ground(), now).unwrap()
    }

    fn propose(&self, wish: &Wish, now: Timestamp) -> Result<Vec<Proposal>, HygieneError> {
        let gathered = self.gather(now);
        let none = BTreeSet::new();
        propose(&self.ground(), &gathered, &none, (&remote(), wish), now)
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.path, arguments)
    }
}

fn remote() -> Remote {
    Remote {
        name: "origin".to_owned(),
        limit: Duration::from_secs(30),
    }
}

fn wish(push: bool) -> Wish {
    Wish { branch: None, push }
}

/// What `ingest` publishes of a message.
fn heard(house: &House, who: &str, reason: Exclusion, since: Timestamp) {
    let mut office = Office::new(house, "ingest");
    let recipient = key().id(&Address::parse(who).unwrap());
    let what = match reason {
        Exclusion::Unsubscribed => Heard::Left { scope: Scope::All },
        Exclusion::Complained => Heard::Complained {
            kind: "abuse".to_owned(),
        },
        _ => Heard::Bounced {
            class: Class::Hard,
            status: Status::parse("5.1.1"),
            text: "550 5.1.1 <…@a.test>: no such user <here>".to_owned(),
        },
    };
    let batch = Batch {
        suppressions: vec![SuppressionEvent::Suppressed {
            recipient,
            scope: Scope::All,
            reason,
            at: since,
            note: "a report".to_owned(),
        }],
        feedback: vec![Feedback {
            message: MessageKey::of(who.as_bytes()),
            recipient,
            mail: Some(("uno".parse().unwrap(), RecipientIndex(1))),
            at: since,
            what,
        }],
        ..Batch::new(RunId(77), since, "feedback".to_owned())
    };
    office.opened.ledger.publish(&batch).unwrap();
}

/// A relay that keeps what it gets, or refuses it.
#[derive(Clone, Default)]
struct Kept {
    letters: Arc<Mutex<Vec<Letter>>>,
    refuses: bool,
    /// Whom it has no mailbox for.
    refuses_for: Option<&'static str>,
}

impl Transport for Kept {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async { Ok(Box::new(self.clone()) as Box<dyn Connection>) })
    }
}

impl Connection for Kept {
    fn send<'a>(
        &'a mut self,
        letter: &'a Letter,
        _commit: &'a mut (dyn FnMut() -> io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt> {
        let reply = |code, text: &str| Reply {
            code,
            text: text.to_owned(),
        };
        let is_unknown = self.refuses_for == Some(letter.envelope.to.as_str());
        let attempt = match self.refuses || is_unknown {
            true => Attempt::Refused {
                reply: reply(550, "no"),
                stage: Stage::RcptTo,
            },
            false => {
                self.letters.lock().unwrap().push(letter.clone());
                Attempt::Accepted(reply(250, "ok"))
            }
        };
        Box::pin(async { attempt })
    }

    fn usable(&self) -> bool {
        true
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

fn tell(house: &House, relay: &Kept, now: Timestamp) -> Vec<Sent> {
    let mut office = Office::new(house, "office");
    let gathered = office.gather(now);
    let notices = owners_notices(&gathered, &office.opened.workspace, now).unwrap();
    let address = Address::parse("e@c.test").unwrap();
    let bounces = Address::parse("rebotes@c.test").unwrap();
    let from = Letterhead {
        name: "Cámara",
        address: &address,
        bounces: &bounces,
        signers: &[],
        zone: &TimeZone::get("America/Bogota").unwrap(),
        key: &office.key,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let ledger = &mut office.opened.ledger;
    runtime
        .block_on(send(&notices, &from, relay, ledger, (RunId(5), now)))
        .unwrap()
}

/// Quoted-printable's soft line ends and escapes undone.
fn decoded(letter: &Letter) -> String {
    let text = String::from_utf8(letter.message.clone()).unwrap();
    let text = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        let byte = hex.and_then(|it| u8::from_str_radix(it, 16).ok());
        match (first, byte) {
            (b'=', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

const BOUNCED: &str = "2026-12-02T17:00:00Z";
/// Thursday; three business days over a weekend and a holiday end on Wednesday the 9th.
const TOLD: &str = "2026-12-03T17:00:00Z";
/// The last moment of the 9th in Bogotá, and the one after.
const LAST: &str = "2026-12-10T04:59:59Z";
const OVER: &str = "2026-12-10T05:00:00Z";

/// What Ana reads.
fn check_mail(relay: &Kept) {
    let letters = relay.letters.lock().unwrap().clone();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].envelope.to.as_str(), "ana@c.test");
    assert_eq!(letters[0].envelope.from.as_str(), "rebotes@c.test");
    let mail = decoded(&letters[0]);
    for part in [
        "Auto-Submitted: auto-generated\r\n",
        "To: ana@c.test\r\n",
        "p2@a.test",
        "La dirección no existe",
        "09/12/2026",
        "lists/socios.csv",
        "&lt;here&gt;",
        "<html lang=\"es\">",
    ] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    assert!(!mail.contains("Precedence") && !mail.contains("<here></p>"));
}

#[test]
fn an_encrypted_list_is_cleaned_and_encrypted_again() {
    let mut house = house();
    house.encrypt();
    house.remove("lists/socios.csv");
    house.push("encrypted");
    heard(&house, "p2@a.test", Exclusion::HardBounce, at(BOUNCED));
    let relay = Kept::default();
    assert_eq!(tell(&house, &relay, at(TOLD)).len(), 1);
    let mail = decoded(&relay.letters.lock().unwrap()[0]);
    assert!(
        mail.contains("(lists/socios.csv.age)") && mail.contains("postmerge lists edit socios"),
        "{mail}"
    );
    assert!(!mail.contains("lápiz"), "{mail}");

    let office = Office::new(&house, "office");
    let made = office.propose(&wish(false), at(OVER)).unwrap();
    assert_eq!(made.len(), 1);
    let branch = made[0].branch.as_str();
    let changed = office.git(&["diff", "--name-only", "origin/main", branch]);
    assert_eq!(changed.trim(), "lists/socios.csv.age");
    let message = office.git(&["log", "-1", "--format=%B", branch]);
    assert!(
        message.contains("\nlists/socios.csv.age:\n") && !message.contains("p2@a.test"),
        "{message}"
    );
    let plain = |commit| {
        let tree = Keyed::new(Tree::at(&office.path, commit).unwrap(), house.keys.clone());
        let list = Workspace::load_list(&tree, &ListName::new("socios")).unwrap();
        let mut text = String::new();
        let mut input = list.open(&tree).unwrap();
        io::Read::read_to_string(&mut input, &mut text).unwrap();
        text
    };
    let before = plain(office.opened.head);
    assert_eq!(plain(made[0].commit), before.replace("p2@a.test,X\n", ""));
    // What the branch removes is read there, too: it is not proposed again.
    let again = office.propose(&wish(false), at(OVER)).unwrap();
    assert!(again.len() == 1 && !again[0].is_new, "{again:?}");
}

#[test]
fn from_a_bounce_to_a_branch() {
    let house = house();
    heard(&house, "p2@a.test", Exclusion::HardBounce, at(BOUNCED));
    let states = |now: &str| -> Vec<State> {
        let gathered = Office::new(&house, "office").gather(at(now));
        gathered.cases.iter().map(|case| case.state).collect()
    };
    assert_eq!(states(OVER), [State::New]);
    // A mail that was not taken tells nobody.
    let refuses = Kept {
        refuses: true,
        ..Kept::default()
    };
    assert!(tell(&house, &refuses, at(TOLD))[0].outcome.is_err());
    let relay = Kept::default();
    let sent = tell(&house, &relay, at(TOLD));
    assert_eq!((sent[0].owner.as_str(), sent[0].cases), ("ana", 1));
    assert_eq!(tell(&house, &relay, at(TOLD)), []);
    check_mail(&relay);
    let until = jiff::civil::date(2026, 12, 9);
    assert_eq!(states(TOLD), [State::Open { until, left: 3 }]);
    assert_eq!(states(LAST), [State::Open { until, left: 0 }]);
    assert_eq!(states(OVER), [State::Overdue { until }]);

    let office = Office::new(&house, "office");
    assert_eq!(office.propose(&wish(false), at(LAST)).unwrap(), []);
    let before = office.git(&["rev-parse", "HEAD"]);
    let made = office.propose(&wish(false), at(OVER)).unwrap();
    let branch = "postmerge/clean-2026-12-10";
    assert_eq!(made.len(), 1);
    assert!(made[0].branch == branch && made[0].is_new && !made[0].is_pushed);
    let diff = office.git(&["diff", "origin/main", branch]);
    let changed: Vec<&str> = diff
        .lines()
        .filter(|line| {
            line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---")
        })
        .collect();
    assert_eq!(changed, ["-p2@a.test,X"], "{diff}");
    let message = office.git(&["log", "-1", "--format=%B", branch]);
    assert!(
        message.starts_with("lists: remove one row that takes no mail\n"),
        "{message}"
    );
    assert!(!message.contains("p2@a.test"), "{message}");
    for part in [
        "5.1.1",
        "The address does not exist",
        "told on 2026-12-03",
        "until 2026-12-09",
        "uno",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    // Neither folder nor index nor what is checked out has changed.
    assert_eq!(office.git(&["status", "--porcelain"]), "");
    assert_eq!(office.git(&["rev-parse", "HEAD"]), before);
    // Again: the same branch. Pushed: every clone knows that it is proposed.
    let again = office.propose(&wish(false), at(OVER)).unwrap();
    assert_eq!(again.len(), 1);
    assert!(!again[0].is_new && again[0].commit == made[0].commit);
    let pushed = office.propose(&wish(true), at(OVER)).unwrap();
    assert!(!pushed[0].is_new && pushed[0].is_pushed);
    let later = at("2026-12-15T15:00:00Z");
    let other = Office::new(&house, "other")
        .propose(&wish(true), later)
        .unwrap();
    assert_eq!(other, pushed);
    // Merged: nothing is left.
    git(
        &house.author(),
        &["pull", "-q", "--no-rebase", "origin", branch],
    );
    git(&house.author(), &["push", "-q", "origin", "HEAD:main"]);
    assert_eq!(states("2026-12-15T15:00:00Z"), []);
}

/// What a server says again about an address that is known to take no mail.
#[test]
fn a_further_report_restarts_nothing_and_proposes_nothing_twice() {
    let house = house();
    heard(&house, "p2@a.test", Exclusion::HardBounce, at(BOUNCED));
    let relay = Kept::default();
    assert_eq!(tell(&house, &relay, at(TOLD)).len(), 1);
    for later in ["2026-12-04T17:00:00Z", "2026-12-07T17:00:00Z"] {
        heard(&house, "p2@a.test", Exclusion::HardBounce, at(later));
        assert_eq!(tell(&house, &relay, at(later)), []);
    }
    let until = jiff::civil::date(2026, 12, 9);
    let gathered = Office::new(&house, "office").gather(at(OVER));
    assert_eq!(gathered.cases[0].state, State::Overdue { until });
    let first = Office::new(&house, "office")
        .propose(&wish(true), at(OVER))
        .unwrap();
    let later = at("2026-12-11T17:00:00Z");
    heard(&house, "p2@a.test", Exclusion::HardBounce, later);
    let again = Office::new(&house, "office")
        .propose(&wish(true), later)
        .unwrap();
    assert_eq!(again.len(), 1, "{again:?}");
    assert!(first[0].is_new && !again[0].is_new && again[0].commit == first[0].commit);
    assert_eq!(relay.letters.lock().unwrap().len(), 1);
}

fn with_administrator() -> House {
    let house = house();
    house.edit(
        "postmerge.yaml",
        "people: {",
        "people: {eva: {github: eva, email: eva@c.test, roles: [administrator], locale: en}, ",
    );
    house.push("an administrator");
    house
}

#[test]
fn whose_address_the_relay_refuses_is_stood_in_for() {
    let house = with_administrator();
    heard(&house, "p2@a.test", Exclusion::HardBounce, at(BOUNCED));
    let relay = Kept {
        refuses_for: Some("ana@c.test"),
        ..Kept::default()
    };
    let sent = tell(&house, &relay, at(TOLD));
    let who: Vec<(&str, bool)> = sent
        .iter()
        .map(|it| (it.owner.as_str(), it.outcome.is_ok()))
        .collect();
    assert_eq!(who, [("ana", false), ("eva", true)]);
    assert_eq!(sent[1].instead_of, Some(PersonName::new("ana")));
    let letters = relay.letters.lock().unwrap().clone();
    let mail = decoded(&letters[0]);
    assert!(
        mail.contains("This notice was for ana") && mail.contains("p2@a.test"),
        "{mail}"
    );
    // It counts: nobody is told again, and the days run.
    assert_eq!(tell(&house, &relay, at(TOLD)), []);
    let until = jiff::civil::date(2026, 12, 9);
    let gathered = Office::new(&house, "office").gather(at(TOLD));
    assert_eq!(gathered.cases[0].state, State::Open { until, left: 3 });
}

#[test]
fn where_nobody_can_be_told_the_clock_runs_all_the_same() {
    let house = with_administrator();
    heard(&house, "p2@a.test", Exclusion::HardBounce, at(BOUNCED));
    let refuses = Kept {
        refuses: true,
        ..Kept::default()
    };
    let notices = || {
        Office::new(&house, "office")
            .opened
            .ledger
            .notices()
            .unwrap()
    };
    for day in [TOLD, "2026-12-04T17:00:00Z"] {
        let sent = tell(&house, &refuses, at(day));
        assert_eq!(sent.len(), 2, "{sent:?}");
        // That it was tried is remembered once.
        assert_eq!(notices().len(), 1);
    }
    let office = Office::new(&house, "office");
    let gathered = office.gather(at(LAST));
    assert_eq!(gathered.cases[0].state, State::New);
    let lines = overview(&gathered, &office.opened.workspace, at(LAST));
    assert_eq!((lines[0].new, lines[0].untold), (1, 1));
    assert_eq!(tell(&house, &refuses, at(OVER)), []);
    let made = office.propose(&wish(false), at(OVER)).unwrap();
    let message = office.git(&["log", "-1", "--format=%B", &made[0].branch]);
    assert!(
        message.contains("could not be told, the first time on 2026-12-03"),
        "{message}"
    );
}

#[test]
fn who_never_signed_up_is_told_to_the_lists_owner_once() {
    let house = house();
    let mut office = Office::new(&house, "portal");
    let wish = MemberWish {
        key: MessageKey::of(b"p3"),
        recipient: key().id(&Address::parse("p3@b.test").unwrap()),
        at: at(BOUNCED),
        way: Way::Portal,
        what: Wanted::Disowned,
    };
    let batch = Batch {
        wishes: vec![wish],
        suppressions: vec![left("p3@b.test", BOUNCED)],
        ..Batch::new(RunId(77), at(BOUNCED), "wishes".to_owned())
    };
    office.opened.ledger.publish(&batch).unwrap();
    let refuses = Kept {
        refuses: true,
        ..Kept::default()
    };
    assert!(tell(&house, &refuses, at(TOLD))[0].outcome.is_err());
    let relay = Kept::default();
    let sent = tell(&house, &relay, at(TOLD));
    assert_eq!((sent[0].cases, sent[0].disowned), (0, 1));
    assert_eq!(tell(&house, &relay, at(TOLD)), []);
    let letters = relay.letters.lock().unwrap().clone();
    assert_eq!(letters.len(), 1);
    let mail = decoded(&letters[0]);
    for part in [
        "p3@b.test (línea 5)",
        "dicen que nunca se apuntaron",
        "lists/socios.csv",
        "Lo dijo el 02/12/2026",
    ] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    // Nothing is to be corrected, and none of it is said.
    assert!(!mail.contains("no llegan"), "{mail}");
    // The ledger has no address of it.
    let told = Office::new(&house, "other")
        .opened
        .ledger
        .notices()
        .unwrap();
    assert!(told.iter().all(|it| !it.text().contains("p3@")), "{told:?}");
}

#[test]
fn who_came_back_after_all_is_nobody_who_never_signed_up() {
    let house = house();
    let mut office = Office::new(&house, "portal");
    let recipient = key().id(&Address::parse("p3@b.test").unwrap());
    let wish = MemberWish {
        key: MessageKey::of(b"p3"),
        recipient,
        at: at(BOUNCED),
        way: Way::Portal,
        what: Wanted::Disowned,
    };
    let lifted = SuppressionEvent::Lifted {
        recipient,
        scope: Scope::All,
        what: Lifting::Own,
        at: at(TOLD),
        note: String::new(),
    };
    let batch = Batch {
        wishes: vec![wish],
        suppressions: vec![left("p3@b.test", BOUNCED), lifted],
        ..Batch::new(RunId(77), at(TOLD), "pressed by mistake".to_owned())
    };
    office.opened.ledger.publish(&batch).unwrap();
    let relay = Kept::default();
    assert_eq!(tell(&house, &relay, at(OVER)), []);
    assert!(relay.letters.lock().unwrap().is_empty());
}

#[test]
fn an_encrypted_list_grows_for_who_has_its_key() {
    let mut house = house();
    house.encrypt();
    house.remove("lists/socios.csv");
    house.push("encrypted");
    let office = Office::new(&house, "office");
    let made: i64 = office
        .git(&["log", "-1", "--format=%ct"])
        .trim()
        .parse()
        .unwrap();
    let now = Timestamp::from_second(made + 40 * 24 * 3_600).unwrap();
    let grown = |keys: &Keys| {
        let (opened, zone) = (&office.opened, TimeZone::UTC);
        let main = (opened.head, &opened.workspace);
        let found = growth(&office.path, &opened.repository, main, keys, (&zone, now));
        found.unwrap().remove(&ListName::new("socios")).unwrap()
    };
    let read = grown(&house.keys);
    assert!(!read.encrypted && read.months.len() >= 2, "{read:?}");
    assert!(read.months.iter().all(|it| it.members == 5), "{read:?}");
    let unread = grown(&Keys::default());
    assert!(unread.encrypted && unread.months.is_empty(), "{unread:?}");
}

#[test]
fn what_is_new_gets_a_branch_of_its_own_and_main_is_as_fetched() {
    let house = house();
    heard(&house, "p2@a.test", Exclusion::Unsubscribed, at(BOUNCED));
    let first = Office::new(&house, "office")
        .propose(&wish(true), at(BOUNCED))
        .unwrap();
    // Somebody edits the list, and somebody else complains.
    house.edit("lists/socios.csv", "p0@a.test,X", "p0@a.test,\"X, Y\"");
    house.push("an edit");
    heard(&house, "p4@a.test", Exclusion::Complained, at(TOLD));
    let office = Office::new(&house, "office");
    let both = office.propose(&wish(true), at(TOLD)).unwrap();
    assert_eq!(both.len(), 2);
    assert_eq!(both[0].commit, first[0].commit);
    assert_eq!(both[1].branch, "postmerge/clean-2026-12-03");
    let text = office.git(&["show", &format!("{}:lists/socios.csv", both[1].branch)]);
    assert_eq!(
        text,
        "email,nombre\np0@a.test,\"X, Y\"\np1@b.test,X\np2@a.test,X\np3@b.test,X\n"
    );
    // On the same day once more.
    heard(&house, "p0@a.test", Exclusion::Complained, at(TOLD));
    let three = Office::new(&house, "other")
        .propose(&wish(false), at(TOLD))
        .unwrap();
    assert_eq!(three[2].branch, "postmerge/clean-2026-12-03-2");
    let gathered = office.gather(at(TOLD));
    let lines = overview(&gathered, &office.opened.workspace, at(TOLD));
    assert_eq!(
        (lines[0].members, lines[0].due, lines[0].overdue),
        (5, 2, 0)
    );
    let keeps = Wish {
        branch: Some("postmerge/clean-2026-12-03".to_owned()),
        push: false,
    };
    let taken = Office::new(&house, "third").propose(&keeps, at(TOLD));
    assert!(matches!(taken, Err(HygieneError::Taken(_))), "{taken:?}");
    for bad in ["a b", "-x..y", "x.lock", "a*", "HEAD", "refs/heads/main"] {
        let wish = Wish {
            branch: Some(bad.to_owned()),
            push: false,
        };
        let refused = Office::new(&house, "third").propose(&wish, at(TOLD));
        assert!(
            matches!(refused, Err(HygieneError::Branch(_))),
            "{bad}: {refused:?}"
        );
    }
    for others in ["main", "postmerge-ledger"] {
        let wish = Wish {
            branch: Some(others.to_owned()),
            push: true,
        };
        let refused = Office::new(&house, "third").propose(&wish, at(TOLD));
        assert!(
            matches!(refused, Err(HygieneError::Reserved(_))),
            "{others}: {refused:?}"
        );
    }
    // A list that says so keeps them.
    house.edit(
        "lists/socios.yaml",
        "title: Socios",
        "departed: keep\ntitle: Socios",
    );
    house.push("keep");
    assert_eq!(
        Office::new(&house, "third")
            .propose(&wish(false), at(TOLD))
            .unwrap(),
        []
    );
}

/// Puts a list onto the main branch at a moment of its own.
fn at_moment(house: &House, csv: &str, moment: Timestamp) {
    let office = Office::new(house, "editor");
    let repository = &office.opened.repository;
    let file = repository.write_blob(csv.as_bytes()).unwrap();
    let identity = Identity {
        name: "Ana".to_owned(),
        email: "ana@uno.test".to_owned(),
    };
    let text = CommitText {
        identity: &identity,
        at: moment,
        message: "an edit",
    };
    let files = [("lists/socios.csv".to_owned(), file)];
    let commit = repository.write_commit(Some(office.opened.head), &files, text);
    repository.push(&remote(), commit.unwrap(), "main").unwrap();
}

#[test]
fn a_corrected_row_frees_the_old_address_only() {
    let house = house();
    let made: i64 = git(&house.author(), &["log", "-1", "--format=%ct"])
        .trim()
        .parse()
        .unwrap();
    let moment = |seconds: i64| Timestamp::from_second(made + seconds).unwrap();
    heard(&house, "p2@a.test", Exclusion::HardBounce, moment(60));
    heard(&house, "p3@b.test", Exclusion::HardBounce, moment(61));
    heard(&house, "p4@a.test", Exclusion::Unsubscribed, moment(62));
    // p2 has another address, p3 is gone, and p4, who left, has another address too.
    at_moment(
        &house,
        "email,nombre\np0@a.test,X\np1@b.test,X\nnew@a.test,X\nother@a.test,X\n",
        moment(3_600),
    );
    let gathered = Office::new(&house, "office").gather(moment(7_200));
    assert_eq!(gathered.cases, []);
    // Three gone and two new between the same neighbours: which is whose cannot be said.
    assert_eq!(gathered.corrected, []);
    at_moment(
        &house,
        "email,nombre\np0@a.test,X\np1@b.test,X\nnew@a.test,X\np3@b.test,X\nother@a.test,X\n",
        moment(4_000),
    );
    let mut office = Office::new(&house, "office");
    let gathered = office.gather(moment(7_200));
    assert_eq!(gathered.cases.len(), 1);
    let id = |who: &str| key().id(&Address::parse(who).unwrap());
    assert_eq!(gathered.corrected, [id("p2@a.test")]);
    // By a clock that is behind the one by which the bounce was noted.
    let now = (RunId(9), moment(30));
    assert_eq!(
        lift(&mut office.opened.ledger, &gathered.corrected, now).unwrap(),
        1
    );
    let office = Office::new(&house, "other");
    assert_eq!(office.gather(moment(7_300)).corrected, []);
    let suppressions = office.opened.ledger.suppressions().unwrap();
    assert_eq!(suppressions.reason(&id("p2@a.test"), None), None);
    for (who, reason) in [
        ("p3@b.test", Exclusion::HardBounce),
        ("p4@a.test", Exclusion::Unsubscribed),
    ] {
        assert_eq!(suppressions.reason(&id(who), None), Some(reason));
    }
}

/// A sending to p2 that a relay refused, as `send` and then `ingest` publish it.
fn refused(house: &House, who: &str, reply: &str, when: Timestamp) {
    let mut office = Office::new(house, "sender");
    let recipient = key().id(&Address::parse(who).unwrap());
    let occurrence: OccurrenceId = "uno".parse().unwrap();
    let claim = ClaimId {
        run: RunId(5),
        sequence: 0,
    };
    let header = AudienceHeader {
        content_commit: "0".repeat(40),
        lists_commit: "0".repeat(40),
        digest: Digest::of(b"uno"),
        key: key().fingerprint(),
        sender: "main".to_owned(),
        at: when,
        destinations: vec!["a.test".to_owned()],
        documents: Vec::new(),
        force: None,
        reconfirmation: false,
    };
    let events = [
        Event::AudienceFixed {
            header: Box::new(header),
            entries: vec![AudienceEntry {
                id: recipient,
                destination: 0,
                copy_of: None,
                own_document: None,
            }],
            excluded: Vec::new(),
        },
        Event::Claimed {
            claim,
            recipients: Ranges::from_indices([0]),
            until: when,
        },
        Event::Outcome {
            claim,
            recipient: RecipientIndex(0),
            at: when,
            outcome: Outcome::Rejected {
                reply: reply.to_owned(),
            },
        },
    ];
    let suppressed = SuppressionEvent::Suppressed {
        recipient,
        scope: Scope::All,
        reason: Exclusion::HardBounce,
        at: when,
        note: "refused while sending: no-such-user".to_owned(),
    };
    for event in events {
        let batch = Batch {
            events: vec![(occurrence.clone(), event)],
            ..Batch::new(RunId(5), when, "sending".to_owned())
        };
        office.opened.ledger.publish(&batch).unwrap();
    }
    let batch = Batch {
        suppressions: vec![suppressed],
        ..Batch::new(RunId(6), when, "feedback".to_owned())
    };
    office.opened.ledger.publish(&batch).unwrap();
}

#[test]
fn what_a_relay_said_while_sending_is_shown() {
    let house = house();
    let reply = "550 5.1.1 <\u{2026}@a.test>: user unknown";
    refused(&house, "p2@a.test", reply, at(BOUNCED));
    let gathered = Office::new(&house, "office").gather(at(BOUNCED));
    let [case] = gathered.cases.as_slice() else {
        panic!("{:?}", gathered.cases)
    };
    let heard = case.suppressed.evidence.as_ref().unwrap();
    assert_eq!(heard.text, reply);
    assert_eq!(heard.class, Some(Class::Hard));
    assert_eq!(heard.status, Status::parse("5.1.1"));
    assert_eq!(heard.occurrence, Some("uno".parse().unwrap()));
    assert_eq!(
        case.suppressed.why(postmerge::mail::refusal::Language::En),
        Some("The address does not exist")
    );
}

#[test]
fn the_text_for_github_masks_addresses() {
    let house = house();
    heard(&house, "p2@a.test", Exclusion::HardBounce, at(BOUNCED));
    heard(&house, "p4@a.test", Exclusion::Complained, at(BOUNCED));
    let office = Office::new(&house, "office");
    let gathered = office.gather(at(TOLD));
    let text = |with| {
        markdown(
            &gathered.cases,
            &office.opened.workspace,
            &gathered.calendar,
            with,
        )
    };
    assert!(!text(false).contains("p2@"), "{}", text(false));
    let full = text(true).replace('\\', "");
    for part in [
        "@ana",
        "lists/socios.csv",
        "La dirección no existe (5.1.1)",
        "por avisar",
        "por quitar",
    ] {
        assert!(full.contains(part), "{part}: {full}");
    }
}

#[test]
fn what_can_not_be_read_is_said_and_nothing_is_written() {
    let house = house();
    heard(&house, "p2@a.test", Exclusion::Complained, at(BOUNCED));
    // A quotation mark that is not closed: the rows after it are still read.
    house.edit("lists/socios.csv", "p0@a.test,X", "p0@a.test,\"X");
    house.push("a slip");
    let office = Office::new(&house, "office");
    let gathered = office.gather(at(TOLD));
    assert_eq!(gathered.members.values().next(), Some(&(4, 1)));
    let made = office.propose(&wish(false), at(TOLD)).unwrap();
    let text = office.git(&["show", &format!("{}:lists/socios.csv", made[0].branch)]);
    assert_eq!(
        text,
        "email,nombre\np0@a.test,\"X\np1@b.test,X\np3@b.test,X\np4@a.test,X\n"
    );
    house.edit("lists/socios.csv", "email,nombre", "correo,nombre");
    house.push("another column");
    let office = Office::new(&house, "office");
    let wrong = gather(&office.ground(), at(TOLD)).map(|it| it.cases);
    assert!(matches!(wrong, Err(HygieneError::List { .. })), "{wrong:?}");
}

#[test]
fn as_a_user_runs_it() {
    let house = house();
    heard(
        &house,
        "p2@a.test",
        Exclusion::Unsubscribed,
        at("2026-01-02T17:00:00Z"),
    );
    let clone = house.clone_of("user");
    let run = |arguments: &[&str]| {
        let output = assert_cmd::Command::cargo_bin("postmerge")
            .unwrap()
            .args(["-C", clone.to_str().unwrap()])
            .args(arguments)
            .env("POSTMERGE_KEY", SECRET)
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (code, out, _) = run(&["lists"]);
    assert!(
        code == 1 && out.contains("socios") && out.contains("lists clean"),
        "{out}"
    );
    let (_, out, _) = run(&["lists", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["lists"][0]["due"], 1);
    let (code, out, _) = run(&["lists", "notify"]);
    assert!(code == 0 && out.contains("No owner"), "{out}");
    // What goes into an issue is Markdown and nothing else.
    let (code, out, error) = run(&["lists", "notify", "--github", "-"]);
    assert!(
        code == 0
            && out.starts_with('#')
            && !out.contains("No owner")
            && error.contains("No owner"),
        "{out}{error}"
    );
    for branch in ["HEAD", "refs/heads/main", "main"] {
        let (code, out, error) = run(&["lists", "clean", "--push", "--branch", branch]);
        assert!(
            code == 2 && out.is_empty() && error.contains("help: give --branch a name"),
            "{out}{error}"
        );
    }
    let (_, out, _) = run(&["lists", "clean", "--dry-run", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["due"][0]["reason"], "unsubscribed", "{json}");
    assert_eq!(json["overdue"], serde_json::json!([]));
    let (code, out, _) = run(&["lists", "clean", "--dry-run"]);
    assert!(
        code == 0 && out.contains("line 4") && !out.contains("p2@"),
        "{out}"
    );
    assert_eq!(git(&clone, &["branch", "--list", "postmerge/*"]), "");
    let (code, out, error) = run(&["lists", "clean", "--push", "--branch", "tidy"]);
    assert!(
        code == 0 && out.contains("gh pr create --base main --head tidy --fill"),
        "{out}{error}"
    );
    let (_, out, _) = run(&["lists", "clean", "--branch", "tidy", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&json["branches"][0]["branch"], &json["branches"][0]["new"]),
        (&"tidy".into(), &false.into())
    );
    let output = assert_cmd::Command::cargo_bin("postmerge")
        .unwrap()
        .args(["-C", clone.to_str().unwrap(), "lists"])
        .env_remove("POSTMERGE_KEY")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("POSTMERGE_KEY"));
}

#[test]
fn who_is_forgotten_stays_so_and_neither_moment_nor_words_tell_whose_row_went() {
    let house = house();
    let mut office = Office::new(&house, "office");
    let (who, now) = (
        Address::parse("p2@a.test").unwrap(),
        at("2031-03-04T15:23:45Z"),
    );
    let known = forget::known(&office.ground(), &who).unwrap();
    let removal = forget::propose(&office.ground(), &remote(), &known, now);
    let branch = removal.unwrap().unwrap().branch;
    let dates = office.git(&["log", "-1", "--format=%ct %at", &branch]);
    let day = at("2031-03-04T00:00:00-05:00").as_second();
    assert_eq!(dates.trim(), format!("{day} {day}"));
    let ledger = &mut office.opened.ledger;
    // A portal whose clock was a year ahead heard that they come back.
    let back = SuppressionEvent::Lifted {
        recipient: known.recipient,
        scope: Scope::All,
        what: Lifting::Everything,
        at: at("2032-03-04T15:23:45Z"),
        note: String::new(),
    };
    let batch = Batch {
        suppressions: vec![back],
        ..Batch::new(RunId(2), now, "lifted".to_owned())
    };
    ledger.publish(&batch).unwrap();
    assert!(forget::suppress(ledger, known.recipient, (RunId(1), now)).unwrap());
    let holds = ledger.suppressions().unwrap();
    let holds = holds.exact(&known.recipient, &Scope::All);
    assert_eq!(holds, Some(Exclusion::Suppressed));
    let mut notes = Vec::new();
    let read = ledger.suppression_events(|event| {
        if let SuppressionEvent::Suppressed { note, .. } = event {
            notes.push(note);
        }
    });
    read.unwrap();
    assert_eq!(notes, [""]);
}
