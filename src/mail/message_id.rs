//! Message-IDs (RFC 5322 §3.6.4), derived: the same mail tried again has the same one.

use super::base32;
use super::occurrence::OccurrenceId;
use super::recipient_id::{RecipientId, RecipientKey};

/// The Message-ID of one copy of one mail, without angle brackets. `copy` is 0 for the recipient's
/// own and counts up over cc and bcc. It says nothing about the recipient to who has no key.
pub fn message_id(
    key: &RecipientKey,
    occurrence: &OccurrenceId,
    recipient: RecipientId,
    copy: u8,
    domain: &str,
) -> String {
    let occurrence = occurrence.to_string();
    let mac = key.mac(
        "message-id",
        &[occurrence.as_bytes(), &recipient.0, &[copy]],
    );
    let mut id = String::with_capacity(27 + domain.len());
    // 128 bits.
    base32::encode(&mut id, mac.get(..16).unwrap_or(&mac));
    id.push('@');
    id.push_str(domain);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_for_the_same_mail_only() {
        let key = RecipientKey::from_secret(&[7; 32]).unwrap();
        let once: OccurrenceId = "2026/rueda-agro".parse().unwrap();
        let again: OccurrenceId = "boletin@2026-Q4".parse().unwrap();
        let ana = RecipientId([1; 12]);
        let id = |occurrence, who, copy| message_id(&key, occurrence, who, copy, "camara.example");
        assert_eq!(id(&once, ana, 0), id(&once, ana, 0));
        assert_eq!(id(&once, ana, 0).len(), 26 + 1 + "camara.example".len());
        assert_ne!(id(&once, ana, 0), id(&again, ana, 0));
        assert_ne!(id(&once, ana, 0), id(&once, ana, 1));
        assert_ne!(id(&once, ana, 0), id(&once, RecipientId([2; 12]), 0));
    }
}
