//! From text to targets and ports.

use std::net::Ipv6Addr;
use std::str::FromStr;

use super::endpoint::ServicePort;
use super::error::{MAX_TARGET_LENGTH, Quoted, TargetError};
use super::host::{Host, bracketed, host_before_port, name, name_or_ipv4};
use super::ports::{is_like_a_port, port_number, service_named};
use super::spec::{MailDomain, NamedEndpoint, Target, TargetSpec};
use crate::service::Service;

/// RFC 5321, section 4.5.3.1.1, in octets.
const MAX_LOCAL_PART_LENGTH: usize = 64;

impl Target {
    /// Reads what a user typed.
    pub fn parse(typed: &str) -> Result<Self, TargetError> {
        Ok(Self { typed: typed.to_owned(), spec: spec(typed)? })
    }
}

/// As [`Target::parse`].
impl FromStr for Target {
    type Err = TargetError;

    fn from_str(typed: &str) -> Result<Self, TargetError> {
        Self::parse(typed)
    }
}

fn spec(typed: &str) -> Result<TargetSpec, TargetError> {
    if typed.is_empty() {
        return Err(TargetError::Empty);
    }
    let url = typed.split_once("://");
    // First of all, because no other message may repeat a password.
    if url.is_some_and(|(_, rest)| rest.contains('@')) {
        return Err(TargetError::Credentials);
    }
    if typed.len() > MAX_TARGET_LENGTH {
        return Err(TargetError::TooLong(Quoted::new(typed)));
    }
    if typed.contains(is_invisible) {
        return Err(TargetError::Invisible(Quoted::new(typed)));
    }
    if typed.contains(char::is_whitespace) {
        return Err(TargetError::Blank(Quoted::new(typed)));
    }
    if let Some((scheme, rest)) = url {
        return from_url(scheme, rest, typed).map(TargetSpec::Endpoint);
    }
    if let Some((local_part, domain)) = mail_address(typed).rsplit_once('@') {
        return mail_domain(local_part, domain, typed).map(TargetSpec::Domain);
    }
    // As copied from a browser.
    let text = typed.strip_suffix('/').unwrap_or(typed);
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return match host_before_port(address) {
            Some((host, port)) => Err(TargetError::AddressOrPort { host, port, address }),
            None => Ok(TargetSpec::Host(Host::Address(address.into()))),
        };
    }
    if is_like_a_port(text) {
        return Err(TargetError::OnlyPort(Quoted::new(text)));
    }
    if let Some((host, service)) = text.rsplit_once(':').and_then(|(host, name)| Some((host, service_named(name)?))) {
        let (host, port) = host_and_port(host, typed)?;
        let endpoint = NamedEndpoint { host, port: service.into(), security: service.security() };
        return if port.is_none() {
            Ok(TargetSpec::Endpoint(endpoint))
        } else {
            Err(TargetError::TooManyColons(Quoted::new(typed)))
        };
    }
    match host_and_port(text, typed)? {
        (host, None) => Ok(TargetSpec::Host(host)),
        (host, Some(port)) => at_usual_port(host, port).map(TargetSpec::Endpoint),
    }
}

/// A port of the port table: it says what is spoken there.
fn at_usual_port(host: Host, port: u16) -> Result<NamedEndpoint, TargetError> {
    let Some(service) = Service::by_port(port) else {
        return Err(TargetError::UnknownPort { host: in_url(&host), port });
    };
    Ok(NamedEndpoint { host, port: ServicePort { port, service }, security: service.security() })
}

/// Reads a URL. The scheme fixes protocol and security; a port of the port table decides the role, else the scheme.
fn from_url(scheme: &str, rest: &str, typed: &str) -> Result<NamedEndpoint, TargetError> {
    let service = service_named(scheme);
    let is_tls = ["ssl", "tls"].iter().any(|name| scheme.eq_ignore_ascii_case(name));
    if service.is_none() && !is_tls {
        return Err(TargetError::UnknownScheme(Quoted::new(typed)));
    }
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['/', '?', '#', '\\']) {
        return Err(TargetError::Path(Quoted::new(typed)));
    }
    let (host, port) = host_and_port(authority, typed)?;
    let Some(service) = service else {
        // With TLS, and the port says the rest.
        let port =
            port.ok_or_else(|| TargetError::TlsWithoutPort { typed: Quoted::new(typed), host: in_url(&host) })?;
        return at_usual_port(host, port);
    };
    let port = port.unwrap_or_else(|| service.port());
    let security = service.security();
    let service = Service::at(port, service.protocol(), service.role(), security);
    Ok(NamedEndpoint { host, port: ServicePort { port, service }, security })
}

/// Reads `host`, `host:port`, `[address]` or `[address]:port`.
fn host_and_port(text: &str, typed: &str) -> Result<(Host, Option<u16>), TargetError> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = bracketed(rest, typed)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port_number(port, typed)?))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(TargetError::BadBrackets(Quoted::new(typed))),
        };
    }
    let Some((host, port)) = text.split_once(':') else {
        return Ok((name_or_ipv4(text, typed)?, None));
    };
    if port.contains(':') {
        let quoted = Quoted::new(typed);
        return Err(if text.contains('%') { TargetError::Zone(quoted) } else { TargetError::TooManyColons(quoted) });
    }
    Ok((name_or_ipv4(host, typed)?, Some(port_number(port, typed)?)))
}

/// The address of a `mailto:` link, without what follows it; any other text as it is.
fn mail_address(typed: &str) -> &str {
    const SCHEME: &str = "mailto:";
    match typed.split_at_checked(SCHEME.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => rest.split('?').next().unwrap_or(rest),
        _ => typed,
    }
}

/// Reads the two halves of a mail address. What a local part may hold is the receiving server's business; only what
/// shows that something else was meant is refused.
fn mail_domain(local_part: &str, domain: &str, typed: &str) -> Result<MailDomain, TargetError> {
    let quoted_string = local_part.len() > 1 && local_part.starts_with('"') && local_part.ends_with('"');
    let foreign = |c: char| matches!(c, ':' | ',' | ';' | '<' | '>' | '(' | ')' | '[' | ']' | '\\' | '"' | '@');
    if local_part.len() > MAX_LOCAL_PART_LENGTH || (!quoted_string && local_part.contains(foreign)) {
        return Err(TargetError::BadMailAddress(Quoted::new(typed)));
    }
    if domain.starts_with('[') || matches!(name_or_ipv4(domain, typed), Ok(Host::Address(_))) {
        return Err(TargetError::AddressAsDomain(Quoted::new(typed)));
    }
    let local_part = (!local_part.is_empty()).then(|| local_part.to_owned());
    Ok(MailDomain { name: name(domain, typed)?, local_part })
}

/// Control characters other than white space, and format characters that reorder or hide text. The two joiners are
/// missing: some languages' names need them, and UTS 46 says where.
pub(super) fn is_invisible(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The host as a URL holds it.
fn in_url(host: &Host) -> String {
    match host {
        Host::Address(address) if address.is_ipv6() => format!("[{address}]"),
        _ => host.to_string(),
    }
}
