//! `--expect` and its kin: what must be so.

use std::collections::BTreeMap;

use clap::Args;

use super::similar::similar;
use super::values::{POLICIES, days, one_of};
use crate::policy::{Expectations, Expected, MinTls, PolicyKind};
use crate::probe::PolicyLookups;
use crate::service::Service;
use crate::target::{Quoted, ServicePort, Target, TargetKind, TargetSpec};
use crate::words::distinct;

/// What the user says must be so.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Expectations")]
pub(super) struct ExpectChoices {
    /// What to expect of each port, as in 25=ok,587=starttls,143=closed; checks only these ports of a host. Words: ok,
    /// open, closed, tls, starttls, implicit, plaintext, or a state
    #[arg(long, value_name = "PORT=WHAT")]
    expect: Vec<String>,

    /// Certificates must be valid for at least this many more days
    #[arg(long, value_name = "DAYS", value_parser = days)]
    min_days: Option<u32>,

    /// The TLS version must be at least this: 1.2 or 1.3
    #[arg(long, value_name = "VERSION", value_parser = min_tls)]
    min_tls: Option<MinTls>,

    /// This login method (SASL mechanism) must be offered inside TLS, except on port 25
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = mechanism)]
    expect_auth: Vec<String>,

    /// This login method must not be offered inside TLS
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = mechanism)]
    forbid_auth: Vec<String>,

    /// No login may be offered before TLS
    #[arg(long)]
    forbid_plaintext_auth: bool,

    /// The promises that the mail domain must make and keep: dane, mta-sts, tls-rpt, pacc
    #[arg(
        long, value_parser = one_of(POLICIES),
        value_name = "WHAT",
        value_delimiter = ',',
        hide_possible_values = true,
        conflicts_with_all = ["no_policies", "server_name"]
    )]
    expect_policies: Vec<PolicyKind>,
}

impl ExpectChoices {
    /// Whether a promise must be kept.
    pub(super) fn asks_for_policies(&self) -> bool {
        !self.expect_policies.is_empty()
    }

    /// What must be so, read and checked.
    pub(super) fn expectations(self) -> Result<Expectations, String> {
        let mut ports = BTreeMap::new();
        for part in self.expect.iter().flat_map(|list| list.split(',')) {
            let (port, expected) = port_expectation(part.trim())?;
            expect(&mut ports, port, expected)?;
        }
        Ok(Expectations {
            ports,
            min_days: self.min_days,
            min_tls: self.min_tls,
            required_logins: self.expect_auth,
            forbidden_logins: self.forbid_auth,
            forbid_plaintext_login: self.forbid_plaintext_auth,
            policies: distinct(self.expect_policies),
        })
    }
}

/// Notes what is expected of a port, once.
pub(super) fn expect(ports: &mut BTreeMap<u16, Expected>, port: u16, expected: Expected) -> Result<(), String> {
    match ports.insert(port, expected) {
        Some(other) if other != expected => Err(format!("port {port} cannot be both {other} and {expected}")),
        _ => Ok(()),
    }
}

/// The ports that a host is asked about: those named, and those of which something is expected, but for the ones that a
/// target names. `None`: the port table. Where the targets are not known yet, there may be hosts among them.
pub(super) fn ports_to_check(
    named: Option<Vec<ServicePort>>,
    expectations: &Expectations,
    targets: Option<&[Target]>,
) -> Result<Option<Vec<ServicePort>>, String> {
    let is_named = |port: u16| {
        let mut kinds = targets.unwrap_or_default().iter().map(|target| &target.spec);
        kinds.any(|kind| matches!(kind, TargetSpec::Endpoint(named) if named.port.port == port))
    };
    let has = |kind| targets.unwrap_or_default().iter().any(|target| target.kind() == kind);
    if targets.is_some() && !has(TargetKind::Host) {
        let is_open_ended = has(TargetKind::Domain);
        return match expectations.ports.keys().find(|&&port| !is_open_ended && !is_named(port)) {
            Some(port) => Err(format!("something is expected of port {port}, but no target uses it")),
            None => Ok(named),
        };
    }
    let mut ports = named.clone().unwrap_or_default();
    for &port in expectations.ports.keys() {
        if ports.iter().any(|known| known.port == port) || is_named(port) {
            continue;
        }
        let hint = "Name it as a target, for example smtp://mail.example.org";
        let service =
            Service::by_port(port).ok_or_else(|| format!("which protocol does port {port} speak? {hint}:{port}"))?;
        ports.push(ServicePort { port, service });
    }
    ports.sort_by_key(|port| Service::ALL.iter().position(|service| *service == port.service));
    Ok(if ports.is_empty() { named } else { Some(ports) })
}

/// Refuses to expect promises of what is no mail domain, and such as are not looked up.
pub(super) fn policies_can_be_met(
    wanted: &[PolicyKind],
    lookups: PolicyLookups,
    targets: &[Target],
) -> Result<(), String> {
    if wanted.is_empty() {
        return Ok(());
    }
    if lookups == PolicyLookups::Nobody {
        return Err("promises are expected, but not to be looked up: leave out one of the two".to_owned());
    }
    match targets.iter().find(|target| target.kind() != TargetKind::Domain) {
        None => Ok(()),
        Some(target) => Err(format!(
            "promises are expected of mail domains, and {} is none: write @ before the domain, as in @example.org",
            Quoted::new(&target.typed)
        )),
    }
}

fn port_expectation(text: &str) -> Result<(u16, Expected), String> {
    let (port, expected) = text.split_once('=').ok_or_else(|| {
        format!("write a port and what to expect of it, as in 25=ok, instead of {}", Quoted::new(text))
    })?;
    Ok((port_number(port.trim())?, expected_word(expected.trim())?))
}

pub(super) fn port_number(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| format!("{} is not a TCP port: write a number from 1 to 65535, as in 25", Quoted::new(text)))
}

pub(super) fn expected_word(text: &str) -> Result<Expected, String> {
    Expected::from_name(&text.to_ascii_lowercase()).ok_or_else(|| {
        let near = similar(text, Expected::names()).first().map(|near| format!("; did you mean {near}?"));
        format!(
            "{} cannot be expected of a port: write ok, open, closed, tls, starttls, implicit, plaintext or a state{}",
            Quoted::new(text),
            near.unwrap_or_default()
        )
    })
}

pub(super) fn min_tls(text: &str) -> Result<MinTls, String> {
    MinTls::from_name(text.trim_start_matches("TLSv")).ok_or_else(|| "write 1.2 or 1.3".to_owned())
}

/// The name of a SASL mechanism (RFC 4422, section 3.1), in upper case.
pub(super) fn mechanism(text: &str) -> Result<String, String> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    // 20 is the limit of the RFC; OAUTHBEARER-like names of vendors keep to it as well.
    if text.is_empty() || text.len() > 20 || !text.chars().all(allowed) {
        return Err("write the name of a SASL mechanism, as in PLAIN or SCRAM-SHA-256".to_owned());
    }
    Ok(text.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> Result<Expectations, String> {
        ExpectChoices { expect: vec![list.to_owned()], ..ExpectChoices::default() }.expectations()
    }

    #[test]
    fn a_list_gives_each_port_its_word() {
        let ports = read("25=OK, 587=STARTTLS,143=closed").expect("a list").ports;
        let ports: Vec<_> = ports.iter().map(|(port, expected)| format!("{port} {expected}")).collect();
        assert_eq!(ports, ["25 ok", "143 closed", "587 starttls"]);
    }

    #[test]
    fn mistakes_say_what_to_write() {
        for (list, word) in [
            ("25", "25=ok"),
            ("0=ok", "port"),
            ("25=shut", "closed"),
            ("25=clsoed", "mean closed"),
            ("25=ok,25=closed", "both"),
        ] {
            let error = read(list).expect_err(list);
            assert!(error.contains(word), "{list}: {error}");
        }
    }

    #[test]
    fn expected_ports_are_checked_and_no_others() {
        let hosts = [Target::parse("mail.example.org").expect("a host")];
        let expectations = read("143=closed,25=ok").expect("a list");
        let ports = ports_to_check(None, &expectations, Some(&hosts)).expect("ports").expect("named ports");
        assert_eq!(ports.iter().map(|port| port.port).collect::<Vec<_>>(), [25, 143]);
        let elsewhere = [Target::parse("mail.example.org:587").expect("an endpoint")];
        assert!(ports_to_check(None, &expectations, Some(&elsewhere)).is_err());
    }
}
