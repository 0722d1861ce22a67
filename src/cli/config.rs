//! `--config FILE`: checks from a file.
//!
//! Every mistake is told with its line and column, and nothing is probed then.

mod file;
mod mistake;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use toml::Spanned;

pub use file::config_schema;

use super::checks::Check;
use super::expect::{expect, expected_word, mechanism, min_tls, port_number};
use super::values::{ADDRESSES, Choice, SECURITIES, TRUST_STORES, chosen, duration, hello_name, server_name};
use crate::policy::Policy;
use crate::probe::Options;
use crate::resolve::{Families, parse_dns_server};
use crate::service::Service;
use crate::target::{Quoted, ServicePort, Target};
use file::{CheckTable, ConfigFile, Text};
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

fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_FILE {
        return Err("it is larger than a megabyte".to_owned());
    }
    Ok(bytes)
}

fn checks(text: &str, base: &Check, folder: &Path) -> Result<Vec<Check>, Mistake> {
    let ConfigFile { defaults, check } = toml::from_str(text).map_err(|error| Mistake::of_toml(&error, text))?;
    if let Some(target) = &defaults.target {
        return Err(Mistake::at(key_of(target, "target", text), "target is not a key here: each check names its own"));
    }
    if check.is_empty() {
        return Err(Mistake::at(
            text.len()..text.len(),
            "it contains no check: begin one with [[check]] and target = \"mail.example.org\"",
        ));
    }
    let mut base = base.clone();
    apply(&mut base, &defaults, folder)?;
    check.iter().map(|table| read_check(table, base.clone(), folder, text)).collect()
}

fn read_check(table: &Spanned<CheckTable>, mut check: Check, folder: &Path, text: &str) -> Result<Check, Mistake> {
    let settings = table.get_ref();
    let Some(target) = &settings.target else {
        return Err(Mistake::at(
            table.span(),
            "this check has no target; add one, as in target = \"mail.example.org\"",
        ));
    };
    apply(&mut check, settings, folder)?;
    check.targets = vec![read_text(target, |text| Target::parse(text).map_err(|error| error.to_string()))?];
    let place = settings.expect.as_ref().map_or_else(|| table.span(), |expect| key_of(expect, "expect", text));
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

/// Changes what the settings say.
fn apply(check: &mut Check, settings: &CheckTable, folder: &Path) -> Result<(), Mistake> {
    let Check { options, policy, .. } = check;
    let plan = &mut options.plan;
    let expectations = &mut policy.expectations;
    let mut ports = BTreeMap::new();
    for (port, expected) in settings.expect.iter().flat_map(Spanned::get_ref) {
        let number = port_number(port.get_ref()).map_err(|message| Mistake::at(port.span(), message))?;
        let word = read_text(expected, expected_word)?;
        expect(&mut ports, number, word).map_err(|message| Mistake::at(expected.span(), message))?;
    }
    expectations.ports.extend(ports);
    expectations.min_days = settings.min_days.or(expectations.min_days);
    set(&mut expectations.min_tls, settings.min_tls.as_ref(), |text| min_tls(text).map(Some))?;
    if let Some(names) = &settings.expect_auth {
        expectations.required_logins = mechanisms(names)?;
    }
    if let Some(names) = &settings.forbid_auth {
        expectations.forbidden_logins = mechanisms(names)?;
    }
    expectations.forbid_plaintext_login = settings.forbid_plaintext_auth.unwrap_or(expectations.forbid_plaintext_login);
    if let Some(ports) = &settings.ports {
        plan.ports = Some(ports.iter().map(service_port).collect::<Result<_, _>>()?);
    }
    set(&mut plan.security, settings.security.as_ref(), |text| chosen(SECURITIES, text).map(Some))?;
    set(&mut plan.families, settings.family.as_ref(), |text| chosen(FAMILIES, text))?;
    set(&mut policy.addresses, settings.addresses.as_ref(), |text| chosen(ADDRESSES, text))?;
    policy.strict = settings.strict.unwrap_or(policy.strict);
    set(&mut options.resolver.dns_server, settings.dns_server.as_ref(), |text| {
        parse_dns_server(text).map(Some).map_err(|error| error.to_string())
    })?;
    set(&mut options.hello, settings.helo.as_ref(), |text| hello_name(text).map(Some))?;
    set(&mut options.server_name, settings.server_name.as_ref(), |text| server_name(text).map(Some))?;
    set(&mut options.trust.store, settings.trust.as_ref(), |text| chosen(TRUST_STORES, text))?;
    if let Some(files) = &settings.ca_file {
        options.trust.ca_files = files.iter().map(|file| ca_file(file, folder)).collect::<Result<_, _>>()?;
    }
    set(&mut options.connect_timeout, settings.connect_timeout.as_ref(), duration)?;
    set(&mut options.timeout, settings.timeout.as_ref(), duration)
}

fn set<T>(value: &mut T, text: Option<&Text>, read: impl Fn(&str) -> Result<T, String>) -> Result<(), Mistake> {
    if let Some(text) = text {
        *value = read_text(text, read)?;
    }
    Ok(())
}

/// A file that is there. What is in it is read later.
fn ca_file(file: &Text, folder: &Path) -> Result<PathBuf, Mistake> {
    let path = folder.join(file.get_ref());
    match path.metadata() {
        Ok(_) => Ok(path),
        Err(error) => {
            Err(Mistake::at(file.span(), format!("cannot read the CA file {}: {error}", Quoted::new(file.get_ref()))))
        }
    }
}

fn mechanisms(names: &[Text]) -> Result<Vec<String>, Mistake> {
    names.iter().map(|name| read_text(name, mechanism)).collect()
}

fn service_port(port: &Spanned<u16>) -> Result<ServicePort, Mistake> {
    let number = *port.get_ref();
    let service = Service::by_port(number).ok_or_else(|| {
        let hint =
            format!("{number} is not a mail port; name it as a target, for example smtp://mail.example.org:{number}");
        Mistake::at(port.span(), hint)
    })?;
    Ok(ServicePort { port: number, service })
}

fn read_text<T>(text: &Text, read: impl Fn(&str) -> Result<T, String>) -> Result<T, Mistake> {
    read(text.get_ref()).map_err(|message| {
        let quoted = Quoted::new(text.get_ref()).to_string();
        let message = if message.contains(&quoted) { message } else { format!("{quoted}: {message}") };
        Mistake::at(text.span(), message)
    })
}

#[cfg(test)]
mod tests;
