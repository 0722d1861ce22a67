//! The operating system's own resolver: it also knows `.local`, split DNS, and whatever else the machine is set up for.

use std::io;
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use dns_lookup::{AddrFamily, AddrInfoHints, LookupErrorKind, SockType, getaddrinfo};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::answers::{Answers, Families};
use super::udp::is_exhaustion;
use crate::observation::{LookupFailure, LookupFailureKind, Via};

pub(super) async fn addresses(name: &str, is_absolute: bool, families: Families, limit: Duration) -> Answers {
    // The final dot keeps the search domains away.
    let absolute = if is_absolute { format!("{name}.") } else { name.to_owned() };
    let failure = match in_own_thread(limit, move || look_up(&absolute, families)).await {
        Some(Ok(addresses)) => return Answers::known(Via::System, &addresses, families, "the system's resolver"),
        Some(Err(failure)) => failure,
        None => LookupFailure::new(LookupFailureKind::TimedOut, "the system's resolver did not answer in time"),
    };
    Answers::failed(Via::System, families, &failure)
}

/// Runs blocking work in a thread of its own and waits for it for at most `limit`. `None` when it takes longer.
///
/// Not tokio's pool: a runtime waits for that when it ends, and a resolver that hangs would keep the process alive.
pub(super) async fn in_own_thread<T, F>(limit: Duration, work: F) -> Option<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    // The receiver may have given up: then nobody wants the result.
    let run = move || drop(sender.send(work()));
    thread::Builder::new().name("lookup".to_owned()).spawn(run).ok()?;
    timeout(limit, receiver).await.ok()?.ok()
}

fn look_up(name: &str, families: Families) -> Result<Vec<IpAddr>, LookupFailure> {
    let address = match families {
        Families { v4: true, v6: false } => AddrFamily::Inet.into(),
        Families { v4: false, v6: true } => AddrFamily::Inet6.into(),
        Families { .. } => 0,
    };
    // One socket type, or every address comes once for each.
    let hints = AddrInfoHints { address, socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
    let found = getaddrinfo(Some(name), None, Some(hints)).map_err(failure)?;
    Ok(found.flatten().map(|info| info.sockaddr.ip()).collect())
}

fn failure(error: dns_lookup::LookupError) -> LookupFailure {
    let kind = error.kind();
    let error = io::Error::from(error);
    let kind = match kind {
        LookupErrorKind::NoName => LookupFailureKind::NoSuchName,
        LookupErrorKind::NoData => LookupFailureKind::NoAddress,
        _ if is_exhaustion(&error) => LookupFailureKind::Local,
        _ => LookupFailureKind::Failed,
    };
    LookupFailure { kind, message: format!("the system's resolver: {error}") }
}
