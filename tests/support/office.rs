//! An organisation with a mailbox, a ledger and one campaign, for tests of what comes back.

use std::fs;
use std::path::{Path, PathBuf};

use postmerge::bounce::answer::{AnswerDesk, Answers};
use postmerge::bounce::forward::Forwarding;
use postmerge::bounce::ingest::{Outside, Summary, ingest};
use postmerge::bounce::mailbox::Maildir;
use postmerge::clock::VirtualClock;
use postmerge::ledger::branch::Ledger;
use postmerge::ledger::event::{AudienceEntry, Event, Exclusion, RecipientIndex, RunId};
use postmerge::ledger::feedback::Feedback;
use postmerge::mail::address::Address;
use postmerge::mail::recipient_id::RecipientKey;
use postmerge::mail::token::{OccurrenceTag, ReversePath};
use postmerge::workspace::Workspace;
use postmerge::workspace::folder::Folder;
use postmerge::workspace::in_memory::InMemory;
use postmerge::workspace::settings::Then;

use super::ledger::{House, at, fixed, occurrence, publish};

/// Six recipients, `p0@uno.test` … `p5@uno.test`; the last is a copy of the first's mail.
pub(crate) struct Office {
    pub(crate) house: House,
    pub(crate) key: RecipientKey,
    pub(crate) workspace: Workspace,
    pub(crate) clock: VirtualClock,
    /// How what people wrote is forwarded.
    pub(crate) forwarding: Option<Forwarding>,
    /// The lists' files.
    pub(crate) lists: InMemory,
    /// Who answers people; or why nobody can, where that is not off.
    pub(crate) answers: Option<Result<AnswerDesk, &'static str>>,
    /// The run that takes in.
    pub(crate) run: RunId,
}

impl Office {
    pub(crate) fn new() -> Self {
        let house = House::new();
        let key = RecipientKey::from_secret(&[7; 32]).unwrap();
        let Event::AudienceFixed {
            header, excluded, ..
        } = fixed()
        else {
            unreachable!()
        };
        let entry = |n: u32| AudienceEntry {
            id: key.id(&person(n)),
            destination: 0,
            copy_of: (n == 5).then_some(RecipientIndex(0)),
            own_document: None,
        };
        let start = Event::AudienceFixed {
            header,
            entries: (0..6).map(entry).collect(),
            excluded,
        };
        let mut ledger = house.ledger("runner");
        ledger.fetch().unwrap();
        ledger.use_key(key.fingerprint()).unwrap();
        publish(&mut ledger, 1, vec![start]).unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = Workspace::load(&Folder::new(root))
            .into_workspace()
            .unwrap();
        fs::create_dir_all(house.folder.path().join("mail/new")).unwrap();
        fs::create_dir_all(house.folder.path().join("mail/cur")).unwrap();
        fs::create_dir_all(house.folder.path().join("mail/tmp")).unwrap();
        Self {
            house,
            key,
            workspace,
            clock: VirtualClock::new(at(86_400)),
            forwarding: None,
            lists: InMemory::default(),
            answers: None,
            run: RunId(9),
        }
    }

    pub(crate) fn mail(&self) -> PathBuf {
        self.house.folder.path().join("mail")
    }

    pub(crate) fn arrives(&self, name: &str, message: &str) {
        fs::write(self.mail().join("new").join(name), message).unwrap();
    }

    /// Messages that nobody has read.
    pub(crate) fn left(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.mail().join("new"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn ledger(&self, name: &str) -> Ledger {
        let mut ledger = self.house.ledger(name);
        ledger.fetch().unwrap();
        ledger.use_key(self.key.fingerprint()).unwrap();
        ledger
    }

    pub(crate) fn try_ingest(&self, name: &str, dry_run: bool) -> Result<Summary, String> {
        let mut ledger = self.ledger(name);
        self.ingest_into(&mut ledger, dry_run)
    }

    pub(crate) fn ingest_into(
        &self,
        ledger: &mut Ledger,
        dry_run: bool,
    ) -> Result<Summary, String> {
        let mut mailbox = Maildir::open(&self.mail(), Then::Flag).unwrap();
        let outside = Outside {
            workspace: &self.workspace,
            key: &self.key,
            run: self.run,
            clock: &self.clock,
            dry_run,
            forwarding: self.forwarding.as_ref(),
            lists: &self.lists,
            answers: match &self.answers {
                None => Answers::Off,
                Some(Ok(desk)) => Answers::By(desk),
                Some(Err(why)) => Answers::Without(why),
            },
        };
        let done = ingest(&outside, ledger, &mut mailbox, |_| {});
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime
            .unwrap()
            .block_on(done)
            .map_err(|error| error.to_string())
    }

    pub(crate) fn ingest(&self) -> Summary {
        self.try_ingest("runner", false).unwrap()
    }

    pub(crate) fn feedback(&self) -> Vec<Feedback> {
        let mut all = Vec::new();
        self.ledger("reader")
            .feedback(0, |it| all.push(it))
            .unwrap();
        all
    }

    pub(crate) fn suppressed(&self, n: u32) -> Option<Exclusion> {
        let suppressions = self.ledger("reader").suppressions().unwrap();
        suppressions.reason(&self.key.id(&person(n)), None)
    }

    pub(crate) fn path(&self, index: u32, copy: u8) -> String {
        let path = ReversePath {
            occurrence: OccurrenceTag::of(&self.key, &occurrence()),
            index,
            copy,
        };
        format!("rebotes+{}@camara.example", path.token(&self.key))
    }
}

pub(crate) fn person(n: u32) -> Address {
    Address::parse(&format!("p{n}@uno.test")).unwrap()
}

/// A report as Postfix writes it.
pub(crate) fn report(to: &str, about: &str, action: &str, status: &str, text: &str) -> String {
    format!(
        "Return-Path: <>\nDelivered-To: {to}\nFrom: MAILER-DAEMON@mx.uno.test\nTo: {to}\n\
         Subject: Undelivered Mail Returned to Sender\nDate: Thu, 3 Dec 2026 18:00:00 +0000\n\
         Message-ID: <{about}{action}{status}@mx.uno.test>\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
         --b\nContent-Type: text/plain\n\nI'm sorry to have to inform you.\n\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.uno.test\n\n\
         Final-Recipient: rfc822; {about}\nAction: {action}\nStatus: {status}\n\
         Diagnostic-Code: smtp; {text}\n\n--b--\n"
    )
}

pub(crate) fn hard(to: &str, about: &str) -> String {
    report(
        to,
        about,
        "failed",
        "5.1.1",
        "550 5.1.1 <p3@uno.test>: user unknown",
    )
}
