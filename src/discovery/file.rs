//! The autoconfiguration file at one location, redirects followed within bounds.

use std::time::Duration;

use crate::target::Host;
use crate::web::{self, FetchError, HttpReply, HttpsUrl, WebContext};

/// From a bare name to the file: more hops than that are a loop.
const MAX_REDIRECTS: usize = 5;

/// One file, redirects and all. Everything else waits for the search for the file, so a location that does not answer
/// soon is passed over.
const FILE_LIMIT: Duration = Duration::from_secs(3);

const ACCEPT: &str = "text/xml, application/xml";

#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("it redirects more than {MAX_REDIRECTS} times")]
    TooManyRedirects,
    /// A redirect to something that is not HTTPS on its usual port, or no host name.
    #[error("it redirects to a URL that is not followed: {0}")]
    Elsewhere(String),
}

/// Gets the file at `url`, following redirects.
///
/// `secret` is the same file with something in its address that only its own host may see. It is asked for first; as
/// soon as it redirects to another host, everything begins again without the secret.
pub(super) async fn get(
    url: &HttpsUrl,
    mut secret: Option<&HttpsUrl>,
    context: WebContext<'_>,
) -> Result<Vec<u8>, FileError> {
    let following = async {
        let mut current = secret.unwrap_or(url).clone();
        for _ in 0..=MAX_REDIRECTS {
            let next = match web::request(&current, ACCEPT, context).await? {
                HttpReply::File(file) => return Ok(file.body),
                HttpReply::Redirect(location) => location,
            };
            let next = current.join(&next).ok_or(FileError::Elsewhere(next))?;
            let left = next.host() != current.host() && secret.take().is_some();
            current = if left { url.clone() } else { next };
        }
        Err(FileError::TooManyRedirects)
    };
    web::within(FILE_LIMIT, following).await
}

/// Gets a file without TLS, to know whether it is there. No redirect is followed.
pub(super) async fn get_unencrypted(host: &Host, path: &str, context: WebContext<'_>) -> Result<Vec<u8>, FileError> {
    let getting = async {
        match web::request_unencrypted(host, path, ACCEPT, context).await? {
            HttpReply::File(file) => Ok(file.body),
            HttpReply::Redirect(location) => Err(FileError::Elsewhere(location)),
        }
    };
    web::within(FILE_LIMIT, getting).await
}
