//! From `postmerge.yaml`'s `bounces.mailbox` to the place it means. Secrets and files are handed in.

use std::path::Path;
use std::sync::Arc;

use super::{ImapMailbox, Mailbox, MailboxError, Maildir, Mbox};
use crate::clock::Clock;
use crate::transport::imap::{ImapConfig, Timeouts};
use crate::transport::smtp::{Credentials, TlsMode};
use crate::workspace::settings::{BounceMailbox, ImapFolder, Tls};
use crate::workspace::source::{Source, WorkspacePath};

/// Larger than any list of certificate authorities.
const LARGEST_CA: u64 = 1024 * 1024;

/// The mailbox that settings mean. Paths that are not absolute begin at `root`; `source` has the `ca_file`, `secret`
/// tells the environment's variables; the clock waits for a spool's lock. Opens no connection yet.
///
/// # Errors
/// [`MailboxError`].
pub fn open(
    given: &BounceMailbox,
    root: &Path,
    source: &dyn Source,
    secret: &dyn Fn(&str) -> Option<String>,
    clock: Arc<dyn Clock>,
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
    Ok(Box::new(Mbox::spool(&root.join(path), clock)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::workspace::folder::Folder;

    fn given(value: serde_json::Value) -> BounceMailbox {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_settings_name_and_is_not_there_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let imap = |ca_file: Option<&str>| {
            given(serde_json::json!({"imap": {
                "host": "imap.test", "port": 993, "ca_file": ca_file,
                "credentials": {"user_env": "U", "password_env": "P"},
            }}))
        };
        let open = |given: &BounceMailbox, set: &[&str]| {
            let secret = |name: &str| set.contains(&name).then(|| "x".to_owned());
            let source = Folder::new(folder.path());
            open(
                given,
                folder.path(),
                &source,
                &secret,
                Arc::new(SystemClock),
            )
            .err()
            .map(|error| error.to_string())
        };
        let none = "the environment variable P is not set";
        assert_eq!(open(&imap(None), &["U"]).as_deref(), Some(none));
        let missing = open(&imap(Some("ca.pem")), &["U", "P"]).unwrap();
        assert!(missing.contains("`ca_file`: ca.pem"), "{missing}");
        std::fs::write(folder.path().join("ca.pem"), "nothing").unwrap();
        let empty = open(&imap(Some("ca.pem")), &["U", "P"]).unwrap();
        assert!(empty.contains("holds none"), "{empty}");
        let maildir = given(serde_json::json!({"maildir": "mail"}));
        assert!(open(&maildir, &[]).unwrap().contains("no Maildir"));
        for part in ["new", "cur"] {
            std::fs::create_dir_all(folder.path().join("mail").join(part)).unwrap();
        }
        assert_eq!(open(&maildir, &[]), None);
        assert_eq!(
            open(&given(serde_json::json!({"mbox": "spool"})), &[]),
            None
        );
    }
}
