//! One request on a connection, and the answer to it.

use std::error::Error as _;

use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::error::FetchError;

/// The head of a response; hyper's own minimum is 8 KiB.
const MAX_HEAD: usize = 16 * 1024;

/// Sends one request, and reads the answer to it as `read` does.
pub(super) async fn exchange<B, T>(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin,
    request: Request<B>,
    read: impl AsyncFnOnce(Response<Incoming>) -> Result<T, FetchError>,
) -> Result<T, FetchError>
where
    B: Body<Data = Bytes, Error = std::convert::Infallible> + Send + Unpin + 'static,
{
    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(MAX_HEAD).handshake(TokioIo::new(stream)).await.map_err(broken)?;
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

#[allow(clippy::needless_pass_by_value, reason = "as `map_err` hands it on")]
fn broken(error: hyper::Error) -> FetchError {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    FetchError::Broken(format!("{error}{cause}"))
}
