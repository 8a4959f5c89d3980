//! A spool that is delivered to, rotated and read by others meanwhile.

use super::*;
use crate::clock::VirtualClock;

const ONE: &str = "From a@b.test Sat Nov 28 13:00:00 2026\nSubject: 1\n\nFrom here on\n>From there\n>>From afar\n\nFrom what we saw at 9\n\n";
const TWO: &str = "From MAILER-DAEMON Sat Nov 28 13:00:01 2026\nSubject: 2\n\nx\n\n";

fn clock() -> Arc<dyn Clock> {
    Arc::new(VirtualClock::new("2026-11-28T13:00:00Z".parse().unwrap()))
}

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
        Mbox::spool(&self.path(), clock())
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
    fs::write(&lock, "").unwrap();
    let refused = house.open().next().await;
    assert!(
        matches!(refused, Err(MailboxError::Locked { .. })),
        "{refused:?}"
    );
    assert!(lock.exists(), "it is not ours");
    house.append(&ONE[..60]);
    let clock = clock();
    let hold = clock.hold();
    let mut mailbox = Mbox::spool(&house.path(), clock);
    // Polled after the reader's first try; time stands still until it is through.
    let delivery = async {
        house.append(&ONE[60..]);
        fs::remove_file(&lock).unwrap();
        drop(hold);
    };
    let (messages, ()) = tokio::join!(all(&mut mailbox), delivery);
    assert_eq!(subjects(&messages), ["2", "1"]);
    // The other lock.
    let held = File::open(house.path()).unwrap();
    held.lock().unwrap();
    let refused = house.open().next().await;
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
    let refused = Mbox::spool(Path::new("/nonexistent/spool"), clock())
        .next()
        .await;
    assert!(
        matches!(refused, Err(MailboxError::Io { .. })),
        "{refused:?}"
    );
}

proptest::proptest! {
    /// Whatever messages an mboxrd writer appends are read as they were, and an offset after any of them leaves the rest.
    #[test]
    fn what_is_written_reads_back(
        bodies in proptest::collection::vec(
            proptest::collection::vec("(>{0,3}From )?[ -~]{0,12}(12:34)?", 0..6),
            1..6,
        ),
        crlf: bool,
        done in 0..6_usize,
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let messages: Vec<String> = bodies
            .iter()
            .enumerate()
            .map(|(number, lines)| {
                let lines: String = lines.iter().map(|line| format!("{line}{end}")).collect();
                format!("Subject: {number}{end}{end}{lines}")
            })
            .collect();
        let quote = |line: &str| {
            let quoted = line.trim_start_matches('>').starts_with("From ");
            format!("{}{line}", if quoted { ">" } else { "" })
        };
        let spool: String = messages
            .iter()
            .map(|message| {
                let lines: String = message.split_inclusive('\n').map(quote).collect();
                format!("From x Sat Nov 28 13:00:00 2026{end}{lines}{end}")
            })
            .collect();
        let house = House::new(&spool);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut mailbox = house.open();
            let read = all(&mut mailbox).await;
            let text = |message: &Message| String::from_utf8(message.bytes.clone()).unwrap();
            assert_eq!(read.iter().map(text).collect::<Vec<_>>(), messages);
            let done = done.min(read.len());
            mailbox.done(&taken(&read[..done])).await.unwrap();
            let rest = all(&mut house.open()).await;
            assert_eq!(rest.iter().map(text).collect::<Vec<_>>(), messages[done..]);
        });
    }

    /// Nothing that lies in a spool makes reading panic, stop early or hand out more than there is.
    #[test]
    fn anything_is_read_to_its_end_or_refused(
        pieces in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::prelude::Just(b"From x Sat Nov 28 13:00:00 2026\n".to_vec()),
                proptest::prelude::Just(b"\n".to_vec()),
                proptest::prelude::Just(b"\r\n".to_vec()),
                proptest::collection::vec(proptest::prelude::any::<u8>(), 0..20),
            ],
            0..20,
        ),
    ) {
        let spool = pieces.concat();
        let house = House::new("");
        fs::write(house.path(), &spool).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut mailbox = Mbox::at_rest(&house.path());
            let mut at = 0;
            loop {
                match mailbox.next().await {
                    Ok(Some(message)) => {
                        let Place::Mbox { start, end, .. } = message.taken.0 else { panic!() };
                        assert_eq!(start, at, "nothing lies between messages");
                        assert!(u64::try_from(message.bytes.len()).unwrap() < end - start);
                        at = end;
                    }
                    Ok(None) => break,
                    Err(error) => {
                        assert!(matches!(error, MailboxError::NotThat { .. }) && at == 0, "{error}");
                        break;
                    }
                }
            }
        });
    }
}
