//! DKIM signatures (RFC 6376, RFC 8301, RFC 8463): relaxed/relaxed, SHA-256, RSA or Ed25519.
//!
//! The body is canonicalised and hashed once for all signatures of a mail. Signs what it is given
//! and checks nothing about it; verifies nothing. Keys never appear in messages or `Debug`.

use std::fmt;

use aws_lc_rs::digest::{Context, Digest, SHA256};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA of at least 2048 bits with SHA-256 (RFC 8301 §3).
    RsaSha256,
    /// Ed25519 over the SHA-256 of the data (RFC 8463 §3).
    Ed25519Sha256,
}

/// Why there is no signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DkimError {
    /// The key's text is no private key in PEM with `BEGIN PRIVATE KEY`.
    #[error("DKIM key {selector}._domainkey.{domain}: not a private key in PKCS#8 PEM")]
    Pem {
        /// The signing domain.
        domain: String,
        /// The selector.
        selector: String,
    },
    /// The key is of another kind, broken, or too short.
    #[error("DKIM key {selector}._domainkey.{domain}: {why}")]
    Key {
        /// The signing domain.
        domain: String,
        /// The selector.
        selector: String,
        /// The library's words.
        why: String,
    },
    /// Domain or selector cannot stand in a signature.
    #[error("DKIM: `{0}` is no domain name in ASCII")]
    Name(String),
    /// The mail has no empty line between header and body.
    #[error("DKIM: the mail has no body")]
    NoBody,
    /// The library failed.
    #[error("DKIM: signing failed")]
    Signing,
}

/// A key ready to sign with.
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

/// The fields that are signed where they occur (RFC 6376 §5.4.1). From is named once more than it
/// occurs, so that none can be added (§8.15).
const SIGNED: [&str; 17] = [
    "from",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-language",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
    "auto-submitted",
    "in-reply-to",
    "references",
];

/// A signature is worth so long, in seconds: longer than a mail may wait in queues.
const VALID_FOR: i64 = 30 * 86_400;

impl Signer {
    /// A signer from a private key in PKCS#8 PEM, as `openssl genpkey` writes it.
    ///
    /// # Errors
    /// [`DkimError`].
    pub fn from_pem(
        domain: &str,
        selector: &str,
        algorithm: Algorithm,
        pem: &str,
    ) -> Result<Self, DkimError> {
        for name in [domain, selector] {
            let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
            if name.is_empty() || !name.bytes().all(fine) {
                return Err(DkimError::Name(name.escape_debug().to_string()));
            }
        }
        let der =
            PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| DkimError::Pem {
                domain: domain.to_owned(),
                selector: selector.to_owned(),
            })?;
        let bytes = der.secret_pkcs8_der();
        let key = match algorithm {
            Algorithm::RsaSha256 => {
                RsaKeyPair::from_pkcs8(bytes).map(|key| Key::Rsa(Box::new(key)))
            }
            // "Maybe unchecked": keys of OpenSSL hold no public half to check against.
            Algorithm::Ed25519Sha256 => Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes)
                .map(|key| Key::Ed25519(Box::new(key))),
        };
        Ok(Self {
            domain: domain.to_owned(),
            selector: selector.to_owned(),
            key: key.map_err(|why| DkimError::Key {
                domain: domain.to_owned(),
                selector: selector.to_owned(),
                why: why.to_string(),
            })?,
        })
    }

    /// Where the public key belongs in DNS.
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// What belongs there as TXT (RFC 6376 §3.6.1).
    pub fn record(&self) -> String {
        match &self.key {
            Key::Rsa(key) => {
                // DNS wants a SubjectPublicKeyInfo; aws-lc gives the bare RSAPublicKey in it.
                let spki = spki_of_rsa(key.public_key().as_ref());
                format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(spki))
            }
            Key::Ed25519(key) => {
                let public = STANDARD.encode(key.public_key().as_ref());
                format!("v=DKIM1; k=ed25519; p={public}")
            }
        }
    }

    fn signature(&self, data: &[u8]) -> Result<Vec<u8>, DkimError> {
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    data,
                    &mut signature,
                )
                .map_err(|_| DkimError::Signing)?;
                Ok(signature)
            }
            Key::Ed25519(key) => {
                let hash = aws_lc_rs::digest::digest(&SHA256, data);
                Ok(key.sign(hash.as_ref()).as_ref().to_vec())
            }
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.record_name())
    }
}

/// The DKIM-Signature fields for a mail, to be put before it, the first signer's first. `at` is the
/// mail's own Date in seconds since 1970.
///
/// # Errors
/// [`DkimError`].
pub fn sign(signers: &[Signer], message: &[u8], at: i64) -> Result<Vec<u8>, DkimError> {
    let mut fields = Vec::with_capacity(signers.len() * 700);
    if signers.is_empty() {
        return Ok(fields);
    }
    let (header, body) = split(message).ok_or(DkimError::NoBody)?;
    let body_hash = STANDARD.encode(body_hash(body));
    let (names, canonical) = canonical_header(header);
    for signer in signers {
        let algorithm = match signer.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let (domain, selector, expires) = (&signer.domain, &signer.selector, at + VALID_FOR);
        let field = format!(
            "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed; d={domain};\r\n s={selector}; \
             t={at}; x={expires};\r\n h={names};\r\n bh={body_hash};\r\n b="
        );
        // §3.7: the signature's own field, canonical, its b= empty, without the last CRLF.
        let mut data = canonical.clone();
        relax_field(&mut data, field.as_bytes());
        data.truncate(data.len().saturating_sub(2));
        let signature = STANDARD.encode(signer.signature(&data)?);
        fields.extend_from_slice(field.as_bytes());
        for (n, line) in signature.as_bytes().chunks(72).enumerate() {
            if n > 0 {
                fields.extend_from_slice(b"\r\n ");
            }
            fields.extend_from_slice(line);
        }
        fields.extend_from_slice(b"\r\n");
    }
    Ok(fields)
}

/// The SHA-256 of a body in relaxed form (§3.4.4).
pub fn body_hash(body: &[u8]) -> Digest {
    let mut hash = Context::new(&SHA256);
    relax_body(body, |piece| hash.update(piece));
    hash.finish()
}

/// Splits at the first empty line; the header keeps its last CRLF.
fn split(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memmem::find(message, b"\r\n\r\n")?;
    Some((message.get(..at + 2)?, message.get(at + 4..)?))
}

/// §3.4.4: runs of spaces and tabs become one space, none stay before a CRLF, no empty lines stay at
/// the end, and a body that is not empty ends in CRLF. Handed out piece by piece: what is relaxed
/// already, which is nearly all, is not copied.
fn relax_body(body: &[u8], mut out: impl FnMut(&[u8])) {
    let written = |b: &u8| !matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    let (text, end) = body.split_at(body.iter().rposition(written).map_or(0, |at| at + 1));
    relax_blanks(text, &mut out);
    let mut breaks = Vec::with_capacity(end.len() + 2);
    relax_blanks(end, |piece| breaks.extend_from_slice(piece));
    while breaks.ends_with(b"\r\n\r\n") {
        breaks.truncate(breaks.len() - 2);
    }
    if text.is_empty() && breaks == b"\r\n" {
        return;
    }
    if !(text.is_empty() && breaks.is_empty() || breaks.ends_with(b"\r\n")) {
        breaks.extend_from_slice(b"\r\n");
    }
    out(&breaks);
}

/// The blanks' part of it.
fn relax_blanks(text: &[u8], mut out: impl FnMut(&[u8])) {
    let mut rest = text;
    loop {
        let (plain, tail) = rest.split_at(first_odd_blank(rest));
        out(plain);
        if tail.is_empty() {
            return;
        }
        let blank = |b: &&u8| matches!(b, b' ' | b'\t');
        let (_, after) = tail.split_at(tail.iter().take_while(blank).count());
        if !after.is_empty() && !after.starts_with(b"\r\n") {
            out(b" ");
        }
        rest = after;
    }
}

/// Where the first blank stands that may be other than one space between two words, or the end.
/// Thirty-two at a time: the inner loop has no branch, so the compiler makes vector instructions of
/// it.
fn first_odd_blank(text: &[u8]) -> usize {
    const STEP: usize = 32;
    let odd = |byte: u8, next: u8| {
        (byte == b'\t') | ((byte == b' ') & ((next == b' ') | (next == b'\t') | (next == b'\r')))
    };
    let mut at = 0;
    while let Some(step) = text.get(at..at + STEP + 1) {
        let mut found = false;
        for (&byte, &next) in step.iter().zip(step.iter().skip(1)) {
            found |= odd(byte, next);
        }
        if found {
            break;
        }
        at += STEP;
    }
    let tail = text.get(at..).unwrap_or_default();
    // A blank that ends the text is odd, too.
    let nexts = tail.iter().skip(1).chain(b" ");
    let within = tail.iter().zip(nexts).position(|(&b, &next)| odd(b, next));
    at + within.unwrap_or(tail.len())
}

/// The h= list and the canonical fields in its order.
fn canonical_header(header: &[u8]) -> (String, Vec<u8>) {
    let fields = unfolded(header);
    let mut names = String::from("from");
    let mut canonical = Vec::with_capacity(header.len());
    for name in SIGNED {
        // §5.4.2: of a field that occurs more than once, the last is signed first.
        for field in fields.iter().rev().filter(|field| is_named(field, name)) {
            // Folded, so that no line of the signature grows beyond 78.
            let last_line = names.len() - names.rfind('\n').unwrap_or(0);
            names.push_str(if last_line + name.len() > 68 {
                ":\r\n  "
            } else {
                ":"
            });
            names.push_str(name);
            relax_field(&mut canonical, field);
        }
    }
    (names, canonical)
}

fn is_named(field: &[u8], name: &str) -> bool {
    field
        .get(..name.len())
        .is_some_and(|given| given.eq_ignore_ascii_case(name.as_bytes()))
        && field.get(name.len()) == Some(&b':')
}

/// The fields, each with its folded lines.
fn unfolded(header: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::with_capacity(20);
    let mut rest = header;
    while !rest.is_empty() {
        let end = rest
            .windows(3)
            .position(|w| w.starts_with(b"\r\n") && !matches!(w.last(), Some(b' ' | b'\t')))
            .map_or(rest.len(), |at| at + 2);
        let (field, after) = rest.split_at(end);
        fields.push(field);
        rest = after;
    }
    fields
}

/// §3.4.2: the name in lower case, lines unfolded, runs of blanks one space, none around the colon
/// or at the end.
fn relax_field(out: &mut Vec<u8>, field: &[u8]) {
    let colon = field.iter().position(|&b| b == b':').unwrap_or(field.len());
    let (name, value) = field.split_at(colon);
    out.extend(name.trim_ascii_end().iter().map(u8::to_ascii_lowercase));
    out.push(b':');
    let start = out.len();
    for &byte in value.get(1..).unwrap_or_default() {
        match byte {
            b'\r' | b'\n' => {}
            b' ' | b'\t' => {
                if out.len() > start && !out.ends_with(b" ") {
                    out.push(b' ');
                }
            }
            _ => out.push(byte),
        }
    }
    while out.len() > start && out.ends_with(b" ") {
        out.pop();
    }
    out.extend_from_slice(b"\r\n");
}

/// Wraps an `RSAPublicKey` (RFC 8017 A.1.1) into a `SubjectPublicKeyInfo` (RFC 5280 §4.1).
fn spki_of_rsa(key: &[u8]) -> Vec<u8> {
    // rsaEncryption, NULL.
    const ALGORITHM: [u8; 15] = [
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ];
    let bits = [&[0_u8], key].concat();
    let content = [ALGORITHM.as_slice(), &der(0x03, &bits)].concat();
    der(0x30, &content)
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = length
        .iter()
        .skip_while(|&&b| b == 0)
        .copied()
        .collect::<Vec<_>>();
    let mut out = vec![tag];
    match (content.len(), u8::try_from(significant.len())) {
        (0..=127, _) | (_, Err(_)) => out.push(u8::try_from(content.len()).unwrap_or(0)),
        (_, Ok(count)) => {
            out.push(0x80 | count);
            out.extend_from_slice(&significant);
        }
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn relaxed(body: &str) -> String {
        let mut out = Vec::new();
        relax_body(body.as_bytes(), |piece| out.extend_from_slice(piece));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn bodies_as_the_rfc_says() {
        // RFC 6376 §3.4.5 and §3.4.4.
        assert_eq!(relaxed(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        assert_eq!(relaxed(""), "");
        assert_eq!(relaxed("\r\n\r\n"), "");
        assert_eq!(relaxed("a"), "a\r\n");
        assert_eq!(relaxed("a  "), "a\r\n");
        assert_eq!(
            STANDARD.encode(body_hash(b"")),
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        );
    }

    proptest! {
        #[test]
        fn bodies_however_long_their_lines(body in "([a-z]{0,9}|[ \t]|\r\n|\r|\n|[a-z ]{30,70}){0,30}") {
            // §3.4.4 word for word.
            let mut lines: Vec<String> = body.split("\r\n").map(|line| {
                let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty());
                let mut out = if line.starts_with([' ', '\t']) { " " } else { "" }.to_owned();
                out.push_str(words.next().unwrap_or_default());
                words.for_each(|word| { out.push(' '); out.push_str(word); });
                out.trim_end_matches(' ').to_owned()
            }).collect();
            while lines.last().is_some_and(String::is_empty) {
                lines.pop();
            }
            let wanted: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            prop_assert_eq!(relaxed(&body), wanted);
        }
    }

    #[test]
    fn headers_as_the_rfc_says() {
        let mut out = Vec::new();
        relax_field(&mut out, b"A: X\r\n");
        relax_field(&mut out, b"B : Y\t\r\n\tZ  \r\n");
        assert_eq!(out, b"a:X\r\nb:Y Z\r\n");
        assert_eq!(unfolded(b"A: x\r\n y\r\nB: z\r\n").len(), 2);
    }

    #[test]
    fn bad_keys_and_names_are_refused() {
        let pem = |text| Signer::from_pem("camara.example", "s", Algorithm::Ed25519Sha256, text);
        assert!(matches!(pem("secret"), Err(DkimError::Pem { .. })));
        assert!(!format!("{:?}", pem("secret")).contains("secret"));
        let odd = Signer::from_pem("a; b=", "s", Algorithm::RsaSha256, "");
        assert!(matches!(odd, Err(DkimError::Name(_))));
    }
}
