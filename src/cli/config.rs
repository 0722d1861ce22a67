//! `--config FILE`: checks from a file.
//!
//! Every mistake is told with its line and column, and nothing is probed then.

mod description;
mod file;
mod mistake;
mod shape;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use toml::Spanned;

pub(super) use description::description;
pub use file::config_schema;

use super::checks::Check;
use super::expect::{expect, expected_word, mechanism, min_tls, port_number};
use super::values::{ADDRESSES, Choice, POLICIES, SECURITIES, TRUST_STORES, chosen, duration, server_name};
use crate::policy::Policy;
use crate::probe::{Options, PolicyLookups};
use crate::resolve::{Families, parse_dns_server};
use crate::service::Service;
use crate::target::{Quoted, ServicePort, Target};
use file::{CheckTable, ConfigFile, Placed, Text};
use mistake::Mistake;

/// A larger file is none that a person wrote.
const MAX_FILE: u64 = 1024 * 1024;

const FAMILIES: &[Choice<Families>] =
    &[("ipv4", "", Families { v4: true, v6: false }), ("ipv6", "", Families { v4: false, v6: true })];

/// Reads the checks of a file. What the file leaves open is as in `base`.
pub(super) fn read(path: &Path, base: &Check) -> Result<Vec<Check>, String> {
    let bytes = bytes_of(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let text = str::from_utf8(&bytes).map_err(|error| {
        let end = error.valid_up_to();
        let before = String::from_utf8_lossy(&bytes[..end]);
        Mistake::at(end..end, "this is not UTF-8: save the file in that encoding").tell(path, &before)
    })?;
    checks(text, base, path.parent().unwrap_or(Path::new(""))).map_err(|mistake| mistake.tell(path, text))
}

/// The mistake in a configuration file's text, if there is one: for the fuzz targets, which have no files.
#[doc(hidden)]
pub fn mistake_in_config(text: &str) -> Option<String> {
    let base = Check { targets: Vec::new(), options: Options::default(), policy: Policy::default() };
    checks(text, &base, Path::new("")).err().map(|mistake| mistake.tell(Path::new("mailprobe.toml"), text))
}

fn bytes_of(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    anyhow::ensure!(bytes.len() as u64 <= MAX_FILE, "it is larger than a megabyte");
    Ok(bytes)
}

fn checks(text: &str, base: &Check, folder: &Path) -> Result<Vec<Check>, Mistake> {
    let ConfigFile { defaults, check } = toml::from_str(text).map_err(|error| Mistake::of_toml(&error, text))?;
    if let Some(target) = &defaults.target {
        return Err(Mistake::at(
            key_of(&target.0, "target", text),
            "target is not a key here: each check names its own",
        ));
    }
    if check.is_empty() {
        let hint = "it contains no check: begin one with [[check]] and target = \"mail.example.org\"";
        return Err(Mistake::at(text.len()..text.len(), hint));
    }
    let mut base = base.clone();
    apply(&mut base, &defaults, folder)?;
    check.iter().map(|table| read_check(table, base.clone(), folder, text)).collect()
}

fn read_check(table: &Spanned<CheckTable>, mut check: Check, folder: &Path, text: &str) -> Result<Check, Mistake> {
    let settings = table.get_ref();
    let hint = "this check has no target; add one, as in target = \"mail.example.org\"";
    let target = settings.target.as_ref().ok_or_else(|| Mistake::at(table.span(), hint))?;
    apply(&mut check, settings, folder)?;
    check.targets = read_text(target, Target::parse_line)?;
    let wanted = settings.expect_policies.as_ref().and_then(|wanted| wanted.first());
    let place = wanted.map_or_else(|| table.span(), |first| key_of(&first.0, "expect-policies", text));
    check.policies_can_be_met().map_err(|message| Mistake::at(place, message))?;
    let place = settings.expect.as_ref().map_or_else(|| table.span(), |expect| key_of(&expect.0, "expect", text));
    check.with_expected_ports(false).map_err(|message| Mistake::at(place, message))
}

/// Where the key of a value is: before it, in the same line; else where the value is.
fn key_of<T>(value: &Spanned<T>, key: &str, text: &str) -> std::ops::Range<usize> {
    let before = text.get(..value.span().start).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    match before.get(line..).and_then(|line| line.rfind(key)) {
        Some(column) => line + column..line + column + key.len(),
        None => value.span(),
    }
}

fn apply(check: &mut Check, settings: &CheckTable, folder: &Path) -> Result<(), Mistake> {
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
    set(&mut options.timeout, settings.timeout.as_ref(), duration)
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

fn read_text<T, E: ToString>(text: &Text, read: impl Fn(&str) -> Result<T, E>) -> Result<T, Mistake> {
    read(text.0.get_ref()).map_err(|error| {
        let (message, quoted) = (error.to_string(), Quoted::new(text.0.get_ref()).to_string());
        let message = if message.contains(&quoted) { message } else { format!("{quoted}: {message}") };
        Mistake::at(text.0.span(), message)
    })
}

#[cfg(test)]
mod tests;
