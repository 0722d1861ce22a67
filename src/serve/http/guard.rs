//! What holds for every request: who may ask, from where, and how an answer is to be handled.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, RETRY_AFTER,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use axum::middleware::Next;
use axum::response::Response;

use super::connection::CameIn;
use super::plain::plain;
use super::served::Served;
use crate::serve::web_config::{WebConfig, WebLogin};

/// A target in a query has three times its length at most.
const MOST_URI_BYTES: usize = 4096;

/// Nothing that is asked here needs a body.
const MOST_BODY_BYTES: u64 = 4096;

/// Of every answer.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
];

/// Refuses what may not be asked, and adds to every answer what browsers have to know.
pub(super) async fn guard(State(served): State<Arc<Served>>, request: Request, next: Next) -> Response {
    let web = Arc::clone(&served.daemon.settings().web);
    let (head, body) = request.into_parts();
    let path = head.extensions.get::<MatchedPath>().cloned();
    let mut answer = match refuse(&served, &web, &head).await {
        Some(refusal) => refusal,
        None => next.run(Request::from_parts(head, body)).await,
    };
    let path = path.as_ref().map_or("other", MatchedPath::as_str);
    served.daemon.telemetry.requested(path, answer.status().as_u16());
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    for (name, value) in &web.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    answer
}

async fn refuse(served: &Served, web: &WebConfig, request: &Parts) -> Option<Response> {
    let headers = &request.headers;
    if request.uri.path_and_query().is_some_and(|path| path.as_str().len() > MOST_URI_BYTES) {
        let line = format!("The address of a request can have {MOST_URI_BYTES} bytes.");
        return Some(plain(StatusCode::URI_TOO_LONG, &line));
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > MOST_BODY_BYTES) {
        return Some(plain(StatusCode::PAYLOAD_TOO_LARGE, "A request needs no body here."));
    }
    let host = match host(request) {
        Ok(host) => host,
        Err(line) => return Some(plain(StatusCode::BAD_REQUEST, line)),
    };
    let over_loopback = request.extensions.get::<CameIn>().is_none_or(|came| came.at.ip().to_canonical().is_loopback());
    if over_loopback && !web.authenticates() && host.as_ref().is_some_and(|host| !is_ours(host, &served.names)) {
        let host = host.as_ref().map(Authority::host).unwrap_or_default();
        let line = format!(
            "{host:?} is not a name of this service, so that a page in a browser could be reading it: ask by address or as \
             localhost, or start mailprobe serve with --web-host {host}."
        );
        return Some(plain(StatusCode::MISDIRECTED_REQUEST, &line));
    }
    if let Some(logins) = &web.logins {
        match logins.check(headers.get(AUTHORIZATION).map(HeaderValue::as_bytes)).await {
            WebLogin::Right => {}
            WebLogin::Wrong => {
                let mut answer = plain(StatusCode::UNAUTHORIZED, "A name and a password are needed.");
                answer
                    .headers_mut()
                    .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"mailprobe\", charset=\"UTF-8\""));
                return Some(answer);
            }
            WebLogin::TooMany => {
                let line = "So many passwords are being compared at the moment that this one was not.";
                let mut answer = plain(StatusCode::TOO_MANY_REQUESTS, line);
                answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
                return Some(answer);
            }
        }
    }
    if is_of_another_site(request, host.as_ref()) {
        let line = "A page of another site asks for this; only the service's own pages may.";
        return Some(plain(StatusCode::FORBIDDEN, line));
    }
    None
}

/// Which host was asked. Every request since HTTP/1.1 names it.
fn host(request: &Parts) -> Result<Option<Authority>, &'static str> {
    const NO_HOST: &str = "The request does not say, in one Host header, which host it asks.";
    if let Some(authority) = request.uri.authority() {
        return Ok(Some(authority.clone()));
    }
    let mut named = request.headers.get_all(HOST).iter();
    match (named.next(), named.next()) {
        (Some(host), None) => Authority::try_from(host.as_bytes()).map(Some).map_err(|_| NO_HOST),
        (None, _) if request.version < Version::HTTP_11 => Ok(None),
        _ => Err(NO_HOST),
    }
}

/// Whether nobody else can have given this name to our address, as the owner of any domain can (DNS rebinding).
fn is_ours(host: &Authority, names: &[String]) -> bool {
    let name = host.host();
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    address.parse::<IpAddr>().is_ok()
        || name == "localhost"
        || name.ends_with(".localhost")
        || names.iter().any(|known| known.eq_ignore_ascii_case(&name))
}

/// Whether a page of another site has a browser ask for what does something: checks, or a reload. That a person follows a
/// link to a check is no such thing, as from a dashboard; that a script does so, or fetches the link beforehand, is.
fn is_of_another_site(request: &Parts, host: Option<&Authority>) -> bool {
    let path = request.uri.path();
    let changes = !matches!(request.method, Method::GET | Method::HEAD);
    if !changes && !matches!(path, "/probe" | "/check") {
        return false;
    }
    let headers = &request.headers;
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text(&HeaderName::from_static("sec-fetch-site")) {
        let followed = !changes
            && [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("sec-fetch-user", "?1")]
                .iter()
                .all(|(name, value)| is(headers, name, value));
        return !matches!(site, "same-origin" | "none") && !followed;
    }
    // Older browsers. A page that shows no origin says `null`.
    let own = |origin: &str| origin.split_once("://").map(|(_, authority)| authority) == host.map(Authority::as_str);
    text(&ORIGIN).is_some_and(|origin| !own(origin))
}

fn is(headers: &HeaderMap, name: &'static str, value: &str) -> bool {
    headers.get(HeaderName::from_static(name)).is_some_and(|found| found == value)
}
