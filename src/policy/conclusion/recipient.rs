//! The answer to `mailprobe rcpt`: would mail for this recipient be taken?

use super::faults::what_is_wrong;
use super::{Cause, Finding, FindingId, JudgedEndpoint, State, conclude, uncapitalised};
use crate::diagnosis::{answer_to_recipient, reason_of_refusal};
use crate::service::Security;
use crate::words::distinct;

/// What each server said that was asked, then those that did not come to it.
pub(in crate::policy) fn about_recipient(
    recipient: &str,
    endpoints: &[JudgedEndpoint],
    of_target: &[Finding],
    causes: &[Cause],
) -> String {
    let answers = endpoints.iter().filter_map(|endpoint| Some((endpoint, answer_to_recipient(&endpoint.observation)?)));
    let mut said: Vec<String> =
        answers.clone().map(|(endpoint, answer)| sentence(recipient, endpoint, answer)).collect();
    if answers.into_iter().any(|(endpoint, _)| was_asked_in_the_clear(endpoint)) {
        said.push("It was asked without TLS, which the server does not offer.".to_owned());
    }
    let mute = || endpoints.iter().filter(|endpoint| answer_to_recipient(&endpoint.observation).is_none());
    if said.is_empty() {
        let told = match endpoints {
            [one] if one.observation.probe().is_some() => {
                return format!("Cannot tell whether {} takes mail for {recipient}: {}.", host(one), fault(one));
            }
            _ => conclude(endpoints, of_target, causes),
        };
        let is_declined = endpoints.iter().any(|endpoint| endpoint.diagnosis.state == State::DnsNoMail);
        return if is_declined {
            format!("No server takes mail for {recipient}: {}", uncapitalised(&told))
        } else {
            format!("Cannot tell whether mail for {recipient} is taken. {told}")
        };
    }
    let unasked =
        distinct(mute().map(|endpoint| format!("{} could not be asked: {}.", host(endpoint), fault(endpoint))));
    said.into_iter().chain(unasked).collect::<Vec<_>>().join(" ")
}

fn was_asked_in_the_clear(endpoint: &JudgedEndpoint) -> bool {
    let probe = endpoint.observation.probe();
    let is_taken = endpoint.diagnosis.state == State::Ok;
    is_taken
        && endpoint.observation.endpoint.security == Security::StartTls
        && probe.is_some_and(|probe| probe.tls.is_none())
}

fn fault(endpoint: &JudgedEndpoint) -> String {
    let (what, _) = what_is_wrong(endpoint);
    what.strip_prefix("could not be probed: ").map_or_else(|| format!("it {what}"), str::to_owned)
}

fn host(endpoint: &JudgedEndpoint) -> String {
    endpoint.observation.endpoint.host.to_string()
}

fn sentence(recipient: &str, endpoint: &JudgedEndpoint, answer: FindingId) -> String {
    let host = host(endpoint);
    match answer {
        FindingId::RecipientTaken => format!("{host} takes mail for {recipient}, as far as RCPT shows."),
        FindingId::RecipientsAllTaken => {
            format!("{host} takes every recipient: that it took {recipient} proves nothing.")
        }
        FindingId::RecipientNotVerified => {
            format!("{host} takes mail for {recipient}, and does not say whether that address exists.")
        }
        _ => {
            let (reason, is_about_recipient) = reason_of_refusal(answer);
            let is_for_now = endpoint.diagnosis.state == State::MailDeferred;
            let (verb, rest) = if is_for_now { ("puts off", " for now") } else { ("refuses", "") };
            let unknown = if is_about_recipient { "" } else { " Whether that mailbox exists is not known." };
            format!("{host} {verb} mail for {recipient}{rest}: {reason}.{unknown}")
        }
    }
}
