//! Recipient ids: what the ledger stores instead of addresses.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;

use super::address::{Address, AddressRef};

/// Keyed hash of a normalised address: HMAC-SHA-256, truncated to 96 bits (a collision among ten
/// million addresses has a probability of 10⁻¹⁵). Shown as 24 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecipientId(pub [u8; 12]);

/// The organisation's secret, ready for use. Never printed.
#[derive(Clone)]
pub struct RecipientKey {
    ids: Hmac<Sha256>,
    tokens: Hmac<Sha256>,
}

/// A secret of fewer than [`SHORTEST_SECRET`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key has {0} characters; at least {SHORTEST_SECRET} are needed")]
pub struct KeyTooShort(pub usize);

/// Shortest secret accepted, in bytes.
pub const SHORTEST_SECRET: usize = 32;

impl RecipientKey {
    /// Makes a key of the organisation's secret.
    ///
    /// # Errors
    /// [`KeyTooShort`].
    pub fn from_secret(secret: &[u8]) -> Result<Self, KeyTooShort> {
        if secret.len() < SHORTEST_SECRET {
            return Err(KeyTooShort(secret.len()));
        }
        // HMAC takes keys of any length, so the error of `new_from_slice` can not happen.
        let mac = |purpose: &[u8]| {
            let derived = Hmac::<Sha256>::new_from_slice(secret)
                .map_err(|_| KeyTooShort(secret.len()))?
                .chain_update(purpose)
                .finalize()
                .into_bytes();
            Hmac::<Sha256>::new_from_slice(&derived).map_err(|_| KeyTooShort(secret.len()))
        };
        Ok(Self {
            ids: mac(b"postmerge recipient id 1")?,
            tokens: mac(b"postmerge token 1")?,
        })
    }

    /// The id of who has this address.
    pub fn id(&self, address: &Address) -> RecipientId {
        self.truncated(&[address.identity().as_bytes()])
    }

    /// The id of who has this address, as [`RecipientKey::id`] gives it; `buffer` is for the work.
    pub fn id_of_ref(&self, address: &AddressRef<'_>, buffer: &mut String) -> RecipientId {
        self.truncated(&[address.identity_into(buffer).as_bytes()])
    }

    /// An id for what has no address: a row that can not be read. Never equal to an address's id
    /// but by chance, because no address has a NUL.
    pub fn id_of_unreadable(&self, row: &[u8]) -> RecipientId {
        self.truncated(&[b"\0row\0", row])
    }

    fn truncated(&self, parts: &[&[u8]]) -> RecipientId {
        let mut mac = self.ids.clone();
        parts.iter().for_each(|part| mac.update(part));
        let mut id = [0; 12];
        id.iter_mut()
            .zip(mac.finalize().into_bytes())
            .for_each(|(to, from)| *to = from);
        RecipientId(id)
    }

    /// Tells keys apart without telling the key: 8 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let full = self
            .ids
            .clone()
            .chain_update(b"\0fingerprint")
            .finalize()
            .into_bytes();
        full.iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// A keyed hash for tokens, Message-IDs and unguessable names. `purpose` keeps them apart.
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.tokens.clone();
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for RecipientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecipientKey({}…)", self.fingerprint())
    }
}

impl RecipientId {
    /// Reads 24 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut id = [0; 12];
        if digits.len() != 24 {
            return None;
        }
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            let value = (*high as char).to_digit(16)? * 16 + (*low as char).to_digit(16)?;
            *byte = u8::try_from(value).ok()?;
        }
        Some(Self(id))
    }
}

impl fmt::Display for RecipientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RecipientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for RecipientId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecipientId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("24 hexadecimal digits are expected"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_id_under_one_key() {
        let key = RecipientKey::from_secret(&[7; 32]).unwrap();
        let other = RecipientKey::from_secret(&[8; 32]).unwrap();
        let id = key.id(&Address::parse("Ana@X.example").unwrap());
        let mut buffer = "left over".to_owned();
        let borrowed = AddressRef::parse("\"ana\"@x.EXAMPLE").unwrap();
        assert_eq!(key.id_of_ref(&borrowed, &mut buffer), id);
        assert_ne!(other.id_of_ref(&borrowed, &mut buffer), id);
        assert_ne!(key.id_of_unreadable(b"ana@x.example"), id);
        assert_eq!(RecipientId::parse(&id.to_string()), Some(id));
        assert_eq!(RecipientId::parse("12"), None);
        assert!(RecipientKey::from_secret(&[7; 31]).is_err());
    }

    #[test]
    fn a_key_is_never_printed() {
        let key = RecipientKey::from_secret(&[b's'; 40]).unwrap();
        assert!(!format!("{key:?}").contains("sss"));
    }
}
