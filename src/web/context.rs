//! What it takes to ask a web server.

use std::time::Duration;

use crate::resolve::{Families, Resolver};
use crate::transport::dial::Dialer;
use crate::transport::tls::TlsClient;

#[derive(Debug, Clone, Copy)]
pub struct WebContext<'a> {
    pub resolver: &'a Resolver,
    /// Checks the certificate of the web server.
    pub tls: &'a TlsClient,
    /// Makes the connection to it.
    pub dialer: &'a dyn Dialer,
    pub families: Families,
    /// For each of its addresses.
    pub connect_timeout: Duration,
}
