//! Without a web server: people leave, choose and come back by mail, and are answered by mail.

#![allow(clippy::unwrap_used, missing_docs)]

mod support {
    #[allow(dead_code, reason = "shared with the tests of the branch")]
    pub(crate) mod git;
    pub(crate) mod ledger;
    #[allow(dead_code, reason = "shared with the tests of reports")]
    pub(crate) mod office;
    #[allow(dead_code, reason = "shared with the tests of answers of people")]
    pub(crate) mod relay;
}

use std::sync::Arc;

use jiff::tz::TimeZone;
use mail_parser::MessageParser;
use postmerge::bounce::answer::AnswerDesk;
use postmerge::clock::Clock as _;
use postmerge::ledger::branch::Batch;
use postmerge::ledger::event::{Exclusion, Lifting, RunId, Scope, SuppressionEvent};
use postmerge::ledger::feedback::MessageKey;
use postmerge::ledger::forward::{Forward, Stage};
use postmerge::ledger::wish::{Wanted, Way, Wish};
use postmerge::ledger::wishes::Cells;
use postmerge::mail::address::Address;
use postmerge::mail::envelope::Letter;
use postmerge::mail::token::{self, Action, Leave};
use postmerge::workspace::Workspace;
use postmerge::workspace::names::ListName;
use postmerge::workspace::source::WorkspacePath;
use support::office::{Office, person};
use support::relay::Relay;

const LIST: &str = "title: Socios\nowner: giulia\npurpose: Noticias\nconsent: {basis: contract}\n\
    columns: {idioma: {type: text}, temas: {type: topics}}\n\
    topics: {ferias: {title: Ferias y ruedas}, cursos: {title: Cursos}}\nlanguage_column: idioma\n";
const ROWS: &str = "email,idioma,temas\np0@uno.test,es,ferias\np1@uno.test,it,ferias;cursos\np2@uno.test,,\np3@uno.test,en,cursos\n";

fn office(relay: &Relay) -> Office {
    let mut office = Office::new();
    let path = |text: &str| WorkspacePath::parse(text).unwrap();
    let files = [("lists/socios.yaml", LIST), ("lists/socios.csv", ROWS)];
    for (name, text) in files {
        office.lists.insert(path(name), text.as_bytes().to_vec());
    }
    let name = ListName::new("socios");
    let list = Workspace::load_list(&office.lists, &name).unwrap();
    office.workspace.lists.clear();
    office.workspace.lists.insert(name, list);
    office.answers = Some(Ok(AnswerDesk {
        name: "Cámara".to_owned(),
        address: address("eventos@camara.example"),
        bounces: address("rebotes@camara.example"),
        mailbox: address("bajas@camara.example"),
        zone: TimeZone::UTC,
        signers: Vec::new(),
        transport: Arc::new(relay.clone()),
    }));
    office
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn link(office: &Office, n: u32, action: Action, topic: Option<&str>) -> String {
    let scope = topic.map_or(token::Scope::All, |topic| {
        token::Scope::topic(&office.key, topic)
    });
    let leave = Leave {
        action,
        scope,
        recipient: office.key.id(&person(n)),
        mailing: None,
    };
    leave.mailto(&office.key, &address("bajas@camara.example"))
}

/// Sends what a link writes, at this minute before the mailbox is read.
fn follow(office: &Office, link: &str, name: &str, minute: u8, fields: &str) {
    let rest = link.strip_prefix("mailto:").unwrap();
    let (to, subject) = rest.split_once("?subject=").unwrap();
    let date = office.clock.now() - jiff::SignedDuration::from_mins(60 - i64::from(minute));
    let date = jiff::fmt::rfc2822::to_string(&date.to_zoned(TimeZone::UTC)).unwrap();
    // Whoever forwards our mail gives the link away: whom it is from says nothing.
    let message = format!(
        "From: Otro <otro@ajeno.test>\nTo: {to}\nSubject: {subject}\nDate: {date}\nMessage-ID: <{name}@ajeno.test>\n{fields}\n\n"
    );
    office.arrives(name, &message);
}

fn ask(office: &Office, n: u32, action: Action, topic: Option<&str>, (name, minute): (&str, u8)) {
    follow(office, &link(office, n, action, topic), name, minute, "");
}

fn text(letter: &Letter) -> String {
    let parsed = MessageParser::default().parse(&letter.message).unwrap();
    parsed.body_text(0).unwrap().replace("\r\n", "\n")
}

/// The link below a title in a mail.
fn below(text: &str, title: &str) -> String {
    let mut lines = text.lines().skip_while(|line| line.trim() != title);
    lines.nth(1).unwrap_or_default().trim().to_owned()
}

/// Without tokens, which differ from mail to mail in nothing that people read.
fn plain(text: &str) -> String {
    let cut = |line: &str| match line.split_once('+') {
        Some((before, after)) if line.starts_with("mailto:") => {
            format!("{before}+…{}", after.get(45..).unwrap())
        }
        _ => line.trim_end().to_owned(),
    };
    text.lines().map(cut).collect::<Vec<_>>().join("\n")
}

/// Follows the choices with these titles.
fn choose(office: &Office, page: &str, titles: &[&str], (name, minute): (&str, u8)) {
    for (n, title) in (0_u8..).zip(titles) {
        let name = format!("{name}{n}");
        follow(office, &below(page, title), &name, minute + n, "");
    }
}

fn exact(office: &Office, n: u32, topic: Option<&str>) -> Option<Exclusion> {
    let scope = topic.map_or(Scope::All, |topic| Scope::Topic(topic.to_owned()));
    let suppressions = office.ledger("reader").suppressions().unwrap();
    suppressions.exact(&office.key.id(&person(n)), &scope)
}

#[test]
fn who_leaves_is_told_where_the_lists_have_them_and_can_undo_it() {
    let relay = Relay::default();
    let mut office = office(&relay);
    ask(&office, 1, Action::Unsubscribe, None, ("1", 0));
    let summary = office.ingest();
    assert_eq!(
        (summary.noted, summary.suppressed, summary.answered),
        (1, 1, 1),
        "{summary:?}"
    );
    assert_eq!(exact(&office, 1, None), Some(Exclusion::Unsubscribed));
    let letters = relay.letters();
    let [letter] = letters.as_slice() else {
        panic!()
    };
    assert_eq!(letter.envelope.to, person(1));
    assert_eq!(letter.envelope.from, address("rebotes@camara.example"));
    let head = String::from_utf8_lossy(&letter.message).into_owned();
    assert!(
        head.contains("Auto-Submitted: auto-generated\r\n") && !head.contains("otro@"),
        "{head}"
    );
    insta::assert_snapshot!("by_mail_left_it", plain(&text(letter)));
    // It arrives once more, by another alias.
    ask(&office, 1, Action::Unsubscribe, None, ("1", 0));
    let again = office.ingest();
    assert_eq!((again.known, again.answered), (1, 0), "{again:?}");
    assert!(office.left().is_empty());
    office.run = RunId(10);
    let undo = below(&text(letter), "Voglio ricevere di nuovo i vostri messaggi");
    follow(&office, &undo, "2", 1, "");
    let undone = office.ingest();
    assert_eq!((undone.noted, undone.answered), (1, 1), "{undone:?}");
    assert_eq!(exact(&office, 1, None), None);
    insta::assert_snapshot!("by_mail_back_it", plain(&text(&relay.letters()[1])));
}

#[test]
fn preferences_are_a_mail_and_each_choice_is_one() {
    let relay = Relay::default();
    let mut office = office(&relay);
    ask(&office, 0, Action::Preferences, None, ("1", 0));
    ask(&office, 2, Action::Preferences, None, ("2", 0));
    let summary = office.ingest();
    assert_eq!(
        (summary.noted, summary.answered, summary.for_people.len()),
        (2, 2, 0),
        "{summary:?}"
    );
    assert!(office.left().is_empty());
    let all = relay.letters();
    let page = all.iter().find(|it| it.envelope.to == person(0)).unwrap();
    let page = text(page);
    insta::assert_snapshot!("by_mail_preferences_es", plain(&page));
    let titles = [
        "Quiero recibir: Cursos",
        "No quiero más: Ferias y ruedas",
        "Quiero una pausa de cuatro semanas",
    ];
    choose(&office, &page, &titles, ("3", 2));
    office.run = RunId(10);
    let summary = office.ingest();
    assert_eq!((summary.noted, summary.answered), (3, 1), "{summary:?}");
    assert_eq!(
        exact(&office, 0, Some("ferias")),
        Some(Exclusion::Unsubscribed)
    );
    let wishes = office.ledger("reader").wishes().unwrap();
    let who = office.key.id(&person(0));
    let rows: Vec<_> = wishes.row_of("socios", 0, &who).collect();
    let [row] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    let cells = Cells::open(&row.row, &office.key).unwrap();
    assert_eq!(
        cells.cells.get("temas").map(String::as_str),
        Some("cursos;ferias")
    );
    assert!(wishes.of(&who).paused_until(office.clock.now()).is_some());
    let page = text(&relay.letters()[2]);
    insta::assert_snapshot!("by_mail_preferences_es_after", plain(&page));
    let titles = [
        "Quiero recibir: Ferias y ruedas",
        "Quiero terminar la pausa",
        "Todo está bien así, sigo",
    ];
    choose(&office, &page, &titles, ("4", 5));
    office.run = RunId(11);
    assert_eq!(office.ingest().answered, 1);
    assert_eq!(exact(&office, 0, Some("ferias")), None);
    let held = office.ledger("reader").wishes().unwrap().of(&who);
    assert_eq!(held.paused_until(office.clock.now()), None);
    assert!(held.confirmed().is_some());
    let page = text(&relay.letters()[3]);
    assert!(
        page.contains("No quiero más: Ferias") && page.contains("seguimos en contacto"),
        "{page}"
    );
}

#[test]
fn machines_strangers_and_whom_nobody_may_write_to_are_not_answered() {
    let relay = Relay::default();
    let office = office(&relay);
    let suppressed = |n: u32, reason| SuppressionEvent::Suppressed {
        recipient: office.key.id(&person(n)),
        scope: Scope::All,
        reason,
        at: office.clock.now() - jiff::SignedDuration::from_hours(2),
        note: String::new(),
    };
    let batch = Batch {
        suppressions: vec![
            suppressed(0, Exclusion::Suppressed),
            suppressed(3, Exclusion::HardBounce),
        ],
        ..Batch::new(RunId(2), office.clock.now(), "by hand")
    };
    office.ledger("hand").publish(&batch).unwrap();
    let machine = "Auto-Submitted: auto-generated\n";
    for (n, action) in [
        (1, Action::Unsubscribe),
        (2, Action::Preferences),
        (2, Action::Pause),
    ] {
        let link = link(&office, n, action, None);
        follow(&office, &link, &format!("{n}{action:?}"), 1, machine);
    }
    // In no list; and whom the organisation itself does not write to.
    ask(&office, 4, Action::Unsubscribe, None, ("4", 1));
    ask(&office, 0, Action::Want, None, ("0", 1));
    let summary = office.ingest();
    assert_eq!(
        (summary.answered, summary.unanswered.len(), summary.passed),
        (0, 2, 2),
        "{summary:?}"
    );
    assert!(office.left().is_empty() && relay.letters().is_empty());
    assert_eq!(exact(&office, 1, None), Some(Exclusion::Unsubscribed));
    assert_eq!(exact(&office, 4, None), Some(Exclusion::Unsubscribed));
    assert_eq!(exact(&office, 0, None), Some(Exclusion::Suppressed));
    // What a server said a person takes back.
    ask(&office, 3, Action::Want, None, ("3", 1));
    assert_eq!(office.ingest().answered, 1);
    assert_eq!(exact(&office, 3, None), None);
    insta::assert_snapshot!("by_mail_back_en", plain(&text(&relay.letters()[0])));
}

#[test]
fn who_is_off_or_in_no_list_is_told_so_whatever_they_ask_for() {
    let relay = Relay::default();
    let office = office(&relay);
    ask(&office, 1, Action::Unsubscribe, None, ("left", 1));
    office.ingest();
    ask(&office, 1, Action::Confirm, None, ("stays", 2));
    office.ingest();
    let page = text(&relay.letters()[1]);
    assert!(!page.contains("restiamo in contatto"), "{page}");
    assert!(page.contains("non riceve i nostri messaggi"), "{page}");

    // In no list: answered where the mail comes from the very address, which proves itself.
    let link = link(&office, 4, Action::Want, None);
    follow(&office, &link, "of another", 3, "");
    assert_eq!(office.ingest().answered, 0);
    let from = person(4);
    let message = format!(
        "From: <{}>\nTo: {}\nSubject: x\nMessage-ID: <own@uno.test>\n\n\n",
        from.as_str(),
        link.strip_prefix("mailto:")
            .unwrap()
            .split_once('?')
            .unwrap()
            .0
    );
    office.arrives("own", &message);
    assert_eq!(office.ingest().answered, 1);
    let letter = &relay.letters()[2];
    let page = text(letter)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        page.contains("no está en ninguna de nuestras listas"),
        "{page}"
    );
    assert!(page.contains("escríbanos"), "{page}");
}

#[test]
fn nobody_gets_more_than_three_answers_a_day() {
    let relay = Relay::default();
    let mut office = office(&relay);
    for n in 0..5 {
        ask(&office, 0, Action::Preferences, None, (&format!("m{n}"), n));
        office.run = RunId(10 + u32::from(n));
        let summary = office.ingest();
        let wanted = (u64::from(n < 3), usize::from(n >= 3), 0);
        assert_eq!(
            (
                summary.answered,
                summary.unanswered.len(),
                summary.for_people.len()
            ),
            wanted
        );
        assert!(office.left().is_empty());
    }
    assert_eq!(relay.letters().len(), 3);
}

#[test]
fn a_relay_that_is_not_there_keeps_nobody_from_leaving() {
    let relay = Relay::default();
    let mut office = office(&relay);
    let desk = office.answers.replace(Err("SMTP_PASSWORD is not set"));
    ask(&office, 1, Action::Unsubscribe, None, ("1", 0));
    let summary = office.ingest();
    assert_eq!(
        (
            summary.noted,
            summary.unanswered.len(),
            summary.for_people.len()
        ),
        (1, 1, 0)
    );
    assert_eq!(exact(&office, 1, None), Some(Exclusion::Unsubscribed));
    // A question waits for its answer.
    ask(&office, 0, Action::Preferences, None, ("2", 0));
    let summary = office.ingest();
    let why = summary.for_people[0].why.clone().unwrap();
    assert!(why.starts_with("not answered: SMTP_PASSWORD"), "{why}");
    office.answers = desk;
    relay.busy(1);
    for (run, answered) in [(10, 0), (11, 1)] {
        office.run = RunId(run);
        let summary = office.ingest();
        assert_eq!(
            (summary.answered, summary.for_people.len() as u64),
            (answered, 1 - answered)
        );
    }
    assert!(office.left().is_empty());
    office.answers = None;
    ask(&office, 2, Action::Unsubscribe, None, ("3", 0));
    ask(&office, 2, Action::Preferences, None, ("4", 1));
    let summary = office.ingest();
    assert_eq!(
        (
            summary.noted,
            summary.unanswered.len(),
            summary.for_people.len()
        ),
        (1, 0, 1)
    );
    assert_eq!(relay.letters().len(), 1);
}

#[test]
fn of_two_readers_one_answers() {
    let relay = Relay::default();
    let mut office = office(&relay);
    ask(&office, 1, Action::Unsubscribe, Some("ferias"), ("1", 0));
    let (mut one, mut two) = (office.ledger("one"), office.ledger("two"));
    office.ingest_into(&mut one, false).unwrap();
    ask(&office, 1, Action::Unsubscribe, Some("ferias"), ("1", 0));
    ask(&office, 1, Action::Want, Some("cursos"), ("2", 1));
    office.run = RunId(10);
    let summary = office.ingest_into(&mut two, false).unwrap();
    // Of what the first had noted down meanwhile nothing is answered again.
    assert_eq!((summary.known, summary.answered), (1, 1), "{summary:?}");
    assert_eq!(relay.letters().len(), 2);
    assert_eq!(
        exact(&office, 1, Some("ferias")),
        Some(Exclusion::Unsubscribed)
    );
    assert_eq!(office.feedback().len(), 3);
    office.run = RunId(11);
    ask(&office, 1, Action::Unsubscribe, Some("ferias"), ("1", 0));
    assert_eq!(office.ingest().known, 1);
    assert_eq!(relay.letters().len(), 2);
}

#[test]
fn a_claim_that_nothing_followed_is_left_to_a_person() {
    let relay = Relay::default();
    let office = office(&relay);
    ask(&office, 0, Action::Preferences, None, ("1", 0));
    let message = std::fs::read_to_string(office.mail().join("new/1")).unwrap();
    let key = MessageKey::of(message.trim_end().as_bytes());
    let who = office.key.id(&person(0));
    let now = office.clock.now();
    let claim = |stage| Batch {
        forwards: vec![Forward::new(now, RunId(4), stage, &[key]).answering(&[who])],
        ..Batch::new(RunId(4), now, "forwards")
    };
    let mut dead = office.ledger("dead");
    dead.publish(&claim(Stage::Claimed)).unwrap();
    let summary = office.ingest();
    let why = summary.for_people[0].why.clone().unwrap();
    assert!(why.contains("may have been answered"), "{why}");
    assert_eq!(
        (office.left(), relay.letters().len()),
        (vec!["1".to_owned()], 0)
    );
    dead.publish(&claim(Stage::Released)).unwrap();
    assert_eq!(office.ingest().answered, 1);
    // It was answered: whoever finds it once more puts it away.
    office.arrives("2", &message);
    let again = office.ingest();
    assert_eq!((again.known, again.answered), (1, 0), "{again:?}");
    assert!(office.left().is_empty());
}

#[test]
fn a_dry_run_answers_nobody_and_forged_tokens_do_nothing() {
    let relay = Relay::default();
    let office = office(&relay);
    ask(&office, 0, Action::Preferences, None, ("1", 0));
    let dry = office.try_ingest("runner", true).unwrap();
    assert_eq!(
        (dry.noted, dry.answered, dry.for_people.len()),
        (1, 0, 0),
        "{dry:?}"
    );
    assert_eq!(office.left(), ["1"]);
    std::fs::remove_file(office.mail().join("new/1")).unwrap();
    let forged = link(&office, 0, Action::Want, None).replacen("+a", "+b", 1);
    follow(&office, &forged, "2", 0, "");
    let other = postmerge::mail::recipient_id::RecipientKey::from_secret(&[8; 32]).unwrap();
    let foreign = Leave {
        action: Action::Preferences,
        scope: token::Scope::All,
        recipient: office.key.id(&person(0)),
        mailing: None,
    };
    follow(
        &office,
        &foreign.mailto(&other, &address("bajas@camara.example")),
        "3",
        0,
        "",
    );
    let summary = office.ingest();
    // Both look as if a person had written them.
    let listed = summary.for_people.len();
    assert_eq!((listed, summary.answered), (2, 0), "{summary:?}");
    assert!(relay.letters().is_empty() && office.feedback().is_empty());
}

/// What the portal publishes, by a clock that is so many minutes behind the mailbox's reading, or ahead of it.
fn portal(office: &Office, minutes: i64, lifted: &[u32], wished: &[(u32, Wanted)]) {
    let at = office.clock.now() + jiff::SignedDuration::from_mins(minutes);
    let lift = |n: &u32| SuppressionEvent::Lifted {
        recipient: office.key.id(&person(*n)),
        scope: Scope::All,
        what: Lifting::Own,
        at,
        note: String::new(),
    };
    let wish = |(n, what): &(u32, Wanted)| Wish {
        key: MessageKey::of(format!("{n} {minutes}").as_bytes()),
        recipient: office.key.id(&person(*n)),
        at,
        way: Way::Portal,
        what: what.clone(),
    };
    let mut ledger = office.ledger("portal");
    ledger
        .publish(&Batch {
            suppressions: lifted.iter().map(lift).collect(),
            wishes: wished.iter().map(wish).collect(),
            ..Batch::new(RunId(3), office.clock.now(), "portal")
        })
        .unwrap();
}

#[test]
fn who_leaves_by_mail_has_left_whatever_clocks_say() {
    let relay = Relay::default();
    let office = office(&relay);
    // The portal's clock is ahead; the other's writer's is at 1970, who came back yesterday.
    portal(&office, 60, &[0], &[]);
    portal(&office, -1440, &[1], &[]);
    ask(&office, 0, Action::Unsubscribe, None, ("1", 50));
    let old = |text: String| {
        let (before, rest) = text.split_once("Date: ").unwrap();
        let (_, after) = rest.split_once('\n').unwrap();
        format!("{before}Date: Thu, 01 Jan 1970 00:00:00 +0000\n{after}")
    };
    ask(&office, 1, Action::Unsubscribe, None, ("2", 50));
    let text = std::fs::read_to_string(office.mail().join("new/2")).unwrap();
    office.arrives("2", &old(text));
    let summary = office.ingest();
    assert_eq!(
        (summary.suppressed, summary.lifted_since, summary.answered),
        (2, 0, 2),
        "{summary:?}"
    );
    for n in [0, 1] {
        assert_eq!(exact(&office, n, None), Some(Exclusion::Unsubscribed));
    }
    let said = relay.letters();
    let said: Vec<String> = said.iter().map(text_of_left).collect();
    assert!(said.iter().all(|it| it == "left"), "{said:?}");
    // The one whose portal was ahead comes back by mail.
    ask(&office, 0, Action::Want, None, ("3", 55));
    office.ingest();
    assert_eq!(exact(&office, 0, None), None);
}

/// A leave that our server dates, which the person took back on the portal before anybody read the mailbox; and the clocks of the two.
#[test]
fn a_leave_that_is_read_late_does_not_undo_a_later_return() {
    let relay = Relay::default();
    let office = office(&relay);
    portal(&office, -600, &[0], &[]);
    portal(&office, -30, &[1], &[]);
    let arrived = |minutes| {
        let at = office.clock.now() - jiff::SignedDuration::from_mins(minutes);
        format!("{}.M1P2.mx", at.as_second())
    };
    ask(&office, 0, Action::Unsubscribe, None, (&arrived(1200), 0));
    ask(&office, 1, Action::Unsubscribe, None, (&arrived(50), 0));
    let summary = office.ingest();
    assert_eq!(
        (summary.suppressed, summary.lifted_since),
        (1, 1),
        "{summary:?}"
    );
    assert_eq!(exact(&office, 0, None), None);
    assert_eq!(exact(&office, 1, None), Some(Exclusion::Unsubscribed));
    // Nobody is told that they left who did not.
    let said: Vec<String> = relay.letters().iter().map(text_of_left).collect();
    let left = said.iter().filter(|it| *it == "left").count();
    assert_eq!((said.len(), left), (2, 1), "{said:?}");
}

/// `left` where a letter says that somebody left.
fn text_of_left(letter: &Letter) -> String {
    let text = text(letter);
    let left = ["Ya no le escribiremos.", "Non le scriveremo più."];
    match left.iter().any(|it| text.contains(it)) {
        true => "left".to_owned(),
        false => text,
    }
}

#[test]
fn a_mail_that_is_read_late_does_not_outdo_what_was_said_since() {
    let relay = Relay::default();
    let office = office(&relay);
    let now = office.clock.now();
    let ended = Wanted::Paused { until: now };
    portal(&office, -30, &[], &[(0, ended.clone())]);
    portal(&office, 60, &[], &[(1, ended)]);
    ask(&office, 0, Action::Pause, None, ("1", 0));
    // What claims to be of a time to come was said before all the same.
    ask(&office, 1, Action::Pause, None, ("2", 0));
    office.ingest();
    let wishes = office.ledger("reader").wishes().unwrap();
    let paused = |n| {
        let held = wishes.of(&office.key.id(&person(n)));
        held.paused_until(now).is_some()
    };
    assert_eq!((paused(0), paused(1)), (false, true));
}

#[test]
fn messages_are_taken_in_the_order_in_which_they_arrived() {
    let relay = Relay::default();
    let office = office(&relay);
    for (n, first, last) in [(0, "a", "b"), (1, "d", "c")] {
        ask(&office, n, Action::Unsubscribe, None, (first, 10));
        ask(&office, n, Action::Want, None, (last, 20));
    }
    for (n, first, last) in [(2, "e", "f"), (3, "h", "g")] {
        ask(&office, n, Action::Want, None, (first, 10));
        ask(&office, n, Action::Unsubscribe, None, (last, 20));
    }
    office.ingest();
    for n in [0, 1] {
        assert_eq!(exact(&office, n, None), None, "{n}");
    }
    for n in [2, 3] {
        assert_eq!(exact(&office, n, None), Some(Exclusion::Unsubscribed));
    }
}

#[test]
fn our_servers_clock_counts_before_the_writers() {
    let relay = Relay::default();
    let office = office(&relay);
    let now = office.clock.now();
    let minutes = |n| now - jiff::SignedDuration::from_mins(n);
    let received = |n| {
        let date = jiff::fmt::rfc2822::to_string(&minutes(n).to_zoned(TimeZone::UTC)).unwrap();
        format!("from mx.ajeno.test by mx.camara.example\n\twith ESMTP; {date} (UTC)")
    };
    ask(&office, 0, Action::Confirm, None, ("1", 0));
    let text = std::fs::read_to_string(office.mail().join("new/1")).unwrap();
    // The topmost is our server's.
    let (near, far) = (received(5), received(40));
    office.arrives("1", &format!("Received: {near}\nReceived: {far}\n{text}"));
    // A Maildir's file says when it was delivered.
    let name = format!("{}.M1P2.mx", minutes(7).as_second());
    ask(&office, 1, Action::Confirm, None, (&name, 0));
    office.ingest();
    let wishes = office.ledger("reader").wishes().unwrap();
    let confirmed = |n| wishes.of(&office.key.id(&person(n))).confirmed();
    assert_eq!(
        (confirmed(0), confirmed(1)),
        (Some(minutes(5)), Some(minutes(7)))
    );
}
