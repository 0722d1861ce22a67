//! With `-v`: what a domain publishes about its servers, as the DNS has it.

use super::details::fact;
use super::words;
use crate::observation::promises::{
    AgentConfig, Dane, DnssecPassage, HostTlsa, MtaSts, PolicyRecord, Promises, Proven, TlsReporting, TlsaAnswer,
};
use crate::report::published::{
    Fault, failure_faults, policy_failure, policy_fault, record_faults, record_state, tlsa_data, zone_line, zone_text,
};
use crate::report::style::{Page, Style};
use crate::report::time;
use crate::words::{counted, hex};

/// Writes what each question brought.
pub(super) fn write(page: &mut Page, promises: &Promises, style: Style) {
    let Promises { name, dane, mta_sts, tls_reporting, agent_config, .. } = promises;
    let mut facts = vec![("DNSSEC", passage(promises, style))];
    facts.extend(dane.iter().flat_map(|dane| dane_facts(name, dane)));
    facts.extend(mta_sts.iter().flat_map(|found| mta_sts_facts(name, found)));
    facts.extend(tls_reporting.iter().flat_map(|found| tls_reporting_facts(name, found)));
    facts.extend(agent_config.iter().flat_map(|found| agent_config_facts(name, found)));
    page.blank();
    for (name, text) in facts {
        fact(page, name, &text, style);
    }
}

type NamedFacts = Vec<(&'static str, String)>;

fn passage(promises: &Promises, style: Style) -> String {
    let words = match promises.passage {
        DnssecPassage::Passed => "signatures are handed out",
        DnssecPassage::Stripped => "no signatures are handed out, though they were asked for",
        DnssecPassage::Unknown => "no answer that tells whether signatures are handed out",
    };
    let mut remarks = vec![words.to_owned()];
    remarks.extend(promises.passage_detail.clone());
    remarks.push(time::short(promises.duration));
    remarks.join(style.separator())
}

/// `secure`, `bogus (the signature expired)`
fn proven(proven: &Proven) -> String {
    match &proven.reason {
        Some(reason) => format!("{} ({reason})", proven.status),
        None => proven.status.to_string(),
    }
}

fn dane_facts(name: &str, dane: &Dane) -> NamedFacts {
    let mut facts: NamedFacts = Vec::new();
    facts.extend(dane.exchangers.as_ref().map(|answer| ("MX", format!("{name} MX: {}", proven(answer)))));
    facts.extend(dane.hosts.iter().flat_map(tlsa).map(|text| ("TLSA", text)));
    facts
}

/// The records of a host, or why there are none.
fn tlsa(host: &HostTlsa) -> Vec<String> {
    let HostTlsa { host: name, addresses, alias_of, asked, answer } = host;
    let alias = alias_of.iter().map(|end| format!("{name} is an alias of {end}"));
    let said = match answer {
        TlsaAnswer::Records { proven: answer, records } => {
            let records = records.iter().map(|record| zone_line(asked, "TLSA", tlsa_data(record)));
            let proof = format!("{asked}: {}, the addresses of {name}: {}", proven(answer), proven(addresses));
            records.chain([proof]).collect()
        }
        TlsaAnswer::None(answer) => vec![format!("{asked}: none, {}", proven(answer))],
        TlsaAnswer::Failed(failure) => vec![format!("{asked}: {} ({})", failure.kind, failure.message)],
        TlsaAnswer::NotAsked(why) => vec![format!("{asked}: not asked for ({why})")],
    };
    alias.chain(said).collect()
}

fn mta_sts_facts(domain: &str, found: &MtaSts) -> NamedFacts {
    let mut said = record(&format!("_mta-sts.{domain}"), &found.record);
    match &found.policy {
        None => {}
        Some(Ok(policy)) => {
            let life = counted(u64::from(policy.max_age), "second");
            said.push(format!("{}: {}, for {life}, mx: {}", found.url, policy.mode, policy.hosts.join(", ")));
            said.extend(policy.faults.iter().map(|fault| fault_words(&policy_fault(fault))));
        }
        Some(Err(failure)) => {
            let (kind, detail) = policy_failure(failure);
            said.push(format!("{}: {kind}{}", found.url, in_brackets(detail)));
            said.extend(failure_faults(failure).iter().map(fault_words));
        }
    }
    of_kind("MTA-STS", said)
}

fn tls_reporting_facts(domain: &str, found: &TlsReporting) -> NamedFacts {
    of_kind("TLS reports", record(&format!("_smtp._tls.{domain}"), &found.record))
}

fn agent_config_facts(domain: &str, found: &AgentConfig) -> NamedFacts {
    let mut said = record(&format!("_ua-auto-config.{domain}"), &found.record);
    match &found.servers {
        None => {}
        Some(Ok(servers)) => {
            let servers = servers.iter().map(|one| format!("{}:{} ({})", one.host, one.port, one.security));
            said.push(format!("{}: {}", found.url, words::joined(servers)));
        }
        Some(Err(failure)) => said.push(format!("{}: {}", found.url, failure.words())),
    }
    said.extend(found.sha256.as_ref().map(|digest| format!("the file's SHA-256: {}", hex(digest))));
    of_kind("PACC", said)
}

fn of_kind(kind: &'static str, said: Vec<String>) -> NamedFacts {
    said.into_iter().map(|text| (kind, text)).collect()
}

/// A record as in a zone file, and what is wrong with it.
fn record<T>(name: &str, record: &PolicyRecord<T>) -> Vec<String> {
    let (state, texts) = record_state(record);
    let mut said: Vec<String> = texts.iter().map(|text| zone_line(name, "TXT", zone_text(text))).collect();
    match record {
        PolicyRecord::Failed(failure) => said.push(format!("{name}: {} ({})", failure.kind, failure.message)),
        _ if texts.is_empty() => said.push(format!("{name}: {state}")),
        _ => {}
    }
    said.extend(record_faults(record).iter().map(fault_words));
    said
}

/// `missing (id)`
fn fault_words((kind, part): &Fault) -> String {
    format!("fault: {kind}{}", in_brackets(part.clone()))
}

fn in_brackets(text: Option<String>) -> String {
    text.map_or_else(String::new, |text| format!(" ({text})"))
}
