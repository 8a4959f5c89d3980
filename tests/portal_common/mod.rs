//! A portal on a clone of a small workspace, asked without sockets; mails with links are kept.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "every test uses a part, and a test fails by panicking"
)]

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use postmerge::clock::{BoxFuture, Clock, VirtualClock};
use postmerge::deliver::StartError;
use postmerge::deliver::opened::{self, Opened, open};
use postmerge::git::{CommitId, Repository};
use postmerge::ledger::branch::{Ledger, LedgerError};
use postmerge::ledger::event::RunId;
use postmerge::mail::envelope::Letter;
use postmerge::mail::recipient_id::{RecipientId, RecipientKey};
use postmerge::mail::token::{Action, Leave, Scope};
use postmerge::portal::{Branches, Desk, FetchError, Outside, PATIENCE, Portal, Post, RoundError};
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::transport::{Attempt, ConnectError, Connection, Reply, Stage, Transport};
use postmerge::workspace::settings::{LedgerSettings, Sender, Settings};
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::deliver_common::{House, SECRET, git, people};

pub fn key() -> RecipientKey {
    RecipientKey::from_secret(SECRET.as_bytes()).unwrap()
}

/// A secret for links whose variable is in this portal's environment.
pub fn secret_of_links(variable: &str) -> String {
    format!("{variable} {variable} {variable} {variable}")
}

/// The key that settings name; of variables for links those are there that begin with `HAD_`.
fn key_of(settings: &Settings) -> Result<RecipientKey, String> {
    let mut secrets = Vec::new();
    for variable in &settings.key.tokens {
        match variable.starts_with("HAD_") {
            true => secrets.push(secret_of_links(variable)),
            false => return Err(format!("{variable} is not set")),
        }
    }
    let secrets = secrets.iter().map(String::as_bytes);
    key()
        .with_token_secrets(secrets)
        .map_err(|why| why.to_string())
}

pub fn who(address: &str) -> RecipientId {
    key().id(&postmerge::mail::address::Address::parse(address).unwrap())
}

/// The path of somebody's link.
pub fn link(action: Action, scope: Scope, address: &str) -> String {
    let letter = match action {
        Action::Unsubscribe => "u",
        Action::Preferences => "p",
        Action::Confirm => "c",
        // By mail only.
        Action::Want | Action::Pause | Action::Resume => "u",
    };
    let leave = Leave {
        action,
        scope,
        recipient: who(address),
        mailing: None,
    };
    format!("/{letter}/{}", leave.token(&key()))
}

/// Five members in a list with topics, language and data of their own, which anybody may join.
pub fn house() -> House {
    let house = House::new(Mailboxes::new(), &people(5, &["a.test"]), "pause: 1s");
    house.edit(
        "postmerge.yaml",
        "publish:",
        "portal: {url: \"https://correo.c.test\", privacy: \"https://c.test/privacidad\"}\npublish:",
    );
    house.write(
        "lists/socios.yaml",
        "title: Socios\nowner: ana\npurpose: Avisos para los socios\n\
         consent: {basis: consent, column: acepta}\n\
         columns:\n  nombre: {type: text, required: true, title: Nombre, editable: true}\n  \
         acepta: {type: bool, required: true}\n  idioma: {type: text, values: [es, it, en]}\n  \
         temas: {type: topics}\n  cuota: {type: number}\n  \
         revista: {type: bool, title: Revista, editable: true}\n\
         topics: {ferias: {title: Ferias y ruedas}, becas: {title: Becas}}\n\
         language_column: idioma\n\
         joining:\n  public: true\n  ask: [nombre, temas]\n  consent: {es: Quiero recibir los avisos., en: I want the notices.}\n",
    );
    // As people write them.
    let rows: Vec<String> = (0..5)
        .map(|n| match n {
            4 => "p4@a.test,X4,sí,,ferias; becas,1,sí\n".to_owned(),
            _ => format!("p{n}@a.test,X{n},true,,ferias,1,\n"),
        })
        .collect();
    house.write(
        "lists/socios.csv",
        &format!(
            "email,nombre,acepta,idioma,temas,cuota,revista\n{}",
            rows.concat()
        ),
    );
    house.push("a list that people may join");
    house
}

/// A run of `send`, which has a runtime of its own.
pub fn sends(house: &House, run: u32, clock: &VirtualClock) -> u32 {
    let run = || house.run("runner", run, clock);
    let summary = std::thread::scope(|scope| scope.spawn(run).join().unwrap());
    u32::try_from(summary.lines[0].counts.accepted).unwrap()
}

/// The portal, and what it mailed.
pub struct Desktop {
    pub portal: Portal,
    pub router: Router,
    pub path: PathBuf,
    pub mails: Arc<Mailed>,
    pub log: Arc<Mutex<Vec<String>>>,
}

/// The branches on the house's remote; it is away while it is called something else.
struct Fetching(PathBuf);

fn fetch_error(why: impl Into<StartError>) -> FetchError {
    match why.into() {
        why @ (StartError::Remote(_) | StartError::Ledger(LedgerError::Remote(_))) => {
            FetchError::Away(why.to_string())
        }
        why => FetchError::Wrong(why.to_string()),
    }
}

impl Branches for Fetching {
    fn ledger(&self) -> Result<Ledger, FetchError> {
        let mut ledger =
            opened::ledger(&self.0, &LedgerSettings::default()).map_err(fetch_error)?;
        ledger.fetch().map_err(fetch_error)?;
        Ok(ledger)
    }

    fn head(&self) -> Result<CommitId, FetchError> {
        let repository = Repository::open(&self.0).map_err(fetch_error)?;
        opened::fetch_main(&repository, &LedgerSettings::default()).map_err(fetch_error)
    }

    fn kept(&self) -> Option<(Ledger, CommitId)> {
        let head = opened::fetched_main(&Repository::open(&self.0).ok()?).ok()?;
        Some((
            opened::ledger(&self.0, &LedgerSettings::default()).ok()?,
            head,
        ))
    }
}

/// An answer, read.
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// As it came.
    pub bytes: Vec<u8>,
    /// With slashes, and `'` for quotation marks in values.
    pub text: String,
}

impl Desktop {
    pub fn open(house: &House, clone: &str, clock: &VirtualClock) -> Self {
        Self::try_open(house, clone, clock).unwrap()
    }

    pub fn try_open(house: &House, clone: &str, clock: &VirtualClock) -> Result<Self, RoundError> {
        Self::with(house, clone, Arc::new(clock.clone()), PATIENCE)
    }

    /// With a clock of its own, and less patience.
    pub fn with(
        house: &House,
        clone: &str,
        clock: Arc<dyn Clock>,
        patience: Duration,
    ) -> Result<Self, RoundError> {
        let path = house.clone_of(clone);
        let (mails, log) = (Arc::new(Mailed::default()), Arc::new(Mutex::default()));
        let lines: Arc<Mutex<Vec<String>>> = Arc::clone(&log);
        let outside = Outside {
            key: Box::new(key_of),
            keys: house.keys.clone(),
            clock,
            run: RunId(77),
            patience,
            post: Some(Arc::new(Kept(Arc::clone(&mails)))),
            files: Some(house.path().join("site")),
            log: Some(Arc::new(move |line: &str| {
                lines.lock().unwrap().push(line.to_owned());
            })),
        };
        let branches = Arc::new(Fetching(path.clone()));
        let spool = path.join(".git/postmerge/portal");
        let portal = Portal::open(&path, &spool, outside, branches)?;
        let router = portal.router();
        Ok(Self {
            portal,
            router,
            path,
            mails,
            log,
        })
    }

    /// The lines of the log that have this in them.
    pub fn logged(&self, what: &str) -> usize {
        let log = self.log.lock().unwrap();
        log.iter().filter(|line| line.contains(what)).count()
    }

    /// A figure of `/metrics`.
    pub async fn figure(&self, name: &str) -> u64 {
        let text = self.get("/metrics").await.text;
        let name = format!("postmerge_portal_{name} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&name));
        line.unwrap().parse().unwrap()
    }

    /// Asks as the proxy on this machine does.
    pub async fn ask(&self, mut request: Request<Body>) -> Answered {
        let proxy = SocketAddr::from(([127, 0, 0, 1], 9));
        if request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .is_none()
        {
            request.extensions_mut().insert(ConnectInfo(proxy));
        }
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 1_000_000).await.unwrap();
        Answered {
            status: parts.status,
            headers: parts.headers,
            bytes: bytes.to_vec(),
            text: String::from_utf8_lossy(&bytes)
                .replace("&#x2f;", "/")
                .replace("&quot;", "'"),
        }
    }

    /// Sends a form from a client of this number, and does not wait for mails.
    pub async fn from(&self, client: u16, path: &str, body: &str) -> Answered {
        let [high, low] = client.to_be_bytes();
        let request = Request::post(path).header("x-forwarded-for", format!("10.7.{high}.{low}"));
        self.ask(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    pub async fn get(&self, path: &str) -> Answered {
        self.ask(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&self, path: &str, body: &str) -> Answered {
        let request =
            Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        let answered = self.ask(request.body(Body::from(body.to_owned())).unwrap());
        let answered = answered.await;
        self.portal.mails_are_out().await;
        answered
    }

    /// The ledger as a fresh look at the remote has it.
    pub fn opened(&self, house: &House) -> Opened {
        open(&house.clone_of("reader"), &LedgerSettings::default()).unwrap()
    }

    /// The same where the workspace cannot be read.
    pub fn ledger(&self, house: &House) -> Ledger {
        let settings = LedgerSettings::default();
        let mut ledger = opened::ledger(&house.clone_of("reader"), &settings).unwrap();
        ledger.fetch().unwrap();
        ledger
    }

    /// How many commits the ledger has on the remote.
    pub fn commits(&self, house: &House) -> usize {
        let remote = house.path().join("remote.git");
        let branches = git(&remote, &["branch", "--list", "postmerge-ledger"]);
        match branches.trim().is_empty() {
            true => 0,
            false => git(&remote, &["rev-list", "--count", "postmerge-ledger"])
                .trim()
                .parse()
                .unwrap(),
        }
    }
}

/// The mails that were handed over: to whom, and what.
pub struct Mailed {
    taken: Mutex<Vec<(String, Vec<u8>)>>,
    /// What the relay refuses with, one after the other.
    refusals: Mutex<Vec<u16>>,
    /// Closed, nothing is handed over.
    gate: watch::Sender<bool>,
    /// The commit whose settings the last mail goes by.
    pub head: Mutex<Option<CommitId>>,
}

impl Default for Mailed {
    fn default() -> Self {
        Self {
            taken: Mutex::default(),
            refusals: Mutex::default(),
            gate: watch::Sender::new(true),
            head: Mutex::default(),
        }
    }
}

impl Mailed {
    /// To whom, and the text part with its line ends joined.
    pub fn all(&self) -> Vec<(String, String)> {
        let read = |(to, content): &(String, Vec<u8>)| {
            let message = mail_parser::MessageParser::default();
            let message = message.parse(content).unwrap();
            let text = message.body_text(0).unwrap().into_owned();
            let subject = message.subject().unwrap_or_default();
            (to.clone(), format!("{subject}\n\n{text}"))
        };
        self.taken.lock().unwrap().iter().map(read).collect()
    }

    /// The next mails are refused with these.
    pub fn refuse(&self, codes: &[u16]) {
        *self.refusals.lock().unwrap() = codes.iter().rev().copied().collect();
    }

    /// How many refusals are left.
    pub fn refusals(&self) -> usize {
        self.refusals.lock().unwrap().len()
    }

    /// Whether mails go out, or wait.
    pub fn open(&self, is_open: bool) {
        self.gate.send_replace(is_open);
    }

    /// The same as they came.
    pub fn messages(&self) -> Vec<(String, Vec<u8>)> {
        self.taken.lock().unwrap().clone()
    }

    /// A relay that puts everything here.
    pub fn relay(self: &Arc<Self>) -> Arc<dyn Transport> {
        Arc::new(Keeping(Arc::clone(self)))
    }

    /// The path of the link in the last mail.
    pub fn last_link(&self) -> String {
        let all = self.all();
        let (_, text) = all.last().unwrap();
        let start = text.find("https://correo.c.test/").unwrap() + "https://correo.c.test".len();
        text[start..].split_whitespace().next().unwrap().to_owned()
    }
}

struct Kept(Arc<Mailed>);

impl Post for Kept {
    fn desk<'a>(
        &'a self,
        head: CommitId,
        _: &'a Settings,
        _: &'a Sender,
    ) -> BoxFuture<'a, Result<Desk, String>> {
        *self.0.head.lock().unwrap() = Some(head);
        Box::pin(async {
            Ok(Desk {
                transport: Arc::new(Keeping(Arc::clone(&self.0))),
                signers: Vec::new(),
            })
        })
    }
}

struct Keeping(Arc<Mailed>);

impl Transport for Keeping {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async {
            let mut gate = self.0.gate.subscribe();
            gate.wait_for(|is_open| *is_open).await.unwrap();
            Ok(Box::new(Keeping(Arc::clone(&self.0))) as Box<dyn Connection>)
        })
    }
}

impl Connection for Keeping {
    fn send<'a>(
        &'a mut self,
        letter: &'a Letter,
        commit: &'a mut (dyn FnMut() -> io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt> {
        let refusal = self.0.refusals.lock().unwrap().pop();
        if let Some(code) = refusal {
            let reply = Reply {
                code,
                text: "not now".to_owned(),
            };
            let stage = Stage::RcptTo;
            return Box::pin(async move { Attempt::Refused { reply, stage } });
        }
        commit().unwrap();
        let to = letter.envelope.to.as_str().to_owned();
        let mut mails = self.0.taken.lock().unwrap();
        mails.push((to, letter.message.to_vec()));
        drop(mails);
        Box::pin(async {
            Attempt::Accepted(Reply {
                code: 250,
                text: "ok".to_owned(),
            })
        })
    }

    fn usable(&self) -> bool {
        true
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}
