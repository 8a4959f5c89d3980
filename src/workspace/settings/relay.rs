//! Senders, and the relays that their mail goes out through. Secrets stand here by the names of
//! environment variables only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workspace::names::RelayName;

/// A From identity.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The name that recipients see.
    pub name: String,
    /// The address that recipients see.
    pub address: String,
    /// Where answers go; the address itself where absent.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// The relay that this sender's mail goes out through.
    pub relay: RelayName,
    /// Signatures, strongest first; none means unsigned (the relay may sign).
    #[serde(default)]
    pub dkim: Vec<DkimKey>,
}

/// A DKIM key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DkimKey {
    /// The signing domain (`d=`).
    pub domain: String,
    /// The selector (`s=`): the public key stands in DNS at `<selector>._domainkey.<domain>`.
    pub selector: String,
    /// The algorithm.
    pub algorithm: DkimAlgorithm,
    /// The environment variable that holds the private key: PKCS#8 in PEM.
    pub key_env: String,
}

/// How a DKIM key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DkimAlgorithm {
    /// RFC 8301: RSA with SHA-256, 2048 bits.
    RsaSha256,
    /// RFC 8463: Ed25519 with SHA-256.
    Ed25519Sha256,
}

/// An SMTP server that mail goes out through: the last hop that we speak to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Its host name, as its certificate names it.
    pub host: String,
    /// Its port: 587 and 465 are usual.
    pub port: u16,
    /// How the connection is encrypted.
    #[serde(default)]
    pub tls: Tls,
    /// A file in the workspace with the certificate authority (PEM) to trust besides the machine's.
    #[serde(default)]
    pub ca_file: Option<String>,
    /// Which environment variables hold the user and password; absent: no authentication.
    #[serde(default)]
    pub credentials: Option<Credentials>,
    /// Connections open at once.
    #[serde(default = "default_connections")]
    #[schemars(range(min = 1, max = 64))]
    pub connections: u16,
    /// Mails over one connection before it is opened anew.
    #[serde(default = "default_mails_per_connection")]
    #[schemars(range(min = 1))]
    pub mails_per_connection: u32,
    /// Mails accepted by this relay in a day, over all destinations.
    #[serde(default)]
    pub daily_cap: Option<u32>,
}

const fn default_connections() -> u16 {
    4
}

const fn default_mails_per_connection() -> u32 {
    100
}

/// How the connection to a relay or an IMAP server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Plain greeting, then STARTTLS; without it the connection is given up.
    #[default]
    Starttls,
    /// TLS from the first byte (port 465, or 993 for IMAP).
    Implicit,
    /// No encryption: for a server on the same machine only.
    None,
}

/// Names of environment variables that hold the user and password for a relay or an IMAP server.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Holds the user.
    pub user_env: String,
    /// Holds the password.
    pub password_env: String,
}
