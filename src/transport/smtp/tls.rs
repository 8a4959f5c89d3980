//! TLS for the client's side: whom we trust, and what a failed handshake means.

use std::io;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::ConfigError;

/// What every connection's handshake needs, made once.
pub(super) struct Tls {
    pub(super) connector: TlsConnector,
    pub(super) name: ServerName<'static>,
}

impl Tls {
    /// Trusts the machine's authorities and those in `extra` (PEM), nothing else.
    pub(super) fn new(host: &str, extra: Option<&[u8]>) -> Result<Self, ConfigError> {
        let mut roots = RootCertStore::empty();
        // A broken certificate among the machine's is not ours to mend: the others count.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(pem) = extra {
            let before = roots.len();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|e| ConfigError::Authority(e.to_string()))?;
                roots
                    .add(certificate)
                    .map_err(|e| ConfigError::Authority(e.to_string()))?;
            }
            if roots.len() == before {
                return Err(ConfigError::Authority("it holds none".into()));
            }
        }
        if roots.is_empty() {
            return Err(ConfigError::NoAuthorities);
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| ConfigError::Tls(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name: ServerName::try_from(host.to_owned())
                .map_err(|_| ConfigError::Host(host.to_owned()))?,
        })
    }
}

/// rustls' words where the handshake itself failed, `None` where the connection broke under it.
pub(super) fn refusal(error: &io::Error) -> Option<String> {
    error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        .map(ToString::to_string)
}
