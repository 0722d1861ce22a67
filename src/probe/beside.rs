//! Second looks at a server that says nothing, while the first connection waits on.
//!
//! A server may only be slow: whichever connection has something to tell first ends the others. That there is one connection
//! to a port at a time is given up for this alone, and only as far as it must be: one more, opened when the first has been
//! idle for a while, and counted by all limits that the user set. Where they leave no room for it, and where the port is
//! usually one that greets first, it comes after the first connection has ended.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{sleep, sleep_until};

use super::deadlines::Deadlines;
use super::limits::{ENDED_LATE, NEXT_CLIENT, SILENT, SILENT_ON_TLS_PORT};
use super::prober::Prober;
use super::vigil::{Greeting, Vigil};
use crate::observation::{Attempt, Limit, Stage, StopCause};
use crate::service::{Security, Service};
use crate::target::Endpoint;

/// When second looks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timing {
    /// While the first connection is still open.
    Beside,
    /// When it has ended: some servers, and some behind proxies, serve one client at a time.
    After,
}

/// A silence that is looked into while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    InsideTls,
    /// Where plaintext is expected, on a port of TLS from the first byte: `smtp://` was typed for port 465, perhaps.
    OnTlsPort,
    /// Where plaintext is expected, on a port that the port table does not know.
    OnUnlistedPort,
}

impl Silence {
    /// The one to look into, if the endpoint is silent. Not on the ports where mail servers greet in plaintext: servers there
    /// delay the greeting on purpose, and take a second connection meanwhile for what spammers do.
    pub(super) fn of(endpoint: &Endpoint) -> Option<Self> {
        match (endpoint.security, Service::by_port(endpoint.port).map(Service::security)) {
            (Security::Implicit, _) => Some(Self::InsideTls),
            (_, Some(Security::Implicit)) => Some(Self::OnTlsPort),
            (_, None) => Some(Self::OnUnlistedPort),
            (_, Some(Security::StartTls | Security::Plaintext)) => None,
        }
    }

    /// How long it is borne, at most.
    const fn patience(self) -> Duration {
        match self {
            Self::OnTlsPort => SILENT_ON_TLS_PORT,
            Self::InsideTls | Self::OnUnlistedPort => SILENT,
        }
    }
}

impl Prober {
    /// Looks into a silence, as soon as its vigil has lasted for a while. While the first connection is open, another is one
    /// more than the user may have allowed, and is waited for.
    pub(super) async fn look_beside(
        &self,
        watched: Option<&(Silence, Vigil)>,
        endpoint: &Endpoint,
        server: SocketAddr,
        deadlines: &Deadlines<'_>,
    ) -> Vec<Attempt> {
        let Some((silence, vigil)) = watched else { return Vec::new() };
        let begun = vigil.until(|greeting| greeting != Greeting::NotAwaited).await;
        let Greeting::Awaited { since, until } = begun else { return Vec::new() };
        let patience = silence.patience().min(until.duration_since(since) / 2);
        let admitted = async {
            sleep_until(since + patience).await;
            match &deadlines.context.bounds {
                Some(bounds) => Some(bounds.admit_second(&endpoint.host, server).await),
                None => None,
            }
        };
        let admitted = tokio::select! {
            biased;
            _ = vigil.over() => None,
            admitted = Box::pin(admitted) => Some(admitted),
        };
        // Boxed, because thousands of servers may be waited for that never come to this.
        let look = |timing| {
            Box::pin(async move {
                match *silence {
                    Silence::InsideTls => self.look_inside_tls(timing, vigil, endpoint, server, deadlines).await,
                    Silence::OnTlsPort | Silence::OnUnlistedPort => {
                        vec![self.offer_tls(timing, vigil, endpoint, server, deadlines).await]
                    }
                }
            })
        };
        let mut looks = if admitted.is_some() { look(Timing::Beside).await } else { Vec::new() };
        drop(admitted);
        let nothing_learnt = looks.iter().all(was_not_served);
        if nothing_learnt && vigil.over().await == Greeting::Missing && since.elapsed() >= ENDED_LATE {
            sleep(NEXT_CLIENT).await;
            looks.extend(look(Timing::After).await);
        }
        looks
    }
}

/// Whether a look told nothing, perhaps because the server was busy with the first connection.
fn was_not_served(look: &Attempt) -> bool {
    look.stop.as_ref().is_some_and(|stop| match stop.cause {
        StopCause::TimedOut(Limit::Stage | Limit::Endpoint) | StopCause::Connect(_) => true,
        StopCause::Closed | StopCause::Reset | StopCause::Broken(_) | StopCause::Tls(_) => {
            stop.stage != Stage::Greeting
        }
        _ => false,
    })
}
