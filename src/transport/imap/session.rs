//! A session with an IMAP server: the few commands that reading a bounce mailbox takes.
//!
//! A command's answer counts once its tagged OK is there: what came before a NO or a broken connection
//! is thrown away. After any error but a refusal the session is of no more use.

use async_imap::Client;
use async_imap::imap_proto::{
    AttributeValue, MailboxDatum, Response, ResponseCode, SectionPath, Status,
};
use jiff::Timestamp;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::guard::Guard;
use super::names::{modified_utf7, quoted, set};
use super::opening::{excess, late};
use super::{ImapError, Step, Timeouts};
use crate::transport::socket::Socket;

/// What answers of a line or a few take, a search's and a list of sizes among them.
const REPLY_AT_MOST: u64 = 1024 * 1024;
/// What stands around a message in the answer to FETCH.
const AROUND_A_MESSAGE: u64 = 4096;
/// What marks a message that was read.
const KEYWORD: &str = "$postmerge";

/// A logged in connection.
pub struct Session {
    server: String,
    timeouts: Timeouts,
    client: Client<Guard<Socket>>,
    tags: u32,
    can_move: bool,
    uidplus: bool,
    keywords: bool,
}

/// What SELECT said about a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Selected {
    /// UIDs mean the same messages only as long as this does not change (RFC 9051, section 2.3.1.1).
    pub validity: u32,
    /// Messages in it.
    pub exists: u32,
    /// Whether messages can be marked with `$postmerge`; else only as seen.
    pub keywords: bool,
}

/// A message, or as much of it as was asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its UID.
    pub uid: u32,
    /// Its octets.
    pub bytes: Vec<u8>,
    /// Whether there is more of it.
    pub cut: bool,
    /// When the server took it, where it says so.
    pub arrived: Option<Timestamp>,
}

/// Which messages a search finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All that nobody deleted.
    All,
    /// Those of them that were not flagged by [`Session::flag`].
    Unflagged,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Session").field(&self.server).finish()
    }
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fetched({}, {} octets)", self.uid, self.bytes.len())
    }
}

/// How much may come back, and how long it may take.
#[derive(Clone, Copy)]
struct Bounds {
    reply: u64,
    literal: u64,
    batch: bool,
}

const SMALL: Bounds = Bounds {
    reply: REPLY_AT_MOST,
    literal: AROUND_A_MESSAGE,
    batch: false,
};

impl Session {
    pub(super) fn new(
        server: String,
        timeouts: Timeouts,
        stream: Guard<Socket>,
        tags: u32,
        capabilities: &[String],
    ) -> Self {
        let has = |wanted: &str| capabilities.iter().any(|offered| offered == wanted);
        Self {
            server,
            timeouts,
            client: Client::new(stream),
            tags,
            can_move: has("MOVE"),
            uidplus: has("UIDPLUS"),
            keywords: false,
        }
    }

    /// Opens a folder to read and to change.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn select(&mut self, folder: &str) -> Result<Selected, ImapError> {
        let command = format!("SELECT {}", mailbox(folder)?);
        let mut validity = None;
        let mut exists = 0;
        let mut read_only = false;
        // RFC 9051, section 7.1: without PERMANENTFLAGS all flags can be changed.
        let mut keywords = true;
        self.run(Step::Select, &command, SMALL, |response| match response {
            Response::MailboxData(MailboxDatum::Exists(number)) => exists = *number,
            Response::Data { outcome, .. } | Response::Done { outcome, .. } => {
                match &outcome.code {
                    Some(ResponseCode::UidValidity(number)) => validity = Some(*number),
                    Some(ResponseCode::ReadOnly) => read_only = true,
                    Some(ResponseCode::PermanentFlags(flags)) => {
                        keywords = flags
                            .iter()
                            .any(|flag| flag == "\\*" || flag.eq_ignore_ascii_case(KEYWORD));
                    }
                    _ => {}
                }
            }
            _ => {}
        })
        .await?;
        if read_only {
            return Err(self.refused(
                Step::Select,
                format!("`{folder}` is read-only for this user: what was read could not be marked"),
            ));
        }
        let Some(validity) = validity else {
            return Err(self.odd(Step::Select, "it keeps no UIDs".into()));
        };
        self.keywords = keywords;
        Ok(Selected {
            validity,
            exists,
            keywords,
        })
    }

    /// The lowest and the highest UID of a folder that has messages.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn ends(&mut self) -> Result<Option<(u32, u32)>, ImapError> {
        let mut uids = Vec::new();
        self.run(Step::Search, "FETCH 1,* (UID)", SMALL, |response| {
            if let Response::Fetch(_, attributes) = response {
                uids.extend(uid(attributes));
            }
        })
        .await?;
        Ok(uids.iter().copied().min().zip(uids.iter().copied().max()))
    }

    /// The UIDs from `first` to `last` of what is wanted, in order.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn search(
        &mut self,
        first: u32,
        last: u32,
        wanted: Wanted,
    ) -> Result<Vec<u32>, ImapError> {
        let marks = match wanted {
            Wanted::All => "",
            Wanted::Unflagged if self.keywords => " UNKEYWORD $postmerge",
            Wanted::Unflagged => " UNSEEN",
        };
        let command = format!("UID SEARCH UID {first}:{last} UNDELETED{marks}");
        let mut found = Vec::new();
        self.run(Step::Search, &command, SMALL, |response| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                found.extend(uids.iter().filter(|uid| (first..=last).contains(*uid)));
            }
        })
        .await?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// How large messages are, as the server says.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn sizes(&mut self, uids: &[u32]) -> Result<Vec<(u32, u32)>, ImapError> {
        let command = format!("UID FETCH {} (UID RFC822.SIZE)", set(uids));
        let mut found = Vec::new();
        self.run(Step::Fetch, &command, SMALL, |response| {
            if let Response::Fetch(_, attributes) = response
                && let Some(uid) = uid(attributes)
                && uids.contains(&uid)
            {
                found.extend(attributes.iter().find_map(|attribute| match attribute {
                    AttributeValue::Rfc822Size(size) => Some((uid, *size)),
                    _ => None,
                }));
            }
        })
        .await?;
        found.sort_unstable();
        found.dedup_by_key(|(uid, _)| *uid);
        Ok(found)
    }

    /// Messages, each up to `limit` octets, without marking them as seen. What is gone meanwhile is left out.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn fetch(&mut self, uids: &[u32], limit: u32) -> Result<Vec<Fetched>, ImapError> {
        // One octet more shows whether there is more: RFC822.SIZE is a guess with some servers.
        let asked = limit.saturating_add(1);
        let command = format!(
            "UID FETCH {} (UID INTERNALDATE BODY.PEEK[]<0.{asked}>)",
            set(uids)
        );
        let literal = u64::from(asked);
        let count = u64::try_from(uids.len()).unwrap_or(u64::MAX);
        let bounds = Bounds {
            reply: count
                .saturating_mul(literal + AROUND_A_MESSAGE)
                .saturating_add(REPLY_AT_MOST),
            literal,
            batch: true,
        };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found: Vec<Fetched> = Vec::new();
        let done = self
            .run(Step::Fetch, &command, bounds, |response| {
                if let Response::Fetch(_, attributes) = response
                    && let (Some(uid), Some(body)) = (uid(attributes), body(attributes))
                    && uids.contains(&uid)
                    && !found.iter().any(|known| known.uid == uid)
                {
                    let mut bytes = body.to_vec();
                    let cut = bytes.len() > limit;
                    bytes.truncate(limit);
                    let arrived = arrived(attributes);
                    found.push(Fetched {
                        uid,
                        bytes,
                        cut,
                        arrived,
                    });
                }
            })
            .await;
        match done {
            // RFC 5530, section 3: somebody else moved some of them meanwhile.
            Err(error) if error.says("[EXPUNGEISSUED]") => {}
            other => other?,
        }
        found.sort_unstable_by_key(|message| message.uid);
        Ok(found)
    }

    /// Marks messages as seen and as read by us.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn flag(&mut self, uids: &[u32]) -> Result<(), ImapError> {
        let marks = if self.keywords {
            "\\Seen $postmerge"
        } else {
            "\\Seen"
        };
        let command = format!("UID STORE {} +FLAGS.SILENT ({marks})", set(uids));
        self.quiet(Step::Flag, &command).await
    }

    /// Moves messages to a folder, which is created where it is missing. Whatever breaks, a message stands in
    /// one of both at least; what is gone already is nobody's fault.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn move_to(&mut self, uids: &[u32], folder: &str) -> Result<(), ImapError> {
        let name = mailbox(folder)?;
        let mut uids = uids.to_vec();
        while !uids.is_empty() {
            let refused = match self.try_move(&set(&uids), &name).await {
                Err(error @ ImapError::Refused { .. }) => error,
                other => return other,
            };
            // Of messages that somebody else moves at the same time Dovecot moves none, though RFC 6851 (section 4.3)
            // lets the others go: they are tried again, as long as they become fewer.
            let left = self.left_of(&uids).await?;
            if left.len() >= uids.len() {
                return Err(refused);
            }
            uids = left;
        }
        Ok(())
    }

    async fn try_move(&mut self, uids: &str, name: &str) -> Result<(), ImapError> {
        if self.can_move {
            return self
                .creating(name, &format!("UID MOVE {uids} {name}"))
                .await;
        }
        self.creating(name, &format!("UID COPY {uids} {name}"))
            .await?;
        let command = format!("UID STORE {uids} +FLAGS.SILENT (\\Seen \\Deleted)");
        self.quiet(Step::Move, &command).await?;
        if self.uidplus {
            // A plain EXPUNGE would remove what somebody else has deleted, too. Without UIDPLUS they stay, deleted.
            self.quiet(Step::Move, &format!("UID EXPUNGE {uids}"))
                .await?;
        }
        Ok(())
    }

    /// Those of these messages that are still there.
    async fn left_of(&mut self, uids: &[u32]) -> Result<Vec<u32>, ImapError> {
        // The server tells what is gone in reply to this at the latest (RFC 9051, section 7.5.1).
        self.quiet(Step::Search, "NOOP").await?;
        let mut left = Vec::new();
        let command = format!("UID SEARCH UID {} UNDELETED", set(uids));
        self.run(Step::Search, &command, SMALL, |response| {
            if let Response::MailboxData(MailboxDatum::Search(found)) = response {
                left.extend(found.iter().filter(|uid| uids.contains(uid)));
            }
        })
        .await?;
        left.sort_unstable();
        left.dedup();
        Ok(left)
    }

    /// Says goodbye; errors do not matter any more.
    pub async fn logout(mut self) {
        let _ = self.quiet(Step::Logout, "LOGOUT").await;
    }

    /// Runs a command again once it has created the folder that it lacked.
    async fn creating(&mut self, name: &str, command: &str) -> Result<(), ImapError> {
        let refused = match self.quiet(Step::Move, command).await {
            Err(error) if error.says("[EXPUNGEISSUED]") => return Err(error),
            Err(error @ ImapError::Refused { .. }) => error,
            other => return other,
        };
        match self.quiet(Step::Create, &format!("CREATE {name}")).await {
            Ok(()) => self.quiet(Step::Move, command).await,
            // It is there, so the reason was another; or it came to be just now, by another reader.
            Err(ImapError::Refused { .. }) if !refused.says("[TRYCREATE]") => Err(refused),
            Err(error @ ImapError::Refused { .. }) => match self.quiet(Step::Move, command).await {
                Err(again) if again.says("[TRYCREATE]") => Err(error),
                other => other,
            },
            Err(error) => Err(error),
        }
    }

    async fn quiet(&mut self, step: Step, command: &str) -> Result<(), ImapError> {
        let bounds = Bounds {
            batch: step == Step::Move,
            ..SMALL
        };
        self.run(step, command, bounds, |_| {}).await
    }

    /// One command: every response is shown to `take`, the tagged one last.
    async fn run(
        &mut self,
        step: Step,
        command: &str,
        bounds: Bounds,
        take: impl FnMut(&Response<'_>) + Send,
    ) -> Result<(), ImapError> {
        let limit = if bounds.batch {
            self.timeouts.batch
        } else {
            self.timeouts.command
        };
        match timeout(limit, self.converse(step, command, bounds, take)).await {
            Ok(done) => done,
            Err(_) => Err(self.lost(step, late(limit))),
        }
    }

    async fn converse(
        &mut self,
        step: Step,
        command: &str,
        bounds: Bounds,
        mut take: impl FnMut(&Response<'_>) + Send,
    ) -> Result<(), ImapError> {
        self.tags += 1;
        let tag = format!("p{}", self.tags);
        let line = format!("{tag} {command}\r\n");
        let stream = self.client.get_mut();
        stream.expect(bounds.reply, bounds.literal);
        let written = match stream.write_all(line.as_bytes()).await {
            Ok(()) => stream.flush().await,
            failed => failed,
        };
        written.map_err(|error| self.lost(step, error.to_string()))?;
        loop {
            let response = match self.client.read_response().await {
                Ok(Some(response)) => response,
                Ok(None) => return Err(self.lost(step, "the server closed the connection".into())),
                Err(error) => return Err(self.broke(step, &error)),
            };
            let response = response.parsed();
            take(response);
            match response {
                Response::Done {
                    tag: answered,
                    status,
                    ..
                } if answered.0 == tag => {
                    return match status {
                        Status::Ok => Ok(()),
                        _ => Err(self.refused(step, self.words())),
                    };
                }
                Response::Data {
                    status: Status::Bye,
                    outcome,
                } if step != Step::Logout => {
                    let words = outcome.information.as_deref().unwrap_or_default();
                    let words = super::guard::printable(words.as_bytes());
                    return Err(self.lost(step, format!("the server said goodbye: {words}")));
                }
                _ => {}
            }
        }
    }

    /// The words of the tagged answer that was just read.
    fn words(&self) -> String {
        let line = self.client.get_ref().words();
        let mut parts = line.splitn(3, ' ');
        let (_, status, words) = (parts.next(), parts.next(), parts.next());
        words.or(status).unwrap_or_default().to_owned()
    }

    /// The parser's own words hold what it could not read, at any length: they are not shown.
    fn broke(&self, step: Step, error: &std::io::Error) -> ImapError {
        match excess(error) {
            Some(excess) => self.odd(step, excess.to_string()),
            None if error.kind() == std::io::ErrorKind::Other => {
                self.odd(step, "it is not IMAP".into())
            }
            None if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                self.lost(step, "the server closed the connection".into())
            }
            None => self.lost(step, error.to_string()),
        }
    }

    fn lost(&self, step: Step, why: String) -> ImapError {
        ImapError::Lost {
            server: self.server.clone(),
            step,
            why,
        }
    }

    fn refused(&self, step: Step, words: String) -> ImapError {
        ImapError::Refused {
            server: self.server.clone(),
            step,
            words,
        }
    }

    fn odd(&self, step: Step, why: String) -> ImapError {
        ImapError::Protocol {
            server: self.server.clone(),
            step,
            why,
        }
    }
}

fn mailbox(folder: &str) -> Result<String, ImapError> {
    match folder {
        "" => None,
        _ => quoted(&modified_utf7(folder)),
    }
    .ok_or_else(|| ImapError::Folder(folder.escape_debug().to_string()))
}

fn uid(attributes: &[AttributeValue<'_>]) -> Option<u32> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::Uid(uid) => Some(*uid),
        _ => None,
    })
}

/// `None` also where it is NIL: so Dovecot says that somebody else has moved the message meanwhile.
fn body<'a>(attributes: &'a [AttributeValue<'_>]) -> Option<&'a [u8]> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::BodySection {
            section: None::<SectionPath>,
            data,
            ..
        } => data.as_deref(),
        _ => None,
    })
}

/// INTERNALDATE (RFC 9051, section 9: `date-time`).
fn arrived(attributes: &[AttributeValue<'_>]) -> Option<Timestamp> {
    let told = attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::InternalDate(told) => Some(told.trim()),
        _ => None,
    })?;
    let read = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", told);
    read.and_then(|it| it.to_timestamp()).ok()
}
