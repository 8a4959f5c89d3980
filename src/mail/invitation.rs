//! An invitation to join a list, as its link carries it: nothing is stored of who was invited until they say yes. Sealed, so
//! that only the portal reads it, and nobody changes it.

use serde::{Deserialize, Serialize};

use super::recipient_id::RecipientKey;
use super::sealed::{NotSealed, Sealed};

/// What an invitation is sealed for.
pub const PURPOSE: &str = "invitation";

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// To which list.
    pub list: String,
    /// Whom.
    pub address: String,
    /// In which sending.
    pub occurrence: String,
    /// Their place in its audience.
    pub index: u32,
}

impl Invitation {
    /// As a link carries it.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn seal(&self, key: &RecipientKey) -> Result<Sealed, NotSealed> {
        let content = serde_json::to_vec(self).map_err(|_| NotSealed)?;
        Sealed::for_link(key, PURPOSE, &content)
    }

    /// Reads one; `None` where it is none of ours.
    pub fn open(key: &RecipientKey, sealed: &Sealed) -> Option<Self> {
        serde_json::from_slice(&sealed.open_link(key, PURPOSE)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_the_key_reads_it() {
        let key = |secret: u8| RecipientKey::from_secret(&[secret; 32]).unwrap();
        let invitation = Invitation {
            list: "boletin".to_owned(),
            address: "ana@uno.example".to_owned(),
            occurrence: "2026/invitacion".to_owned(),
            index: 7,
        };
        let sealed = invitation.seal(&key(1)).unwrap();
        assert!(!sealed.as_str().contains("ana"));
        assert_eq!(Invitation::open(&key(1), &sealed), Some(invitation));
        assert_eq!(Invitation::open(&key(2), &sealed), None);
        let other = Sealed::new(&key(1), "wish", b"{}").unwrap();
        assert_eq!(Invitation::open(&key(1), &other), None);
    }
}
