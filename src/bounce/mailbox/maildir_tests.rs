//! A Maildir under other programs' hands.

use super::*;

struct House {
    folder: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for part in ["new", "cur", "tmp"] {
            fs::create_dir(folder.path().join(part)).unwrap();
        }
        Self { folder }
    }

    fn put(&self, path: &str) -> &Self {
        fs::write(
            self.folder.path().join(path),
            format!("Subject: {path}\n\n"),
        )
        .unwrap();
        self
    }

    fn rename(&self, from: &str, to: &str) {
        let root = self.folder.path();
        fs::rename(root.join(from), root.join(to)).unwrap();
    }

    fn open(&self, then: Then) -> Maildir {
        Maildir::open(self.folder.path(), then).unwrap()
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

async fn all(mailbox: &mut Maildir) -> Vec<Taken> {
    let mut taken = Vec::new();
    while let Some(message) = mailbox.next().await.unwrap() {
        assert!(message.bytes.starts_with(b"Subject: "), "{message:?}");
        taken.push(message.taken);
    }
    taken.sort();
    taken
}

#[tokio::test]
async fn what_was_read_is_flagged_and_not_read_again() {
    let house = House::new();
    house
        .put("new/1.a")
        .put("cur/2.b:2,F")
        .put("cur/3.c:2,S")
        .put("cur/4.d:2,T")
        .put("new/.nfs");
    let mut mailbox = house.open(Then::Flag);
    let taken = all(&mut mailbox).await;
    assert_eq!(taken.len(), 3);
    assert_eq!(
        all(&mut house.open(Then::Flag)).await.len(),
        3,
        "nothing changes before it is done"
    );
    mailbox.done(&taken).await.unwrap();
    mailbox.done(&taken).await.unwrap();
    assert_eq!(
        house.names("cur"),
        ["1.a:2,S", "2.b:2,FS", "3.c:2,S", "4.d:2,T"]
    );
    assert_eq!(all(&mut house.open(Then::Flag)).await, []);
}

#[tokio::test]
async fn what_somebody_opened_is_read_all_the_same_and_once() {
    let house = House::new();
    house
        .put("new/1700000000.M1.mx")
        .put("cur/1700000001.M2.mx:2,FS")
        .put("cur/3.c:2,");
    let mut mailbox = house.open(Then::Flag);
    let (mut opened, mut arrived, mut taken) = (0, Vec::new(), Vec::new());
    while let Some(message) = mailbox.next().await.unwrap() {
        opened += u8::from(message.opened);
        arrived.extend(message.arrived.map(Timestamp::as_second));
        taken.push(message.taken);
    }
    arrived.sort_unstable();
    assert_eq!((opened, arrived), (1, vec![1_700_000_000, 1_700_000_001]));
    mailbox.done(&taken[..2]).await.unwrap();
    // One was not done with; somebody opens it, and plays with the flags of another.
    let names = house.names("cur");
    let other = names.iter().find(|it| it.ends_with("M2.mx:2,FS"));
    if let Some(name) = other {
        house.rename(&format!("cur/{name}"), "cur/1700000001.M2.mx:2,RS");
    }
    assert_eq!(all(&mut house.open(Then::Flag)).await.len(), 1);
    mailbox.done(&taken).await.unwrap();
    assert_eq!(all(&mut house.open(Then::Flag)).await, []);
}

#[tokio::test]
async fn names_that_are_gone_are_forgotten() {
    let house = House::new();
    let names: String = (0..2000).map(|n| format!("{n}.gone\n")).collect();
    let file = house.folder.path().join("postmerge-read");
    fs::write(&file, names + "1.a\n").unwrap();
    house.put("cur/1.a:2,S").put("new/2.b");
    let mut mailbox = house.open(Then::Flag);
    let taken = all(&mut mailbox).await;
    mailbox.done(&taken).await.unwrap();
    assert_eq!(fs::read_to_string(file).unwrap(), "1.a\n2.b\n");
}

#[tokio::test]
async fn what_was_read_moves_into_a_folder_that_is_made() {
    let house = House::new();
    house.put("new/1.a").put("cur/2.b:2,S").put("new/3.c");
    let then = Then::Move("Leído/2026".into());
    let mut mailbox = house.open(then.clone());
    let taken = all(&mut mailbox).await;
    assert_eq!(taken.len(), 3);
    mailbox.done(&taken[..2]).await.unwrap();
    assert_eq!(all(&mut house.open(then.clone())).await.len(), 1);
    mailbox.done(&taken).await.unwrap();
    assert_eq!(
        house.names(".Le&AO0-do.2026/cur"),
        ["1.a:2,S", "2.b:2,S", "3.c:2,S"]
    );
    assert_eq!(
        house.names(".Le&AO0-do.2026"),
        ["cur", "maildirfolder", "new", "tmp"]
    );
    assert_eq!(all(&mut house.open(then)).await, []);
}

#[tokio::test]
async fn others_rename_and_remove_while_it_is_read() {
    for then in [Then::Flag, Then::Move("Archive".into())] {
        let house = House::new();
        house
            .put("new/1.a")
            .put("cur/2.b:2,")
            .put("cur/3.c:2,")
            .put("new/4.d");
        let mut mailbox = house.open(then.clone());
        let taken = all(&mut mailbox).await;
        assert_eq!(taken.len(), 4);
        // A mail program looks into it, answers one message and removes one.
        house.rename("new/1.a", "cur/1.a:2,");
        house.rename("cur/2.b:2,", "cur/2.b:2,R");
        fs::remove_file(house.folder.path().join("cur/3.c:2,")).unwrap();
        house.put("new/5.e");
        mailbox.done(&taken).await.unwrap();
        let (cur, expected) = match then {
            Then::Flag => ("cur", ["1.a:2,S", "2.b:2,RS", "4.d:2,S"]),
            Then::Move(_) => (".Archive/cur", ["1.a:2,S", "2.b:2,RS", "4.d:2,S"]),
        };
        assert_eq!(house.names(cur), expected);
        assert_eq!(house.names("new"), ["5.e"]);
    }
}

#[tokio::test]
async fn moving_between_the_folders_meanwhile_hands_nothing_out_twice() {
    let house = House::new();
    house.put("cur/1.a:2,").put("new/2.b").put("new/3.c");
    let mut mailbox = house.open(Then::Flag);
    let first = mailbox.next().await.unwrap().unwrap();
    assert_eq!(first.taken.to_string(), "cur/1.a:2,");
    // The first of `new` was not reached: another program takes it, it is the next run's.
    house.rename("new/2.b", "cur/2.b:2,");
    let rest = all(&mut mailbox).await;
    assert!(!rest.contains(&first.taken));
    assert!(rest.len() <= 2, "{rest:?}");
    let mut again = house.open(Then::Flag);
    assert_eq!(all(&mut again).await.len(), 3);
}

#[tokio::test]
async fn two_readers_mark_the_same_messages() {
    let house = House::new();
    house.put("new/1.a").put("new/2.b");
    let then = Then::Move("Done".into());
    let (mut one, mut other) = (house.open(then.clone()), house.open(then));
    let (first, second) = (all(&mut one).await, all(&mut other).await);
    assert_eq!(first, second);
    one.done(&first).await.unwrap();
    other.done(&second).await.unwrap();
    assert_eq!(house.names(".Done/cur"), ["1.a:2,S", "2.b:2,S"]);
}

#[tokio::test]
async fn names_alike_are_both_kept() {
    let house = House::new();
    let then = Then::Move("Done".into());
    for _ in 0..2 {
        house.put("new/1.a");
        let mut mailbox = house.open(then.clone());
        let taken = all(&mut mailbox).await;
        mailbox.done(&taken).await.unwrap();
    }
    assert_eq!(house.names(".Done/cur"), ["1.a:2,S", "1.a_1:2,S"]);
}

#[cfg(unix)]
#[tokio::test]
async fn no_link_is_followed() {
    use std::os::unix::fs::symlink;
    let house = House::new();
    let root = house.folder.path();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    symlink(outside.path().join("secret"), root.join("new/1.a")).unwrap();
    fs::create_dir(root.join("new/2.b")).unwrap();
    house.put("new/3.c");
    symlink(outside.path(), root.join(".Away")).unwrap();
    let mut mailbox = house.open(Then::Move("Away".into()));
    let taken = all(&mut mailbox).await;
    assert_eq!(taken.len(), 1);
    let refused = mailbox.done(&taken).await;
    assert!(
        matches!(refused, Err(MailboxError::NotThat { .. })),
        "{refused:?}"
    );
    assert_eq!(house.names("new").len(), 3);
    fs::remove_dir(root.join("cur")).unwrap();
    symlink(outside.path(), root.join("cur")).unwrap();
    assert!(matches!(
        Maildir::open(root, Then::Flag),
        Err(MailboxError::NotThat { .. })
    ));
}

#[test]
fn what_is_no_maildir_and_what_is_no_folder_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Maildir::open(folder.path(), Then::Flag).unwrap_err();
    assert!(refused.to_string().contains("no Maildir"), "{refused}");
    let house = House::new();
    for name in ["", "..", "a/../b", "a//b", "/etc", "a.b", "a\nb"] {
        let refused = Maildir::open(house.folder.path(), Then::Move(name.into()));
        assert!(matches!(refused, Err(MailboxError::Folder(_))), "{name:?}");
    }
}

#[test]
fn flags_keep_their_order_and_others_their_own() {
    for (name, seen) in [
        ("1.a", "1.a:2,S"),
        ("1.a:2,", "1.a:2,S"),
        ("1.a:2,FRT", "1.a:2,FRST"),
        ("1.a:2,S", "1.a:2,S"),
        ("1.a,S=12:2,ab,x", "1.a,S=12:2,Sab,x"),
    ] {
        assert_eq!(with_seen(name), seen);
    }
}
