//! A mail server with TLS from the first byte for each chain.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::cases::Case;

/// Shows one chain, whatever is asked for. rustls would look at the leaf before it showed it.
#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// Starts one, and returns its port.
pub(crate) async fn start(case: &Case) -> u16 {
    let key = aws_lc_rs::sign::any_supported_type(&case.key).unwrap();
    let shown = Always(Arc::new(CertifiedKey::new(case.chain.clone(), key)));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(acceptor.clone(), stream));
        }
    });
    port
}

async fn talk(acceptor: TlsAcceptor, stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::new(acceptor.accept(stream).await?);
    stream.write_all(b"220 mail.test.example ESMTP\r\n").await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let quits = line.starts_with("QUIT");
        stream.write_all(if quits { b"221 Bye\r\n" } else { b"250-mail.test.example\r\n250 AUTH PLAIN\r\n" }).await?;
        stream.flush().await?;
        if quits {
            stream.shutdown().await?;
        }
        line.clear();
    }
    Ok(())
}
