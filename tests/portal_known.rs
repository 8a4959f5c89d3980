//! What somebody agreed to when they joined, and what the portal shows them of all that is known of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;
mod portal_common;

use axum::http::StatusCode;
use deliver_common::{House, clock};
use portal_common::{Desktop, house, key, link, sends, who};
use postmerge::ledger::feedback::MessageKey;
use postmerge::ledger::wish::Wanted;
use postmerge::mail::token::{Action, Scope as Tag};

const OLD: &str = "Quiero recibir los avisos.";
const NEW: &str = "Quiero recibir los avisos y las ofertas.";
const BODY: &str = "address=nueva%40b.test&socios.nombre=Nueva&socios.temas=becas&agree=yes";

fn digest(text: &str) -> String {
    MessageKey::of(text.as_bytes()).to_string()
}

/// The field of a page's form that says which text it shows.
fn shown(page: &str) -> String {
    let start = page.find("name=\"consent\" value=\"").unwrap() + "name=\"consent\" value=\"".len();
    page[start..start + 16].to_owned()
}

/// The texts that people are on record as having agreed to.
fn recorded(desk: &Desktop, house: &House) -> Vec<String> {
    let mut found = Vec::new();
    let ledger = desk.opened(house).ledger;
    let take = |_, wish: postmerge::ledger::wish::Wish| {
        if let Wanted::Joined { consent, .. } = wish.what {
            found.push(consent.to_string());
        }
    };
    ledger.wish_events(0, take).unwrap();
    found
}

#[tokio::test]
async fn who_joins_is_on_record_with_the_text_that_their_form_showed() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let form = desk.get("/join/socios").await;
    assert_eq!(shown(&form.text), digest(OLD));
    // While they read, the text becomes another.
    house.edit("lists/socios.yaml", OLD, NEW);
    house.push("another text");
    desk.portal.round().await.unwrap();
    let old = format!("{BODY}&consent={}", shown(&form.text));
    assert_eq!(desk.post("/join/socios", &old).await.status, StatusCode::OK);
    desk.post(&desk.mails.last_link(), "").await;
    desk.portal.round().await.unwrap();
    assert_eq!(recorded(&desk, &house), [digest(OLD)]);

    // A text that the list never had, or none: the one that it has is shown, and everything that they wrote.
    for told in ["", "&consent=0123456789abcdef", "&consent=Todo"] {
        let answer = desk.post("/join/socios", &format!("{BODY}{told}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        for words in [NEW, "nueva@b.test", "vuelva a marcar la casilla"] {
            assert!(answer.text.contains(words), "{words}: {}", answer.text);
        }
        assert_eq!(shown(&answer.text), digest(NEW));
        assert!(!answer.text.contains("value=\"yes\" required checked"));
    }
    assert_eq!(desk.mails.all().len(), 1);

    // A portal that starts today knows it, too; a form of one's own may hold the text itself.
    drop(desk);
    let desk = Desktop::open(&house, "other", &clock);
    for told in [
        digest(OLD),
        digest(NEW),
        NEW.replace(' ', "+"),
        OLD.replace(' ', "+"),
    ] {
        let body = format!(
            "{}&consent={told}",
            BODY.replace("nueva", &format!("n{}", told.len()))
        );
        let answer = desk.post("/join/socios", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{told}: {}", answer.text);
    }
}

#[tokio::test]
async fn everything_that_is_known_of_somebody_is_shown_to_them() {
    let (house, clock) = (house(), clock());
    let subject = "subject: \"Aviso para {{ nombre }}\"";
    house.edit("campaigns/uno/campaign.yaml", "subject: Aviso", subject);
    house.push("a subject of their own");
    let desk = Desktop::open(&house, "portal", &clock);
    let body = format!("{BODY}&consent={}", digest(OLD));
    desk.post("/join/socios", &body).await;
    desk.post(&desk.mails.last_link(), "").await;
    desk.portal.round().await.unwrap();
    assert_eq!(sends(&house, 1, &clock), 6);
    // The text is another now: what they agreed to stays known.
    house.edit("lists/socios.yaml", OLD, NEW);
    house.push("another text");
    let theirs = link(Action::Preferences, Tag::All, "nueva@b.test");
    desk.post(&theirs, "do=pause&weeks=2").await;
    desk.post(&theirs, "do=resume").await;
    let topic = link(
        Action::Unsubscribe,
        Tag::topic(&key(), "becas"),
        "nueva@b.test",
    );
    desk.post(&topic, "List-Unsubscribe=One-Click").await;
    desk.portal.round().await.unwrap();

    let page = desk.get(&theirs).await;
    let way = format!("{theirs}/data\"");
    assert!(page.text.contains(&way), "{}", page.text);
    let page = desk.get(&format!("{theirs}/data")).await;
    assert_eq!(page.status, StatusCode::OK);
    for words in [
        "nueva@b.test",
        "y aceptó este texto:",
        OLD,
        &digest(OLD),
        "Huella de la conexión",
        "<li>Becas</li>",
        "Hizo una pausa hasta el 16/12/2026.",
        "Terminó la pausa.",
        "Dejó el tema «Becas».",
        "Se inscribió en «Socios».",
        "Aviso para Nueva",
        "enviado",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(!page.text.contains("p1@a.test") && !page.text.contains(NEW));

    let export = desk.get(&format!("{theirs}/data.json")).await;
    let known: serde_json::Value = serde_json::from_str(&export.text).unwrap();
    assert_eq!(known["consents"][0]["text"], OLD);
    assert_eq!(known["consents"][0]["text_digest"], digest(OLD));
    assert_eq!(known["consents"][0]["list"], "socios");
    assert!(known["consents"][0]["client"].is_string());
    assert_eq!(known["topics_left"][0]["topic"], "becas");
    assert_eq!(known["asked"][0]["data"]["nombre"], "Nueva");
    assert_eq!(known["asked"][1]["what"], "paused");
    assert_eq!(known["mails"][0]["campaign"], "uno");
    assert_eq!(known["mails"][0]["outcome"], "sent");
    assert_eq!(known["mails"][0]["subject"], "Aviso para Nueva");
    assert_eq!(known["id"], who("nueva@b.test").to_string());
    // Whoever holds no such link sees nothing.
    let other = link(Action::Unsubscribe, Tag::All, "nueva@b.test");
    let wrong = desk.get(&other.replace("/u/", "/p/")).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    let wrong = desk
        .get(&format!("{}/data", other.replace("/u/", "/p/")))
        .await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
}
