//! From `postmerge.yaml`'s `bounces.mailbox` to the place it means. Secrets and files are handed in.

use std::path::Path;

use super::{ImapMailbox, Mailbox, MailboxError, Maildir, Mbox};
use crate::transport::imap::{ImapConfig, Timeouts};
use crate::transport::smtp::{Credentials, TlsMode};
use crate::workspace::settings::{BounceMailbox, ImapFolder, Tls};
use crate::workspace::source::{Source, WorkspacePath};

/// Larger than any list of certificate authorities.
const LARGEST_CA: u64 = 1024 * 1024;

/// The mailbox that settings mean. Paths that are not absolute begin at `root`; `source` has the `ca_file`, `secret`
/// tells the environment's variables. Opens no connection yet.
///
/// # Errors
/// [`MailboxError`].
pub fn open(
    given: &BounceMailbox,
    root: &Path,
    source: &dyn Source,
    secret: &dyn Fn(&str) -> Option<String>,
) -> Result<Box<dyn Mailbox>, MailboxError> {
    if let Some(folder) = &given.imap {
        let config = config(folder, source, secret)?;
        return Ok(Box::new(ImapMailbox::new(
            config,
            &folder.folder,
            given.then.clone(),
        )?));
    }
    if let Some(path) = &given.maildir {
        let maildir = Maildir::open(&root.join(path), given.then.clone())?;
        return Ok(Box::new(maildir));
    }
    // Loading has seen to it that there is exactly one.
    let path = given.mbox.as_deref().unwrap_or_default();
    Ok(Box::new(Mbox::spool(&root.join(path))))
}

fn config(
    folder: &ImapFolder,
    source: &dyn Source,
    secret: &dyn Fn(&str) -> Option<String>,
) -> Result<ImapConfig, MailboxError> {
    let read = |name: &str| secret(name).ok_or_else(|| MailboxError::Secret(name.to_owned()));
    let authorities = match &folder.ca_file {
        None => None,
        Some(file) => Some(
            WorkspacePath::parse(file)
                .map_err(|why| why.to_string())
                .and_then(|path| {
                    source
                        .read(&path, LARGEST_CA)
                        .map_err(|why| why.to_string())
                })
                .map_err(MailboxError::Authority)?,
        ),
    };
    Ok(ImapConfig {
        host: folder.host.clone(),
        port: folder.port,
        tls: match folder.tls {
            Tls::Starttls => TlsMode::StartTls,
            Tls::Implicit => TlsMode::Implicit,
            Tls::None => TlsMode::Plain,
        },
        authorities,
        credentials: Credentials {
            user: read(&folder.credentials.user_env)?,
            password: read(&folder.credentials.password_env)?,
        },
        timeouts: Timeouts::default(),
    })
}
