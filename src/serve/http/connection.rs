//! One connection, from its beginning to its end.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connections::{ConnectionPlace, HttpPhase};
use super::limited_stream::{LimitedStream, REQUEST_LIMIT};
use crate::serve::web_config::ServerTls;

/// How a request came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct CameIn {
    /// Our own address.
    pub(super) at: SocketAddr,
    pub(super) by_tls: bool,
}

/// What ends a connection from our side.
#[derive(Debug)]
pub(super) struct ConnectionEnd {
    /// The service stops.
    pub(super) stopping: watch::Receiver<bool>,
    /// The settings have changed.
    pub(super) reloads: watch::Receiver<()>,
}

/// All headers of a request together, and the request line.
const MOST_HEAD_BYTES: usize = 16 * 1024;

const MOST_HEADERS: usize = 64;

impl ConnectionEnd {
    /// Waits until the service stops; also until it has other settings, if `by_reload`: a client that TLS has let in may not
    /// be let in by the new ones.
    async fn comes(&mut self, by_reload: bool) {
        let Self { stopping, reloads } = self;
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => {}
            _ = reloads.changed(), if by_reload => {}
        }
    }
}

/// Answers what comes by `stream`, until the end comes: then nothing more than what has been asked.
pub(super) async fn serve(
    stream: TcpStream,
    tls: Option<&ServerTls>,
    router: Router,
    place: ConnectionPlace,
    mut end: ConnectionEnd,
) {
    let Ok(at) = stream.local_addr() else { return };
    let _ = stream.set_nodelay(true);
    let came = CameIn { at, by_tls: tls.is_some() };
    let Some(tls) = tls else { return exchange(stream, came, router, place, end).await };
    let secured = tokio::select! {
        secured = timeout(REQUEST_LIMIT, secure(stream, tls)) => secured.ok().flatten(),
        () = place.exchange.make_room.notified() => None,
        () = end.comes(false) => None,
    };
    if let Some(stream) = secured {
        exchange(stream, came, router, place, end).await;
    }
}

/// Makes the handshake. Whoever speaks HTTP without TLS is told so.
async fn secure(mut stream: TcpStream, tls: &ServerTls) -> Option<TlsStream<TcpStream>> {
    let mut first = [0];
    if stream.peek(&mut first).await.ok()? == 0 {
        return None;
    }
    if first.first()?.is_ascii_uppercase() {
        let answer =
            b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n\
            This port speaks TLS only: ask with https://\n";
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
        return None;
    }
    match TlsAcceptor::from(tls.config()).accept(stream).await {
        Ok(stream) => Some(stream),
        Err(error) => {
            tracing::debug!("a TLS handshake failed: {error}");
            None
        }
    }
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    came: CameIn,
    router: Router,
    place: ConnectionPlace,
    mut end: ConnectionEnd,
) {
    let exchange = Arc::clone(&place.exchange);
    let router = TowerToHyperService::new(router);
    let answer = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(came);
        let being_answered = exchange.answer();
        let answer = router.call(request);
        async move {
            let answer = answer.await;
            drop(being_answered);
            answer
        }
    });
    let stream = TokioIo::new(LimitedStream::new(stream, Arc::clone(&exchange)));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            // The stream has limits of its own, which tell a client that is slow from one that has nothing to ask now.
            .header_read_timeout(None)
            .max_buf_size(MOST_HEAD_BYTES)
            .max_headers(MOST_HEADERS)
            .serve_connection(stream, answer)
    );
    let mut told = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!("a connection ended: {error}");
                }
                return;
            }
            () = exchange.make_room.notified() => return,
            () = end.comes(came.by_tls), if !told => {
                if !matches!(exchange.phase(), HttpPhase::Answering) {
                    return;
                }
                told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
