//! TLS reporting (RFC 8460): where senders report to.

use url::Url;

use super::Patience;
use super::text_record::{Announcement, Fields, bad_value, only};
use crate::observation::LookupFailure;
use crate::observation::promises::{PolicyRecord, TlsReporting};
use crate::resolve::Resolver;

const ANNOUNCEMENT: Announcement = Announcement { version: "TLSRPTv1", family: "tlsrpt" };

pub(super) async fn look_up(domain: &str, resolver: &Resolver, patience: &Patience) -> TlsReporting {
    TlsReporting { record: record(patience.wait_for(resolver.txt(&format!("_smtp._tls.{domain}"))).await) }
}

pub(super) fn record(answer: Result<Vec<String>, LookupFailure>) -> PolicyRecord<Vec<String>> {
    only(answer, ANNOUNCEMENT, addresses)
}

/// The addresses that reports can go to. One that cannot be used takes nothing from the others.
fn addresses(fields: &mut Fields<'_>) -> Option<Vec<String>> {
    let list = fields.required("rua")?;
    let mut addresses = Vec::new();
    let mut faults = Vec::new();
    for address in list.split(',').map(|address| address.trim_matches([' ', '\t'])) {
        match fault(address) {
            None => addresses.push(address.to_owned()),
            Some(allowed) => faults.push(bad_value("rua", address, allowed)),
        }
    }
    let told = if addresses.is_empty() { &mut fields.faults } else { &mut fields.remarks };
    told.extend(faults);
    (!addresses.is_empty()).then_some(addresses)
}

/// What would be allowed in the place of an address that is not (RFC 8460, section 3).
fn fault(address: &str) -> Option<&'static str> {
    if address.contains('!') {
        return Some("an address with every \"!\" written as %21");
    }
    // RFC 3986 knows neither; `url` would mend both.
    if !address.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some("an address without spaces, in ASCII");
    }
    let Ok(url) = Url::parse(address) else { return Some("mailto: with a mail address, or https: with a URL") };
    match url.scheme() {
        "mailto" if !is_mail_address(url.path()) => Some("mailto: with a mail address"),
        "mailto" | "https" => None,
        _ => Some("mailto: or https:"),
    }
}

fn is_mail_address(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local_part, domain)| !local_part.is_empty() && !domain.is_empty())
}
