//! What a web server answers to a request for a small file.

use std::error::Error as _;

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, LOCATION, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::error::FetchError;
use crate::target::Host;

/// A real file has a few kilobytes. Some steps of reading one take time by the square of its length.
pub const MAX_BODY: usize = 64 * 1024;

/// The head of a response; hyper's own minimum is 8 KiB.
const MAX_HEAD: usize = 16 * 1024;

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

/// One request, and the answer to it.
pub(super) async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin,
    host: &Host,
    path_and_query: &str,
    accept: &str,
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
        .header(ACCEPT, accept)
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
