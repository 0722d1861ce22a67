//! A file at a fixed address on a host of the domain, to which nobody may be redirected.

use std::time::Duration;

use url::Url;

use crate::observation::{LookupFailure, LookupFailureKind as Kind};
use crate::web::{self, FetchError, HttpReply, HttpsUrl, WebContext};

/// It may take as long as `limit`, from the lookup of the host's name to the last byte.
pub(super) async fn fetch(
    url: &str,
    accept: &str,
    limit: Duration,
    context: WebContext<'_>,
) -> Result<HttpReply, FetchError> {
    let url = Url::parse(url).ok().and_then(HttpsUrl::new);
    let url = url.ok_or_else(|| FetchError::Broken("the domain's name cannot be part of a web address".to_owned()))?;
    web::within(limit, web::request(&url, accept, context)).await
}

/// Whether the host was not found for a reason of this machine's, its network's or the run's own: nobody was asked for the file.
pub(super) fn is_of_here(failure: &LookupFailure) -> bool {
    !matches!(failure.kind, Kind::NoSuchName | Kind::NoAddress | Kind::Failed)
}
