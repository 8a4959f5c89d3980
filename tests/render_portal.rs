//! What in a mail leads to the portal: preferences, the mail as a page, invitations, the picture, counted links.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod render_common;

use postmerge::mail::address::Address;
use postmerge::mail::invitation::Invitation;
use postmerge::mail::sealed::Sealed;
use postmerge::mail::token::{Action, InMail, Leave, OccurrenceTag, Scope, Use};
use postmerge::render::{Copy, Parts, RecipientView};
use render_common::{Case, SETTINGS, key, member, text, view};

const PORTAL: &str = "https://portal.camara.example";
const COUNTED: &str = "subject: Hola\ntracking: {opens: true, clicks: true}";
const LINKS: &str = "<html><body><a href='https://feria.example/?a=1&amp;b=2'>x</a> <a href=\"https://feria.example/?a=1&b=2\">again</a> \
    <map><area href=\"http://plano.example/{\"></map> <a href=\"mailto:ana@x.example\">m</a> <a href=\"tel:+57\">t</a> <a href=\"#top\">#</a> \
    <a href=\"https://portal.camara.example/u/x\">own</a> <a href=\"https://archivos.example/documents/1/a.pdf\">d</a> \
    <a href=\"https://archivos.example/noticias\">n</a> <a href=\"https://feria.example/{{ id }}\">tag</a> <a href=\"{{ url }}\">whole</a> \
    <a href=\"https://a.example/a b\">blank</a><img src=\"https://feria.example/x.png\" alt=\"\"></body></html>";

fn published() -> String {
    format!("{SETTINGS}publish: {{url: \"https://archivos.example\"}}\n")
}

fn ana() -> postmerge::workspace::member::Member {
    member(&[
        ("nombre", text("Ana")),
        ("id", text("7")),
        ("url", text("https://h.example/?x=1")),
    ])
}

fn parts(case: Case<'_>, change: impl FnOnce(&mut RecipientView<'_>)) -> Parts {
    let compiled = case.compile().unwrap();
    let ana = ana();
    let mut view = view(&ana.address, Some(&ana));
    change(&mut view);
    compiled.parts(&view).unwrap()
}

fn all<'a>(html: &'a str, before: &str) -> Vec<&'a str> {
    let found = html.split(before).skip(1);
    found.map(|rest| rest.split('"').next().unwrap()).collect()
}

fn mail() -> InMail {
    InMail {
        occurrence: OccurrenceTag::of(&key(), &"2026/rueda".parse().unwrap()),
        index: 7,
    }
}

#[test]
fn static_links_are_counted_and_lead_where_they_led() {
    let settings = published();
    let case = || Case {
        settings: &settings,
        campaign: COUNTED,
        ..Case::body(LINKS)
    };
    let shown = parts(case(), |_| ());
    let counted = all(&shown.html, "href=\"https://portal.camara.example/r/");
    let wanted = [
        (
            "https://feria.example/?a=1&b=2",
            "https%3A%2F%2Fferia.example%2F%3Fa%3D1%26b%3D2",
        ),
        (
            "https://feria.example/?a=1&b=2",
            "https%3A%2F%2Fferia.example%2F%3Fa%3D1%26b%3D2",
        ),
        ("http://plano.example/{", "http%3A%2F%2Fplano.example%2F%7B"),
        (
            "https://archivos.example/noticias",
            "https%3A%2F%2Farchivos.example%2Fnoticias",
        ),
    ];
    assert_eq!(counted.len(), wanted.len(), "{}", shown.html);
    for (found, (link, encoded)) in counted.iter().zip(wanted) {
        let (token, to) = found.split_once("?to=").unwrap();
        assert_eq!(to, encoded);
        assert_eq!(InMail::verify(&key(), Use::Click, token, link), Ok(mail()));
    }
    for kept in [
        "\"mailto:ana@x.example\"",
        "\"tel:+57\"",
        "\"#top\"",
        "\"https://portal.camara.example/u/x\"",
        "\"https://archivos.example/documents/1/a.pdf\"",
        "\"https://feria.example/7\"",
        "\"https://h.example/?x=1\"",
        "\"https://a.example/a b\"",
        "\"https://feria.example/x.png\"",
    ] {
        assert!(shown.html.contains(kept), "{kept}: {}", shown.html);
    }
    assert!(!shown.text.contains("/r/"), "{}", shown.text);
    assert!(!shown.text.contains("/o/"), "{}", shown.text);
}

#[test]
fn the_picture_is_the_last_thing_on_the_page() {
    let case = Case {
        campaign: COUNTED,
        ..Case::body("Hola")
    };
    let html = parts(case, |_| ()).html;
    let token = all(&html, "<img src=\"https://portal.camara.example/o/")[0];
    let token = token.strip_suffix(".gif").unwrap();
    assert_eq!(InMail::verify(&key(), Use::Open, token, ""), Ok(mail()));
    let end = " alt=\"\" width=\"1\" height=\"1\" style=\"border:0\"></body></html>";
    assert!(html.ends_with(end), "{html}");
}

#[test]
fn nothing_is_counted_unasked_nor_without_a_portal_nor_in_copies_and_specimens() {
    let settings = published();
    let without = settings.replace("portal: {url: \"https://portal.camara.example\"}\n", "");
    assert_ne!(settings, without);
    let case = |settings, campaign| Case {
        settings,
        campaign,
        ..Case::body(LINKS)
    };
    let plain = parts(case(&settings, "subject: Hola"), |_| ()).html;
    assert!(
        plain.contains("\"https://feria.example/?a=1&amp;b=2\""),
        "{plain}"
    );
    assert!(!plain.contains("/r/") && !plain.contains("/o/"), "{plain}");
    let none = parts(case(&without, COUNTED), |_| ()).html;
    assert!(!none.contains("/r/") && !none.contains("/o/"), "{none}");
    let specimen = parts(case(&settings, COUNTED), |view| view.is_specimen = true).html;
    assert_eq!(specimen, plain);
    // What is another's in a copy is how to leave.
    let copied = |campaign| parts(case(&settings, campaign), |view| view.copy = Copy::Cc(0)).html;
    assert_eq!(copied(COUNTED), copied("subject: Hola"));
}

#[test]
fn a_name_of_ours_can_not_be_a_column() {
    let case = Case {
        campaign: COUNTED,
        columns: &["pmtqclick", "pmtqpicture"],
        ..Case::body(
            "[a](https://a.example/) {{ pmtqclick|default('none') }} {{ pmtqpicture|default('none') }}",
        )
    };
    let html = parts(case, |_| ()).html;
    assert!(html.contains("/r/"), "{html}");
    assert!(html.contains("none none"), "{html}");
}

const PAGES: &str = "{% if preferences_url is defined %}[p]({{ preferences_url }}){% endif %} \
    {% if view_url is defined %}[v]({{ view_url }}){% endif %} {% if join_url is defined %}[j]({{ join_url }}){% endif %}";

fn token<'a>(html: &'a str, kind: &str) -> &'a str {
    all(html, &format!("href=\"{PORTAL}/{kind}/"))[0]
}

#[test]
fn pages_are_the_readers_own() {
    let inviting = "subject: Hola\ninvitation: {list: boletin}";
    let case = || Case {
        campaign: inviting,
        ..Case::body(PAGES)
    };
    let html = parts(case(), |_| ()).html;
    let ana = ana();
    let preferences = Leave::verify(&key(), token(&html, "p")).unwrap();
    assert_eq!(preferences.action, Action::Preferences);
    assert_eq!(preferences.scope, Scope::All);
    assert_eq!(preferences.recipient, key().id(&ana.address));
    let page = InMail::verify(&key(), Use::View, token(&html, "v"), "");
    assert_eq!(page, Ok(mail()));
    let sealed = Sealed::parse(token(&html, "i")).unwrap();
    let invitation = Invitation {
        list: "boletin".to_owned(),
        address: "ana@ejemplo.test".to_owned(),
        occurrence: "2026/rueda".to_owned(),
        index: 7,
    };
    assert_eq!(Invitation::open(&key(), &sealed), Some(invitation));

    let boss = Address::parse("jefa@ejemplo.test").unwrap();
    let compiled = case().compile().unwrap();
    let copy = RecipientView {
        envelope_to: &boss,
        copy: Copy::Cc(0),
        ..view(&ana.address, Some(&ana))
    };
    let html = compiled.parts(&copy).unwrap().html;
    let preferences = Leave::verify(&key(), token(&html, "p")).unwrap();
    assert_eq!(preferences.recipient, key().id(&boss));
    assert!(!html.contains("/v/"), "{html}");
    let sealed = Sealed::parse(token(&html, "i")).unwrap();
    let invitation = Invitation::open(&key(), &sealed).unwrap();
    assert_eq!(invitation.address, "jefa@ejemplo.test");
}

/// The settings of an organisation that runs no web server.
fn by_mail_only() -> String {
    let without = SETTINGS.replace("portal: {url: \"https://portal.camara.example\"}\n", "");
    assert_ne!(without, SETTINGS);
    without
}

#[test]
fn without_a_portal_preferences_and_confirming_go_by_mail() {
    let without = by_mail_only();
    let case = |settings| Case {
        settings,
        campaign: "subject: Hola\nreconfirmation: quarter",
        ..Case::body("[p]({{ preferences_url }}) [c]({{ confirm_url }})")
    };
    let ana = key().id(&ana().address);
    let made = parts(case(&without), |_| ());
    for (action, subject) in [
        (Action::Preferences, "preferences"),
        (Action::Confirm, "confirm"),
    ] {
        let end = format!("@camara.example?subject={subject}");
        for part in [&made.html, &made.text] {
            let before = part.split(&end).next().unwrap();
            assert_ne!(before.len(), part.len(), "{part}");
            let token = before.rsplit('+').next().unwrap();
            let leave = Leave::verify(&key(), token).unwrap();
            assert_eq!((leave.action, leave.recipient), (action, ana));
        }
    }
    let specimen = parts(case(&without), |view| view.is_specimen = true).html;
    assert!(
        specimen.contains("+specimen@camara.example?subject=preferences"),
        "{specimen}"
    );
    // A portal is better than mail.
    let portal = parts(case(SETTINGS), |_| ()).html;
    assert!(portal.contains("/p/") && portal.contains("/c/"), "{portal}");
    assert!(!portal.contains("subject=preferences"), "{portal}");
}

#[test]
fn where_there_is_no_page_the_name_is_not_defined() {
    let without = by_mail_only();
    let silent = without.replace(
        "bajas@camara.example}",
        "bajas@camara.example, confirm: false}",
    );
    assert_ne!(silent, without);
    let without = silent;
    let case = |settings| Case {
        settings,
        ..Case::body(PAGES)
    };
    let html = parts(case(&without), |_| ()).html;
    assert!(
        !html.contains("/p/") && !html.contains("/v/") && !html.contains("/i/"),
        "{html}"
    );
    assert!(!html.contains("subject=preferences"), "{html}");
    // Nobody is invited.
    assert!(!parts(case(SETTINGS), |_| ()).html.contains("/i/"));
    let specimen = parts(case(SETTINGS), |view| view.is_specimen = true).html;
    assert_eq!(token(&specimen, "p"), "specimen");
    assert_eq!(token(&specimen, "v"), "specimen");
}
