//! With `-v`: everything that is known of every endpoint.

use super::group::Group;
use super::{transcript, words};
use crate::observation::discovery::{Consultation, NamedServer};
use crate::observation::{
    Attempt, CertificateFacts, FamilyLookup, LoginAsked, LoginOutcome, LoginTalk, Purpose, Resolution, TlsFacts,
    Withheld,
};
use crate::policy::{JudgedEndpoint, JudgedTarget};
use crate::protocol::Capabilities;
use crate::report::known::first;
use crate::report::sanitize::fit;
use crate::report::style::{Ink, Page, Style, pad, pad_left};
use crate::report::time;
use crate::target::Source;

/// Writes how the target's names were resolved, and the details of every endpoint that is shown.
pub(super) fn write(page: &mut Page, target: &JudgedTarget, groups: &[Group<'_>], style: Style) {
    let consultations = target.discovery.iter().flat_map(|discovery| &discovery.consultations);
    let asked: Vec<String> = consultations.map(|consultation| answered(consultation, style)).collect();
    let names: Vec<String> = target.resolutions.iter().map(|resolution| resolved(resolution, style)).collect();
    for (name, facts) in [("asked", asked), ("name", names)] {
        if !facts.is_empty() {
            page.blank();
        }
        for text in facts {
            fact(page, name, &text, style);
        }
    }
    for group in groups {
        let endpoints = group.rows.iter().flat_map(|row| row.ports.iter().copied());
        for judged in endpoints.filter(|judged| !judged.observation.attempts.is_empty()) {
            page.blank();
            endpoint(page, judged, &group.label, style);
        }
    }
}

const INDENT: usize = 16;
/// How much of one remark or list is shown; more is in the JSON.
const MAX_WIDTH: usize = 1000;

pub(in crate::report) fn answered(consultation: &Consultation, style: Style) -> String {
    let Consultation { asked, outcome, detail, servers, duration, .. } = consultation;
    let named = |server: &NamedServer| format!("{}:{} ({})", server.host, server.port, server.security);
    let mut remarks = vec![format!("{asked}: {outcome}")];
    remarks.extend(detail.clone());
    remarks.extend(servers.iter().map(named));
    remarks.push(time::short(*duration));
    remarks.join(style.separator())
}

pub(in crate::report) fn resolved(resolution: &Resolution, style: Style) -> String {
    let addresses = &resolution.addresses;
    let found = if addresses.is_empty() { "no address".to_owned() } else { words::joined(addresses) };
    let mut remarks = vec![format!("{}: {found}", resolution.host)];
    remarks.extend(resolution.ipv4.as_ref().map(|lookup| family("IPv4", lookup)));
    remarks.extend(resolution.ipv6.as_ref().map(|lookup| family("IPv6", lookup)));
    remarks.push(format!("via {} in {}", resolution.via, time::short(resolution.duration)));
    remarks.join(style.separator())
}

fn family(name: &str, lookup: &FamilyLookup) -> String {
    match lookup {
        Ok(()) => format!("{name} ok"),
        Err(failure) => format!("{name} {} ({})", failure.kind, failure.message),
    }
}

fn endpoint(page: &mut Page, judged: &JudgedEndpoint, label: &str, style: Style) {
    let observation = &judged.observation;
    let endpoint = &observation.endpoint;
    page.paragraph(&[], 2, Ink::Strong, &format!("{} {} {label}", endpoint.port, endpoint.service));
    // The user knows what the user named, and the port table.
    let is_plain = |source: &&Source| matches!(source, Source::User | Source::Default);
    let sources = words::sources(endpoint.sources.iter().filter(|source| !is_plain(source)));
    if !sources.is_empty() {
        fact(page, "named by", &sources, style);
    }
    if observation.tries > 1 {
        fact(page, "tries", &observation.tries.to_string(), style);
    }
    for (number, attempt) in observation.attempts.iter().enumerate() {
        if number > 0 {
            let why = second_look(attempt.purpose);
            page.paragraph(&[], 4, Ink::Plain, &format!("Second look ({}): {why}", attempt.purpose));
        }
        stages(page, attempt, style);
    }
    if let Some(tls) = first(observation, |attempt| attempt.tls.as_ref()) {
        tls_facts(page, tls, style);
    }
    offers(page, "outside TLS", first(observation, |attempt| attempt.conversation.plaintext.as_ref()), style);
    offers(page, "inside TLS", first(observation, |attempt| attempt.conversation.secured.as_ref()), style);
    if let Some(asked) = &observation.login {
        fact(page, "login", &login(asked, observation.probe(), style), style);
    }
    for attempt in &observation.attempts {
        transcript::write(page, attempt, style);
    }
}

/// `user@example.org · SCRAM-SHA-256 · accepted`
pub(in crate::report) fn login(asked: &LoginAsked, probe: Option<&Attempt>, style: Style) -> String {
    let mut remarks = vec![asked.user.clone()];
    match probe.and_then(|probe| probe.conversation.login.as_ref()) {
        None => remarks.push("it did not come to that".to_owned()),
        Some(LoginTalk { mechanism, outcome, .. }) => {
            remarks.extend(mechanism.clone());
            remarks.push(match outcome {
                LoginOutcome::Accepted(_) => "accepted".to_owned(),
                LoginOutcome::Refused(_) => "refused".to_owned(),
                LoginOutcome::Broken(how) => how.clone(),
                LoginOutcome::Unanswered => "not answered".to_owned(),
                LoginOutcome::Withheld(why) => format!("not tried: {}", withheld(*why)),
            });
        }
    }
    remarks.join(style.separator())
}

const fn withheld(why: Withheld) -> &'static str {
    match why {
        Withheld::NoTls => "no TLS",
        Withheld::Untrusted => "the certificate was not verified",
        Withheld::NotNamed => "only the DNS or a file named the server",
        Withheld::NoMechanism => "no login method that can be used",
        Withheld::MadeElsewhere => "once at another address of this service",
        Withheld::RefusedBefore => "refused at two other ports",
        Withheld::NoTimeLeft => "others took all the time",
    }
}

/// The widest stage is `secured-capabilities`; it and its outcome and time stand before the remark.
const STAGE_WIDTH: usize = 20;

fn stages(page: &mut Page, attempt: &Attempt, style: Style) {
    for record in &attempt.stages {
        let lead = format!(
            "    {} {} {}",
            pad(record.stage.name(), STAGE_WIDTH),
            pad(record.outcome.name(), "skipped".len()),
            pad_left(&time::short(record.duration), "9.9 ms ".len())
        );
        match record.detail.as_ref().map(|detail| fit(detail, MAX_WIDTH, style.charset())) {
            // On a narrow page the remark would have no room beside the stage.
            Some(detail) if style.columns() < 2 * NARROW => {
                page.line(&[(Ink::Plain, &lead)]);
                page.paragraph(&[], 6, Ink::Plain, &detail);
            }
            Some(detail) => {
                let lead = format!("{lead}  ");
                page.paragraph(&[(Ink::Plain, &lead)], lead.len(), Ink::Plain, &detail);
            }
            None => page.line(&[(Ink::Plain, &lead)]),
        }
    }
}

const NARROW: usize = 4 + STAGE_WIDTH + 1 + 7 + 1 + 7;

/// What a connection after the first is to show.
pub(in crate::report) fn second_look(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Probe => "does the usual ClientHello fail again?",
        Purpose::OfferTls => "does the silent port speak TLS?",
        Purpose::OldTls => "does it speak TLS that is retired or unusual?",
        Purpose::PartialHello => "which part of TLS is missing?",
        Purpose::ClassicHello => "does TLS work without the large post-quantum key share?",
        Purpose::SmallSegments => "does TLS work with small packets?",
        Purpose::TryStarttls => "does STARTTLS work although it is not offered?",
        Purpose::CommandInTls => "what answers a command inside TLS?",
        Purpose::HelloInTls => "does it expect TLS inside TLS?",
        Purpose::SenderInTheClear => "does it insist on STARTTLS?",
    }
}

fn tls_facts(page: &mut Page, tls: &TlsFacts, style: Style) {
    let session: Vec<_> = [&tls.version, &tls.cipher_suite, &tls.key_exchange].into_iter().flatten().cloned().collect();
    if !session.is_empty() {
        fact(page, "TLS", &session.join(style.separator()), style);
    }
    let Some(certificate) = &tls.certificate else { return };
    let CertificateFacts { subject, issuer, names, not_before, not_after, key, sha256, chain_length, .. } = certificate;
    let (begin, end) = (time::day_of(*not_before), time::day_of(*not_after));
    let days = words::days(certificate.chain_days_left());
    // The day of that number, where it is not the certificate's own.
    let days = match certificate.chain_ends_with() {
        Some(issuer) => format!("{days}, until {} expires on {}", issuer.subject, time::day_of(issuer.not_after)),
        None => days,
    };
    fact(page, "certificate", subject, style);
    fact(page, "issued by", issuer, style);
    if !names.is_empty() {
        fact(page, "for", &names.join(", "), style);
    }
    fact(page, "valid", &format!("{begin} to {end} ({days})"), style);
    fact(page, "key", &[key.clone(), format!("chain of {chain_length}")].join(style.separator()), style);
    fact(page, "SHA-256", sha256, style);
}

fn offers(page: &mut Page, name: &str, capabilities: Option<&Capabilities>, style: Style) {
    if let Some(Capabilities { keywords, .. }) = capabilities {
        let listed = if keywords.is_empty() { "nothing listed" } else { &keywords.join(", ") };
        fact(page, name, listed, style);
    }
}

/// A fact with its name beside it.
pub(super) fn fact(page: &mut Page, name: &str, text: &str, style: Style) {
    let name = format!("    {name}");
    page.paragraph(&[(Ink::Faint, &name)], INDENT, Ink::Plain, &fit(text, MAX_WIDTH, style.charset()));
}
