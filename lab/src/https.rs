//! A web server that answers what it is told to, well or badly, over TLS or without: for the files of mail domains:
//! autoconfiguration, policies.
//!
//! It speaks just enough HTTP/1.1: one request on a connection, then it closes.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::behaviour::{Behaviour, Security};
use crate::pki::{Leaf, Pki};
use crate::{server, tls};

/// What to answer to a request.
#[derive(Debug, Clone)]
pub enum Page {
    /// 200 and this body, without a word of what it is.
    File(String),
    /// 200, this content type and this body.
    Typed {
        /// `text/plain`
        content_type: String,
        /// The body.
        body: String,
    },
    /// This status, and an empty body.
    Status(u16),
    /// 302 to this address.
    Redirect(String),
    /// 200 and a body without end, as fast as it is taken.
    Endless,
    /// A header without end.
    EndlessHeader,
    /// 200, then one byte of the body after each of these pauses.
    Drip(Duration),
    /// Nothing at all, the connection kept open.
    Silence,
    /// Bytes that are no HTTP.
    Garbage,
}

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The host that it asked for.
    pub host: String,
    /// The path and the query.
    pub path: String,
}

/// A running web server. It stops when dropped.
#[derive(Debug)]
pub struct HttpsServer {
    address: SocketAddr,
    requests: Requests,
    task: AbortHandle,
}

type Requests = Arc<Mutex<Vec<Request>>>;

/// What the pages of a site are: by host and by path without its query. `*` stands for every host.
type Pages = Vec<(String, String, Page)>;

impl HttpsServer {
    /// Serves these pages at `address` (host, path, page); a host or path that is not among them gets 404. The
    /// certificate is of the kind `leaf`, for these names.
    ///
    /// # Errors
    ///
    /// What `bind` says: address in use, not of this machine, not permitted.
    pub fn start(address: SocketAddr, leaf: Leaf, names: &[&str], pages: &[(&str, &str, Page)]) -> io::Result<Self> {
        let mut behaviour = Behaviour::smtp(Security::Implicit);
        behaviour.leaf = leaf;
        behaviour.names = names.iter().map(|&name| name.to_owned()).collect();
        let config = tls::server_config(&behaviour, Pki::shared()).map_err(io::Error::other)?;
        Self::listen(address, Some(TlsAcceptor::from(config)), pages)
    }

    /// The same without TLS.
    ///
    /// # Errors
    ///
    /// As [`HttpsServer::start`].
    pub fn start_without_tls(address: SocketAddr, pages: &[(&str, &str, Page)]) -> io::Result<Self> {
        Self::listen(address, None, pages)
    }

    fn listen(address: SocketAddr, acceptor: Option<TlsAcceptor>, pages: &[(&str, &str, Page)]) -> io::Result<Self> {
        let runtime = server::runtime()?;
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = {
            let _context = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let pages: Pages =
            pages.iter().map(|(host, path, page)| ((*host).to_owned(), (*path).to_owned(), page.clone())).collect();
        let site = Site { acceptor, pages: Arc::new(pages), requests: Requests::default() };
        let requests = Arc::clone(&site.requests);
        let task = runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let site = site.clone();
                tokio::spawn(async move {
                    let _ = site.converse(stream).await;
                });
            }
        });
        Ok(Self { address, requests, task: task.abort_handle() })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for HttpsServer {
    fn drop(&mut self) {
        self.task.abort();
        // The port is free when the task is gone, which takes a moment; the next server of a test may want the same one.
        for _ in 0..PATIENCE_MS {
            if self.task.is_finished() {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[derive(Clone)]
struct Site {
    acceptor: Option<TlsAcceptor>,
    pages: Arc<Pages>,
    requests: Requests,
}

/// The head of a request is never longer from an honest client.
const MAX_HEAD: usize = 64 * 1024;

/// How long the end of a server is waited for, in milliseconds.
const PATIENCE_MS: u32 = 2000;

impl Site {
    async fn converse(&self, tcp: TcpStream) -> io::Result<()> {
        match &self.acceptor {
            Some(acceptor) => self.reply(acceptor.accept(tcp).await?).await,
            None => self.reply(tcp).await,
        }
    }

    async fn reply(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let head = read_head(&mut stream).await?;
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let host = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("host"))
            .map(|(_, host)| host.trim().to_owned())
            .unwrap_or_default();
        let page = self.page(&host, path.split('?').next().unwrap_or_default());
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(Request { host, path });
        answer(&mut stream, &page).await?;
        stream.shutdown().await
    }

    fn page(&self, host: &str, path: &str) -> Page {
        let found =
            self.pages.iter().find(|(of_host, of_path, _)| (of_host == host || of_host == "*") && of_path == path);
        found.map_or(Page::Status(404), |(_, _, page)| page.clone())
    }
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

async fn file(stream: &mut (impl AsyncWrite + Unpin), headers: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await
}

async fn answer(stream: &mut (impl AsyncWrite + Unpin), page: &Page) -> io::Result<()> {
    const OPEN_END: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n";
    match page {
        Page::File(body) => file(stream, "", body).await,
        Page::Typed { content_type, body } => file(stream, &format!("Content-Type: {content_type}\r\n"), body).await,
        Page::Status(status) => {
            let head = format!("HTTP/1.1 {status} As told\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await
        }
        Page::Redirect(location) => {
            let head =
                format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await
        }
        Page::Endless => {
            stream.write_all(OPEN_END).await?;
            loop {
                stream.write_all(&[b' '; 16 * 1024]).await?;
            }
        }
        Page::EndlessHeader => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            loop {
                stream.write_all(b"X-Filler: filler\r\n").await?;
            }
        }
        Page::Drip(pause) => {
            stream.write_all(OPEN_END).await?;
            loop {
                stream.write_all(b" ").await?;
                stream.flush().await?;
                sleep(*pause).await;
            }
        }
        Page::Silence => std::future::pending().await,
        Page::Garbage => stream.write_all(b"* OK this is another protocol\r\n").await,
    }
}
