//! Signatures checked by a verifier that shares no code with the signer.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test may fail"
)]

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Mutex;
use std::time::Instant;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::{
    AuthenticatedMessage, DkimResult, MX, MessageAuthenticator, Parameters, RecordSet,
    ResolverCache, Txt,
};
use postmerge::mail::dkim::{self, Algorithm, Signer};

/// Answers from memory, so that nothing is looked up.
struct Known<K, V>(Mutex<HashMap<K, V>>);

impl<K: Hash + Eq, V: Clone> ResolverCache<K, V> for Known<K, V> {
    fn get<Q>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().unwrap().get(name).cloned()
    }

    fn remove<Q>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().unwrap().remove(name)
    }

    fn insert(&self, key: K, value: V, _: Instant) {
        self.0.lock().unwrap().insert(key, value);
    }
}

fn pem(der: &[u8]) -> String {
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der)
    )
}

fn signers() -> Vec<Signer> {
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let rsa: aws_lc_rs::encoding::Pkcs8V1Der<'_> = rsa.as_der().unwrap();
    let edwards = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    vec![
        Signer::from_pem(
            "camara.example",
            "r1",
            Algorithm::RsaSha256,
            &pem(rsa.as_ref()),
        )
        .unwrap(),
        Signer::from_pem(
            "camara.example",
            "e1",
            Algorithm::Ed25519Sha256,
            &pem(edwards.as_ref()),
        )
        .unwrap(),
    ]
}

async fn passes(signers: &[Signer], mail: &[u8]) -> Vec<bool> {
    let records = signers.iter().map(|signer| {
        let record = DomainKey::parse(signer.record().as_bytes()).unwrap();
        (
            format!("{}.", signer.record_name()).into_boxed_str(),
            Txt::from(record),
        )
    });
    let txt: Known<Box<str>, Txt> = Known(Mutex::new(records.collect()));
    let authenticator =
        MessageAuthenticator::new(ResolverConfig::default(), ResolverOpts::default()).unwrap();
    let message = AuthenticatedMessage::parse(mail).unwrap();
    let parameters = Parameters {
        params: &message,
        cache_txt: Some(&txt),
        cache_mx: None::<&Known<Box<str>, RecordSet<MX>>>,
        cache_ptr: None::<&Known<IpAddr, RecordSet<Box<str>>>>,
        cache_ipv4: None::<&Known<Box<str>, RecordSet<Ipv4Addr>>>,
        cache_ipv6: None::<&Known<Box<str>, RecordSet<Ipv6Addr>>>,
    };
    let output = authenticator.verify_dkim(parameters).await;
    output
        .iter()
        .map(|one| *one.result() == DkimResult::Pass)
        .collect()
}

const MAIL: &str = "From: =?utf-8?Q?C=C3=A1mara?= <a@camara.example>\r\nTo: ana@ejemplo.test\r\n\
    Subject:  a  long\r\n subject \r\nDate: Thu, 3 Dec 2026 12:00:00 -0500\r\nMessage-ID: <x@camara.example>\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"=_a\"\r\nList-Id: <x.camara.example>\r\n\
    \r\n--=_a\r\n\r\n Hola  \t x \r\n\r\n--=_a--\r\n\r\n\r\n";

/// Far in the future, so that the verifier's own clock never finds the signature expired.
const AT: i64 = 4_000_000_000;

#[tokio::test]
async fn both_signatures_verify_and_changes_are_seen() {
    let signers = signers();
    let mut mail = dkim::sign(&signers, MAIL.as_bytes(), AT).unwrap();
    assert!(mail.split(|&b| b == b'\n').all(|line| line.len() <= 79));
    mail.extend_from_slice(MAIL.as_bytes());
    assert_eq!(passes(&signers, &mail).await, [true, true]);

    let text = String::from_utf8(mail).unwrap();
    for (what, other) in [
        ("Hola", "Halo"),
        ("Subject:  a", "Subject:  b"),
        ("To: ana", "From: evil@x.test\r\nTo: ana"),
        ("boundary=\"=_a\"", "boundary=\"=_b\""),
    ] {
        let altered = text.replacen(what, other, 1);
        assert_eq!(
            passes(&signers, altered.as_bytes()).await,
            [false, false],
            "{what}"
        );
    }
    // What relaxed canonicalisation lets pass.
    let relaxed = text.replace(
        "Subject:  a  long\r\n subject \r\n",
        "subject: a long subject\r\n",
    );
    assert_eq!(passes(&signers, relaxed.as_bytes()).await, [true, true]);
}

#[test]
fn the_same_date_signs_the_same() {
    let signers = signers();
    let sign = || dkim::sign(&signers, MAIL.as_bytes(), AT).unwrap();
    assert_eq!(sign(), sign());
    assert!(dkim::sign(&signers, b"From: a@b.test\r\n", AT).is_err());
}

/// For `tests/ci/dkim_verify.py`: `cargo test --test mail_dkim -- --ignored`, then
/// `tests/ci/dkim_verify.py target/tmp/dkim/records target/tmp/dkim/mail.eml`.
#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "for a verifier with a clock of its own"
)]
#[ignore = "writes files for a verifier outside"]
fn writes_a_mail_for_other_verifiers() {
    let signers = signers();
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("dkim");
    std::fs::create_dir_all(&folder).unwrap();
    // The present: other verifiers refuse signatures from the future.
    let now = jiff::Timestamp::now().as_second();
    let mut mail = dkim::sign(&signers, MAIL.as_bytes(), now).unwrap();
    mail.extend_from_slice(MAIL.as_bytes());
    let records: String = signers
        .iter()
        .map(|signer| format!("{} {}\n", signer.record_name(), signer.record()))
        .collect();
    std::fs::write(folder.join("mail.eml"), mail).unwrap();
    std::fs::write(folder.join("records"), records).unwrap();
}
