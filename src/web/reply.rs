//! What a web server answers to a request for a small file.

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, LOCATION, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};

use super::error::FetchError;
use super::exchange::exchange;
use crate::target::Host;

/// A real file has a few kilobytes. Some steps of reading one take time by the square of its length.
pub const MAX_BODY: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpReply {
    File(HttpFile),
    /// Where to; hostile text.
    Redirect(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpFile {
    pub body: Vec<u8>,
    /// As the server writes it; hostile text.
    pub content_type: Option<String>,
}

/// Asks for a file.
pub(super) async fn get(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin,
    host: &Host,
    path_and_query: &str,
    accept: &str,
) -> Result<HttpReply, FetchError> {
    let request = Request::get(path_and_query)
        .header(HOST, host.to_string())
        .header(USER_AGENT, concat!("mailprobe/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, accept)
        .body(Empty::<Bytes>::new())
        .map_err(|error| FetchError::Broken(error.to_string()))?;
    exchange(stream, request, read).await
}

async fn read(response: Response<Incoming>) -> Result<HttpReply, FetchError> {
    let status = response.status();
    let header = |name: HeaderName| {
        response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    if status.is_redirection() {
        return header(LOCATION).map(HttpReply::Redirect).ok_or(FetchError::Status(status));
    }
    if status != StatusCode::OK {
        return Err(FetchError::Status(status));
    }
    let content_type = header(CONTENT_TYPE);
    match Limited::new(response.into_body(), MAX_BODY).collect().await {
        Ok(body) => Ok(HttpReply::File(HttpFile { body: body.to_bytes().to_vec(), content_type })),
        Err(error) if error.is::<LengthLimitError>() => Err(FetchError::TooLarge(MAX_BODY)),
        Err(error) => Err(FetchError::Broken(error.to_string())),
    }
}
