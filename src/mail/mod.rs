//! One mail and the identities it carries: addresses, recipient ids, tokens, envelopes, MIME, DKIM.
//!
//! Knows nothing of campaigns' files, of the ledger, or of time. Whatever is put into a header here
//! cannot break out of it.

pub mod address;
mod base32;
pub mod digest;
pub mod dkim;
pub mod envelope;
pub mod header;
pub mod invitation;
pub mod media_type;
pub mod message_id;
pub mod mime;
pub mod occurrence;
pub mod occurrence_tags;
pub mod own_letter;
pub mod percent;
pub mod portal_address;
pub mod recipient_id;
pub mod refusal;
pub mod sealed;
pub mod token;
pub mod unaccented;
