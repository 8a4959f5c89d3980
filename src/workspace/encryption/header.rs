//! The header of an encrypted file, read with a bound and looked at before the library parses it: that reads on to the next line end,
//! wherever it is, and parses all again for each line.

use std::io::{BufRead, Cursor, ErrorKind, Read as _};

use age::DecryptError;

use super::{EncryptionError, fill};

/// The largest header that is read, in bytes: about 300 recipients.
pub const LARGEST_HEADER: usize = 32 * 1024;

const FIRST: &[u8] = b"age-encryption.org/v1\n";
/// The last line: `--- ` and a code of 43 characters.
const LAST: &[u8] = b"--- ";
const LAST_LENGTH: usize = 48;
/// Between the header and the text.
const NONCE: usize = 16;

/// A header, and the nonce behind it.
pub(super) struct Header {
    pub(super) bytes: Vec<u8>,
    pub(super) is_passphrase: bool,
}

/// Reads it, and not a byte more.
pub(super) fn read(input: &mut impl BufRead) -> Result<Header, EncryptionError> {
    let mut bytes = Vec::new();
    loop {
        let free = LARGEST_HEADER.saturating_sub(bytes.len());
        let start = bytes.len();
        let mut limited = (&mut *input).take(u64::try_from(free).unwrap_or(0));
        if let Err(why) = limited.read_until(b'\n', &mut bytes) {
            return Err(match why.kind() {
                ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                    EncryptionError::NotAge("its lines are not those of an armored file")
                }
                _ => why.into(),
            });
        }
        let line = bytes.get(start..).unwrap_or_default();
        if start == 0 && line != FIRST {
            return Err(EncryptionError::NotAge(
                "it does not begin as such a file does",
            ));
        }
        if line.last() != Some(&b'\n') {
            return Err(EncryptionError::NotAge(match free {
                0 => "its header is longer than any needs to be",
                _ if bytes.len() >= LARGEST_HEADER => "its header is longer than any needs to be",
                _ => "it ends within its header",
            }));
        }
        if line.starts_with(LAST) {
            if line.len() != LAST_LENGTH {
                return Err(EncryptionError::NotAge("its header does not end rightly"));
            }
            break;
        }
    }
    let mut nonce = [0; NONCE];
    if fill(input, &mut nonce)? != NONCE {
        return Err(EncryptionError::NotAge("it ends behind its header"));
    }
    bytes.extend_from_slice(&nonce);
    // The same bytes again, with all that follows: so nothing of that is read as header.
    let decryptor = age::Decryptor::new(Cursor::new(&bytes)).map_err(|why| refused(&why))?;
    let is_passphrase = decryptor.is_scrypt();
    Ok(Header {
        bytes,
        is_passphrase,
    })
}

/// The library's words hold nothing of the file, but come in the system's language.
pub(super) fn refused(why: &DecryptError) -> EncryptionError {
    match why {
        DecryptError::NoMatchingKeys => EncryptionError::OtherKeys,
        DecryptError::InvalidMac => EncryptionError::Changed,
        _ => EncryptionError::NotAge("its header cannot be read"),
    }
}
