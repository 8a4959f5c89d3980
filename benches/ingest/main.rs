//! What taking a bounce mailbox in costs: reading, finding whose mail it was, publishing, and moving; against reading the
//! same messages with `mail-parser` alone.
//!
//! `cargo bench --bench ingest` (`-- --quick` for a smoke run). Works in new temporary folders with a local bare remote;
//! prints, asserts nothing about time.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::panic)]
#![allow(clippy::disallowed_methods)] // measures, so it reads the machine's clock

#[allow(dead_code)]
#[path = "../../tests/support/git.rs"]
mod git;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use postmerge::bounce::answer::Answers;
use postmerge::bounce::ingest::{Outside, ingest};
use postmerge::bounce::mailbox::Maildir;
use postmerge::clock::SystemClock;
use postmerge::git::Remote;
use postmerge::ledger::branch::{Batch, Ledger, LedgerConfig};
use postmerge::ledger::event::{AudienceEntry, AudienceHeader, Event, RunId};
use postmerge::mail::address::Address;
use postmerge::mail::digest::Digest;
use postmerge::mail::occurrence::OccurrenceId;
use postmerge::mail::recipient_id::RecipientKey;
use postmerge::mail::token::{OccurrenceTag, ReversePath};
use postmerge::workspace::Workspace;
use postmerge::workspace::folder::Folder;
use postmerge::workspace::settings::Then;

fn main() {
    let quick = std::env::args().any(|it| it == "--quick");
    let (messages, audience) = if quick {
        (200, 1_000)
    } else {
        (5_000, 100_000)
    };
    let scratch = tempfile::tempdir().unwrap();
    let key = RecipientKey::from_secret(&[7; 32]).unwrap();
    let occurrence: OccurrenceId = "2026/rueda".parse().unwrap();
    let mut ledger = begun(scratch.path(), &key, &occurrence, audience);
    let mail = scratch.path().join("mail");
    let octets = deliver(&mail, &key, &occurrence, messages);

    let started = Instant::now();
    let parser = mail_parser::MessageParser::default();
    let mut parts = 0;
    for entry in fs::read_dir(mail.join("new")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        parts += parser.parse(&bytes).unwrap().parts.len();
    }
    let bare = started.elapsed();
    assert!(parts >= messages as usize * 3);

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = Workspace::load(&Folder::new(root))
        .into_workspace()
        .unwrap();
    let outside = Outside {
        workspace: &workspace,
        key: &key,
        run: RunId(2),
        clock: &SystemClock,
        dry_run: false,
        forwarding: None,
        lists: &Folder::new(root),
        answers: Answers::Off,
    };
    let mut mailbox = Maildir::open(&mail, Then::Flag).unwrap();
    let started = Instant::now();
    let done = ingest(&outside, &mut ledger, &mut mailbox, |_| {});
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let summary = runtime.unwrap().block_on(done).unwrap();
    let taken = started.elapsed();
    assert_eq!(summary.noted, u64::from(messages));

    println!("{messages} reports ({octets} octets), an audience of {audience}");
    println!(
        "  read and parsed by mail-parser {:8.3} s",
        bare.as_secs_f64()
    );
    println!(
        "  ingest, published and moved    {:8.3} s   {:.1}x, {:.0} messages/s (aim: 5,000 in under 5 s)",
        taken.as_secs_f64(),
        taken.as_secs_f64() / bare.as_secs_f64(),
        f64::from(messages) / taken.as_secs_f64()
    );
}

fn person(n: u32) -> Address {
    Address::parse(&format!("p{n}@uno.test")).unwrap()
}

/// A ledger on a bare remote, with one occurrence's audience.
fn begun(scratch: &Path, key: &RecipientKey, occurrence: &OccurrenceId, size: u32) -> Ledger {
    git::git(scratch, &["init", "-q", "--bare", "remote.git"]);
    git::git(scratch, &["init", "-q", "runner"]);
    let config = LedgerConfig {
        remote: Remote {
            name: scratch.join("remote.git").display().to_string(),
            limit: Duration::from_secs(60),
        },
        branch: "postmerge-ledger".to_owned(),
        identity: None,
    };
    let mut ledger = Ledger::open(&scratch.join("runner"), config).unwrap();
    ledger.use_key(key.fingerprint()).unwrap();
    let at = Timestamp::from_second(1_796_295_600).unwrap();
    let header = AudienceHeader {
        content_commit: "c".repeat(40),
        lists_commit: "1".repeat(40),
        digest: Digest::of(b""),
        key: key.fingerprint(),
        sender: "eventos".to_owned(),
        at,
        destinations: vec!["uno.test".to_owned()],
        documents: Vec::new(),
        force: None,
        reconfirmation: false,
    };
    let entry = |n| AudienceEntry {
        id: key.id(&person(n)),
        destination: 0,
        copy_of: None,
        own_document: None,
    };
    let start = Event::AudienceFixed {
        header: Box::new(header),
        entries: (0..size).map(entry).collect(),
        excluded: Vec::new(),
    };
    let batch = Batch {
        events: vec![(occurrence.clone(), start)],
        ..Batch::new(RunId(1), at, "start".to_owned())
    };
    ledger.publish(&batch).unwrap();
    ledger
}

/// Reports as Postfix writes them, with the mail that came back; says how many octets.
fn deliver(mail: &Path, key: &RecipientKey, occurrence: &OccurrenceId, messages: u32) -> u64 {
    for folder in ["new", "cur", "tmp"] {
        fs::create_dir_all(mail.join(folder)).unwrap();
    }
    let tag = OccurrenceTag::of(key, occurrence);
    let body =
        "The regional round of business meetings brings buyers from five countries together.\n"
            .repeat(120);
    let mut octets = 0;
    for index in 0..messages {
        let path = ReversePath {
            occurrence: tag,
            index,
            copy: 0,
        };
        let to = format!("rebotes+{}@camara.example", path.token(key));
        let text = format!(
            "Return-Path: <>\nDelivered-To: {to}\nFrom: MAILER-DAEMON@mx.uno.test\nTo: {to}\n\
             Subject: Undelivered Mail Returned to Sender\nDate: Sat, 28 Nov 2026 10:00:00 +0000\n\
             Message-ID: <{index}@mx.uno.test>\nMIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
             --b\nContent-Type: text/plain\n\nI'm sorry to have to inform you.\n\n\
             --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.uno.test\n\n\
             Final-Recipient: rfc822; p{index}@uno.test\nAction: failed\nStatus: 5.1.1\n\
             Diagnostic-Code: smtp; 550 5.1.1 <p{index}@uno.test>: user unknown\n\n\
             --b\nContent-Type: message/rfc822\n\nFrom: eventos@camara.example\nTo: p{index}@uno.test\n\
             Subject: Rueda\nMessage-ID: <x{index}@camara.example>\n\n{body}\n--b--\n"
        );
        octets += text.len() as u64;
        fs::write(mail.join("new").join(format!("{index}.m")), text).unwrap();
    }
    octets
}
