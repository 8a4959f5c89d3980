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
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use postmerge::clock::{BoxFuture, VirtualClock};
use postmerge::deliver::opened::{Opened, open};
use postmerge::ledger::event::RunId;
use postmerge::mail::envelope::Letter;
use postmerge::mail::recipient_id::{RecipientId, RecipientKey};
use postmerge::mail::token::{Action, Leave, Scope};
use postmerge::portal::{Desk, Fetch, Look, Outside, Portal, Post, RoundError};
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::transport::{Attempt, ConnectError, Connection, Reply, Transport};
use postmerge::workspace::encryption::Keys;
use postmerge::workspace::settings::{LedgerSettings, Sender, Settings};
use tower::ServiceExt as _;

use crate::deliver_common::{House, SECRET, git, people};

pub fn key() -> RecipientKey {
    RecipientKey::from_secret(SECRET.as_bytes()).unwrap()
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
         temas: {type: topics}\n  cuota: {type: number}\n\
         topics: {ferias: {title: Ferias y ruedas}, becas: {title: Becas}}\n\
         language_column: idioma\n\
         joining:\n  public: true\n  ask: [nombre, temas]\n  consent: {es: Quiero recibir los avisos., en: I want the notices.}\n",
    );
    let rows: Vec<String> = (0..5)
        .map(|n| format!("p{n}@a.test,X{n},true,,ferias,1\n"))
        .collect();
    house.write(
        "lists/socios.csv",
        &format!("email,nombre,acepta,idioma,temas,cuota\n{}", rows.concat()),
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
        let path = house.clone_of(clone);
        let mails = Arc::new(Mailed::default());
        let outside = Outside {
            key: key(),
            keys: Keys::default(),
            clock: Arc::new(clock.clone()),
            run: RunId(77),
            post: Some(Arc::new(Kept(Arc::clone(&mails)))),
            files: Some(house.path().join("site")),
            log: None,
        };
        let from = path.clone();
        let fetch: Arc<Fetch> = Arc::new(move || {
            let opened = open(&from, &LedgerSettings::default()).map_err(|why| why.to_string())?;
            let Opened {
                ledger,
                head,
                workspace,
                ..
            } = opened;
            Ok(Look {
                head,
                workspace,
                ledger,
            })
        });
        let portal = Portal::open(&path, &path.join(".git/postmerge/portal"), outside, fetch)?;
        let router = portal.router();
        Ok(Self {
            portal,
            router,
            path,
            mails,
        })
    }

    pub async fn ask(&self, request: Request<Body>) -> Answered {
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

    pub async fn get(&self, path: &str) -> Answered {
        self.ask(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&self, path: &str, body: &str) -> Answered {
        let request =
            Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    /// The ledger as a fresh look at the remote has it.
    pub fn opened(&self, house: &House) -> Opened {
        open(&house.clone_of("reader"), &LedgerSettings::default()).unwrap()
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

/// The mails that were handed over.
#[derive(Default)]
pub struct Mailed(Mutex<Vec<(String, String)>>);

impl Mailed {
    /// To whom, and the text part with its line ends joined.
    pub fn all(&self) -> Vec<(String, String)> {
        self.0.lock().unwrap().clone()
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
    fn desk<'a>(&'a self, _: &'a Settings, _: &'a Sender) -> BoxFuture<'a, Result<Desk, String>> {
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
        Box::pin(async { Ok(Box::new(Keeping(Arc::clone(&self.0))) as Box<dyn Connection>) })
    }
}

impl Connection for Keeping {
    fn send<'a>(
        &'a mut self,
        letter: &'a Letter,
        commit: &'a mut (dyn FnMut() -> io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt> {
        commit().unwrap();
        let message = mail_parser::MessageParser::default()
            .parse(&letter.message)
            .unwrap();
        let text = message.body_text(0).unwrap().into_owned();
        let subject = message.subject().unwrap_or_default().to_owned();
        let to = letter.envelope.to.as_str().to_owned();
        self.0
            .0
            .lock()
            .unwrap()
            .push((to, format!("{subject}\n\n{text}")));
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
