//! `status`, `resolve` and `suppress` as a user runs them, on a bare remote in a temporary folder.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods
)]

mod support {
    pub(crate) mod git;
    pub(crate) mod overlay;
}

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use postmerge::git::Remote;
use postmerge::ledger::branch::{Batch, Ledger, LedgerConfig};
use postmerge::ledger::event::{
    AudienceEntry, AudienceHeader, ClaimId, Event, Exclusion, Outcome, Ranges, RecipientIndex,
    RunId, Scope, SuppressionEvent,
};
use postmerge::mail::address::Address;
use postmerge::mail::digest::Digest;
use postmerge::mail::recipient_id::{RecipientId, RecipientKey};

const KEY: &str = "0123456789abcdef0123456789abcdef";

struct House {
    folder: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = support::overlay::base(root);
        let campaign = folder.path().join("campaigns/rueda/campaign.yaml");
        let text = std::fs::read_to_string(&campaign).unwrap();
        let lines: Vec<String> = text
            .lines()
            .map(|line| match line.starts_with("send:") {
                true => "send: {date: 2098-12-03, window: \"12:00\"}".to_owned(),
                false => line.to_owned(),
            })
            .collect();
        std::fs::write(&campaign, lines.join("\n") + "\n").unwrap();
        let list = folder.path().join("lists/exportadores.yaml");
        let topics = "topics: {ferias: {title: Ferias}}\n";
        std::fs::write(&list, std::fs::read_to_string(&list).unwrap() + topics).unwrap();
        let house = Self { folder };
        let bare = house.remote();
        let bare = bare.to_str().unwrap();
        house.git(&["init", "-q", "--bare", bare]);
        house.git(&["init", "-q"]);
        house.git(&["config", "user.name", "Ana"]);
        house.git(&["config", "user.email", "ana@uno.test"]);
        house.git(&[
            "add",
            "-A",
            "--",
            "campaigns",
            "lists",
            "templates",
            "postmerge.yaml",
        ]);
        house.git(&["commit", "-qm", "a campaign"]);
        house.git(&["remote", "add", "origin", bare]);
        house.git(&["push", "-q", "origin", "main"]);
        house
    }

    fn remote(&self) -> PathBuf {
        self.folder.path().join("remote.git")
    }

    fn git(&self, arguments: &[&str]) -> String {
        support::git::git(self.folder.path(), arguments)
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = assert_cmd::Command::cargo_bin("postmerge")
            .unwrap()
            .args(["-C", self.folder.path().to_str().unwrap()])
            .args(arguments)
            .env("POSTMERGE_KEY", KEY)
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }

    /// Six recipients: one accepted, one rejected, one deferred, one unknown, two claimed until
    /// `until`; one more excluded.
    fn sending(&self, until: &str) {
        let claim = ClaimId {
            run: RunId(0x1a2b_3c4d),
            sequence: 0,
        };
        let outcome = |index, outcome| Event::Outcome {
            claim,
            recipient: RecipientIndex(index),
            at: at(),
            outcome,
        };
        let text = |text: &str| text.to_owned();
        let retry_at = "2026-01-05T17:20:00Z".parse().unwrap();
        let events = vec![
            fixed(),
            Event::Claimed {
                claim,
                recipients: Ranges::from_indices(0..6),
                until: until.parse().unwrap(),
            },
            outcome(0, Outcome::Accepted { reply: text("ok") }),
            outcome(
                1,
                Outcome::Rejected {
                    reply: text("550 5.1.1 no such user"),
                },
            ),
            outcome(
                2,
                Outcome::Deferred {
                    reply: text("451 4.7.1 later"),
                    retry_at,
                },
            ),
            outcome(
                3,
                Outcome::Unknown {
                    reason: text("the connection broke after the final dot"),
                },
            ),
        ];
        self.publish(events);
    }

    fn publish(&self, events: Vec<Event>) {
        self.publish_to("rueda", events);
    }

    fn ledger(&self) -> Ledger {
        let config = LedgerConfig {
            remote: Remote {
                name: "origin".to_owned(),
                limit: Duration::from_secs(30),
            },
            branch: "postmerge-ledger".to_owned(),
            identity: None,
        };
        let mut ledger = Ledger::open(self.folder.path(), config).unwrap();
        ledger.fetch().unwrap();
        ledger
    }

    fn publish_to(&self, id: &str, events: Vec<Event>) {
        let mut ledger = self.ledger();
        ledger.replay(&id.parse().unwrap()).unwrap();
        ledger
            .publish(&Batch {
                events: events
                    .into_iter()
                    .map(|event| (id.parse().unwrap(), event))
                    .collect(),
                ..Batch::new(RunId(0x1a2b_3c4d), at(), "batch".to_owned())
            })
            .unwrap();
    }
}

fn at() -> Timestamp {
    "2026-01-05T17:00:00Z".parse().unwrap()
}

fn fixed() -> Event {
    let entry = |n| AudienceEntry {
        id: RecipientId([n; 12]),
        destination: 0,
        copy_of: None,
        own_document: None,
    };
    let header = AudienceHeader {
        content_commit: "c".repeat(40),
        lists_commit: "1".repeat(40),
        digest: Digest::of(b""),
        key: RecipientKey::from_secret(KEY.as_bytes())
            .unwrap()
            .fingerprint(),
        sender: "eventos".to_owned(),
        at: at(),
        destinations: vec!["uno.test".to_owned()],
        documents: Vec::new(),
        force: None,
        reconfirmation: false,
    };
    Event::AudienceFixed {
        header: Box::new(header),
        entries: (0..6).map(entry).collect(),
        excluded: vec![(RecipientId([9; 12]), Exclusion::NoConsent)],
    }
}

const PAST: &str = "2026-01-05T17:10:00Z";

#[test]
fn what_was_not_started_waits_for_its_window() {
    let house = House::new();
    let (code, out, err) = house.run(&["status"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(out, @r#"
    campaign                  audience accepted rejected excluded  pending  unknown
    rueda                            -        -        -        -        -        -
      its window opens 2098-12-03 12:00
    "#);
    let (code, _, err) = house.run(&["status", "nada"]);
    assert_eq!(code, 2);
    assert!(err.contains("knows `nada`"), "{err}");
}

#[test]
fn a_sending_adds_up_and_its_unknowns_are_explained() {
    let house = House::new();
    house.sending(PAST);
    let (code, out, err) = house.run(&["status"]);
    assert_eq!((code, err.as_str()), (1, ""));
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    insta::assert_snapshot!(out, @r#"
    campaign                  audience accepted rejected excluded  pending  unknown
    rueda                            7        1        1        1        1        3
      its window opens 2098-12-03 12:00
      of the pending: 0 being sent, 1 answered "not now"
        1 × 451 4.7.1 later
      waiting: uno.test said "not now" to 1, tried again from 2026-01-05 12:20
      rejected, in the relays' words:
        1 × 550 5.1.1 no such user
      unknown: nobody knows whether these mails went out; they are not sent again by
      themselves. Recipients #3-5
      - 1 recorded as unknown:
        1 × the connection broke after the final dot
      - 2 claimed by run 1a2b3c4d until 2026-01-05 12:10: it died.
        Its machine may know: run `postmerge send` there first
      Look into the relay's log, then say what happened:
        postmerge resolve rueda --as sent|resend --yes-all --reason TEXT
    "#);
}

#[test]
fn a_sending_is_shown_as_json_without_asking_the_remote() {
    let house = House::new();
    house.sending(PAST);
    house.run(&["status"]);
    let (code, out, _) = house.run(&["status", "rueda", "--format", "json", "--offline"]);
    assert_eq!(code, 1);
    let mut json: serde_json::Value = serde_json::from_str(&out).unwrap();
    (json["at"], json["main"]) = ("…".into(), "…".into());
    insta::assert_snapshot!(format!("{json:#}"));
}

#[test]
fn a_campaign_that_was_deleted_after_its_start_is_told_by_send_and_status() {
    let house = House::new();
    house.sending(PAST);
    assert_eq!(
        house
            .run(&[
                "resolve",
                "rueda",
                "--as",
                "sent",
                "--yes-all",
                "--reason",
                "log"
            ])
            .0,
        0
    );
    house.git(&["rm", "-rq", "campaigns/rueda"]);
    house.git(&["commit", "-qm", "away with it"]);
    house.git(&["push", "-q", "origin", "main"]);
    for command in [&["status"][..], &["send"], &["send", "--dry-run"]] {
        let (code, out, err) = house.run(command);
        assert_eq!(code, 1, "{command:?}: {out}{err}");
        assert!(out.contains("not on the main branch any more"), "{out}");
        assert!(out.contains("`status: cancelled`"), "{out}");
        assert!(
            command != ["status"] || out.lines().all(|line| line.chars().count() <= 80),
            "{out}"
        );
    }
}

#[test]
fn a_hold_is_shown_until_mail_goes_out_again() {
    let house = House::new();
    let held = |minutes| Event::Held {
        at: at() + minutes,
        reason: "relay principal: mail.uno.test:587: TLS: expired".to_owned(),
    };
    house.publish(vec![held((-60).minutes())]);
    let (code, out, _) = house.run(&["status"]);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("held: relay principal: mail.uno.test:587: TLS: expired"),
        "{out}"
    );
    // There is nothing to merge for a relay that was away.
    assert!(out.contains("help: mend it there"), "{out}");
    assert!(!out.contains("merge;"), "{out}");
    // Mended, and sent; then held once more.
    house.sending(PAST);
    let (_, out, _) = house.run(&["status"]);
    assert!(!out.contains("held"), "{out}");
    house.publish(vec![held(60.minutes())]);
    let (_, out, _) = house.run(&["status"]);
    assert_eq!(out.matches("TLS: expired").count(), 1, "{out}");
}

#[test]
fn a_destination_that_refuses_us_is_shown_as_long_as_it_is_left_alone() {
    let house = House::new();
    house.sending(PAST);
    let (_, out, _) = house.run(&["status"]);
    let waiting = "  waiting: uno.test said \"not now\" to 1, tried again from 2026-01-05 12:20\n";
    assert!(out.contains(waiting), "{out}");
    let claim = ClaimId {
        run: RunId(0x1a2b_3c4d),
        sequence: 1,
    };
    let refused = |recipient, ago: i64, outcome| Event::Outcome {
        claim,
        recipient: RecipientIndex(recipient),
        at: Timestamp::now() - ago.minutes(),
        outcome,
    };
    let later = Outcome::Deferred {
        reply: "421 4.7.0 <ana@uno.test> blocked, see spamhaus".to_owned(),
        retry_at: Timestamp::now() + 20.minutes(),
    };
    house.publish(vec![
        Event::Claimed {
            claim,
            recipients: Ranges::from_indices([2]),
            until: PAST.parse().unwrap(),
        },
        refused(2, 10, later),
    ]);
    let (_, out, _) = house.run(&["status"]);
    assert!(
        out.contains("paused: uno.test refuses us: nothing until"),
        "{out}"
    );
    assert!(
        out.contains("    421 4.7.0 <…@uno.test> blocked, see spamhaus"),
        "{out}"
    );
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn a_window_that_passed_long_ago_is_told() {
    let house = House::new();
    let window = "2025-12-01 12:00".to_owned();
    let id = "boletin@2025-Q4";
    house.publish_to(id, vec![Event::Lapsed { at: at(), window }]);
    let (code, out, _) = house.run(&["status"]);
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("lapsed: its window of 2025-12-01 12:00 passed"),
        "{out}"
    );
}

#[test]
fn unknowns_are_settled_both_ways_and_once() {
    let house = House::new();
    house.sending(PAST);
    let ask = ["resolve", "rueda", "--reason", "in the log"];
    let run = |more: &[&str]| house.run(&[&ask[..], more].concat());
    let (code, _, err) = run(&["--as", "sent"]);
    assert_eq!(code, 2, "{err}");
    let (code, _, err) = run(&["--as", "sent", "--index", "0"]);
    assert_eq!(code, 2);
    assert!(
        err.contains("recipient #0 of rueda is not unknown"),
        "{err}"
    );
    let (code, out, err) = run(&["--as", "resend", "--index", "4"]);
    assert_eq!(code, 0, "{err}");
    insta::assert_snapshot!(out, @r#"
    rueda: 1 settled by Ana: pending again (#4).
    audience 7 = accepted 1 + rejected 1 + excluded 1 + pending 2 + unknown 2
    They go out when its window is open, or now with
      postmerge send --now --campaign rueda
    "#);
    let (code, out, err) = run(&["--as", "sent", "--yes-all", "--by", "Luz"]);
    assert_eq!(code, 0, "{err}");
    insta::assert_snapshot!(out, @r#"
    rueda: 2 settled by Luz: counted as accepted (#3, #5).
    audience 7 = accepted 3 + rejected 1 + excluded 1 + pending 2 + unknown 0
    "#);
    let (code, _, err) = run(&["--as", "sent", "--yes-all"]);
    assert_eq!(code, 2);
    assert!(err.contains("nobody is unknown in rueda"), "{err}");
    assert_eq!(house.run(&["status"]).0, 0);
}

#[test]
fn nothing_is_settled_while_a_claim_lives() {
    let house = House::new();
    house.sending("2099-01-01T00:00:00Z");
    let settle = [
        "resolve",
        "rueda",
        "--as",
        "sent",
        "--yes-all",
        "--reason",
        "x",
    ];
    let (code, _, err) = house.run(&settle);
    assert_eq!(code, 2);
    assert!(
        err.contains("run 1a2b3c4d has a claim in rueda until"),
        "{err}"
    );
}

#[test]
fn an_address_is_suppressed_and_lifted_and_never_stored() {
    let house = House::new();
    let say = |more: &[&str]| {
        let ask = [
            "suppress",
            "Luisa@example.com",
            "--reason",
            "luisa@example.com rang",
        ];
        house.run(&[&ask[..], more].concat())
    };
    let told: Vec<String> = [
        &[] as &[&str],
        &[],
        &["--lift"],
        &["--lift"],
        &["--topic", "ferias"],
    ]
    .into_iter()
    .map(|more| {
        let (code, out, err) = say(more);
        assert_eq!(code, 0, "{err}");
        out
    })
    .collect();
    insta::assert_snapshot!(told.concat(), @r#"
    L…@example.com is suppressed for everything.
    L…@example.com was suppressed for everything already (suppressed). Nothing changed.
    L…@example.com may be mailed about everything again (was: suppressed).
    L…@example.com has no suppression for everything. Nothing changed.
    L…@example.com is suppressed for the topic `ferias`.
    "#);
    assert_eq!(say(&["--topic", "feria"]).0, 2);
    let branch = [
        "-c",
        "core.quotePath=false",
        "--git-dir",
        "remote.git",
        "log",
        "-p",
        "postmerge-ledger",
    ];
    let all = house.git(&branch).to_lowercase();
    assert!(all.contains("suppressions/"));
    assert!(!all.contains("luisa"), "{all}");
}

#[test]
fn a_lift_holds_where_the_clock_that_suppressed_is_ahead() {
    let house = House::new();
    let key = RecipientKey::from_secret(KEY.as_bytes()).unwrap();
    let recipient = key.id(&Address::parse("luisa@example.com").unwrap());
    let mut ledger = house.ledger();
    ledger.use_key(key.fingerprint()).unwrap();
    let ahead = Timestamp::now().checked_add(24.hours()).unwrap();
    let left = SuppressionEvent::Suppressed {
        recipient,
        scope: Scope::All,
        reason: Exclusion::Unsubscribed,
        at: ahead,
        note: String::new(),
    };
    ledger
        .publish(&Batch {
            suppressions: vec![left],
            ..Batch::new(RunId(7), ahead, "left".to_owned())
        })
        .unwrap();
    let lift = [
        "suppress",
        "luisa@example.com",
        "--reason",
        "asked",
        "--lift",
    ];
    let (code, _, err) = house.run(&lift);
    assert_eq!(code, 0, "{err}");
    let suppressions = house.ledger().suppressions().unwrap();
    assert_eq!(suppressions.reason(&recipient, None), None);
}

const LETTER: &str = "From: Ana <ana@uno.test>\nTo: rebotes@camara.example\nSubject: Gracias\n\nNos vemos en la feria, un saludo.\n";

impl House {
    /// Pipes a letter into `ingest`.
    fn pipe(&self, arguments: &[&str]) -> (i32, String) {
        let output = assert_cmd::Command::cargo_bin("postmerge")
            .unwrap()
            .args(["-C", self.folder.path().to_str().unwrap(), "ingest"])
            .args(arguments)
            .env("POSTMERGE_KEY", KEY)
            .write_stdin(LETTER)
            .output()
            .unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), out)
    }
}

#[test]
fn a_letter_that_is_piped_in_is_kept_or_stays_with_the_server() {
    let house = House::new();
    let (code, out) = house.pipe(&["-"]);
    assert_eq!(code, 75, "{out}");
    assert!(
        out.starts_with("1 message\n") && out.contains("stay in the mailbox"),
        "{out}"
    );
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("letters");
    let kept_text = kept.to_str().unwrap();
    for _ in 0..2 {
        let (code, out) = house.pipe(&["--keep", kept_text, "-"]);
        assert_eq!(code, 0, "{out}");
        assert!(out.contains(&format!("are kept in {kept_text}:")), "{out}");
    }
    let mut found = std::fs::read_dir(kept.join("new")).unwrap();
    let found = found.next().unwrap().unwrap().path();
    assert_eq!(std::fs::read_to_string(found).unwrap(), LETTER);
    let (_, out) = house.pipe(&["--keep", kept_text, "--format", "json", "-"]);
    let all: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&all["version"], &all["kept"]), (&1.into(), &1.into()));
}

#[test]
fn without_a_mailbox_a_schedule_is_content_and_a_person_is_not() {
    let house = House::new();
    let (code, out, err) = house.run(&["ingest", "--if-configured"]);
    assert_eq!(code, 0, "{err}");
    // What the workflow `hygiene.yml` looks for.
    assert!(out.starts_with("No mailbox is configured"), "{out}");
    let (code, _, err) = house.run(&["ingest"]);
    assert_eq!(code, 2);
    assert!(err.contains("bounces.mailbox"), "{err}");
}

/// Who forwards answers once there is a mailbox: until then no relay's secrets are needed.
#[test]
fn without_a_mailbox_nothing_is_forwarded_and_no_secret_is_asked_for() {
    let house = House::new();
    let file = house.folder.path().join("postmerge.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text
        .replace(
            "port: 587}",
            "port: 587, credentials: {user_env: NO_USER_HERE, password_env: NO_PASSWORD_HERE}}",
        )
        .replace(
            "rebotes@camara.example}",
            "rebotes@camara.example, replies: forward}",
        );
    std::fs::write(&file, text).unwrap();
    house.git(&["commit", "-qam", "answers are forwarded"]);
    house.git(&["push", "-q", "origin", "main"]);
    let (code, out, err) = house.run(&["ingest", "--if-configured"]);
    assert_eq!(code, 0, "{out}{err}");
    // With messages they are.
    let letter = house.folder.path().join("letter.eml");
    std::fs::write(&letter, LETTER).unwrap();
    let (code, _, err) = house.run(&["ingest", letter.to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(err.contains("NO_USER_HERE"), "{err}");
}

#[test]
fn a_segment_that_somebody_changed_is_named_with_what_to_do() {
    let house = House::new();
    house.sending(PAST);
    let segment = "campaigns/rueda/.events/00/00/000000-1a2b3c4d.seg";
    house.git(&["fetch", "-q", "origin", "postmerge-ledger"]);
    house.git(&["worktree", "add", "-q", "branch", "FETCH_HEAD"]);
    let file = house.folder.path().join("branch").join(segment);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, &text[..text.len() / 2]).unwrap();
    for words in [
        &["commit", "-qam", "merged by hand"] as &[&str],
        &["push", "-q", "origin", "HEAD:postmerge-ledger"],
    ] {
        house.git(&[&["-C", "branch"], words].concat());
    }
    for command in ["status", "send"] {
        let (code, _, err) = house.run(&[command]);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(&format!("ledger: {segment}: byte ")), "{err}");
        assert!(err.contains("cut off"), "{err}");
        assert!(err.contains(&format!("git log -- '{segment}'")), "{err}");
        assert!(err.contains("`git revert` that commit and push"), "{err}");
    }
    // What it says helps.
    for words in [
        &["revert", "--no-edit", "HEAD"] as &[&str],
        &["push", "-q", "origin", "HEAD:postmerge-ledger"],
    ] {
        house.git(&[&["-C", "branch"], words].concat());
    }
    assert_eq!(house.run(&["status"]).0, 1);
}

#[test]
fn a_name_that_nobody_knows_is_no_campaign_that_is_not_due() {
    let house = House::new();
    for more in [&[][..], &["--now"], &["--dry-run"]] {
        let (code, _, err) = house.run(&[&["send", "--campaign", "rued"], more].concat());
        assert_eq!(code, 2, "{err}");
        assert!(err.contains("did you mean `rueda`?"), "{err}");
    }
    let (code, _, err) = house.run(&["status", "rued"]);
    assert_eq!(code, 2);
    assert!(err.contains("did you mean `rueda`?"), "{err}");
    for command in [
        &["send", "--dry-run", "--campaign", "campaigns/rueda/"][..],
        &["status", "./campaigns/rueda/campaign.yaml"],
    ] {
        let (code, out, err) = house.run(command);
        assert_eq!(code, 0, "{out}{err}");
        assert!(out.contains("rueda"), "{out}");
    }
    // Merged here, and not pushed.
    let campaigns = house.folder.path().join("campaigns");
    std::fs::create_dir(campaigns.join("otra")).unwrap();
    for file in ["campaign.yaml", "body.md"] {
        let from = campaigns.join("rueda").join(file);
        std::fs::copy(from, campaigns.join("otra").join(file)).unwrap();
    }
    for command in [&["send", "--campaign", "otra"][..], &["status", "otra"]] {
        let (code, _, err) = house.run(command);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains("not on origin/main"), "{err}");
    }
    std::fs::write(campaigns.join("otra/campaign.yaml"), "subject: [\n").unwrap();
    for command in ["preview", "plan"] {
        let (code, _, err) = house.run(&[command, "otra"]);
        assert_eq!(code, 2, "{err}");
        let said = "campaigns/otra/campaign.yaml cannot be read: ";
        assert!(
            err.contains(said) && err.contains("`postmerge lint`"),
            "{err}"
        );
    }
}

#[test]
fn who_only_looks_takes_the_newer_of_what_was_fetched() {
    let house = House::new();
    let tracking = "refs/postmerge/ledger/postmerge-ledger";
    let suppress = ["suppress", "luisa@example.com", "--reason", "rang"];
    assert_eq!(house.run(&suppress).0, 0);
    let older = house.git(&["rev-parse", tracking]).trim().to_owned();
    house.sending(PAST);
    let newer = house.git(&["rev-parse", tracking]).trim().to_owned();
    assert_ne!(older, newer);
    // Fetched by hand, where a command of ours fetched before; and the other way about.
    let by_hand = "refs/remotes/origin/postmerge-ledger";
    for (ours, fetched) in [(&older, &newer), (&newer, &older)] {
        house.git(&["update-ref", tracking, ours]);
        house.git(&["update-ref", by_hand, fetched]);
        let (code, _, err) = house.run(&["history", "--campaign", "rueda", "--offline"]);
        assert_eq!(code, 0, "{err}");
    }
}
