//! Publication: whether the assets and documents that mails link to are where the links lead.
//!
//! Each is asked for over https (HEAD, or GET where a server does not do HEAD; RFC 9110, section 9.3)
//! and must answer 200 by itself: a redirection is not followed. Nothing is read. A document's address
//! is a secret of whoever it is for, so what is said about it names its host only.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Surroundings;
use super::certificate;
use super::finding::{Check, Finding};
use super::relay::addresses;
use crate::transport::tls::{self, Trust};

/// Connections open at once.
const CONNECTIONS: usize = 8;

/// Something that a mail links to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Link {
    /// Its address.
    pub url: String,
    /// Whether the address may be shown.
    pub is_secret: bool,
}

/// What did not answer as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failure {
    link: Link,
    why: String,
}

/// Asks for each of these.
pub async fn examine(around: &Surroundings, links: Vec<Link>) -> Finding {
    let count = links.len();
    let trust = match Trust::at(around.authorities.as_deref(), Arc::clone(&around.clock)) {
        Ok(trust) => trust,
        Err(why) => return Finding::wrong(Check::Publication, why.to_string()),
    };
    let Ok(mut failures) = timeout(around.whole, ask_all(around, &trust, links)).await else {
        let limit = around.whole.as_secs().max(1);
        return Finding::wrong(
            Check::Publication,
            format!("{count} linked assets and documents did not all answer within {limit} s"),
        );
    };
    if failures.is_empty() {
        return Finding::good(
            Check::Publication,
            format!("{count} linked assets and documents are where mails link to"),
        );
    }
    // One that may be shown says more; otherwise the order of the addresses.
    failures.sort_by(|a, b| (a.link.is_secret, &a.link.url).cmp(&(b.link.is_secret, &b.link.url)));
    let others = failures.len() - 1;
    let first = failures.swap_remove(0);
    let name = match first.link.is_secret {
        false => first.link.url.clone(),
        true => format!("a document at https://{}", host_of(&first.link.url)),
    };
    let and = match others {
        0 => String::new(),
        others => format!(" ({others} more of {count} linked assets and documents are not there)"),
    };
    Finding::wrong(
        Check::Publication,
        format!(
            "{name} {}{and}: publish it before mails link to it",
            first.why
        ),
    )
}

async fn ask_all(around: &Surroundings, trust: &Trust, links: Vec<Link>) -> Vec<Failure> {
    let workers = links.len().min(CONNECTIONS);
    let waiting = Arc::new(Mutex::new(VecDeque::from(links)));
    let mut running = JoinSet::new();
    for _ in 0..workers {
        let (around, trust, waiting) = (around.clone(), trust.clone(), Arc::clone(&waiting));
        running.spawn(async move { ask_some(around, trust, waiting).await });
    }
    let mut failures = Vec::new();
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(found) => failures.extend(found),
            // A defect must not pass for an answer.
            Err(why) => failures.push(Failure {
                link: Link {
                    url: String::new(),
                    is_secret: true,
                },
                why: format!("was not asked for: {why}"),
            }),
        }
    }
    failures
}

/// One connection's work.
async fn ask_some(
    around: Surroundings,
    trust: Trust,
    waiting: Arc<Mutex<VecDeque<Link>>>,
) -> Vec<Failure> {
    let next = || {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop_front()
    };
    let mut open = None;
    let mut failures = Vec::new();
    while let Some(link) = next() {
        if let Err(why) = ask(&around, &trust, &link.url, &mut open).await {
            failures.push(Failure { link, why });
        }
    }
    failures
}

/// A connection that takes another request.
struct Open {
    /// Where it leads.
    authority: String,
    sender: SendRequest<Empty<Bytes>>,
}

async fn ask(
    around: &Surroundings,
    trust: &Trust,
    url: &str,
    open: &mut Option<Open>,
) -> Result<(), String> {
    let mut status = once(around, trust, url, &Method::HEAD, open).await?;
    if matches!(
        status,
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED
    ) {
        status = once(around, trust, url, &Method::GET, open).await?;
        // The rest of the answer is not wanted.
        *open = None;
    }
    match status {
        StatusCode::OK => Ok(()),
        other => Err(format!("answers {}", other.as_u16())),
    }
}

/// One request, on the connection that is open where it leads there and still takes one.
async fn once(
    around: &Surroundings,
    trust: &Trust,
    url: &str,
    method: &Method,
    open: &mut Option<Open>,
) -> Result<StatusCode, String> {
    let uri: Uri = url.parse().map_err(|_| "is no address".to_owned())?;
    if uri.scheme_str() != Some("https") {
        return Err("is no https address".to_owned());
    }
    let authority = uri.authority().ok_or("names no host")?.to_string();
    let path = uri.path_and_query().map_or("/", |it| it.as_str());
    let ask = |sender: SendRequest<Empty<Bytes>>| {
        let request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header(HOST, &authority)
            .header(USER_AGENT, concat!("postmerge/", env!("CARGO_PKG_VERSION")))
            .body(Empty::new())
            .map_err(|_| "is no address".to_owned());
        answer(around, sender, request)
    };
    if let Some(kept) = open.take().filter(|it| it.authority == authority)
        && let Ok((status, sender)) = ask(kept.sender).await
    {
        *open = sender.map(|sender| Open { authority, sender });
        return Ok(status);
    }
    // None was open, or it was closed meanwhile, as servers may: a fresh one decides.
    let fresh = connect(around, trust, &uri).await?;
    let (status, sender) = ask(fresh).await?;
    *open = sender.map(|sender| Open { authority, sender });
    Ok(status)
}

/// The answer's status, and the connection where it takes another request.
async fn answer(
    around: &Surroundings,
    mut sender: SendRequest<Empty<Bytes>>,
    request: Result<Request<Empty<Bytes>>, String>,
) -> Result<(StatusCode, Option<SendRequest<Empty<Bytes>>>), String> {
    let request = request?;
    let exchange = async {
        sender.ready().await?;
        sender.send_request(request).await
    };
    match timeout(around.step, exchange).await {
        Err(_) => Err(late(around)),
        Ok(Err(why)) => Err(format!("does not answer over http: {why}")),
        Ok(Ok(response)) => {
            let closes = response
                .headers()
                .get(CONNECTION)
                .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
            Ok((response.status(), (!closes).then_some(sender)))
        }
    }
}

async fn connect(
    around: &Surroundings,
    trust: &Trust,
    uri: &Uri,
) -> Result<SendRequest<Empty<Bytes>>, String> {
    let host = uri.host().ok_or("names no host")?;
    let port = uri.port_u16().unwrap_or(around.https_port);
    let found = addresses(around.names.as_ref(), host)
        .await
        .map_err(|why| format!("cannot be asked for: {why}"))?;
    if found.is_empty() {
        return Err(format!("cannot be had: {host} is not in DNS"));
    }
    let at = found.iter().map(|it| SocketAddr::new(*it, port)).collect();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare.to_owned()).map_err(|_| "names no host".to_owned())?;
    let stream = match timeout(around.step, around.dial.dial(at)).await {
        Err(_) => return Err(late(around)),
        Ok(stream) => stream.map_err(|why| format!("cannot be had: {why}"))?,
    };
    let stream = match timeout(around.step, trust.handshake(name, stream)).await {
        Err(_) => return Err(late(around)),
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            return Err(match tls::fault(&error) {
                Some(fault) => {
                    let words = certificate::fault(Check::Publication, host, &fault).what;
                    format!("cannot be had: {words}")
                }
                None => format!("cannot be had: {error}"),
            });
        }
    };
    let (sender, connection) = handshake(TokioIo::new(stream))
        .await
        .map_err(|why| format!("does not answer over http: {why}"))?;
    // It ends with the sender; what ends it early, the next request meets.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

fn late(around: &Surroundings) -> String {
    format!("did not answer within {} s", around.step.as_secs().max(1))
}

fn host_of(url: &str) -> String {
    url.parse::<Uri>()
        .ok()
        .and_then(|uri| uri.host().map(str::to_owned))
        .unwrap_or_else(|| "an unknown host".to_owned())
}
