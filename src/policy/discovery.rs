//! Findings about how a mail domain's servers were found.

use std::collections::BTreeSet;

use super::judged::JudgedEndpoint;
use super::recommend::known_to_take_password;
use crate::diagnosis::{Finding, FindingId};
use crate::observation::LookupFailureKind;
use crate::observation::discovery::{
    Consultation, Discovery, LoginMethod, NamedServer, Oddity, ProviderFacts, SourceOutcome,
};
use crate::service::Role;
use crate::target::{Host, Source};
use crate::words::{capitalised, distinct, seconds};

/// What is worth telling. What an endpoint tells by itself is not told again.
pub(super) fn findings(discovery: &Discovery, endpoints: &[JudgedEndpoint]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if endpoints.is_empty() {
        findings.push(no_server_named(discovery));
    }
    // The endpoint of the domain itself says that it has no address either.
    let nowhere = endpoints.iter().any(|JudgedEndpoint { observation, .. }| {
        let failure = observation.lookup.as_ref().map(|failure| failure.kind);
        observation.endpoint.sources == [Source::ImplicitMx] && failure == Some(LookupFailureKind::NoAddress)
    });
    let told = |oddity: &&Oddity| match oddity {
        Oddity::NoPassword { server, .. } => !known_to_take_password(discovery, &server.host, server.port),
        _ => true,
    };
    findings.extend(discovery.oddities.iter().filter(told).map(|oddity| odd(oddity, &discovery.domain, nowhere)));
    for source in [Source::Mx, Source::Srv] {
        findings.extend(failed_lookup(discovery, source, endpoints));
    }
    findings.extend(autoconfig_trouble(discovery));
    findings.extend(USES.into_iter().filter_map(|(role, words)| disagreement(discovery, role, words)));
    findings.extend(discovery.provider.iter().flat_map(known));
    findings
}

fn no_server_named(discovery: &Discovery) -> Finding {
    let domain = &discovery.domain;
    let asked = distinct(discovery.consultations.iter().map(|consultation| source_words(consultation.source)));
    let failed_by = |kind| {
        discovery.consultations.iter().filter_map(|one| one.failure.as_ref()).any(|failure| failure.kind == kind)
    };
    let message = if discovery.named_any() {
        format!("No source names a server of {domain} on the requested ports.")
    } else if failed_by(LookupFailureKind::TimedOut) {
        format!("No server of {domain} was found: no name server answered in time.")
    } else {
        format!("No source names a mail server of {domain}.")
    };
    Finding::error(FindingId::NoServerNamed, message)
        .evidence(Some(asked.join(", ")).filter(|asked| !asked.is_empty()).map(|asked| format!("asked: {asked}")))
        .hint("Check the spelling. If you know the mail host's name, probe it: mailprobe mail.example.org; or try the usual names with --guess.")
}

fn odd(oddity: &Oddity, domain: &str, nowhere: bool) -> Finding {
    use FindingId::{MxIsAlias, MxIsNoName, MxMissing, PlaintextPublished, SlowNameServer};
    match oddity {
        Oddity::NoMailExchanger if nowhere => Finding::info(
            MxMissing,
            format!("{domain} has no MX record and no address, so no mail can be delivered for it."),
        )
        .hint("Publish an MX record that names the mail host, if the domain should take mail."),
        Oddity::NoMailExchanger => Finding::info(
            MxMissing,
            format!("{domain} has no MX record, so mail for it goes to the host {domain} itself."),
        )
        .hint("Publish an MX record that names the mail host."),
        Oddity::MailExchangerIsAlias { host, target } => Finding::warning(
            MxIsAlias,
            format!("An MX record of {domain} points to the alias {host}. Some mail servers refuse to follow it."),
        )
        .evidence(format!("{host} is an alias for {target}"))
        .hint(format!("Name the host itself in the MX record: {target}.")),
        Oddity::MailExchangerIsNoName { text } => Finding::warning(
            MxIsNoName,
            format!("An MX record of {domain} does not name a host, so mail servers cannot use it."),
        )
        .evidence(format!("it names {text}"))
        .hint("An MX record must hold a host name, never an address. Give the host a name and put that there."),
        Oddity::UnusableServer { source, text } => unusable(*source).evidence(text.clone()),
        Oddity::PlaintextPublished { source, server: NamedServer { host, port, .. } } => Finding::warning(
            PlaintextPublished,
            format!(
                "{} tells mail programs to use {host}:{port} without encryption: passwords can be read in transit.",
                capitalised(source_words(*source))
            ),
        )
        .hint("Offer TLS there, and say so in the file: socketType SSL, or STARTTLS."),
        Oddity::NoPassword { source, server, logins } => no_password(*source, server, logins),
        Oddity::NullExchangerBesideOthers => Finding::warning(
            MxIsNoName,
            format!("{domain} says with a null MX that it accepts no mail, but also names mail hosts."),
        )
        .evidence("an MX record that names \".\" must be the only one (RFC 7505, section 3)".to_owned())
        .hint("Remove the null MX record if the domain accepts mail, and the other MX records if it does not."),
        Oddity::SlowNameServer { asked, took } => Finding::warning(
            SlowNameServer,
            format!(
                "DNS answers about {domain} are slow, and mail servers and mail programs wait for them. Either the \
                 domain's name servers are slow, or the one that was asked."
            ),
        )
        .evidence(format!("{asked}: answered after {}", seconds(*took)))
        .hint("Try another name server with --dns-server. If it is just as slow, check the domain's: one may be down."),
    }
}

fn no_password(source: Source, NamedServer { host, port, .. }: &NamedServer, logins: &[LoginMethod]) -> Finding {
    let needs: Vec<&str> = logins
        .iter()
        .map(|login| match login {
            LoginMethod::OAuth => "OAuth (sign-in with a browser)",
            LoginMethod::Kerberos => "Kerberos (GSSAPI)",
            LoginMethod::ClientCertificate => "a client certificate",
            LoginMethod::ClientAddress => "an allowed IP address",
        })
        .collect();
    let message = format!(
        "{host}:{port} accepts no passwords according to {}: it requires {}.",
        source_words(source),
        needs.join(" or ")
    );
    let hint = match logins {
        [LoginMethod::OAuth] => "Use a mail program that supports OAuth.",
        [LoginMethod::ClientAddress] => "Connect from an address that the server allows.",
        [_] => "Use a mail program that supports this login.",
        _ => "Use a mail program that supports one of these logins.",
    };
    Finding::info(FindingId::NoPasswordLogin, message).hint(hint)
}

/// What the DNS publishes is a promise; a file may also name servers that only need the local part.
fn unusable(source: Source) -> Finding {
    let message = format!("A server named by {} cannot be used.", source_words(source));
    if source != Source::Srv {
        return Finding::info(FindingId::UnusableServer, message);
    }
    Finding::warning(FindingId::UnusableServer, message)
        .hint("Fix the SRV record: it must name a host and a port, or \".\" if there is no such service.")
}

/// The records of a source could not be looked up; its first failure stands for all.
fn failed_lookup(discovery: &Discovery, source: Source, endpoints: &[JudgedEndpoint]) -> Option<Finding> {
    let of_source = discovery.consultations.iter().filter(|consultation| consultation.source == source);
    let failure = of_source.filter_map(|consultation| consultation.failure.as_ref()).find(|failure| {
        let no_name = source == Source::Mx && failure.kind == LookupFailureKind::NoSuchName;
        let unknown = [LookupFailureKind::TimedOut, LookupFailureKind::Failed, LookupFailureKind::Unreachable];
        no_name || unknown.contains(&failure.kind)
    })?;
    let told = endpoints.iter().any(|endpoint| endpoint.observation.lookup.as_ref() == Some(failure));
    if told || endpoints.is_empty() {
        return None;
    }
    let (domain, words) = (&discovery.domain, source_words(source));
    let message = match failure.kind {
        LookupFailureKind::NoSuchName => format!("{domain} does not exist in the DNS, so it has no {words}."),
        LookupFailureKind::TimedOut => {
            format!("The {words} of {domain} are not known: no name server answered in time.")
        }
        LookupFailureKind::Unreachable => {
            format!("The {words} of {domain} are not known: no name server could be reached.")
        }
        _ => format!("The {words} of {domain} are not known: the name servers could not answer."),
    };
    Some(Finding::warning(FindingId::RecordLookupFailed, message).evidence(failure.message.clone()).advised())
}

/// The file is there and broken, or its place could not be asked.
fn autoconfig_trouble(discovery: &Discovery) -> Vec<Finding> {
    let is_search = |consultation: &&Consultation| matches!(consultation.source, Source::Autoconfig | Source::Ispdb);
    let asked = discovery.consultations.iter().filter(is_search);
    let trouble = |Consultation { asked, outcome, detail, .. }: &Consultation| {
        let finding = match outcome {
            SourceOutcome::Unusable => Finding::warning(
                FindingId::AutoconfigUnusable,
                "The autoconfiguration file for mail programs cannot be used.",
            )
            .hint("Fix the file, or remove it: it misleads mail programs that look for it."),
            SourceOutcome::Insecure => Finding::warning(
                FindingId::AutoconfigPlainHttp,
                "The autoconfiguration file for mail programs is only available over unencrypted HTTP, so it was not \
                 used. Mail programs that fetch it that way can be sent to a wrong server by anyone on the path.",
            )
            .hint(format!(
                "Offer the same file over HTTPS, with a certificate that is valid for autoconfig.{}.",
                discovery.domain
            )),
            SourceOutcome::Unreachable => Finding::info(
                FindingId::AutoconfigUnusable,
                "A location where mail programs look for an autoconfiguration file could not be queried.",
            ),
            SourceOutcome::Named | SourceOutcome::Nothing | SourceOutcome::NotOffered => return None,
        };
        Some(finding.evidence(format!("{asked}: {}", detail.as_deref().unwrap_or_default())))
    };
    asked.filter_map(trouble).collect()
}

/// What a mail program uses a server for.
const USES: [(Role, &str); 3] = [
    (Role::Submission, "sending mail"),
    (Role::Access, "reading mail with IMAP"),
    (Role::Retrieval, "fetching mail with POP3"),
];

/// What mail programs find in two places, and not one server is in both.
fn disagreement(discovery: &Discovery, role: Role, purpose: &str) -> Option<Finding> {
    let named_by = |source| -> Vec<&NamedServer> {
        let of_source = discovery.consultations.iter().filter(move |consultation| consultation.source == source);
        of_source.flat_map(|one| &one.servers).filter(|server| server.service.role() == role).collect()
    };
    // The search for a file ends with the first that names servers.
    let source = if named_by(Source::Autoconfig).is_empty() { Source::Ispdb } else { Source::Autoconfig };
    let (srv, file) = (named_by(Source::Srv), named_by(source));
    if srv.is_empty() || file.is_empty() || srv.iter().any(|server| file.contains(server)) {
        return None;
    }
    let (by_srv, by_file, words) = (told(&srv, &file), told(&file, &srv), source_words(source));
    let message = format!("For {purpose}, SRV names {by_srv}, {words} names {by_file}.");
    let finding = Finding::warning(FindingId::SourcesDisagree, message).evidence(format!(
        "SRV: {}; {words}: {}",
        listed(&srv),
        listed(&file)
    ));
    Some(if source == Source::Ispdb {
        finding.hint("Publish an autoconfiguration file of your own with the servers of the SRV records: mail programs look for it first.")
    } else {
        finding.hint("Publish the same servers in both places: which one a mail program uses is up to the program.")
    })
}

/// The ports where they tell the difference, else the whole servers.
fn told(servers: &[&NamedServer], others: &[&NamedServer]) -> String {
    let ports = |servers: &[&NamedServer]| -> Vec<String> { servers.iter().map(|one| one.port.to_string()).collect() };
    let hosts = |servers: &[&NamedServer]| -> BTreeSet<Host> { servers.iter().map(|one| one.host.clone()).collect() };
    if hosts(servers) == hosts(others) && ports(servers) != ports(others) {
        return ports(servers).join(" and ");
    }
    listed(servers)
}

fn listed(servers: &[&NamedServer]) -> String {
    let server = |one: &&NamedServer| format!("{}:{} ({})", one.host, one.port, one.security);
    servers.iter().map(server).collect::<Vec<_>>().join(", ")
}

fn known(provider: &ProviderFacts) -> Vec<Finding> {
    let title = &provider.title;
    let no_password = (!provider.takes_password).then(|| {
        let message =
            format!("{title} accepts no passwords from mail programs: it requires OAuth (sign-in with a browser).");
        Finding::info(FindingId::NoPasswordLogin, message).hint("Use a mail program that supports OAuth.")
    });
    let remark = |remark| Finding::info(FindingId::ProviderRemark, format!("{title}: {remark}"));
    no_password.into_iter().chain(provider.remarks.iter().map(remark)).collect()
}

fn source_words(source: Source) -> &'static str {
    match source {
        Source::Mx | Source::ImplicitMx => "MX records",
        Source::Srv => "SRV records",
        Source::Pacc => "PACC",
        Source::Autoconfig => "autoconfiguration",
        Source::Ispdb => "the ISPDB",
        Source::Builtin => "the built-in table",
        Source::Guess => "the usual names",
        Source::User | Source::Default => "you",
    }
}
