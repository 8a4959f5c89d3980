//! The story goes on, from the recipient's side: somebody is invited, joins, picks topics and gets only those, is asked at the
//! quarter's end whether they want to go on, leaves by one click, and is never mailed again. Scanners follow every link of every
//! mail meanwhile, and change nothing. Real repositories and mails, plain requests, virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;
mod portal_common;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use deliver_common::{House, Setup, at, git, line, people};
use mail_parser::{HeaderValue, MessageParser};
use portal_common::{Desktop, who};
use postmerge::clock::VirtualClock;
use postmerge::deliver::progress::Silent;
use postmerge::deliver::run::{Order, Summary};
use postmerge::ledger::event::Exclusion;
use postmerge::transport::mailboxes::Mailboxes;

const HOME: &str = "https://correo.c.test";
const NORA: &str = "nora@casa.test";
const SCANNERS: [&str; 2] = ["Mozilla/5.0 (compatible; BarracudaCentral)", "Mozilla/5.0"];

/// A list that anybody who is invited may join, and one of people who may be invited.
fn house() -> House {
    let house = House::new(Mailboxes::new(), &people(3, &["a.test"]), "pause: 1s");
    house.remove("campaigns/uno");
    house.edit(
        "postmerge.yaml",
        "publish:",
        "portal: {url: \"https://correo.c.test\"}\npublish:",
    );
    house.write(
        "lists/socios.yaml",
        "title: Socios\nowner: ana\npurpose: Avisos para los socios\n\
         consent: {basis: consent, column: acepta}\n\
         columns:\n  nombre: {type: text, required: true, editable: true}\n  \
         acepta: {type: bool, required: true}\n  temas: {type: topics}\n\
         topics: {ferias: {title: Ferias}, becas: {title: Becas}}\n\
         joining:\n  ask: [nombre, temas]\n  consent: {es: Quiero recibir los avisos.}\n",
    );
    let rows = (0..3).map(|n| format!("p{n}@a.test,X{n},true,ferias;becas\n"));
    let rows: String = rows.collect();
    house.write(
        "lists/socios.csv",
        &format!("email,nombre,acepta,temas\n{rows}"),
    );
    house.write(
        "lists/contactos.yaml",
        "title: Contactos\nowner: ana\npurpose: Invitaciones\nconsent: {basis: interest}\n",
    );
    house.write("lists/contactos.csv", &format!("email\n{NORA}\n"));
    house.write(
        "templates/b/layout.html",
        "<html><body>{{ content }}<p><a href=\"{{ unsubscribe_url }}\">Baja</a> <a href=\"{{ preferences_url }}\">Preferencias</a> \
         <a href=\"{{ view_url }}\">En el navegador</a></p></body></html>",
    );
    house.push("the portal");
    house
}

/// Everybody of the story.
struct Street {
    house: House,
    clock: VirtualClock,
    desk: Desktop,
    runs: u32,
}

/// A mail, read.
struct Mail {
    to: String,
    subject: String,
    /// Every address of the portal that stands in it, by its path.
    links: BTreeSet<String>,
    one_click: Option<String>,
}

impl Mail {
    fn read(to: String, content: &[u8]) -> Self {
        let message = MessageParser::default().parse(content).unwrap();
        let header = |name: &str| match message.header_raw(name) {
            Some(text) => text.split_whitespace().collect::<String>(),
            None => String::new(),
        };
        let whole = format!(
            "{} {} {}",
            message.body_html(0).unwrap_or_default(),
            message.body_text(0).unwrap_or_default(),
            header("List-Unsubscribe"),
        );
        let whole = whole.replace("&#x2f;", "/").replace("&amp;", "&");
        let ends = |c: char| c.is_whitespace() || "\"'<>()".contains(c);
        let links = whole.split(HOME).skip(1);
        let links = links.map(|rest| rest.split(ends).next().unwrap().to_owned());
        let links: BTreeSet<String> = links.filter(|it| it.starts_with('/')).collect();
        let is_one_click = matches!(
            message.header("List-Unsubscribe-Post"),
            Some(HeaderValue::Text(text)) if text == "List-Unsubscribe=One-Click"
        );
        let https = header("List-Unsubscribe");
        let https = https.split(['<', '>']).find_map(|it| it.strip_prefix(HOME));
        Self {
            to,
            subject: message.subject().unwrap().to_owned(),
            links,
            one_click: https.filter(|_| is_one_click).map(str::to_owned),
        }
    }

    /// The one link that begins like this.
    fn link(&self, letter: &str) -> &str {
        let mut links = self.links.iter();
        let start = format!("/{letter}/");
        links.find(|it| it.starts_with(&start)).unwrap()
    }
}

impl Street {
    fn new() -> Self {
        let house = house();
        let clock = VirtualClock::new(at("2026-12-01T12:00:00Z"));
        let desk = Desktop::open(&house, "portal", &clock);
        Self {
            house,
            clock,
            desk,
            runs: 0,
        }
    }

    /// A campaign is merged, and its noon comes.
    fn sends(&mut self, id: &str, day: &str, more: &str, body: &str) -> Summary {
        self.house.write(
            &format!("campaigns/{id}/campaign.yaml"),
            &format!(
                "subject: Aviso {id}\nsender: eventos\ntemplate: b\nsend: {{date: {day}, window: \"12:00\"{more}"
            ),
        );
        let body_path = format!("campaigns/{id}/body.md");
        self.house.write(&body_path, body);
        self.house.push(id);
        self.noon(day)
    }

    /// The runner, at noon in Bogotá.
    fn noon(&mut self, day: &str) -> Summary {
        self.clock.advance_to(at(&format!("{day}T17:00:00Z")));
        self.runs += 1;
        let run = || {
            let setup = Setup {
                transport: self.desk.mails.relay(),
                progress: Arc::new(Silent),
                polls: None,
            };
            let order = Order::default();
            let run = self
                .house
                .with("runner", self.runs, &self.clock, &order, setup);
            run.unwrap().unwrap()
        };
        // It has a runtime of its own.
        std::thread::scope(|scope| scope.spawn(run).join().unwrap())
    }

    fn mails(&self) -> Vec<Mail> {
        let all = self.desk.mails.messages();
        let read = |(to, content): (String, Vec<u8>)| Mail::read(to, &content);
        all.into_iter().map(read).collect()
    }

    /// The subjects of what Nora got, in order.
    fn noras(&self) -> Vec<String> {
        let theirs = self.mails().into_iter().filter(|mail| mail.to == NORA);
        theirs.map(|mail| mail.subject).collect()
    }

    fn last_of_nora(&self) -> Mail {
        let mut mails = self.mails();
        let place = mails.iter().rposition(|mail| mail.to == NORA);
        mails.swap_remove(place.unwrap())
    }

    /// What people asked for and who left, as the remote has it: the objects of both folders.
    fn asked_for(&self) -> String {
        let remote = self.house.path().join("remote.git");
        let all = git(&remote, &["for-each-ref", "refs/heads/postmerge-ledger"]);
        match all.trim().is_empty() {
            true => String::new(),
            false => git(
                &remote,
                &[
                    "ls-tree",
                    "-r",
                    "postmerge-ledger",
                    "--",
                    "wishes",
                    "suppressions",
                ],
            ),
        }
    }

    /// Scanners follow every link of every mail that there is.
    async fn scanned(&self) {
        let before = self.asked_for();
        let mut followed = 0;
        // The portal has heard of what was sent.
        self.desk.portal.round().await.unwrap();
        for mail in self.mails() {
            for link in &mail.links {
                for (agent, method) in SCANNERS.iter().zip(["GET", "HEAD"]) {
                    let request = Request::builder().method(method).uri(link);
                    let request = request.header("user-agent", *agent);
                    let answer = self.desk.ask(request.body(Body::empty()).unwrap()).await;
                    let status = answer.status;
                    let fine = [StatusCode::OK, StatusCode::NOT_FOUND];
                    assert!(fine.contains(&status), "{method} {link}: {status}");
                    followed += 1;
                }
            }
        }
        self.desk.portal.round().await.unwrap();
        assert!(
            followed > 0 && self.asked_for() == before,
            "a scanner changed something"
        );
    }
}

/// How many got it, and why others did not.
fn told(summary: &Summary, id: &str) -> (u64, Vec<(&'static str, u32)>) {
    let line = line(summary, id);
    let reasons = line.exclusions.iter();
    let reasons = reasons.map(|(reason, count)| (reason.name(), *count));
    (line.counts.accepted, reasons.collect())
}

#[tokio::test]
async fn somebody_joins_chooses_stays_and_leaves() {
    let mut street = Street::new();
    is_invited_and_joins(&mut street).await;
    gets_what_they_chose(&mut street).await;
    is_asked_at_the_quarters_end(&mut street).await;
    leaves_for_good(&mut street).await;
}

async fn is_invited_and_joins(street: &mut Street) {
    let sent = street.sends(
        "invita",
        "2026-12-02",
        "}\naudience: {lists: [contactos]}\ninvitation: {list: socios}\n",
        "Lo invitamos: [quiero recibirlos]({{ join_url }}).\n",
    );
    assert_eq!(told(&sent, "invita").0, 1);
    // A scanner is no yes.
    street.scanned().await;
    assert_eq!(street.asked_for(), "");
    let invitation = street.last_of_nora().link("i").to_owned();
    let form = street.desk.get(&invitation).await.text;
    assert!(
        form.contains("Quiero recibir los avisos.") && form.contains(NORA),
        "{form}"
    );
    let (_, text) = form.split_once("name=\"consent\" value=\"").unwrap();
    let text = &text[..16];
    let body = format!("socios.nombre=Nora&socios.temas=ferias&agree=yes&consent={text}");
    let welcome = street.desk.post(&invitation, &body).await;
    assert_eq!(welcome.status, StatusCode::OK);
    street.desk.portal.round().await.unwrap();
    assert_ne!(street.asked_for(), "");

    // Another topic than the one that they joined with.
    let start = welcome.text.find("/p/").unwrap();
    let preferences = welcome.text[start..].split(['"', '\'']).next().unwrap();
    let saved = "do=save&socios.nombre=Nora&socios.temas=becas&socios.temas=&often=0";
    let saved = street.desk.post(preferences, saved).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    street.desk.portal.round().await.unwrap();
}

async fn gets_what_they_chose(street: &mut Street) {
    let of_topic = |topic: &str| format!("}}\naudience: {{lists: [socios], topic: {topic}}}\n");
    let fairs = street.sends(
        "ferias",
        "2026-12-03",
        &of_topic("ferias"),
        "Hola {{ nombre }}.\n",
    );
    assert_eq!(told(&fairs, "ferias").0, 3);
    let grants = street.sends(
        "becas",
        "2026-12-04",
        &of_topic("becas"),
        "Hola {{ nombre }}.\n",
    );
    assert_eq!(told(&grants, "becas").0, 4);
    assert_eq!(street.noras(), ["Aviso invita", "Aviso becas"]);
    street.scanned().await;
}

async fn is_asked_at_the_quarters_end(street: &mut Street) {
    // This quarter they said so by joining; in the next they are asked.
    let more = ", every: quarter}\naudience: {lists: [socios]}\nreconfirmation: quarter\n";
    let body = "¿Quiere seguir? [Sí, quiero seguir]({{ confirm_url }})\n";
    let asked = street.sends("datos", "2026-12-31", more, body);
    assert_eq!(
        told(&asked, "datos@2026-Q4"),
        (3, vec![("confirmed-lately", 1)])
    );
    let asked = street.noon("2027-03-31");
    assert_eq!(told(&asked, "datos@2027-Q1"), (4, vec![]));
    assert_eq!(street.noras().last().unwrap(), "Aviso datos");
    // Whoever followed the link by machine has not answered.
    street.scanned().await;
    let confirmed = |street: &Street| {
        let wishes = street.desk.opened(&street.house).ledger.wishes().unwrap();
        wishes.of(&who(NORA)).confirmed().unwrap()
    };
    assert!(confirmed(street) < at("2027-01-01T00:00:00Z"));
    let link = street.last_of_nora().link("c").to_owned();
    let page = street.desk.get(&link).await.text;
    assert!(
        page.contains("Sigue con nosotros") && page.contains("Nora"),
        "{page}"
    );
    assert_eq!(street.desk.post(&link, "").await.status, StatusCode::OK);
    street.desk.portal.round().await.unwrap();
    assert!(confirmed(street) > at("2027-03-31T00:00:00Z"));
}

async fn leaves_for_good(street: &mut Street) {
    let all = "}\naudience: {lists: [socios]}\n";
    let grants = "}\naudience: {lists: [socios], topic: becas}\n";
    let sent = street.sends("abril", "2027-04-05", all, "Hola {{ nombre }}.\n");
    assert_eq!(told(&sent, "abril").0, 4);
    street.scanned().await;
    let one_click = street.last_of_nora().one_click.unwrap();
    let left = street
        .desk
        .post(&one_click, "List-Unsubscribe=One-Click")
        .await;
    assert_eq!(left.text, "unsubscribed\n");
    street.desk.portal.round().await.unwrap();
    let got = street.noras();

    // Neither a newsletter of whatever topic, nor the question, nor another invitation.
    let sent = street.sends("mayo", "2027-05-05", grants, "Hola {{ nombre }}.\n");
    assert_eq!(told(&sent, "mayo").0, 3);
    let more = "}\naudience: {lists: [contactos]}\ninvitation: {list: socios}\n";
    let body = "Lo invitamos: [quiero]({{ join_url }}).\n";
    street.sends("otra", "2027-05-06", more, body);
    let asked = street.noon("2027-06-30");
    assert_eq!(told(&asked, "datos@2027-Q2").0, 3);
    assert_eq!(street.noras(), got);
    // Nor does what scanners follow bring them back.
    street.scanned().await;
    let suppressions = street.desk.opened(&street.house).ledger.suppressions();
    assert_eq!(
        suppressions.unwrap().reason(&who(NORA), Some("becas")),
        Some(Exclusion::Unsubscribed)
    );
    let sent = street.sends("julio", "2027-07-05", grants, "Hola {{ nombre }}.\n");
    assert_eq!(told(&sent, "julio").0, 3);
    assert_eq!(street.noras(), got);
}
