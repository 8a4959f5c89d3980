//! For `fuzz/` alone: the readers of what stands in DNS, which nobody else reaches without a server.

use super::{dkim, dmarc, spf};

/// An SPF record's mechanisms as they are written; `None` where receivers cannot read it.
pub fn spf_terms(text: &str) -> Option<Vec<String>> {
    spf::terms_of(text)
}

/// What would be published in its place: with another host, with an end, and together with another.
pub fn spf_mended(text: &str) -> [String; 3] {
    spf::mended(text)
}

/// Reads a DKIM key.
pub fn dkim(text: &str) {
    dkim::read(text);
}

/// Reads a DMARC record.
pub fn dmarc(text: &str) {
    let _ = dmarc::Policy::parse(text);
}
