//! The bare cost of many checks: the same sockets, TLS and lines, without anything being understood or told.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connection::Connection;
use super::words::Ask;
use super::{Target, lookup, tls};
use crate::Security;

/// How long one connection may take.
const PATIENCE: Duration = Duration::from_secs(45);

/// How to connect.
#[derive(Debug, Clone)]
pub struct Bare {
    tls: Arc<ClientConfig>,
    /// Who knows the addresses of names.
    dns: Option<SocketAddr>,
    /// The name that TLS asks for, instead of the target's own.
    server_name: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many went as they should.
    pub good: usize,
    /// How many did not.
    pub failed: usize,
    /// What the first of those met.
    pub error: Option<String>,
}

impl Bare {
    /// Reads nothing and touches no network.
    pub fn new(dns: Option<SocketAddr>, server_name: Option<String>) -> io::Result<Self> {
        Ok(Self { tls: tls::unjudged().map_err(io::Error::other)?, dns, server_name })
    }

    /// Connects to all of them, so many at a time.
    pub async fn run<I>(&self, targets: I, concurrency: usize) -> Outcome
    where
        I: Iterator<Item = Target> + Send + 'static,
    {
        let targets = Arc::new(Mutex::new(targets));
        let mut workers = JoinSet::new();
        for _ in 0..concurrency.max(1) {
            let (bare, targets) = (self.clone(), Arc::clone(&targets));
            workers.spawn(async move {
                let mut outcome = Outcome::default();
                loop {
                    let next = targets.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(target) = next else { return outcome };
                    let checked = timeout(PATIENCE, bare.check(&target)).await;
                    match checked.unwrap_or_else(|late| Err(late.into())) {
                        Ok(()) => outcome.good += 1,
                        Err(error) => {
                            outcome.failed += 1;
                            outcome.error.get_or_insert_with(|| format!("{}: {error}", target.host));
                        }
                    }
                }
            });
        }
        let mut sum = Outcome::default();
        while let Some(outcome) = workers.join_next().await {
            let outcome = outcome.unwrap_or_default();
            sum.good += outcome.good;
            sum.failed += outcome.failed;
            sum.error = sum.error.or(outcome.error);
        }
        sum
    }

    async fn check(&self, target: &Target) -> io::Result<()> {
        let address = match (target.address(), self.dns) {
            (Some(address), _) => address,
            (None, Some(server)) => {
                let addresses = lookup::addresses(&target.host, server).await?;
                addresses.first().copied().ok_or(io::ErrorKind::NotFound)?
            }
            (None, None) => return Err(io::Error::other("a name needs --dns")),
        };
        let name = self.server_name.clone().unwrap_or_else(|| target.host.clone());
        let name = ServerName::try_from(name).map_err(io::Error::other)?;
        let mut connection = Connection::open((address, target.port).into(), target.protocol, false).await?;
        if target.security == Security::Implicit {
            connection.secure(Arc::clone(&self.tls), name, None).await?;
            connection.ask(Ask::Greeting).await?;
        } else {
            connection.ask(Ask::Greeting).await?;
            connection.ask(Ask::Capabilities).await?;
            connection.ask(Ask::StartTls).await?;
            connection.secure(Arc::clone(&self.tls), name, None).await?;
        }
        connection.ask(Ask::Capabilities).await?;
        connection.say(Ask::Goodbye).await?;
        connection.close().await
    }
}
