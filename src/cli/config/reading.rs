//! From a text to settings: what checks and modules have in common.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::file::{CheckTable, ConfigFile, Placed, Text};
use super::mistake::Mistake;
use crate::cli::checks::Check;
use crate::cli::expect::{expect, expected_word, mechanism, min_tls, port_number};
use crate::cli::values::{
    ADDRESSES, Choice, POLICIES, SECURITIES, TRACES, TRUST_STORES, chosen, duration, server_name,
};
use crate::probe::PolicyLookups;
use crate::resolve::{Families, parse_dns_server};
use crate::service::Service;
use crate::target::{Quoted, ServicePort};

const FAMILIES: &[Choice<Families>] =
    &[("ipv4", "", Families { v4: true, v6: false }), ("ipv6", "", Families { v4: false, v6: true })];

/// Reads a file's text, and leaves its values as they are.
pub(super) fn parse(text: &str) -> Result<ConfigFile, Mistake> {
    let file: ConfigFile = toml::from_str(text).map_err(|error| Mistake::of_toml(&error, text))?;
    match &file.defaults.target {
        None => Ok(file),
        Some(target) => {
            Err(Mistake::at(key_of(&target.0, "target", text), "target is not a key here: each check names its own"))
        }
    }
}

/// Where the key of a value is: before it, in the same line; else where the value is.
pub(super) fn key_of<T>(value: &Spanned<T>, key: &str, text: &str) -> Range<usize> {
    let before = text.get(..value.span().start).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    match before.get(line..).and_then(|line| line.rfind(key)) {
        Some(column) => line + column..line + column + key.len(),
        None => value.span(),
    }
}

/// Where a key is in a table that begins at this place; the place itself where it cannot be found.
#[cfg(feature = "serve")]
pub(super) fn key_below(table: &Range<usize>, key: &str, text: &str) -> Range<usize> {
    let mut start = table.start;
    for (number, line) in text.get(start..).unwrap_or_default().split_inclusive('\n').enumerate() {
        let written = line.trim_start();
        if number > 0 && written.starts_with('[') {
            break;
        }
        let rest = written.strip_prefix(key).map(str::trim_start);
        if rest.is_some_and(|rest| rest.starts_with('=')) {
            let start = start + line.len() - written.len();
            return start..start + key.len();
        }
        start += line.len();
    }
    table.clone()
}

/// Sets what a table says.
pub(super) fn apply(check: &mut Check, settings: &CheckTable, folder: &Path) -> Result<(), Mistake> {
    let Check { options, policy, .. } = check;
    let plan = &mut options.plan;
    let expectations = &mut policy.expectations;
    let mut ports = BTreeMap::new();
    for (port, expected) in settings.expect.iter().flat_map(|expect| expect.0.get_ref()) {
        let number = port_number(port.0.get_ref()).map_err(|message| Mistake::at(port.0.span(), message))?;
        let word = read_text(expected, expected_word)?;
        expect(&mut ports, number, word).map_err(|message| Mistake::at(expected.0.span(), message))?;
    }
    expectations.ports.extend(ports);
    expectations.min_days = settings.min_days.or(expectations.min_days);
    set(&mut expectations.min_tls, settings.min_tls.as_ref(), |text| min_tls(text).map(Some))?;
    set_all(&mut expectations.required_logins, settings.expect_auth.as_deref(), mechanism)?;
    set_all(&mut expectations.forbidden_logins, settings.forbid_auth.as_deref(), mechanism)?;
    expectations.forbid_plaintext_login = settings.forbid_plaintext_auth.unwrap_or(expectations.forbid_plaintext_login);
    set_all(&mut expectations.policies, settings.expect_policies.as_deref(), |text| chosen(POLICIES, text))?;
    if let Some(wanted) = settings.policies {
        plan.policies = if wanted { PolicyLookups::All } else { PolicyLookups::Nobody };
    } else if settings.expect_policies.is_some() && plan.policies == PolicyLookups::Usual {
        plan.policies = PolicyLookups::All;
    }
    if let Some(ports) = &settings.ports {
        plan.ports = Some(ports.iter().map(service_port).collect::<Result<_, _>>()?);
    }
    set(&mut plan.security, settings.security.as_ref(), |text| chosen(SECURITIES, text).map(Some))?;
    set(&mut plan.families, settings.family.as_ref(), |text| chosen(FAMILIES, text))?;
    set(&mut policy.addresses, settings.addresses.as_ref(), |text| chosen(ADDRESSES, text))?;
    policy.strict = settings.strict.unwrap_or(policy.strict);
    set(&mut options.resolver.dns_server, settings.dns_server.as_ref(), |text| parse_dns_server(text).map(Some))?;
    set(&mut options.hello, settings.helo.as_ref(), |text| text.parse().map(Some))?;
    set(&mut options.server_name, settings.server_name.as_ref(), |text| server_name(text).map(Some))?;
    set(&mut options.trust.store, settings.trust.as_ref(), |text| chosen(TRUST_STORES, text))?;
    set_all(&mut options.trust.ca_files, settings.ca_file.as_deref(), |name| ca_file(name, folder))?;
    set(&mut options.connect_timeout, settings.connect_timeout.as_ref(), |text| duration(text).map(Some))?;
    set(&mut options.timeout, settings.timeout.as_ref(), duration)?;
    set(&mut options.trace, settings.trace.as_ref(), |text| chosen(TRACES, text))?;
    options.public_only = settings.no_private.unwrap_or(options.public_only);
    if let Some(most) = settings.max_endpoints {
        options.plan.max_endpoints = usize::try_from(most.get()).unwrap_or(usize::MAX);
    }
    Ok(())
}

fn set<T, E: ToString>(value: &mut T, text: Option<&Text>, read: impl Fn(&str) -> Result<T, E>) -> Result<(), Mistake> {
    text.map_or(Ok(()), |text| read_text(text, read).map(|read| *value = read))
}

fn set_all<T>(
    values: &mut Vec<T>,
    texts: Option<&[Text]>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<(), Mistake> {
    if let Some(texts) = texts {
        *values = texts.iter().map(|text| read_text(text, &read)).collect::<Result<_, _>>()?;
    }
    Ok(())
}

/// A file that is there. What is in it is read later.
fn ca_file(name: &str, folder: &Path) -> Result<PathBuf, String> {
    let path = folder.join(name);
    let found = path.metadata().map_err(|error| format!("cannot read the CA file {}: {error}", Quoted::new(name)));
    found.map(|_| path)
}

fn service_port(port: &Placed<u16>) -> Result<ServicePort, Mistake> {
    let number = *port.0.get_ref();
    let hint =
        || format!("{number} is not a mail port; name it as a target, for example smtp://mail.example.org:{number}");
    let service = Service::by_port(number).ok_or_else(|| Mistake::at(port.0.span(), hint()))?;
    Ok(ServicePort { port: number, service })
}

/// Reads the value of a key; what is wrong with it is told at its place.
pub(super) fn read_text<T, E: ToString>(text: &Text, read: impl Fn(&str) -> Result<T, E>) -> Result<T, Mistake> {
    read(text.0.get_ref()).map_err(|error| {
        let (message, quoted) = (error.to_string(), Quoted::new(text.0.get_ref()).to_string());
        let message = if message.contains(&quoted) { message } else { format!("{quoted}: {message}") };
        Mistake::at(text.0.span(), message)
    })
}
