//! Joining on real repositories: by a link that goes to the address, once; and nobody hears who is a member, or who may not be one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;
mod portal_common;

use axum::http::StatusCode;
use deliver_common::{House, clock, now_of};
use jiff::SignedDuration;
use portal_common::{Desktop, house, key, link, sends, who};
use postmerge::clock::{Clock as _, VirtualClock};
use postmerge::ledger::branch::Batch;
use postmerge::ledger::event::{Exclusion, RunId, Scope, SuppressionEvent};
use postmerge::mail::invitation::Invitation;
use postmerge::mail::token::{Action, Scope as Tag};

const FORM: &str = "address=nueva%40b.test&socios.nombre=Nueva&socios.temas=becas&agree=yes&consent=Quiero+recibir+los+avisos.";

/// The form, filled in for somebody.
fn form(address: &str) -> String {
    FORM.replace("nueva%40b.test", &address.replace('@', "%40"))
}

fn later(clock: &VirtualClock, minutes: i64) {
    clock.advance_to(now_of(clock) + SignedDuration::from_mins(minutes));
}

/// The organisation says that they are not written to.
fn bar(desk: &Desktop, house: &House, clock: &VirtualClock, address: &str) {
    let mut ledger = desk.opened(house).ledger;
    let mut batch = Batch::new(RunId(9), now_of(clock), "barred".to_owned());
    batch.suppressions.push(SuppressionEvent::Suppressed {
        recipient: who(address),
        scope: Scope::All,
        reason: Exclusion::Suppressed,
        at: now_of(clock),
        note: "asked by letter".to_owned(),
    });
    ledger.use_key(key().fingerprint()).unwrap();
    ledger.publish(&batch).unwrap();
}

/// The wishes on the ledger, by name.
fn wishes(desk: &Desktop, house: &House) -> Vec<&'static str> {
    let mut found = Vec::new();
    let ledger = desk.opened(house).ledger;
    ledger
        .wish_events(0, |_, wish| found.push(wish.what.name()))
        .unwrap();
    found
}

#[tokio::test]
async fn somebody_joins_by_the_link_that_was_sent_to_them() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let form = desk.get("/join/socios").await;
    assert!(
        form.text.contains("Quiero recibir los avisos."),
        "{}",
        form.text
    );
    let without = desk
        .post("/join/socios", "address=nueva%40b.test&socios.nombre=Nueva")
        .await;
    assert_eq!(
        without.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "nobody joins without agreeing"
    );
    let body = "address=nueva%40b.test&socios.nombre=Nueva&socios.temas=becas&agree=yes&consent=Quiero+recibir+los+avisos.";
    // A robot fills in what people do not see; it hears the same and nothing is sent.
    let robot = desk
        .post("/join/socios", &format!("{body}&website=x"))
        .await;
    let asked = desk.post("/join/socios", body).await;
    assert_eq!((robot.status, robot.text), (asked.status, asked.text));
    assert_eq!(desk.mails.all().len(), 1);
    assert_eq!(desk.mails.all()[0].0, "nueva@b.test");
    let path = desk.mails.last_link();
    // A scanner opens it, twice.
    for _ in 0..2 {
        assert_eq!(desk.get(&path).await.status, StatusCode::OK);
    }
    desk.portal.round().await.unwrap();
    assert_eq!(
        desk.commits(&house),
        0,
        "nothing is stored before somebody says yes"
    );
    for _ in 0..2 {
        let welcome = desk.post(&path, "").await;
        assert_eq!(welcome.status, StatusCode::OK);
        assert!(welcome.text.contains("Socios"));
    }
    desk.portal.round().await.unwrap();
    assert_eq!(sends(&house, 1, &clock), 6, "the new member is mailed");

    // Whether somebody is a member is told to the address alone.
    let again = desk
        .post(
            "/join/socios",
            &body.replace("nueva", "p1").replace("b.test", "a.test"),
        )
        .await;
    assert!(again.text.contains("p1@a.test"));
    let (_, text) = desk.mails.all().pop().unwrap();
    assert!(
        text.starts_with("Ya recibe los correos de «Socios»"),
        "{text}"
    );
    assert!(desk.mails.last_link().starts_with("/p/"));
}

#[tokio::test]
async fn nobody_hears_who_is_a_member_or_barred_not_by_waiting_either() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    bar(&desk, &house, &clock, "barred@b.test");
    desk.portal.round().await.unwrap();
    let all = ["p1@a.test", "barred@b.test", "nueva@b.test"];
    // The relay takes nothing: whoever is answered did not wait for it.
    desk.mails.open(false);
    let mut answers = Vec::new();
    for (client, address) in (0..).zip(all) {
        let answer = desk.from(client, "/join/socios", &form(address)).await;
        let text = answer.text.replace(address, "");
        answers.push((answer.status, text));
    }
    assert_eq!(answers[0].0, StatusCode::OK);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    // Too many wait: everybody hears so, a robot included.
    let mut waiting = 2;
    for client in 3..300 {
        let body = form(&format!("q{client}@b.test"));
        match desk.from(client, "/join/socios", &body).await.status {
            StatusCode::OK => waiting += 1,
            StatusCode::SERVICE_UNAVAILABLE => break,
            other => panic!("{client}: {other}"),
        }
        clock.advance_to(now_of(&clock) + SignedDuration::from_secs(1));
    }
    assert!((255..=256).contains(&waiting), "{waiting}");
    let robot = format!("{}&website=x", form("robot@b.test"));
    let forms = all.map(form).into_iter().chain([robot]);
    for (client, body) in (300..).zip(forms) {
        let answer = desk.from(client, "/join/socios", &body).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
        assert_eq!(answer.headers["retry-after"], "60");
    }
    desk.mails.open(true);
    desk.portal.mails_are_out().await;
    let mails = desk.mails.all();
    assert!(mails.iter().all(|(to, _)| to != "barred@b.test"));
    assert_eq!(mails.len(), waiting, "whoever was told so got one");
    let member = mails.iter().find(|(to, _)| to == "p1@a.test").unwrap();
    assert!(
        member.1.starts_with("Ya recibe los correos de «Socios»"),
        "{}",
        member.1
    );
}

#[tokio::test]
async fn a_mail_that_the_relay_does_not_take_is_tried_again_for_a_while() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let began = now_of(&clock);
    desk.mails.refuse(&[451, 451]);
    desk.post("/join/socios", FORM).await;
    assert_eq!(desk.mails.all().len(), 1);
    assert_eq!(now_of(&clock), began + SignedDuration::from_mins(6));
    assert_eq!(desk.figure("errors_total").await, 0);
    // For good, and for longer than anybody waits.
    for codes in [&[550][..], &[451; 4]] {
        desk.mails.refuse(codes);
        later(&clock, 24 * 60);
        let answer = desk.post("/join/socios", FORM).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(desk.mails.all().len(), 1);
    assert_eq!(desk.figure("errors_total").await, 2);
    assert_eq!(desk.logged("could not be sent"), 2);
    assert_eq!(desk.logged("nueva"), 0, "no address is logged");
}

#[tokio::test]
async fn mails_that_are_tried_again_take_nobodys_place_who_asks() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let all = 259;
    desk.mails.refuse(&vec![451; all]);
    // The minute after which they are tried again does not pass.
    let _still = clock.hold();
    for client in 0..all {
        let body = form(&format!("q{client}@b.test"));
        let client = u16::try_from(client).unwrap();
        let answer = desk.from(client, "/join/socios", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{client}");
        while desk.mails.refusals() >= all - usize::from(client) {
            tokio::task::yield_now().await;
        }
        if client == 199 {
            clock.advance_to(now_of(&clock) + SignedDuration::from_secs(59));
        }
    }
    // Of those that wait to be tried again there are not too many either.
    while desk.logged("too many wait already") < all - 256 {
        tokio::task::yield_now().await;
    }
    assert_eq!(desk.logged("could not be sent"), all - 256);
}

#[tokio::test]
async fn nobodys_mailbox_is_flooded_by_however_many_clients() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let mut answers = Vec::new();
    for client in 0..12 {
        let answer = desk.from(client, "/join/socios", FORM).await;
        answers.push((answer.status, answer.text));
        desk.portal.mails_are_out().await;
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(desk.mails.all().len(), 2);
    for (hours, mails) in [(23, 2), (2, 3), (22, 3), (2, 4)] {
        later(&clock, hours * 60);
        for client in 20..25 {
            desk.from(client, "/join/socios", FORM).await;
        }
        desk.portal.mails_are_out().await;
        assert_eq!(desk.mails.all().len(), mails, "two within a day at most");
    }
    let (_, text) = desk.mails.all().pop().unwrap();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("su dirección no entra en la lista"), "{text}");
    // One client writes to so many at once, and is told.
    let mut last = StatusCode::OK;
    for n in 0..6 {
        let body = form(&format!("other{n}@b.test"));
        last = desk.from(99, "/join/socios", &body).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    desk.portal.mails_are_out().await;
    assert_eq!(desk.mails.all().len(), 9);
}

#[tokio::test]
async fn a_link_is_good_for_a_week_and_joins_once() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    desk.post("/join/socios", FORM).await;
    let path = desk.mails.last_link();
    later(&clock, 7 * 24 * 60 - 1);
    assert_eq!(desk.get(&path).await.status, StatusCode::OK);
    assert_eq!(desk.post(&path, "").await.status, StatusCode::OK);
    // They leave; whoever finds the link does not bring them back.
    let leaving = link(Action::Unsubscribe, Tag::All, "nueva@b.test");
    desk.post(&leaving, "").await;
    let used = desk.post(&path, "").await;
    assert_eq!(used.status, StatusCode::OK);
    assert!(used.text.contains("Este enlace ya se usó"), "{}", used.text);
    assert!(used.text.contains("https://correo.c.test/p/"));
    assert!(!used.text.contains("bienvenida"));
    desk.portal.round().await.unwrap();
    assert_eq!(desk.post(&path, "").await.status, StatusCode::OK);
    desk.portal.round().await.unwrap();
    assert_eq!(wishes(&desk, &house), ["joined"]);
    drop(desk);
    let desk = Desktop::open(&house, "portal", &clock);
    assert_eq!(desk.post(&path, "").await.status, StatusCode::OK);
    desk.portal.round().await.unwrap();
    assert_eq!(wishes(&desk, &house), ["joined"]);
    let suppressions = desk.opened(&house).ledger.suppressions().unwrap();
    assert_eq!(
        suppressions.exact(&who("nueva@b.test"), &Scope::All),
        Some(Exclusion::Unsubscribed)
    );
    later(&clock, 2);
    assert_eq!(desk.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.post(&path, "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_link_of_who_was_forgotten_says_nothing() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    desk.post("/join/socios", FORM).await;
    let path = desk.mails.last_link();
    desk.post(&path, "").await;
    desk.portal.round().await.unwrap();
    let own = link(Action::Preferences, Tag::All, "nueva@b.test");
    assert!(desk.get(&own).await.text.contains("nueva@b.test"));
    bar(&desk, &house, &clock, "nueva@b.test");
    desk.portal.round().await.unwrap();
    assert_eq!(desk.post(&path, "").await.status, StatusCode::NOT_FOUND);
    // No list has them: what they wrote is sealed on the ledger, and shown to nobody.
    for more in ["", "/data", "/data.json"] {
        let answer = desk.get(&format!("{own}{more}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{more}");
        assert!(!answer.text.contains("nueva"), "{more}: {}", answer.text);
    }
    assert_eq!(
        desk.post(&own, "do=rejoin").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        desk.post(&own, "do=disown").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_topic_that_leaves_the_list_takes_nothing_else_with_it() {
    let (house, clock) = (house(), clock());
    let campaign = "campaigns/uno/campaign.yaml";
    let topic = "{lists: [socios], topic: ferias}";
    house.edit(campaign, "{lists: [socios]}", topic);
    let (both, one) = ("X1,true,,ferias;becas,1", "X1,true,,ferias,1");
    house.edit("lists/socios.csv", one, both);
    house.push("for those who want fairs");
    let desk = Desktop::open(&house, "portal", &clock);
    let body = FORM.replace("temas=becas", "temas=becas&socios.temas=ferias");
    desk.post("/join/socios", &body).await;
    desk.post(&desk.mails.last_link(), "").await;
    later(&clock, 1);
    desk.post("/join/socios", &body.replace("nueva", "otra"))
        .await;
    let pending = desk.mails.last_link();
    let dario = link(Action::Preferences, Tag::All, "p1@a.test");
    let saved = desk.post(&dario, "do=save&socios.temas=becas").await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    desk.portal.round().await.unwrap();

    house.edit("lists/socios.yaml", ", becas: {title: Becas}", "");
    house.edit("lists/socios.csv", both, one);
    house.edit("lists/socios.csv", "ferias; becas", "ferias");
    house.push("no grants any more");
    desk.portal.round().await.unwrap();
    let joined = desk.post(&pending, "").await;
    assert_eq!(joined.status, StatusCode::OK, "{}", joined.text);
    desk.portal.round().await.unwrap();
    // Four of five, and both who joined.
    assert_eq!(sends(&house, 1, &clock), 6);
}

#[tokio::test]
async fn what_did_not_go_out_at_the_end_is_said() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    desk.mails.refuse(&[451, 451, 451, 451, 451]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_ask, stop) = tokio::sync::watch::channel(true);
    desk.mails.open(false);
    assert_eq!(
        desk.from(1, "/join/socios", FORM).await.status,
        StatusCode::OK
    );
    let every = std::time::Duration::from_secs(30);
    let running = desk.portal.run(listener, every, stop);
    let waits = "1 mail with a link waits, and is tried once more";
    let opening = async {
        while desk.logged(waits) == 0 {
            tokio::task::yield_now().await;
        }
        desk.mails.open(true);
    };
    let (ended, ()) = tokio::join!(running, opening);
    ended.unwrap();
    assert_eq!(desk.logged("1 mail with a link did not go out"), 1);
}

#[tokio::test]
async fn what_must_be_filled_is_whatever_form_it_comes_from() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let invitation = Invitation {
        list: "socios".to_owned(),
        address: "invitada@b.test".to_owned(),
        occurrence: "uno".to_owned(),
        index: 0,
    };
    let invited = format!("/i/{}", invitation.seal(&key()).unwrap().as_str());
    for (path, body) in [
        (
            "/join/socios",
            "address=nueva%40b.test&agree=yes&consent=Quiero+recibir+los+avisos.",
        ),
        (
            "/join/socios",
            "address=nueva%40b.test&agree=yes&consent=Quiero+recibir+los+avisos.&socios.nombre=",
        ),
        (&invited, "agree=yes&consent=Quiero+recibir+los+avisos."),
        (
            &invited,
            "agree=yes&consent=Quiero+recibir+los+avisos.&socios.nombre=+",
        ),
    ] {
        let answer = desk.post(path, body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(answer.text.contains("aria-invalid"), "{}", answer.text);
        let title = "<title>Error: Inscribirse";
        assert!(answer.text.contains(title), "{}", answer.text);
    }
    // What the list's owner would open in a spreadsheet.
    for odd in ["%3Dcmd@x.test", "@x.test", "%2Bcmd@x.test", "-1%2B1@x.test"] {
        let answer = desk.post("/join/socios", &form(odd)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{odd}");
    }
    assert_eq!(desk.mails.all().len(), 0);
    let answer = desk
        .post(
            &invited,
            "agree=yes&consent=Quiero+recibir+los+avisos.&socios.nombre=Eva",
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    desk.portal.round().await.unwrap();
    assert_eq!(wishes(&desk, &house), ["joined"]);
}

#[tokio::test]
async fn whoever_wants_several_lists_gets_a_mail_for_each() {
    let (house, clock) = (house(), clock());
    let lists = ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete"];
    for list in lists {
        house.write(
            &format!("lists/{list}.yaml"),
            "title: Avisos\nowner: ana\npurpose: Avisos\n\
             consent: {basis: consent, column: acepta}\n\
             columns:\n  acepta: {type: bool, required: true}\n\
             joining: {public: true, consent: {es: Quiero recibir los avisos.}}\n",
        );
        house.write(&format!("lists/{list}.csv"), "email,acepta\n");
    }
    house.push("many lists");
    let desk = Desktop::open(&house, "portal", &clock);
    let asks = async |client: u16, list: &str| {
        let path = format!("/join/{list}");
        let answer = desk.from(client, &path, FORM).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        desk.portal.mails_are_out().await;
    };
    // What the relay does not take counts for nothing.
    desk.mails.refuse(&[550; 8]);
    for client in 0..8 {
        asks(client, lists[0]).await;
    }
    assert_eq!((desk.mails.all().len(), desk.mails.refusals()), (0, 0));
    for (client, list) in (10..).zip(lists) {
        asks(client, list).await;
    }
    assert_eq!(desk.mails.all().len(), 6, "of all lists six within a day");
    asks(20, lists[6]).await;
    assert_eq!(desk.mails.all().len(), 6);
    assert_eq!(desk.logged("a mail with a link was withheld"), 1);
    assert_eq!(desk.logged("nueva"), 0, "no address is logged");
}

#[tokio::test]
async fn where_no_form_can_mend_a_row_none_is_shown() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    desk.post("/join/socios", FORM).await;
    let path = desk.mails.last_link();
    let optional = "cuota: {type: number}";
    let required = "cuota: {type: number, required: true}";
    house.edit("lists/socios.yaml", optional, required);
    house.push("a fee that nobody is asked for");
    desk.portal.round().await.unwrap();
    let answer = desk.post(&path, "").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(desk.logged("nobody can join"), 1);
}
