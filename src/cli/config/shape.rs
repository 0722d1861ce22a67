//! How the value of each key is written, and which key a value belongs to.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::target::Quoted;

/// How a key is written with its value; `None` when there is no such key.
pub(super) fn written(key: &str) -> Option<&'static str> {
    Some(match key {
        "defaults" => "[defaults], with its keys below it, a line each",
        "allow" => "allow = [\"*.example.org\"]",
        "modules" => "[modules.NAME], with its keys below it, a line each",
        "targets" => "[[targets]], with target = \"mail.example.org\" below it",
        "webhook" => "[webhook], with url = \"https://hooks.example.org/mailprobe\" below it",
        "check" => "[[check]], with the keys of one check below it, a line each",
        "target" => "target = \"mail.example.org\"",
        "expect" => "expect = { 25 = \"ok\", 143 = \"closed\" }",
        "min-days" => "min-days = 14",
        "min-tls" => "min-tls = \"1.2\"",
        "expect-auth" => "expect-auth = [\"PLAIN\", \"LOGIN\"]",
        "forbid-auth" => "forbid-auth = [\"LOGIN\"]",
        "forbid-plaintext-auth" => "forbid-plaintext-auth = true",
        "expect-policies" => "expect-policies = [\"dane\", \"mta-sts\"]",
        "policies" => "policies = false",
        "ports" => "ports = [25, 587]",
        "security" => "security = \"starttls\"",
        "addresses" => "addresses = \"any\"",
        "family" => "family = \"ipv4\"",
        "strict" => "strict = true",
        "dns-server" => "dns-server = \"192.0.2.53\"",
        "helo" => "helo = \"monitor.example.org\"",
        "server-name" => "server-name = \"mail.example.org\"",
        "trust" => "trust = \"system\"",
        "ca-file" => "ca-file = [\"ca.pem\"]",
        "connect-timeout" => "connect-timeout = \"5s\"",
        "timeout" => "timeout = \"45s\"",
        "max-endpoints" => "max-endpoints = 64",
        "no-private" => "no-private = true",
        "trace" => "trace = \"failed\"",
        "deadline" => "deadline = \"1m\"",
        "blocked" => "blocked = true",
        "hosts" => "hosts = [\"mail.example.org\"]",
        "references" => "references = [\"example.org\"]",
        "submission-hosts" => "submission-hosts = [\"smtp.example.org\"]",
        "module" => "module = \"default\"",
        "interval" => "interval = \"5m\"",
        "url" => "url = \"https://hooks.example.org/mailprobe\"",
        "url-file" => "url-file = \"webhook.url\"",
        "bearer-token-file" => "bearer-token-file = \"webhook.token\"",
        _ => return None,
    })
}

/// What to write where the text is no TOML, for the slips that people make most.
pub(super) fn slip(said: &str, text: &str, place: &Range<usize>) -> Option<String> {
    match said {
        "invalid basic string, expected `\"`" => {
            Some("a quotation mark is missing at the end of this value".to_owned())
        }
        "unexpected key or value, expected newline, `#`" => {
            Some("something follows the value: write each key on a line of its own".to_owned())
        }
        "key with no value, expected `=`" => Some("no value follows this key: write it as in min-days = 14".to_owned()),
        _ if said.starts_with("string values must be quoted") => unquoted(text, place),
        _ => None,
    }
}

/// What is wrong with the value at this place, whose kind does not fit its key.
pub(super) fn misfit(text: &str, place: &Range<usize>) -> Option<String> {
    let file = DeTable::parse(text).ok()?;
    let found = in_table(file.get_ref(), &Owner::default(), place)?;
    let key = found.owner.key?;
    let verb = if found.owner.is_part { "hold" } else { "be" };
    Some(format!("{key} cannot {verb} {}: write it as in {}", described(found.value, text, place), written(key)?))
}

/// What is wrong with a value that should stand in quotation marks.
fn unquoted(text: &str, place: &Range<usize>) -> Option<String> {
    let line = text.get(..place.start)?.lines().last()?;
    let key = line.split('=').next()?.trim();
    let written = written(key)?;
    if written.contains('"') {
        return Some(format!("put the value of {key} in quotation marks, as in {written}"));
    }
    let value = text.get(place.start..)?.split(|c: char| c.is_whitespace() || c == '#').next()?;
    Some(format!("{key} cannot be {}: write it as in {written}", Quoted::new(value)))
}

/// The key that a value belongs to.
#[derive(Debug, Clone, Copy, Default)]
struct Owner<'a> {
    key: Option<&'a str>,
    /// Whether the value is only a part of that of the key.
    is_part: bool,
}

struct FoundValue<'a> {
    owner: Owner<'a>,
    value: &'a DeValue<'a>,
}

fn in_table<'a>(table: &'a DeTable<'a>, owner: &Owner<'a>, place: &Range<usize>) -> Option<FoundValue<'a>> {
    table.iter().find_map(|(key, value)| {
        let key = key.get_ref().as_ref();
        // The keys of this table are names that people give.
        let is_name = owner.key == Some("modules") && !owner.is_part;
        let own = Owner { key: Some(key), is_part: false };
        let owner = if written(key).is_some() && !is_name { own } else { Owner { is_part: true, ..*owner } };
        in_value(value, owner, place)
    })
}

fn in_value<'a>(value: &'a Spanned<DeValue<'a>>, owner: Owner<'a>, place: &Range<usize>) -> Option<FoundValue<'a>> {
    if value.span() == *place {
        return Some(FoundValue { owner, value: value.get_ref() });
    }
    match value.get_ref() {
        DeValue::Table(table) => in_table(table, &owner, place),
        DeValue::Array(values) => {
            values.iter().find_map(|value| in_value(value, Owner { is_part: true, ..owner }, place))
        }
        _ => None,
    }
}

fn described(value: &DeValue<'_>, text: &str, place: &Range<usize>) -> String {
    /// Longer numbers need not be repeated.
    const LONGEST: usize = 40;
    match value {
        DeValue::String(text) => Quoted::new(text).to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
        // Numbers, times, true and false are written in ASCII.
        _ => text.get(place.clone()).unwrap_or_default().chars().take(LONGEST).collect(),
    }
}
