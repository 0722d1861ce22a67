//! What is set up once and used by every probe.

use std::sync::Arc;

use super::options::Options;
use super::own_name::OwnName;
use super::renewed::RenewedResolver;
use crate::transport::dial::{Dialer, PublicDialer, TcpDialer};
use crate::transport::tls::TlsClient;
use crate::transport::trust::TrustError;

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
}
