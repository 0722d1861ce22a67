//! Ports as they are written: numbers, or the names of services.

use super::endpoint::ServicePort;
use super::error::{Quoted, TargetError};
use crate::service::Service;
use crate::words::distinct;

/// Reads a list of ports such as `25,587,2525` or `smtp,imaps`, in the order given and without repetitions.
pub fn parse_ports(text: &str) -> Result<Vec<ServicePort>, TargetError> {
    let ports = text.split(',').map(str::trim).map(|entry| match service_named(entry) {
        Some(service) => Ok(service.into()),
        None if is_range(entry) => Err(TargetError::PortRange(Quoted::new(entry))),
        None => {
            let port = number(entry).ok_or_else(|| TargetError::BadPortList(Quoted::new(text)))?;
            let service = Service::by_port(port).ok_or(TargetError::UnlistedPort(port))?;
            Ok(ServicePort { port, service })
        }
    });
    ports.collect::<Result<Vec<_>, _>>().map(distinct)
}

/// The service of this name, as it stands in URLs and in place of ports.
pub(super) fn service_named(text: &str) -> Option<Service> {
    match text.to_ascii_lowercase().as_str() {
        "smtps" => Some(Service::Submissions),
        name => Service::from_name(name),
    }
}

/// Reads the port of a target. `typed` is the whole target, for the message.
pub(super) fn port_number(text: &str, typed: &str) -> Result<u16, TargetError> {
    number(text).ok_or_else(|| match text {
        "" => TargetError::NoPort(Quoted::new(typed)),
        _ if is_range(text) => TargetError::PortRange(Quoted::new(text)),
        _ => TargetError::BadPort(Quoted::new(typed)),
    })
}

/// Reads a number: decimal digits only, from 1 to 65535.
fn number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0 && is_digits(text))
}

/// Whether this may only be meant for a port, be it one that exists. Longer numbers may be meant for addresses.
pub(super) fn is_like_a_port(text: &str) -> bool {
    const LONGEST: usize = 5;
    (1..=LONGEST).contains(&text.len()) && is_digits(text)
}

fn is_range(text: &str) -> bool {
    text.split_once('-').is_some_and(|(first, last)| is_like_a_port(first) && is_like_a_port(last))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
