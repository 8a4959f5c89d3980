//! TLS for the client's side: whom we trust, and what a failed handshake means.
//!
//! Trusts the machine's authorities and those it is given, nothing else. Checks a certificate's
//! dates against the clock it is given. Does not ask whether a certificate was revoked.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::{CertificateError, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::clock::Clock;

/// Why there is nothing to check a certificate against.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The authorities given cannot be read.
    #[error("certificate authority: {0}")]
    Authority(String),
    /// Neither the machine nor the settings have any.
    #[error("this machine has no certificate authorities, and none is configured")]
    NoAuthorities,
    /// rustls did not take it.
    #[error("TLS: {0}")]
    Tls(String),
}

/// Whom we trust, made once for many connections.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust(…)")
    }
}

impl Trust {
    /// Trusts the machine's authorities and those in `extra` (PEM), by the machine's clock.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn new(extra: Option<&[u8]>) -> Result<Self, TrustError> {
        Self::with(extra, Arc::new(DefaultTimeProvider))
    }

    /// The same, by this clock.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn at(extra: Option<&[u8]>, clock: Arc<dyn Clock>) -> Result<Self, TrustError> {
        Self::with(extra, Arc::new(ByClock(clock)))
    }

    fn with(extra: Option<&[u8]>, time: Arc<dyn TimeProvider>) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        // A broken certificate among the machine's is not ours to mend: the others count.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(pem) = extra {
            let before = roots.len();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|e| TrustError::Authority(e.to_string()))?;
                roots
                    .add(certificate)
                    .map_err(|e| TrustError::Authority(e.to_string()))?;
            }
            if roots.len() == before {
                return Err(TrustError::Authority("it holds none".into()));
            }
        }
        if roots.is_empty() {
            return Err(TrustError::NoAuthorities);
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_details(provider, time)
            .with_safe_default_protocol_versions()
            .map_err(|e| TrustError::Tls(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    /// The client's side of a handshake with the server of this name.
    ///
    /// # Errors
    /// rustls' own; [`fault`] and [`refusal`] read it.
    pub async fn handshake(
        &self,
        name: ServerName<'static>,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        TlsConnector::from(Arc::clone(&self.0))
            .connect(name, stream)
            .await
    }
}

/// rustls asks the injected clock.
struct ByClock(Arc<dyn Clock>);

impl fmt::Debug for ByClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByClock(…)")
    }
}

impl TimeProvider for ByClock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// rustls' words where the handshake itself failed, `None` where the connection broke under it.
pub fn refusal(error: &io::Error) -> Option<String> {
    rustls_error(error).map(ToString::to_string)
}

/// What is wrong with the certificate, where that is what the handshake failed of.
pub fn fault(error: &io::Error) -> Option<CertificateError> {
    match rustls_error(error)? {
        rustls::Error::InvalidCertificate(fault) => Some(fault.clone()),
        _ => None,
    }
}

fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
}
