//! Values that only who has the organisation's key can read: what a recipient told the portal, on its way through the ledger
//! into a list, and what a link must carry because nothing is stored before somebody says yes.
//!
//! AES-256-GCM; the nonce is a keyed hash of purpose and content, so that no randomness is needed and one nonce never stands
//! for two contents (the construction of RFC 8452's idea, with a full hash). Equal contents give equal texts: whoever seals
//! puts in what makes each its own, such as who it is of and when. What links carry is sealed with the secrets of links, which
//! are replaced; what the ledger holds is not.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::recipient_id::RecipientKey;

/// Longest content that is sealed, in bytes: a row has fewer.
pub const LONGEST: usize = 65_536;

/// A value as the ledger holds it, or a link: letters, digits, `-` and `_`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sealed(String);

/// Why nothing is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {LONGEST} bytes, or the cipher is not to be had")]
pub struct NotSealed;

impl Sealed {
    /// Seals for the ledger; `purpose` keeps what is sealed for one thing from being read as another.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn new(key: &RecipientKey, purpose: &str, content: &[u8]) -> Result<Self, NotSealed> {
        Self::with((key, key.sealing()), purpose, content)
    }

    /// The same for a link, with the first of the secrets that make links.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn for_link(key: &RecipientKey, purpose: &str, content: &[u8]) -> Result<Self, NotSealed> {
        let sealing = key.link_sealings().next().ok_or(NotSealed)?;
        Self::with((key, sealing), purpose, content)
    }

    fn with(
        (key, sealing): (&RecipientKey, &[u8; 32]),
        purpose: &str,
        content: &[u8],
    ) -> Result<Self, NotSealed> {
        if content.len() > LONGEST {
            return Err(NotSealed);
        }
        let mut nonce = [0; NONCE_LEN];
        let hash = key.mac("sealing nonce", &[purpose.as_bytes(), content]);
        nonce.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        let mut bytes = content.to_vec();
        cipher(sealing)
            .ok_or(NotSealed)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut bytes,
            )
            .map_err(|_| NotSealed)?;
        let whole = [nonce.as_slice(), &bytes].concat();
        Ok(Self(URL_SAFE_NO_PAD.encode(whole)))
    }

    /// Takes a text that may be sealed.
    pub fn parse(text: &str) -> Option<Self> {
        let is_fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        // Base64 of nonce, content and tag.
        let longest = (LONGEST + 64) * 4 / 3;
        (!text.is_empty() && text.len() <= longest && text.bytes().all(is_fine))
            .then(|| Self(text.to_owned()))
    }

    /// What was sealed for the ledger; `None` where it was not with this key, not for this purpose, or was altered.
    pub fn open(&self, key: &RecipientKey, purpose: &str) -> Option<Vec<u8>> {
        self.opened(key.sealing(), purpose)
    }

    /// What a link carries; `None` also where the secret that made it is in use no more.
    pub fn open_link(&self, key: &RecipientKey, purpose: &str) -> Option<Vec<u8>> {
        let mut opened = key.link_sealings().map(|it| self.opened(it, purpose));
        opened.find_map(|content| content)
    }

    fn opened(&self, sealing: &[u8; 32], purpose: &str) -> Option<Vec<u8>> {
        let whole = URL_SAFE_NO_PAD.decode(&self.0).ok()?;
        let (nonce, content) = whole.split_first_chunk::<NONCE_LEN>()?;
        let mut bytes = content.to_vec();
        let length = cipher(sealing)?
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(purpose.as_bytes()),
                &mut bytes,
            )
            .ok()?
            .len();
        bytes.truncate(length);
        Some(bytes)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is sealed is nobody's to see in a log either, not even so.
impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} characters)", self.0.len())
    }
}

fn cipher(sealing: &[u8; 32]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, sealing)
        .ok()
        .map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(secret: u8) -> RecipientKey {
        RecipientKey::from_secret(&[secret; 32]).unwrap()
    }

    #[test]
    fn only_who_has_the_key_reads_it_and_only_for_its_purpose() {
        let sealed = Sealed::new(&key(1), "joining", b"ana@correo.example").unwrap();
        assert!(!sealed.as_str().contains("ana"));
        assert_eq!(
            sealed.open(&key(1), "joining").as_deref(),
            Some(b"ana@correo.example".as_slice())
        );
        assert_eq!(sealed.open(&key(2), "joining"), None);
        assert_eq!(sealed.open(&key(1), "cells"), None);
        assert_eq!(Sealed::parse("a b"), None);
        assert_eq!(Sealed::parse(""), None);
        let short = Sealed::parse("abcd").unwrap();
        assert_eq!(short.open(&key(1), "joining"), None);
        assert!(Sealed::new(&key(1), "joining", &vec![0; LONGEST + 1]).is_err());
    }

    #[test]
    fn links_follow_the_secrets_of_links_and_the_ledger_does_not() {
        let with = |secrets: &[u8]| {
            let secrets: Vec<[u8; 32]> = secrets.iter().map(|secret| [*secret; 32]).collect();
            let each = secrets.iter().map(<[u8; 32]>::as_slice);
            key(1).with_token_secrets(each).unwrap()
        };
        let content = b"ana@correo.example";
        let old = Sealed::for_link(&key(1), "joining", content).unwrap();
        let read = |link: &Sealed, key: &RecipientKey| link.open_link(key, "joining").is_some();
        // The organisation's own secret makes links until others are named, and is read as long as it is among them.
        for (secrets, is_read) in [(&[][..], true), (&[2, 1], true), (&[2], false)] {
            assert_eq!(read(&old, &with(secrets)), is_read, "{secrets:?}");
        }
        let new = Sealed::for_link(&with(&[2, 1]), "joining", content).unwrap();
        assert!(read(&new, &with(&[3, 2])) && !read(&new, &with(&[3])) && !read(&new, &key(1)));
        assert_eq!(new.open_link(&with(&[2]), "invitation"), None);
        let kept = Sealed::new(&with(&[2]), "cells", content).unwrap();
        assert!(kept.open(&with(&[3]), "cells").is_some());
        assert_eq!(kept.open_link(&with(&[2]), "cells"), None);
    }

    proptest! {
        #[test]
        fn what_is_sealed_reads_back_and_what_is_altered_does_not(
            content in proptest::collection::vec(any::<u8>(), 0..200),
            at in any::<prop::sample::Index>(),
            to in "[A-Za-z0-9_-]",
        ) {
            let sealed = Sealed::new(&key(1), "cells", &content).unwrap();
            let read = Sealed::parse(sealed.as_str()).unwrap();
            prop_assert_eq!(read.open(&key(1), "cells"), Some(content));
            let mut altered = sealed.as_str().to_owned();
            let at = at.index(altered.len());
            altered.replace_range(at..=at, &to);
            prop_assume!(altered != sealed.as_str());
            prop_assert_eq!(Sealed::parse(&altered).unwrap().open(&key(1), "cells"), None);
        }
    }
}
