//! DANE for SMTP (RFC 7672): the questions.

use std::future::pending;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::patience::Patience;
use crate::observation::promises::{Dane, DnssecPassage, DnssecStatus, HostTlsa, Proven, TlsaAnswer};
use crate::observation::{LookupFailure, LookupFailureKind};
use crate::resolve::{DnssecAbility, MailExchanger, ProvenAnswer, Resolver};
use crate::target::Host;
use crate::words::{distinct, seconds};

/// Of how many mail hosts the records are looked up.
const MAX_HOSTS: usize = 16;
/// How long senders wait for an answer at least: glibc's resolver, 5 s for each try (resolv.conf(5)).
const SENDERS_PATIENCE: Duration = Duration::from_secs(5);
/// How long the question about a host on its own is waited for before others are asked that tell whether the answer matters.
const ALONE: Duration = Duration::from_secs(1);

/// What was asked for DANE, and whether the name servers in use can tell anything of it. `None`: that was not needed.
#[derive(Debug, Default)]
pub(super) struct DaneAnswers {
    pub(super) ability: Option<DnssecAbility>,
    pub(super) dane: Option<Dane>,
}

/// What the mail hosts of a domain published.
pub(super) async fn of_domain(domain: &str, resolver: &Resolver, patience: &Patience) -> DaneAnswers {
    let (ability, mx) = tokio::join!(ability(resolver, patience), patience.wait_for(resolver.proven_mx(domain)));
    if ability.passage != DnssecPassage::Passed {
        return DaneAnswers { ability: Some(ability), dane: None };
    }
    let (exchangers, hosts) = match mx {
        Ok(answer) => {
            let hosts = if answer.records.is_empty() && answer.exists {
                // The domain's own address takes its mail (RFC 5321, section 5.1).
                domain.parse().into_iter().collect()
            } else {
                distinct(answer.records.iter().filter_map(MailExchanger::host))
            };
            (answer.proven, hosts)
        }
        Err(failure) => (cannot_tell(failure), Vec::new()),
    };
    let asked = hosts.into_iter().enumerate().map(async |(position, host)| match exchangers.status {
        _ if position >= MAX_HOSTS => Some(not_asked(host)),
        DnssecStatus::Secure => Some(of_exchanger(host, resolver, patience).await),
        DnssecStatus::Insecure => Some(of_unsigned(domain, host, resolver, patience).await),
        // Senders who check get no further, and what the hosts are is not known.
        DnssecStatus::Bogus | DnssecStatus::CannotTell => None,
    });
    let hosts = join_all(asked).await.into_iter().flatten().collect();
    DaneAnswers { ability: Some(ability), dane: Some(Dane { exchangers: Some(exchangers), hosts }) }
}

async fn ability(resolver: &Resolver, patience: &Patience) -> DnssecAbility {
    patience.wait(resolver.dnssec()).await.unwrap_or_else(|| given_up(resolver, patience))
}

/// What a name server can do whose answers were not waited for any longer.
fn given_up(resolver: &Resolver, patience: &Patience) -> DnssecAbility {
    let why = patience.why();
    // The end of a run says nothing about a name server.
    let server = resolver.first_name_server().filter(|_| !patience.is_over());
    let detail = server.map_or_else(|| why.clone(), |server| format!("the name server {server}: {why}"));
    DnssecAbility { passage: DnssecPassage::Unknown, server: server.map(|server| server.ip()), detail }
}

/// A host on its own. One without TLSA records, as most are, costs one question.
pub(super) async fn of_host(name: &str, resolver: &Resolver, patience: &Patience) -> DaneAnswers {
    let Ok(host) = name.parse::<Host>() else { return DaneAnswers::default() };
    let own = tlsa_name(name);
    let Some(answer) = patience.wait(timeout(ALONE, resolver.unproven_tlsa(&own))).await else {
        return DaneAnswers { ability: Some(given_up(resolver, patience)), dane: None };
    };
    // That no answer came matters only where the zone is signed.
    if answer.is_ok_and(|answer| answer.is_ok_and(|records| records.is_empty())) {
        let not_asked = |what: &str| Proven { status: DnssecStatus::CannotTell, reason: Some(what.to_owned()) };
        let addresses = not_asked("they were not asked for");
        let answer = TlsaAnswer::None(not_asked("the proof was not asked for"));
        let hosts = vec![HostTlsa { host, addresses, alias_of: None, asked: own, answer }];
        return DaneAnswers { ability: None, dane: Some(Dane { exchangers: None, hosts }) };
    }
    let ability = ability(resolver, patience).await;
    if ability.passage != DnssecPassage::Passed {
        return DaneAnswers { ability: Some(ability), dane: None };
    }
    let hosts = vec![of_exchanger(host, resolver, patience).await];
    DaneAnswers { ability: Some(ability), dane: Some(Dane { exchangers: None, hosts }) }
}

/// A host to which DANE applies where its addresses are proven.
async fn of_exchanger(host: Host, resolver: &Resolver, patience: &Patience) -> HostTlsa {
    let name = host.to_string();
    let own = tlsa_name(&name);
    // The TLSA records are asked for beside the first address question, whatever comes of that: so they wait for no other.
    let asking = async {
        let _ = resolver.unproven_tlsa(&own).await;
        pending().await
    };
    let ipv4 = tokio::select! {
        ipv4 = patience.wait_for(resolver.proven_addresses(&name, false)) => ipv4,
        ipv4 = asking => ipv4,
    };
    let (addresses, alias_of) = match standing(ipv4) {
        // Where one family is insecure, the other is too, and DANE does not apply.
        (proven, alias_of) if proven.status == DnssecStatus::Insecure => (proven, alias_of),
        (ipv4, alias_of) => {
            let (ipv6, of_ipv6) = standing(patience.wait_for(resolver.proven_addresses(&name, true)).await);
            (lesser(ipv4, ipv6), alias_of.or(of_ipv6))
        }
    };
    let mut asked = own.clone();
    let answer = match addresses.status {
        DnssecStatus::Insecure => {
            let records = patience.wait_for(resolver.unproven_tlsa(&own)).await.unwrap_or_default();
            if records.is_empty() {
                TlsaAnswer::NotAsked(format!("the addresses of {name} are not signed, so DANE does not apply to it"))
            } else {
                tlsa_at(&own, resolver, patience).await
            }
        }
        DnssecStatus::CannotTell => TlsaAnswer::NotAsked(format!("too little came to prove the addresses of {name}")),
        DnssecStatus::Secure | DnssecStatus::Bogus => {
            let at_end = match &alias_of {
                Some(end) => {
                    asked = tlsa_name(end);
                    Some(tlsa_at(&asked, resolver, patience).await)
                }
                None => None,
            };
            match at_end {
                Some(decisive) if !is_proven_absence(&decisive) => decisive,
                _ => {
                    asked.clone_from(&own);
                    tlsa_at(&own, resolver, patience).await
                }
            }
        }
    };
    HostTlsa { host, addresses, alias_of, asked, answer }
}

/// A host behind so many others.
fn not_asked(host: Host) -> HostTlsa {
    let why = format!("only {MAX_HOSTS} of the mail hosts were asked about");
    let addresses = Proven { status: DnssecStatus::CannotTell, reason: Some("they were not asked for".to_owned()) };
    let asked = tlsa_name(&host.to_string());
    HostTlsa { host, addresses, alias_of: None, asked, answer: TlsaAnswer::NotAsked(why) }
}

/// A host of a domain whose MX records are not signed. DANE does not apply; records that stand there are told of.
async fn of_unsigned(domain: &str, host: Host, resolver: &Resolver, patience: &Patience) -> HostTlsa {
    let own = tlsa_name(&host.to_string());
    if patience.wait_for(resolver.unproven_tlsa(&own)).await.is_ok_and(|records| !records.is_empty()) {
        return of_exchanger(host, resolver, patience).await;
    }
    let why = format!("the MX records of {domain} are not signed, so DANE does not apply to its hosts");
    let addresses = Proven { status: DnssecStatus::CannotTell, reason: Some("they were not asked for".to_owned()) };
    HostTlsa { host, addresses, alias_of: None, asked: own, answer: TlsaAnswer::NotAsked(why) }
}

/// Records of a host whose addresses are signed. That their answer does not come is a fault.
async fn tlsa_at(name: &str, resolver: &Resolver, patience: &Patience) -> TlsaAnswer {
    let Some(answer) = patience.insist(resolver.proven_tlsa(name)).await else {
        return TlsaAnswer::NotAsked(patience.why());
    };
    match answer {
        Ok(ProvenAnswer { records, proven, .. }) if records.is_empty() => TlsaAnswer::None(proven),
        Ok(ProvenAnswer { records, proven, .. }) => TlsaAnswer::Records { proven, records },
        Err(failure) => failed(failure, resolver.patience()),
    }
}

/// What a failure shows after so long a wait. An answer that was not waited for says nothing of the domain.
fn failed(failure: LookupFailure, waited: Duration) -> TlsaAnswer {
    if failure.kind == LookupFailureKind::TimedOut && waited < SENDERS_PATIENCE {
        TlsaAnswer::NotAsked(format!("no answer came within {}, which is all that this check waited", seconds(waited)))
    } else {
        TlsaAnswer::Failed(failure)
    }
}

/// Whether the next name may be tried: a failure, or a denial that does not hold, makes senders wait instead.
fn is_proven_absence(answer: &TlsaAnswer) -> bool {
    let proven = [DnssecStatus::Secure, DnssecStatus::Insecure];
    matches!(answer, TlsaAnswer::None(absence) if proven.contains(&absence.status))
}

/// How far the addresses of one family are proven, for DANE; and where an alias leads, every step of which is secure.
fn standing<T>(answer: Result<ProvenAnswer<T>, LookupFailure>) -> (Proven, Option<String>) {
    match answer {
        // An alias that is secure itself, and leads to where nothing is signed: the records of its own name count (RFC 7672,
        // section 2.2.2).
        Ok(answer) if answer.proven.status == DnssecStatus::Insecure && answer.is_secure_alias => {
            (Proven { status: DnssecStatus::Secure, reason: answer.proven.reason }, None)
        }
        Ok(answer) => (answer.proven, answer.alias_of),
        Err(failure) => (cannot_tell(failure), None),
    }
}

/// The one that proves less.
fn lesser(one: Proven, other: Proven) -> Proven {
    let rank = |proven: &Proven| match proven.status {
        DnssecStatus::Bogus => 0,
        DnssecStatus::CannotTell => 1,
        DnssecStatus::Insecure => 2,
        DnssecStatus::Secure => 3,
    };
    if rank(&other) < rank(&one) { other } else { one }
}

fn cannot_tell(failure: LookupFailure) -> Proven {
    Proven { status: DnssecStatus::CannotTell, reason: Some(failure.message) }
}

/// Where the TLSA records of a mail host stand (RFC 6698, section 3).
fn tlsa_name(host: &str) -> String {
    format!("_25._tcp.{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_wait_proves_no_silence() {
        let failure = |kind| LookupFailure::new(kind, "no name server answered");
        let told = |kind, seconds| matches!(failed(failure(kind), Duration::from_secs(seconds)), TlsaAnswer::Failed(_));
        assert!(told(LookupFailureKind::TimedOut, 10));
        assert!(!told(LookupFailureKind::TimedOut, 1), "--timeout 1s: it might have come");
        assert!(told(LookupFailureKind::Failed, 1), "SERVFAIL is an answer");
    }
}
