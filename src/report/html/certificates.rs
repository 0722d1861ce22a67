//! The certificates, each once for all ports that show it.

use maud::{Markup, html};

use super::frame::{STYLE, cut, facts, validity};
use crate::observation::{CertificateFacts, TlsFacts};
use crate::policy::JudgedTarget;
use crate::report::known::first;
use crate::report::scope::grouped;
use crate::report::time;
use crate::words::{distinct, ports};

/// `None`: no port showed one.
pub(super) fn certificates(target: &JudgedTarget, prefix: &str) -> Option<Markup> {
    let shown = target.endpoints.iter().filter_map(|judged| {
        let observation = &judged.observation;
        let certificate = |tls: &TlsFacts| tls.certificate.clone();
        let certificate = first(observation, |attempt| certificate(attempt.tls.as_ref()?))?;
        Some((certificate.sha256.clone(), (certificate, observation.endpoint.port)))
    });
    let by_certificate = grouped(shown);
    (!by_certificate.is_empty()).then(|| {
        html! {
            @for (number, (_, of)) in by_certificate.iter().enumerate() {
                @if let Some((certificate, _)) = of.first() {
                    details id={ (prefix) "-certificate-" (number) } {
                        summary {
                            (cut(&certificate.subject)) " – " (validity(certificate.chain_days_left()))
                            " (" (ports(&distinct(of.iter().map(|(_, port)| *port)))) ")"
                        }
                        (facts(about(certificate)))
                    }
                }
            }
        }
    })
}

fn about(certificate: &CertificateFacts) -> Vec<(&'static str, String)> {
    let CertificateFacts { subject, issuer, names, not_before, not_after, key, sha256, chain_length, .. } = certificate;
    let (begin, end) = (time::day_of(*not_before), time::day_of(*not_after));
    let mut about = vec![("Subject", subject.clone()), ("Issued by", issuer.clone())];
    if !names.is_empty() {
        about.push(("For", names.join(", ")));
    }
    about.push(("Valid", format!("{begin} to {end}")));
    if let Some(issuer) = certificate.chain_ends_with() {
        about.push(("Chain", format!("ends with {}, on {}", issuer.subject, time::day_of(issuer.not_after))));
    }
    let key = format!("{key}{}chain of {chain_length}", STYLE.separator());
    about.extend([("Key", key), ("SHA-256", sha256.clone())]);
    about
}
