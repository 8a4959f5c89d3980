//! Members' files that are encrypted (`lists/<name>.csv.age`), in age's format: read and written as streams, never whole in memory.
//!
//! Reads what `age` and `rage` write, armored or not; writes the binary form. Files with a passphrase are refused: working it out
//! may be made to cost minutes. A header is bounded before anything parses it. Whom a file is encrypted to cannot be seen from it,
//! so nothing here claims to know. Reads no environment: keys are handed in.

mod header;
mod keys;

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read, Write};

use age::armor::ArmoredReader;
use age::stream::StreamReader;

pub use header::LARGEST_HEADER;
pub use keys::{KeyError, Keys, MOST_KEYS, NewKey, RecipientError, Recipients};

/// What an encrypted members' file is called, behind the list's name.
pub const ENDING: &str = ".csv.age";
/// The environment variable that holds the keys; only `cli` reads it.
pub const KEY_VARIABLE: &str = "POSTMERGE_AGE_KEY";
/// The environment variable that names a file of keys.
pub const FILE_VARIABLE: &str = "POSTMERGE_AGE_KEY_FILE";

/// What is put between files and what parses them, in bytes.
const BUFFER: usize = 64 * 1024;
/// Armored lines have 64 characters.
const LONGEST_LINE: usize = 256;

/// Why an encrypted file is not read, or not written.
#[derive(Debug, thiserror::Error)]
pub enum EncryptionError {
    /// The file is something else, or was damaged.
    #[error("is no file that age can read: {0}")]
    NotAge(&'static str),
    /// It is encrypted with a passphrase.
    #[error("is encrypted with a passphrase, and not to keys")]
    Passphrase,
    /// There are no keys to read it with.
    #[error("is encrypted, and no key is at hand ({KEY_VARIABLE} is not set)")]
    NoKey,
    /// The keys are others.
    #[error("is encrypted to other keys than those in {KEY_VARIABLE} or {FILE_VARIABLE}")]
    OtherKeys,
    /// Its beginning does not belong to it.
    #[error("was changed after it was encrypted: its header's code does not fit")]
    Changed,
    /// Writing: nobody could read it.
    #[error("`encryption.recipients` in postmerge.yaml names no key to encrypt to")]
    NoRecipients,
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// A file's text, as it is decrypted. Every part is checked before any of it is handed out; a file that was cut off ends in an
/// error, not early.
pub struct Decrypted<R>(StreamReader<Chain<Cursor<Vec<u8>>, R>>);

/// Begins to read an encrypted file.
///
/// # Errors
/// [`EncryptionError`]. What the file is gets looked at first, so that without keys a file of something else is told from an
/// encrypted one.
pub fn decrypt(
    input: impl Read + Send + 'static,
    keys: &Keys,
) -> Result<Decrypted<Box<dyn BufRead + Send>>, EncryptionError> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    let mut start = [0; 5];
    let read = fill(&mut input, &mut start)?;
    let start = start.get(..read).unwrap_or_default().to_vec();
    let is_armored = start == b"-----";
    let whole = Cursor::new(start).chain(input);
    let mut plain: Box<dyn BufRead + Send> = match is_armored {
        true => Box::new(BufReader::with_capacity(
            BUFFER,
            ArmoredReader::new(ShortLines::of(whole)),
        )),
        false => Box::new(whole),
    };
    let header = header::read(&mut plain)?;
    if header.is_passphrase {
        return Err(EncryptionError::Passphrase);
    }
    if keys.is_empty() {
        return Err(EncryptionError::NoKey);
    }
    let decryptor = age::Decryptor::new_buffered(Cursor::new(header.bytes).chain(plain))
        .map_err(|why| header::refused(&why))?;
    let reader = decryptor
        .decrypt(keys.identities())
        .map_err(|why| header::refused(&why))?;
    Ok(Decrypted(reader))
}

/// Encrypts all of `text` to the recipients.
///
/// # Errors
/// [`EncryptionError`].
pub fn encrypt(
    mut text: impl Read,
    recipients: &Recipients,
    output: impl Write,
) -> Result<(), EncryptionError> {
    let encryptor = age::Encryptor::with_recipients(recipients.each())
        .map_err(|_| EncryptionError::NoRecipients)?;
    let mut writer = encryptor.wrap_output(output)?;
    io::copy(&mut text, &mut writer)?;
    writer.finish()?.flush()?;
    Ok(())
}

/// As much of `into` as the input has.
fn fill(input: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(free) = into.get_mut(filled..).filter(|free| !free.is_empty()) {
        match input.read(free) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    Ok(filled)
}

impl<R: BufRead> Read for Decrypted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|why| match why.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => io::Error::new(
                io::ErrorKind::InvalidData,
                "the encrypted file was cut off, or changed after it was encrypted",
            ),
            _ => why,
        })
    }
}

/// Refuses lines that no armored file has, before a whole file of one line is read into memory.
struct ShortLines<R> {
    input: R,
    length: usize,
}

impl<R> ShortLines<R> {
    const fn of(input: R) -> Self {
        Self { input, length: 0 }
    }
}

impl<R: Read> Read for ShortLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        for byte in buffer.get(..read).unwrap_or_default() {
            self.length = match byte {
                b'\n' => 0,
                _ => self.length + 1,
            };
            if self.length > LONGEST_LINE {
                let why = "an armored file has short lines";
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
