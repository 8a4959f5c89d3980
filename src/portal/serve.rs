//! Answering: routes, headers, limits of size and time.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{
    ConnectInfo, FromRequestParts as _, Path, RawPathParams, RawQuery, Request, State,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::{self, Next};
use axum::routing::get;

use super::files::Kind;
use super::metrics::Route;
use super::page::{POLICY, answer, kept};
use super::service::{Asker, Refusal, Service};

/// The longest form.
const LARGEST_FORM: usize = 32_768;
/// How long an answer may take, the sending of a mail included.
const LONGEST: Duration = Duration::from_secs(30);
type Shared = State<Arc<Service>>;
type Answer = Response<Body>;

/// The routes.
pub(super) fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/u/{token}", get(leave_page).post(leave))
        .route("/p/{token}", get(preferences_page).post(preferences))
        .route("/p/{token}/data", get(known))
        .route("/p/{token}/data.json", get(export))
        .route("/c/{token}", get(confirm_page).post(confirm))
        .route("/join/{list}", get(join_page).post(ask_to_join))
        .route("/y/{sealed}", get(finish_page).post(finish))
        .route("/i/{sealed}", get(invitation_page).post(accept_invitation))
        .route("/o/{name}", get(open))
        .route("/r/{token}", get(click))
        .route("/v/{token}", get(view))
        .route("/d/{token}/{end}/{*path}", get(own_document))
        .route("/assets/{hash}/{name}", get(asset))
        .route("/documents/{hash}/{name}", get(document))
        .route("/", get(home))
        .route("/logo", get(logo))
        .route("/style.css", get(style))
        .route("/favicon.ico", get(no_icon))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .fallback(nothing)
        .method_not_allowed_fallback(no_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&service), around))
        .with_state(service)
}

/// What every answer has, and what is noted of it.
async fn around(State(service): Shared, request: Request, next: Next) -> Answer {
    let began = service.now();
    let route = route(request.uri().path());
    let asker = service.asker(&request);
    let mut answer = match whole(request, &service, &asker).await {
        Ok(request) => match tokio::time::timeout(LONGEST, next.run(request)).await {
            Ok(answer) => answer,
            Err(_) => service.refuse(Refusal::Trouble, &asker),
        },
        Err(why) => service.refuse(why, &asker),
    };
    // What axum itself refuses (a path that is no text) gets the one page, too.
    if answer.status() == StatusCode::BAD_REQUEST {
        answer = service.refuse(Refusal::Link, &asker);
    }
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let policy = HeaderValue::from_static(POLICY);
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(policy);
    let took = Duration::try_from(service.now().duration_since(began)).unwrap_or_default();
    service
        .metrics
        .answered(route, answer.status().as_u16(), took);
    service.note(route, answer.status(), took);
    answer
}

/// The request with all that belongs to it, as far as it is not too much and comes in time.
async fn whole(request: Request, service: &Service, asker: &Asker) -> Result<Request, Refusal> {
    let (mut parts, body) = request.into_parts();
    let mut asker = asker.clone();
    // Where no route matched there are none.
    if let Ok(params) = RawPathParams::from_request_parts(&mut parts, &()).await {
        asker.holder = service.holder(parts.uri.path(), &params);
    }
    parts.extensions.insert(asker);
    let reading = axum::body::to_bytes(body, LARGEST_FORM);
    let read = tokio::time::timeout(service.outside.patience, reading).await;
    // What broke off is refused, too: nobody hears it.
    let body = read.map_err(|_| Refusal::Late)?;
    let body = body.map_err(|_| Refusal::Large)?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

fn route(path: &str) -> Route {
    match path.split('/').nth(1) {
        Some("u") => Route::Leave,
        Some("p") => Route::Preferences,
        Some("c") => Route::Confirm,
        Some("join" | "y" | "i") => Route::Join,
        Some("o") => Route::Open,
        Some("r") => Route::Click,
        Some("v") => Route::View,
        Some("assets" | "documents" | "d") => Route::File,
        _ => Route::Other,
    }
}

impl Service {
    fn asker(&self, request: &Request) -> Asker {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |it| it.0.ip());
        let ground = self.ground();
        let proxies = ground
            .settings
            .portal
            .as_ref()
            .map(|it| it.proxies.as_slice());
        Asker::of(peer, request.headers(), proxies.unwrap_or_default())
    }

    fn or_refused(&self, answer: Result<Answer, Refusal>, asker: &Asker) -> Answer {
        answer.unwrap_or_else(|why| self.refuse(why, asker))
    }
}

type Who = axum::Extension<Asker>;

async fn leave_page(State(service): Shared, Path(token): Path<String>, asker: Who) -> Answer {
    let page = service.leave_page(&token, &asker);
    service.or_refused(page, &asker)
}

async fn leave(
    State(service): Shared,
    Path(token): Path<String>,
    asker: Who,
    body: Bytes,
) -> Answer {
    let left = service.leave(&token, &body, &asker).await;
    service.or_refused(left, &asker)
}

async fn preferences_page(
    State(service): Shared,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    asker: Who,
) -> Answer {
    let is_saved = query.as_deref() == Some("saved");
    let page = service.preferences_page(&token, is_saved, &asker);
    service.or_refused(page, &asker)
}

async fn preferences(
    State(service): Shared,
    Path(token): Path<String>,
    asker: Who,
    body: Bytes,
) -> Answer {
    let done = service.preferences(&token, &body, &asker).await;
    service.or_refused(done, &asker)
}

async fn known(State(service): Shared, Path(token): Path<String>, asker: Who) -> Answer {
    let page = service.known_page(&token, &asker).await;
    service.or_refused(page, &asker)
}

async fn export(State(service): Shared, Path(token): Path<String>, asker: Who) -> Answer {
    let file = service.export(&token, &asker).await;
    service.or_refused(file, &asker)
}

async fn confirm_page(State(service): Shared, Path(token): Path<String>, asker: Who) -> Answer {
    let page = service.confirm_page(&token, &asker);
    service.or_refused(page, &asker)
}

async fn confirm(State(service): Shared, Path(token): Path<String>, asker: Who) -> Answer {
    let done = service.confirm(&token, &asker).await;
    service.or_refused(done, &asker)
}

async fn join_page(State(service): Shared, Path(list): Path<String>, asker: Who) -> Answer {
    let page = service.join_page(&list, &asker);
    service.or_refused(page, &asker)
}

async fn ask_to_join(
    State(service): Shared,
    Path(list): Path<String>,
    asker: Who,
    body: Bytes,
) -> Answer {
    let done = service.ask_to_join(&list, &body, &asker).await;
    service.or_refused(done, &asker)
}

async fn finish_page(State(service): Shared, Path(sealed): Path<String>, asker: Who) -> Answer {
    let page = service.finish_page(&sealed, &asker);
    service.or_refused(page, &asker)
}

async fn finish(State(service): Shared, Path(sealed): Path<String>, asker: Who) -> Answer {
    let done = service.finish(&sealed, &asker).await;
    service.or_refused(done, &asker)
}

async fn invitation_page(State(service): Shared, Path(sealed): Path<String>, asker: Who) -> Answer {
    let page = service.invitation_page(&sealed, &asker);
    service.or_refused(page, &asker)
}

async fn accept_invitation(
    State(service): Shared,
    Path(sealed): Path<String>,
    asker: Who,
    body: Bytes,
) -> Answer {
    let done = service.accept_invitation(&sealed, &body, &asker).await;
    service.or_refused(done, &asker)
}

async fn open(
    State(service): Shared,
    Path(name): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Answer {
    let is_head = method == Method::HEAD;
    service.open(&name, &headers, is_head).await
}

async fn click(
    State(service): Shared,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    (method, headers): (Method, HeaderMap),
    asker: Who,
) -> Answer {
    let is_head = method == Method::HEAD;
    let there = service.click(&token, query.as_deref(), &headers, is_head);
    let there = there.await;
    service.or_refused(there, &asker)
}

async fn view(State(service): Shared, Path(token): Path<String>, asker: Who) -> Answer {
    let page = service.view(&token, &asker).await;
    service.or_refused(page, &asker)
}

async fn own_document(
    State(service): Shared,
    Path((token, end, path)): Path<(String, String, String)>,
    asker: Who,
) -> Answer {
    let file = service.own_document((&token, &end, &path), &asker).await;
    service.or_refused(file, &asker)
}

type Named = Path<(String, String)>;

async fn asset(
    State(service): Shared,
    Path((hash, name)): Named,
    headers: HeaderMap,
    asker: Who,
) -> Answer {
    let file = service.file(Kind::Asset, (&hash, &name), &headers).await;
    service.or_refused(file, &asker)
}

async fn document(
    State(service): Shared,
    Path((hash, name)): Named,
    headers: HeaderMap,
    asker: Who,
) -> Answer {
    let file = service.file(Kind::Document, (&hash, &name), &headers).await;
    service.or_refused(file, &asker)
}

async fn logo(State(service): Shared, asker: Who) -> Answer {
    let file = service.logo();
    service.or_refused(file, &asker)
}

async fn style(State(service): Shared) -> Answer {
    service.pages.style(&service.ground().settings)
}

/// Browsers ask for it by themselves: nobody guesses links who does.
async fn no_icon() -> Answer {
    kept(answer(StatusCode::NOT_FOUND, "text/plain", ""))
}

/// Whether what is asked for can be put down: what a load balancer wants to know.
async fn health(State(service): Shared) -> Answer {
    match service.spool.is_well().await {
        true => answer(StatusCode::OK, "text/plain", "ok\n"),
        false => answer(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "spool\n"),
    }
}

/// For who stands on this machine, or is named: not for a browser from outside.
async fn metrics(State(service): Shared, asker: Who) -> Answer {
    let ground = service.ground();
    let named = ground.settings.portal.as_ref();
    let named = named.map_or(&[][..], |it| it.metrics.as_slice());
    let may = |peer: IpAddr| peer.is_loopback() || named.iter().any(|it| it.contains(peer));
    if !asker.direct.is_some_and(may) {
        return service.refuse(Refusal::Link, &asker);
    }
    let (spool, readings) = (&service.spool, &service.readings);
    let waiting = spool.waiting_bytes() + readings.waiting_bytes();
    let damaged = spool.damaged() + readings.damaged();
    let text = service.metrics.text(waiting, damaged);
    answer(StatusCode::OK, "text/plain; version=0.0.4", text)
}

async fn no_method(State(service): Shared, asker: Who) -> Answer {
    service.refuse(Refusal::Method, &asker)
}

async fn home(State(service): Shared, asker: Who) -> Answer {
    service.home(&asker)
}

async fn nothing(State(service): Shared, asker: Who) -> Answer {
    service.refuse(Refusal::Link, &asker)
}
