//! A bare client: a std socket, and rustls over it.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use mailprobe_lab::Pki;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Far more than loopback needs.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that reads and writes bytes, in the clear or not.
pub(crate) struct Client<S>(pub(crate) S);

pub(crate) fn connect(address: SocketAddr) -> Client<TcpStream> {
    let tcp = TcpStream::connect(address).expect("a connection");
    tcp.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    Client(tcp)
}

impl<S: Read + Write> Client<S> {
    pub(crate) fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).expect("bytes sent");
    }

    /// Reads up to and with this text; panics with what came in its place.
    pub(crate) fn read_until(&mut self, text: &str) -> String {
        let mut read = Vec::new();
        let mut byte = [0];
        while !read.ends_with(text.as_bytes()) {
            match self.0.read(&mut byte) {
                Ok(1) => read.extend(byte),
                other => panic!("{other:?} after {:?}, waiting for {text:?}", String::from_utf8_lossy(&read)),
            }
        }
        String::from_utf8_lossy(&read).into_owned()
    }

    pub(crate) fn line(&mut self) -> String {
        self.read_until("\n")
    }

    /// Reads to the end of the stream.
    pub(crate) fn rest(&mut self) -> std::io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).map(|_| rest)
    }
}

impl Client<TcpStream> {
    /// Does the handshake, trusting the lab's authorities.
    pub(crate) fn secure(
        mut self,
        name: &str,
    ) -> Result<Client<StreamOwned<ClientConnection, TcpStream>>, rustls::Error> {
        let mut connection = ClientConnection::new(config(), ServerName::try_from(name.to_owned()).expect("a name"))?;
        while connection.is_handshaking() {
            if let Err(error) = connection.complete_io(&mut self.0) {
                return Err(error.downcast().unwrap_or_else(|error| rustls::Error::General(error.to_string())));
            }
        }
        Ok(Client(StreamOwned::new(connection, self.0)))
    }
}

fn config() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(Pki::shared().ca_certificates());
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("the default versions");
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}
