//! Ports behind a host, as telnet and nc take them: `mail.example.org 25`.

use std::net::Ipv6Addr;

use super::error::{Quoted, TargetError};
use super::ports::is_like_a_port;
use super::spec::{Target, TargetSpec};
use crate::words::distinct;

impl Target {
    /// Reads a line that names one target, or some ports of one host: `mail.example.org 25 587`, `mail.example.org,25` or
    /// `mail.example.org:25,587`. Each port makes a target of its own.
    pub fn parse_line(line: &str) -> Result<Vec<Self>, TargetError> {
        // What is refused for another reason than that more follows the host is refused for that reason: it may hold a
        // password.
        let error = match Self::parse(line) {
            Ok(target) => return Ok(vec![target]),
            Err(
                error @ (TargetError::Blank(_)
                | TargetError::Comma(_)
                | TargetError::BadPort(_)
                | TargetError::TooManyColons(_)),
            ) => error,
            Err(error) => return Err(error),
        };
        let line = line.trim();
        let Some((host, rest)) = line.split_once(is_separator) else { return Err(error) };
        let ports = ports_among(rest);
        if ports.is_empty() || !ports.iter().all(|port| is_like_a_port(port)) {
            return Err(error);
        }
        match host.rsplit_once(':') {
            // The port before the first comma is one like the others.
            Some((before, first)) if is_like_a_port(first) && !is_ipv6(host) && !line.contains(char::is_whitespace) => {
                at_ports(before, &[&[first], ports.as_slice()].concat())
            }
            _ => at_ports(host, &ports),
        }
    }

    /// Reads the words of a command line: lines as [`Target::parse_line`] reads them, and numbers, which are ports of the
    /// host before them.
    pub fn parse_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Vec<Self>, TargetError> {
        let mut named: Vec<(&str, Vec<&str>)> = Vec::new();
        for word in words {
            match named.last_mut() {
                Some((_, ports)) if is_ports(word) => ports.extend(ports_among(word)),
                _ => named.push((word, Vec::new())),
            }
        }
        let targets = named.iter().map(|(word, ports)| {
            if ports.is_empty() { Self::parse_line(word) } else { at_ports(word.trim_end_matches(','), ports) }
        });
        targets.collect::<Result<Vec<_>, _>>().map(|targets| targets.into_iter().flatten().collect())
    }
}

/// Whether a word is a port or some, as in `25` and `25,587`: no host is named so.
pub fn is_ports(word: &str) -> bool {
    let ports = ports_among(word);
    !ports.is_empty() && ports.iter().all(|port| is_like_a_port(port))
}

/// What stands between blanks and commas.
fn ports_among(text: &str) -> Vec<&str> {
    text.split(is_separator).filter(|port| !port.is_empty()).collect()
}

fn is_separator(character: char) -> bool {
    character == ',' || character.is_whitespace()
}

/// A target for each port of a host. `host`: as it was typed, and nothing but a host.
fn at_ports(host: &str, ports: &[&str]) -> Result<Vec<Target>, TargetError> {
    let target = Target::parse(host)?;
    if !matches!(target.spec, TargetSpec::Host(_)) {
        return Err(TargetError::PortOfNoHost { port: Quoted::new(&ports.join(" ")), before: Quoted::new(host) });
    }
    let host = host.trim_end_matches('/');
    let host = if is_ipv6(host) { format!("[{host}]") } else { host.to_owned() };
    distinct(ports).into_iter().map(|port| Target::parse(&format!("{host}:{port}"))).collect()
}

/// Whether this is an IPv6 address without brackets.
fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}
