//! A spool that is delivered to, rotated and read by others meanwhile.

use super::*;

const ONE: &str = "From a@b.test Sat Nov 28 13:00:00 2026\nSubject: 1\n\nFrom here on\n>From there\n>>From afar\n\nFrom what we saw at 9\n\n";
const TWO: &str = "From MAILER-DAEMON Sat Nov 28 13:00:01 2026\nSubject: 2\n\nx\n\n";

struct House {
    folder: tempfile::TempDir,
}

impl House {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("spool"), text).unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("spool")
    }

    fn append(&self, text: &str) {
        let mut file = fs::OpenOptions::new()
            .append(true)
            .open(self.path())
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn open(&self) -> Mbox {
        Mbox::spool(&self.path())
    }

    async fn subjects(&self) -> Vec<String> {
        subjects(&all(&mut self.open()).await)
    }
}

async fn all(mailbox: &mut Mbox) -> Vec<Message> {
    let mut messages = Vec::new();
    while let Some(message) = mailbox.next().await.unwrap() {
        messages.push(message);
    }
    messages
}

fn subjects(messages: &[Message]) -> Vec<String> {
    let first = |message: &Message| {
        let text = String::from_utf8_lossy(&message.bytes).into_owned();
        text.lines().next().unwrap().replace("Subject: ", "")
    };
    messages.iter().map(first).collect()
}

fn taken(messages: &[Message]) -> Vec<Taken> {
    messages
        .iter()
        .map(|message| message.taken.clone())
        .collect()
}

#[tokio::test]
async fn messages_are_unquoted_and_parted_at_postmarks_only() {
    for crlf in [false, true] {
        let text = format!("{ONE}{TWO}");
        let ends = |text: &str| {
            if crlf {
                text.replace('\n', "\r\n")
            } else {
                text.to_owned()
            }
        };
        let house = House::new(&ends(&text));
        let messages = all(&mut house.open()).await;
        let bodies: Vec<String> = messages
            .iter()
            .map(|message| String::from_utf8(message.bytes.clone()).unwrap())
            .collect();
        assert_eq!(
            bodies,
            [
                ends(
                    "Subject: 1\n\nFrom here on\nFrom there\n>From afar\n\nFrom what we saw at 9\n"
                ),
                ends("Subject: 2\n\nx\n"),
            ]
        );
    }
}

#[tokio::test]
async fn what_is_done_is_remembered_and_what_arrives_later_is_read() {
    let house = House::new(&format!("{ONE}{TWO}"));
    let mut mailbox = house.open();
    let messages = all(&mut mailbox).await;
    house.append(&TWO.replace("Subject: 2", "Subject: 3"));
    assert_eq!(
        all(&mut mailbox).await,
        [],
        "it ended where it did when it was opened"
    );
    assert_eq!(
        house.subjects().await,
        ["1", "2", "3"],
        "nothing is remembered before it is done"
    );
    mailbox.done(&taken(&messages)).await.unwrap();
    mailbox.done(&taken(&messages)).await.unwrap();
    assert_eq!(house.subjects().await, ["3"]);
    let mut mailbox = house.open();
    let messages = all(&mut mailbox).await;
    mailbox.done(&taken(&messages)).await.unwrap();
    assert_eq!(house.subjects().await, [""; 0]);
    let spool = fs::read_to_string(house.path()).unwrap();
    assert!(spool.starts_with(ONE), "the spool is not touched");
    assert!(!house.folder.path().join("spool.lock").exists());
}

#[tokio::test]
async fn nothing_undone_is_left_out() {
    let house = House::new(&[ONE, TWO, TWO].concat());
    let mut mailbox = house.open();
    let messages = taken(&all(&mut mailbox).await);
    mailbox.done(&messages[2..]).await.unwrap();
    assert_eq!(house.subjects().await.len(), 3);
    mailbox.done(&messages[..1]).await.unwrap();
    assert_eq!(house.subjects().await.len(), 2);
    mailbox.done(&messages[1..2]).await.unwrap();
    assert_eq!(house.subjects().await.len(), 0);
}

#[tokio::test]
async fn another_file_under_the_name_is_read_from_its_start() {
    let house = House::new(&[ONE, TWO].concat());
    let mut mailbox = house.open();
    let messages = all(&mut mailbox).await;
    // Rotated while it was read: what is remembered is not true of the new one.
    fs::rename(house.path(), house.folder.path().join("spool.1")).unwrap();
    fs::write(house.path(), [TWO, ONE, TWO].concat()).unwrap();
    mailbox.done(&taken(&messages)).await.unwrap();
    assert_eq!(house.subjects().await, ["2", "1", "2"]);
    // Emptied.
    fs::write(house.path(), "").unwrap();
    assert_eq!(house.subjects().await, [""; 0]);
    house.append(TWO);
    assert_eq!(house.subjects().await, ["2"]);
    fs::write(
        house.folder.path().join("spool.postmerge"),
        "{\"offset\": -1",
    )
    .unwrap();
    assert_eq!(house.subjects().await, ["2"]);
}

#[tokio::test]
async fn a_delivery_under_way_is_waited_for_but_not_for_ever() {
    let house = House::new(TWO);
    let lock = house.folder.path().join("spool.lock");
    let patient = |tries| {
        let mut mailbox = house.open();
        mailbox.patience = (tries, Duration::from_millis(1));
        mailbox
    };
    fs::write(&lock, "").unwrap();
    let refused = patient(3).next().await;
    assert!(
        matches!(refused, Err(MailboxError::Locked { .. })),
        "{refused:?}"
    );
    assert!(lock.exists(), "it is not ours");
    house.append(&ONE[..60]);
    let mut mailbox = patient(10_000);
    // Polled after the reader's first try.
    let delivery = async {
        house.append(&ONE[60..]);
        fs::remove_file(&lock).unwrap();
    };
    let (messages, ()) = tokio::join!(all(&mut mailbox), delivery);
    assert_eq!(subjects(&messages), ["2", "1"]);
    // The other lock.
    let held = File::open(house.path()).unwrap();
    held.lock().unwrap();
    let refused = patient(3).next().await;
    assert!(
        matches!(refused, Err(MailboxError::Locked { .. })),
        "{refused:?}"
    );
    assert!(!lock.exists());
}

#[tokio::test]
async fn a_long_message_is_cut_and_the_next_one_found() {
    let long = format!(
        "{}{}\n{}\n\n",
        "From a@b.test Sat Nov 28 13:00:00 2026\nSubject: long\n\n",
        "x".repeat(3 * MESSAGE_AT_MOST),
        "y\n".repeat(1000),
    );
    let house = House::new(&[&long, TWO].concat());
    let messages = all(&mut Mbox::at_rest(&house.path())).await;
    assert_eq!(subjects(&messages), ["long", "2"]);
    assert_eq!(messages[0].bytes.len(), MESSAGE_AT_MOST);
    assert!(messages[0].cut && !messages[1].cut);
}

#[tokio::test]
async fn what_is_no_mbox_is_said() {
    for text in ["Subject: x\n\n", "From me to you\n\n"] {
        let refused = House::new(text).open().next().await;
        assert!(
            matches!(refused, Err(MailboxError::NotThat { .. })),
            "{refused:?}"
        );
    }
    let refused = Mbox::spool(Path::new("/nonexistent/spool")).next().await;
    assert!(
        matches!(refused, Err(MailboxError::Io { .. })),
        "{refused:?}"
    );
}
