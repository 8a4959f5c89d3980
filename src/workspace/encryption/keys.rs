//! Keys: what an environment holds to decrypt with, and what the settings name to encrypt to.

use std::fmt;
use std::sync::Arc;

use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};

use crate::workspace::settings::Encryption;

/// More keys than anybody holds: each is tried on each of a file's recipients.
pub const MOST_KEYS: usize = 16;

/// What files are decrypted with. Never shown: its `Debug` says how many there are.
#[derive(Clone, Default)]
pub struct Keys(Arc<[Identity]>);

/// A text that holds no key. Says nothing of what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No line is a key.
    #[error("holds no key: one is a line that begins with AGE-SECRET-KEY-1")]
    None,
    /// A line is neither a key nor a comment.
    #[error("line {0} is no key of the kind that is read here (AGE-SECRET-KEY-1…)")]
    Line(usize),
    /// Too many.
    #[error("holds more than {MOST_KEYS} keys")]
    TooMany,
}

/// Whom files are encrypted to.
pub struct Recipients(Vec<Recipient>);

/// A recipient that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// The settings name none.
    #[error("`encryption.recipients` in postmerge.yaml names no key to encrypt to")]
    None,
    /// A key is mistyped.
    #[error("the key of `{0}` under `encryption.recipients` in postmerge.yaml is mistyped")]
    Mistyped(String),
}

/// A key that was just made.
pub struct NewKey {
    /// What decrypts: `AGE-SECRET-KEY-1…`.
    pub secret: String,
    /// What is encrypted to: `age1…`.
    pub public: String,
}

impl Keys {
    /// Reads keys as `age-keygen` writes them: one a line, comments behind `#`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = line.parse().map_err(|_| KeyError::Line(number + 1))?;
            if keys.len() == MOST_KEYS {
                return Err(KeyError::TooMany);
            }
            keys.push(key);
        }
        match keys.is_empty() {
            true => Err(KeyError::None),
            false => Ok(Self(keys.into())),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn identities(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(|key| key as &dyn age::Identity)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

impl Recipients {
    /// Those that the settings name.
    ///
    /// # Errors
    /// [`RecipientError`].
    pub fn of(settings: &Encryption) -> Result<Self, RecipientError> {
        let mut found = Vec::new();
        for named in &settings.recipients {
            let key = named.key.parse();
            found.push(key.map_err(|_| RecipientError::Mistyped(named.name.clone()))?);
        }
        match found.is_empty() {
            true => Err(RecipientError::None),
            false => Ok(Self(found)),
        }
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &dyn age::Recipient> {
        self.0.iter().map(|it| it as &dyn age::Recipient)
    }
}

impl NewKey {
    /// Makes one, of the system's randomness.
    pub fn generate() -> Self {
        let key = Identity::generate();
        Self {
            secret: key.to_string().expose_secret().to_owned(),
            public: key.to_public().to_string(),
        }
    }
}
