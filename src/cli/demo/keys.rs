//! The demo's secrets: made up for each run, handed to the sending process by environment variables.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cli::error::CliError;
use crate::mail::digest::Digest;
use crate::workspace::settings::{DkimAlgorithm, Settings};

/// The organisation's secret, the same for the same seed.
pub(super) fn secret(seed: u64) -> String {
    Digest::of(format!("postmerge demo {seed}").as_bytes()).to_string()
}

/// Every environment variable that the settings name, with a value for it.
pub(super) fn environment(
    settings: &Settings,
    seed: u64,
) -> Result<Vec<(String, String)>, CliError> {
    let mut variables = vec![(settings.key.env.clone(), secret(seed))];
    for key in settings.senders.values().flat_map(|sender| &sender.dkim) {
        if variables.iter().any(|(name, _)| *name == key.key_env) {
            continue;
        }
        let der = match key.algorithm {
            DkimAlgorithm::RsaSha256 => rsa(),
            DkimAlgorithm::Ed25519Sha256 => ed25519(seed),
        };
        let der = der.ok_or_else(|| CliError::new("a key could not be generated"))?;
        variables.push((key.key_env.clone(), pem(&der)));
    }
    Ok(variables)
}

/// No seed makes an RSA key: it is another in every run.
fn rsa() -> Option<Vec<u8>> {
    use aws_lc_rs::encoding::Pkcs8V1Der;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
    let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    Some(der.as_ref().to_vec())
}

fn ed25519(seed: u64) -> Option<Vec<u8>> {
    let digest = Digest::of(format!("postmerge demo ed25519 {seed}").as_bytes());
    let pair = Ed25519KeyPair::from_seed_unchecked(digest.as_bytes()).ok()?;
    Some(pair.to_pkcs8().ok()?.as_ref().to_vec())
}

fn pem(der: &[u8]) -> String {
    let mut text = String::from("-----BEGIN PRIVATE KEY-----\n");
    let encoded = STANDARD.encode(der);
    let mut rest = encoded.as_str();
    while let Some((line, more)) = rest.split_at_checked(64) {
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text.push_str(rest);
    text.push_str("\n-----END PRIVATE KEY-----\n");
    text
}
