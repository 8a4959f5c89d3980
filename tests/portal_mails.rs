//! What mails lead to on the portal: the picture and counted links, the mail as a page, documents and pictures. On real
//! repositories, with mails that were sent.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;
mod portal_common;

use std::fs;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use deliver_common::{House, clock, git, now_of};
use jiff::{SignedDuration, Timestamp};
use portal_common::{Answered, Desktop, house, key, link, sends, who};
use postmerge::clock::VirtualClock;
use postmerge::ledger::event::{Exclusion, Scope, SuppressionEvent};
use postmerge::ledger::feedback::{Feedback, Heard, Reader};
use postmerge::mail::occurrence::OccurrenceId;
use postmerge::mail::token::{Action, InMail, Leave, MailingTag, OccurrenceTag, Scope as Tag, Use};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn uno() -> OccurrenceId {
    "uno".parse().unwrap()
}

/// Somebody's mail of `uno`.
fn mail(desk: &Desktop, house: &House, address: &str) -> InMail {
    let state = desk.opened(house).ledger.look(&uno()).unwrap();
    let place = state.ids().iter().position(|id| *id == who(address));
    InMail {
        occurrence: OccurrenceTag::of(&key(), &uno()),
        index: u32::try_from(place.unwrap()).unwrap(),
    }
}

fn encoded(text: &str) -> String {
    let odd = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(odd).collect()
}

fn picture(mail: InMail) -> String {
    format!("/o/{}.gif", mail.token(&key(), Use::Open, ""))
}

fn leading(mail: InMail, to: &str) -> String {
    let token = mail.token(&key(), Use::Click, to);
    format!("/r/{token}?to={}", encoded(to))
}

fn document(mail: InMail, end: i64, path: &str) -> String {
    let token = mail.token(&key(), Use::Document, &format!("{end}/{path}"));
    format!("/d/{token}/{end}/{path}")
}

/// Asks as a browser does, with one header more.
async fn asks(desk: &Desktop, path: &str, more: (&'static str, &str)) -> Answered {
    let request = Request::get(path).header("user-agent", FIREFOX);
    let request = request.header(more.0, more.1);
    desk.ask(request.body(Body::empty()).unwrap()).await
}

async fn reads(desk: &Desktop, path: &str) -> Answered {
    asks(desk, path, ("accept", "*/*")).await
}

fn later(clock: &VirtualClock, seconds: i64) {
    clock.advance_to(now_of(clock) + SignedDuration::from_secs(seconds));
}

/// Whatever was read, as the ledger has it: whose, what, by whom.
fn read(desk: &Desktop, house: &House) -> Vec<(u32, &'static str, Reader)> {
    let mut found = Vec::new();
    let take = |it: Feedback| {
        let (_, index) = it.mail.clone().unwrap();
        match it.what {
            Heard::Opened { by } => found.push((index.0, "opened", by)),
            Heard::Clicked { by, .. } => found.push((index.0, "clicked", by)),
            other => panic!("{other:?}"),
        }
    };
    desk.opened(house).ledger.feedback(0, take).unwrap();
    found.sort();
    found
}

#[tokio::test]
async fn who_leaves_is_counted_for_the_mailing_that_the_link_stood_in() {
    let (house, clock) = (house(), clock());
    assert_eq!(sends(&house, 1, &clock), 5);
    let desk = Desktop::open(&house, "portal", &clock);
    let mailing = Some(OccurrenceTag::of(&key(), &uno()).mailing());
    let of = |action, address: &str, mailing| Leave {
        action,
        scope: Tag::All,
        recipient: who(address),
        mailing,
    };
    let link = of(Action::Unsubscribe, "p1@a.test", mailing).token(&key());
    let answer = desk
        .post(&format!("/u/{link}"), "List-Unsubscribe=One-Click")
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let link = of(Action::Preferences, "p2@a.test", mailing).token(&key());
    let answer = desk.post(&format!("/p/{link}"), "do=leave").await;
    assert!(answer.status.is_success() || answer.status.is_redirection());
    // A sending that is not known here: they leave all the same.
    let link = of(Action::Unsubscribe, "p3@a.test", Some(MailingTag([9; 3]))).token(&key());
    desk.post(&format!("/u/{link}"), "").await;
    desk.portal.round().await.unwrap();
    let (mut all, mut counted) = (0, Vec::new());
    let ledger = desk.opened(&house).ledger;
    ledger
        .feedback(0, |it| {
            all += 1;
            counted.extend(it.mail.map(|(id, _)| (id, it.recipient)));
        })
        .unwrap();
    counted.sort();
    let mut wanted = [(uno(), who("p1@a.test")), (uno(), who("p2@a.test"))];
    wanted.sort();
    assert_eq!((all, counted.as_slice()), (3, wanted.as_slice()));
    let came_back = ledger.came_back(|_| true).unwrap();
    assert_eq!(came_back.of(&uno()).left, 2);
}

#[tokio::test]
async fn a_mail_that_came_a_moment_ago_can_be_looked_at_a_moment_later() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    assert_eq!(sends(&house, 1, &clock), 5);
    let mail = mail(&desk, &house, "p1@a.test");
    let view = format!("/v/{}", mail.token(&key(), Use::View, ""));
    let early = desk.get(&view).await;
    assert_eq!(early.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(early.headers["retry-after"], "60");
    desk.portal.round().await.unwrap();
    assert_eq!(desk.get(&view).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_mail_of_a_sending_that_the_ledger_has_not_leads_nowhere() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    // As a test's mails are.
    let test = InMail {
        occurrence: OccurrenceTag([7; 5]),
        index: 0,
    };
    let view = format!("/v/{}", test.token(&key(), Use::View, ""));
    for round in 0..2 {
        let early = desk.get(&view).await.status;
        assert_eq!(early, StatusCode::SERVICE_UNAVAILABLE, "{round}");
        later(&clock, 1);
    }
    desk.portal.round().await.unwrap();
    later(&clock, 1);
    for path in [&view, &document(test, 0, "a.pdf"), &view] {
        assert_eq!(desk.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn what_a_clock_saw_that_was_ahead_does_not_wait_until_it_is_there_again() {
    let (house, behind) = (house(), clock());
    assert_eq!(sends(&house, 1, &behind), 5);
    let ahead = clock();
    later(&ahead, 24 * 3_600);
    let desk = Desktop::open(&house, "portal", &ahead);
    let mail = mail(&desk, &house, "p1@a.test");
    reads(&desk, &picture(mail)).await;
    drop(desk);
    let desk = Desktop::open(&house, "portal", &behind);
    desk.portal.round().await.unwrap();
    assert_eq!(
        read(&desk, &house),
        [(mail.index, "opened", Reader::Person)]
    );
}

#[tokio::test]
async fn a_mail_is_opened_once_and_its_links_lead_where_they_were_made_for() {
    let (house, clock) = (house(), clock());
    // Opened before the portal knows of the sending: it is counted all the same.
    let desk = Desktop::open(&house, "portal", &clock);
    assert_eq!(sends(&house, 1, &clock), 5);
    let (one, two) = (
        mail(&desk, &house, "p1@a.test"),
        mail(&desk, &house, "p2@a.test"),
    );
    let first = reads(&desk, &picture(one)).await;
    assert_eq!((first.status, first.bytes.len()), (StatusCode::OK, 43));
    assert_eq!(first.headers["content-type"], "image/gif");
    assert_eq!(first.headers["cache-control"], "no-store");
    desk.portal.round().await.unwrap();
    for _ in 0..3 {
        reads(&desk, &picture(one)).await;
    }
    let to = "https://feria.example/año?x=1&y=a+b#z";
    for _ in 0..2 {
        let answer = reads(&desk, &leading(one, to)).await;
        assert_eq!(answer.status, StatusCode::FOUND);
        assert_eq!(
            answer.headers["location"],
            "https://feria.example/a%C3%B1o?x=1&y=a+b#z"
        );
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
    }
    // Who only looks whether it is there, and who declines, leaves no trace.
    let head = Request::head(picture(two)).header("user-agent", FIREFOX);
    let head = desk.ask(head.body(Body::empty()).unwrap()).await;
    assert_eq!(head.status, StatusCode::OK);
    let head = Request::head(leading(two, to)).header("user-agent", FIREFOX);
    let head = desk.ask(head.body(Body::empty()).unwrap()).await;
    assert_eq!(head.status, StatusCode::FOUND);
    for more in [("dnt", "1"), ("sec-gpc", "1")] {
        let answer = asks(&desk, &picture(two), more).await;
        assert_eq!(answer.bytes, first.bytes);
        let answer = asks(&desk, &leading(two, to), more).await;
        assert_eq!(answer.status, StatusCode::FOUND);
    }
    later(&clock, 25);
    desk.portal.round().await.unwrap();
    let expected = [
        (one.index, "clicked", Reader::Person),
        (one.index, "opened", Reader::Person),
    ];
    assert_eq!(read(&desk, &house), expected);
    let metrics = desk.get("/metrics").await.text;
    let line = "postmerge_portal_readings_total{what='click',by='person'} 2\n";
    assert!(metrics.replace('"', "'").contains(line), "{metrics}");
}

#[tokio::test]
async fn what_was_seen_is_on_stable_storage_before_it_is_answered() {
    let (house, clock) = (house(), clock());
    assert_eq!(sends(&house, 1, &clock), 5);
    let desk = Desktop::open(&house, "portal", &clock);
    let one = mail(&desk, &house, "p1@a.test");
    reads(&desk, &picture(one)).await;
    reads(&desk, &leading(one, "https://feria.example/")).await;
    // What holds it in memory is gone; nothing was published.
    drop(desk);
    let desk = Desktop::open(&house, "portal", &clock);
    later(&clock, 25);
    desk.portal.round().await.unwrap();
    let expected = [
        (one.index, "clicked", Reader::Person),
        (one.index, "opened", Reader::Person),
    ];
    assert_eq!(read(&desk, &house), expected);
}

#[tokio::test]
async fn a_machine_is_told_from_a_person_by_its_head_and_by_its_haste() {
    let (house, clock) = (house(), clock());
    assert_eq!(sends(&house, 1, &clock), 5);
    let desk = Desktop::open(&house, "portal", &clock);
    let of = |n| mail(&desk, &house, &format!("p{n}@a.test"));
    // Apple's, ahead of time; then the person.
    asks(&desk, &picture(of(0)), ("purpose", "prefetch")).await;
    later(&clock, 3_600);
    reads(&desk, &picture(of(0))).await;
    // A scanner that calls itself a browser follows every link of a mail, the one for leaving included.
    reads(&desk, &picture(of(1))).await;
    later(&clock, 2);
    for to in [
        "https://a.example/1",
        "https://a.example/2",
        "https://a.example/3",
    ] {
        assert_eq!(
            reads(&desk, &leading(of(1), to)).await.status,
            StatusCode::FOUND
        );
    }
    let view = format!("/v/{}", of(1).token(&key(), Use::View, ""));
    let leave = link(Action::Unsubscribe, Tag::All, "p1@a.test");
    let preferences = link(Action::Preferences, Tag::All, "p1@a.test");
    for path in [&view, &leave, &preferences] {
        assert_eq!(reads(&desk, path).await.status, StatusCode::OK, "{path}");
    }
    // Another person, in their own time.
    reads(&desk, &leading(of(2), "https://a.example/1")).await;
    later(&clock, 8);
    reads(&desk, &leading(of(2), "https://a.example/2")).await;
    // It is too early to judge.
    desk.portal.round().await.unwrap();
    assert_eq!(desk.commits(&house), house_commits(&house));
    later(&clock, 25);
    desk.portal.round().await.unwrap();
    let (zero, one, two) = (of(0).index, of(1).index, of(2).index);
    let mut expected = vec![
        (zero, "opened", Reader::Person),
        (zero, "opened", Reader::Machine),
        (one, "clicked", Reader::Machine),
        (one, "clicked", Reader::Machine),
        (one, "clicked", Reader::Machine),
        (one, "opened", Reader::Machine),
        (two, "clicked", Reader::Person),
        (two, "clicked", Reader::Person),
    ];
    expected.sort();
    assert_eq!(read(&desk, &house), expected);
    let suppressions = desk.opened(&house).ledger.suppressions().unwrap();
    assert_eq!(suppressions.exact(&who("p1@a.test"), &Scope::All), None);
    // Who comes after the scanner is counted, and nothing waits at the end.
    reads(&desk, &picture(of(1))).await;
    desk.portal.finish().await.unwrap();
    assert!(read(&desk, &house).contains(&(one, "opened", Reader::Person)));
}

/// The ledger's commits that the sending made.
fn house_commits(house: &House) -> usize {
    let remote = house.path().join("remote.git");
    let log = git(&remote, &["log", "--format=%s", "postmerge-ledger"]);
    log.lines().filter(|it| !it.starts_with("portal:")).count()
}

#[tokio::test]
async fn the_portal_leads_nowhere_else() {
    let (house, clock) = (house(), clock());
    assert_eq!(sends(&house, 1, &clock), 5);
    let desk = Desktop::open(&house, "portal", &clock);
    let one = mail(&desk, &house, "p1@a.test");
    let good = "https://feria.example/";
    let token = one.token(&key(), Use::Click, good);
    let open = one.token(&key(), Use::Open, "");
    let script = "javascript:alert(1)";
    let signed_script = one.token(&key(), Use::Click, script);
    let evil = "https://evil.example/";
    let wrong = desk.get("/u/x").await.text;
    for path in [
        format!("/r/{token}"),
        format!("/r/{token}?to="),
        format!("/r/{token}?to={}", encoded(evil)),
        // The first one counts.
        format!("/r/{token}?to={}&to={}", encoded(evil), encoded(good)),
        format!("/r/{token}?to={}%00", encoded(good)),
        format!(
            "/r/{token}?to={}.evil.example",
            encoded("https://feria.example")
        ),
        format!("/r/{token}?to={}%0d%0aSet-Cookie:a", encoded(good)),
        format!("/r/{open}?to={}", encoded(good)),
        format!("/r/{signed_script}?to={}", encoded(script)),
        format!("/r/x?to={}", encoded(evil)),
    ] {
        let answer = reads(&desk, &path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.headers.get("location").is_none());
        assert_eq!(answer.text, wrong);
    }
    for name in [
        "x.gif",
        "x",
        &format!("{token}.gif"),
        &format!("{open}.png"),
    ] {
        let answer = reads(&desk, &format!("/o/{name}")).await;
        assert_eq!((answer.status, answer.bytes.len()), (StatusCode::OK, 43));
    }
    // Nobody's mail: the audience ends before.
    let nobody = InMail { index: 5, ..one };
    reads(&desk, &picture(nobody)).await;
    desk.portal.finish().await.unwrap();
    assert!(read(&desk, &house).is_empty());
}

#[tokio::test]
async fn a_mail_is_shown_as_a_page_to_who_got_it() {
    let (house, clock) = (house(), clock());
    house.write(
        "campaigns/uno/body.md",
        "Hola {{ nombre }}.\n\n<script>alert(1)</script>\n",
    );
    house.push("a script");
    assert_eq!(sends(&house, 1, &clock), 5);
    let desk = Desktop::open(&house, "portal", &clock);
    let one = mail(&desk, &house, "p1@a.test");
    let path = format!("/v/{}", one.token(&key(), Use::View, ""));
    // The campaign was changed since, and the person, too.
    house.write("campaigns/uno/body.md", "Otra cosa.\n");
    house.push("changed");
    let preferences = link(Action::Preferences, Tag::All, "p1@a.test");
    desk.post(&preferences, "do=save&socios.nombre=Ana+Lía")
        .await;
    desk.portal.round().await.unwrap();
    let page = desk.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Hola Ana Lía."), "{}", page.text);
    assert!(!page.text.contains("/o/"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"));
    assert_eq!(page.headers["cache-control"], "no-store");
    let two = mail(&desk, &house, "p2@a.test");
    let wrong = desk.get("/v/x").await.text;
    for token in [
        one.token(&key(), Use::Open, ""),
        two.token(&key(), Use::Click, "https://a.example/"),
    ] {
        assert_eq!(desk.get(&format!("/v/{token}")).await.text, wrong);
    }
    // Who is in no list any more has no page.
    house.members(&[]);
    house.write(
        "lists/socios.csv",
        "email,nombre,acepta,idioma,temas,cuota,revista\np2@a.test,Dos,true,,,,\n",
    );
    house.push("gone");
    desk.portal.round().await.unwrap();
    assert_eq!(desk.get(&path).await.text, wrong);
    let theirs = format!("/v/{}", two.token(&key(), Use::View, ""));
    assert!(desk.get(&theirs).await.text.contains("Hola Dos."));
}

#[tokio::test]
async fn an_own_document_is_there_for_its_mail_until_its_end() {
    let (house, clock) = (house(), clock());
    for n in 0..5 {
        let path = format!("campaigns/uno/facturas/X{n}.pdf");
        house.write(&path, &format!("%PDF bill {n}"));
    }
    house.campaign(
        "uno",
        "documents:\n  - {file: \"facturas/{{ nombre }}.pdf\"}\n",
    );
    house.push("bills");
    assert_eq!(sends(&house, 1, &clock), 5);
    let desk = Desktop::open(&house, "portal", &clock);
    let (one, two) = (
        mail(&desk, &house, "p1@a.test"),
        mail(&desk, &house, "p2@a.test"),
    );
    let end = (now_of(&clock) + SignedDuration::from_hours(48)).as_second();
    let path = document(one, end, "facturas/X1.pdf");
    let file = desk.get(&path).await;
    assert_eq!(
        (file.status, file.text.as_str()),
        (StatusCode::OK, "%PDF bill 1")
    );
    assert_eq!(file.headers["content-type"], "application/pdf");
    assert_eq!(file.headers["cache-control"], "no-store");
    let disposition = file.headers["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("attachment; filename=\"X1.pdf\""));
    let wrong = desk.get("/d/x/1/y").await.text;
    let past = now_of(&clock).as_second();
    for bad in [
        path.replace("X1.pdf", "X2.pdf"),
        path.replace(&end.to_string(), &(end + 1).to_string()),
        path.replace("facturas/X1", "facturas/../facturas/X1"),
        path.replace("X1.pdf", "X1.pdf/"),
        document(one, past, "facturas/X1.pdf"),
        // As if somebody had our key: what the campaign does not name is not handed out.
        document(one, end, "campaign.yaml"),
        document(one, end, "../../postmerge.yaml"),
        document(one, end, "facturas/../body.md"),
    ] {
        let answer = desk.get(&bad).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{bad}");
        assert_eq!(answer.text, wrong, "{bad}");
    }
    // The file is gone from the main branch, and the mail's is not.
    house.remove("campaigns/uno/facturas/X1.pdf");
    house.push("tidied up");
    desk.portal.round().await.unwrap();
    assert_eq!(desk.get(&path).await.status, StatusCode::OK);
    // Forgotten.
    forget(&desk, &house, "p2@a.test");
    desk.portal.round().await.unwrap();
    let theirs = document(two, end, "facturas/X2.pdf");
    assert_eq!(desk.get(&theirs).await.text, wrong);
    assert_eq!(desk.get(&path).await.status, StatusCode::OK);
    // Revoked.
    house.edit(
        "campaigns/uno/campaign.yaml",
        ".pdf\"}",
        ".pdf\", revoked: true}",
    );
    house.push("a wrong one went out");
    desk.portal.round().await.unwrap();
    assert_eq!(desk.get(&path).await.text, wrong);
    // With the campaign its documents go.
    house.edit("campaigns/uno/campaign.yaml", ", revoked: true", "");
    house.push("it was right");
    desk.portal.round().await.unwrap();
    assert_eq!(desk.get(&path).await.status, StatusCode::OK);
    clock.advance_to(Timestamp::from_second(end).unwrap());
    assert_eq!(desk.get(&path).await.text, wrong);
}

/// As `postmerge forget` does.
fn forget(desk: &Desktop, house: &House, address: &str) {
    use postmerge::ledger::branch::Batch;
    use postmerge::ledger::event::RunId;
    let mut ledger = desk.opened(house).ledger;
    ledger.use_key(key().fingerprint()).unwrap();
    let at = Timestamp::from_second(1_800_000_000).unwrap();
    let mut batch = Batch::new(RunId(9), at, "forgotten".to_owned());
    batch.suppressions.push(SuppressionEvent::Suppressed {
        recipient: who(address),
        scope: Scope::All,
        reason: Exclusion::Suppressed,
        at,
        note: "asked to be forgotten".to_owned(),
    });
    ledger.publish(&batch).unwrap();
}

#[tokio::test]
async fn published_files_are_handed_out_and_nothing_beside_them() {
    let (house, clock) = (house(), clock());
    let hash = "0123456789abcdef0123456789abcdef";
    let site = house.path().join("site");
    for (folder, name, text) in [
        ("assets", "logo.png", "png"),
        ("assets", "dibujo.svg", "<svg/>"),
        ("assets", "página.html", "<script>"),
        ("documents", "año 1.pdf", "pdf"),
    ] {
        let folder = site.join(folder).join(hash);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }
    fs::write(site.join("secret.txt"), "secret").unwrap();
    fs::write(site.join("assets").join("secret.txt"), "secret").unwrap();
    let odd = site.join("assets").join("f".repeat(32));
    std::os::unix::fs::symlink(site.join("assets").join(hash), &odd).unwrap();
    let there = site.join("secret.txt");
    std::os::unix::fs::symlink(there, site.join("assets").join(hash).join("link.txt")).unwrap();
    let desk = Desktop::open(&house, "portal", &clock);
    let seen = |answer: &Answered, name: &str| {
        let value = answer.headers.get(name);
        value.map_or("", |it| it.to_str().unwrap()).to_owned()
    };
    let path = format!("/assets/{hash}/logo.png");
    let file = desk.get(&path).await;
    assert_eq!((file.status, file.text.as_str()), (StatusCode::OK, "png"));
    assert_eq!(seen(&file, "content-type"), "image/png");
    assert_eq!(seen(&file, "content-disposition"), "inline");
    assert_eq!(seen(&file, "x-content-type-options"), "nosniff");
    assert_eq!(seen(&file, "content-length"), "3");
    assert!(seen(&file, "cache-control").ends_with("immutable"));
    let known = asks(&desk, &path, ("if-none-match", &seen(&file, "etag"))).await;
    assert_eq!(
        (known.status, known.bytes.len()),
        (StatusCode::NOT_MODIFIED, 0)
    );
    let file = desk.get(&format!("/assets/{hash}/dibujo.svg")).await;
    assert!(seen(&file, "content-security-policy").contains("sandbox"));
    let file = desk.get(&format!("/assets/{hash}/p%C3%A1gina.html")).await;
    assert_eq!(seen(&file, "content-type"), "application/octet-stream");
    let file = desk
        .get(&format!("/documents/{hash}/a%C3%B1o%201.pdf"))
        .await;
    assert_eq!(
        seen(&file, "content-disposition"),
        "attachment; filename=\"a_o 1.pdf\"; filename*=UTF-8''a%C3%B1o%201.pdf"
    );
    assert!(seen(&file, "cache-control").starts_with("private"));
    let nothing = desk.get("/assets/").await.text;
    for path in [
        "/assets/secret.txt",
        "/secret.txt",
        &format!("/assets/{hash}"),
        &format!("/assets/{hash}/"),
        &format!("/assets/{hash}/link.txt"),
        &format!("/assets/{hash}/..%2f..%2fsecret.txt"),
        &format!("/assets/{hash}/../secret.txt"),
        "/assets/..%2f/secret.txt",
        "/assets/%2e%2e/secret.txt",
        &format!("/assets/{}/logo.png", "f".repeat(32)),
        &format!("/assets/{}/logo.png", hash.to_uppercase()),
        &format!("/documents/{hash}/logo.png"),
        &format!("/assets/{hash}/logo.png%00"),
    ] {
        let answer = desk.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.text, nothing, "{path}");
    }
}

#[tokio::test]
async fn pages_show_the_organisations_logo_as_the_main_branch_has_it() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let path = link(Action::Preferences, Tag::All, "p1@a.test");
    assert!(!desk.get(&path).await.text.contains("/logo"));
    assert_eq!(desk.get("/logo").await.status, StatusCode::NOT_FOUND);
    house.write("assets/marca.svg", "<svg/>");
    house.edit(
        "postmerge.yaml",
        "publish:",
        "policy: {brand: {logo: assets/marca.svg}}\npublish:",
    );
    house.push("a logo");
    desk.portal.round().await.unwrap();
    let page = desk.get(&path).await.text;
    assert!(page.contains("https://correo.c.test/logo"), "{page}");
    let logo = desk.get("/logo").await;
    assert_eq!(
        (logo.status, logo.text.as_str()),
        (StatusCode::OK, "<svg/>")
    );
    assert_eq!(logo.headers["content-type"], "image/svg+xml");
    let policy = logo.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("sandbox"));
    house.edit("postmerge.yaml", "marca.svg", "otra.html");
    house.push("no picture");
    desk.portal.round().await.unwrap();
    assert_eq!(desk.get("/logo").await.status, StatusCode::NOT_FOUND);
}
