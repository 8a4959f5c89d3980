//! The keys that encrypted lists are read with, from the environment: `POSTMERGE_AGE_KEY` holds them, `POSTMERGE_AGE_KEY_FILE` says in
//! which file they stand. Never printed.

use std::io::Read as _;

use super::error::CliError;
use super::send::environment;
use crate::workspace::encryption::{EncryptionError, FILE_VARIABLE, KEY_VARIABLE, Keys};

/// The largest file of keys, in bytes.
const LARGEST: u64 = 64 * 1024;

/// The keys of the environment; none where it has none.
///
/// # Errors
/// [`CliError`] where it has something else, or its file cannot be read.
pub(super) fn keys() -> Result<Keys, CliError> {
    let (whence, text) = match (environment(KEY_VARIABLE), environment(FILE_VARIABLE)) {
        (Some(text), _) => (KEY_VARIABLE.to_owned(), text),
        (None, Some(path)) => {
            let mut text = String::new();
            let file = std::fs::File::open(&path);
            let read = file.and_then(|file| file.take(LARGEST).read_to_string(&mut text));
            read.map_err(|why| {
                CliError::new(format!("{FILE_VARIABLE}: {path} cannot be read: {why}"))
            })?;
            (format!("{FILE_VARIABLE} ({path})"), text)
        }
        (None, None) => return Ok(Keys::default()),
    };
    Keys::parse(&text).map_err(|why| {
        CliError::new(format!("{whence}: {why}"))
            .hint("`postmerge lists key` makes a key, and so does `age-keygen`")
    })
}

/// What to do about an encrypted list that is not read.
pub(super) const fn encrypted_hint(why: &EncryptionError) -> &'static str {
    match why {
        EncryptionError::NoKey => {
            "set POSTMERGE_AGE_KEY to a key that the list is encrypted to, or POSTMERGE_AGE_KEY_FILE to the file that holds it"
        }
        EncryptionError::OtherKeys => {
            "use a key that opens it; or make one with `postmerge lists key`, put its public half among `encryption.recipients` in postmerge.yaml, and have somebody who can read the list encrypt it anew (`postmerge lists encrypt`)"
        }
        EncryptionError::Passphrase => {
            "encrypt it to keys: `age -d FILE | age -r age1… > lists/NAME.csv.age`"
        }
        EncryptionError::NotAge(_) | EncryptionError::Changed => {
            "git has what it was before: `git log -- lists/`"
        }
        EncryptionError::NoRecipients => {
            "name a public key under `encryption.recipients` in postmerge.yaml; `postmerge lists key` makes one"
        }
        EncryptionError::Io(_) => "mend what the message names",
    }
}
