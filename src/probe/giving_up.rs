//! Connections that are given up before their own limit: whoever follows a run may learn by other means that nothing more
//! will come.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::observation::{Limit, StopCause};

/// How long a connection may take, by port and by whether it is IPv4. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct GivingUp(Arc<watch::Sender<BTreeMap<(u16, bool), Duration>>>);

impl GivingUp {
    /// From now on no connection to `port` over this family takes longer than `limit`; one that has is given up at once. It
    /// is told as one that was not answered within its limit.
    pub fn after(&self, port: u16, v4: bool, limit: Duration) {
        self.0.send_modify(|limits| {
            limits.insert((port, v4), limit);
        });
    }

    /// Connects, unless that is given up.
    pub(super) async fn unless_given_up<T>(
        &self,
        server: SocketAddr,
        connecting: impl Future<Output = Result<T, StopCause>>,
    ) -> Result<T, StopCause> {
        let began = Instant::now();
        let mut limits = self.0.subscribe();
        let given_up = async {
            let limit =
                |limits: &BTreeMap<(u16, bool), Duration>| limits.get(&(server.port(), server.is_ipv4())).copied();
            let limit = limits.wait_for(|limits| limit(limits).is_some()).await.ok().and_then(|limits| limit(&limits));
            match limit {
                Some(limit) => sleep_until(began + limit).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            connected = connecting => connected,
            () = given_up => Err(StopCause::TimedOut(Limit::Stage)),
        }
    }
}
