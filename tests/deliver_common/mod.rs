//! A small workspace in a real bare repository, clones of it, and pretended mailboxes.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "every test uses a part, and a test fails by panicking"
)]

#[path = "../support/git.rs"]
mod git;

use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use jiff::Timestamp;
use postmerge::clock::{Clock, VirtualClock};
use postmerge::deliver::StartError;
use postmerge::deliver::dry_run::dry_run;
use postmerge::deliver::due::Question;
use postmerge::deliver::preflight::Preflight;
use postmerge::deliver::progress::{Progress, Silent};
use postmerge::deliver::run::{EngineTask, Line, Order, Outside, Summary, open, send};
use postmerge::ledger::event::RunId;
use postmerge::ledger::state::OccurrenceState;
use postmerge::mail::address::Address;
use postmerge::mail::recipient_id::{RecipientId, RecipientKey};
use postmerge::transport::Transport;
use postmerge::transport::exchanger::{Exchangers, NoExchangers};
use postmerge::transport::in_process::InProcess;
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::workspace::encryption::{Keys, NewKey, Recipients, encrypt};
use postmerge::workspace::settings::{Encryption, KeyHolder, LedgerSettings};
use tokio::sync::watch;

pub(crate) use git::git;

pub const SECRET: &str = "a secret of more than thirty-two characters";

pub fn key() -> RecipientKey {
    RecipientKey::from_secret(SECRET.as_bytes()).unwrap()
}

/// What the ledger knows somebody by.
pub fn id(address: &str) -> RecipientId {
    key().id(&Address::parse(address).unwrap())
}

/// Wednesday, 2 December 2026: noon in Bogotá.
pub const NOON: &str = "2026-12-02T17:00:00Z";

pub struct House {
    pub folder: tempfile::TempDir,
    pub boxes: Arc<Mailboxes>,
    pub secret: String,
    /// What encrypted lists are read with.
    pub keys: Keys,
    /// The same as people keep it.
    pub secret_of_lists: Option<String>,
    /// Relays whose settings are wrong.
    pub broken: Vec<&'static str>,
    /// What looks at the set-up.
    pub preflight: Option<Arc<dyn Preflight>>,
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Tries each number, as many at once as there are processors: runs that die at one place after the other.
pub fn everywhere(numbers: Range<u32>, attempt: impl Fn(u32) + Sync) {
    let next = AtomicU32::new(numbers.start);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= numbers.end {
                        break;
                    }
                    attempt(number);
                }
            });
        }
    });
}

impl House {
    /// A workspace with these members, this pace (YAML, a line) and one campaign, `uno`.
    pub fn new(boxes: Mailboxes, members: &[String], pace: &str) -> Self {
        let house = Self {
            folder: tempfile::tempdir().unwrap(),
            boxes: Arc::new(boxes),
            secret: SECRET.to_owned(),
            keys: Keys::default(),
            secret_of_lists: None,
            broken: Vec::new(),
            preflight: None,
        };
        git(house.path(), &["init", "-q", "--bare", "remote.git"]);
        git(house.path(), &["clone", "-q", "remote.git", "author"]);
        let settings = format!(
            "organisation: {{name: C, postal_address: [Calle 10], zone: America/Bogota, locale: es}}\n\
             people: {{ana: {{github: ana, email: ana@c.test, roles: [staff], lists: [socios]}}}}\n\
             senders: {{eventos: {{name: E, address: e@c.test, relay: principal}}}}\n\
             relays: {{principal: {{host: mail.c.test, port: 587, connections: 4}}}}\n\
             windows: {{\"12:00\": {{opens: \"12:00\", open_for: 3h}}}}\n\
             bounces: {{address: rebotes@c.test}}\n\
             unsubscribe: {{address: bajas@c.test}}\n\
             publish: {{url: \"https://docs.c.test\"}}\n\
             pace: {{built_in_providers: false, {pace}}}\n\
             ledger: {{claim_at_most: 20}}\n"
        );
        house.write("postmerge.yaml", &settings);
        house.write(
            "lists/socios.yaml",
            "title: Socios\nowner: ana\npurpose: Avisos\nconsent: {basis: contract}\ncolumns: {nombre: {type: text}}\n",
        );
        house.members(members);
        house.write(
            "templates/b/layout.html",
            "<html><body>{{ content }}</body></html>",
        );
        house.write("templates/b/template.yaml", "title: B\n");
        house.campaign("uno", "");
        house.push("all");
        house
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn author(&self) -> PathBuf {
        self.path().join("author")
    }

    pub fn write(&self, path: &str, text: &str) {
        let file = self.author().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    /// Replaces a piece of a file.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.author().join(path)).unwrap();
        assert!(text.contains(from), "{text}");
        self.write(path, &text.replace(from, to));
    }

    /// The journals that lie in a clone.
    pub fn journals(&self, clone: &str) -> usize {
        let folder = self.path().join(clone).join(".git/postmerge/journal");
        std::fs::read_dir(folder).map_or(0, Iterator::count)
    }

    pub fn remove(&self, path: &str) {
        git(&self.author(), &["rm", "-rq", path]);
    }

    pub fn members(&self, members: &[String]) {
        let mut csv = "email,nombre\n".to_owned();
        for member in members {
            writeln!(csv, "{member},X").unwrap();
        }
        self.write("lists/socios.csv", &csv);
    }

    /// Puts `lists/socios.csv` into an encrypted file. The key is this house's, unless it is lost.
    pub fn encrypt(&mut self) {
        let key = NewKey::generate();
        let holder = KeyHolder {
            name: "the runner".to_owned(),
            key: key.public.clone(),
        };
        let recipients = Recipients::of(&Encryption {
            recipients: vec![holder],
        });
        let plain = self.author().join("lists/socios.csv");
        let mut bytes = Vec::new();
        let text = std::fs::read(&plain).unwrap();
        encrypt(text.as_slice(), &recipients.unwrap(), &mut bytes).unwrap();
        std::fs::write(self.author().join("lists/socios.csv.age"), bytes).unwrap();
        std::fs::remove_file(plain).unwrap();
        let settings = self.author().join("postmerge.yaml");
        let mut text = std::fs::read_to_string(&settings).unwrap();
        if !text.contains("encryption:") {
            text.push_str(&format!(
                "encryption: {{recipients: [{{name: the runner, key: {}}}]}}\n",
                key.public
            ));
            std::fs::write(settings, text).unwrap();
        }
        self.keys = Keys::parse(&key.secret).unwrap();
        self.secret_of_lists = Some(key.secret);
    }

    pub fn campaign(&self, id: &str, more: &str) {
        self.write(
            &format!("campaigns/{id}/campaign.yaml"),
            &format!(
                "subject: Aviso\nsender: eventos\ntemplate: b\npurpose: transactional\n\
                 audience: {{lists: [socios]}}\nsend: {{date: 2026-12-02, window: \"12:00\"}}\n{more}"
            ),
        );
        self.write(&format!("campaigns/{id}/body.md"), "Hola {{ nombre }}.\n");
    }

    pub fn push(&self, message: &str) {
        git(&self.author(), &["add", "."]);
        git(
            &self.author(),
            &["commit", "-q", "--allow-empty", "-m", message],
        );
        git(&self.author(), &["push", "-q", "origin", "HEAD:main"]);
    }

    pub fn clone_of(&self, name: &str) -> PathBuf {
        let path = self.path().join(name);
        if !path.exists() {
            git(
                self.path(),
                &["clone", "-q", "-b", "main", "remote.git", name],
            );
        }
        path
    }

    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(InProcess::new(Arc::clone(&self.boxes)))
    }

    pub fn run(&self, clone: &str, run: u32, clock: &VirtualClock) -> Summary {
        self.try_run(clone, run, clock).unwrap()
    }

    pub fn try_run(
        &self,
        clone: &str,
        run: u32,
        clock: &VirtualClock,
    ) -> Result<Summary, StartError> {
        self.ordered(clone, run, clock, &Order::default())
    }

    pub fn ordered(
        &self,
        clone: &str,
        run: u32,
        clock: &VirtualClock,
        order: &Order,
    ) -> Result<Summary, StartError> {
        let setup = Setup {
            transport: self.transport(),
            progress: Arc::new(Silent),
            polls: None,
        };
        self.with(clone, run, clock, order, setup).unwrap()
    }

    /// `None` where the run was dropped before its end.
    pub fn with(
        &self,
        clone: &str,
        run: u32,
        clock: &VirtualClock,
        order: &Order,
        setup: Setup,
    ) -> Option<Result<Summary, StartError>> {
        // Nobody can ask it to stop: that must not make it turn in circles.
        let (_, stop) = watch::channel(false);
        self.stoppable(clone, run, clock, order, setup, stop)
    }

    pub fn stoppable(
        &self,
        clone: &str,
        run: u32,
        clock: &VirtualClock,
        order: &Order,
        setup: Setup,
        stop: watch::Receiver<bool>,
    ) -> Option<Result<Summary, StartError>> {
        self.among(clone, run, clock, order, setup, stop, &NoExchangers)
    }

    /// Exchangers are asked while an audience is being fixed: a test may do something then.
    #[allow(clippy::too_many_arguments)]
    pub fn among(
        &self,
        clone: &str,
        run: u32,
        clock: &VirtualClock,
        order: &Order,
        setup: Setup,
        stop: watch::Receiver<bool>,
        exchangers: &dyn Exchangers,
    ) -> Option<Result<Summary, StartError>> {
        let path = self.clone_of(clone);
        let transport = setup.transport;
        let rounds = AtomicU32::new(0);
        let outside = Outside {
            repository: &path,
            ledger: LedgerSettings::default(),
            clock: Arc::new(clock.clone()),
            transports: &|name, _, _| match self.broken.contains(&name.as_str()) {
                true => Err("the environment variable SMTP_PASSWORD is not set".to_owned()),
                false => Ok(Arc::clone(&transport)),
            },
            exchangers,
            secret: &|name| (name == "POSTMERGE_KEY").then(|| self.secret.clone()),
            keys: self.keys.clone(),
            preflight: self.preflight.as_deref(),
            evidence: None,
            new_run: &|| RunId(run + 1000 * rounds.fetch_add(1, Ordering::Relaxed)),
            boot: Some("boot".to_owned()),
            engine: EngineTask::Callers,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut polls = setup.polls;
            let mut sending = Box::pin(send(&outside, order, stop, setup.progress));
            std::future::poll_fn(|context| {
                if let Some(left) = &mut polls {
                    if *left == 0 {
                        return Poll::Ready(None);
                    }
                    *left -= 1;
                }
                sending.as_mut().poll(context).map(Some)
            })
            .await
        })
    }

    /// What a run would do.
    pub fn dry_run(&self, clone: &str, clock: &VirtualClock) -> Summary {
        let path = self.clone_of(clone);
        let outside = Outside {
            repository: &path,
            ledger: LedgerSettings::default(),
            clock: Arc::new(clock.clone()),
            transports: &|_, _, _| Err("nothing is sent".to_owned()),
            exchangers: &NoExchangers,
            secret: &|name| (name == "POSTMERGE_KEY").then(|| self.secret.clone()),
            keys: self.keys.clone(),
            preflight: None,
            evidence: None,
            new_run: &|| RunId(0),
            boot: None,
            engine: EngineTask::Callers,
        };
        dry_run(&outside, &Order::default()).unwrap()
    }

    /// What a fresh look at the remote says.
    pub fn state(&self, occurrence: &str) -> OccurrenceState {
        let path = self.clone_of("reader");
        let opened = open(&path, &LedgerSettings::default()).unwrap();
        opened.ledger.replay(&occurrence.parse().unwrap()).unwrap()
    }

    /// No address got more than one copy of a mail; the counts of `uno` add up.
    pub fn check(&self, now: Timestamp) -> postmerge::ledger::state::Counts {
        assert_eq!(self.boxes.taken_twice(), []);
        let counts = self.state("uno").counts(now);
        counts.check().unwrap();
        counts
    }
}

pub struct Setup {
    pub transport: Arc<dyn Transport>,
    pub progress: Arc<dyn Progress>,
    pub polls: Option<u32>,
}

pub fn clock() -> VirtualClock {
    VirtualClock::new(at(NOON))
}

pub fn line<'a>(summary: &'a Summary, id: &str) -> &'a Line {
    summary
        .lines
        .iter()
        .find(|line| line.occurrence.to_string() == id)
        .unwrap_or_else(|| panic!("{id} is not among {:?}", summary.lines))
}

pub fn people(count: usize, domains: &[&str]) -> Vec<String> {
    (0..count)
        .map(|n| format!("p{n}@{}", domains[n % domains.len()]))
        .collect()
}

pub fn now_of(clock: &VirtualClock) -> Timestamp {
    clock.now()
}

pub fn regardless() -> Order {
    Order {
        question: Question {
            campaign: None,
            now: true,
        },
        until: None,
    }
}
