//! DKIM (RFC 6376, RFC 8301, RFC 8463): whether the public key in DNS is that of our private key, and
//! strong enough.
//!
//! Signs nothing. Where the private key is not at hand, only the record is looked at.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use x509_parser::der_parser::asn1_rs::FromDer as _;
use x509_parser::public_key::{PublicKey, RSAPublicKey};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::finding::{Check, Finding};
use super::names::Names;
use super::tags;

/// Receivers take no shorter RSA key (RFC 8301, section 3.2).
const BITS_AT_LEAST: usize = 1024;

/// What signers are to use (RFC 8301, section 3.2).
const BITS_ADVISED: usize = 2048;

/// Our side of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Own {
    /// The record that belongs to our private key.
    Record(String),
    /// The environment variable that would hold it is not set.
    NotSet(String),
    /// It cannot be used, and why.
    Unusable(String),
}

/// A key as settings name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Where its public half stands in DNS.
    pub(super) name: String,
    /// Whether it is one for RSA; else Ed25519.
    pub(super) is_rsa: bool,
    /// Our side of it.
    pub(super) own: Own,
}

/// A public key in DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Published {
    is_rsa: bool,
    /// Empty: the key was revoked.
    key: Vec<u8>,
    /// `t=y`: the domain is only trying it.
    testing: bool,
    /// Whether it may be used for mail, with SHA-256.
    fits: bool,
}

/// Why a text in DNS is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum NoKey {
    #[error("it is no list of tags (`v=DKIM1; k=rsa; p=…`)")]
    Tags,
    #[error("it does not begin with `v=DKIM1`")]
    Version,
    #[error("its `k=` is neither `rsa` nor `ed25519`")]
    Kind,
    #[error("it has no `p=`, the key itself")]
    Absent,
    #[error("its `p=` is no base64: was it cut off or broken while it was pasted?")]
    Base64,
}

/// Many a published key lacks its padding, or has bits behind its end.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Looks at one key.
pub(super) async fn examine(names: &dyn Names, key: &Key) -> Finding {
    let texts = match names.texts(&key.name).await {
        Ok(texts) => texts,
        Err(why) => return Finding::not_known(Check::Dkim, why.to_string()),
    };
    match judge(key, &texts) {
        Ok(finding) => finding,
        Err(what) => match &key.own {
            Own::Record(record) => {
                Finding::wrong(Check::Dkim, what).publish_text(&key.name, record.clone(), texts)
            }
            Own::NotSet(variable) => Finding::wrong(
                Check::Dkim,
                format!("{what}. Set {variable} and run this again: then it says what to publish"),
            ),
            Own::Unusable(why) => Finding::wrong(Check::Dkim, format!("{what}; and {why}")),
        },
    }
}

/// What there is to say, or what is wrong that publishing our key mends.
fn judge(key: &Key, texts: &[String]) -> Result<Finding, String> {
    let name = &key.name;
    let text = match texts {
        [] => {
            return Err(format!(
                "there is no key at {name}: receivers cannot check our signature"
            ));
        }
        [text] => text,
        // RFC 6376, section 3.6.2.2: what comes of it is not defined.
        several => {
            return Err(format!(
                "there are {} TXT records at {name}: receivers take any one of them. Leave one",
                several.len()
            ));
        }
    };
    let published = Published::parse(text)
        .map_err(|why| format!("the record at {name} cannot be used: {why}"))?;
    if published.key.is_empty() {
        return Err(format!(
            "the key at {name} was revoked (its `p=` is empty): every signature with it fails"
        ));
    }
    if !published.fits {
        return Err(format!(
            "the key at {name} is not for mail signed with SHA-256 (its `s=` or `h=` says so)"
        ));
    }
    if published.is_rsa != key.is_rsa {
        let (there, here) = match published.is_rsa {
            true => ("RSA", "Ed25519"),
            false => ("Ed25519", "RSA"),
        };
        return Err(format!(
            "the key at {name} is for {there}, and ours for {here}"
        ));
    }
    let strength = published
        .strength()
        .ok_or_else(|| format!("the key at {name} cannot be read: was it cut off?"))?;
    if let Own::Record(record) = &key.own
        && !Published::parse(record).is_ok_and(|own| own.is(&published))
    {
        return Err(format!(
            "the key at {name} is not ours: every signature fails"
        ));
    }
    let words = match strength {
        Some(bits) => format!("RSA, {bits} bits"),
        None => "Ed25519".to_owned(),
    };
    Ok(match (&key.own, strength) {
        (Own::Unusable(why), _) => Finding::wrong(Check::Dkim, why.clone()),
        (_, Some(bits)) if bits < BITS_AT_LEAST => Finding::wrong(
            Check::Dkim,
            format!(
                "the key at {name} has {bits} bits: receivers take none below {BITS_AT_LEAST}. Make a new one of {BITS_ADVISED}"
            ),
        ),
        (_, Some(bits)) if bits < BITS_ADVISED => Finding::advice(
            Check::Dkim,
            format!("the key at {name} has {bits} bits: make a new one of {BITS_ADVISED}"),
        ),
        _ if published.testing => Finding::advice(
            Check::Dkim,
            format!(
                "the record at {name} says `t=y`, \"only a test\": receivers may take the mail for unsigned. Take it out"
            ),
        ),
        (Own::NotSet(variable), _) => Finding::skipped(
            Check::Dkim,
            format!(
                "there is a key at {name} ({words}); whether it is ours was not tried: {variable} is not set"
            ),
        ),
        (Own::Record(_), _) => {
            Finding::good(Check::Dkim, format!("the key at {name} is ours ({words})"))
        }
    })
}

impl Published {
    /// Reads a record (RFC 6376, section 3.6.1).
    fn parse(text: &str) -> Result<Self, NoKey> {
        let read = tags::read(text).ok_or(NoKey::Tags)?;
        let is_first = read.first().is_some_and(|(name, _)| name == "v");
        match tags::value(&read, "v") {
            None => {}
            Some("DKIM1") if is_first => {}
            Some(_) => return Err(NoKey::Version),
        }
        let is_rsa = match tags::value(&read, "k") {
            None | Some("rsa") => true,
            Some("ed25519") => false,
            Some(_) => return Err(NoKey::Kind),
        };
        let lists = |tag: &str, wanted: &[&str]| {
            tags::value(&read, tag)
                .is_none_or(|list| list.split(':').any(|it| wanted.contains(&it.trim())))
        };
        let key: String = tags::value(&read, "p")
            .ok_or(NoKey::Absent)?
            .split_whitespace()
            .collect();
        let key = LENIENT.decode(key).map_err(|_| NoKey::Base64)?;
        let testing = tags::value(&read, "t")
            .is_some_and(|flags| flags.split(':').any(|it| it.trim() == "y"));
        Ok(Self {
            is_rsa,
            key,
            testing,
            fits: lists("s", &["*", "email"]) && lists("h", &["sha256"]),
        })
    }

    /// Whether both are one key. A bare RSA key is the end of the form that names its kind, too.
    fn is(&self, published: &Self) -> bool {
        match self.is_rsa {
            true => self.key.ends_with(&published.key),
            false => self.key == published.key,
        }
    }

    /// The length of an RSA key in bits, `Some(None)` for Ed25519; `None` where it is broken.
    fn strength(&self) -> Option<Option<usize>> {
        if !self.is_rsa {
            // RFC 8463, section 4.2: the bare 32 octets.
            return (self.key.len() == 32).then_some(None);
        }
        let bits = match SubjectPublicKeyInfo::from_der(&self.key) {
            Ok(([], info)) => match info.parsed().ok()? {
                PublicKey::RSA(key) => key.key_size(),
                _ => return None,
            },
            // RFC 6376 names the inner form, and receivers take both.
            _ => match RSAPublicKey::from_der(&self.key) {
                Ok(([], key)) => key.key_size(),
                _ => return None,
            },
        };
        Some(Some(bits))
    }
}

/// Reads a key and measures it.
#[cfg(fuzzing)]
pub(super) fn read(text: &str) {
    if let Ok(key) = Published::parse(text) {
        let _ = key.strength();
    }
}

#[cfg(test)]
#[path = "dkim/tests.rs"]
mod tests;
