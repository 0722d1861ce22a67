//! Logging in: offered too early, or not at all.

use super::finding::{Finding, Severity};
use super::finding_id::FindingId;
use super::phrases;
use crate::observation::{Attempt, Observation};
use crate::protocol::Capabilities;
use crate::service::{Protocol, Role, Security};

/// The mechanisms that hand over the password or token itself. The others prove knowledge of it.
const BARE_SECRETS: [&str; 4] = ["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"];

/// How GNU Mailutils says that it takes no login without TLS.
const TLS_REQUIRED: &str = "XTLSREQUIRED";

/// What the capabilities show about logging in.
pub(super) fn remarks(observation: &Observation, probe: &Attempt) -> Vec<Finding> {
    let mut findings = Vec::new();
    let endpoint = &observation.endpoint;
    if endpoint.security == Security::StartTls {
        let offered = probe.conversation.plaintext.as_ref().and_then(offered_in_the_clear);
        findings.extend(
            offered.map(|offered| if trusts_its_own_host(observation, probe) { only_here(offered) } else { offered }),
        );
    }
    if endpoint.service.role() == Role::Submission && endpoint.security != Security::Plaintext {
        findings.extend(probe.conversation.secured.as_ref().and_then(not_offered));
    }
    findings
}

/// The ways to log in that hand over the password itself, in the clear where there is no TLS.
pub(super) fn bare_logins(offered: &Capabilities) -> Vec<&'static str> {
    if requires_tls(offered) {
        return Vec::new();
    }
    let mut ways: Vec<&str> =
        BARE_SECRETS.into_iter().filter(|bare| offered.mechanisms.iter().any(|name| name == bare)).collect();
    if offered.password_login && !offered.login_disabled {
        ways.push("a password login");
    }
    ways
}

pub(super) fn requires_tls(offered: &Capabilities) -> bool {
    offered.keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(TLS_REQUIRED))
}

/// Dovecot takes a connection whose two ends have the same address for a safe one, and offers it what it keeps from all
/// others.
pub(super) fn trusts_its_own_host(observation: &Observation, probe: &Attempt) -> bool {
    let greeting = probe.conversation.greeting.as_ref();
    let offered = probe.conversation.plaintext.as_ref();
    let is_dovecot = greeting.is_some_and(|greeting| phrases::has_any(&greeting.text.to_lowercase(), &["dovecot"]))
        || offered
            .is_some_and(|list| list.keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case("LOGIN-REFERRALS")));
    let is_one_host = probe.local.is_some() && probe.local == observation.endpoint.address;
    is_dovecot && is_one_host && observation.endpoint.service.protocol() != Protocol::Smtp
}

fn only_here(offered: Finding) -> Finding {
    Finding::usual(FindingId::LoginOfferedToOwnHost, Severity::Info).evidence(offered.evidence)
}

fn offered_in_the_clear(offered: &Capabilities) -> Option<Finding> {
    let ways = bare_logins(offered);
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
