//! Messages by themselves, in files or as a mail server pipes one. Nothing is kept of them, so nothing is marked.

use std::collections::VecDeque;
use std::io::{self, Read};

use super::{MESSAGE_AT_MOST, Mailbox, MailboxError, Message, Place, Taken, bounded};
use crate::clock::BoxFuture;

/// A mailbox of messages by themselves.
#[derive(Debug, Default)]
pub struct Single(VecDeque<Message>);

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

    /// Reads another message. To the end, so that whoever pipes it in is not cut short, however long it is.
    ///
    /// # Errors
    /// The reader's.
    pub fn add(&mut self, mut source: impl Read) -> io::Result<()> {
        let (mut bytes, cut) = bounded(&mut source, MESSAGE_AT_MOST)?;
        io::copy(&mut source, &mut io::sink())?;
        // What pipes such as procmail's put before the headers is not of the message.
        if bytes.starts_with(b"From ") {
            let end = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |at| at + 1);
            bytes.drain(..end);
        }
        // An empty one, too: whoever hands it in is told that there is nothing in it.
        self.0.push_back(Message {
            taken: Taken(Place::Single),
            bytes,
            cut,
            arrived: None,
        });
        Ok(())
    }
}

impl Mailbox for Single {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Message>, MailboxError>> {
        let message = self.0.pop_front();
        Box::pin(async { Ok(message) })
    }

    fn done<'a>(&'a mut self, _: &'a [Taken]) -> BoxFuture<'a, Result<(), MailboxError>> {
        Box::pin(async { Ok(()) })
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
}
