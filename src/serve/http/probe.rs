//! `/probe?target=&module=`: Prometheus' multi-target pattern, by `blackbox_exporter`'s rules.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::debug;
use super::plain::plain;
use super::query::{self, ProbeQuery};
use super::served::{Served, Unchecked};
use crate::serve::engine::Busy;
use crate::serve::exposition;
use crate::serve::settings::{ModuleKind, ServeSettings};

/// The text format of Prometheus.
pub(super) const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) async fn probe(
    State(served): State<Arc<Served>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    check(&served, &headers, query.as_deref().unwrap_or_default()).await.unwrap_or_else(|refusal| refusal)
}

async fn check(served: &Served, headers: &HeaderMap, query: &str) -> Result<Response, Response> {
    let bad = |line: String| plain(StatusCode::BAD_REQUEST, &line);
    let daemon = &served.daemon;
    let asked = ProbeQuery::read(query).map_err(bad)?;
    let settings = daemon.settings();
    let name = asked.module.as_deref().unwrap_or(ServeSettings::DEFAULT_MODULE);
    let Some(module) = settings.modules.get(name) else {
        daemon.telemetry.module_unknown();
        let known = settings.modules.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(bad(format!("There is no module {name:?}: there are {known}.")));
    };
    let typed = asked.target.as_deref().unwrap_or_default();
    if typed.is_empty() && matches!(module.kind, ModuleKind::Ports { .. }) {
        return Err(bad("The parameter target is missing: /probe?target=mail.example.org".to_owned()));
    }
    let targets = module.targets(typed).map_err(bad)?;
    let scraper = headers.get("x-prometheus-scrape-timeout-seconds");
    let limit = query::limit(module.limit, scraper).map_err(bad)?;
    let checked = served.check(&settings, module, typed, targets, limit).await;
    let answer = checked.map_err(|unchecked| match unchecked {
        Unchecked::NotAllowed => {
            let line = format!(
                "{typed:?} is not among those that may be checked: add it with --allow, or to allow = [...] in the \
                 configuration file."
            );
            plain(StatusCode::FORBIDDEN, &line)
        }
        Unchecked::Busy(reason) => busy(reason),
    })?;
    if asked.debug {
        return Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], debug::render(&answer)).into_response());
    }
    Ok(([(CONTENT_TYPE, METRICS)], exposition::render(&answer)).into_response())
}

/// Nothing was checked, so that nothing can be said of the target.
fn busy(busy: Busy) -> Response {
    let line = match busy {
        Busy::Full => "Nothing was checked: too many checks are waiting already.",
        Busy::NoTime => {
            "No answer in time: too many checks run at the same time, so that this one did not come to its turn or its end."
        }
        Busy::Unusable => {
            let line = "Nothing was checked, through a fault of the service itself; its log says more.";
            return plain(StatusCode::INTERNAL_SERVER_ERROR, line);
        }
    };
    let mut answer = plain(StatusCode::TOO_MANY_REQUESTS, line);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    answer
}
