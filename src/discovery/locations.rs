//! Where an autoconfiguration file may be, as in draft-ietf-mailmaint-autoconfig-06, section "Configuration retrieval by
//! mail clients". Pure.

use url::Url;

use crate::target::{Host, MailDomain, Source};
use crate::web::HttpsUrl;

/// The public collection of such files (ISPDB), for domains that have none of their own.
const COLLECTION: &str = "v1.ispdb.net";

/// Where the file is on an autoconfiguration host.
pub(super) const PATH: &str = "/mail/config-v1.1.xml";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) source: Source,
    pub(super) url: HttpsUrl,
    /// The same with the user's whole mail address in it.
    pub(super) with_mail_address: Option<HttpsUrl>,
}

/// Steps 1.1 and 1.2: the domain's own autoconfiguration host and its web server. Only the former, which the domain has
/// for this purpose, may see the local part.
pub(super) fn own(domain: &MailDomain) -> Vec<Location> {
    let MailDomain { name, local_part } = domain;
    let on_host = own_host(name).and_then(|host| {
        let url = format!("https://{host}{PATH}");
        let personal = local_part.as_ref().and_then(|local_part| {
            let mut url = Url::parse(&url).ok()?;
            url.query_pairs_mut().append_pair("emailaddress", &format!("{local_part}@{name}"));
            HttpsUrl::new(url)
        });
        Some(Location { with_mail_address: personal, ..location(Source::Autoconfig, &url)? })
    });
    let on_web_server =
        location(Source::Autoconfig, &format!("https://{name}/.well-known/autoconfig/mail/config-v1.1.xml"));
    on_host.into_iter().chain(on_web_server).collect()
}

/// Steps 1.1 and 1.3: the autoconfiguration host of a domain. Under a public suffix, that name is anybody's.
pub(super) fn own_host(domain: &str) -> Option<String> {
    registrable(domain).map(|_| format!("autoconfig.{domain}"))
}

/// Step 2.1: the domain's entry in the public collection.
pub(super) fn in_collection(domain: &str) -> Option<Location> {
    location(Source::Ispdb, &format!("https://{COLLECTION}/{domain}"))
}

/// Steps 3.1 to 3.4: the same for whoever runs the first mail exchanger of `domain`.
pub(super) fn of_exchanger(exchanger: &Host, domain: &str) -> Vec<Location> {
    let Host::Name(name) = exchanger else { return Vec::new() };
    let mut operators = operator_domains(name);
    // What was asked before is known.
    operators.retain(|operator| *operator != domain);
    let hosts = operators
        .iter()
        .filter_map(|operator| location(Source::Autoconfig, &format!("https://{}{PATH}", own_host(operator)?)));
    let entries = operators.iter().filter_map(|operator| in_collection(operator));
    hosts.chain(entries).collect()
}

/// The domains that the operator of a mail exchanger has: its name without the first label, where that is still below
/// the registrable domain, and the registrable domain. None where the exchanger's name is itself a public suffix.
fn operator_domains(exchanger: &str) -> Vec<&str> {
    let Some(base) = registrable(exchanger) else { return Vec::new() };
    let full = exchanger.split_once('.').map(|(_, parent)| parent).filter(|parent| parent.len() > base.len());
    full.into_iter().chain([base]).collect()
}

/// The part of a name that somebody has registered: one label more than its public suffix. Suffixes of companies, as
/// `github.io`, count as well as those of registries, because strangers can have names below both.
fn registrable(name: &str) -> Option<&str> {
    psl::domain_str(name)
}

fn location(source: Source, url: &str) -> Option<Location> {
    Some(Location { source, url: HttpsUrl::new(Url::parse(url).ok()?)?, with_mail_address: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(locations: &[Location]) -> Vec<String> {
        let url = |location: &Location| location.with_mail_address.as_ref().unwrap_or(&location.url).to_string();
        locations.iter().map(url).collect()
    }

    fn domain(name: &str, local_part: Option<&str>) -> MailDomain {
        MailDomain { name: name.to_owned(), local_part: local_part.map(str::to_owned) }
    }

    #[test]
    fn the_local_part_is_for_the_first_location_alone() {
        assert_eq!(
            asked(&own(&domain("example.test", Some("jörg+a&b")))),
            [
                "https://autoconfig.example.test/mail/config-v1.1.xml?emailaddress=j%C3%B6rg%2Ba%26b%40example.test",
                "https://example.test/.well-known/autoconfig/mail/config-v1.1.xml",
            ]
        );
        assert_eq!(
            asked(&own(&domain("example.test", None)))[0],
            "https://autoconfig.example.test/mail/config-v1.1.xml"
        );
    }

    /// Where the mail domain is a public suffix, a customer of it may have the name `autoconfig`.
    #[test]
    fn a_mail_domain_that_is_a_public_suffix_is_asked_at_its_own_name_alone() {
        for suffix in ["co.uk", "github.io", "com.au"] {
            assert_eq!(
                asked(&own(&domain(suffix, Some("me")))),
                [format!("https://{suffix}/.well-known/autoconfig/mail/config-v1.1.xml")]
            );
        }
    }

    /// A provider that has put its domain on the list, for the pages of its customers, would no longer be asked.
    #[test]
    fn no_domain_of_the_provider_table_is_a_public_suffix() {
        for name in crate::providers::all().iter().flat_map(|provider| &provider.domains) {
            assert!(own_host(name).is_some(), "{name}");
        }
    }

    fn operators(exchanger: &str) -> Vec<String> {
        asked(&of_exchanger(&Host::Name(exchanger.to_owned()), "example.test"))
    }

    #[test]
    fn an_exchanger_leads_to_its_operator_in_the_order_of_the_draft() {
        assert_eq!(
            operators("mx.premium.europe.example.com"),
            [
                "https://autoconfig.premium.europe.example.com/mail/config-v1.1.xml",
                "https://autoconfig.example.com/mail/config-v1.1.xml",
                "https://v1.ispdb.net/premium.europe.example.com",
                "https://v1.ispdb.net/example.com",
            ]
        );
        for exchanger in ["mx.example.com", "example.com"] {
            assert_eq!(
                operators(exchanger),
                ["https://autoconfig.example.com/mail/config-v1.1.xml", "https://v1.ispdb.net/example.com"]
            );
        }
    }

    #[test]
    fn nobody_is_asked_above_the_domain_that_somebody_has_registered() {
        for (exchanger, base) in [
            ("mx.example.co.uk", "example.co.uk"),
            ("example.co.uk", "example.co.uk"),
            ("mx.example.com.au", "example.com.au"),
            ("mx.example.co.jp", "example.co.jp"),
            ("mx.example.com.br", "example.com.br"),
            // Kobe's suffix is every name below kobe.jp, but for the city's own.
            ("mx.example.shop.kobe.jp", "example.shop.kobe.jp"),
            ("mx.city.kobe.jp", "city.kobe.jp"),
            // A company's suffix: what is below it belongs to a customer.
            ("mx.customer.github.io", "customer.github.io"),
            ("mx.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"),
        ] {
            assert_eq!(
                operators(exchanger),
                [format!("https://autoconfig.{base}{PATH}"), format!("https://v1.ispdb.net/{base}")],
                "{exchanger}"
            );
        }
        for suffix in ["co.uk", "com.au", "shop.kobe.jp", "github.io", "test", "localhost"] {
            assert_eq!(operators(suffix), [""; 0], "{suffix}");
        }
        assert_eq!(of_exchanger(&Host::Address([192, 0, 2, 1].into()), "example.test"), []);
    }

    #[test]
    fn the_mail_domain_itself_is_not_asked_twice() {
        assert_eq!(operators("mx1.example.test"), [""; 0]);
        assert_eq!(
            operators("mx1.eu.example.test"),
            ["https://autoconfig.eu.example.test/mail/config-v1.1.xml", "https://v1.ispdb.net/eu.example.test"]
        );
    }
}
