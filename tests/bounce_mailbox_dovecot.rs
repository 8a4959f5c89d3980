//! The bounce mailbox on the Dovecot that `tests/ci/imap` starts. Each test has a user of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and is told by its environment where the server is"
)]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use postmerge::bounce::mailbox::{self, MESSAGE_AT_MOST, Mailbox, MailboxError, Taken};
use postmerge::clock::SystemClock;
use postmerge::transport::imap::ImapError;
use postmerge::workspace::folder::Folder;
use postmerge::workspace::settings::Bounces;

/// Debian's nobody and nogroup.
const NOBODY: u32 = 65534;

struct House {
    user: &'static str,
    root: PathBuf,
}

fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name}: run tests/ci/imap"))
}

impl House {
    /// A user with an empty Maildir.
    fn new(user: &'static str) -> Self {
        let root = PathBuf::from(env("IMAP_FOLDER"));
        let house = Self { user, root };
        let maildir = house.maildir();
        for part in ["new", "cur", "tmp"] {
            fs::create_dir_all(maildir.join(part)).unwrap();
            chown(maildir.join(part), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        for folder in [maildir.parent().unwrap(), &maildir] {
            chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        house
    }

    fn maildir(&self) -> PathBuf {
        self.root.join("mail").join(self.user).join("Maildir")
    }

    fn deliver(&self, number: u32, size: usize) {
        self.deliver_to("new", number, size);
    }

    fn deliver_to(&self, folder: &str, number: u32, size: usize) {
        let name = format!("{}.{number}.host", 1_700_000_000 + number);
        let text = format!("Subject: {number}\n\n{}\n", "x".repeat(size));
        let written = self.maildir().join("tmp").join(&name);
        fs::write(&written, text).unwrap();
        chown(&written, Some(NOBODY), Some(NOBODY)).unwrap();
        fs::rename(&written, self.maildir().join(folder).join(&name)).unwrap();
    }

    /// The mailbox as settings mean it; `imap` are the keys that matter.
    fn open_as(&self, imap: &str, then: &str, password: &str) -> Box<dyn Mailbox> {
        let yaml = format!(
            "address: b@c.test\nmailbox: {{imap: {{{imap}, credentials: {{user_env: U, password_env: P}}}}, then: {then}}}"
        );
        let value: serde_json::Value = serde_yaml::from_str(&yaml).unwrap();
        let bounces: Bounces = serde_json::from_value(value).unwrap();
        let secret = |name: &str| match name {
            "U" => Some(self.user.to_owned()),
            "P" => Some(password.to_owned()),
            _ => None,
        };
        let given = bounces.mailbox.unwrap();
        mailbox::open(
            &given,
            Path::new("/"),
            &Folder::new(&self.root),
            &secret,
            Arc::new(SystemClock),
        )
        .unwrap()
    }

    fn open(&self, then: &str) -> Box<dyn Mailbox> {
        let port = env("IMAP_TLS_PORT");
        self.open_as(
            &format!("host: 127.0.0.1, port: {port}, ca_file: ca.pem"),
            then,
            "right",
        )
    }

    /// The names in a folder of the Maildir, without what is the server's.
    fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.maildir().join(folder)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

async fn all(mailbox: &mut dyn Mailbox) -> Result<Vec<(u32, Taken)>, MailboxError> {
    let mut messages = Vec::new();
    while let Some(message) = mailbox.next().await? {
        messages.push((number(&message.bytes), message.taken));
    }
    Ok(messages)
}

fn number(message: &[u8]) -> u32 {
    let text = String::from_utf8_lossy(&message[..40.min(message.len())]).into_owned();
    let line = text.lines().next().unwrap();
    line.strip_prefix("Subject: ").unwrap().parse().unwrap()
}

fn numbers(messages: &[(u32, Taken)]) -> Vec<u32> {
    messages.iter().map(|(number, _)| *number).collect()
}

fn taken(messages: &[(u32, Taken)]) -> Vec<Taken> {
    messages.iter().map(|(_, taken)| taken.clone()).collect()
}

fn imap(error: MailboxError) -> ImapError {
    match error {
        MailboxError::Imap(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
#[ignore = "needs the Dovecot of tests/ci/imap"]
async fn messages_are_read_and_flagged() {
    let house = House::new("flag");
    (1..=30).for_each(|number| house.deliver(number, 10));
    let mut first = house.open("flag");
    let messages = all(&mut *first).await.unwrap();
    assert_eq!(numbers(&messages), (1..=30).collect::<Vec<_>>());
    house.deliver(31, 10);
    assert_eq!(
        all(&mut *house.open("flag")).await.unwrap().len(),
        31,
        "nothing is marked before it is done"
    );
    first.done(&taken(&messages[..20])).await.unwrap();
    first.done(&taken(&messages[..20])).await.unwrap();
    first.close().await;
    let mut second = house.open("flag");
    let rest = all(&mut *second).await.unwrap();
    assert_eq!(numbers(&rest), (21..=31).collect::<Vec<_>>());
    // A person looks into one of them: it is read all the same.
    let opened = house
        .names("cur")
        .into_iter()
        .find(|name| name.contains(".25."))
        .unwrap();
    fs::rename(
        house.maildir().join("cur").join(&opened),
        house.maildir().join("cur").join(opened + "S"),
    )
    .unwrap();
    assert_eq!(all(&mut *house.open("flag")).await.unwrap().len(), 11);
    let seen = house
        .names("cur")
        .iter()
        .filter(|name| name.ends_with('a'))
        .count();
    assert_eq!(seen, 20, "the keyword is on disk: {:?}", house.names("cur"));
}

#[tokio::test]
#[ignore = "needs the Dovecot of tests/ci/imap"]
async fn messages_are_moved_by_starttls_and_without_move() {
    for (user, host, folder) in [
        ("move", "127.0.0.1", "Leídos ñ"),
        ("copy", "127.0.0.2", "Done"),
    ] {
        let house = House::new(user);
        (1..=5).for_each(|number| house.deliver(number, 10));
        let port = env("IMAP_PORT");
        let keys = format!("host: {host}, port: {port}, tls: starttls, ca_file: ca.pem");
        let then = format!("{{move: \"{folder}\"}}");
        let mut mailbox = house.open_as(&keys, &then, "right");
        let messages = all(&mut *mailbox).await.unwrap();
        assert_eq!(messages.len(), 5);
        mailbox.done(&taken(&messages[..3])).await.unwrap();
        mailbox.done(&taken(&messages[..4])).await.unwrap();
        mailbox.close().await;
        assert_eq!(
            house.names("new").len() + house.names("cur").len(),
            1,
            "{user}"
        );
        let moved = format!(".{}/cur", postmerge::transport::imap::modified_utf7(folder));
        assert_eq!(
            house.names(&moved).len() + house.names(&moved.replace("cur", "new")).len(),
            4,
            "{user}"
        );
        let rest = all(&mut *house.open_as(&keys, &then, "right"))
            .await
            .unwrap();
        assert_eq!(numbers(&rest), [5]);
    }
}

#[tokio::test]
#[ignore = "needs the Dovecot of tests/ci/imap"]
async fn a_changed_uidvalidity_marks_nobody_elses_messages() {
    let house = House::new("validity");
    let doveadm = |arguments: &[&str]| {
        let done = Command::new("doveadm")
            .arg("-c")
            .arg(house.root.join("dovecot.conf"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    };
    let folder = |action: &str| doveadm(&["mailbox", action, "-u", house.user, "Returned"]);
    let fill = |numbers: RangeInclusive<u32>| {
        for number in numbers {
            house.deliver_to(".Returned/new", number, 10);
        }
    };
    let port = env("IMAP_TLS_PORT");
    let keys = format!("host: 127.0.0.1, port: {port}, ca_file: ca.pem, folder: Returned");
    let open = || house.open_as(&keys, "{move: Done}", "right");
    folder("create");
    fill(1..=4);
    let mut mailbox = open();
    let messages = all(&mut *mailbox).await.unwrap();
    assert_eq!(numbers(&messages), [1, 2, 3, 4]);
    // The folder is made anew: the same UIDs are other messages now.
    folder("delete");
    folder("create");
    fill(11..=14);
    doveadm(&["kick", house.user]);
    mailbox.done(&taken(&messages)).await.unwrap();
    assert!(house.names(".Done/cur").is_empty());
    let again = all(&mut *mailbox).await.unwrap();
    assert_eq!(numbers(&again), [11, 12, 13, 14]);
    mailbox.done(&taken(&again[..1])).await.unwrap();
    mailbox.done(&taken(&messages)).await.unwrap();
    assert_eq!(numbers(&all(&mut *open()).await.unwrap()), [12, 13, 14]);
}

#[tokio::test]
#[ignore = "needs the Dovecot of tests/ci/imap"]
async fn a_wrong_password_and_wrong_certificates_are_told() {
    let house = House::new("wrong");
    house.deliver(1, 10);
    let (plain, tls) = (env("IMAP_PORT"), env("IMAP_TLS_PORT"));
    let try_with = async |keys: String, password: &str| {
        let mut mailbox = house.open_as(&keys, "flag", password);
        mailbox
            .next()
            .await
            .map(|message| message.is_some())
            .map_err(imap)
    };
    for keys in [
        format!("host: 127.0.0.1, port: {tls}, ca_file: ca.pem"),
        format!("host: 127.0.0.1, port: {plain}, tls: none"),
    ] {
        assert_eq!(try_with(keys.clone(), "right").await, Ok(true));
        let error = try_with(keys, "not-that-one").await.unwrap_err();
        assert!(matches!(error, ImapError::Authentication { .. }), "{error}");
        assert!(
            error.to_string().contains("AUTHENTICATIONFAILED"),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("not-that-one"), "{error:?}");
    }
    for (keys, expected) in [
        (
            format!("host: 127.0.0.1, port: {tls}, ca_file: stranger.pem"),
            "UnknownIssuer",
        ),
        (
            format!("host: localhost, port: {tls}, ca_file: ca.pem"),
            "not valid for name",
        ),
        (
            format!("host: 127.0.0.1, port: {plain}, tls: starttls, ca_file: stranger.pem"),
            "UnknownIssuer",
        ),
    ] {
        let error = try_with(keys, "right").await.unwrap_err();
        assert!(matches!(error, ImapError::Tls { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    // TLS is asked of a server that waits for words, and words of one that waits for TLS.
    let error = try_with(
        format!("host: 127.0.0.1, port: {plain}, ca_file: ca.pem"),
        "right",
    )
    .await
    .unwrap_err();
    assert!(matches!(error, ImapError::Tls { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the Dovecot of tests/ci/imap"]
async fn two_readers_at_once_lose_nothing() {
    const MESSAGES: u32 = 600;
    let house = House::new("two");
    (1..=MESSAGES).for_each(|number| house.deliver(number, 2_000));
    let reader = |mut mailbox: Box<dyn Mailbox>| async move {
        let mut seen = BTreeSet::new();
        let mut ready = Vec::new();
        while let Some(message) = mailbox.next().await.unwrap() {
            seen.insert(number(&message.bytes));
            ready.push(message.taken);
            if ready.len() == 50 {
                mailbox.done(&std::mem::take(&mut ready)).await.unwrap();
            }
        }
        mailbox.done(&ready).await.unwrap();
        mailbox.close().await;
        seen
    };
    let one = tokio::spawn(reader(house.open("{move: Done}")));
    let other = tokio::spawn(reader(house.open("{move: Done}")));
    let (one, other) = (one.await.unwrap(), other.await.unwrap());
    let seen: BTreeSet<u32> = one.union(&other).copied().collect();
    assert_eq!(
        seen.len() as u32,
        MESSAGES,
        "{} and {}",
        one.len(),
        other.len()
    );
    assert_eq!(house.names("new").len() + house.names("cur").len(), 0);
    // Dovecot moves a message twice where two ask for it at the same moment. It must be there.
    let mut moved = BTreeSet::new();
    for folder in [".Done/cur", ".Done/new"] {
        for name in house.names(folder) {
            let bytes = fs::read(house.maildir().join(folder).join(name)).unwrap();
            moved.insert(number(&bytes));
        }
    }
    assert_eq!(moved, seen);
}

#[tokio::test]
#[ignore = "needs the Dovecot of tests/ci/imap"]
async fn large_messages_are_cut_and_thousands_read() {
    let house = House::new("many");
    house.deliver(1, 3 * MESSAGE_AT_MOST);
    (2..=5_000).for_each(|number| house.deliver(number, 1_000));
    let mut mailbox = house.open("flag");
    let message = mailbox.next().await.unwrap().unwrap();
    assert_eq!((message.bytes.len(), message.cut), (MESSAGE_AT_MOST, true));
    let messages = all(&mut *mailbox).await.unwrap();
    assert_eq!(numbers(&messages), (2..=5_000).collect::<Vec<_>>());
    mailbox.done(&taken(&messages)).await.unwrap();
    mailbox.close().await;
    assert_eq!(numbers(&all(&mut *house.open("flag")).await.unwrap()), [1]);
}
