//! One request for a small file over HTTP, within bounds: for the autoconfiguration of mail programs.
//!
//! The connection is mailprobe's own, so that names are looked up and connections made as everywhere else.

use std::error::Error as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, HOST, LOCATION, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::source::DiscoveryContext;
use crate::observation::{LookupFailure, LookupFailureKind};
use crate::target::{AddressClass, Host};
use crate::transport::dial::Connection;
use crate::transport::tcp;

/// A real file has a few kilobytes. Some steps of reading one take time by the square of its length.
pub(super) const MAX_BODY: usize = 64 * 1024;

/// The head of a response; hyper's own minimum is 8 KiB.
const MAX_HEAD: usize = 16 * 1024;

/// From a bare name to the file: more hops than that are a loop.
pub(super) const MAX_REDIRECTS: usize = 5;

/// One file, redirects and all. A name server or web server that drips bytes costs no more. Everything else waits for
/// the search for the file, so a location that does not answer soon is passed over.
pub(super) const FILE_LIMIT: Duration = Duration::from_secs(3);

const MAX_ADDRESSES: usize = 4;

const HTTP_PORT: u16 = 80;

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

pub(super) enum HttpReply {
    File(Vec<u8>),
    Redirect(String),
}

/// Gets a file without TLS, to know whether it is there: anyone on the path can read the request and change the answer.
/// No redirect is followed.
pub(super) async fn get_unencrypted(
    host: &Host,
    path: &str,
    context: DiscoveryContext<'_>,
) -> Result<Vec<u8>, FetchError> {
    let getting = async {
        let connection = connect(host, HTTP_PORT, context).await?;
        match exchange(connection.stream, host, path).await? {
            HttpReply::File(body) => Ok(body),
            HttpReply::Redirect(location) => Err(FetchError::Elsewhere(location)),
        }
    };
    timeout(FILE_LIMIT, getting).await.unwrap_or(Err(FetchError::TimedOut))
}

/// A connection to the first address that takes one.
pub(super) async fn connect(host: &Host, port: u16, context: DiscoveryContext<'_>) -> Result<Connection, FetchError> {
    let resolution = context.resolver.absolute_addresses(host, context.families).await;
    let mut failure = None;
    // DNS blockers answer 0.0.0.0 and ::, where a connection would reach this machine.
    let is_server = |address: IpAddr| AddressClass::of(address) != AddressClass::Unspecified;
    let addresses = resolution.addresses.iter().copied().filter(|&address| is_server(address));
    for address in addresses.filter(|&address| tcp::has_route(address)).take(MAX_ADDRESSES) {
        match context.dialer.dial(SocketAddr::new(address, port), context.connect_timeout).await {
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

/// One request, and the answer to it.
pub(super) async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin,
    host: &Host,
    path_and_query: &str,
) -> Result<HttpReply, FetchError> {
    let broken = |error: hyper::Error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        FetchError::Broken(format!("{error}{cause}"))
    };
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let request = Request::get(path_and_query)
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
