//! An SMTP server on loopback that pretends to be everybody's provider: for the demo and for tests.
//!
//! Speaks real SMTP (PIPELINING, SIZE, 8BITMIME, SMTPUTF8, DSN, STARTTLS, AUTH) and answers as
//! [`Mailboxes`] say. It listens on loopback only, and bounds lines, sizes, connections and waits.

mod content;
mod session;
mod sink;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::mailboxes::Mailboxes;
use super::smtp::Credentials;

pub use sink::{DiscardSink, FolderSink, MailSink, MemorySink, ReceivedMail};

/// Connections served at once; more wait to be accepted.
const MOST_CONNECTIONS: usize = 256;

/// How the inbox behaves.
#[derive(Clone)]
pub struct InboxConfig {
    /// Where it listens; port 0 finds a free one.
    pub listen: SocketAddr,
    /// What it calls itself.
    pub name: String,
    /// Who accepts what.
    pub mailboxes: Arc<Mailboxes>,
    /// Where mails go.
    pub sink: Arc<dyn MailSink>,
    /// A certificate, where it speaks TLS.
    pub tls: Option<InboxTls>,
    /// What a client must give before MAIL, where it must.
    pub credentials: Option<Credentials>,
    /// Which keywords it offers.
    pub offers: Offers,
    /// Waited before each write, once for all replies in it: a round trip's length.
    pub latency: Duration,
}

/// The inbox's certificate.
#[derive(Debug, Clone)]
pub struct InboxTls {
    /// The chain (PEM).
    pub certificates: Vec<u8>,
    /// Its key (PEM).
    pub key: Vec<u8>,
    /// TLS from the first octet, rather than by STARTTLS.
    pub implicit: bool,
}

/// Keywords in the reply to EHLO.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Offers {
    pub pipelining: bool,
    pub eight_bit_mime: bool,
    pub smtputf8: bool,
    pub dsn: bool,
    /// Octets of a mail.
    pub size: usize,
    /// AUTH LOGIN only, where credentials are wanted.
    pub login_only: bool,
}

impl Default for Offers {
    fn default() -> Self {
        Self {
            pipelining: true,
            eight_bit_mime: true,
            smtputf8: true,
            dsn: true,
            size: 50 << 20,
            login_only: false,
        }
    }
}

impl InboxConfig {
    /// On a free loopback port, no TLS, everything offered.
    pub fn new(mailboxes: Arc<Mailboxes>, sink: Arc<dyn MailSink>) -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            name: "inbox.test".into(),
            mailboxes,
            sink,
            tls: None,
            credentials: None,
            offers: Offers::default(),
            latency: Duration::ZERO,
        }
    }
}

/// The inbox.
#[derive(Debug)]
pub struct Inbox;

/// An inbox at work; it stops when this is dropped.
#[must_use = "the inbox stops when this is dropped"]
#[derive(Debug)]
pub struct RunningInbox {
    /// Where it listens.
    pub addr: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl RunningInbox {
    /// Stops accepting and cuts open connections.
    pub async fn stop(self) {
        // Nobody listening means that all has ended already.
        let _ = self.stop.send(true);
        let _ = self.accepting.await;
    }
}

impl Inbox {
    /// Starts serving on the current tokio runtime.
    ///
    /// # Errors
    /// Where the address is not on loopback or taken, or the certificate cannot be used.
    pub async fn start(config: InboxConfig) -> io::Result<RunningInbox> {
        let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
        if !config.listen.ip().is_loopback() {
            return Err(invalid(format!("{} is not on loopback", config.listen)));
        }
        let acceptor = match &config.tls {
            Some(tls) => Some(acceptor(tls).map_err(invalid)?),
            None => None,
        };
        let listener = TcpListener::bind(config.listen).await?;
        let addr = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let serving = Arc::new(Serving { config, acceptor });
        let accepting = tokio::spawn(accept(listener, serving, stopped));
        Ok(RunningInbox {
            addr,
            stop,
            accepting,
        })
    }
}

/// What every session shares.
struct Serving {
    config: InboxConfig,
    acceptor: Option<TlsAcceptor>,
}

async fn accept(listener: TcpListener, serving: Arc<Serving>, mut stopped: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((listener.accept().await, place))
        };
        let (accepted, place) = tokio::select! {
            next = next => match next {
                Some(next) => next,
                None => return,
            },
            // An error means that the handle was dropped, which stops as well.
            _ = stopped.changed() => return,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, most likely: they come back as sessions end.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let serving = Arc::clone(&serving);
        let mut stopped = stopped.clone();
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                // A client that breaks off is its own affair.
                _ = session::serve(stream, &serving) => {}
                _ = stopped.changed() => {}
            }
        });
    }
}

fn acceptor(tls: &InboxTls) -> Result<TlsAcceptor, String> {
    let chain = CertificateDer::pem_slice_iter(&tls.certificates)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| format!("certificate: {e}"))?;
    let key = PrivateKeyDer::from_pem_slice(&tls.key).map_err(|e| format!("key: {e}"))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|e| e.to_string())?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
