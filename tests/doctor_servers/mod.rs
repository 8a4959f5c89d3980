//! What the doctor looks at, on loopback: a DNS server with a zone that the test writes, and TLS
//! servers with certificates of an authority that the test makes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::proto::op::ResponseCode;
use hickory_server::proto::rr::Name;
use hickory_server::proto::serialize::txt::Parser;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, MessageResponseBuilder, ZoneType};
use postmerge::clock::BoxFuture;
use postmerge::doctor::dial::Dial;
use postmerge::transport::inbox::InboxTls;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A DNS server at work; it ends with the test's runtime.
pub(crate) struct Dns {
    pub(crate) at: SocketAddr,
    _server: Server<Faulty>,
}

/// Serves this zone (RFC 1035, section 5) for all names. Below `broken.example` it fails, below
/// `silent.example` it says nothing.
pub(crate) async fn dns(zone: &str) -> Dns {
    let text = format!("@ 60 IN SOA ns.test. hostmaster.test. 1 60 60 60 60\n{zone}\n");
    let (origin, records) = Parser::new(text, None, Some(Name::root())).parse().unwrap();
    let zone: InMemoryZoneHandler =
        InMemoryZoneHandler::new(origin, records, ZoneType::Primary, AxfrPolicy::Deny).unwrap();
    let mut catalog = Catalog::new();
    catalog.upsert(Name::root().into(), vec![Arc::new(zone)]);
    let mut server = Server::new(Faulty(catalog));
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = tcp.local_addr().unwrap();
    // Answers that are too long for one datagram are asked for again over TCP at the same port.
    server.register_socket(UdpSocket::bind(at).await.unwrap());
    server.register_listener(tcp, Duration::from_secs(5), 16);
    Dns {
        at,
        _server: server,
    }
}

struct Faulty(Catalog);

#[async_trait::async_trait]
impl RequestHandler for Faulty {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response: R,
    ) -> ResponseInfo {
        let asked = request.request_info().unwrap().query.name().to_string();
        if asked.contains("silent.example") {
            std::future::pending::<()>().await;
        }
        if asked.contains("broken.example") {
            let builder = MessageResponseBuilder::from_message_request(request);
            let failure = builder.error_msg(&request.metadata, ResponseCode::ServFail);
            return response.send_response(failure).await.unwrap();
        }
        self.0.handle_request::<R, T>(request, response).await
    }
}

/// Leads connections elsewhere: tests' servers are on loopback, whatever their zone says.
#[derive(Default)]
pub(crate) struct Led {
    /// Where what leads.
    pub(crate) ways: BTreeMap<(IpAddr, u16), SocketAddr>,
    /// How many were opened.
    pub(crate) dialled: AtomicUsize,
}

impl Dial for Led {
    fn dial(&self, addresses: Vec<SocketAddr>) -> BoxFuture<'_, io::Result<TcpStream>> {
        Box::pin(async move {
            self.dialled.fetch_add(1, Ordering::Relaxed);
            for address in addresses {
                if let Some(there) = self.ways.get(&(address.ip(), address.port())) {
                    return TcpStream::connect(there).await;
                }
            }
            Err(io::Error::other("connection refused"))
        })
    }
}

/// A certificate authority.
pub(crate) struct Authority {
    pub(crate) pem: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem().into_bytes();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for these names, good from 2020 until this day.
    pub(crate) fn certificate(&self, names: &[&str], until: (i32, u8, u8)) -> InboxTls {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        InboxTls {
            certificates: certificate.pem().into_bytes(),
            key: key.serialize_pem().into_bytes(),
            implicit: false,
        }
    }
}

/// How a web host answers a request's first line: a whole response, or nothing, and it hangs up.
pub(crate) type Answers = fn(&str) -> &'static str;

/// A web host with this certificate.
pub(crate) async fn web(certificate: &InboxTls, answers: Answers) -> SocketAddr {
    let chain = CertificateDer::pem_slice_iter(&certificate.certificates)
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_slice(&certificate.key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not like the certificate breaks off.
                if let Ok(stream) = acceptor.accept(stream).await {
                    let _ = serve(stream, answers).await;
                }
            });
        }
    });
    at
}

/// Request by request, as long as the client asks.
async fn serve(stream: TlsStream<TcpStream>, answers: Answers) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") {
            if stream.read_line(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let answer = answers(request.lines().next().unwrap_or_default());
        if answer.is_empty() {
            return stream.shutdown().await;
        }
        stream.write_all(answer.as_bytes()).await?;
        stream.flush().await?;
    }
}

/// Answers nothing.
pub(crate) fn nothing(_: &str) -> &'static str {
    ""
}
