//! What was found and, for the bound on a target's endpoints, not connected to.

use crate::target::Host;

/// What was left out of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The host.
    pub host: Host,
    /// How many of its addresses were left out altogether.
    pub addresses: usize,
    /// How many ports were left out, those of all its addresses together.
    pub endpoints: usize,
}
