//! Whether a domain keeps what it promises about its servers.

use super::judged::JudgedEndpoint;
use super::kept::JudgedPolicy;
use crate::diagnosis::Finding;
use crate::observation::promises::Promises;

/// All kinds of promises, and what was found about the target as a whole on the way.
#[derive(Debug, Default)]
pub(super) struct JudgedPolicies {
    pub(super) policies: Vec<JudgedPolicy>,
    pub(super) findings: Vec<Finding>,
}

/// Judges what was promised. What concerns single endpoints is among their findings already.
pub(super) fn judge(promises: &Promises, endpoints: &[JudgedEndpoint]) -> JudgedPolicies {
    let _ = (promises, endpoints);
    JudgedPolicies::default()
}
