//! A document for a web server: a `POST` over HTTPS, or over HTTP where that is what the address says.

use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use url::{Position, Url};

use super::context::WebContext;
use super::error::FetchError;
use super::exchange::exchange;
use super::request::connect;
use crate::target::Host;
use crate::transport::tls::Hello;

/// What the web server said to a document. Redirects are not followed, and nothing of the body is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostReply {
    pub status: StatusCode,
    /// When to come again, as the server writes it; hostile text.
    pub retry_after: Option<String>,
}

/// A JSON document, and where it goes.
#[derive(Clone)]
pub struct JsonPost<'a> {
    pub url: &'a Url,
    /// The same whenever it is sent again (`Idempotency-Key`).
    pub key: &'a str,
    /// The value of the header of this name: a secret.
    pub authorization: Option<&'a str>,
    pub document: Vec<u8>,
}

/// Sends a JSON document. Where the certificate has a fault, nothing is sent.
pub async fn post_json(message: JsonPost<'_>, context: WebContext<'_>) -> Result<PostReply, FetchError> {
    let url = message.url;
    let host: Host = url
        .host_str()
        .and_then(|host| host.trim_matches(['[', ']']).parse().ok())
        .ok_or_else(|| FetchError::Broken("the URL names no host".to_owned()))?;
    let port = url.port_or_known_default().ok_or_else(|| FetchError::Broken("the URL names no port".to_owned()))?;
    let mut request = Request::post(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(USER_AGENT, concat!("mailprobe/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json")
        .header(HeaderName::from_static("idempotency-key"), message.key);
    if let Some(authorization) = message.authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let request = request.body(Full::from(message.document)).map_err(|error| FetchError::Broken(error.to_string()))?;
    let connection = connect(&host, port, context).await?;
    if url.scheme() != "https" {
        return Box::pin(exchange(connection.stream, request, read)).await;
    }
    let session = Box::pin(context.tls.handshake(connection.stream, &host, Hello::Full))
        .await
        .map_err(|(failure, _)| FetchError::Tls { host: host.clone(), reason: failure.message })?;
    if !session.facts.faults.is_empty() {
        return Err(FetchError::Certificate { host, faults: session.facts.faults });
    }
    Box::pin(exchange(session.stream, request, read)).await
}

async fn read(response: Response<Incoming>) -> Result<PostReply, FetchError> {
    let retry_after = response.headers().get(RETRY_AFTER);
    let retry_after = retry_after.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    Ok(PostReply { status: response.status(), retry_after })
}
