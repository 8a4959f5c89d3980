//! The URLs that assets and documents are published under. Publishing and linking both ask here, so
//! that a link cannot miss its file.
//!
//! An asset's name holds its content's hash, so it may be cached for ever. A document's name holds a
//! *keyed* hash of its content: who has one document's link cannot guess another's.

use crate::mail::digest::Digest;
use crate::mail::percent::encoded;
use crate::mail::recipient_id::RecipientKey;

/// How many hexadecimal digits of a hash stand in a name: 128 bits.
const DIGITS: usize = 32;

/// Where the asset with this content is published, below `base` (without a slash at its end).
pub fn asset_url(base: &str, digest: &Digest, file_name: &str) -> String {
    let folder = asset_folder(digest);
    format!("{base}/{folder}/{}", encoded(file_name))
}

/// The folder that the asset with this content is published in.
pub fn asset_folder(digest: &Digest) -> String {
    format!("assets/{}", shortened(digest))
}

/// Where the document with this content is published, below `base` (without a slash at its end).
pub fn document_url(base: &str, key: &RecipientKey, digest: &Digest, file_name: &str) -> String {
    let folder = document_folder(key, digest);
    format!("{base}/{folder}/{}", encoded(file_name))
}

/// The folder that the document with this content is published in.
pub fn document_folder(key: &RecipientKey, digest: &Digest) -> String {
    let mac = key.mac("document url", &[digest.as_bytes()]);
    format!("documents/{}", shortened(&Digest::from_bytes(mac)))
}

fn shortened(digest: &Digest) -> String {
    let mut hash = digest.to_string();
    hash.truncate(DIGITS);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_the_content_and_nothing_odd() {
        let digest = Digest::of(b"programa");
        let url = asset_url("https://correo.camara.example", &digest, "año nuevo.png");
        assert!(url.ends_with("/a%C3%B1o%20nuevo.png"), "{url}");
        assert!(url.contains(&digest.to_string()[..DIGITS]));
    }

    #[test]
    fn a_documents_name_needs_the_key() {
        let digest = Digest::of(b"factura");
        let url = |secret: &[u8]| {
            let key = RecipientKey::from_secret(secret).unwrap();
            document_url("https://c.example", &key, &digest, "f.pdf")
        };
        assert_ne!(url(&[1; 32]), url(&[2; 32]));
        assert!(!url(&[1; 32]).contains(&digest.to_string()[..8]));
    }
}
