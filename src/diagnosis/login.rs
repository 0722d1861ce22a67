//! Logging in: offered too early, or not at all.

use super::finding::{Finding, Severity};
use super::finding_id::FindingId;
use crate::observation::{Attempt, Observation};
use crate::protocol::Capabilities;
use crate::service::{Role, Security};

/// The mechanisms that hand over the password or token itself. The others prove knowledge of it.
const BARE_SECRETS: [&str; 4] = ["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"];

/// What the capabilities show about logging in.
pub(super) fn remarks(observation: &Observation, probe: &Attempt) -> Vec<Finding> {
    let mut findings = Vec::new();
    let endpoint = &observation.endpoint;
    if endpoint.security == Security::StartTls {
        findings.extend(probe.conversation.plaintext.as_ref().and_then(offered_in_the_clear));
    }
    if endpoint.service.role() == Role::Submission && endpoint.security != Security::Plaintext {
        findings.extend(probe.conversation.secured.as_ref().and_then(not_offered));
    }
    findings
}

fn offered_in_the_clear(offered: &Capabilities) -> Option<Finding> {
    let mut ways: Vec<&str> =
        BARE_SECRETS.into_iter().filter(|bare| offered.mechanisms.iter().any(|name| name == bare)).collect();
    if offered.password_login && !offered.login_disabled {
        ways.push("a password login");
    }
    let evidence = format!("offered before TLS: {}", ways.join(", "));
    let finding = Finding::usual(FindingId::PlaintextLoginOffered, Severity::Warning).evidence(evidence);
    (!ways.is_empty()).then_some(finding)
}

fn not_offered(offered: &Capabilities) -> Option<Finding> {
    let message =
        "The server offers no login (AUTH) inside TLS, so mail programs cannot submit mail here with a password.";
    let list = Some(offered.keywords.join(", ")).filter(|list| !list.is_empty());
    let finding = Finding::warning(FindingId::LoginNotOffered, message)
        .evidence(list.map(|list| format!("offered: {list}")))
        .advised();
    (offered.listed && offered.mechanisms.is_empty()).then_some(finding)
}
