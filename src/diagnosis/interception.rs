//! Somebody else answers: proven by a device's own name in its own greeting, or by how near it is, or only suspected.

use super::finding::{Diagnosis, Finding};
use super::finding_id::FindingId;
use super::findings::captive_portal;
use super::seen::first_line;
use super::state::State;
use super::{certificate, path, phrases, shape};
use crate::observation::{Attempt, Observation, Stage};
use crate::protocol::{Status, Stop};
use crate::service::{Protocol, Security};
use crate::target::Host;

/// Programs on a user's machine that take mail connections over and greet with their own name.
const LOCAL_MAIL_PROXIES: [&str; 6] = ["avast", "avg", "bitdefender", "eset", "kaspersky", "norton"];

/// What such a program calls itself beside the maker's name. Without it the name may be a filter on the server's side.
const PROXY_WORDS: [&str; 3] = ["proxy", "mail shield", "mail scanner"];

/// How such a program says that it could not reach the server: `421 Cannot connect to SMTP server 192.0.2.1
/// (192.0.2.1:25), connect error 10060`, and the same after `* BYE` and `-ERR`.
const CANNOT_CONNECT: [&str; 4] = [
    "cannot connect to smtp server",
    "cannot connect to imap server",
    "cannot connect to pop server",
    "cannot connect to pop3 server",
];

/// What the numbers of Windows Sockets mean that such a program names.
const SOCKET_ERRORS: [(u32, &str); 11] = [
    (10013, "this was not permitted"),
    (10049, "the address cannot be used"),
    (10050, "the network is down"),
    (10051, "the network is unreachable"),
    (10053, "the connection was aborted"),
    (10054, "the connection was reset"),
    (10060, "the connection timed out"),
    (10061, "the connection was refused"),
    (10064, "the host is down"),
    (10065, "the host is unreachable"),
    (11001, "the host was not found"),
];

/// What the issuers of programs and devices that open TLS call themselves, in lower case and as whole words.
const INSPECTING_ISSUERS: [&str; 17] = [
    "avast web/mail shield",
    "avg web/mail shield",
    "eset ssl filter",
    "kaspersky",
    "bitdefender",
    "norton web/mail shield",
    "netfiltersdk",
    "zscaler",
    "fortigate",
    "fortinet",
    "fortinet_ca_ssl",
    "sophos",
    "blue coat",
    "cisco umbrella",
    "palo alto networks",
    "netskope",
    "watchguard",
];

/// What a page for strangers to a network asks them to do.
const LOGIN_WORDS: [&str; 8] =
    ["log in", "login", "log on", "logon", "sign in", "sign on", "authenticate", "authentication required"];

/// Adds what points to somebody else, and makes it the state where it is proven.
pub(super) fn judge(observation: &Observation, probe: &Attempt, diagnosis: &mut Diagnosis) {
    if let Some(finding) = answered_in_its_place(observation, probe) {
        // What was said is about no server: neither that it refuses, nor that it speaks plaintext.
        diagnosis.state = State::Intercepted;
        diagnosis.findings = vec![finding];
    }
    let by_name = device_greeting(observation, probe).map(|greeting| (Stage::Greeting, mail_shield(greeting)));
    let by_place = path::interception(observation).map(|finding| (Stage::Connect, finding));
    if by_name.is_some() || by_place.is_some() {
        // Whatever was seen is about who answered: no advice to the server's administrator follows from it.
        diagnosis.findings.clear();
    }
    for (stage, finding) in by_name.into_iter().chain(by_place) {
        diagnosis.state = State::Intercepted;
        diagnosis.failed_stage = Some(stage);
        diagnosis.findings.insert(0, finding);
    }
    diagnosis.findings.extend(login_page(probe, diagnosis.state));
    if let Some(inspecting) = inspecting_issuer(observation) {
        // While somebody in between is the likelier cause, nothing at the server should be changed.
        for finding in &mut diagnosis.findings {
            if finding.id == FindingId::CertificateUnknownIssuer {
                finding.hint.clone_from(&inspecting.hint);
            }
        }
        diagnosis.findings.push(inspecting);
    }
    diagnosis.findings.extend(another_host(observation, probe));
}

fn mail_shield(greeting: String) -> Finding {
    let message =
        "A mail shield answered instead of the mail server: an antivirus program in between, usually on this machine.";
    Finding::error(FindingId::Intercepted, message)
        .evidence(greeting)
        .hint("Turn off the program's mail scanning, then probe again to see the server itself.")
}

/// Somebody answers that could not reach the server, and says so as it would: it is not the server. That the words name
/// an error number of the system, or the very address that was connected to, tells it from a server that lacks one behind
/// it.
fn answered_in_its_place(observation: &Observation, probe: &Attempt) -> Option<Finding> {
    let line = match &probe.conversation.stop {
        Some(Stop::Rejected(reply)) => reply.lines.join("\n"),
        // In answer to our TLS hello.
        _ if observation.endpoint.security == Security::Implicit && probe.tls.is_none() => {
            first_line(&probe.first_bytes)?
        }
        _ => return None,
    };
    let text = line.to_lowercase();
    if !phrases::has_any(&text, &CANNOT_CONNECT) {
        return None;
    }
    let number: Option<u32> = text.split_once("connect error").and_then(|(_, after)| {
        after.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?.parse().ok()
    });
    let address = observation.endpoint.address.map(|address| address.to_string());
    if number.is_none() && !address.is_some_and(|address| phrases::has_any(&text, &[address.as_str()])) {
        return None;
    }
    let words = number.and_then(|number| SOCKET_ERRORS.iter().find(|(known, _)| *known == number));
    let why = match (words, number) {
        (Some((number, words)), _) => format!(": {words} (error {number})"),
        (None, Some(number)) => format!(" (error {number})"),
        (None, None) => String::new(),
    };
    let message = format!(
        "Something in between, such as an antivirus mail shield on this machine, answered instead of the mail server, which \
         it could not connect to{why}."
    );
    let hint =
        "Turn off the program's mail scanning, then probe again to see whether the server itself can be reached.";
    Some(Finding::error(FindingId::Intercepted, message).evidence(line).hint(hint))
}

/// The greeting of a known mail shield, where one answered.
fn device_greeting(observation: &Observation, probe: &Attempt) -> Option<String> {
    let greeting = probe.conversation.greeting.as_ref()?;
    let maker = shape::words(&greeting.text)
        .map(str::to_ascii_lowercase)
        .find(|word| LOCAL_MAIL_PROXIES.contains(&word.as_str()))?;
    if observation.endpoint.host.to_string().split('.').any(|label| label == maker) {
        return None; // The maker's own mail server.
    }
    let text = shape::words(&greeting.text).collect::<Vec<_>>().join(" ").to_lowercase();
    let padded = format!(" {text} ");
    let proxy = PROXY_WORDS.iter().any(|word| padded.contains(&format!(" {word} ")));
    proxy.then(|| greeting.lines.join("\n"))
}

/// A greeting that sends people to a web page to log in, where no mail service came after it. A server whose
/// certificate is good is who it says it is.
fn login_page(probe: &Attempt, state: State) -> Option<Finding> {
    let greeting = probe.conversation.greeting.as_ref()?;
    let text = greeting.lines.join(" ").to_lowercase();
    let names_a_page = text.contains("http://") || text.contains("https://");
    let offers_mail = probe.conversation.plaintext.is_some() || probe.conversation.secured.is_some();
    let settled = state == State::Ok || offers_mail || is_verified(probe);
    let suspected = !settled && names_a_page && phrases::has_any(&text, &LOGIN_WORDS);
    suspected
        .then(|| captive_portal(": the greeting asks for a login on a web page").evidence(greeting.lines.join("\n")))
}

fn is_verified(probe: &Attempt) -> bool {
    probe.tls.as_ref().is_some_and(|tls| tls.certificate.is_some() && tls.faults.is_empty())
}

fn inspecting_issuer(observation: &Observation) -> Option<Finding> {
    let issuer = &certificate::facts(observation)?.certificate.as_ref()?.issuer;
    let message = "Probably a mail shield or firewall in between decrypts TLS: the certificate's issuer has the name of such a product.";
    phrases::has_any(&issuer.to_lowercase(), &INSPECTING_ISSUERS).then(|| {
        Finding::warning(FindingId::InterceptionSuspected, message).evidence(format!("issuer: {issuer}")).advised()
    })
}

/// The greeting of SMTP begins with the server's name (RFC 5321, section 4.2). A verified certificate settles who it is.
fn another_host(observation: &Observation, probe: &Attempt) -> Option<Finding> {
    let Host::Name(host) = &observation.endpoint.host else { return None };
    let greeting = probe.conversation.greeting.as_ref()?;
    if observation.endpoint.service.protocol() != Protocol::Smtp
        || greeting.status != Status::Positive
        || is_verified(probe)
    {
        return None;
    }
    let name = greeting.text.split_whitespace().next()?.trim_end_matches('.').to_ascii_lowercase();
    let message = format!(
        "The greeting names another host than {host}. That is common with hosted mail; it may also be a proxy that answers instead."
    );
    let finding = Finding::info(FindingId::GreetingNamesAnotherHost, message).evidence(greeting.lines.first().cloned());
    (looks_like_a_host(&name) && !same_owner(&name, host)).then_some(finding)
}

/// The greeting's first word may be an address.
fn looks_like_a_host(name: &str) -> bool {
    let top = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253 && shape::is_host_name(name) && !top.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether two names end in the same two labels: a careful yes, since a false alarm is worse than silence.
fn same_owner(one: &str, other: &str) -> bool {
    let tail = |name: &str| name.rsplit('.').take(2).map(str::to_ascii_lowercase).collect::<Vec<_>>();
    tail(one) == tail(other)
}
