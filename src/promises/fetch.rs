//! A file at a fixed address on a host of the domain, to which nobody may be redirected.

use std::time::Duration;

use url::Url;

use crate::web::{self, FetchError, HttpReply, HttpsUrl, WebContext};

/// From the lookup of the host's name to the last byte. Nothing else waits for it, but the end of the run.
pub(super) const FETCH_LIMIT: Duration = Duration::from_secs(10);

pub(super) async fn fetch(url: &str, accept: &str, context: WebContext<'_>) -> Result<HttpReply, FetchError> {
    let url = Url::parse(url).ok().and_then(HttpsUrl::new);
    let url = url.ok_or_else(|| FetchError::Broken("the domain's name cannot be part of a web address".to_owned()))?;
    web::within(FETCH_LIMIT, web::request(&url, accept, context)).await
}
