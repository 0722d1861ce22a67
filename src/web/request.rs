//! One request to a web server. Where its certificate has a fault, nothing is sent.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::time::timeout;

use super::context::WebContext;
use super::error::FetchError;
use super::https_url::HttpsUrl;
use super::reply::{HttpReply, get};
use crate::observation::{ConnectFailureKind, LookupFailure, LookupFailureKind};
use crate::resolve::Families;
use crate::target::{AddressClass, Host};
use crate::transport::dial::Connection;
use crate::transport::tcp::{self, ConnectError};
use crate::transport::tls::Hello;

const MAX_ADDRESSES: usize = 4;

const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;

/// Asks for the file at `url`; `accept` is the media type to ask for.
pub async fn request(url: &HttpsUrl, accept: &str, context: WebContext<'_>) -> Result<HttpReply, FetchError> {
    let host = url.host().ok_or_else(|| FetchError::Broken(format!("{url} names no host")))?;
    let connection = connect(&host, HTTPS_PORT, context).await?;
    // On the heap, since whoever waits for several files at a time holds as many of these.
    let session = Box::pin(context.tls.handshake(connection.stream, &host, Hello::Full))
        .await
        .map_err(|(failure, _)| FetchError::Tls { host: host.clone(), reason: failure.message })?;
    if !session.facts.faults.is_empty() {
        return Err(FetchError::Certificate { host, faults: session.facts.faults });
    }
    Box::pin(get(session.stream, &host, url.path_and_query(), accept)).await
}

/// Asks for a file without TLS, to know whether it is there: anyone on the path can read the request and change the answer.
pub async fn request_unencrypted(
    host: &Host,
    path: &str,
    accept: &str,
    context: WebContext<'_>,
) -> Result<HttpReply, FetchError> {
    let connection = connect(host, HTTP_PORT, context).await?;
    Box::pin(get(connection.stream, host, path, accept)).await
}

/// What `asking` brings, if it does not take longer: a name server or web server that drips bytes costs no more.
pub async fn within<T, E: From<FetchError>>(
    limit: Duration,
    asking: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    timeout(limit, asking).await.unwrap_or_else(|_| Err(FetchError::TimedOut(limit).into()))
}

/// Whether a connection was kept from being made on this machine.
fn is_own(error: &ConnectError) -> bool {
    match error {
        ConnectError::Failure(failure) => {
            failure.on_this_machine || failure.kind == ConnectFailureKind::RefusedByOption
        }
        ConnectError::ResetAtOnce => false,
        ConnectError::Local(_) => true,
    }
}

/// A connection to the first address that takes one.
pub(super) async fn connect(host: &Host, port: u16, context: WebContext<'_>) -> Result<Connection, FetchError> {
    let resolution = context.resolver.absolute_addresses(host, context.families).await;
    let mut failure = None;
    let mut was_asked = false;
    // DNS blockers answer 0.0.0.0 and ::, where a connection would reach this machine.
    let is_server = |address: IpAddr| AddressClass::of(address) != AddressClass::Unspecified;
    let addresses = resolution.addresses.iter().copied().filter(|&address| is_server(address));
    for address in addresses.filter(|&address| tcp::has_route(address)).take(MAX_ADDRESSES) {
        match context.dialer.dial(SocketAddr::new(address, port), context.connect_timeout).await {
            Ok(connection) => return Ok(connection),
            Err(error) => {
                was_asked |= !is_own(&error);
                failure = Some(error.to_string());
            }
        }
    }
    if !resolution.addresses.is_empty() {
        let reason = failure.unwrap_or_else(|| {
            let is_blocked = !resolution.addresses.iter().copied().any(is_server);
            let reason =
                if is_blocked { "its name is answered as DNS blockers do" } else { "this machine has no route to it" };
            reason.to_owned()
        });
        let host = host.clone();
        return Err(if was_asked {
            FetchError::Connect { host, reason }
        } else {
            FetchError::NotFromHere { host, reason }
        });
    }
    let failures = [resolution.ipv4, resolution.ipv6].into_iter().flatten().filter_map(Result::err);
    let failure = failures
        .min_by_key(|failure| failure.kind)
        .unwrap_or_else(|| LookupFailure::new(LookupFailureKind::NoAddress, format!("{host} has no address")));
    // It may have addresses of the family that is left out.
    if failure.kind == LookupFailureKind::NoAddress && context.families != Families::BOTH {
        return Err(FetchError::NotFromHere { host: host.clone(), reason: failure.message });
    }
    Err(FetchError::Lookup(failure))
}
