//! Certificates that nobody chose: what a product shows until it is given one of its own.
//!
//! The table is `data/default-certificates.toml`, built in and read when it is first needed. A certificate is a product's
//! only where all that the row tells fits exactly: somebody's own self-signed certificate is nobody's default.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::expiry::DAY;
use super::finding::Finding;
use super::finding_id::FindingId;
use crate::observation::CertificateFacts;

/// A product's default certificate: one that comes ready-made, or the form of those that it makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultCertificate {
    is: String,
    then: String,
    sha256: Option<String>,
    subject: Option<String>,
    /// As the subject where it is not given.
    issuer: Option<String>,
    names: Option<Vec<String>>,
    key: Option<String>,
    /// In days.
    life: Option<i64>,
    extensions: Option<Vec<String>>,
    #[serde(default)]
    key_is_public: bool,
    versions: String,
    source: String,
    checked: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultTable {
    certificate: Vec<DefaultCertificate>,
}

fn table() -> &'static [DefaultCertificate] {
    static TABLE: OnceLock<DefaultTable> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        // A test reads the same file: what is built in can be read.
        toml::from_str(include_str!("../../data/default-certificates.toml"))
            .inspect_err(|error| tracing::error!(%error, "the built-in table of default certificates cannot be read"))
            .unwrap_or_default()
    });
    &table.certificate
}

/// What is to be said of a certificate that is a product's default.
pub(super) fn finding(facts: &CertificateFacts) -> Option<Finding> {
    const HINT: &str = "Get a certificate for the host's name from a public CA, and configure the server, or what answers in \
                        front of it, to use that one.";
    let known = table().iter().find(|known| known.fits(facts))?;
    let DefaultCertificate { is, then, versions, source, checked, .. } = known;
    let finding = if known.key_is_public {
        let message = format!(
            "This is {is}: {then}. Its private key is in the published package: anyone on the way can pose as this server, \
             and read what is sent to it."
        );
        Finding::error(FindingId::CertificateKeyPublic, message)
    } else {
        Finding::error(FindingId::CertificateDefault, format!("This is {is}: {then}."))
    };
    Some(finding.evidence(format!("known from {source}; {versions}; checked {checked}")).hint(HINT))
}

impl DefaultCertificate {
    fn fits(&self, facts: &CertificateFacts) -> bool {
        if let Some(sha256) = &self.sha256 {
            return *sha256 == facts.sha256;
        }
        let Some(subject) = &self.subject else { return false };
        let mut bound = BTreeMap::new();
        let names_fit = |bound: &mut BTreeMap<String, String>, names: &Vec<String>| {
            names.len() == facts.names.len()
                && names.iter().zip(&facts.names).all(|(pattern, text)| matches(pattern, text, bound))
        };
        let life = facts.not_after.saturating_sub(facts.not_before);
        matches(subject, &facts.subject, &mut bound)
            && matches(self.issuer.as_ref().unwrap_or(subject), &facts.issuer, &mut bound)
            && self.names.as_ref().is_none_or(|names| names_fit(&mut bound, names))
            && self.key.as_ref().is_none_or(|key| *key == facts.key)
            // Some count the last second in.
            && self.life.is_none_or(|days| (life - days * DAY).abs() <= 1)
            && self.extensions.as_ref().is_none_or(|extensions| *extensions == facts.extensions)
    }
}

/// Whether a text is as the pattern says, in which one `{name}` may stand for a host name. What it stood for is kept, and
/// must be the same again.
fn matches(pattern: &str, text: &str, bound: &mut BTreeMap<String, String>) -> bool {
    let Some((before, (name, after))) =
        pattern.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    else {
        return pattern == text;
    };
    let Some(host) = text.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)) else { return false };
    let is_host = |character: char| character.is_ascii_alphanumeric() || ".-_".contains(character);
    if host.is_empty() || !host.chars().all(is_host) {
        return false;
    }
    bound.entry(name.to_owned()).or_insert_with(|| host.to_owned()) == host
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::tests::sample::{NOW, certificate};

    fn row(words: &str) -> &'static DefaultCertificate {
        table().iter().find(|known| known.is.contains(words)).unwrap()
    }

    /// What fits a row, with this name for its host.
    fn example(known: &DefaultCertificate) -> CertificateFacts {
        let filled = |text: &str| text.replace("{host}", "mx.example.org").replace("{ca}", "ca.example.org");
        let subject = known.subject.as_deref().unwrap_or("CN=localhost");
        CertificateFacts {
            subject: filled(subject),
            issuer: filled(known.issuer.as_deref().unwrap_or(subject)),
            names: known.names.iter().flatten().map(|name| filled(name)).collect(),
            key: known.key.clone().unwrap_or_else(|| "RSA 2048".to_owned()),
            sha256: known.sha256.clone().unwrap_or_default(),
            extensions: known.extensions.clone().unwrap_or_default(),
            not_before: NOW,
            not_after: NOW + known.life.unwrap_or(1825) * DAY,
            ..certificate(60)
        }
    }

    #[test]
    fn every_row_is_whole_and_names_what_fits_it() {
        for known in table() {
            let DefaultCertificate { is, sha256, subject, checked, .. } = known;
            assert!(sha256.is_some() != subject.is_some(), "{is}");
            assert!(sha256.as_ref().is_none_or(|text| text.len() == 64), "{is}");
            assert!(checked.len() == 10 && checked.starts_with("20"), "{is}");
            let found = finding(&example(known)).unwrap();
            assert!(found.message.contains(&format!("This is {is}: ")), "{is}: {}", found.message);
        }
        assert!(table().len() >= 6);
    }

    /// One thing that differs, and it is somebody's own.
    #[test]
    fn lookalikes_are_not_accused() {
        let never = |known: &DefaultCertificate, change: &dyn Fn(&mut CertificateFacts)| {
            let mut facts = example(known);
            change(&mut facts);
            assert!(finding(&facts).is_none(), "{facts:?}");
        };
        let traefik = row("Traefik");
        never(traefik, &|facts| facts.issuer = "CN=Our CA".to_owned());
        never(traefik, &|facts| facts.names = vec!["mail.example.org".to_owned()]);
        never(traefik, &|facts| facts.subject = "CN=TRAEFIK DEFAULT CERT,O=Example".to_owned());
        let snakeoil = row("snakeoil");
        // Made by hand: `openssl req -x509 -days 3650` makes an authority of it.
        never(snakeoil, &|facts| facts.extensions[0] = "basicConstraints=CA:TRUE".to_owned());
        never(snakeoil, &|facts| facts.not_after += DAY);
        never(snakeoil, &|facts| facts.key = "EC P-256".to_owned());
        never(snakeoil, &|facts| facts.names = vec!["other.example.org".to_owned()]);
        never(snakeoil, &|facts| facts.names.push("www.example.org".to_owned()));
        never(snakeoil, &|facts| facts.subject = "CN=mx.example.org,O=Example".to_owned());
        never(row("Zimbra"), &|facts| facts.issuer = "CN=Our CA".to_owned());
        never(row("smtp-server"), &|facts| facts.sha256 = "00".repeat(32));
        never(row("mailcow"), &|facts| facts.subject = facts.subject.replace("Willich", "Berlin"));
    }

    #[test]
    fn a_public_private_key_is_an_error_of_its_own() {
        for (words, id) in [
            ("smtp-server", FindingId::CertificateKeyPublic),
            ("GreenMail", FindingId::CertificateKeyPublic),
            ("Traefik", FindingId::CertificateDefault),
        ] {
            assert_eq!(finding(&example(row(words))).unwrap().id, id, "{words}");
        }
        let message = finding(&example(row("Traefik"))).unwrap().message;
        assert_eq!(
            message,
            "This is Traefik's default certificate: the proxy answers before the mail server's own certificate is set up."
        );
    }
}
