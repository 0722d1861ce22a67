//! A small file over HTTPS, within bounds: for the autoconfiguration of mail programs.
//!
//! The connection is mailprobe's own, so that names are looked up and certificates checked as everywhere else. Where
//! the certificate has a fault, nothing is sent.

use std::error::Error as _;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, HOST, LOCATION, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use url::{Position, Url};

use super::source::DiscoveryContext;
use crate::observation::{LookupFailure, LookupFailureKind};
use crate::target::{AddressClass, Host};
use crate::transport::dial::Connection;
use crate::transport::tcp;
use crate::transport::tls::Hello;

/// A real file has a few kilobytes. Some steps of reading one take time by the square of its length.
pub(super) const MAX_BODY: usize = 64 * 1024;

/// The head of a response; hyper's own minimum is 8 KiB.
const MAX_HEAD: usize = 16 * 1024;

/// From `http` on a bare name to the file: more hops than that are a loop.
const MAX_REDIRECTS: usize = 5;

/// One file, redirects and all. A name server or web server that drips bytes costs no more. Everything else waits for
/// the search for the file, so a place that does not answer soon is passed over.
const FILE_LIMIT: Duration = Duration::from_secs(3);

const MAX_ADDRESSES: usize = 4;

#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("{}", .0.message)]
    Lookup(LookupFailure),
    #[error("no connection to {host}: {reason}")]
    Connect { host: Host, reason: String },
    #[error("the TLS handshake with {host} failed: {reason}")]
    Tls { host: Host, reason: String },
    /// The certificate is not valid, so nothing was asked.
    #[error("the certificate of {0} is not valid")]
    Certificate(Host),
    /// The web server says that there is no such file, or something else than "here it is".
    #[error("HTTP status {0}")]
    Status(StatusCode),
    #[error("it redirects more than {MAX_REDIRECTS} times")]
    TooManyRedirects,
    /// A redirect to something that is not HTTPS on its usual port, or no host name.
    #[error("it redirects to a URL that is not followed: {0}")]
    Elsewhere(String),
    #[error("the file has more than {MAX_BODY} bytes")]
    TooLarge,
    #[error("it took more than {} s", FILE_LIMIT.as_secs())]
    TimedOut,
    /// The web server broke off, or broke the rules of HTTP.
    #[error("{0}")]
    Broken(String),
}

/// A web address that may be asked for: HTTPS on its usual port, at a host that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HttpsUrl(Url);

impl HttpsUrl {
    pub(super) fn new(url: Url) -> Option<Self> {
        let named = url.domain().is_some();
        let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
        (url.scheme() == "https" && named && plain).then_some(Self(url))
    }

    fn host(&self) -> Option<Host> {
        self.0.host_str()?.parse().ok()
    }

    fn path_and_query(&self) -> &str {
        &self.0[Position::BeforePath..Position::AfterQuery]
    }
}

impl fmt::Display for HttpsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Gets the file at `url`, following redirects.
///
/// `secret` is the same file with something in its address that only its own host may see. It is asked for first; as
/// soon as it redirects to another host, everything begins again without the secret.
pub(super) async fn get(
    url: &HttpsUrl,
    mut secret: Option<&HttpsUrl>,
    context: DiscoveryContext<'_>,
) -> Result<Vec<u8>, FetchError> {
    let following = async {
        let mut current = secret.unwrap_or(url).clone();
        for _ in 0..=MAX_REDIRECTS {
            let next = match request(&current, context).await? {
                HttpReply::File(body) => return Ok(body),
                HttpReply::Redirect(location) => location,
            };
            let joined = current.0.join(&next).map_err(|_| FetchError::Elsewhere(next.clone()))?;
            let next = HttpsUrl::new(joined).ok_or(FetchError::Elsewhere(next))?;
            let left = next.host() != current.host() && secret.take().is_some();
            current = if left { url.clone() } else { next };
        }
        Err(FetchError::TooManyRedirects)
    };
    timeout(FILE_LIMIT, following).await.unwrap_or(Err(FetchError::TimedOut))
}

enum HttpReply {
    File(Vec<u8>),
    Redirect(String),
}

async fn request(url: &HttpsUrl, context: DiscoveryContext<'_>) -> Result<HttpReply, FetchError> {
    let host = url.host().ok_or_else(|| FetchError::Elsewhere(url.0.to_string()))?;
    let connection = connect(&host, context).await?;
    let session = context
        .tls
        .handshake(connection.stream, &host, Hello::Full)
        .await
        .map_err(|(failure, _)| FetchError::Tls { host: host.clone(), reason: failure.message })?;
    if !session.facts.faults.is_empty() {
        return Err(FetchError::Certificate(host));
    }
    let broken = |error: hyper::Error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        FetchError::Broken(format!("{error}{cause}"))
    };
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(session.stream))
        .await
        .map_err(broken)?;
    let request = Request::get(url.path_and_query())
        .header(HOST, host.to_string())
        .header(USER_AGENT, concat!("mailprobe/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "text/xml, application/xml")
        .body(Empty::new())
        .map_err(|error| FetchError::Broken(error.to_string()))?;
    let talk = async { read(sender.send_request(request).await.map_err(broken)?).await };
    // What happens to the connection, the conversation learns by itself.
    let drive = async {
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        reply = talk => reply,
        () = drive => Err(FetchError::Broken("the connection ended".to_owned())),
    }
}

/// A connection to the first address that takes one.
async fn connect(host: &Host, context: DiscoveryContext<'_>) -> Result<Connection, FetchError> {
    let resolution = context.resolver.addresses(host, context.families).await;
    let mut failure = None;
    // DNS blockers answer 0.0.0.0 and ::, where a connection would reach this machine.
    let is_server = |address: IpAddr| AddressClass::of(address) != AddressClass::Unspecified;
    let addresses = resolution.addresses.iter().copied().filter(|&address| is_server(address));
    for address in addresses.filter(|&address| tcp::has_route(address)).take(MAX_ADDRESSES) {
        match context.dialer.dial(SocketAddr::new(address, HTTPS_PORT), context.connect_timeout).await {
            Ok(connection) => return Ok(connection),
            Err(error) => failure = Some(error.to_string()),
        }
    }
    if !resolution.addresses.is_empty() {
        let reason = failure.unwrap_or_else(|| {
            let is_blocked = !resolution.addresses.iter().copied().any(is_server);
            let reason =
                if is_blocked { "its name is answered as DNS blockers do" } else { "this machine has no route to it" };
            reason.to_owned()
        });
        return Err(FetchError::Connect { host: host.clone(), reason });
    }
    let failures = [resolution.ipv4, resolution.ipv6].into_iter().flatten().filter_map(Result::err);
    Err(FetchError::Lookup(
        failures
            .min_by_key(|failure| failure.kind)
            .unwrap_or_else(|| LookupFailure::new(LookupFailureKind::NoAddress, format!("{host} has no address"))),
    ))
}

const HTTPS_PORT: u16 = 443;

async fn read(response: Response<Incoming>) -> Result<HttpReply, FetchError> {
    let status = response.status();
    if status.is_redirection() {
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        return location.map(|location| HttpReply::Redirect(location.to_owned())).ok_or(FetchError::Status(status));
    }
    if status != StatusCode::OK {
        return Err(FetchError::Status(status));
    }
    match Limited::new(response.into_body(), MAX_BODY).collect().await {
        Ok(body) => Ok(HttpReply::File(body.to_bytes().to_vec())),
        Err(error) if error.is::<LengthLimitError>() => Err(FetchError::TooLarge),
        Err(error) => Err(FetchError::Broken(error.to_string())),
    }
}
