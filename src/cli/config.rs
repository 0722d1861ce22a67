//! `--config FILE`: checks from a file.
//!
//! Every mistake is told with its line and column, and nothing is probed then.

mod file;
mod place;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use file::config_schema;

use super::checks::Check;
use super::expect::{expect, expected_word, mechanism, min_tls, port_number};
use super::values::{duration, hello_name, server_name};
use crate::policy::{Addresses, Policy};
use crate::probe::Options;
use crate::resolve::{Families, parse_dns_server};
use crate::service::{Security, Service};
use crate::target::{Quoted, ServicePort, Target};
use crate::transport::trust::TrustStore;
use file::{Named, Settings, Text, check_keys, default_keys};
use place::{Mistake, Places};

/// A larger file is none that a person wrote.
const MAX_FILE: u64 = 1024 * 1024;

/// Reads the checks of a file. What the file leaves open is as in `base`.
pub(super) fn read(path: &Path, base: &Check) -> Result<Vec<Check>, String> {
    let bytes = bytes_of(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let text = str::from_utf8(&bytes).map_err(|error| {
        let read = error.valid_up_to();
        let before = bytes.get(..read).map(String::from_utf8_lossy).unwrap_or_default();
        Places::new(path, &before).tell(&Mistake::at(read..read, "this is not UTF-8: save the file in that encoding"))
    })?;
    let places = Places::new(path, text);
    checks(text, base, path.parent().unwrap_or(Path::new(""))).map_err(|mistake| places.tell(&mistake))
}

/// The mistake in a configuration file's text, if there is one: for the fuzz targets, which have no files.
#[doc(hidden)]
pub fn mistake_in_config(text: &str) -> Option<String> {
    let base = Check { targets: Vec::new(), options: Options::default(), policy: Policy::default() };
    let places = Places::new(Path::new("mailprobe.toml"), text);
    checks(text, &base, Path::new("")).err().map(|mistake| places.tell(&mistake))
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
    let document = DeTable::parse(text).map_err(|error| Mistake::of_toml(&error))?;
    place::known_keys(document.get_ref(), &["defaults".to_owned(), "check".to_owned()])?;
    let mut base = base.clone();
    if let Some(defaults) = document.get_ref().get("defaults") {
        let table = place::table(defaults, "[defaults]")?;
        place::known_keys(table, &default_keys())?;
        apply(&mut base, &settings(defaults)?, folder)?;
    }
    let Some(tables) = document.get_ref().get("check") else {
        return Err(Mistake::at(
            text.len()..text.len(),
            "it names no check: begin one with [[check]] and target = \"mail.example.org\"",
        ));
    };
    let DeValue::Array(tables) = tables.get_ref() else {
        return Err(Mistake::at(tables.span(), "write [[check]], with two brackets: there may be several"));
    };
    tables.iter().map(|table| check(table, &base, folder)).collect()
}

fn check(value: &Spanned<DeValue<'_>>, base: &Check, folder: &Path) -> Result<Check, Mistake> {
    let table = place::table(value, "[[check]]")?;
    place::known_keys(table, &check_keys())?;
    if table.get("target").is_none() {
        return Err(Mistake::at(value.span(), "this check names no target, as in target = \"mail.example.org\""));
    }
    let named: Named = from(value)?;
    let mut check = base.clone();
    apply(&mut check, &settings(value)?, folder)?;
    check.targets = vec![read_text(&named.target, |text| Target::parse(text).map_err(|error| error.to_string()))?];
    let expects = table.get_key_value("expect").map_or_else(|| value.span(), |(key, _)| key.span());
    check.with_expected_ports().map_err(|message| Mistake::at(expects, message))
}

fn settings(value: &Spanned<DeValue<'_>>) -> Result<Settings, Mistake> {
    let settings: Settings = from(value)?;
    // Their keys are strings to serde; here they have a place.
    if let DeValue::Table(table) = value.get_ref()
        && let Some(ports) = table.get("expect").and_then(|ports| ports.get_ref().as_table())
    {
        for port in ports.keys() {
            port_number(port.get_ref()).map_err(|message| Mistake::at(port.span(), message))?;
        }
    }
    Ok(settings)
}

fn from<'de, T: Deserialize<'de>>(value: &Spanned<DeValue<'de>>) -> Result<T, Mistake> {
    T::deserialize(toml::de::ValueDeserializer::from(value.clone())).map_err(|error| Mistake::of_toml(&error))
}

/// Changes what the settings say.
fn apply(check: &mut Check, settings: &Settings, folder: &Path) -> Result<(), Mistake> {
    expectations(check, settings)?;
    let plan = &mut check.options.plan;
    if let Some(ports) = &settings.ports {
        plan.ports = Some(ports.iter().map(service_port).collect::<Result<_, _>>()?);
    }
    if let Some(security) = &settings.security {
        plan.security = Some(read_text(security, |text| {
            Security::from_name(text).ok_or_else(|| "write implicit, starttls or plaintext".to_owned())
        })?);
    }
    if let Some(family) = &settings.family {
        plan.families = read_text(family, |text| match text {
            "ipv4" => Ok(Families { v4: true, v6: false }),
            "ipv6" => Ok(Families { v4: false, v6: true }),
            _ => Err("write ipv4 or ipv6".to_owned()),
        })?;
    }
    if let Some(addresses) = &settings.addresses {
        check.policy.addresses =
            read_text(addresses, |text| Addresses::from_name(text).ok_or_else(|| "write all or any".to_owned()))?;
    }
    check.policy.strict = settings.strict.unwrap_or(check.policy.strict);
    connection(check, settings, folder)
}

fn expectations(check: &mut Check, settings: &Settings) -> Result<(), Mistake> {
    let expectations = &mut check.policy.expectations;
    let mut ports = std::collections::BTreeMap::new();
    for (port, expected) in &settings.expect {
        let port = port_number(port).map_err(|message| Mistake::at(expected.span(), message))?;
        let word = read_text(expected, expected_word)?;
        expect(&mut ports, port, word).map_err(|message| Mistake::at(expected.span(), message))?;
    }
    expectations.ports.extend(ports);
    expectations.min_days = settings.min_days.or(expectations.min_days);
    if let Some(version) = &settings.min_tls {
        expectations.min_tls = Some(read_text(version, min_tls)?);
    }
    if let Some(names) = &settings.expect_auth {
        expectations.required_logins = mechanisms(names)?;
    }
    if let Some(names) = &settings.forbid_auth {
        expectations.forbidden_logins = mechanisms(names)?;
    }
    expectations.forbid_plaintext_login = settings.forbid_plaintext_auth.unwrap_or(expectations.forbid_plaintext_login);
    Ok(())
}

fn connection(check: &mut Check, settings: &Settings, folder: &Path) -> Result<(), Mistake> {
    let options = &mut check.options;
    if let Some(server) = &settings.dns_server {
        options.resolver.dns_server =
            Some(read_text(server, |text| parse_dns_server(text).map_err(|e| e.to_string()))?);
    }
    if let Some(name) = &settings.helo {
        options.hello = Some(read_text(name, hello_name)?);
    }
    if let Some(name) = &settings.server_name {
        options.server_name = Some(read_text(name, server_name)?);
    }
    if let Some(trust) = &settings.trust {
        options.trust.store = read_text(trust, |text| match text {
            "webpki" => Ok(TrustStore::WebPki),
            "system" => Ok(TrustStore::System),
            _ => Err("write webpki or system".to_owned()),
        })?;
    }
    if let Some(files) = &settings.ca_file {
        options.trust.ca_files = files.iter().map(|file| ca_file(file, folder)).collect::<Result<_, _>>()?;
    }
    if let Some(time) = &settings.connect_timeout {
        options.connect_timeout = read_text(time, duration)?;
    }
    if let Some(time) = &settings.timeout {
        options.timeout = read_text(time, duration)?;
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
            format!("{number} is no mail port; name it as a target, for example smtp://mail.example.org:{number}");
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
