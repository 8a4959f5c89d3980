//! Messages by themselves, in files or as a mail server pipes one. Nothing is marked of them; what is for a person goes into a
//! Maildir, where one is given.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::Path;

use super::keep::Keep;
use super::{MESSAGE_AT_MOST, Mailbox, MailboxError, Message, Place, Stay, Taken, bounded};
use crate::clock::BoxFuture;

/// What is kept is kept whole; no server takes larger mails.
const WHOLE_AT_MOST: usize = 256 * 1024 * 1024;

/// A mailbox of messages by themselves.
#[derive(Debug, Default)]
pub struct Single {
    messages: VecDeque<Message>,
    number: usize,
    keep: Option<Keep>,
}

impl Single {
    /// A mailbox of one message.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn read(source: impl Read) -> io::Result<Self> {
        let mut mailbox = Self::default();
        mailbox.add(source)?;
        Ok(mailbox)
    }

    /// Puts what is for a person into this Maildir, which is made where there is none.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub fn keeping(mut self, folder: &Path) -> Result<Self, MailboxError> {
        self.keep = Some(Keep::open(folder)?);
        Ok(self)
    }

    /// Reads another message. To the end, so that whoever pipes it in is not cut short, however long it is.
    ///
    /// # Errors
    /// The reader's; where it is to be kept, that it is larger than any mail.
    pub fn add(&mut self, mut source: impl Read) -> io::Result<()> {
        let at_most = match self.keep {
            Some(_) => WHOLE_AT_MOST,
            None => MESSAGE_AT_MOST,
        };
        let (mut bytes, is_longer) = bounded(&mut source, at_most)?;
        io::copy(&mut source, &mut io::sink())?;
        // What pipes such as procmail's put before the headers is not of the message.
        if bytes.starts_with(b"From ") {
            let end = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |at| at + 1);
            bytes.drain(..end);
        }
        if let Some(keep) = &mut self.keep {
            if is_longer {
                return Err(io::Error::other("the message is too large to be kept"));
            }
            keep.hand(self.number, bytes.clone());
        }
        let cut = is_longer || bytes.len() > MESSAGE_AT_MOST;
        bytes.truncate(MESSAGE_AT_MOST);
        // An empty one, too: whoever hands it in is told that there is nothing in it.
        self.messages.push_back(Message {
            taken: Taken(Place::Single(self.number)),
            bytes,
            cut,
            arrived: None,
            opened: false,
        });
        self.number += 1;
        Ok(())
    }
}

impl Mailbox for Single {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Message>, MailboxError>> {
        let message = self.messages.pop_front();
        Box::pin(async { Ok(message) })
    }

    fn done<'a>(&'a mut self, _: &'a [Taken]) -> BoxFuture<'a, Result<(), MailboxError>> {
        Box::pin(async { Ok(()) })
    }

    fn stay<'a>(&'a mut self, left: &'a [Taken]) -> BoxFuture<'a, Result<Stay, MailboxError>> {
        Box::pin(async move {
            let Some(keep) = &self.keep else {
                return Ok(Stay::There);
            };
            for Taken(place) in left {
                if let Place::Single(number) = place {
                    keep.put(*number)?;
                }
            }
            Ok(Stay::Kept)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_handed_out_once_and_cut_where_it_is_too_long() {
        let mut one =
            Single::read(&b"From a@b Thu Jan  1 00:00:00 1970\nSubject: x\n\nFrom y\n"[..])
                .unwrap();
        let message = one.next().await.unwrap().unwrap();
        assert_eq!(message.bytes, b"Subject: x\n\nFrom y\n");
        assert!(!message.cut);
        one.done(&[message.taken]).await.unwrap();
        assert_eq!(one.next().await.unwrap(), None);
        let long = vec![b'x'; MESSAGE_AT_MOST + 1];
        let message = Single::read(&long[..])
            .unwrap()
            .next()
            .await
            .unwrap()
            .unwrap();
        assert!(message.cut);
        assert_eq!(message.bytes.len(), MESSAGE_AT_MOST);
        let empty = Single::read(&b""[..]).unwrap().next().await.unwrap();
        assert_eq!(empty.unwrap().bytes, b"");
    }

    #[tokio::test]
    async fn what_is_for_a_person_is_kept_once_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("mail");
        let long = [b"Subject: x\n\n".as_slice(), &vec![b'x'; MESSAGE_AT_MOST]].concat();
        let names = |part: &str| -> Vec<String> {
            let entries = std::fs::read_dir(root.join(part)).unwrap();
            entries
                .map(|it| it.unwrap().file_name().into_string().unwrap())
                .collect()
        };
        for _ in 0..2 {
            let mut mailbox = Single::default().keeping(&root).unwrap();
            mailbox.add(&long[..]).unwrap();
            mailbox.add(&b"Subject: y\n\n"[..]).unwrap();
            let first = mailbox.next().await.unwrap().unwrap();
            assert!(first.cut);
            assert_eq!(mailbox.stay(&[first.taken]).await.unwrap(), Stay::Kept);
            let new = names("new");
            let [name] = new.as_slice() else {
                panic!("{new:?}")
            };
            assert_eq!(std::fs::read(root.join("new").join(name)).unwrap(), long);
        }
        // Somebody reads it, and the server hands it in once more.
        let name = names("new").remove(0);
        let read = root.join("cur").join(format!("{name}:2,S"));
        std::fs::rename(root.join("new").join(name), read).unwrap();
        let mut mailbox = Single::default().keeping(&root).unwrap();
        mailbox.add(&long[..]).unwrap();
        let first = mailbox.next().await.unwrap().unwrap();
        mailbox.stay(&[first.taken]).await.unwrap();
        assert_eq!((names("new").len(), names("tmp").len()), (0, 0));
    }
}
