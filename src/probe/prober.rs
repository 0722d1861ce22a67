//! What is set up once and used by every probe.

use std::sync::Arc;
#[cfg(feature = "serve")]
use std::time::Duration;

use super::options::Options;
use super::own_name::OwnName;
use super::renewed::RenewedResolver;
#[cfg(feature = "serve")]
use crate::resolve::{Families, Resolver};
use crate::transport::dial::{Dialer, PublicDialer, TcpDialer};
use crate::transport::tls::TlsClient;
use crate::transport::trust::TrustError;
#[cfg(feature = "serve")]
use crate::web::WebContext;

#[derive(Debug)]
pub struct Prober {
    pub(crate) options: Options,
    pub(super) resolver: RenewedResolver,
    pub(super) tls: TlsClient,
    pub(super) dialer: Arc<dyn Dialer>,
    pub(super) own_name: Arc<OwnName>,
}

impl Prober {
    /// Reads what the options name (certificate files), and touches no network.
    pub fn new(options: Options) -> Result<Arc<Self>, TrustError> {
        let options = options.clamped();
        let resolver = RenewedResolver::new(options.resolver.clone());
        let tls = TlsClient::new(&options.trust)?;
        let dialer = options.dialer.clone().unwrap_or_else(|| Arc::new(TcpDialer { source: options.source }));
        let dialer = if options.public_only { Arc::new(PublicDialer(dialer)) } else { dialer };
        Ok(Arc::new(Self { options, resolver, tls, dialer, own_name: Arc::default() }))
    }

    /// The resolver of the probes.
    #[cfg(feature = "serve")]
    pub(crate) fn resolver(&self) -> Arc<Resolver> {
        self.resolver.get()
    }

    /// What it takes to talk to a web server, with the names and the trust of the probes.
    #[cfg(feature = "serve")]
    pub(crate) fn web_context<'a>(
        &'a self,
        resolver: &'a Resolver,
        dialer: &'a dyn Dialer,
        connect_timeout: Duration,
    ) -> WebContext<'a> {
        WebContext { resolver, tls: &self.tls, dialer, families: Families::BOTH, connect_timeout }
    }
}
