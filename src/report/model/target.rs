//! The target's part of the JSON contract.

use std::net::IpAddr;

use super::discovery::ConsultationReport;
use super::finding::{CauseReport, FindingReport};
use super::policies::PoliciesReport;
use crate::diagnosis::State;
use crate::observation::discovery::ServerLogin;
use crate::observation::{FamilyLookup, LookupFailureKind, Resolution, Via};
use crate::policy::{JudgedTarget, Recommended, Setting, Verdict};
use crate::report::mirror::{all, mirror};
use crate::report::time::milliseconds;
use crate::service::{LoginNeed, Protocol, Security, Service};
use crate::target::{Source, TargetKind};

mirror! {
    /// Facts about a target as a whole.
    struct TargetSummary from target: &JudgedTarget {
        /// As typed.
        target: String = target.typed.clone(),
        /// What it is.
        kind: TargetKind = target.kind,
        /// What one thinks of it.
        verdict: Verdict = target.verdict,
        /// What a person would say about it.
        conclusion: String = target.conclusion.clone(),
        /// What to do.
        hints: Vec<String> = target.hints.clone(),
        /// What is wrong, or worth knowing, each told once with its scope; worst first.
        causes: Vec<CauseReport> = all(&target.causes),
        /// Findings about the target as a whole.
        findings: Vec<FindingReport> = all(&target.findings),
        /// For a mail domain: who was asked for its servers, and what each said; `null` otherwise.
        discovery: Option<Vec<ConsultationReport>> =
            target.discovery.as_ref().map(|discovery| all(&discovery.consultations)),
        /// How its names were resolved.
        resolution: Vec<ResolutionReport> = all(&target.resolutions),
        /// For a mail domain: what to enter in a mail program; `null` otherwise.
        recommended: Option<RecommendedReport> =
            target.recommended.as_ref().map(RecommendedReport::from),
        /// What is promised about its servers, and whether it is kept; `null` where nothing was looked up.
        policies: Option<PoliciesReport> =
            target.promises.as_ref().map(|promises| (target, promises).into()),
    }

    /// How a host name was resolved.
    struct ResolutionReport from resolution: &Resolution {
        /// The host name, or the address as typed.
        host: String = resolution.host.clone(),
        /// The addresses found.
        #[cfg_attr(feature = "cli", schemars(with = "Vec<String>"))]
        addresses: Vec<IpAddr> = resolution.addresses.clone(),
        /// Who knew.
        via: Via = resolution.via,
        /// The name server that gave them, where it was one.
        name_server: Option<String> = resolution.name_server.clone(),
        /// The name that has them, where it is the host's in one of this machine's search domains; `null` otherwise.
        found_as: Option<String> = resolution.found_as.clone(),
        /// How the lookup of IPv4 addresses went: `ok` or a `dns-…` state; `null` when nobody asked.
        ipv4: Option<State> = resolution.ipv4.as_ref().and_then(lookup_state),
        /// How the lookup of IPv6 addresses went: `ok` or a `dns-…` state; `null` when nobody asked.
        ipv6: Option<State> = resolution.ipv6.as_ref().and_then(lookup_state),
        /// How long it took.
        duration_ms: f64 = milliseconds(resolution.duration),
    }

    /// What to enter in a mail program, best first. Only what was checked and passed is recommended.
    #[cfg_attr(feature = "cli", schemars(rename = "Recommended"))]
    struct RecommendedReport from recommended: &Recommended {
        /// For reading mail.
        incoming: Vec<ServerSetting> = all(&recommended.incoming),
        /// For sending mail.
        outgoing: Vec<ServerSetting> = all(&recommended.outgoing),
        /// Why these, in one sentence, or why none; `null` where nobody named a server for mail programs.
        why: Option<String> = recommended.why.clone(),
    }

    /// One server to enter in a mail program.
    struct ServerSetting from setting: &Setting {
        /// The service.
        service: Service = setting.service,
        /// Its protocol.
        protocol: Protocol = setting.service.protocol(),
        /// The server's host name.
        host: String = setting.host.to_string(),
        /// The TCP port.
        port: u16 = setting.port,
        /// How the connection is to be secured.
        security: Security = setting.security,
        /// Who named the server.
        sources: Vec<Source> = setting.sources.clone(),
        /// The login methods that the server offers inside TLS: names of SASL mechanisms. Hostile text.
        login: Vec<String> = setting.login.clone(),
        /// Whether one of the login methods takes a password; `null` where the server does not list them, `false` where the
        /// provider or an autoconfiguration file says that none will do, whatever the server lists.
        password: Option<bool> = setting.password,
        /// What the provider asks for before a mail program can log in, by the built-in table on the day of the run.
        login_needs: Vec<LoginNeedReport> = all(&setting.login_needs),
    }

    /// One thing that a provider asks for before a mail program can log in.
    #[cfg_attr(feature = "cli", schemars(rename = "LoginNeedOfServer"))]
    struct LoginNeedReport from login: &ServerLogin {
        /// `oauth`, `app-password` (made for the program in the account's settings), `switch-on-first` (mail programs have to be
        /// allowed first), or `password` where other sources say that none would do.
        needs: LoginNeed = login.needs,
        /// That in a sentence or two.
        text: String = login.text.clone(),
        /// The page that says how; `null` where none is known.
        page: Option<String> = login.page.clone(),
    }
}

/// `None` where nobody asked.
fn lookup_state(lookup: &FamilyLookup) -> Option<State> {
    Some(match lookup {
        Ok(()) => State::Ok,
        Err(failure) => match failure.kind {
            LookupFailureKind::NoSuchName => State::DnsNoSuchName,
            LookupFailureKind::NoAddress
            | LookupFailureKind::NoIpv4Address
            | LookupFailureKind::NoIpv6Address
            | LookupFailureKind::NameBlocked => State::DnsNoAddress,
            LookupFailureKind::NoMail => State::DnsNoMail,
            LookupFailureKind::TimedOut => State::DnsTimeout,
            LookupFailureKind::Failed | LookupFailureKind::Unreachable | LookupFailureKind::NoNetwork => {
                State::DnsFailed
            }
            LookupFailureKind::Local => State::LocalError,
            LookupFailureKind::Ipv6Off => return None,
        },
    })
}
