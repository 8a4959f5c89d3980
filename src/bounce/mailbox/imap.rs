//! A folder on an IMAP server, walked by UID from the lowest to the highest that it had when it was opened; what
//! arrives later is the next run's.
//!
//! Asks for windows of UIDs and batches of messages, so that neither a large folder nor a large message is held
//! whole. A dropped connection is opened again once at each step; where the folder's UIDVALIDITY has changed by
//! then, what was remembered of its UIDs is forgotten and it is walked from the start.

use std::collections::VecDeque;

use super::{MESSAGE_AT_MOST, Mailbox, MailboxError, Message, Place, Taken};
use crate::clock::BoxFuture;
use crate::transport::imap::{Imap, ImapConfig, ImapError, Session, Wanted};
use crate::workspace::settings::Then;

/// So many UIDs are asked for at once at first; twice as many after each window without messages.
const WINDOW: u32 = 1_000;
/// The answer to the widest window stays below what a session takes.
const WINDOW_AT_MOST: u32 = 32_000;
/// So many messages' sizes are asked for at once.
const SIZES: usize = 200;
/// A batch has at most so many messages and, where sizes are told truly, octets.
const BATCH_MESSAGES: usize = 16;
const BATCH_OCTETS: u64 = 4 * 1024 * 1024;
/// So many messages are marked by one command.
const MARKED_AT_ONCE: usize = 200;

/// A folder on an IMAP server.
#[derive(Debug)]
pub struct ImapMailbox {
    imap: Imap,
    folder: String,
    then: Then,
    session: Option<Session>,
    walk: Option<Walk>,
}

/// How far a folder was read. Everything in it advances only after the server has answered.
#[derive(Debug)]
struct Walk {
    validity: u32,
    /// The next UID to ask for; beyond the last one where all was asked for.
    next: u64,
    last: u32,
    window: u32,
    found: VecDeque<u32>,
    sized: VecDeque<(u32, u32)>,
    batch: VecDeque<Message>,
}

impl Walk {
    fn new(validity: u32, ends: Option<(u32, u32)>) -> Self {
        let (first, last) = ends.unwrap_or((1, 0));
        Self {
            validity,
            next: u64::from(first),
            last,
            window: WINDOW,
            found: VecDeque::new(),
            sized: VecDeque::new(),
            batch: VecDeque::new(),
        }
    }

    /// The UIDs of the next batch.
    fn batch(&self) -> Vec<u32> {
        let limit = u64::try_from(MESSAGE_AT_MOST).unwrap_or(u64::MAX);
        let mut octets = 0_u64;
        let mut uids = Vec::new();
        for (uid, size) in self.sized.iter().take(BATCH_MESSAGES) {
            octets += u64::from(*size).min(limit);
            if octets > BATCH_OCTETS && !uids.is_empty() {
                break;
            }
            uids.push(*uid);
        }
        uids
    }
}

impl ImapMailbox {
    /// This folder; connects when the first message is asked for.
    ///
    /// # Errors
    /// [`MailboxError::Config`].
    pub fn new(config: ImapConfig, folder: &str, then: Then) -> Result<Self, MailboxError> {
        Ok(Self {
            imap: Imap::new(config)?,
            folder: folder.to_owned(),
            then,
            session: None,
            walk: None,
        })
    }

    /// A session with the folder open.
    async fn session(&mut self) -> Result<(&mut Session, &mut Walk), ImapError> {
        let mut session = match self.session.take() {
            Some(session) if self.walk.is_some() => return Ok(self.kept(session)),
            Some(session) => session,
            None => self.imap.open().await?,
        };
        let selected = session.select(&self.folder).await?;
        if self
            .walk
            .as_ref()
            .is_none_or(|walk| walk.validity != selected.validity)
        {
            let ends = if selected.exists == 0 {
                None
            } else {
                session.ends().await?
            };
            self.walk = Some(Walk::new(selected.validity, ends));
        }
        Ok(self.kept(session))
    }

    fn kept(&mut self, session: Session) -> (&mut Session, &mut Walk) {
        (
            self.session.insert(session),
            self.walk.get_or_insert_with(|| Walk::new(0, None)),
        )
    }

    /// Lets go of a session that is of no more use; says whether the step is worth trying once more.
    fn let_go(&mut self, error: &ImapError) -> bool {
        if !matches!(error, ImapError::Refused { .. } | ImapError::Folder(_)) {
            self.session = None;
        }
        error.is_dropped()
    }

    async fn take(&mut self) -> Result<Option<Message>, ImapError> {
        loop {
            if let Some(message) = self.walk.as_mut().and_then(|walk| walk.batch.pop_front()) {
                return Ok(Some(message));
            }
            let mut more = self.fill().await;
            if more.as_ref().is_err_and(|error| self.let_go(error)) {
                more = self.fill().await;
            }
            if !more.inspect_err(|error| {
                self.let_go(error);
            })? {
                return Ok(None);
            }
        }
    }

    /// Gets a step further; `false` at the end.
    async fn fill(&mut self) -> Result<bool, ImapError> {
        let wanted = match self.then {
            Then::Flag => Wanted::Unflagged,
            Then::Move(_) => Wanted::All,
        };
        let (session, walk) = self.session().await?;
        let uids = walk.batch();
        if !uids.is_empty() {
            let limit = u32::try_from(MESSAGE_AT_MOST).unwrap_or(u32::MAX);
            let messages = session.fetch(&uids, limit).await?;
            walk.sized.drain(..uids.len());
            let validity = walk.validity;
            walk.batch
                .extend(messages.into_iter().map(|message| Message {
                    taken: Taken(Place::Imap {
                        validity,
                        uid: message.uid,
                    }),
                    bytes: message.bytes,
                    cut: message.cut,
                    arrived: message.arrived,
                    opened: false,
                }));
            return Ok(true);
        }
        if !walk.found.is_empty() {
            let uids: Vec<u32> = walk.found.iter().take(SIZES).copied().collect();
            let sized = session.sizes(&uids).await?;
            walk.found.drain(..uids.len());
            walk.sized.extend(sized);
            return Ok(true);
        }
        let Some(first) = u32::try_from(walk.next)
            .ok()
            .filter(|first| *first <= walk.last)
        else {
            return Ok(false);
        };
        let last = walk.last.min(first.saturating_add(walk.window - 1));
        let found = session.search(first, last, wanted).await?;
        walk.next = u64::from(last) + 1;
        // Messages may lie far apart: a server may count UIDs in seconds.
        walk.window = if found.is_empty() {
            (walk.window * 2).min(WINDOW_AT_MOST)
        } else {
            WINDOW
        };
        walk.found = found.into();
        Ok(true)
    }

    async fn mark(&mut self, validity: u32, uids: &[u32]) -> Result<(), ImapError> {
        let then = self.then.clone();
        let (session, walk) = self.session().await?;
        if walk.validity != validity {
            // These UIDs are other messages' now. They are read once more, and marked then.
            return Ok(());
        }
        match then {
            Then::Flag => session.flag(uids).await,
            Then::Move(folder) => session.move_to(uids, &folder).await,
        }
    }

    async fn mark_all(&mut self, taken: &[Taken]) -> Result<(), ImapError> {
        let mut taken: Vec<(u32, u32)> = taken
            .iter()
            .filter_map(|taken| match taken.0 {
                Place::Imap { validity, uid } => Some((validity, uid)),
                _ => None,
            })
            .collect();
        taken.sort_unstable();
        for group in taken.chunk_by(|(one, _), (other, _)| one == other) {
            for chunk in group.chunks(MARKED_AT_ONCE) {
                let validity = chunk.first().map_or(0, |(validity, _)| *validity);
                let uids: Vec<u32> = chunk.iter().map(|(_, uid)| *uid).collect();
                let mut done = self.mark(validity, &uids).await;
                if done.as_ref().is_err_and(|error| self.let_go(error)) {
                    done = self.mark(validity, &uids).await;
                }
                done.inspect_err(|error| {
                    self.let_go(error);
                })?;
            }
        }
        Ok(())
    }
}

impl Mailbox for ImapMailbox {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Message>, MailboxError>> {
        Box::pin(async { Ok(self.take().await?) })
    }

    fn done<'a>(&'a mut self, taken: &'a [Taken]) -> BoxFuture<'a, Result<(), MailboxError>> {
        Box::pin(async { Ok(self.mark_all(taken).await?) })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {
            if let Some(session) = self.session {
                session.logout().await;
            }
        })
    }
}
