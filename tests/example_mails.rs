//! Every mail of the example workspace, made as `send` makes it, and read by a parser that shares no
//! code with what wrote it. The ignored test writes some of them for other programs (`tests/ci/mails`).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; other programs have clocks of their own"
)]

#[path = "support/overlay.rs"]
mod overlay;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use mail_parser::{Message, MessageParser, MimeHeaders as _};
use postmerge::deliver::at_commit;
use postmerge::deliver::campaign_letters::CampaignLetters;
use postmerge::deliver::letters::Letters as _;
use postmerge::deliver::signers::signers;
use postmerge::deliver::start::{Ground, audience, fix};
use postmerge::git::{CommitId, Remote, Repository};
use postmerge::ledger::branch::{Ledger, LedgerConfig};
use postmerge::ledger::state::OccurrenceState;
use postmerge::lint;
use postmerge::mail::dkim::Signer;
use postmerge::mail::envelope::Letter;
use postmerge::mail::occurrence::{CampaignId, OccurrenceId};
use postmerge::mail::recipient_id::RecipientKey;
use postmerge::transport::exchanger::NoExchangers;
use postmerge::workspace::Workspace;
use postmerge::workspace::campaign::{Campaign, DocumentDelivery, Purpose};
use postmerge::workspace::encryption::Keys;
use postmerge::workspace::tree::Tree;

type Secret<'a> = dyn Fn(&str) -> Option<String> + 'a;

struct Example {
    folder: tempfile::TempDir,
    repository: Repository,
    head: CommitId,
    workspace: Workspace,
    key: RecipientKey,
}

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=x", "-c", "user.email=x@camara.example"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "git {arguments:?}: {done:?}");
}

impl Example {
    /// The example, committed in a repository of its own.
    fn committed() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = tempfile::tempdir().unwrap();
        for name in ["campaigns", "lists", "templates", "assets"] {
            overlay::copy(&root.join(name), &folder.path().join(name));
        }
        let settings = fs::read(root.join("postmerge.yaml")).unwrap();
        overlay::write(&folder.path().join("postmerge.yaml"), &settings);
        git(folder.path(), &["init", "-q", "-b", "main"]);
        git(folder.path(), &["add", "."]);
        git(folder.path(), &["commit", "-q", "-m", "example"]);
        let repository = Repository::open(folder.path()).unwrap();
        let head = repository.resolve("HEAD").unwrap();
        let tree = Tree::at(folder.path(), head).unwrap();
        let report = lint::run(
            &tree,
            &lint::Request::at("2026-11-02T12:00:00Z".parse().unwrap()),
        );
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
        let workspace = Workspace::load(&tree).into_workspace().unwrap();
        Self {
            folder,
            repository,
            head,
            workspace,
            key: RecipientKey::from_secret(&[7; 32]).unwrap(),
        }
    }

    fn campaigns(&self) -> impl Iterator<Item = (&CampaignId, &Campaign)> {
        let campaigns = self.workspace.campaigns.iter();
        campaigns.map(|(id, file)| (id, &file.campaign))
    }

    /// A campaign's letters, and how many there are.
    async fn letters(
        &self,
        id: &CampaignId,
        secret: Option<&Secret<'_>>,
    ) -> (CampaignLetters, u32) {
        let path = self.folder.path();
        let remote = Remote {
            name: "origin".to_owned(),
            limit: Duration::from_secs(1),
        };
        let config = LedgerConfig {
            remote,
            branch: "postmerge-ledger".to_owned(),
            identity: None,
        };
        let ledger = Ledger::open(path, config).unwrap();
        let suppressions = ledger.suppressions().unwrap();
        let wishes = ledger.wishes().unwrap();
        let ground = Ground {
            path,
            repository: &self.repository,
            head: self.head,
            settings: &self.workspace.settings,
            key: &self.key,
            keys: &Keys::default(),
            suppressions: &suppressions,
            wishes: &wishes,
        };
        let content = at_commit::content(path, self.head, id).unwrap();
        let (audience, documents) = audience(&ground, &ledger, &content, date()).unwrap();
        let fixed = fix(
            &ground,
            &content,
            audience,
            documents,
            &NoExchangers,
            date(),
        );
        let event = fixed.await.unwrap();
        let mut state = OccurrenceState::new();
        state.apply(&event).unwrap();
        let occurrence = match content.file.campaign.send.every {
            Some(_) => OccurrenceId::recurring(id.clone(), "2026-Q4").unwrap(),
            None => OccurrenceId::single(id.clone()),
        };
        let names = &content.file.campaign.audience.lists;
        let lists = at_commit::lists(&ground, self.head, names).unwrap();
        let signers = secret.map_or_else(Vec::new, |secret| {
            signers(content.sender().unwrap(), secret).unwrap()
        });
        let letters =
            CampaignLetters::new(&occurrence, content, lists, &state, &self.key, signers).unwrap();
        assert_eq!(letters.lost().count(), 0, "{id}");
        (letters, u32::try_from(state.ids().len()).unwrap())
    }
}

fn date() -> Timestamp {
    "2026-12-03T17:00:00Z".parse().unwrap()
}

/// Domains after `://` and `mailto:…@`.
fn domains(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split("://").skip(1).map(|rest| {
        let end = rest.find(['/', '"', '>', ' ', '?', '\n', '\r', ')']);
        rest.get(..end.unwrap_or(rest.len())).unwrap().to_owned()
    })
}

fn check_lines(message: &[u8], what: &str) {
    let text = std::str::from_utf8(message).unwrap();
    assert!(text.ends_with("\r\n"), "{what}");
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{what}");
    for line in text.split("\r\n") {
        assert!(line.len() <= 998, "{what}: {line}");
    }
    let (headers, _) = text.split_once("\r\n\r\n").unwrap();
    for line in headers.split("\r\n") {
        // What has no space to fold at may be longer.
        let foldable = line.trim_start().split(' ').count() > 2;
        assert!(line.len() <= 78 || !foldable, "{what}: {line}");
    }
}

fn check_text(part: &str, what: &str) {
    for rubbish in ["{{", "{%", "%}", "{#", "&amp;amp;", "undefined"] {
        assert!(!part.contains(rubbish), "{what}: {rubbish}\n{part}");
    }
    for domain in domains(part) {
        assert!(
            domain.ends_with(".example") || domain.ends_with(".test"),
            "{what}: links to {domain}"
        );
    }
}

/// As mail programs show it: domains in the recipient's own script or in ASCII.
fn envelope_to(letter: &Letter) -> String {
    let to = &letter.envelope.to;
    format!("{}@{}", to.local(), to.domain())
}

fn check(example: &Example, campaign: &Campaign, letter: &Letter, what: &str) -> String {
    check_lines(&letter.message, what);
    let parsed: Message<'_> = MessageParser::default().parse(&letter.message).unwrap();
    let (html, text) = (parsed.body_html(0).unwrap(), parsed.body_text(0).unwrap());
    assert!(html.len() < 80_000, "{what}: {} bytes", html.len());
    check_text(&html, what);
    check_text(&text, what);
    let subject = parsed.subject().unwrap();
    assert!(
        !subject.is_empty() && !subject.contains(['{', '\n']),
        "{what}: {subject}"
    );
    let from = parsed.from().unwrap().first().unwrap().address().unwrap();
    let sender = &example.workspace.settings.senders[&campaign.sender];
    assert_eq!(from, sender.address.to_string(), "{what}");
    let to = parsed.to().unwrap().first().unwrap().address().unwrap();
    let copies = campaign.cc.iter().chain(&campaign.bcc);
    let is_copy = copies.into_iter().any(|c| *c == envelope_to(letter));
    assert!(is_copy || to == envelope_to(letter), "{what}: {to}");
    assert_eq!(
        parsed.date().unwrap().to_timestamp(),
        date().as_second(),
        "{what}"
    );

    let marketing = campaign.purpose == Purpose::Marketing;
    let header = parsed.header_raw("List-Unsubscribe");
    assert_eq!(header.is_some(), marketing, "{what}");
    if let Some(header) = header {
        let link = header.split(['<', '>']).nth(1).unwrap();
        assert!(link.starts_with("https://correo.camara.example/"), "{what}");
        let visible = format!("href=\"{link}\"");
        assert!(
            html.contains(&visible) && text.contains(link),
            "{what}: {link}"
        );
    }
    // Flowed lines may break anywhere.
    let one_line = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    let (html, text) = (one_line(&html), one_line(&text));
    for line in &example.workspace.settings.organisation.postal_address {
        assert!(
            html.contains(line.as_str()) && text.contains(line.as_str()),
            "{what}: {line}"
        );
    }
    let attached = campaign.documents.iter();
    let attached = attached.filter(|d| d.delivery == DocumentDelivery::Attachment);
    assert_eq!(parsed.attachment_count(), attached.count(), "{what}");
    for part in parsed.attachments() {
        assert!(part.contents().starts_with(b"%PDF"), "{what}");
        let name = part.attachment_name().unwrap();
        assert!(
            name.ends_with(".pdf") && !name.contains('{'),
            "{what}: {name}"
        );
    }
    parsed.message_id().unwrap().to_owned()
}

#[tokio::test]
async fn every_mail_is_sound() {
    let example = Example::committed();
    let mut message_ids = HashSet::new();
    let mut mails = 0;
    for (id, campaign) in example.campaigns() {
        let (letters, count) = example.letters(id, None).await;
        assert!(count > 0, "{id}: nobody");
        for index in 0..count {
            let what = format!("{id} {index}");
            let letter = letters
                .letter(index, date())
                .unwrap_or_else(|why| panic!("{what}: {why}"));
            let message_id = check(&example, campaign, &letter, &what);
            assert!(
                message_id.ends_with("@camara.example"),
                "{what}: {message_id}"
            );
            // A copy is the same mail to somebody else.
            let fresh = message_ids.insert(message_id);
            assert!(
                fresh || !campaign.cc.is_empty() || !campaign.bcc.is_empty(),
                "{what}"
            );
            mails += 1;
        }
    }
    assert!(mails > 2_000, "{mails}");
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

/// For `tests/ci/mails`: the first and the last mails of every campaign, all of a small one.
#[tokio::test]
#[ignore = "writes files for programs outside"]
async fn writes_mails_for_other_programs() {
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let rsa: aws_lc_rs::encoding::Pkcs8V1Der<'_> = rsa.as_der().unwrap();
    let (rsa, edwards) = (
        pem(rsa.as_ref()),
        pem(Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .unwrap()
            .as_ref()),
    );
    let secret = |name: &str| {
        Some(if name.ends_with("RSA") {
            rsa.clone()
        } else {
            edwards.clone()
        })
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mails");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    let example = Example::committed();
    for (id, _) in example.campaigns() {
        let (letters, count) = example.letters(id, Some(&secret)).await;
        let mut chosen = vec![0, count / 2, count - 1];
        if count <= 4 {
            chosen = (0..count).collect();
        }
        chosen.dedup();
        for index in chosen {
            let letter = letters.letter(index, Timestamp::now()).unwrap();
            let name = format!("{}-{index}.eml", id.as_str().replace('/', "-"));
            fs::write(folder.join(name), &letter.message).unwrap();
        }
    }
    let sender = example.workspace.settings.senders.values().next().unwrap();
    let line = |signer: &Signer| format!("{} {}\n", signer.record_name(), signer.record());
    let records: String = signers(sender, &secret).unwrap().iter().map(line).collect();
    fs::write(folder.join("records"), records).unwrap();
}
