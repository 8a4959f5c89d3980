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

/// The organisation's secret, ready for use; and the secrets of its tokens, which may be others. Never printed.
#[derive(Clone)]
pub struct RecipientKey {
    ids: Hmac<Sha256>,
    names: Hmac<Sha256>,
    /// The first makes tokens and sealed links; those after it made them once, and are still read.
    tokens: Vec<LinkKey>,
    sealing: [u8; 32],
}

/// What links are made with.
#[derive(Clone)]
struct LinkKey {
    mac: Hmac<Sha256>,
    sealing: [u8; 32],
}

impl LinkKey {
    fn from_secret(secret: &[u8]) -> Result<Self, KeyTooShort> {
        Ok(Self {
            mac: keyed(secret, TOKENS)?,
            sealing: derived(secret, SEALING)?,
        })
    }
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
        let link = LinkKey::from_secret(secret)?;
        Ok(Self {
            ids: keyed(secret, b"postmerge recipient id 1")?,
            names: link.mac.clone(),
            sealing: link.sealing,
            tokens: vec![link],
        })
    }

    /// The same key with secrets of their own for tokens and sealed links: the first makes them, all are read. Ids, names and what
    /// is sealed for the ledger stay.
    ///
    /// # Errors
    /// [`KeyTooShort`], of the first that is.
    pub fn with_token_secrets<'a>(
        self,
        secrets: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, KeyTooShort> {
        let each = secrets.into_iter().map(|secret| match secret.len() {
            short if short < SHORTEST_SECRET => Err(KeyTooShort(short)),
            _ => LinkKey::from_secret(secret),
        });
        let tokens = each.collect::<Result<Vec<_>, _>>()?;
        Ok(match tokens.is_empty() {
            true => self,
            false => Self { tokens, ..self },
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

    /// An id for what has no address: a row that cannot be read. Never equal to an address's id
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

    /// A keyed hash for Message-IDs, tags and unguessable names. `purpose` keeps them apart.
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        hashed(&self.names, purpose, parts)
    }

    /// The keyed hashes of a token: first as it is made, then as it was made with former secrets.
    pub(super) fn token_macs<'a>(
        &'a self,
        purpose: &'a str,
        parts: &'a [&'a [u8]],
    ) -> impl Iterator<Item = [u8; 32]> + 'a {
        let macs = self.tokens.iter().map(|key| &key.mac);
        macs.map(|key| hashed(key, purpose, parts))
    }

    /// What sealed values on the ledger are encrypted with: it stays, since what is there is never written again.
    pub(super) const fn sealing(&self) -> &[u8; 32] {
        &self.sealing
    }

    /// What sealed links are encrypted with: first as they are made, then as they were made with former secrets.
    pub(super) fn link_sealings(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.tokens.iter().map(|key| &key.sealing)
    }
}

/// What keys of sealed values are derived for.
const SEALING: &[u8] = b"postmerge sealing 1";

/// What token keys are derived for.
const TOKENS: &[u8] = b"postmerge token 1";

fn derived(secret: &[u8], purpose: &[u8]) -> Result<[u8; 32], KeyTooShort> {
    // HMAC takes keys of any length, so the error of `new_from_slice` cannot happen.
    let mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| KeyTooShort(secret.len()))?;
    Ok(mac.chain_update(purpose).finalize().into_bytes().into())
}

fn keyed(secret: &[u8], purpose: &[u8]) -> Result<Hmac<Sha256>, KeyTooShort> {
    Hmac::<Sha256>::new_from_slice(&derived(secret, purpose)?)
        .map_err(|_| KeyTooShort(secret.len()))
}

fn hashed(key: &Hmac<Sha256>, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = key.clone();
    for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
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
