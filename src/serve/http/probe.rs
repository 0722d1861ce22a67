//! `/probe?target=&module=`: Prometheus' multi-target pattern.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tokio::time::Instant;

use crate::serve::daemon::Daemon;
use crate::serve::exposition;
use crate::serve::settings::ServeSettings;
use crate::target::Target;

#[derive(Debug, Deserialize)]
pub(super) struct ProbeQuery {
    #[serde(default)]
    target: String,
    module: Option<String>,
}

/// How long before the scraper gives up it gets its answer.
const BEFORE_THE_SCRAPER: Duration = Duration::from_millis(500);

pub(super) async fn probe(
    State(daemon): State<Arc<Daemon>>,
    headers: HeaderMap,
    Query(asked): Query<ProbeQuery>,
) -> Response {
    let settings = daemon.settings();
    let name = asked.module.as_deref().unwrap_or(ServeSettings::DEFAULT_MODULE);
    let Some(module) = settings.modules.get(name) else {
        return (StatusCode::BAD_REQUEST, format!("there is no module {name:?}\n")).into_response();
    };
    let targets = match Target::parse_line(&asked.target) {
        Ok(targets) => targets,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    let scraper = headers.get("x-prometheus-scrape-timeout-seconds").and_then(|seconds| seconds.to_str().ok());
    let scraper = scraper.and_then(|seconds| Duration::try_from_secs_f64(seconds.parse().ok()?).ok());
    let limit = scraper.map_or(module.limit, |limit| limit.saturating_sub(BEFORE_THE_SCRAPER).min(module.limit));
    match daemon.engine.check(module, &asked.target, targets, Instant::now() + limit).await {
        Ok(answer) => {
            daemon.telemetry.checked(answer.verdict().name());
            daemon.record(&answer, None);
            ([("content-type", "text/plain; version=0.0.4; charset=utf-8")], exposition::render(&answer))
                .into_response()
        }
        Err(_) => (StatusCode::TOO_MANY_REQUESTS, "too many checks are waiting\n").into_response(),
    }
}
