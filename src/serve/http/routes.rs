//! Which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tokio::task::spawn_blocking;

use super::config_page;
use super::guard;
use super::pages;
use super::plain::plain;
use super::probe::{METRICS, probe};
use super::served::Served;
use super::state::StateDocument;

/// All that is answered.
pub(super) fn router(served: Arc<Served>) -> Router {
    Router::new()
        .merge(pages::routes())
        .route("/probe", get(probe))
        .route("/metrics", get(metrics))
        .route("/config", get(config))
        .route("/api/v1/state", get(state))
        .route("/-/healthy", get(async || plain(StatusCode::OK, "mailprobe is healthy.")))
        .route("/-/ready", get(async || plain(StatusCode::OK, "mailprobe is ready.")))
        .route("/-/reload", post(reload).put(reload))
        .method_not_allowed_fallback(other_method)
        .fallback(nothing)
        .layer(from_fn_with_state(Arc::clone(&served), guard::guard))
        .with_state(served)
}

async fn metrics(State(served): State<Arc<Served>>) -> Response {
    let daemon = &served.daemon;
    ([(CONTENT_TYPE, METRICS)], daemon.telemetry.text(&daemon.engine)).into_response()
}

async fn config(State(served): State<Arc<Served>>) -> Response {
    ([(CONTENT_TYPE, "application/json")], config_page::render(&served.daemon.settings())).into_response()
}

async fn state(State(served): State<Arc<Served>>) -> Response {
    let document = StateDocument::from(&*served.daemon.history());
    axum::Json(document).into_response()
}

/// The settings are read where nothing waits for it: that takes files.
async fn reload(State(served): State<Arc<Served>>) -> Response {
    let daemon = Arc::clone(&served.daemon);
    match spawn_blocking(move || daemon.reload()).await {
        Ok(Ok(())) => plain(StatusCode::OK, "The configuration was read again."),
        Ok(Err(mistake)) => {
            tracing::error!("the configuration stays as it was: {mistake}");
            let line = format!("The configuration stays as it was: {mistake}");
            plain(StatusCode::INTERNAL_SERVER_ERROR, &line)
        }
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "The configuration stays as it was."),
    }
}

async fn other_method(request: Request) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    plain(StatusCode::METHOD_NOT_ALLOWED, &format!("{path} cannot be asked with {method}."))
}

async fn nothing(request: Request) -> Response {
    plain(StatusCode::NOT_FOUND, &format!("There is nothing at {}: see /, /probe and /metrics.", request.uri().path()))
}
