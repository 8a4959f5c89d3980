//! What comes back into a mailbox ends on the ledger: once, whoever reads it, and before the mailbox is touched.

#![allow(clippy::unwrap_used, missing_docs)]

mod support {
    #[allow(dead_code, reason = "shared with the tests of the branch")]
    pub(crate) mod git;
    pub(crate) mod ledger;
    #[allow(dead_code, reason = "shared with the tests of answers")]
    pub(crate) mod office;
}

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use postmerge::clock::Clock as _;
use postmerge::ledger::branch::Batch;
use postmerge::ledger::event::{
    AudienceEntry, Event, Exclusion, Lifting, Outcome, RecipientIndex, RunId, Scope,
    SuppressionEvent,
};
use postmerge::ledger::feedback::{ByOccurrence, Feedback, Heard, MessageKey};
use postmerge::mail::address::Address;
use postmerge::mail::message_id::message_id;
use postmerge::mail::occurrence::OccurrenceId;
use postmerge::mail::refusal::Class;
use postmerge::mail::token::{self, Action, Leave, MailingTag, OccurrenceTag, ReversePath};
use support::git::git;
use support::ledger::{BRANCH, accepted, at, claim, claimed, fixed, occurrence, publish};
use support::office::{Office, hard, person, report};

#[test]
fn a_hard_bounce_is_noted_and_nobody_mails_the_address_again() {
    let office = Office::new();
    // It was forwarded: the token tells whose mail it was.
    office.arrives("1", &hard(&office.path(3, 0), "forwarded@elsewhere.test"));
    let summary = office.ingest();
    assert_eq!(
        (summary.messages, summary.noted, summary.suppressed),
        (1, 1, 1)
    );
    assert_eq!(office.suppressed(3), Some(Exclusion::HardBounce));
    let feedback = office.feedback();
    let [one] = feedback.as_slice() else {
        panic!("{feedback:?}")
    };
    assert_eq!(one.mail, Some((occurrence(), RecipientIndex(3))));
    let Heard::Bounced {
        class,
        status,
        text,
    } = &one.what
    else {
        panic!("{one:?}")
    };
    assert_eq!(
        (*class, status.map(|it| it.to_string())),
        (Class::Hard, Some("5.1.1".to_owned()))
    );
    assert!(
        text.contains("user unknown") && !text.contains("p3@"),
        "{text}"
    );
    assert_eq!(office.left(), Vec::<String>::new());
    let page = format!("{BRANCH}:campaigns/{}/RESULT.md", occurrence());
    let page = git(&office.house.remote(), &["show", &page]);
    assert!(page.contains("came back"), "{page}");
}

#[test]
fn a_message_counts_once_whoever_reads_it() {
    let mut office = Office::new();
    office.arrives("1", &hard(&office.path(3, 0), "p3@uno.test"));
    let (mut one, mut two) = (office.ledger("one"), office.ledger("two"));
    // Both read before either has published.
    let dry = office.ingest_into(&mut one, true).unwrap();
    assert_eq!(dry.noted, 1);
    assert_eq!(office.left(), ["1"]);
    office.ingest_into(&mut one, false).unwrap();
    office.arrives(
        "1 again",
        &hard(&office.path(3, 0), "p3@uno.test").replace('\n', "\r\n"),
    );
    office.run = RunId(10);
    let second = office.ingest_into(&mut two, false).unwrap();
    // What the first had noted down by then is not the second's.
    assert_eq!((second.noted, second.known, second.suppressed), (0, 1, 0));
    assert!(second.heard.is_empty(), "{second:?}");
    office.arrives("and again", &hard(&office.path(3, 0), "p3@uno.test"));
    let third = office.ingest();
    assert_eq!((third.noted, third.known), (0, 1));
    let mut counts = ByOccurrence::default();
    office.feedback().iter().for_each(|it| counts.apply(it));
    assert_eq!(counts.of(&occurrence()).hard, 1);
}

#[test]
fn what_could_not_be_published_stays_unread() {
    let office = Office::new();
    office.arrives("1", &hard(&office.path(3, 0), "p3@uno.test"));
    let hooks = office.house.remote().join("hooks");
    fs::create_dir_all(&hooks).unwrap();
    let hook = hooks.join("pre-receive");
    fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    office.try_ingest("runner", false).unwrap_err();
    assert_eq!(office.left(), ["1"]);
    fs::remove_file(&hook).unwrap();
    assert_eq!(office.ingest().noted, 1);
}

#[test]
fn nobody_believes_a_forged_token() {
    let office = Office::new();
    let path = office.path(3, 0);
    // The version, and the last character.
    for at in [8, path.find('@').unwrap() - 1] {
        let mut forged = path.clone();
        let other = if forged.get(at..=at) == Some("b") {
            "c"
        } else {
            "b"
        };
        forged.replace_range(at..=at, other);
        office.arrives(&format!("{at}"), &hard(&forged, "p3@uno.test"));
    }
    let summary = office.ingest();
    assert_eq!((summary.forged, summary.noted), (2, 0), "{summary:?}");
    assert_eq!(office.suppressed(3), None);
    assert_eq!(office.feedback(), []);
}

/// A letter of somebody who passes a report on, as an attachment.
fn passed_on(to: &str, report: &str) -> String {
    format!(
        "Return-Path: <ana@otra.test>\nFrom: Ana <ana@otra.test>\nTo: {to}\nSubject: Fwd: Undelivered Mail\n\
         Date: Thu, 3 Dec 2026 18:00:00 +0000\nMessage-ID: <fwd@otra.test>\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=\"out\"\n\n--out\nContent-Type: text/plain\n\nThis came back.\n\n\
         --out\nContent-Type: message/rfc822\n\n{report}\n--out--\n"
    )
}

/// A report that returns the mail, with its reverse-path.
fn returning(to: &str, about: &str, path: &str) -> String {
    let original = format!(
        "--b\nContent-Type: message/rfc822\n\nReturn-Path: <{path}>\nTo: {about}\nSubject: Rueda\n\nHola\n\n--b--"
    );
    hard(to, about).replace("--b--", &original)
}

#[test]
fn a_report_in_a_persons_letter_is_for_a_person_and_suppresses_nobody() {
    let office = Office::new();
    let report = hard("eventos@camara.example", "p3@uno.test");
    office.arrives("1", &passed_on("rebotes@camara.example", &report));
    // It is about somebody else than whose mail it was.
    let other = returning("eventos@camara.example", "p4@uno.test", &office.path(2, 0));
    office.arrives("2", &passed_on("rebotes@camara.example", &other));
    for _ in 0..2 {
        let summary = office.ingest();
        assert_eq!(summary.for_people.len(), 2, "{summary:?}");
        assert_eq!((summary.noted, summary.suppressed), (0, 0), "{summary:?}");
        assert_eq!(office.left(), ["1", "2"]);
    }
    for n in [2, 3, 4] {
        assert_eq!(office.suppressed(n), None);
    }
    assert_eq!(office.feedback(), []);
}

#[test]
fn what_a_person_passes_on_counts_where_the_mails_token_proves_it() {
    let office = Office::new();
    let report = returning("eventos@camara.example", "p3@uno.test", &office.path(3, 0));
    office.arrives("1", &passed_on("rebotes@camara.example", &report));
    for n in 0..3 {
        let summary = office.ingest();
        assert_eq!(summary.for_people.len(), 1, "{summary:?}");
        assert_eq!(summary.suppressed, u64::from(n == 0), "{summary:?}");
    }
    assert_eq!(office.suppressed(3), Some(Exclusion::HardBounce));
    assert_eq!(office.feedback().len(), 1);
    assert_eq!(office.left(), ["1"]);
}

#[test]
fn without_a_token_the_message_id_tells_and_then_the_address() {
    let mut office = Office::new();
    let id = message_id(
        &office.key,
        &occurrence(),
        office.key.id(&person(2)),
        0,
        "camara.example",
    );
    let about = "rebotes@camara.example";
    let answered = hard(about, "p2@uno.test").replace(
        "\nMIME-Version",
        &format!("\nIn-Reply-To: <{id}>\nMIME-Version"),
    );
    office.workspace.settings.policy.proof_of_mail = true;
    office.arrives("1", &answered);
    office.arrives("2", &hard(about, "p4@uno.test"));
    assert_eq!(office.ingest().noted, 2);
    assert_eq!(office.suppressed(2), Some(Exclusion::HardBounce));
    assert_eq!(office.suppressed(4), None);
    let mails: Vec<_> = office.feedback().into_iter().map(|it| it.mail).collect();
    assert!(mails.contains(&Some((occurrence(), RecipientIndex(2)))) && mails.contains(&None));
    office.workspace.settings.policy.proof_of_mail = false;
    office.arrives("3", &hard(about, "p1@uno.test"));
    office.ingest();
    assert_eq!(office.suppressed(1), Some(Exclusion::HardBounce));
}

/// A report of Postfix's about these, each with action, status and words, that returns the headers of a mail.
fn about_several(to: &str, of: &[(&str, &str, &str, &str)], returned: &str) -> String {
    let blocks = of.iter().map(|(about, action, status, words)| {
        format!("Final-Recipient: rfc822; {about}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {words}\n\n")
    });
    let blocks: String = blocks.collect();
    let text = report(to, "nobody@uno.test", "failed", "5.0.0", "-");
    let (head, _) = text.split_once("Final-Recipient").unwrap();
    format!("{head}{blocks}--b\nContent-Type: text/rfc822-headers\n\n{returned}\n--b--\n")
}

#[test]
fn the_recipients_own_fate_counts_before_anothers() {
    let office = Office::new();
    let other = (
        "gone@elsewhere.test",
        "failed",
        "5.1.1",
        "550 5.1.1 user unknown",
    );
    let own = ("P3@uno.test", "delivered", "2.0.0", "250 ok");
    for (n, of) in [[own, other], [other, own]].iter().enumerate() {
        office.arrives(&format!("{n}"), &about_several(&office.path(3, 0), of, ""));
    }
    office.ingest();
    assert_eq!(office.suppressed(3), None);
    let heard: Vec<_> = office.feedback().iter().map(|it| it.what.name()).collect();
    assert_eq!(heard, ["delivered", "delivered"]);
    // Where nobody is the recipient, it is where their mail went.
    let elsewhere = ("here@elsewhere.test", "delivered", "2.0.0", "250 ok");
    let text = about_several(&office.path(3, 0), &[other, elsewhere], "");
    office.arrives("last", &text);
    office.ingest();
    assert_eq!(office.suppressed(3), Some(Exclusion::HardBounce));
}

#[test]
fn the_returned_mails_message_id_counts_before_an_address() {
    let mut office = Office::new();
    office.workspace.settings.policy.proof_of_mail = false;
    let who = office.key.id(&person(2));
    let id = message_id(&office.key, &occurrence(), who, 0, "camara.example");
    // It was forwarded to somebody who is a member, too.
    let of = ("p4@uno.test", "failed", "5.1.1", "550 5.1.1 user unknown");
    let returned = format!("Message-ID: <{id}>\nTo: p2@uno.test\n");
    let text = about_several("rebotes@camara.example", &[of], &returned);
    office.arrives("1", &text);
    assert_eq!(office.ingest().noted, 1);
    assert_eq!(office.suppressed(2), Some(Exclusion::HardBounce));
    assert_eq!(office.suppressed(4), None);
    let mails: Vec<_> = office.feedback().into_iter().map(|it| it.mail).collect();
    assert_eq!(mails, [Some((occurrence(), RecipientIndex(2)))]);
}

#[test]
fn a_bounce_is_never_older_than_its_mail() {
    let office = Office::new();
    let text = hard(&office.path(3, 0), "p3@uno.test").replace("3 Dec 2026", "3 Dec 2020");
    office.arrives("1", &text);
    office.ingest();
    let sent = office
        .ledger("reader")
        .header(&occurrence())
        .unwrap()
        .unwrap()
        .at;
    let heard: Vec<_> = office.feedback().iter().map(|it| it.at).collect();
    assert_eq!(heard, [sent]);
}

#[test]
fn a_persons_letter_with_a_wrong_token_is_for_a_person() {
    let office = Office::new();
    let leave = Leave {
        action: Action::Unsubscribe,
        scope: token::Scope::All,
        recipient: office.key.id(&person(1)),
        mailing: None,
    };
    let leaving = &office.workspace.settings.unsubscribe.address;
    let leaving = leaving.replace('@', &format!("+{}@", leave.token(&office.key)));
    for (n, path) in [office.path(3, 0), leaving].iter().enumerate() {
        let at = path.find('@').unwrap() - 1;
        let mut path = path.clone();
        let other = if path.get(at..=at) == Some("b") {
            "c"
        } else {
            "b"
        };
        path.replace_range(at..=at, other);
        let text =
            format!("From: Ana <p3@uno.test>\nTo: {path}\nSubject: Re: Rueda\n\nGracias, voy.\n");
        office.arrives(&format!("{n}"), &text);
    }
    let summary = office.ingest();
    assert_eq!(
        (summary.forged, summary.for_people.len()),
        (0, 2),
        "{summary:?}"
    );
    for one in &summary.for_people {
        let why = one.why.as_deref().unwrap_or_default();
        assert!(why.contains("is not ours"), "{summary:?}");
    }
    assert_eq!(office.left(), ["0", "1"]);
    assert_eq!(office.feedback(), []);
    assert_eq!((office.suppressed(1), office.suppressed(3)), (None, None));
}

#[test]
fn who_leaves_and_asks_something_has_left_and_is_read_by_a_person() {
    let office = Office::new();
    let letters = [
        (
            1,
            "Please remove me.\n\n> Rueda de negocios, all that was quoted of the mail that came\n",
            0,
        ),
        (
            2,
            "Quiero darme de baja; pero antes: \u{bf}me devuelven la entrada que pagu\u{e9}?\n",
            1,
        ),
        (
            3,
            "This message was automatically generated by Gmail, as it does so often.\n",
            0,
        ),
    ];
    for (n, text, listed) in letters {
        let leave = Leave {
            action: Action::Unsubscribe,
            scope: token::Scope::All,
            recipient: office.key.id(&person(n)),
            mailing: None,
        };
        let leaving = &office.workspace.settings.unsubscribe.address;
        let leaving = leaving.replace('@', &format!("+{}@", leave.token(&office.key)));
        let mail = format!("From: p{n}@uno.test\nTo: {leaving}\nSubject: unsubscribe\n\n{text}");
        office.arrives(&format!("{n}"), &mail);
        let summary = office.ingest();
        assert_eq!(summary.for_people.len(), listed, "{n} {summary:?}");
        assert_eq!(office.suppressed(n), Some(Exclusion::Unsubscribed), "{n}");
        assert_eq!(summary.heard.get("left"), Some(&1), "{n} {summary:?}");
        for name in office.left() {
            // It is listed until somebody moves it, and counted no more.
            let again = office.ingest();
            assert_eq!(
                (again.for_people.len(), again.heard.len()),
                (1, 0),
                "{again:?}"
            );
            fs::remove_file(office.mail().join("new").join(name)).unwrap();
        }
    }
}

#[test]
fn the_bounce_of_a_copy_is_the_copys() {
    let office = Office::new();
    office.arrives("1", &hard(&office.path(0, 1), "p5@uno.test"));
    office.ingest();
    assert_eq!(office.suppressed(5), Some(Exclusion::HardBounce));
    assert_eq!(office.suppressed(0), None);
}

#[test]
fn who_asks_to_leave_has_left() {
    let office = Office::new();
    let leave = Leave {
        action: Action::Unsubscribe,
        scope: token::Scope::topic(&office.key, "ferias"),
        recipient: office.key.id(&person(1)),
        mailing: None,
    };
    let to = format!("baja+{}@camara.example", leave.token(&office.key));
    let to = to.replace(
        "baja",
        office
            .workspace
            .settings
            .unsubscribe
            .address
            .split('@')
            .next()
            .unwrap(),
    );
    office.arrives("1", &format!("From: p1@uno.test\nTo: {to}\nSubject: unsubscribe\nDate: Thu, 3 Dec 2026 18:00:00 +0000\n\n\n"));
    let summary = office.ingest();
    assert_eq!((summary.noted, summary.suppressed), (1, 1), "{summary:?}");
    let suppressions = office.ledger("reader").suppressions().unwrap();
    let id = office.key.id(&person(1));
    assert_eq!(
        suppressions.exact(&id, &Scope::Topic("ferias".to_owned())),
        Some(Exclusion::Unsubscribed)
    );
    assert_eq!(suppressions.reason(&id, None), None);
}

#[test]
fn what_has_nothing_in_it_is_for_a_person() {
    let office = Office::new();
    let headers = format!("Return-Path: <>\nTo: {}\n\n", office.path(2, 0));
    for (name, text) in [("1", ""), ("2", "\n"), ("3", headers.as_str())] {
        office.arrives(name, text);
    }
    let summary = office.ingest();
    assert_eq!(
        (summary.messages, summary.for_people.len()),
        (3, 3),
        "{summary:?}"
    );
    assert!(
        summary.for_people.iter().all(|it| it.subject == "(empty)"),
        "{summary:?}"
    );
    assert_eq!(office.left(), ["1", "2", "3"]);
    // A text has no fields, or no subject among them.
    let office = Office::new();
    office.arrives("1", "Hola, no nos llega nada.\n");
    office.arrives("2", "From: p2@uno.test\n\nHola, no nos llega nada.\n");
    let summary = office.ingest();
    let subjects: Vec<_> = summary
        .for_people
        .iter()
        .map(|it| it.subject.as_str())
        .collect();
    assert_eq!(subjects, ["(no subject)", "(no subject)"]);
}

#[test]
fn who_leaves_by_mail_is_counted_for_the_mailing_that_the_link_stood_in() {
    let office = Office::new();
    let base = &office.workspace.settings.unsubscribe.address;
    let tag = OccurrenceTag::of(&office.key, &occurrence());
    // One of this mailing, one of another, one of before there were such tokens.
    for (n, mailing) in [
        (1, Some(tag.mailing())),
        (2, Some(MailingTag([9, 9, 9]))),
        (3, None),
    ] {
        let leave = Leave {
            action: Action::Unsubscribe,
            scope: token::Scope::All,
            recipient: office.key.id(&person(n)),
            mailing,
        };
        let to = base.replace('@', &format!("+{}@", leave.token(&office.key)));
        office.arrives(
            &format!("{n}"),
            &format!("From: p{n}@uno.test\nTo: {to}\n\n\n"),
        );
    }
    let summary = office.ingest();
    assert_eq!((summary.noted, summary.suppressed), (3, 3), "{summary:?}");
    let mails = office.feedback().into_iter().filter_map(|it| it.mail);
    assert_eq!(
        mails.collect::<Vec<_>>(),
        [(occurrence(), RecipientIndex(1))]
    );
    let page = format!("{BRANCH}:campaigns/{}/RESULT.md", occurrence());
    let page = git(&office.house.remote(), &["show", &page]);
    assert!(page.contains("| left | 1 |"), "{page}");
}

#[test]
fn the_result_page_says_that_too_much_came_back() {
    let mut office = Office::new();
    office.workspace.settings.policy.rates.from = 1;
    let mut ledger = office.ledger("runner");
    ledger.replay(&occurrence()).unwrap();
    let sent = vec![claimed(1, 0, 0..2), accepted(1, 0, 0), accepted(1, 0, 1)];
    publish(&mut ledger, 1, sent).unwrap();
    office.arrives("1", &hard(&office.path(1, 0), "p1@uno.test"));
    office.ingest();
    let page = format!("{BRANCH}:campaigns/{}/RESULT.md", occurrence());
    let page = git(&office.house.remote(), &["show", &page]);
    let wanted = "> **Held** by the next run, because too much came back: 1 of 2 mails went to addresses that take none: 50.00 %, and 5 % is the limit";
    assert!(page.contains(wanted), "{page}");
    assert!(page.contains("policy.rates.go\\_on"), "{page}");
}

/// Some servers report to whatever address a mail has.
#[test]
fn a_report_at_the_address_for_leaving_is_read_and_nobody_leaves_by_it() {
    let office = Office::new();
    let leave = Leave {
        action: Action::Unsubscribe,
        scope: token::Scope::All,
        recipient: office.key.id(&person(2)),
        mailing: None,
    };
    let base = &office.workspace.settings.unsubscribe.address;
    let to = base.replace('@', &format!("+{}@", leave.token(&office.key)));
    let id = message_id(
        &office.key,
        &occurrence(),
        office.key.id(&person(2)),
        0,
        "camara.example",
    );
    let original = format!(
        "--b\nContent-Type: message/rfc822\n\nMessage-ID: <{id}>\nSubject: Rueda\n\nHola\n\n--b--"
    );
    // It was forwarded: the token tells whose mail it was.
    let text = hard(&to, "forwarded@elsewhere.test").replace("--b--", &original);
    office.arrives("1", &text);
    let summary = office.ingest();
    assert_eq!((summary.noted, summary.suppressed), (1, 1), "{summary:?}");
    assert_eq!(office.suppressed(2), Some(Exclusion::HardBounce));
    let mails: Vec<_> = office.feedback().into_iter().map(|it| it.mail).collect();
    assert_eq!(mails, [Some((occurrence(), RecipientIndex(2)))]);
    assert_eq!(office.left(), Vec::<String>::new());
}

#[test]
fn a_report_about_a_letter_of_our_own_is_nobodys_bounce() {
    let office = Office::new();
    let of = |extra: &str| {
        let original = format!(
            "--b\nContent-Type: message/rfc822\n\nFrom: Camara <eventos@camara.example>\nTo: p3@uno.test\n\
            Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\n{extra}Subject: Baja\n\nHecho\n\n--b--"
        );
        let text = hard("rebotes@camara.example", "p3@uno.test").replace("--b--", &original);
        text.replace("Message-ID: <", &format!("Message-ID: <{}", extra.len()))
    };
    office.arrives("1", &of(""));
    let summary = office.ingest();
    assert_eq!(
        (summary.passed, summary.noted, summary.suppressed),
        (1, 0, 0),
        "{summary:?}"
    );
    assert_eq!(office.suppressed(3), None);
    // Of a notice to a list's owner that did not arrive a person hears.
    let notice = of("X-Postmerge-Notice: owner\n");
    office.arrives("3", &notice);
    let summary = office.ingest();
    assert_eq!((summary.suppressed, summary.for_people.len()), (0, 1));
    let why = summary.for_people[0].why.as_deref();
    assert_eq!(why, Some("a notice to a list's owner did not arrive"));
    office.arrives(
        "4",
        &notice
            .replace("Action: failed", "Action: delayed")
            .replace("Message-ID: <", "Message-ID: <4"),
    );
    assert_eq!(office.ingest().passed, 1);
    // A campaign's mail has the same fields, and one more.
    office.arrives(
        "2",
        &of("Feedback-ID: a:once:transactional:camara.example\n"),
    );
    assert_eq!(office.ingest().suppressed, 1);
}

#[test]
fn a_bounce_does_not_outdo_who_left() {
    let office = Office::new();
    let leave = Leave {
        action: Action::Unsubscribe,
        scope: token::Scope::All,
        recipient: office.key.id(&person(3)),
        mailing: None,
    };
    let base = &office.workspace.settings.unsubscribe.address;
    let to = base.replace('@', &format!("+{}@", leave.token(&office.key)));
    office.arrives(
        "1",
        &format!("From: p3@uno.test\nTo: {to}\nDate: Thu, 3 Dec 2026 17:00:00 +0000\n\n\n"),
    );
    office.arrives("2", &hard(&office.path(3, 0), "p3@uno.test"));
    office.ingest();
    assert_eq!(office.suppressed(3), Some(Exclusion::Unsubscribed));
}

#[test]
fn a_report_that_came_by_several_aliases_counts_once() {
    let office = Office::new();
    for n in 0..6 {
        let text = report(
            &office.path(1, 0),
            "p1@uno.test",
            "failed",
            "5.2.2",
            "552 5.2.2 mailbox full",
        );
        office.arrives(
            &format!("{n}"),
            &format!("Received: by alias{n}.test\n{text}"),
        );
    }
    let summary = office.ingest();
    assert_eq!((summary.noted, summary.known), (1, 5), "{summary:?}");
    assert_eq!(office.suppressed(1), None);
}

#[test]
fn a_persons_words_stay_for_a_person_and_a_machines_do_not() {
    let office = Office::new();
    let to = office.path(2, 0);
    office.arrives("1", &format!("From: p2@uno.test\nTo: {to}\nSubject: Re: Rueda\nMessage-ID: <a@uno.test>\n\nGracias, voy.\n"));
    office.arrives("2", &format!("From: p2@uno.test\nTo: {to}\nSubject: Fuera de la oficina\nAuto-Submitted: auto-replied\nMessage-ID: <b@uno.test>\n\nVuelvo el lunes.\n"));
    for _ in 0..2 {
        let summary = office.ingest();
        assert_eq!(summary.for_people.len(), 1, "{summary:?}");
        assert_eq!(summary.for_people.first().unwrap().subject, "Re: Rueda");
        assert_eq!(office.left(), ["1"]);
    }
    assert_eq!(office.suppressed(2), None);
    let mut names: Vec<_> = office.feedback().iter().map(|it| it.what.name()).collect();
    names.sort_unstable();
    assert_eq!(names, ["auto-replied", "replied"]);
}

/// A report about some mail, by nothing but the address.
fn told(n: u32, about: u32, status: &str, words: &str) -> String {
    let about = format!("p{about}@uno.test");
    let text = report("rebotes@camara.example", &about, "failed", status, words);
    text.replace("Message-ID: <", &format!("Message-ID: <{n}-"))
}

fn full(n: u32) -> String {
    told(n, 1, "5.2.2", "552 5.2.2 mailbox full")
}

#[test]
fn soft_bounces_add_up_and_blocks_do_not() {
    let mut office = Office::new();
    office.workspace.settings.policy.proof_of_mail = false;
    let blocked = |n| told(n, 2, "5.7.1", "554 5.7.1 blocked using a list");
    for n in 0..4 {
        office.arrives(&format!("full {n}"), &full(n));
    }
    for n in 0..6 {
        office.arrives(&format!("blocked {n}"), &blocked(n));
    }
    office.ingest();
    assert_eq!(office.suppressed(1), None);
    office.arrives("full", &full(4));
    assert_eq!(office.ingest().suppressed, 1);
    assert_eq!(office.suppressed(1), Some(Exclusion::HardBounce));
    assert_eq!(office.suppressed(2), None);
}

#[test]
fn several_reports_about_one_mail_are_one_soft_bounce() {
    let office = Office::new();
    for n in 0..9 {
        let words = format!("552 5.2.2 mailbox full {n}");
        let path = office.path(1, 0);
        office.arrives(
            &format!("{n}"),
            &report(&path, "p1@uno.test", "failed", "5.2.2", &words)
                .replace("Message-ID: <", &format!("Message-ID: <{n}-")),
        );
    }
    assert_eq!(office.ingest().noted, 9);
    assert_eq!(office.suppressed(1), None);
}

#[test]
fn two_readers_at_once_count_what_both_heard_and_each_message_once() {
    for common in [0, 2] {
        let mut office = Office::new();
        office.workspace.settings.policy.proof_of_mail = false;
        // The second reads the ledger before the first has published.
        let (mut one, mut two) = (office.ledger("one"), office.ledger("two"));
        (0..3).for_each(|n| office.arrives(&format!("one {n}"), &full(n)));
        let first = office.ingest_into(&mut one, false).unwrap();
        let own = 3 - common..5 - common;
        own.for_each(|n| office.arrives(&format!("two {n}"), &full(n)));
        office.run = RunId(10);
        let second = office.ingest_into(&mut two, false).unwrap();
        let suppressed = (common == 0).then_some(Exclusion::HardBounce);
        assert_eq!(office.suppressed(1), suppressed, "{first:?} {second:?}");
        assert_eq!(second.suppressed, u64::from(common == 0));
        // Nothing of it stops the limit from working later.
        (10..15).for_each(|n| office.arrives(&format!("more {n}"), &full(n)));
        office.ingest();
        assert_eq!(office.suppressed(1), Some(Exclusion::HardBounce));
    }
}

#[test]
fn a_limit_that_is_lowered_counts_what_was_there_before() {
    let mut office = Office::new();
    office.workspace.settings.policy.proof_of_mail = false;
    (0..4).for_each(|n| office.arrives(&format!("{n}"), &full(n)));
    assert_eq!(office.ingest().suppressed, 0);
    office.workspace.settings.policy.soft_bounces.mails = 3;
    assert_eq!(office.ingest().suppressed, 1);
    assert_eq!(office.suppressed(1), Some(Exclusion::HardBounce));
    assert_eq!(office.ingest().suppressed, 0);
}

#[test]
fn where_proof_is_asked_for_soft_bounces_without_it_do_not_add_up() {
    let mut office = Office::new();
    for (proof, suppressed) in [(true, None), (false, Some(Exclusion::HardBounce))] {
        office.workspace.settings.policy.proof_of_mail = proof;
        for n in 0..5 {
            let words = format!("552 5.2.2 mailbox full {proof} {n}");
            let status = if proof { "5.2.2" } else { "5.2.0" };
            let about = format!("p{}@uno.test", if proof { 1 } else { 2 });
            let text = report("rebotes@camara.example", &about, "failed", status, &words);
            let text = text.replace("Message-ID: <", &format!("Message-ID: <{n}"));
            office.arrives(&format!("{proof} {n}"), &text);
        }
        assert_eq!(office.ingest().noted, 5);
        assert_eq!(office.suppressed(if proof { 1 } else { 2 }), suppressed);
    }
}

#[test]
fn a_delay_and_a_delivery_are_noted_and_suppress_nobody() {
    let office = Office::new();
    office.arrives(
        "1",
        &report(
            &office.path(1, 0),
            "p1@uno.test",
            "delayed",
            "4.4.1",
            "connection timed out",
        ),
    );
    office.arrives(
        "2",
        &report(
            &office.path(1, 0),
            "p1@uno.test",
            "delivered",
            "2.0.0",
            "250 ok",
        ),
    );
    let summary = office.ingest();
    assert_eq!((summary.noted, summary.suppressed), (2, 0), "{summary:?}");
}

#[test]
fn who_was_refused_while_sending_is_not_mailed_again_either() {
    let mut office = Office::new();
    let outcome = |index: u32, reply: &str| Event::Outcome {
        claim: claim(1, 0),
        recipient: RecipientIndex(index),
        at: at(30),
        outcome: Outcome::Rejected {
            reply: reply.to_owned(),
        },
    };
    let mut ledger = office.ledger("runner");
    ledger.replay(&occurrence()).unwrap();
    publish(&mut ledger, 1, vec![claimed(1, 0, 0..6)]).unwrap();
    let refusals = vec![
        accepted(1, 0, 0),
        accepted(1, 0, 5),
        outcome(1, "550 5.1.1 user unknown"),
        outcome(2, "554 5.7.1 blocked using a list"),
        outcome(3, "552 5.2.2 mailbox full"),
        outcome(
            4,
            "gave up after 5 tries; the last answer was: 451 4.2.1 try again later",
        ),
    ];
    publish(&mut ledger, 1, refusals).unwrap();
    assert_eq!(office.ingest().suppressed, 1);
    assert_eq!(office.ingest().suppressed, 0);
    assert_eq!(office.suppressed(1), Some(Exclusion::HardBounce));
    assert_eq!(office.suppressed(2), None);
    // What was refused for now counts towards the limit.
    assert_eq!((office.suppressed(3), office.suppressed(4)), (None, None));
    office.workspace.settings.policy.soft_bounces.mails = 1;
    assert_eq!(office.ingest().suppressed, 2);
    for n in [3, 4] {
        assert_eq!(office.suppressed(n), Some(Exclusion::HardBounce));
    }
    assert_eq!(office.suppressed(2), None);
}

#[test]
fn a_date_can_not_outdo_a_lift_that_comes_after_it() {
    let office = Office::new();
    let late = hard(&office.path(3, 0), "p3@uno.test").replace("3 Dec 2026", "3 Dec 2099");
    office.arrives("1", &late);
    office.ingest();
    let events = office.feedback();
    assert!(events.iter().all(|it| it.at <= office.clock.now()));
    assert_eq!(events.len(), 1);
}

#[test]
fn a_bounce_that_is_older_than_a_lift_is_told_as_it_is() {
    let office = Office::new();
    let mut ledger = office.ledger("runner");
    let recipient = office.key.id(&person(3));
    let lifted = SuppressionEvent::Lifted {
        recipient,
        scope: Scope::All,
        what: Lifting::Everything,
        at: office.clock.now(),
        note: "asked".to_owned(),
    };
    ledger
        .publish(&Batch {
            suppressions: vec![lifted],
            ..Batch::new(RunId(1), office.clock.now(), "lift")
        })
        .unwrap();
    office.arrives("1", &hard(&office.path(3, 0), "p3@uno.test"));
    let summary = office.ingest();
    assert_eq!(
        (summary.noted, summary.suppressed, summary.lifted_since),
        (1, 0, 1)
    );
    assert_eq!(office.suppressed(3), None);
}

/// The address of a report that says nothing sure may be alive: it counts, as a full mailbox does.
#[test]
fn a_hard_bounce_that_nothing_makes_sure_counts_towards_the_limit() {
    let mut office = Office::new();
    office.workspace.settings.policy.proof_of_mail = false;
    office.workspace.settings.policy.soft_bounces.mails = 3;
    let vague = |n: u32| {
        let words = format!("550 no, {n}");
        let text = report(
            "rebotes@camara.example",
            "p2@uno.test",
            "failed",
            "5.0.0",
            &words,
        );
        text.replace("Message-ID: <", &format!("Message-ID: <{n}"))
    };
    for n in 0..3 {
        assert_eq!(office.suppressed(2), None);
        office.arrives(&n.to_string(), &vague(n));
        let summary = office.ingest();
        assert_eq!(summary.heard.get("bounced hard"), Some(&1), "{summary:?}");
    }
    assert_eq!(office.suppressed(2), Some(Exclusion::HardBounce));
}

fn other() -> OccurrenceId {
    "2026/otra".parse().unwrap()
}

/// Another sending, to these.
fn other_sending(office: &Office, to: &[Address], mut events: Vec<Event>) {
    let Event::AudienceFixed { header, .. } = fixed() else {
        unreachable!()
    };
    let entry = |address| AudienceEntry {
        id: office.key.id(address),
        destination: 0,
        copy_of: None,
        own_document: None,
    };
    let start = Event::AudienceFixed {
        header,
        entries: to.iter().map(entry).collect(),
        excluded: Vec::new(),
    };
    events.insert(0, start);
    let mut ledger = office.ledger("runner");
    ledger.replay(&other()).unwrap();
    let batch = Batch {
        events: events.into_iter().map(|it| (other(), it)).collect(),
        ..Batch::new(RunId(1), at(10), "batch".to_owned())
    };
    ledger.publish(&batch).unwrap();
}

/// What a relay says of a large part of a sending speaks of the sender, whatever it says.
#[test]
fn one_refusal_of_many_suppresses_nobody_and_is_told() {
    for (refused, is_through) in [(19, true), (20, true), (19, false)] {
        let is_believed = refused == 19 && is_through;
        let office = Office::new();
        // Backwards: it is the time that counts.
        let outcome = |index: u32, outcome: Outcome| Event::Outcome {
            claim: claim(1, 0),
            recipient: RecipientIndex(index),
            at: at(100 - i64::from(index)),
            outcome,
        };
        let mut events = vec![claimed(1, 0, 0..61)];
        events.extend((0..60).map(|n| {
            let is_refused = n < refused;
            let said = match is_refused {
                true => Outcome::Rejected {
                    reply: format!("550 5.1.1 <…@uno.test>: User unknown, id Q{n}"),
                },
                false => Outcome::Accepted {
                    reply: "250 ok".to_owned(),
                },
            };
            outcome(n, said)
        }));
        // Somebody else is dead by words of their own.
        let dead = Outcome::Rejected {
            reply: "550 5.1.1 no such mailbox".to_owned(),
        };
        events.push(outcome(60, dead));
        // Of one that is not through more may be refused so yet: these wait.
        let last = if is_through { 161 } else { 300 };
        let people: Vec<Address> = (100..last).map(person).collect();
        other_sending(&office, &people, events);
        let summary = office.ingest();
        let wanted = if is_believed {
            u64::from(refused) + 1
        } else {
            1
        };
        assert_eq!(summary.suppressed, wanted, "{summary:?}");
        assert_eq!(office.suppressed(160), Some(Exclusion::HardBounce));
        assert_eq!(office.suppressed(100).is_some(), is_believed);
        let doubted: Vec<_> = summary.doubted.iter().map(|it| (it.count, it.of)).collect();
        let told = if refused == 20 {
            vec![(20, 61)]
        } else {
            vec![]
        };
        assert_eq!(doubted, told);
    }
}

/// A server names its own users without their domain, and others where a mail was forwarded from.
#[test]
fn no_ones_name_reaches_the_ledger_whoever_speaks_of_them() {
    let office = Office::new();
    other_sending(
        &office,
        &[Address::parse("ana.perez@uno.test").unwrap()],
        Vec::new(),
    );
    let path = ReversePath {
        occurrence: OccurrenceTag::of(&office.key, &other()),
        index: 0,
        copy: 0,
    };
    let of_nobody = format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@uno.test\nTo: rebotes+{}@camara.example\nSubject: failure notice\n\
         Message-ID: <n@uno.test>\nDate: Thu, 3 Dec 2026 18:00:00 +0000\n\nThe mailbox of ana.perez is full. Ask (Ana.Perez).\n",
        path.token(&office.key)
    );
    office.arrives("1", &of_nobody);
    let forwarded = (
        "p77@elsewhere.test",
        "failed",
        "5.2.2",
        "552 5.2.2 forwarded for zoe.p: mailbox full",
    );
    let text = about_several(&office.path(2, 0), &[forwarded], "To: zoe.p@uno.test\n");
    office.arrives("2", &text);
    assert_eq!(office.ingest().noted, 2);
    for one in office.feedback() {
        let Heard::Bounced { text, .. } = &one.what else {
            panic!("{one:?}")
        };
        let lower = text.to_lowercase();
        assert!(
            text.contains("full") && !lower.contains("zoe.p") && !lower.contains("perez"),
            "{text}"
        );
    }
}

#[test]
fn a_report_that_cannot_be_read_is_noted_by_its_token_and_else_left_for_a_person() {
    let mut office = Office::new();
    office.workspace.settings.policy.soft_bounces.mails = 1;
    let text = |to: &str, id: &str| {
        format!(
            "Return-Path: <>\nFrom: MAILER-DAEMON@uno.test\nTo: {to}\nSubject: Mezua\nMessage-ID: <{id}@uno.test>\n\
             Date: Thu, 3 Dec 2026 18:00:00 +0000\n\nEuskaraz idatzitako mezua.\n"
        )
    };
    office.arrives("1", &text(&office.path(3, 0), "a"));
    office.arrives("2", &text("rebotes@camara.example", "b"));
    let summary = office.ingest();
    // It may say that the mail is late, or that it arrived.
    assert_eq!(summary.heard.get("delayed"), Some(&1), "{summary:?}");
    assert_eq!(office.suppressed(3), None);
    assert_eq!(
        (summary.noted, summary.for_people.len()),
        (1, 1),
        "{summary:?}"
    );
    let why = summary.for_people[0].why.as_deref().unwrap_or_default();
    assert!(why.contains("could not be read"), "{why}");
    assert_eq!(office.left(), ["2"]);
    // A code is understood in whatever language.
    let coded = text(&office.path(4, 0), "c").replace("mezua.", "mezua: 5.0.0.");
    office.arrives("3", &coded);
    let summary = office.ingest();
    assert_eq!(
        summary.heard.get("bounced unknown"),
        Some(&1),
        "{summary:?}"
    );
}

/// A mail to leave everything, by somebody.
fn leaves(office: &Office, n: u32) -> String {
    let leave = Leave {
        action: Action::Unsubscribe,
        scope: token::Scope::All,
        recipient: office.key.id(&person(n)),
        mailing: None,
    };
    let base = &office.workspace.settings.unsubscribe.address;
    let to = base.replace('@', &format!("+{}@", leave.token(&office.key)));
    format!("From: p{n}@uno.test\nTo: {to}\nSubject: unsubscribe\n\n\n")
}

#[test]
fn what_was_read_when_flags_alone_said_so_is_not_read_again() {
    let office = Office::new();
    office.arrives("1", &hard(&office.path(3, 0), "p3@uno.test"));
    office.ingest();
    // As it was before there was this file.
    let file = office.mail().join("postmerge-read");
    fs::remove_file(&file).unwrap();
    let cur = office.mail().join("cur");
    fs::write(cur.join("2:2,S"), leaves(&office, 1)).unwrap();
    let dry = office.try_ingest("runner", true).unwrap();
    assert_eq!((dry.messages, file.exists()), (0, false), "{dry:?}");
    let summary = office.ingest();
    assert_eq!(summary.messages, 0, "{summary:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "1\n2\n");
    // From now on a flag says only that somebody opened it.
    fs::write(cur.join("3:2,S"), leaves(&office, 2)).unwrap();
    office.ingest();
    assert_eq!(
        (office.suppressed(1), office.suppressed(2)),
        (None, Some(Exclusion::Unsubscribed))
    );
}

#[test]
fn what_is_older_than_a_lift_stays_so_however_late_it_is_read() {
    let office = Office::new();
    let day = |day: i64| at(day * 86_400);
    let lifted = |n| SuppressionEvent::Lifted {
        recipient: office.key.id(&person(n)),
        scope: Scope::All,
        what: Lifting::Everything,
        at: day(200),
        note: String::new(),
    };
    office
        .ledger("other")
        .publish(&Batch {
            suppressions: [2, 3, 4].map(lifted).to_vec(),
            ..Batch::new(RunId(1), day(200), "lift")
        })
        .unwrap();
    office.clock.advance_to(day(400));
    let of = |n| hard(&office.path(n, 0), &format!("p{n}@uno.test"));
    office.arrives(&format!("{}.M1.mx", day(100).as_second()), &of(3));
    office.arrives("2", &of(4));
    // Before anything was sent no clock is right.
    let wrong = hard("rebotes@camara.example", "p2@uno.test");
    office.arrives("3", &wrong.replace("3 Dec 2026", "3 Dec 2006"));
    let summary = office.ingest();
    assert_eq!(
        (summary.noted, summary.suppressed, summary.lifted_since),
        (3, 1, 2),
        "{summary:?}"
    );
    assert_eq!(office.suppressed(2), Some(Exclusion::HardBounce));
}

#[test]
fn what_somebody_opened_is_taken_in_and_their_letters_are_read() {
    let office = Office::new();
    // What a portal wrote says nothing of any mailbox.
    let left = Feedback {
        message: MessageKey([1; 8]),
        recipient: office.key.id(&person(0)),
        mail: None,
        at: at(0),
        what: Heard::Left { scope: Scope::All },
    };
    office
        .ledger("portal")
        .publish(&Batch {
            feedback: vec![left],
            ..Batch::new(RunId(3), at(0), "portal")
        })
        .unwrap();
    let asks = "From: x@ajeno.test\nTo: rebotes@camara.example\nSubject: Hola\n\nTengo una pregunta para ustedes.\n";
    let cur = office.mail().join("cur");
    std::fs::write(cur.join("1:2,S"), leaves(&office, 1)).unwrap();
    std::fs::write(cur.join("2:2,S"), asks).unwrap();
    std::fs::write(cur.join("3:2,"), asks.replace("Hola", "Otra")).unwrap();
    let summary = office.ingest();
    assert_eq!(
        (summary.noted, summary.known, summary.for_people.len()),
        (1, 1, 1),
        "{summary:?}"
    );
    assert_eq!(office.suppressed(1), Some(Exclusion::Unsubscribed));
    let again = office.ingest();
    assert_eq!(
        (again.messages, again.for_people.len()),
        (1, 1),
        "{again:?}"
    );
}

#[test]
fn what_mail_programs_add_makes_no_other_message() {
    let office = Office::new();
    let text = format!(
        "From: p3@uno.test\nTo: {}\nSubject: Re: hola\n\nStatus: asks\n",
        office.path(3, 0)
    );
    office.arrives("1", &text);
    office.ingest();
    // As an mbox has it that a mail program has rewritten.
    let added = "Status: RO\r\nX-Status: A\r\nX-Keywords:\r\n  one\r\nContent-Length: 12\r\n";
    office.arrives("2", &format!("{added}{}", text.replace('\n', "\r\n")));
    office.ingest();
    assert_eq!(office.feedback().len(), 1);
    // What it says is still another matter.
    office.arrives("3", &text.replace("asks", "asks again"));
    office.ingest();
    assert_eq!(office.feedback().len(), 2);
}
