//! Where bounces come back to, and where they are read from. Secrets stand here by the names of environment
//! variables only.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::relay::{Credentials, Tls};

/// Where bounces come back to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bounces {
    /// The mailbox; each mail's reverse-path is this with `+token` put before the `@`.
    pub address: String,
    /// Where `postmerge ingest` reads it; absent: nowhere.
    #[serde(default, deserialize_with = "one_place")]
    pub mailbox: Option<BounceMailbox>,
    /// What happens to what a person wrote in answer to a mail.
    #[serde(default)]
    pub replies: Replies,
}

/// What happens to what a person wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Replies {
    /// It stays in the mailbox, and is listed until somebody has moved it.
    #[default]
    List,
    /// It is forwarded to the sender's `reply_to` (or `address`), and then moved or flagged as the others are.
    Forward,
}

/// Where bounces are read from: exactly one of `imap`, `maildir` and `mbox`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BounceMailbox {
    /// A folder on an IMAP server.
    #[serde(default)]
    pub imap: Option<ImapFolder>,
    /// A Maildir's folder on the machine that runs `postmerge ingest`.
    #[serde(default)]
    pub maildir: Option<String>,
    /// An mbox file on that machine.
    #[serde(default)]
    pub mbox: Option<String>,
    /// What happens to a message once what it says is in the ledger. An mbox is never changed: it has `flag` only.
    #[serde(default)]
    pub then: Then,
}

/// A folder on an IMAP server.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImapFolder {
    /// Its host name, as its certificate names it.
    pub host: String,
    /// Its port: 993 (`tls: implicit`) and 143 are usual.
    pub port: u16,
    /// How the connection is encrypted.
    #[serde(default = "implicit")]
    pub tls: Tls,
    /// A file in the workspace with the certificate authority (PEM) to trust besides the machine's.
    #[serde(default)]
    pub ca_file: Option<String>,
    /// Which environment variables hold the user and password.
    pub credentials: Credentials,
    /// The folder.
    #[serde(default = "inbox")]
    #[schemars(length(min = 1))]
    pub folder: String,
}

/// What happens to a message once what it says is in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    /// It stays, marked as read.
    #[default]
    Flag,
    /// It goes to this folder of the same mailbox, which is made where it is missing.
    Move(#[schemars(length(min = 1))] String),
}

fn implicit() -> Tls {
    Tls::Implicit
}

fn inbox() -> String {
    "INBOX".to_owned()
}

/// What the keys by themselves cannot say: there is one place, and what it can do with messages.
fn one_place<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BounceMailbox>, D::Error> {
    let mailbox = Option::<BounceMailbox>::deserialize(deserializer)?;
    let Some(given) = &mailbox else {
        return Ok(None);
    };
    let places = [
        given.imap.is_some(),
        given.maildir.is_some(),
        given.mbox.is_some(),
    ];
    match places.iter().filter(|given| **given).count() {
        1 => {}
        0 => {
            return Err(serde::de::Error::custom(
                "one of `imap`, `maildir` and `mbox` is missing",
            ));
        }
        _ => {
            return Err(serde::de::Error::custom(
                "only one of `imap`, `maildir` and `mbox` can be read",
            ));
        }
    }
    if given.mbox.is_some() && given.then != Then::Flag {
        return Err(serde::de::Error::custom(
            "an mbox is never changed, so nothing can be moved out of it: leave `then` out",
        ));
    }
    Ok(mailbox)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<Bounces, String> {
        // As files are read: YAML into values, values into types.
        let value: serde_json::Value = serde_yaml::from_str(yaml).unwrap();
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn one_place_is_given() {
        let read_one = |yaml: &str| read(&format!("address: b@c.test\nmailbox: {yaml}"));
        let imap = "{imap: {host: imap.test, port: 993, credentials: {user_env: U, password_env: P}}, then: {move: Done}}";
        let given = read_one(imap).unwrap().mailbox.unwrap();
        assert_eq!(given.then, Then::Move("Done".into()));
        let imap = given.imap.unwrap();
        assert_eq!((imap.tls, imap.folder.as_str()), (Tls::Implicit, "INBOX"));
        assert_eq!(
            read_one("{maildir: /m}").unwrap().mailbox.unwrap().then,
            Then::Flag
        );
        assert!(read_one("{mbox: /m, then: flag}").is_ok());
        assert!(read("address: b@c.test").unwrap().mailbox.is_none());
        for (yaml, why) in [
            ("{then: flag}", "is missing"),
            ("{maildir: /m, mbox: /m}", "only one"),
            ("{mbox: /m, then: {move: Done}}", "never changed"),
            ("{maildir: /m, then: delete}", "unknown variant"),
            ("{maildir: /m, folder: x}", "unknown field"),
        ] {
            let error = read_one(yaml).unwrap_err();
            assert!(error.contains(why), "{yaml}: {error}");
        }
    }
}
