//! What saving the preferences asks for, and what it does not; staying; and what people are told who get nothing.

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
use portal_common::{Answered, Desktop, house, key, link, sends, who};
use postmerge::clock::VirtualClock;
use postmerge::ledger::branch::Batch;
use postmerge::ledger::event::{Exclusion, RunId, Scope, SuppressionEvent};
use postmerge::ledger::feedback::MessageKey;
use postmerge::ledger::wish::{Wanted, Way, Wish};
use postmerge::mail::token::{Action, Scope as Tag};

const FORM: &str = "address=nueva%40b.test&socios.nombre=Nueva&socios.temas=becas&agree=yes&consent=Quiero+recibir+los+avisos.";

/// Somebody's preferences.
fn own(address: &str) -> String {
    link(Action::Preferences, Tag::All, address)
}

fn later(clock: &VirtualClock, minutes: i64) {
    clock.advance_to(now_of(clock) + SignedDuration::from_mins(minutes));
}

/// The organisation says that somebody is not written to.
fn bar(desk: &Desktop, house: &House, clock: &VirtualClock, address: &str, scope: Scope) {
    let mut ledger = desk.ledger(house);
    let mut batch = Batch::new(RunId(9), now_of(clock), "barred".to_owned());
    batch.suppressions.push(SuppressionEvent::Suppressed {
        recipient: who(address),
        scope,
        reason: Exclusion::Suppressed,
        at: now_of(clock),
        note: String::new(),
    });
    ledger.use_key(key().fingerprint()).unwrap();
    ledger.publish(&batch).unwrap();
}

/// The wishes on the ledger, by name.
fn wishes(desk: &Desktop, house: &House) -> Vec<&'static str> {
    let mut found = Vec::new();
    let ledger = desk.ledger(house);
    ledger
        .wish_events(0, |_, wish| found.push(wish.what.name()))
        .unwrap();
    found
}

/// A newsletter that asks all once a month whether they want to go on.
fn asks(house: &House) {
    house.write(
        "campaigns/uno/campaign.yaml",
        "subject: Datos\nsender: eventos\ntemplate: b\naudience: {lists: [socios]}\n\
         reconfirmation: quarter\nsend: {date: 2026-12-02, window: \"12:00\", every: month}\n",
    );
    house.write("campaigns/uno/body.md", "¿Sigue? [Sí]({{ confirm_url }})\n");
}

fn saved(answer: &Answered) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

/// A piece of a list's settings is another.
fn with(from: &str, to: &str) -> House {
    let house = house();
    house.edit("lists/socios.yaml", from, to);
    house.push("another list");
    house
}

#[tokio::test]
async fn whatever_somebody_asks_for_answers_whether_they_want_to_go_on() {
    let (house, clock) = (house(), clock());
    asks(&house);
    house.push("a question");
    let desk = Desktop::open(&house, "portal", &clock);
    saved(
        &desk
            .post(
                &own("p1@a.test"),
                "do=save&socios.nombre=X1&socios.temas=ferias&often=0",
            )
            .await,
    );
    saved(
        &desk
            .post(&own("p2@a.test"), "do=save&socios.nombre=X2&often=30")
            .await,
    );
    desk.post(&own("p3@a.test"), "do=leave").await;
    saved(&desk.post(&own("p3@a.test"), "do=rejoin").await);
    desk.post(&own("p4@a.test"), "do=pause&weeks=1").await;
    saved(&desk.post(&own("p4@a.test"), "do=resume").await);
    desk.portal.round().await.unwrap();
    assert_eq!(
        wishes(&desk, &house),
        ["confirmed", "at-most", "confirmed", "paused", "paused"]
    );
    assert_eq!(sends(&house, 1, &clock), 1, "who said nothing is asked");
}

#[tokio::test]
async fn who_did_not_answer_sees_it_and_what_to_do() {
    let (house, clock) = (house(), clock());
    asks(&house);
    house.edit(
        "postmerge.yaml",
        "portal:",
        "policy: {reconfirmation: {asks: 1, days: 2, unconfirmed: exclude}}\nportal:",
    );
    house.push("a question");
    let said = "Todavía no nos ha confirmado";
    assert_eq!(sends(&house, 1, &clock), 5);
    let desk = Desktop::open(&house, "portal", &clock);
    desk.portal.round().await.unwrap();
    let path = own("p1@a.test");
    assert!(!desk.get(&path).await.text.contains(said));
    later(&clock, 5 * 24 * 60);
    let page = desk.get(&path).await.text;
    assert!(
        page.contains(said) && page.contains("value=\"confirm\""),
        "{page}"
    );
    saved(&desk.post(&path, "do=confirm").await);
    assert!(!desk.get(&path).await.text.contains(said));
    // And by whatever else they ask for.
    let path = own("p2@a.test");
    assert!(desk.get(&path).await.text.contains(said));
    saved(&desk.post(&path, "do=save&often=7").await);
    assert!(!desk.get(&path).await.text.contains(said));
}

#[tokio::test]
async fn who_is_off_and_confirms_is_told_the_truth() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let (off, thanks) = (
        "Actualmente no recibe nuestros correos",
        "seguimos en contacto",
    );
    let confirm = |address| link(Action::Confirm, Tag::All, address);
    desk.post(&own("p1@a.test"), "do=leave").await;
    bar(&desk, &house, &clock, "p2@a.test", Scope::All);
    bar(&desk, &house, &clock, "gone@b.test", Scope::All);
    desk.portal.round().await.unwrap();
    for answer in [
        desk.get(&confirm("p1@a.test")).await,
        desk.post(&confirm("p1@a.test"), "").await,
    ] {
        assert!(answer.text.contains(off), "{}", answer.text);
        assert!(answer.text.contains("value=\"rejoin\"") && answer.text.contains("/p/"));
        assert!(!answer.text.contains(thanks));
    }
    for answer in [
        desk.get(&confirm("p2@a.test")).await,
        desk.post(&confirm("p2@a.test"), "").await,
    ] {
        assert!(
            answer.text.contains("No enviamos correos a esta dirección"),
            "{}",
            answer.text
        );
        assert!(!answer.text.contains("<button") && !answer.text.contains(thanks));
    }
    // Of who was forgotten nothing is shown, and nothing put down.
    let asked = wishes(&desk, &house).len();
    let forgotten = confirm("gone@b.test");
    assert_eq!(desk.get(&forgotten).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        desk.post(&forgotten, "").await.status,
        StatusCode::NOT_FOUND
    );
    desk.portal.round().await.unwrap();
    assert_eq!(wishes(&desk, &house).len(), asked + 2);
    let stays = desk.post(&confirm("p3@a.test"), "").await;
    assert!(stays.text.contains(thanks), "{}", stays.text);
}

#[tokio::test]
async fn whom_no_list_has_any_more_is_shown_how_to_join_again() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let leaving = link(Action::Unsubscribe, Tag::All, "nora@b.test");
    desk.post(&leaving, "").await;
    let page = desk.get(&own("nora@b.test")).await.text;
    assert!(
        page.contains("no está en ninguna de nuestras listas"),
        "{page}"
    );
    assert!(page.contains("https://correo.c.test/join/socios"), "{page}");
    assert!(!page.contains("value=\"rejoin\""), "{page}");
    let confirm = link(Action::Confirm, Tag::All, "nora@b.test");
    for answer in [desk.get(&confirm).await, desk.post(&confirm, "").await] {
        let text = answer.text;
        assert!(
            text.contains("no está en ninguna de nuestras listas"),
            "{text}"
        );
    }
    // Which undoes it.
    desk.post("/join/socios", &FORM.replace("nueva", "nora"))
        .await;
    desk.post(&desk.mails.last_link(), "").await;
    desk.portal.round().await.unwrap();
    assert_eq!(sends(&house, 1, &clock), 6);
}

#[tokio::test]
async fn what_is_the_same_however_it_is_written_is_not_changed() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let path = own("p4@a.test");
    let page = desk.get(&path).await.text;
    assert!(
        page.contains("name=\"was.socios.revista\" value=\"true\""),
        "{page}"
    );
    assert!(
        page.contains("name=\"was.socios.temas\" value=\"becas;ferias\""),
        "{page}"
    );
    let body = "do=save&socios.nombre=X4&socios.temas=becas&socios.temas=ferias&socios.temas=&socios.idioma=&socios.revista=true&often=30";
    saved(&desk.post(&path, body).await);
    desk.portal.round().await.unwrap();
    assert_eq!(wishes(&desk, &house), ["at-most"]);
}

#[tokio::test]
async fn what_was_taken_back_at_another_portal_is_taken_back() {
    let (house, clock) = (house(), clock());
    let [one, two] = ["portal", "other"].map(|name| Desktop::open(&house, name, &clock));
    one.post(&own("p1@a.test"), "do=leave").await;
    let topic = link(
        Action::Unsubscribe,
        Tag::topic(&key(), "ferias"),
        "p3@a.test",
    );
    one.post(&topic, "").await;
    let unticked = "do=save&was.socios.temas=ferias&socios.temas=&was.often=0&often=0";
    saved(&one.post(&own("p2@a.test"), unticked).await);
    later(&clock, 1);
    // What the first one showed is sent to the second, which knows of nothing yet.
    saved(&two.post(&own("p1@a.test"), "do=rejoin").await);
    let ticked = "do=save&was.socios.temas=&socios.temas=ferias&was.often=0&often=0";
    for address in ["p2@a.test", "p3@a.test"] {
        saved(&two.post(&own(address), ticked).await);
    }
    for desk in [&one, &two, &one] {
        desk.portal.round().await.unwrap();
    }
    let suppressions = one.ledger(&house).suppressions().unwrap();
    assert_eq!(suppressions.exact(&who("p1@a.test"), &Scope::All), None);
    for address in ["p2@a.test", "p3@a.test"] {
        let page = one.get(&own(address)).await.text;
        assert!(
            page.contains("value=\"ferias\" checked"),
            "{address}: {page}"
        );
    }
}

#[tokio::test]
async fn an_old_form_takes_back_nothing_that_others_changed_since() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let row = "p1@a.test,X1,true,,ferias,1,";
    house.edit("lists/socios.csv", row, "p1@a.test,Otro,true,,,1,");
    house.push("the owner corrects it");
    desk.portal.round().await.unwrap();
    let path = own("p1@a.test");
    let old = "do=save&was.socios.nombre=X1&socios.nombre=X1&was.socios.temas=ferias&socios.temas=ferias&socios.temas=becas&socios.temas=&was.often=0&often=0";
    saved(&desk.post(&path, old).await);
    let page = desk.get(&path).await.text;
    assert!(page.contains("value=\"Otro\""), "{page}");
    assert!(page.contains("value=\"becas\" checked"), "{page}");
    assert!(!page.contains("value=\"ferias\" checked"), "{page}");
    // A form that is shown again goes on from what it had shown.
    let wrong = old.replace("&socios.nombre=X1", "&socios.nombre=%3D1");
    let again = desk.post(&path, &wrong).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        again
            .text
            .contains("name=\"was.socios.nombre\" value=\"X1\""),
        "{}",
        again.text
    );
}

#[tokio::test]
async fn topics_that_must_be_chosen_say_so() {
    let house = with(
        "temas: {type: topics}",
        "temas: {type: topics, required: true}",
    );
    let clock = clock();
    let desk = Desktop::open(&house, "portal", &clock);
    let none = desk
        .post(
            &own("p1@a.test"),
            "do=save&was.socios.temas=ferias&socios.temas=",
        )
        .await;
    let form = FORM.replace("socios.temas=becas", "socios.temas=");
    for answer in [none, desk.post("/join/socios", &form).await] {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for part in [
            "Elija al menos uno.",
            "aria-invalid=\"true\"",
            "(elija al menos uno)",
        ] {
            assert!(answer.text.contains(part), "{part}: {}", answer.text);
        }
    }
    // What they chose leaves the list: they are asked for another,
    desk.post("/join/socios", FORM).await;
    let pending = desk.mails.last_link();
    house.edit("lists/socios.csv", "ferias; becas", "ferias");
    house.edit("lists/socios.yaml", ", becas: {title: Becas}", "");
    house.push("no grants any more");
    desk.portal.round().await.unwrap();
    let again = desk.post(&pending, "").await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text.contains("Elija al menos uno.") && again.text.contains("nueva@b.test"));
    // To that text they agreed already.
    assert!(!again.text.contains("puede que haya cambiado"));
    // and join without where there is none.
    house.edit("lists/socios.csv", "ferias", "");
    house.edit(
        "lists/socios.yaml",
        "topics: {ferias: {title: Ferias y ruedas}}",
        "topics: {}",
    );
    house.push("no topics any more");
    desk.portal.round().await.unwrap();
    let joined = desk.post(&pending, "").await;
    assert_eq!(joined.status, StatusCode::OK, "{}", joined.text);
    desk.portal.round().await.unwrap();
    assert_eq!(sends(&house, 1, &clock), 6);
}

#[tokio::test]
async fn numbers_languages_and_telephones_are_taken_as_people_write_them() {
    let house = with(
        "cuota: {type: number}",
        "cuota: {type: number, editable: true}",
    );
    house.edit(
        "lists/socios.yaml",
        "idioma: {type: text, values: [es, it, en]}",
        "idioma: {type: text}",
    );
    house.edit(
        "lists/socios.csv",
        "p2@a.test,X2,true,,",
        "p2@a.test,X2,true,Deutsch,",
    );
    house.push("another list");
    let clock = clock();
    let desk = Desktop::open(&house, "portal", &clock);
    let path = own("p2@a.test");
    let page = desk.get(&path).await.text;
    for option in [
        "<option value=\"it\">Italiano</option>",
        "<option value=\"Deutsch\" selected>Deutsch</option>",
    ] {
        assert!(page.contains(option), "{option}: {page}");
    }
    let fine =
        "do=save&socios.cuota=12,5&socios.idioma=Deutsch&socios.nombre=%2B39+02+123456+int.+5";
    saved(&desk.post(&path, fine).await);
    let page = desk.get(&path).await.text;
    assert!(page.contains("value=\"12.5\""), "{page}");
    for (wrong, why) in [
        ("cuota=mucho", "Escriba un número, por ejemplo 12,5."),
        ("cuota=1.250,50", "Escriba un número, por ejemplo 12,5."),
        ("nombre=%3D1", "No puede empezar por"),
        ("idioma=Italiano", "Este valor no es válido."),
    ] {
        let answer = desk.post(&path, &format!("do=save&socios.{wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(answer.text.contains(why), "{wrong}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_topic_that_the_organisation_barred_keeps_nobody_from_joining() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let becas = Scope::Topic("becas".to_owned());
    bar(&desk, &house, &clock, "nueva@b.test", becas.clone());
    desk.portal.round().await.unwrap();
    desk.post("/join/socios", FORM).await;
    let joined = desk.post(&desk.mails.last_link(), "").await;
    assert_eq!(joined.status, StatusCode::OK, "{}", joined.text);
    desk.portal.round().await.unwrap();
    let suppressions = desk.ledger(&house).suppressions().unwrap();
    assert_eq!(
        suppressions.exact(&who("nueva@b.test"), &becas),
        Some(Exclusion::Suppressed)
    );
    assert_eq!(sends(&house, 1, &clock), 6);
}

#[tokio::test]
async fn a_topic_that_is_taken_back_in_one_list_stays_off_in_the_other() {
    let (house, clock) = (house(), clock());
    house.write(
        "lists/exportadores.yaml",
        "title: Exportadores\nowner: ana\npurpose: Avisos\n\
         consent: {basis: consent, column: acepta}\n\
         columns:\n  acepta: {type: bool, required: true}\n  temas: {type: topics}\n\
         topics: {ferias: {title: Ferias}}\n",
    );
    house.write(
        "lists/exportadores.csv",
        "email,acepta,temas\np1@a.test,true,ferias\np2@a.test,true,ferias\n",
    );
    house.push("another list");
    let desk = Desktop::open(&house, "portal", &clock);
    let lists = ["exportadores", "socios"];
    for (address, on) in [("p1@a.test", lists[0]), ("p2@a.test", lists[1])] {
        let ferias = Tag::topic(&key(), "ferias");
        let leaving = link(Action::Unsubscribe, ferias, address);
        desk.post(&leaving, "").await;
        later(&clock, 1);
        let page = desk.get(&own(address)).await.text;
        assert!(!page.contains("value=\"ferias\" checked"), "{page}");
        let each = lists.map(|it| format!("&was.{it}.temas=&{it}.temas="));
        let body = format!("do=save{}&{on}.temas=ferias&often=0", each.concat());
        saved(&desk.post(&own(address), &body).await);
        let page = desk.get(&own(address)).await.text;
        for list in lists {
            let ticked = format!("name=\"{list}.temas\" value=\"ferias\" checked");
            assert_eq!(page.contains(&ticked), list == on, "{list}: {page}");
        }
    }
}

#[tokio::test]
async fn what_must_be_chosen_is_not_emptied_by_what_others_changed_since() {
    let house = with(
        "temas: {type: topics}",
        "temas: {type: topics, required: true}",
    );
    let clock = clock();
    let desk = Desktop::open(&house, "portal", &clock);
    house.edit("lists/socios.csv", "ferias; becas", "ferias");
    house.push("the owner corrects it");
    desk.portal.round().await.unwrap();
    let old = "do=save&was.socios.temas=becas;ferias&socios.temas=becas&socios.temas=&often=0";
    saved(&desk.post(&own("p4@a.test"), old).await);
    let page = desk.get(&own("p4@a.test")).await.text;
    assert!(page.contains("value=\"becas\" checked"), "{page}");
    assert!(!page.contains("value=\"ferias\" checked"), "{page}");
}

#[tokio::test]
async fn who_changed_something_lately_can_still_say_that_they_stay() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let changed = "do=save&was.socios.nombre=X1&socios.nombre=Otro&often=0";
    saved(&desk.post(&own("p1@a.test"), changed).await);
    // Meanwhile they are asked.
    later(&clock, 10);
    let confirm = link(Action::Confirm, Tag::All, "p1@a.test");
    for _ in 0..2 {
        assert_eq!(desk.post(&confirm, "").await.status, StatusCode::OK);
    }
    later(&clock, 10);
    saved(&desk.post(&own("p1@a.test"), "do=save&often=0").await);
    desk.portal.round().await.unwrap();
    assert_eq!(
        wishes(&desk, &house),
        ["changed", "confirmed", "confirmed"],
        "pressed twice at once it counts once"
    );
}

#[tokio::test]
async fn a_frequency_that_is_not_offered_stays_until_another_is_chosen() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let mut ledger = desk.ledger(&house);
    let mut batch = Batch::new(RunId(9), now_of(&clock), "a later version".to_owned());
    batch.wishes.push(Wish {
        key: MessageKey::of(b"p1"),
        recipient: who("p1@a.test"),
        at: now_of(&clock),
        way: Way::Portal,
        what: Wanted::AtMost { days: 14 },
    });
    ledger.use_key(key().fingerprint()).unwrap();
    ledger.publish(&batch).unwrap();
    desk.portal.round().await.unwrap();
    later(&clock, 10);
    let path = own("p1@a.test");
    let page = desk.get(&path).await.text;
    for part in [
        "name=\"was.often\" value=\"14\"",
        "<option value=\"14\" selected>Como hasta ahora</option>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    saved(&desk.post(&path, "do=save&was.often=14&often=14").await);
    saved(&desk.post(&path, "do=save&was.often=14&often=0").await);
    desk.portal.round().await.unwrap();
    assert_eq!(wishes(&desk, &house), ["at-most", "confirmed", "at-most"]);
    let page = desk.get(&path).await.text;
    assert!(page.contains("<option value=\"0\" selected>"), "{page}");
    assert!(!page.contains("value=\"14\""), "{page}");
}
