//! The resolver, which a service uses for as long as it runs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::resolve::{Resolver, ResolverSettings};

/// How long what a resolver has read and remembers is used: this machine's name servers and hosts file, and the answers that
/// it keeps to prove others by (DNSSEC). Plain answers of the DNS it never keeps.
const FRESH: Duration = Duration::from_secs(60);

/// The resolver, made anew by the first who needs it after a minute.
#[derive(Debug)]
pub(super) struct RenewedResolver {
    settings: ResolverSettings,
    latest: Mutex<Option<(Instant, Arc<Resolver>)>>,
}

impl RenewedResolver {
    pub(super) fn new(settings: ResolverSettings) -> Self {
        Self { settings, latest: Mutex::default() }
    }

    pub(super) fn get(&self) -> Arc<Resolver> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        match &*latest {
            Some((made, resolver)) if made.elapsed() < FRESH => Arc::clone(resolver),
            _ => {
                let new = Arc::new(Resolver::new(self.settings.clone()));
                *latest = Some((Instant::now(), Arc::clone(&new)));
                new
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_of_names_is_forgotten_after_a_minute() {
        let resolver = RenewedResolver::new(ResolverSettings::default());
        let first = resolver.get();
        tokio::time::advance(FRESH.saturating_sub(Duration::from_millis(1))).await;
        assert!(Arc::ptr_eq(&first, &resolver.get()));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!Arc::ptr_eq(&first, &resolver.get()));
    }
}
