//! A small file over HTTPS, redirects followed within bounds. Where the certificate has a fault, nothing is sent.

use std::fmt;

use tokio::time::timeout;
use url::{Position, Url};

use super::http::{FILE_LIMIT, FetchError, HttpReply, MAX_REDIRECTS, connect, exchange};
use super::source::DiscoveryContext;
use crate::target::Host;
use crate::transport::tls::Hello;

const HTTPS_PORT: u16 = 443;

/// A web address that may be asked for: HTTPS on its usual port, at a host that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HttpsUrl(Url);

impl HttpsUrl {
    pub(super) fn new(url: Url) -> Option<Self> {
        let named = url.domain().is_some();
        let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
        (url.scheme() == "https" && named && plain).then_some(Self(url))
    }

    fn host(&self) -> Option<Host> {
        self.0.host_str()?.parse().ok()
    }

    fn path_and_query(&self) -> &str {
        &self.0[Position::BeforePath..Position::AfterQuery]
    }
}

impl fmt::Display for HttpsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Gets the file at `url`, following redirects.
///
/// `secret` is the same file with something in its address that only its own host may see. It is asked for first; as
/// soon as it redirects to another host, everything begins again without the secret.
pub(super) async fn get(
    url: &HttpsUrl,
    mut secret: Option<&HttpsUrl>,
    context: DiscoveryContext<'_>,
) -> Result<Vec<u8>, FetchError> {
    let following = async {
        let mut current = secret.unwrap_or(url).clone();
        for _ in 0..=MAX_REDIRECTS {
            let next = match request(&current, context).await? {
                HttpReply::File(body) => return Ok(body),
                HttpReply::Redirect(location) => location,
            };
            let joined = current.0.join(&next).map_err(|_| FetchError::Elsewhere(next.clone()))?;
            let next = HttpsUrl::new(joined).ok_or(FetchError::Elsewhere(next))?;
            let left = next.host() != current.host() && secret.take().is_some();
            current = if left { url.clone() } else { next };
        }
        Err(FetchError::TooManyRedirects)
    };
    timeout(FILE_LIMIT, following).await.unwrap_or(Err(FetchError::TimedOut))
}

async fn request(url: &HttpsUrl, context: DiscoveryContext<'_>) -> Result<HttpReply, FetchError> {
    let host = url.host().ok_or_else(|| FetchError::Elsewhere(url.0.to_string()))?;
    let connection = connect(&host, HTTPS_PORT, context).await?;
    let session = context
        .tls
        .handshake(connection.stream, &host, Hello::Full)
        .await
        .map_err(|(failure, _)| FetchError::Tls { host: host.clone(), reason: failure.message })?;
    if !session.facts.faults.is_empty() {
        return Err(FetchError::Certificate(host));
    }
    exchange(session.stream, &host, url.path_and_query()).await
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
