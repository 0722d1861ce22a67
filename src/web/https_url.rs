//! The web addresses that may be asked for.

use std::fmt;

use url::{Position, Url};

use crate::target::Host;

/// A web address that may be asked for: HTTPS on its usual port, at a host that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpsUrl(Url);

impl HttpsUrl {
    pub fn new(url: Url) -> Option<Self> {
        let named = url.domain().is_some();
        let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
        (url.scheme() == "https" && named && plain).then_some(Self(url))
    }

    /// Where `reference` leads from here (RFC 3986, section 5), if that may be asked for.
    pub fn join(&self, reference: &str) -> Option<Self> {
        self.0.join(reference).ok().and_then(Self::new)
    }

    pub fn host(&self) -> Option<Host> {
        self.0.host_str()?.parse().ok()
    }

    pub(super) fn path_and_query(&self) -> &str {
        &self.0[Position::BeforePath..Position::AfterQuery]
    }
}

impl fmt::Display for HttpsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_on_its_usual_port_at_a_named_host_is_asked() {
        let may_be_asked = |url: &str| HttpsUrl::new(Url::parse(url).expect("a URL")).is_some();
        for url in ["https://example.test/file", "https://example.test:443/", "HTTPS://Example.Test/?a=b"] {
            assert!(may_be_asked(url), "{url}");
        }
        for url in [
            "http://example.test/file",
            "http://example.test:443/file",
            "https://example.test:8443/",
            "https://example.test:80/",
            "https://192.0.2.1/",
            "https://3221225985/",
            "https://[2001:db8::1]/",
            "https://user@example.test/",
            "https://:secret@example.test/",
            "ftp://example.test/",
            "file:///etc/hostname",
        ] {
            assert!(!may_be_asked(url), "{url}");
        }
    }
}
