//! Who signs a sender's mails.

use super::error::StartError;
use crate::mail::dkim::{Algorithm, Signer};
use crate::workspace::settings::{DkimAlgorithm, DkimKey, Sender};

/// A sender's DKIM keys, read from where `secret` finds them.
///
/// # Errors
/// [`StartError::NoDkimKey`], [`StartError::Dkim`].
pub fn signers(
    sender: &Sender,
    secret: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Signer>, StartError> {
    let signer = |key: &DkimKey| {
        let pem = secret(&key.key_env).ok_or_else(|| StartError::NoDkimKey(key.key_env.clone()))?;
        let algorithm = match key.algorithm {
            DkimAlgorithm::RsaSha256 => Algorithm::RsaSha256,
            DkimAlgorithm::Ed25519Sha256 => Algorithm::Ed25519Sha256,
        };
        Signer::from_pem(&key.domain, &key.selector, algorithm, &pem).map_err(|source| {
            StartError::Dkim {
                env: key.key_env.clone(),
                source,
            }
        })
    };
    sender.dkim.iter().map(signer).collect()
}
