//! The floor of one host's check: every port at once, and the fewest messages that the protocols allow.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::task::JoinSet;

use super::connection::Connection;
use super::words::Ask;
use super::{Target, lookup, tls};
use crate::{Protocol, Security};

/// How to check.
#[derive(Debug, Clone)]
pub struct Floor {
    tls: Arc<ClientConfig>,
    /// Whether to wait until the servers have said goodbye, too.
    farewell: bool,
}

impl Floor {
    /// Trusts the certificates of this PEM file.
    pub fn new(ca_file: &Path, farewell: bool) -> Result<Self, String> {
        Ok(Self { tls: tls::trusting(ca_file)?, farewell })
    }

    /// Checks the seven ports of a host at each of its addresses, and says how many connections that took.
    pub async fn check(&self, host: &str, dns: Option<SocketAddr>) -> io::Result<usize> {
        let targets = Target::seven(host);
        // The first random number of a process takes 20 ms, which the question and the connections take anyway. If there
        // are none, the handshakes say so.
        let provider = Arc::clone(self.tls.crypto_provider());
        tokio::task::spawn_blocking(move || provider.secure_random.fill(&mut [0]));
        let addresses = addresses(&targets, dns).await?;
        let mut connections = JoinSet::new();
        for &address in &addresses {
            for target in targets.clone() {
                let floor = self.clone();
                connections.spawn(async move { floor.port(&target, (address, target.port).into()).await });
            }
        }
        let mut count = 0;
        while let Some(outcome) = connections.join_next().await {
            outcome.map_err(io::Error::other)??;
            count += 1;
        }
        Ok(count)
    }

    async fn port(&self, target: &Target, address: SocketAddr) -> io::Result<()> {
        let tls = Arc::clone(&self.tls);
        let name = ServerName::try_from(target.host.clone()).map_err(io::Error::other)?;
        let mut connection = Connection::open(address, target.protocol, true).await?;
        if target.security == Security::Implicit {
            connection.secure(tls, name, None).await?;
            connection.ask(Ask::Greeting).await?;
            connection.say(Ask::Capabilities).await?;
        } else {
            connection.ask(Ask::Greeting).await?;
            // SMTP's servers may refuse STARTTLS before EHLO; the others know it from the start.
            if target.protocol == Protocol::Smtp {
                connection.ask(Ask::Capabilities).await?;
            }
            connection.ask(Ask::StartTls).await?;
            connection.secure(tls, name, Some(Ask::Capabilities)).await?;
        }
        connection.hear(Ask::Capabilities).await?;
        connection.say(Ask::Goodbye).await?;
        if self.farewell {
            connection.close().await?;
        }
        Ok(())
    }
}

async fn addresses(targets: &[Target], dns: Option<SocketAddr>) -> io::Result<Vec<IpAddr>> {
    let Some(target) = targets.first() else { return Ok(Vec::new()) };
    match (target.address(), dns) {
        (Some(address), _) => Ok(vec![address]),
        (None, Some(server)) => lookup::addresses(&target.host, server).await,
        (None, None) => Err(io::Error::other("a name needs --dns")),
    }
}
