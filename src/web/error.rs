//! Why there is no answer from a web server, or none with a file.

use std::time::Duration;

use hyper::StatusCode;

use crate::observation::{CertificateFault, LookupFailure};
use crate::target::Host;
use crate::words::joined;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("{}", .0.message)]
    Lookup(LookupFailure),
    #[error("no connection to {host}: {reason}")]
    Connect { host: Host, reason: String },
    /// This machine, its network or an option of the run kept it from being made: the server was not asked.
    #[error("no connection to {host}: {reason}")]
    NotFromHere { host: Host, reason: String },
    #[error("the TLS handshake with {host} failed: {reason}")]
    Tls { host: Host, reason: String },
    /// The certificate is not valid, so nothing was asked.
    #[error("the certificate of {host} is not valid: {}", joined(.faults.iter().map(fault_in_words)))]
    Certificate { host: Host, faults: Vec<CertificateFault> },
    /// The web server says that there is no such file, or something else than "here it is".
    #[error("HTTP status {0}")]
    Status(StatusCode),
    #[error("the file has more than {0} bytes")]
    TooLarge(usize),
    #[error("it took more than {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The web server broke off, or broke the rules of HTTP.
    #[error("{0}")]
    Broken(String),
}

/// What is wrong with a certificate, as a sentence about it without its end.
pub fn fault_in_words(fault: &CertificateFault) -> String {
    let words = match fault {
        CertificateFault::Expired => "it has expired",
        CertificateFault::NotYetValid => "it is not valid yet",
        CertificateFault::WrongName => "it is for other names",
        CertificateFault::SelfSigned => "it is self-signed",
        CertificateFault::UnknownIssuer => "it is not from an authority that is trusted here",
        CertificateFault::IssuerExpired => "the certificate of its issuer has expired",
        CertificateFault::IssuerNotYetValid => "the certificate of its issuer is not valid yet",
        CertificateFault::WrongPurpose => "it is not for servers",
        CertificateFault::Unusable(reason) => return reason.to_string(),
    };
    words.to_owned()
}
